#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a provider's own list of models tells (prices, context) counts: with the real daemon."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, ReplayServer, ended, say  # noqa: E402

# The same model as the two vendors list it: 3 dollars a million in, 15 out, 0.3 read from the cache, 3.75 written to it.
LISTINGS = {
    'openrouter': {'pricing': {'prompt': '0.000003', 'completion': '0.000015', 'input_cache_read': '0.0000003', 'input_cache_write': '0.00000375'}},
    'xai': {'prompt_text_token_price': 30000, 'completion_text_token_price': 150000, 'cached_prompt_text_token_price': 3000, 'aliases': ['other-name']},
}
# 10,000 in, of which 8,000 read from the cache and 1,000 written to it; 1,000 out, of which 600 reasoning.
USAGE = {'prompt_tokens': 10000, 'completion_tokens': 1000, 'total_tokens': 11000, 'prompt_tokens_details': {'cached_tokens': 8000, 'cache_write_tokens': 1000},
         'completion_tokens_details': {'reasoning_tokens': 600}}
COSTS = {'openrouter': 1000 * 3 + 8000 * 0.3 + 1000 * 3.75 + 1000 * 15, 'xai': 2000 * 3 + 8000 * 0.3 + 1000 * 15}
LOOK = {'text': 'I look.', 'calls': [{'name': 'filesystem.list', 'arguments': {'path': '.'}}]}


def add_provider(client, server, kind, model='m1', **more):
    return client.post('/api/v1/providers', {'name': kind, 'type': kind, 'base_url': server.url + '/v1', 'api_key': 'sk-' + 'any0key', 'default_model': model,
                                             'is_default': True, 'options': {'api': 'chat'} if kind == 'xai' else {}, **more}).expect(201)


def control(server, **values):
    return harness.Client(server.port).post('/__control', values).expect(200)


def requests_of(server):
    return harness.Client(server.port).get('/__control').expect(200)['requests']


def ask(client, text, session=None):
    session, run = say(client, text, session)
    return session, ended(client, run['id'])


def same_cost_everywhere(client, session, cost, spent):
    """The message, the run, its entry, the day, the Operator and the model all have it from one place."""
    message = client.items(f'/api/v1/sessions/{session}/messages')[-1]
    assert message['content']['cost_micros'] == cost, (message, cost)
    entry = client.items('/api/v1/usage')[0]
    assert (entry['cost_micros'], entry['cached_tokens'], entry['reasoning_tokens'], entry['message_id']) == (cost, 8000, 600, message['id']), entry
    for by in ('day', 'operator', 'model'):
        assert sum(row['cost_micros'] for row in client.items(f'/api/v1/usage/totals?by={by}')) == spent, by


def test_listed_prices_count_and_typed_ones_win():
    with ReplayServer({'script': [{'text': 'Good day.'}], 'models': ['m1', 'other-name'], 'usage': USAGE}) as server, Daemon() as daemon:
        client = daemon.set_up()
        spent = 0
        for kind, cost in COSTS.items():
            control(server, listing=LISTINGS[kind], usage=USAGE)
            add_provider(client, server, kind)
            session, run = ask(client, '@Files hello')
            spent += cost
            assert run['usage']['cost_micros'] == cost, (kind, run)
            same_cost_everywhere(client, session, cost, spent)
            ask(client, 'again', session)
            spent += cost
            lists = [one['path'] for one in requests_of(server) if one['method'] == 'GET' and one['path'].endswith('models')]
            assert len(lists) == 1 + list(COSTS).index(kind), lists
        # What the server itself says of an answer counts before its list, and what a person typed before both.
        control(server, usage={**USAGE, 'cost_in_usd_ticks': 123450000})
        assert ask(client, '@Files hello')[1]['usage']['cost_micros'] == 12345
        client.patch('/api/v1/settings', {'model_prices': 'm1 1 2 0.5'}).expect(200)
        session, _ = ask(client, '@Files hello')
        same_cost_everywhere(client, session, 2000 * 1 + 8000 * 0.5 + 1000 * 2, spent + 12345 + 8000)


def test_tokens_that_nobody_tells_are_estimated():
    """The limits hold there, too, and each number says that it is no count."""
    none = {'prompt_tokens': 0, 'completion_tokens': 0, 'total_tokens': 0}
    with ReplayServer({'script': [{'text': 'Good day.'}], 'models': ['m1'], 'usage': none}) as server, Daemon() as daemon:
        client = daemon.set_up()
        add_provider(client, server, 'openrouter')
        session, run = ask(client, '@Files ' + 'many words ' * 400)
        assert run['usage']['estimated'] == 1 and run['usage']['input_tokens'] > 1000 and run['usage']['output_tokens'] > 0, run
        assert client.items(f'/api/v1/sessions/{session}/messages')[-1]['content']['usage'] == {
            'input_tokens': run['usage']['input_tokens'], 'output_tokens': run['usage']['output_tokens'], 'estimated': True}
        assert all(entry['estimated'] for entry in client.items('/api/v1/usage'))
        assert all(row['estimated'] == row['answers'] for row in client.items('/api/v1/usage/totals?by=day'))
        assert '| about ' in client.post('/api/v1/commands', {'text': '/usage'}).expect(200)['text']
        client.patch('/api/v1/settings', {'run_max_tokens': 1000}).expect(200)
        control(server, script=[LOOK, {'text': 'Done.'}], usage=none)
        run = ask(client, '@Files ' + 'more words ' * 400)[1]
        assert run['state'] == 'failed' and 'estimated' in run['error']['message'], run


def test_other_names_of_a_model_cost_the_same():
    with ReplayServer({'script': [{'text': 'Good day.'}], 'models': ['m1'], 'usage': USAGE}) as server, Daemon() as daemon:
        client = daemon.set_up()
        for kind, model in (('openrouter', 'm1:nitro'), ('xai', 'other-name')):
            control(server, listing=LISTINGS[kind], models=None)
            control(server, models=['m1', model])
            add_provider(client, server, kind, model)
            assert ask(client, '@Files hello')[1]['usage']['cost_micros'] == COSTS[kind], kind


def test_the_money_limit_holds_without_typed_prices():
    for kind, cost in COSTS.items():
        with ReplayServer({'script': [LOOK], 'models': ['m1'], 'usage': USAGE, 'listing': LISTINGS[kind]}) as server, Daemon() as daemon:
            client = daemon.set_up()
            client.patch('/api/v1/settings', {'run_max_cents': 6}).expect(200)
            add_provider(client, server, kind)
            run = ask(client, '@Files loop')[1]
            assert run['state'] == 'failed' and 'and the limit under Settings is 0.06' in run['error']['message'], run
            assert run['turns'] == 3 and run['usage']['cost_micros'] == 3 * cost, run


WORDS = 'All is well with the disks of this host, as it was before. ' * 220  # more than 4096 tokens, less than 32768
SUMMARY = {'text': 'THE SUMMARY: the disks are well.', 'when': {'system': 'You keep the memory'}}
# What a list says of a small window, and what it says where it tells none: then the setting counts.
WINDOWS = {'openai-compatible': ({'max_model_len': 4096}, {'max_model_len': None}), 'openrouter': ({'context_length': 4096, 'max_model_len': None}, {'max_model_len': None}),
           'lmstudio': ({'loaded_context_length': 4096, 'max_context_length': 262144}, {'max_model_len': None}),
           'anthropic': ({'max_input_tokens': 4096}, {}), 'google': ({'inputTokenLimit': 4096}, {'inputTokenLimit': None}), 'ollama': ({}, {})}


def codes_of_notices(client, session):
    return [message['content']['code'] for message in client.items(f'/api/v1/sessions/{session}/messages?limit=100') if message['kind'] == 'notice']


def codes_of_two_questions(client, server, kind, options=None, **values):
    """What becomes of a conversation that fits 32768 tokens, and not 4096."""
    control(server, **values)
    add_provider(client, server, kind, name=f'{kind} {len(client.items("/api/v1/providers"))}', base_url=server.url + ('' if kind in ('anthropic', 'google', 'ollama') else '/v1'),
                 options=options or {})
    session, run = ask(client, '@Files how are the disks?')
    assert run['state'] == 'done', run
    assert ask(client, '@Files and the memory?', session)[1]['state'] == 'done', kind
    return codes_of_notices(client, session)


def test_a_listed_window_is_kept_to_and_else_the_setting():
    with ReplayServer({'script': [SUMMARY, {'text': WORDS}], 'models': ['m1']}) as server, Daemon() as daemon:
        client = daemon.set_up()
        for kind, (small, none) in WINDOWS.items():
            context = {'context': 4096} if kind == 'ollama' else {}
            assert codes_of_two_questions(client, server, kind, listing=small, **context) == ['compacted'], kind
            sent = json.dumps([one['body'] for one in requests_of(server) if one['method'] == 'POST'][-1])
            assert 'THE SUMMARY' in sent, kind
            context = {'context': 32768} if kind == 'ollama' else {}
            assert codes_of_two_questions(client, server, kind, listing=none, **context) == [], kind
        # Ollama's models have what they have, and are given what the option says.
        assert codes_of_two_questions(client, server, 'ollama', options={'context_length': 4096}, context=131072) == ['compacted']
        provider = next(one for one in client.items('/api/v1/providers') if one['is_default'])
        found = client.post(f'/api/v1/providers/{provider["id"]}/test').expect(200)['models']
        assert [model['context_length'] for model in found] == [131072], found
        client.patch('/api/v1/settings', {'context_tokens': 4096}).expect(200)
        assert codes_of_two_questions(client, server, 'openai-compatible', listing={'max_model_len': None}) == ['compacted']
        assert codes_of_two_questions(client, server, 'openai-compatible', listing={'max_model_len': 65536}) == [], 'a list counts before the setting'


def routing_requests(server):
    """Those that were asked who takes a question."""
    return [one for one in requests_of(server) if one['method'] == 'POST' and one['body']['messages'][0]['content'].startswith('You are the orchestrator')]


ROUTE = {'calls': [{'name': 'delegate', 'arguments': {'operator': 'Network', 'reason': 'it fits'}}], 'when': {'system': 'orchestrator', 'results': False}}
SMALL = {'script': [ROUTE, SUMMARY, {'text': WORDS}], 'models': ['m1'], 'holds': 4096}


def test_an_unaddressed_question_fits_a_small_window():
    """Six Operators, a long conversation and a long question, for a model with 4,096 tokens: as LM Studio has it when nothing was set."""
    for kind, listing in (('lmstudio', {'loaded_context_length': 4096, 'max_context_length': 262144}), ('vllm', {'max_model_len': 4096})):
        with ReplayServer({**SMALL, 'listing': listing}) as server, Daemon() as daemon:
            client = daemon.set_up()
            client.patch('/api/v1/settings', {'model_titles': False}).expect(200)
            names = [operator['name'] for operator in client.items('/api/v1/operators')]
            assert len(names) >= 6, names
            add_provider(client, server, kind)
            session = None
            for text in ('who is on the wire?', 'And ' + 'what about this one, with the many words of it? ' * 400 + 'Say at last WHO.'):
                session, run = ask(client, text, session)
                assert run['operator_name'] == 'Network', (kind, run)
            asked = routing_requests(server)
            assert len(asked) == 2 and not any(one['refused'] for one in asked), (kind, [one['refused'] for one in asked])
            first, last = (one['body']['messages'] for one in asked)
            assert all(f'## {name}\n' in first[0]['content'] for name in names), first
            assert last[-1]['content'].startswith('And what') and last[-1]['content'].endswith('WHO.') and '[…]' in last[-1]['content'], last


def test_who_takes_a_question_is_asked_again_with_less():
    """The list says nothing, the setting too much: what the server refuses tells it."""
    with ReplayServer({**SMALL, 'listing': {'max_model_len': None}}) as server, Daemon() as daemon:
        client = daemon.set_up()
        client.patch('/api/v1/settings', {'model_titles': False, 'context_tokens': 8192}).expect(200)
        add_provider(client, server, 'vllm')
        run = ask(client, 'Look ' + 'at the disks and the memory of this host, please. ' * 400)[1]
        asked = routing_requests(server)
        assert run['operator_name'] == 'Network' and [one['refused'] is None for one in asked] == [False, True], (run, [one['refused'] for one in asked])


def test_without_its_list_a_provider_still_answers():
    faults = [{'kind': 'status', 'status': 404, 'path': 'models', 'times': -1}]
    with ReplayServer({'script': [{'text': 'Good day.'}], 'usage': USAGE, 'faults': faults}) as server, Daemon() as daemon:
        client = daemon.set_up()
        for kind in COSTS:
            add_provider(client, server, kind)
            run = ask(client, '@Files hello')[1]
            assert run['state'] == 'done' and run['usage']['cost_micros'] == 0, run


if __name__ == '__main__':
    harness.main(globals())

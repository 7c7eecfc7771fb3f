#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who routes and with what: the settings of the orchestrator, seen by the providers that they name. And the offline provider routes as well as it did:
tests/bench/routing, the half that nothing was tuned on."""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, ReplayServer, ended, say  # noqa: E402

BENCH = pathlib.Path(__file__).resolve().parent.parent / 'bench' / 'routing' / 'run.py'


def test_offline_routes_most_requests_rightly():
    done = subprocess.run([sys.executable, str(BENCH), '--at-least', '76'], capture_output=True, text=True, check=False, timeout=600)
    print(done.stdout.replace('\n', '\n# '))
    assert done.returncode == 0, done.stderr


def test_offline_tells_who_there_is_and_asks_nobody():
    """What no Operator is for: the answer lists the Operators, and is no plan for all of them."""
    with Daemon() as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
        for text in ('hello', 'thanks', 'who are you?', '@Nobody hello'):
            session, run = say(client, text)
            run = ended(client, run['id'])
            assert (run['state'], run['operator_name'], run['plan']) == ('done', None, None), run
            assert '**Files**' in harness.answer_text(client, session), text


def route_to(name):
    return {'calls': [{'name': 'delegate', 'arguments': {'operator': name, 'reason': 'it fits'}}], 'when': {'system': 'orchestrator', 'results': False}}


def asked(server):
    """What it was asked since the last time: (model, system prompt, names of tools)."""
    requests = [one['body'] for one in harness.Client(server.port).get('/__control').expect(200)['requests'] if one['path'].endswith('completions')]
    new, server.n_seen = requests[getattr(server, 'n_seen', 0):], len(requests)
    return [(body['model'], body['messages'][0]['content'], [tool['function']['name'] for tool in body.get('tools') or []]) for body in new]


def test_the_settings_say_who_routes():
    """Two providers, each a server of its own: what is asked of whom is what they have seen."""
    script = {'script': [route_to('Network'), {'text': 'Done.'}]}
    with ReplayServer(script) as first, ReplayServer(script) as second, Daemon() as daemon:
        client = daemon.set_up()
        made = [client.post('/api/v1/providers', {'name': name, 'type': 'openai-compatible', 'base_url': f'{server.url}/v1', 'default_model': model}).expect(201)
                for name, server, model in (('First', first, 'first-1'), ('Second', second, 'second-1'))]

        def ask():
            run = ended(client, say(client, 'who is on the wire?')[1]['id'])
            assert run['state'] == 'done' and run['operator_name'] == 'Network', run
            return asked(first), asked(second)

        def configure(**changes):
            client.patch('/api/v1/settings', {'model_titles': False, **changes}).expect(200)

        configure()
        to_first, to_second = ask()
        assert [model for model, _, _ in to_first] == ['first-1', 'first-1'] and not to_second, (to_first, to_second)
        assert 'delegate' in to_first[0][2] and 'delegate' not in to_first[1][2], to_first

        configure(routing_provider_id=made[1]['id'], routing_model='router-9', orchestrator_prompt='THE COTTAGE IS garden-pi.')
        to_first, to_second = ask()
        assert [model for model, _, _ in to_second] == ['router-9'] and 'delegate' in to_second[0][2], to_second
        assert 'THE COTTAGE IS garden-pi.' in to_second[0][1], to_second
        assert [model for model, _, _ in to_first] == ['first-1'] and 'COTTAGE' not in to_first[0][1], 'Operators keep their own'

        configure(routing_model=None)
        assert [model for model, _, _ in ask()[1]] == ['second-1'], 'the model of the provider that routes'
        answer = client.delete(f'/api/v1/providers/{made[1]["id"]}')
        assert answer.status == 409 and 'the routing in Settings' in answer.json['error']['message'], answer.body

        configure(routing_provider_id=None, routing_model='router-9')
        to_first, to_second = ask()
        assert [model for model, _, _ in to_first] == ['router-9', 'first-1'] and not to_second, (to_first, to_second)
        assert 'COTTAGE' in to_first[0][1], to_first
        client.patch('/api/v1/settings', {'routing_provider_id': '01a00000-0000-7000-8000-000000000000'}).expect(400)
        configure(orchestrator_prompt=None, routing_model=None)
        assert 'COTTAGE' not in ask()[0][0][1]


def test_who_routes_also_speaks_for_a_plan():
    """Several Operators by name: no model routes, each Operator has the default one, and the answer is the orchestrator's."""
    script = {'script': [{'text': 'Done.'}]}
    with ReplayServer(script) as first, ReplayServer(script) as second, Daemon() as daemon:
        client = daemon.set_up()
        for name, server in (('First', first), ('Second', second)):
            client.post('/api/v1/providers', {'name': name, 'type': 'openai-compatible', 'base_url': f'{server.url}/v1', 'default_model': 'm'}).expect(201)
        router = next(one for one in client.items('/api/v1/providers') if one['name'] == 'Second')
        client.patch('/api/v1/settings', {'routing_provider_id': router['id'], 'orchestrator_prompt': 'HOUSE RULE', 'model_titles': False}).expect(200)
        run = ended(client, say(client, '@Network look @Files look')[1]['id'])
        assert run['state'] == 'done' and run['operator_name'] == 'Vigilus', run
        assert len(asked(first)) == 2
        spoken = asked(second)
        assert len(spoken) == 1 and 'HOUSE RULE' in spoken[0][1], spoken


def test_why_the_orchestrators_own_answer_broke_off_is_told():
    """What it says itself has the stop reason and the tokens that an Operator's has; where it says nothing, the provider's reason is the run's."""
    silent = {('anthropic', 'refusal'): 'declined', ('anthropic', 'max_tokens'): 'length limit', ('openai-compatible', 'content_filter'): "provider's filter",
              ('google', 'RECITATION'): 'RECITATION', ('google', 'OTHER'): 'OTHER', ('ollama', 'length'): 'length limit'}
    with ReplayServer({}) as server, Daemon() as daemon:
        client = daemon.set_up()
        control = harness.Client(server.port)
        for (kind, stop), words in silent.items():
            url = server.url + ('/v1' if kind == 'openai-compatible' else '')
            made = client.post('/api/v1/providers', {'name': f'{kind} {stop}', 'type': kind, 'base_url': url, 'api_key': 'k', 'default_model': 'm'}).expect(201)
            client.patch('/api/v1/settings', {'routing_provider_id': made['id'], 'model_titles': False}).expect(200)

            control.post('/__control', {'script': [{'text': '', 'stop': stop}]}).expect(200)
            session, run = say(client, 'who are you?')
            run = ended(client, run['id'])
            last = client.items(f'/api/v1/sessions/{session}/messages')[-1]['content']
            assert words in (run['error'] or {}).get('message', '') + (last.get('refusal') or ''), (kind, stop, run, last)

            control.post('/__control', {'script': [{'text': 'I am', 'reasoning': 'Hm.', 'stop': stop}]}).expect(200)
            session, run = say(client, 'who are you?')
            assert ended(client, run['id'])['state'] == 'done'
            last = client.items(f'/api/v1/sessions/{session}/messages')[-1]['content']
            assert (last['text'], last['stop_reason'], last['usage']['output_tokens']) == ('I am', stop, 15), (kind, stop, last)


if __name__ == '__main__':
    harness.main({name: value for name, value in globals().items() if name.startswith('test_')})

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A request that is split over Operators, with the real daemon: the plan, the runs below it, Stop, kill -9; with `offline` and with a model."""
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, answer_text, decide, ended, pending, say, wait_for  # noqa: E402


def model(messages, tools):
    """Splits, asks, answers; an Operator writes what it is told."""
    if 'plan' in tools:
        steps = [{'operator': 'Writer', 'task': 'write it to a.txt'}, {'operator': 'Reader', 'task': 'list the files', 'after': [1]}]
        return '', [('plan', {'steps': steps})]
    if messages[-1]['role'] == 'tool':
        return 'done: ' + str(messages[-1]['content'])[:40], []
    by_name = {name.replace('_', '.').replace('-', '.'): name for name in tools}
    if 'filesystem.write' in by_name:
        return '', [(by_name['filesystem.write'], {'path': 'a.txt', 'content': 'hello'})]
    return '', [(by_name['filesystem.list'], {'path': '.'})]


def make_operators(client, directory):
    for operator in client.items('/api/v1/operators'):
        client.delete(f'/api/v1/operators/{operator["id"]}').expect(204)
    for name, level, tool in (('Writer', 'write', 'filesystem.write'), ('Reader', 'read', 'filesystem.list')):
        client.post('/api/v1/operators', {'name': name, 'system_prompt': f'You are the {name}.', 'permission_level': level, 'tools': [tool],
                                          'working_directory': str(directory)}).expect(201)


def with_model(daemon, llm):
    client = daemon.set_up()
    client.post('/api/v1/providers', {'name': 'fake', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'fake'}).expect(201)
    make_operators(client, daemon.data_dir / 'workspace')
    return client


def children(client, run):
    return client.get(f'/api/v1/runs/{run["id"]}/children').expect(200)['items']


def test_a_plan_is_shown_then_followed():
    with FakeLlm(model) as llm, Daemon() as daemon:
        client = with_model(daemon, llm)
        session, run = say(client, 'write a.txt and list the files')
        approval = pending(client)
        seen = client.get(f'/api/v1/runs/{run["id"]}').expect(200)
        assert [step['operator'] for step in seen['plan']['steps']] == ['Writer', 'Reader'], seen
        assert seen['question'] == 'write a.txt and list the files', seen
        assert seen['plan']['steps'][1]['after'] == [1]
        messages = client.items(f'/api/v1/sessions/{session}/messages')
        assert [message['kind'] for message in messages] == ['user', 'notice', 'assistant'], messages
        assert messages[1]['content']['code'] == 'plan' and '1. **Writer**' in messages[1]['content']['text']
        assert approval['operator_name'] == 'Writer'
        assert [child['operator_name'] for child in children(client, run)] == ['Writer']
        busy = client.get('/api/v1/operators/status').expect(200)['items']
        assert [(item['runs'], item['waiting'], item['tool']) for item in busy] == [(1, 1, 'filesystem.write')], busy
        told = client.post('/api/v1/commands', {'text': '/operators'}).expect(200)['text']
        assert '| @Writer | write | 1 run, 1 waits for approval: filesystem.write |' in told and '| @Reader | read | free |' in told, told
        decide(client, approval)
        assert ended(client, run['id'])['state'] == 'done'
        both = children(client, run)
        assert [(child['operator_name'], child['state'], child['depth']) for child in both] == [('Writer', 'done', 1), ('Reader', 'done', 1)], both
        assert (daemon.data_dir / 'workspace' / 'a.txt').read_text(encoding='utf-8') == 'hello'
        said = client.get(f'/api/v1/runs/{both[1]["id"]}/messages').expect(200)['items']
        assert said[0]['kind'] == 'user' and 'What Writer found before' in said[0]['content']['text'], said[0]
        assert said[0]['depth'] == 1
        assert all(message['depth'] == 0 for message in client.items(f'/api/v1/sessions/{session}/messages'))
        assert [item['id'] for item in client.items('/api/v1/runs')] == [run['id']]
        assert client.get('/api/v1/operators/status').expect(200)['items'] == []


def planning(steps):
    """A model that plans @steps, or gives a single one away, and whose Operators call what they have."""
    def think(messages, tools):
        if 'plan' in tools:
            return '', [('plan', {'steps': steps[:]}) if len(steps) > 1 else ('delegate', {'operator': steps[0]['operator'], 'reason': 'r'})]
        return model(messages, tools)
    return think


READ = {'operator': 'Reader', 'task': 'list the files'}
WRITE = {'operator': 'Writer', 'task': 'write it to a.txt'}


def asked_for_taint(client, run):
    """What the request says of where the text came from that made *lenient* ask; the request is denied."""
    approval = pending(client)
    assert (approval['run_id'] == run['id'] or approval['run_id'] in {child['id'] for child in children(client, run)}) and approval['tool'] == 'filesystem.write', approval
    (row,) = [row for row in client.items('/api/v1/audit?event=approval.requested&limit=200') if row['approval_id'] == approval['id']]
    assert row['rule'] == 'tainted', row
    decide(client, approval, 'deny')
    ended(client, run['id'])
    return [(source['tool'], source['resource']) for source in approval['taint']['sources']]


def test_a_mark_passes_between_operators_and_who_asks_them():
    """PITFALLS 21. What an Operator read marks the conversation that asked it, and the other way round; there lenient asks, and the request says why."""
    steps = [WRITE]
    with FakeLlm(planning(steps)) as llm, Daemon() as daemon:
        client = with_model(daemon, llm)
        client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        place = daemon.data_dir / 'workspace'
        listed = [('filesystem.list', f'file:{place}')]

        # Nothing was read: nobody is asked.
        _, run = say(client, 'write a.txt')
        assert ended(client, run['id'])['state'] == 'done' and (place / 'a.txt').exists()
        assert client.items('/api/v1/approvals') == []

        # From one Operator to the next, in one plan.
        steps[:] = [READ, dict(WRITE, after=[1])]
        _, run = say(client, 'list the files and write a.txt')
        assert asked_for_taint(client, run) == listed

        # From an Operator to the conversation that asked it, and so to whoever is spoken to there later.
        steps[:] = [READ, READ]
        session, run = say(client, 'list the files twice')
        assert ended(client, run['id'])['state'] == 'done'
        _, run = say(client, '@Writer write a.txt', session)
        assert asked_for_taint(client, run) == listed

        # From the conversation to an Operator that is asked in it.
        session, run = say(client, '@Reader list the files')
        assert ended(client, run['id'])['state'] == 'done'
        steps[:] = [WRITE]
        _, run = say(client, 'write a.txt', session)
        assert asked_for_taint(client, run) == listed

        # Where an administrator turned that off, lenient is lenient.
        client.patch('/api/v1/settings', {'taint_is_strict': False}).expect(200)
        (place / 'a.txt').unlink()
        _, run = say(client, 'write a.txt', session)
        assert ended(client, run['id'])['state'] == 'done' and (place / 'a.txt').exists()


def test_kill_while_a_child_waits():
    with FakeLlm(model) as llm, Daemon() as daemon:
        client = with_model(daemon, llm)
        _, run = say(client, 'write a.txt and list the files')
        approval = pending(client)
        token = client.post('/api/v1/tokens', {'name': 'after', 'days': 1}).expect(201)['token']
        for _ in range(3):
            daemon.kill()
            daemon.start()
        client = daemon.client(token)
        decide(client, approval)
        assert ended(client, run['id'])['state'] == 'done'
        assert [child['state'] for child in children(client, run)] == ['done', 'done']
        declared = client.items('/api/v1/audit?tool=filesystem.write&event=call.declared')
        assert len(declared) == 1, declared
        # Who asked has waited all the while: one record of the beginning and one of the end for each of the two.
        asked = client.items('/api/v1/audit?tool=operators.ask&limit=200')
        assert sorted((row['event'], row['outcome']) for row in asked) == [('call.declared', None)] * 2 + [('call.outcome', 'success')] * 2, asked


def test_stop_ends_the_children():
    with FakeLlm(model) as llm, Daemon() as daemon:
        client = with_model(daemon, llm)

        def stop_one():
            _, run = say(client, 'write a.txt and list the files')
            pending(client)
            begin = time.monotonic()
            stopped = client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)
            took = time.monotonic() - begin
            assert stopped['state'] == 'stopped'
            wait_for(lambda: [child['state'] for child in children(client, run)] == ['stopped'], 'the end of the child')
            assert client.items('/api/v1/approvals?status=pending') == []
            assert not (daemon.data_dir / 'workspace' / 'a.txt').exists()
            return took
        harness.assert_quick(1.5, stop_one)


class TwoNotes:
    """A model that splits into two notes, the second after the first, and a look at both; counts how often it was asked to split."""

    def __init__(self):
        self.n_plans = 0

    def __call__(self, messages, tools):
        if 'plan' in tools:
            self.n_plans += 1
            return '', [('plan', {'steps': [{'operator': 'Writer', 'task': 'note a.txt'}, {'operator': 'Writer', 'task': 'note b.txt', 'after': [1]},
                                            {'operator': 'Reader', 'task': 'list the files', 'after': [2]}]})]
        task = str(messages[-1]['content'])
        if 'note ' not in task:
            return model(messages, tools)
        path = task[task.index('note ') + 5:][:5]
        return '', [(next(name for name in tools if 'write' in name), {'path': path, 'content': path})]


def described(client, run):
    return [(step['operator'], step['done']) for step in client.get(f'/api/v1/runs/{run["id"]}').expect(200)['plan']['steps']]


def stop_at_the_second_note(client):
    run = say(client, 'write two notes and list them')[1]
    first = pending(client)
    decide(client, first)
    second = wait_for(lambda: [one for one in client.items('/api/v1/approvals?status=pending') if one['id'] != first['id']], 'the second note')[0]
    assert second['arguments']['path'] == 'b.txt', second
    assert client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)['state'] == 'stopped'
    return run


def test_going_on_does_what_is_left_of_the_plan():
    mind = TwoNotes()
    with FakeLlm(mind) as llm, Daemon() as daemon:
        client = with_model(daemon, llm)
        run = stop_at_the_second_note(client)
        more = client.post(f'/api/v1/runs/{run["id"]}/continue').expect(202)
        again = pending(client)
        assert again['arguments']['path'] == 'b.txt', again
        assert described(client, more) == [('Writer', True), ('Writer', False), ('Reader', False)], more
        messages = client.items(f'/api/v1/runs/{more["id"]}/messages')
        assert messages[1]['content']['code'] == 'plan' and '1. **Writer** (done before)' in messages[1]['content']['text'], messages
        daemon.kill()
        daemon.start()
        client = daemon.log_in()
        client.post(f'/api/v1/runs/{more["id"]}/stop').expect(200)
        more = client.post(f'/api/v1/runs/{more["id"]}/continue').expect(202)
        again = pending(client)
        assert again['arguments']['path'] == 'b.txt', again
        told = client.items(f'/api/v1/runs/{children(client, more)[0]["id"]}/messages')[0]['content']['text']
        assert 'note b.txt' in told and 'What Writer found before' in told and 'was begun before' in told, told
        decide(client, again)
        ended_as = ended(client, more['id'])
        assert ended_as['state'] == 'done' and ended_as['operator_name'] == 'Vigilus' and 'goes on with the plan' in ended_as['routing_reason'], ended_as
        assert [child['operator_name'] for child in children(client, more)] == ['Writer', 'Reader']
        assert len(client.items('/api/v1/audit?tool=filesystem.write&event=call.declared')) == 2, 'a.txt and b.txt, once each'
        assert mind.n_plans == 1
        # Nothing is left, so going on is about something new.
        new = client.post(f'/api/v1/runs/{more["id"]}/continue').expect(202)
        wait_for(lambda: mind.n_plans == 2, 'a new plan')
        client.post(f'/api/v1/runs/{new["id"]}/stop').expect(200)


def test_running_again_does_all_of_the_plan():
    mind = TwoNotes()
    with FakeLlm(mind) as llm, Daemon() as daemon:
        client = with_model(daemon, llm)
        run = stop_at_the_second_note(client)
        again = client.post(f'/api/v1/runs/{run["id"]}/rerun').expect(202)
        assert pending(client)['arguments']['path'] == 'a.txt'
        assert described(client, again) == [('Writer', False), ('Writer', False), ('Reader', False)] and mind.n_plans == 1
        client.post(f'/api/v1/runs/{again["id"]}/stop').expect(200)
        reader = next(one for one in client.items('/api/v1/operators') if one['name'] == 'Reader')
        client.patch(f'/api/v1/operators/{reader["id"]}', {'enabled': False}).expect(200)
        client.post('/api/v1/operators', {'name': 'Other', 'system_prompt': 'x', 'permission_level': 'read', 'tools': []}).expect(201)
        again = client.post(f'/api/v1/runs/{run["id"]}/rerun').expect(202)
        wait_for(lambda: mind.n_plans == 2, 'a plan without the one that is not there')
        client.post(f'/api/v1/runs/{again["id"]}/stop').expect(200)


def test_mentions_offline():
    """No model at all: the plan comes from the names, each Operator does its part, and the answer has both."""
    with Daemon() as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
        make_operators(client, daemon.data_dir / 'workspace')
        session, run = say(client, '@writer write a note to b.txt: buy disks and then @reader list the files')
        decide(client, pending(client))
        assert ended(client, run['id'])['state'] == 'done'
        assert [child['operator_name'] for child in children(client, run)] == ['Writer', 'Reader']
        assert 'b.txt' in answer_text(client, session), answer_text(client, session)


def test_others_do_not_see_it():
    with FakeLlm(model) as llm, Daemon() as daemon:
        client = with_model(daemon, llm)
        _, run = say(client, 'write a.txt and list the files')
        pending(client)
        child = children(client, run)[0]
        client.get(f'/api/v1/runs/{run["session_id"]}/children').expect(404)
        client.get(f'/api/v1/runs/{run["session_id"]}/messages').expect(404)
        assert client.get(f'/api/v1/runs/{child["id"]}').expect(200)['parent_run_id'] == run['id']
        client.post('/api/v1/operators', {'name': 'vigilus'}).expect(400)
        print('# ' + json.dumps(child['plan']))
        client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)


if __name__ == '__main__':
    harness.main({name: value for name, value in globals().items() if name.startswith('test_')})

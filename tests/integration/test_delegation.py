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


def test_stop_ends_the_children():
    with FakeLlm(model) as llm, Daemon() as daemon:
        client = with_model(daemon, llm)
        _, run = say(client, 'write a.txt and list the files')
        pending(client)
        begin = time.monotonic()
        stopped = client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)
        assert time.monotonic() - begin < 1.5
        assert stopped['state'] == 'stopped'
        wait_for(lambda: [child['state'] for child in children(client, run)] == ['stopped'], 'the end of the child')
        assert client.items('/api/v1/approvals?status=pending') == []
        assert not (daemon.data_dir / 'workspace' / 'a.txt').exists()


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

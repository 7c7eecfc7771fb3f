#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules as data and lowered floors, with the real daemon: stored in versions, tried against what was, named by each decision."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, decide, ended, pending, say, wait_for  # noqa: E402


def put(client, path, body):
    return client.request('PUT', path, body)


def audit(client, run, event):
    return client.items(f'/api/v1/audit?run_id={run["id"]}&event={event}')


def with_offline(daemon):
    client = daemon.set_up()
    client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
    return client


def test_a_lowered_floor_lets_commands_read():
    with Daemon() as daemon:
        client = with_offline(daemon)
        assert client.items('/api/v1/tool-floors') == []
        _, run = say(client, 'how full are the disks?')
        approval = pending(client)
        assert approval['level'] == 'exec' and 'read     df' in approval['preview']['text'], approval
        decide(client, approval)
        ended(client, run['id'])
        floors = put(client, '/api/v1/tool-floors/shell.exec', {'level': 'read'}).expect(200)['items']
        assert [(floor['tool'], floor['level']) for floor in floors] == [('shell.exec', 'read')]
        _, run = say(client, 'how full are the disks?')
        assert ended(client, run['id'])['state'] == 'done'
        declared = audit(client, run, 'call.declared')
        assert [(row['level'], row['rule']) for row in declared] == [('read', 'read')], declared
        put(client, '/api/v1/tool-floors/shell.exec', {'level': None}).expect(200)
        _, run = say(client, 'how full are the disks?')
        assert pending(client)['level'] == 'exec'
        changes = client.items('/api/v1/audit?event=tool.floor_changed')
        assert [row['detail']['floor'] for row in changes] == [None, 'read'], changes


def test_floors_that_can_not_be():
    with Daemon() as daemon:
        client = daemon.set_up()
        assert put(client, '/api/v1/tool-floors/no.such', {'level': 'read'}).status == 404
        assert put(client, '/api/v1/tool-floors/shell.exec', {'level': 'exec'}).status == 400
        assert put(client, '/api/v1/tool-floors/shell.exec', {'level': 'elevate'}).status == 400
        assert put(client, '/api/v1/tool-floors/filesystem.read', {'level': 'read'}).status == 400


def test_rules_decide_and_are_named():
    with Daemon() as daemon:
        client = with_offline(daemon)
        put(client, '/api/v1/tool-floors/shell.exec', {'level': 'read'}).expect(200)
        rules = [{'name': 'elsewhere', 'effect': 'deny', 'tools': ['docker.*']},
                 {'name': 'no disks', 'effect': 'deny', 'tools': ['shell.*'], 'levels': ['read'], 'reason': 'disks are private'}]
        _, run = say(client, 'how full are the disks?')
        ended(client, run['id'])
        trial = client.post('/api/v1/policy/try', {'rules': rules}).expect(200)
        assert (trial['calls'], trial['newly_denied'], trial['newly_asked']) == (1, 1, 0), trial
        assert trial['examples'][0]['rule'] == 2 and trial['examples'][0]['before'] == 'allow', trial
        assert client.get('/api/v1/policy').expect(200)['version'] == 0, 'a trial stores nothing'
        client.delete(f'/api/v1/sessions/{run["session_id"]}').expect(204)
        again = client.post('/api/v1/policy/try', {'rules': rules}).expect(200)
        assert {**again, 'examples': 0} == {**trial, 'examples': 0}, again
        assert {**again['examples'][0], 'at': 0} == {**trial['examples'][0], 'at': 0}, (again, trial)
        for operator, denied in ((again['examples'][0]['operator_name'], 1), ('somebody else', 0)):
            narrow = client.post('/api/v1/policy/try', {'rules': [{**rules[1], 'operators': [operator]}]}).expect(200)
            assert narrow['newly_denied'] == denied, (operator, narrow)
        policy = put(client, '/api/v1/policy', {'version': 0, 'rules': rules, 'note': 'a test'}).expect(200)
        assert policy['version'] == 1 and policy['user_name'] == 'owner'
        _, run = say(client, 'how full are the disks?')
        ended(client, run['id'])
        row = audit(client, run, 'call.denied')[0]
        assert row['rule'] == 'policy:2' and row['detail']['policy_version'] == 1, row
        assert row['reason'] == 'denied by rule 2 of policy version 1 (no disks), because disks are private', row
        rules[1]['effect'] = 'ask'
        put(client, '/api/v1/policy', {'version': 1, 'rules': rules}).expect(200)
        _, run = say(client, 'how full are the disks?')
        approval = pending(client)
        assert approval['level'] == 'read' and approval['rule'] == 'policy:2', approval
        assert approval['because'] == 'a person decides by rule 2 of policy version 2 (no disks), because disks are private', approval
        decide(client, approval)
        ended(client, run['id'])
        assert [version['version'] for version in client.items('/api/v1/policy/versions')] == [2, 1]
        assert len(client.items('/api/v1/audit?event=policy.changed')) == 2


# What decides each line, and what comes of it (None: somebody is asked), where rm is denied, df and uptime are asked for, df (with head) allowed
# again, and the floor is read: an allow lifts the ask alone.
LINES = {
    'rm x': ('policy:1', 'denied'), '/bin/rm x': ('policy:1', 'denied'), 'ls | xargs rm': ('policy:1', 'denied'), "sh -c 'rm x'": ('policy:1', 'denied'),
    'sudo rm x': ('policy:1', 'denied'), 'ls; "r"m x': ('policy:1', 'denied'), 'mkfs.ext4 /dev/null': ('policy:1', 'denied'), 'touch x && rm x': ('policy:1', 'denied'),
    '$(echo rm) x': ('policy:1', 'denied'), 'uptime | sh': ('policy:1', 'denied'),
    'df /': ('read', 'success'), '/usr/bin/df /': ('read', 'success'), 'df / | head -1': ('read', 'success'), 'df /; uptime': ('policy:3', None),
    'df / | cat': ('policy:3', None), "sh -c 'df /'": ('policy:3', None), 'sudo df /': ('policy:1', 'denied'), '/tmp/df /': ('policy:1', 'denied'),
    'touch x': ('strict', None), 'df / >x': ('strict', None),
    'uptime': ('policy:3', None), '/usr/bin/uptime': ('policy:3', None), 'ls | head -1; uptime': ('policy:3', None), "sh -c 'uptime'": ('policy:3', None),
    'env uptime': ('policy:3', None), 'ls': ('read', 'success'), 'echo rm uptime': ('read', 'success'), 'grep rm /etc/hostname | cat': ('read', 'success'),
}


def test_rules_that_name_programs():
    def think(messages, tools):
        return ('', [('shell-exec', {'command': line}) for line in LINES]) if messages[-1]['role'] == 'user' else ('over', [])

    with FakeLlm(think) as llm, Daemon() as daemon, tempfile.TemporaryDirectory() as folder:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'm'}).expect(201)
        client.post('/api/v1/operators', {'name': 'Hand', 'tools': ['shell.exec'], 'permission_level': 'elevate', 'trust_mode': 'strict', 'working_directory': folder}).expect(201)
        put(client, '/api/v1/tool-floors/shell.exec', {'level': 'read'}).expect(200)
        rules = [{'name': 'nothing goes', 'effect': 'deny', 'commands': ['rm', 'mkfs*']}, {'name': 'disks', 'effect': 'allow', 'commands': ['df', 'head']},
                 {'name': 'ask first', 'effect': 'ask', 'commands': ['uptime', 'df']}]
        put(client, '/api/v1/policy', {'version': 0, 'rules': rules}).expect(200)
        _, run = say(client, '@Hand do')

        def settled():
            calls = client.items(f'/api/v1/runs/{run["id"]}/calls')
            return len(calls) == len(LINES) and all(call['state'] in ('waiting', 'done') for call in calls) and calls
        calls = {call['arguments']['command']: call for call in wait_for(settled, 'what becomes of each line')}
        came = {line: (call['decision']['rule'], call['outcome']) for line, call in calls.items()}
        wrong = {line: (came[line], LINES[line]) for line in LINES if came[line] != LINES[line]}
        assert not wrong, wrong
        assert 'hides which programs it runs' in calls['$(echo rm) x']['decision']['reason'], calls['$(echo rm) x']
        asked = {approval['arguments']['command']: approval['rule'] for approval in client.items('/api/v1/approvals?status=pending&limit=100')}
        assert asked == {line: rule for line, (rule, outcome) in LINES.items() if outcome is None}, asked
        client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)


def test_bad_rules_are_refused_by_name():
    with Daemon() as daemon:
        client = daemon.set_up()
        for rule, word in (({'name': 'x', 'effect': 'maybe'}, 'effect'), ({'name': 'x', 'effect': 'deny', 'when': {'zone': 'Mars'}}, 'zone'),
                           ({'name': 'x', 'effect': 'deny', 'resources': ['file:srv']}, 'resources'), ({'effect': 'deny'}, 'name'),
                           ({'name': 'x', 'effect': 'deny', 'wen': {}}, 'wen'), ({'name': 'x', 'effect': 'deny', 'when': {'from': '25:99'}}, 'when')):
            answer = put(client, '/api/v1/policy', {'version': 0, 'rules': [rule]})
            assert answer.status == 400 and word in answer.json['error']['message'], (rule, answer.status, answer.body)
        put(client, '/api/v1/policy', {'version': 0, 'rules': []}).expect(200)
        assert put(client, '/api/v1/policy', {'version': 0, 'rules': []}).status == 409
        assert client.get('/api/v1/policy').expect(200)['version'] == 1


if __name__ == '__main__':
    harness.main(globals())

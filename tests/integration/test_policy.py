#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules as data and lowered floors, with the real daemon: stored in versions, tried against what was, named by each decision."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, decide, ended, pending, say  # noqa: E402


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
        assert approval['level'] == 'read'
        decide(client, approval)
        ended(client, run['id'])
        assert [version['version'] for version in client.items('/api/v1/policy/versions')] == [2, 1]
        assert len(client.items('/api/v1/audit?event=policy.changed')) == 2


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

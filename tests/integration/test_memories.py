#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Memories: written by people, proposed by Operators, accepted by a person; who is told what; and the servers that an Operator is told of."""
import datetime
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, ReplayServer, ended, say  # noqa: E402


def set_up(daemon, server, tools=('memory.propose',)):
    client = daemon.set_up()
    client.post('/api/v1/providers', {'name': 'Replay', 'type': 'openai-compatible', 'base_url': server.url + '/v1', 'default_model': 'test-1'}).expect(201)
    for operator in client.items('/api/v1/operators'):
        client.delete(f'/api/v1/operators/{operator["id"]}').expect(204)
    return client, client.post('/api/v1/operators', {'name': 'Keeper', 'system_prompt': 'PROMPT FIRST.', 'soul': 'SOUL SECOND.', 'tools': list(tools)}).expect(201)


def system_of(server):
    requests = harness.Client(server.port).get('/__control').expect(200)['requests']
    return next(message['content'] for message in requests[-1]['body']['messages'] if message['role'] == 'system')


def invite(daemon, client, name, role):
    invited = client.post('/api/v1/users', {'name': name, 'role': role}).expect(201)
    daemon.client().post('/api/v1/invitations/accept', {'token': invited['invitation']['token'], 'password': harness.PASSWORD}).expect(204)
    return daemon.log_in(name)


def test_operators_are_told_what_concerns_them():
    with ReplayServer({'script': [{'text': 'Hello.'}]}) as server, Daemon() as daemon:
        client, keeper = set_up(daemon, server)
        other = client.post('/api/v1/operators', {'name': 'Other'}).expect(201)
        past = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)).isoformat()
        client.post('/api/v1/memories', {'text': 'The NAS is in the cellar.', 'scope': 'everyone'}).expect(201)
        client.post('/api/v1/memories', {'text': 'Ada likes short answers.', 'scope': 'person'}).expect(201)
        client.post('/api/v1/memories', {'text': 'Keeper counts beans.', 'scope': 'operator', 'operator_id': keeper['id']}).expect(201)
        client.post('/api/v1/memories', {'text': 'Not for Keeper.', 'scope': 'operator', 'operator_id': other['id']}).expect(201)
        client.post('/api/v1/memories', {'text': 'Long forgotten.', 'scope': 'everyone', 'expires_at': past}).expect(201)
        _, run = say(client, '@keeper hello')
        ended(client, run['id'])
        told = system_of(server)
        assert told.startswith('PROMPT FIRST.') and told.index('SOUL SECOND.') < told.index('The NAS is'), told
        for text in ('The NAS is in the cellar.', 'Ada likes short answers.', 'Keeper counts beans.'):
            assert text in told, told
        assert 'Not for Keeper' not in told and 'Long forgotten' not in told, told
        bob = invite(daemon, client, 'bob', 'approver')
        assert not any('Ada likes' in memory['text'] for memory in bob.items('/api/v1/memories'))
        log = bob.get('/api/v1/audit?limit=200').body.decode()
        assert 'The NAS is in the cellar.' in log and 'Ada likes' not in log, 'what is for one person alone stands in the log, which is for all'
        _, run = say(bob, '@keeper hello')
        ended(bob, run['id'])
        assert 'Ada likes' not in system_of(server) and 'The NAS is' in system_of(server)


def test_proposals_are_told_only_once_accepted():
    propose = {'text': 'Noting.', 'calls': [{'name': 'memory.propose', 'arguments': {'text': 'Backups run at 02:00.', 'reason': 'It was asked twice.', 'scope': 'everyone'}}],
               'when': {'user': 'remember'}, 'times': 1}
    with ReplayServer({'script': [propose, {'text': 'Done.'}]}) as server, Daemon() as daemon:
        client, _ = set_up(daemon, server)
        _, run = say(client, 'remember the backups')
        assert ended(client, run['id'])['state'] == 'done'
        proposal = client.items('/api/v1/memories?status=proposed')[0]
        assert proposal['source'] == 'operator' and proposal['source_name'] == 'Keeper' and proposal['run_id'] == run['id'], proposal
        _, again = say(client, 'hello')
        ended(client, again['id'])
        assert 'Backups run' not in system_of(server)
        bob = invite(daemon, client, 'bob', 'approver')
        bob.post(f'/api/v1/memories/{proposal["id"]}/decision', {'decision': 'accept'}).expect(403)
        decided = client.post(f'/api/v1/memories/{proposal["id"]}/decision', {'decision': 'accept', 'text': 'Backups run at 02:00 UTC.'}).expect(200)
        assert decided['status'] == 'accepted' and decided['decided_by'] == 'owner', decided
        client.post(f'/api/v1/memories/{proposal["id"]}/decision', {'decision': 'reject'}).expect(409)
        _, again = say(client, 'hello')
        ended(client, again['id'])
        assert 'Backups run at 02:00 UTC. (for everyone; from Keeper, accepted by owner)' in system_of(server), system_of(server)
        events = [record['event'] for record in client.items('/api/v1/audit?limit=200')]
        assert 'memory.decided' in events and 'call.outcome' in events, events


def test_bad_input_and_limits():
    with ReplayServer({'script': [{'text': 'Hello.'}]}) as server, Daemon() as daemon:
        client, keeper = set_up(daemon, server)
        for body in ({'text': '', 'scope': 'everyone'}, {'text': 'x' * 1001, 'scope': 'everyone'}, {'text': 'x', 'scope': 'nobody'}, {'text': 'x'},
                     {'text': 'x', 'scope': 'operator'}, {'text': 'x', 'scope': 'operator', 'operator_id': '01a00000-0000-7000-8000-000000000000'},
                     {'text': 'x', 'scope': 'everyone', 'status': 'proposed'}, {'text': 'x', 'scope': 'everyone', 'expires_at': 'tomorrow'}):
            client.post('/api/v1/memories', body).expect(400)
        made = client.post('/api/v1/memories', {'text': 'Old.', 'scope': 'operator', 'operator_id': keeper['id']}).expect(201)
        changed = client.patch(f'/api/v1/memories/{made["id"]}', {'text': 'New.', 'scope': 'person'}).expect(200)
        assert changed['text'] == 'New.' and changed['scope'] == 'person' and changed['operator_id'] is None and changed['user_id'], changed
        client.delete(f'/api/v1/memories/{made["id"]}').expect(204)
        client.get(f'/api/v1/memories/{made["id"]}').expect(404)
        bob = invite(daemon, client, 'bob', 'approver')
        bob.post('/api/v1/memories', {'text': 'For all.', 'scope': 'everyone'}).expect(403)
        own = bob.post('/api/v1/memories', {'text': 'For me.', 'scope': 'person'}).expect(201)
        client.patch(f'/api/v1/memories/{own["id"]}', {'text': 'Not yours.'}).expect(404)
        bob.patch(f'/api/v1/memories/{own["id"]}', {'scope': 'everyone'}).expect(403)
        for number in range(3):
            client.post('/api/v1/memories', {'text': f'Number {number}.', 'scope': 'everyone'}).expect(201)
        page = client.get('/api/v1/memories?limit=2&scope=everyone').expect(200)
        rest = client.get(f'/api/v1/memories?limit=2&scope=everyone&after={page["next"]}').expect(200)
        assert len(page['items']) == 2 and len(rest['items']) == 1 and rest['next'] is None


def test_servers_are_told_to_operators_that_reach_them():
    with ReplayServer({'script': [{'text': 'Hello.'}]}) as server, Daemon() as daemon:
        client, keeper = set_up(daemon, server)
        client.post('/api/v1/operators', {'name': 'Reaches', 'permission_level': 'exec', 'tools': ['ssh.exec']}).expect(201)
        client.post('/api/v1/servers', {'name': 'nas', 'host': '192.0.2.7', 'user_name': 'ada', 'tags': ['storage'], 'notes': 'Do not restart.'}).expect(201)
        client.post('/api/v1/servers', {'name': 'secretbox', 'host': '192.0.2.8', 'user_name': 'ada', 'operators': [keeper['id']]}).expect(201)
        _, run = say(client, '@reaches hello')
        ended(client, run['id'])
        told = system_of(server)
        assert 'nas: 192.0.2.7; tags: storage; Do not restart.' in told and 'secretbox' not in told, told
        _, run = say(client, '@keeper hello')
        ended(client, run['id'])
        assert 'nas' not in system_of(server)


if __name__ == '__main__':
    harness.main(globals())

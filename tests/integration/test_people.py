#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""People: every operation by every role, invitations, who may change whom, sign-ins, API tokens and their scopes."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import PASSWORD, Client, Daemon  # noqa: E402
from websocket_client import WebSocket  # noqa: E402

ROLES = ['viewer', 'approver', 'administrator', 'owner']
NOWHERE = '01900000-0000-7000-8000-000000000000'


def operations(fill=True):
    document = json.loads((harness.BUILD / 'data' / 'api' / 'openapi.json').read_text(encoding='utf-8'))
    for path, item in document['paths'].items():
        for method, operation in item.items():
            yield method.upper(), re.sub(r'\{\w+\}', NOWHERE, path) if fill else path, operation


def accept(daemon, invitation, password=PASSWORD):
    return daemon.client().post('/api/v1/invitations/accept', {'token': invitation['token'], 'password': password})


def invite(daemon, by, name, role):
    """A new person, signed in; answers (client, user)."""
    made = by.post('/api/v1/users', {'name': name, 'role': role}).expect(201)
    accept(daemon, made['invitation']).expect(204)
    return daemon.log_in(name), made['user']


def events(client):
    return [record['event'] for record in client.items('/api/v1/audit?limit=200')]


def error_of(answer, status):
    assert answer.status == status, (answer.status, answer.body)
    return answer.json['error']


def test_every_operation_by_every_role():
    """PITFALLS 1: allowed if, and only if, the description says so. A parameter that nobody knows keeps what is allowed from happening."""
    with Daemon() as daemon:
        owner = daemon.set_up()
        clients = {'owner': owner}
        for role in ROLES[:3]:
            clients[role], _ = invite(daemon, owner, role, role)
        tokens = {role: daemon.client(token=clients[role].post('/api/v1/tokens', {'name': 't', 'days': 1}).expect(201)['token']) for role in ROLES}
        reader = daemon.client(token=owner.post('/api/v1/tokens', {'name': 'reader', 'days': 1, 'read_only': True}).expect(201)['token'])
        auditor = daemon.client(token=owner.post('/api/v1/tokens', {'name': 'auditor', 'days': 1, 'groups': ['audit']}).expect(201)['token'])
        checked = 0
        for method, path, operation in operations():
            name, needed, security = operation['operationId'], operation.get('x-role', 'viewer'), operation.get('security')
            if security == []:
                continue
            cookie_only = security is not None and not any('token' in entry for entry in security)

            def ask(client):
                answer = client.request(method, path + '?no-such-parameter=1', body={} if method != 'GET' else None)
                assert answer.status in (400, 403), (name, answer.status, answer.body)
                return answer.status == 400

            for role in ROLES:
                allowed = ROLES.index(role) >= ROLES.index(needed)
                assert ask(clients[role]) == allowed, (name, role, needed)
                assert ask(tokens[role]) == (allowed and not cookie_only), (name, role, 'token')
                checked += 2
            assert ask(reader) == (method == 'GET' and not cookie_only), (name, 'read-only')
            in_group = operation['tags'][0] == 'audit' or name in ('getMe', 'openLive')
            assert ask(auditor) == (in_group and not cookie_only), (name, 'group')
        assert checked > 400, checked
        for role in ROLES:
            check_topics(daemon, clients[role], ROLES.index(role))
        # PITFALLS 9: who asked for what they may not is on record, and can't fill it.
        refused = owner.items('/api/v1/audit?event=request.refused&limit=200')
        assert 0 < len(refused) <= 60 and {record['user_name'] for record in refused} <= set(ROLES[:3]), refused
        assert all(record['detail']['needed'] and record['detail']['operation'] for record in refused), refused



def check_topics(daemon, client, rank):
    """A live topic needs the role of the list that it tells of."""
    needed = {operation['operationId']: operation.get('x-role', 'viewer') for _, _, operation in operations()}
    lists = {'runs': 'listRuns', 'sessions': 'listSessions', 'approvals': 'listApprovals', 'changes': 'listChanges', 'operators': 'listOperators',
             'providers': 'listProviders', 'plugins': 'listPlugins', 'settings': 'getSettings', 'audit': 'listAudit', 'memories': 'listMemories',
             'servers': 'listServers', 'credentials': 'listCredentials', 'http-tools': 'listHttpTools', 'scope': 'getScopeSummary'}
    expected = {topic: 'subscribed' if rank >= ROLES.index(needed[name]) else 'refused' for topic, name in lists.items()}
    assert WebSocket(daemon.port, headers={'Cookie': f'vigilus_session={client.cookie}'}).subscribe(*lists) == expected


def test_a_viewer_changes_nothing():
    for method, _, operation in operations():
        if method != 'GET' and operation.get('security') != [] and operation.get('x-role', 'viewer') == 'viewer':
            assert operation['tags'][0] == 'people', f'{operation["operationId"]} lets a viewer change something'


def test_invitations():
    with Daemon() as daemon:
        owner = daemon.set_up()
        made = owner.post('/api/v1/users', {'name': 'Grace', 'role': 'approver'}).expect(201)
        assert made['user']['invited'] and made['user']['role'] == 'approver', made
        daemon.client().post('/api/v1/login', {'name': 'Grace', 'password': ''}).expect(401)
        stranger = daemon.client()
        look = stranger.post('/api/v1/invitations/lookup', {'token': made['invitation']['token']}).expect(200)
        assert look['name'] == 'Grace' and look['role'] == 'approver' and 'user_id' not in look, look
        stranger.post('/api/v1/invitations/lookup', {'token': 'A' * 43}).expect(404)
        stranger.post('/api/v1/invitations/accept', {'token': 'A' * 43, 'password': PASSWORD}).expect(404)
        assert error_of(accept(daemon, made['invitation'], 'short'), 400)['details']['field'] == 'password'
        accept(daemon, made['invitation']).expect(204)
        accept(daemon, made['invitation'], 'another password').expect(404)
        grace = daemon.log_in('grace')
        assert grace.get('/api/v1/me').expect(200)['user']['invited'] is False
        first = owner.post(f'/api/v1/users/{made["user"]["id"]}/invitation').expect(201)
        second = owner.post(f'/api/v1/users/{made["user"]["id"]}/invitation').expect(201)
        accept(daemon, first, 'the first password').expect(404)
        grace.get('/api/v1/me').expect(200)
        accept(daemon, second, 'the second password').expect(204)
        grace.get('/api/v1/me').expect(401)
        daemon.log_in('Grace', 'the second password')
        record = owner.get('/api/v1/audit?limit=200').body.decode()
        assert all(invitation['token'] not in record for invitation in (first, second, made['invitation']))
        assert {'user.created', 'user.invited', 'invitation.accepted'} <= set(events(owner))


def test_a_reset_ends_tokens():
    """Who had the account before may have made tokens. Other people's stay."""
    with Daemon() as daemon:
        owner = daemon.set_up()
        grace, user = invite(daemon, owner, 'grace', 'administrator')
        made = [client.post('/api/v1/tokens', {'name': name, 'days': 1}).expect(201) for client, name in ((grace, 'one'), (grace, 'two'), (owner, 'mine'))]
        one, two, mine = (daemon.client(token=token['token']) for token in made)
        socket = WebSocket(daemon.port, headers={'Authorization': f'Bearer {made[0]["token"]}'})
        assert socket.subscribe('runs') == {'runs': 'subscribed'}
        link = owner.post(f'/api/v1/users/{user["id"]}/invitation').expect(201)
        one.get('/api/v1/me').expect(200)
        accept(daemon, link, 'chosen by herself').expect(204)
        assert socket.close_code() == 4401
        for token, status in ((one, 401), (two, 401), (mine, 200)):
            token.get('/api/v1/me').expect(status)
        assert daemon.log_in('grace', 'chosen by herself').items('/api/v1/tokens') == []
        records = owner.items('/api/v1/audit?event=token.deleted')
        assert sorted((record['user_name'], record['detail']['name']) for record in records) == [('grace', 'one'), ('grace', 'two')], records
        assert all('link' in record['detail']['reason'] for record in records), records


def test_names_and_roles_are_checked():
    """PITFALLS 33"""
    with Daemon() as daemon:
        owner = daemon.set_up()
        owner.post('/api/v1/users', {'name': 'Grace', 'role': 'viewer'}).expect(201)
        error = error_of(owner.post('/api/v1/users', {'name': 'gRACE', 'role': 'viewer'}), 409)
        assert error['code'] == 'exists' and error['details'] == {'field': 'name'} and 'gRACE' in error['message'], error
        for body in ({'name': 'x', 'role': 'king'}, {'name': 'x', 'role': 'owner'}, {'name': '', 'role': 'viewer'}, {'name': ' x', 'role': 'viewer'},
                     {'name': 'x' * 65, 'role': 'viewer'}, {'name': 'x'}, {'role': 'viewer'}, {'name': 'x', 'role': 'viewer', 'password': 'y'}):
            owner.post('/api/v1/users', body).expect(400)
        other = owner.post('/api/v1/users', {'name': 'Other', 'role': 'viewer'}).expect(201)['user']
        assert error_of(owner.patch(f'/api/v1/users/{other["id"]}', {'name': 'Grace'}), 409)['code'] == 'exists'
        owner.patch(f'/api/v1/users/{other["id"]}', {}).expect(400)
        owner.patch(f'/api/v1/users/{NOWHERE}', {'role': 'viewer'}).expect(404)
        owner.delete(f'/api/v1/users/{NOWHERE}').expect(404)
        owner.post(f'/api/v1/users/{NOWHERE}/ownership').expect(404)


def test_who_may_change_whom():
    with Daemon() as daemon:
        owner = daemon.set_up()
        admin, admin_user = invite(daemon, owner, 'admin', 'administrator')
        _, peer = invite(daemon, owner, 'peer', 'administrator')
        _, viewer = invite(daemon, admin, 'looker', 'viewer')
        me = owner.get('/api/v1/me').expect(200)['user']
        admin.post('/api/v1/users', {'name': 'more', 'role': 'administrator'}).expect(403)
        admin.patch(f'/api/v1/users/{viewer["id"]}', {'role': 'administrator'}).expect(403)
        for subject in (me, peer, admin_user):
            for answer in (admin.patch(f'/api/v1/users/{subject["id"]}', {'disabled': True}), admin.delete(f'/api/v1/users/{subject["id"]}'),
                           admin.post(f'/api/v1/users/{subject["id"]}/invitation'), admin.delete(f'/api/v1/users/{subject["id"]}/sign-ins')):
                assert answer.status == 403, answer.body
        for answer in (owner.delete(f'/api/v1/users/{me["id"]}'), owner.patch(f'/api/v1/users/{me["id"]}', {'disabled': True}),
                       owner.patch(f'/api/v1/users/{me["id"]}', {'role': 'viewer'}), owner.post(f'/api/v1/users/{me["id"]}/invitation'),
                       owner.post(f'/api/v1/users/{me["id"]}/ownership')):
            assert error_of(answer, 409)['code'] == 'conflict', answer.body
        assert admin.patch(f'/api/v1/users/{viewer["id"]}', {'role': 'approver'}).expect(200)['role'] == 'approver'
        assert [user['name'] for user in admin.items('/api/v1/users')] == ['owner', 'admin', 'peer', 'looker']


def test_ownership_is_given_away():
    with Daemon() as daemon:
        owner = daemon.set_up()
        _, user = invite(daemon, owner, 'admin', 'administrator')
        pending = owner.post('/api/v1/users', {'name': 'pending', 'role': 'viewer'}).expect(201)['user']
        owner.post(f'/api/v1/users/{pending["id"]}/ownership').expect(409)
        assert owner.post(f'/api/v1/users/{user["id"]}/ownership').expect(200)['role'] == 'owner'
        owner.get('/api/v1/me').expect(401)
        assert daemon.log_in().get('/api/v1/me').expect(200)['user']['role'] == 'administrator'
        fresh = daemon.log_in('admin')
        assert [(person['name'], person['role']) for person in fresh.items('/api/v1/users')][:2] == [('admin', 'owner'), ('owner', 'administrator')]
        assert 'user.ownership_transferred' in events(fresh)


def test_no_invitation_leads_higher():
    """An administrator may let an approver choose a new password, and could keep that link until the approver is more than they are."""
    with Daemon() as daemon:
        owner = daemon.set_up()
        admin, _ = invite(daemon, owner, 'admin', 'administrator')
        grace, user = invite(daemon, owner, 'grace', 'viewer')
        path = f'/api/v1/users/{user["id"]}'
        kept = admin.post(f'{path}/invitation').expect(201)
        owner.patch(path, {'role': 'administrator'}).expect(200)
        accept(daemon, kept, 'a stolen account').expect(404)
        owner.patch(path, {'role': 'viewer'}).expect(200)
        kept = admin.post(f'{path}/invitation').expect(201)
        grace = daemon.log_in('grace')
        grace.post('/api/v1/me/password', {'current_password': PASSWORD, 'new_password': 'chosen by herself'}).expect(204)
        accept(daemon, kept, 'a stolen account').expect(404)
        kept = admin.post(f'{path}/invitation').expect(201)
        owner.post(f'{path}/ownership').expect(200)
        accept(daemon, kept, 'a stolen account').expect(404)
        # A link for somebody who has not come yet is for what they were invited as; a lower role takes nothing from it.
        owner = daemon.log_in('grace', 'chosen by herself')
        late = owner.post('/api/v1/users', {'name': 'late', 'role': 'approver'}).expect(201)
        owner.patch(f'/api/v1/users/{late["user"]["id"]}', {'role': 'viewer'}).expect(200)
        accept(daemon, late['invitation']).expect(204)


def socket_of(daemon, client):
    socket = WebSocket(daemon.port, headers={'Cookie': f'vigilus_session={client.cookie}'})
    socket.subscribe('runs')
    return socket


def test_what_ends_sign_ins():
    """PITFALLS 15: on the socket too."""
    with Daemon() as daemon:
        owner = daemon.set_up()
        grace, user = invite(daemon, owner, 'grace', 'approver')
        path = f'/api/v1/users/{user["id"]}'
        token = daemon.client(token=grace.post('/api/v1/tokens', {'name': 't', 'days': 1}).expect(201)['token'])
        for change, token_works in ((lambda: owner.patch(path, {'role': 'viewer'}).expect(200), True), (lambda: owner.delete(path + '/sign-ins').expect(204), True),
                                    (lambda: owner.patch(path, {'disabled': True}).expect(200), False)):
            grace = daemon.log_in('grace')
            socket = socket_of(daemon, grace)
            token.get('/api/v1/me').expect(200)
            change()
            assert socket.close_code() == 4401
            grace.get('/api/v1/me').expect(401)
            token.get('/api/v1/me').expect(200 if token_works else 401)
        daemon.client().post('/api/v1/login', {'name': 'grace', 'password': PASSWORD}).expect(401)
        owner.patch(path, {'disabled': False}).expect(200)
        token.get('/api/v1/me').expect(200)
        token.post('/api/v1/sessions').expect(403)
        socket = socket_of(daemon, daemon.log_in('grace'))
        owner.delete(path).expect(204)
        assert socket.close_code() == 4401
        token.get('/api/v1/me').expect(401)
        assert {'user.changed', 'user.sign_ins_ended', 'user.deleted'} <= set(events(owner))


def test_runs_end_with_the_rights_of_who_asked():
    """Who is disabled, or may do less, has nobody at work any more; what waited for approval is withdrawn."""
    with Daemon() as daemon:
        owner = daemon.set_up()
        owner.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)

        def wait_on(client):
            harness.say(client, 'write a note to notes.txt: mine')
            return f'/api/v1/approvals/{harness.pending(client)["id"]}'

        def withdrawn(by, approval):
            harness.wait_for(lambda: by.get(approval).expect(200)['status'] == 'cancelled', 'the end of a run')

        for name, change in (('eve', {'disabled': True}), ('mallory', {'role': 'viewer'})):
            client, user = invite(daemon, owner, name, 'approver')
            approval = wait_on(client)
            owner.patch(f'/api/v1/users/{user["id"]}', {'name': f'{name}2'}).expect(200)
            assert owner.get(approval).expect(200)['status'] == 'pending'
            owner.patch(f'/api/v1/users/{user["id"]}', change).expect(200)
            withdrawn(owner, approval)

        _, heir = invite(daemon, owner, 'heir', 'administrator')
        approval = wait_on(owner)
        owner.post(f'/api/v1/users/{heir["id"]}/ownership').expect(200)
        withdrawn(daemon.log_in('heir'), approval)
        assert not (daemon.data_dir / 'workspace' / 'notes.txt').exists()


def test_sign_ins_are_listed_and_ended():
    with Daemon() as daemon:
        owner = daemon.set_up()
        other = daemon.client()
        other.sign_in(other.post('/api/v1/login', {'name': 'owner', 'password': PASSWORD}, headers={'User-Agent': 'Mozilla/5.0 Firefox/1'}).expect(200))
        third = daemon.log_in()
        rows = owner.items('/api/v1/me/sign-ins')
        assert len(rows) == 3 and [row['current'] for row in rows] == [True, False, False], rows
        assert all(row['address'] == '127.0.0.1' and row['created_at'] and row['last_used_at'] for row in rows), rows
        firefox = next(row for row in rows if row['user_agent'] == 'Mozilla/5.0 Firefox/1')
        assert next(row for row in other.items('/api/v1/me/sign-ins') if row['current'])['id'] == firefox['id']
        socket = socket_of(daemon, other)
        owner.delete(f'/api/v1/me/sign-ins/{firefox["id"]}').expect(204)
        assert socket.close_code() == 4401
        other.get('/api/v1/me').expect(401)
        owner.delete(f'/api/v1/me/sign-ins/{firefox["id"]}').expect(404)
        stranger, _ = invite(daemon, owner, 'stranger', 'administrator')
        mine = next(row for row in owner.items('/api/v1/me/sign-ins') if row['current'])
        stranger.delete(f'/api/v1/me/sign-ins/{mine["id"]}').expect(404)
        socket = socket_of(daemon, third)
        owner.delete('/api/v1/me/sign-ins').expect(204)
        assert socket.close_code() == 4401
        third.get('/api/v1/me').expect(401)
        stranger.get('/api/v1/me').expect(200)
        assert len(owner.items('/api/v1/me/sign-ins')) == 1
        assert {'sign_in.ended', 'sign_in.others_ended'} <= set(events(owner))


def test_tokens_have_less_than_their_person():
    with Daemon() as daemon:
        owner = daemon.set_up()
        grace, user = invite(daemon, owner, 'grace', 'approver')
        error = error_of(grace.post('/api/v1/tokens', {'name': 'too much', 'days': 1, 'role': 'administrator'}), 400)
        assert error['details'] == {'field': 'role'}, error
        made = grace.post('/api/v1/tokens', {'name': 'chat', 'days': 1, 'groups': ['chat']}).expect(201)
        assert made['details']['role'] == 'approver' and made['details']['groups'] == ['chat'] and made['details']['read_only'] is False, made
        chat = daemon.client(token=made['token'])
        chat.post('/api/v1/sessions').expect(201)
        message = error_of(chat.get('/api/v1/audit'), 403)['message']
        assert 'audit' in message, message
        socket = WebSocket(daemon.port, headers={'Authorization': f'Bearer {made["token"]}'})
        assert socket.subscribe('runs') == {'runs': 'subscribed'}
        assert socket.subscribe('audit') == {'audit': 'refused'}
        owner.patch(f'/api/v1/users/{user["id"]}', {'role': 'viewer'}).expect(200)
        assert 'viewer' in error_of(chat.post('/api/v1/sessions'), 403)['message']
        for body in ({'groups': []}, {'groups': ['nothing']}, {'role': 'king'}, {'days': 0}):
            owner.post('/api/v1/tokens', {'name': 'x', 'days': 1, **body}).expect(400)


def ids_of(value):
    """All ids in an answer, by the kind of thing that has them."""
    text = json.dumps(value)
    return set(re.findall(r'"(?:id|call_id|run_id|message_id|root_id)": "([0-9a-f-]{36})"', text))


def test_what_a_viewer_sees():
    """All that tells how the place is run, and nothing of whom and with what secrets."""
    with Daemon() as daemon:
        owner = daemon.set_up()
        owner.post('/api/v1/servers', {'name': 'nas', 'host': '10.0.0.1', 'user_name': 'ada', 'notes': 'in the cellar'}).expect(201)
        owner.post('/api/v1/operators', {'name': 'Keeper', 'system_prompt': 'You keep.'}).expect(201)
        owner.post('/api/v1/memories', {'text': 'The disk is new.', 'scope': 'everyone'}).expect(201)
        viewer, _ = invite(daemon, owner, 'vera', 'viewer')
        assert [server['notes'] for server in viewer.items('/api/v1/servers')] == ['in the cellar']
        assert 'You keep.' in [operator['system_prompt'] for operator in viewer.items('/api/v1/operators')]
        assert [memory['text'] for memory in viewer.items('/api/v1/memories')] == ['The disk is new.']
        assert 'server.created' in events(viewer)
        for path in ('users', 'credentials', 'tool-settings', 'audit/export'):
            viewer.get(f'/api/v1/{path}').expect(403)


def test_what_is_anothers():
    """PITFALLS 10: others' requests are told to those who may decide them, and nobody else presses the button. Their chats are not there."""
    with Daemon() as daemon:
        owner = daemon.set_up()
        grace, _ = invite(daemon, owner, 'grace', 'approver')
        viewer, _ = invite(daemon, owner, 'vera', 'viewer')
        owner.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
        sockets = [WebSocket(daemon.port, headers={'Cookie': f'vigilus_session={client.cookie}'}) for client in (grace, viewer)]
        for socket in sockets:
            socket.subscribe('approvals', 'runs', 'sessions')
        session, run = harness.say(owner, 'write a note to notes.txt: buy disks')
        approval = harness.pending(owner)
        harness.wait_for(lambda: (lambda event: event['topic'] == 'approvals' and event['data']['id'] == approval['id'])(sockets[0].receive()), 'the request')
        error_of(viewer.post(f'/api/v1/approvals/{approval["id"]}/decision', {'decision': 'approve'}), 403)
        error_of(daemon.client().post(f'/api/v1/approvals/{approval["id"]}/decision', {'decision': 'approve'}), 401)
        harness.decide(grace, approval)
        harness.ended(owner, run['id'])
        sockets[1].send({'subscribe': ['settings']})
        sockets[0].send({'subscribe': ['settings']})
        for socket, topics in ((sockets[0], {'approvals', 'runs'}), (sockets[1], {'approvals', 'runs'})):
            heard = []
            while (event := socket.receive())['event'] != 'subscribed':
                heard.append(event)
            assert heard and {event['topic'] for event in heard} == topics, heard
            hidden = [event for event in heard if event['topic'] == 'runs' or socket is sockets[1]]
            assert all(event['event'] == 'elsewhere' and event['data'] is None for event in hidden), heard

        upload = owner.request('POST', '/api/v1/attachments?name=a.txt', raw=b'text', headers={'Content-Type': 'application/octet-stream'})
        known = ids_of([owner.get(path).expect(200) for path in (
            f'/api/v1/sessions/{session}', f'/api/v1/sessions/{session}/messages', f'/api/v1/runs/{run["id"]}', f'/api/v1/runs/{run["id"]}/calls')])
        known |= ids_of(upload.json) if upload.status == 201 else set()
        checked = 0
        for method, path, operation in operations():
            if operation['tags'][0] == 'chat' and NOWHERE in path and operation['operationId'] != 'deleteSession':
                for one in known:
                    body = {'text': 'x'} if path.endswith('/messages') and method == 'POST' else {} if method != 'GET' else None
                    answer = grace.request(method, path.replace(NOWHERE, one), body=body)
                    # Administrators stop others' runs, so that it is there is no secret.
                    expected = (404, 409) if operation['operationId'] == 'stopRun' else (400, 404)
                    assert answer.status in expected, (operation['operationId'], answer.status, answer.body)
                    checked += 1
        assert checked > 60, checked
        error_of(grace.delete(f'/api/v1/sessions/{session}'), 404)
        assert grace.items('/api/v1/sessions') == [] and grace.items('/api/v1/runs') == []


def test_last_use_is_kept():
    with Daemon() as daemon:
        owner = daemon.set_up()
        daemon.kill()
        daemon.start()
        again = Client(daemon.port)
        again.cookie, again.csrf = owner.cookie, owner.csrf
        row = next(row for row in again.items('/api/v1/me/sign-ins') if row['current'])
        assert row['last_used_at'] >= row['created_at'], row


if __name__ == '__main__':
    harness.main(globals())

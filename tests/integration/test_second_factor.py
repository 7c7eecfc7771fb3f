#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Second factors: authenticator apps, passkeys, recovery codes; signing in with them, and showing them again."""
import concurrent.futures
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import PASSWORD, Client, Daemon, pending, say  # noqa: E402
from passkey import CONFIRMED_BY, Passkey, add_totp, totp  # noqa: E402
from websocket_client import WebSocket  # noqa: E402


def error_of(answer, status):
    assert answer.status == status, (answer.status, answer.body)
    return answer.json['error']


class Named(Client):
    """A browser that calls the daemon localhost."""

    def request(self, method, path, body=None, headers=None, **kwargs):
        return super().request(method, path, body, {'Host': f'localhost:{self.port}', **(headers or {})}, **kwargs)


def named(daemon, password=PASSWORD):
    client = Named(daemon.port)
    return client.sign_in(client.post('/api/v1/login', {'name': 'owner', 'password': password}).expect(200))


def add_passkey(client, **kwargs):
    passkey = Passkey(f'http://localhost:{client.port}', 'localhost', **kwargs)
    options = client.post('/api/v1/me/second-factors/passkeys').expect(200)
    added = client.post('/api/v1/me/second-factors/passkeys/confirm', {**passkey.create(options), 'name': 'key'}).expect(201)
    return passkey, added


def begin(client):
    answer = client.post('/api/v1/login', {'name': 'owner', 'password': PASSWORD})
    assert answer.status == 202 and 'set-cookie' not in answer.headers, (answer.status, answer.headers)
    return answer.json


def finish(client, asked, **proof):
    return client.post('/api/v1/login/second', {'ticket': asked['ticket'], **proof})


def test_signing_in_with_an_app():
    with Daemon() as daemon:
        owner = daemon.set_up()
        secret, recovery = add_totp(owner)
        assert len(recovery) == 10 and len(set(recovery)) == 10, recovery
        assert owner.get('/api/v1/me/second-factors').expect(200)['recovery_codes_left'] == 10
        client = daemon.client()
        asked = begin(client)
        assert asked['methods'] == ['totp', 'recovery_code'] and asked['passkey'] is None, asked
        client.get('/api/v1/me').expect(401)
        assert error_of(finish(client, asked, code='000000'), 401)['code'] == 'unauthenticated'
        finish(client, asked, code=CONFIRMED_BY[secret]).expect(401)
        code = totp(secret)
        client.sign_in(finish(client, asked, code=code).expect(200))
        assert client.get('/api/v1/me').expect(200)['user']['second_factor'] is True
        again = daemon.client()
        finish(again, begin(again), code=code).expect(401)
        finish(again, asked, code=totp(secret, 1)).expect(401)
        code = recovery[0].lower()
        finish(again, begin(again), recovery_code=code.replace('-', ' ')).expect(200)
        finish(daemon.client(), begin(daemon.client()), recovery_code=code).expect(401)
        assert owner.get('/api/v1/me/second-factors').expect(200)['recovery_codes_left'] == 9
        record = owner.get('/api/v1/audit?limit=200').body.decode()
        assert secret not in record and recovery[0] not in record
        assert all(event in record for event in ('second_factor.added', 'login.second_factor_asked', 'login.failed'))
        store = (daemon.data_dir / 'vigilus.db').read_bytes() + b''.join(path.read_bytes() for path in daemon.data_dir.glob('*.db-wal'))
        assert secret.encode() not in store and all(code.replace('-', '').encode() not in store for code in recovery)


def test_a_ticket_is_good_for_five_tries():
    with Daemon() as daemon:
        secret, recovery = add_totp(daemon.set_up())
        client = daemon.client()
        asked = begin(client)
        for _ in range(5):
            finish(client, asked, code='123456' if totp(secret) != '123456' else '654321').expect(401)
        assert 'begin again' in error_of(finish(client, asked, recovery_code=recovery[0]), 401)['message']
        finish(client, {'ticket': 'A' * 43}, recovery_code=recovery[0]).expect(401)
        asked = begin(client)
        for proof in ({}, {'code': '1', 'recovery_code': '2'}):
            finish(client, asked, **proof).expect(400)
        finish(client, asked, recovery_code=recovery[0]).expect(200)


def test_codes_cannot_be_guessed():
    """However many addresses: after ten wrong codes in a row codes wait, for up to an hour, and recovery codes still open."""
    with Daemon() as daemon:
        owner = daemon.set_up()
        secret, recovery = add_totp(owner)
        daemon.edit('UPDATE users SET code_failures = 9')
        again = Client(daemon.port)
        again.cookie, again.csrf = owner.cookie, owner.csrf
        asked = begin(daemon.client())
        finish(daemon.client(), asked, code='111111' if totp(secret) != '111111' else '222222').expect(401)
        assert 'recovery code' in error_of(finish(daemon.client(), asked, code=totp(secret)), 429)['message']
        error_of(again.post('/api/v1/me/proof', {'code': totp(secret)}), 429)
        finish(daemon.client(), asked, recovery_code=recovery[0]).expect(200)
        daemon.edit('UPDATE users SET codes_blocked_until = 1')
        finish(daemon.client(), begin(daemon.client()), code=totp(secret, 1)).expect(200)


def test_wrong_codes_are_throttled():
    with Daemon(env={'VIGILUS_TRUSTED_PROXIES': '127.0.0.1'}) as daemon:
        add_totp(daemon.set_up())
        headers = {'X-Forwarded-For': '10.6.6.6'}
        client = daemon.client()
        statuses = []
        for _ in range(4):
            answer = client.post('/api/v1/login', {'name': 'owner', 'password': PASSWORD}, headers=headers)
            statuses.append(answer.status)
            if answer.status != 202:
                break
            statuses += [client.post('/api/v1/login/second', {'ticket': answer.json['ticket'], 'recovery_code': 'X'}, headers=headers).status for _ in range(4)]
        assert statuses[:5] == [202, 401, 401, 401, 401] and 429 in statuses, statuses


def test_concurrent_uses_of_one_code():
    with Daemon() as daemon:
        _, recovery = add_totp(daemon.set_up())
        asked = [begin(daemon.client()) for _ in range(8)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda one: finish(daemon.client(), one, recovery_code=recovery[0]).status, asked))
        assert statuses.count(200) == 1 and set(statuses) <= {200, 401, 429}, statuses


def test_a_password_change_ends_half_a_sign_in():
    with Daemon() as daemon:
        owner = daemon.set_up()
        _, recovery = add_totp(owner)
        asked = begin(daemon.client())
        owner.post('/api/v1/me/password', {'current_password': PASSWORD, 'new_password': 'a new password'}).expect(204)
        finish(daemon.client(), asked, recovery_code=recovery[0]).expect(401)


def test_passkeys():
    for algorithm in (-7, -8):
        with Daemon() as daemon:
            daemon.set_up()
            owner = named(daemon)
            passkey, added = add_passkey(owner, algorithm=algorithm)
            assert added['factor']['kind'] == 'passkey' and added['factor']['rp_id'] == 'localhost' and len(added['recovery_codes']) == 10, added
            client = Named(daemon.port)
            asked = begin(client)
            assert asked['methods'] == ['passkey', 'recovery_code'], asked
            good = passkey.answer(asked['passkey']['challenge'])
            finish(client, asked, passkey={**good, 'signature': good['signature'][:-4] + 'AAAA'}).expect(401)
            finish(client, asked, passkey=passkey.answer('A' * 43)).expect(401)
            finish(client, asked, passkey=passkey.answer(asked['passkey']['challenge'])).expect(200)
            finish(client, asked, passkey=passkey.answer(asked['passkey']['challenge'])).expect(401)


def test_what_passkeys_must_say():
    with Daemon() as daemon:
        daemon.set_up()
        owner = named(daemon)
        passkey, _ = add_passkey(owner)
        origin = passkey.origin

        def attempt(change):
            asked = begin(Named(daemon.port))
            change(passkey)
            status = finish(Named(daemon.port), asked, passkey=passkey.answer(asked['passkey']['challenge'])).status
            passkey.origin, passkey.rp_id, passkey.flags = origin, 'localhost', 0x05
            return status

        assert attempt(lambda key: setattr(key, 'origin', 'http://localhost:1')) == 401
        assert attempt(lambda key: setattr(key, 'rp_id', 'evil.example')) == 401
        assert attempt(lambda key: setattr(key, 'flags', 0x04)) == 401
        assert attempt(lambda key: None) == 200
        assert attempt(lambda key: setattr(key, 'counter', 1)) == 401
        record = owner.get('/api/v1/audit?limit=200').body.decode()
        assert 'another origin' in record and 'another host name' in record and 'nobody was there' in record and 'counter' in record


def test_passkeys_need_a_name_and_https():
    with Daemon(env={'VIGILUS_TRUSTED_PROXIES': '127.0.0.1'}) as daemon:
        owner = daemon.set_up()
        for headers, word in (({}, 'host name'), ({'Host': 'nas.local'}, 'HTTPS')):
            told = owner.get('/api/v1/me/second-factors', headers=headers).expect(200)['passkeys']
            assert told['available'] is False and word in told['reason'], told
            assert word in error_of(owner.post('/api/v1/me/second-factors/passkeys', headers=headers), 409)['message']
        headers = {'Host': 'nas.local', 'X-Forwarded-For': '10.0.0.1', 'X-Forwarded-Proto': 'https'}
        assert owner.get('/api/v1/me/second-factors', headers=headers).expect(200)['passkeys'] == {'available': True, 'reason': None}
        options = owner.post('/api/v1/me/second-factors/passkeys', headers=headers).expect(200)
        for wrong in (Passkey('http://nas.local', 'nas.local'), Passkey('https://evil.example', 'nas.local'), Passkey('https://nas.local', 'local')):
            owner.post('/api/v1/me/second-factors/passkeys/confirm', {**wrong.create(options), 'name': 'x'}, headers=headers).expect(400)
        right = Passkey('https://nas.local', 'nas.local')
        owner.post('/api/v1/me/second-factors/passkeys/confirm', {**right.create(options), 'name': 'x'}, headers=headers).expect(201)
        assert begin(daemon.client())['methods'] == ['recovery_code']


def test_what_changes_signing_in_needs_a_proof():
    with Daemon() as daemon:
        owner = daemon.set_up()
        secret, recovery = add_totp(owner)
        daemon.edit('UPDATE logins SET proved_at = proved_at - 601000000')
        client = Client(daemon.port)
        client.cookie, client.csrf = owner.cookie, owner.csrf
        factor = client.get('/api/v1/me/second-factors').expect(200)['items'][0]['id']
        refused = (lambda: client.post('/api/v1/me/second-factors/totp'), lambda: client.delete(f'/api/v1/me/second-factors/{factor}'),
                   lambda: client.post('/api/v1/me/recovery-codes'), lambda: client.post('/api/v1/tokens', {'name': 't', 'days': 1}),
                   lambda: client.patch('/api/v1/settings', {'second_factor_approvals': 'exec'}))
        for ask in refused:
            assert error_of(ask(), 403)['code'] == 'proof_needed'
        assert client.post('/api/v1/me/proof/start').expect(200)['methods'] == ['totp', 'recovery_code']
        error_of(client.post('/api/v1/me/proof', {'password': PASSWORD}), 403)
        error_of(client.post('/api/v1/me/proof', {'code': CONFIRMED_BY[secret]}), 403)
        error_of(client.post('/api/v1/me/proof', {}), 400)
        client.post('/api/v1/me/proof', {'code': totp(secret)}).expect(200)
        client.post('/api/v1/tokens', {'name': 't', 'days': 1}).expect(201)
        fresh = client.post('/api/v1/me/recovery-codes').expect(201)['recovery_codes']
        assert not set(fresh) & set(recovery)
        error_of(client.post('/api/v1/me/proof', {'recovery_code': recovery[0]}), 403)
        error_of(client.post('/api/v1/me/second-factors/totp'), 409)
        client.delete(f'/api/v1/me/second-factors/{factor}').expect(204)
        assert client.get('/api/v1/me/second-factors').expect(200)['recovery_codes_left'] == 0
        daemon.log_in()
        error_of(client.post('/api/v1/me/proof', {'password': 'wrong password'}), 403)
        client.post('/api/v1/me/proof', {'password': PASSWORD}).expect(200)
        events = [row['event'] for row in client.items('/api/v1/audit?limit=200')]
        assert {'proof.given', 'proof.failed', 'second_factor.removed', 'second_factor.codes_renewed'} <= set(events)


def test_an_administrator_helps_out():
    with Daemon() as daemon:
        owner = daemon.set_up()
        made = owner.post('/api/v1/users', {'name': 'grace', 'role': 'approver'}).expect(201)
        daemon.client().post('/api/v1/invitations/accept', {'token': made['invitation']['token'], 'password': PASSWORD}).expect(204)
        grace = daemon.log_in('grace')
        add_totp(grace)
        socket = WebSocket(daemon.port, headers={'Cookie': f'vigilus_session={grace.cookie}'})
        socket.subscribe('runs')
        owner.delete(f'/api/v1/users/{made["user"]["id"]}/second-factors').expect(204)
        assert socket.close_code() == 4401
        grace.get('/api/v1/me').expect(401)
        daemon.log_in('grace')


def test_approvals_ask_again():
    """Where the settings say so, and however one comes: the dashboard's session, an API token."""
    with Daemon() as daemon:
        owner = daemon.set_up()
        owner.patch('/api/v1/settings', {'second_factor_approvals': 'exec'}).expect(200)
        token = daemon.client(token=owner.post('/api/v1/tokens', {'name': 't', 'days': 1}).expect(201)['token'])
        owner.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline', 'is_default': True}).expect(201)
        _, run = say(owner, 'how full are the disks?')
        approval = pending(owner)
        assert approval['level'] == 'exec', approval
        path = f'/api/v1/approvals/{approval["id"]}/decision'
        error = error_of(owner.post(path, {'decision': 'approve'}), 403)
        assert error['code'] == 'denied' and 'set one up' in error['message'], error
        assert error_of(token.post(path, {'decision': 'approve'}), 403)['code'] == 'denied'
        secret, _ = add_totp(owner)
        daemon.edit('UPDATE logins SET proved_at = proved_at - 301000000')
        client = Client(daemon.port)
        client.cookie, client.csrf = owner.cookie, owner.csrf
        assert error_of(client.post(path, {'decision': 'approve'}), 403)['code'] == 'proof_needed'
        client.post('/api/v1/me/proof', {'code': totp(secret)}).expect(200)
        other = daemon.client()
        assert client.post(path, {'decision': 'approve'}).expect(200)['status'] == 'approved'
        assert harness.ended(client, run['id'])['state'] == 'done'
        assert other.cookie is None


harness.main(globals())

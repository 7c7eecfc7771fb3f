#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may speak to the daemon: sessions, tokens, CSRF, Host and Origin, set-up, throttling."""
import concurrent.futures
import json
import pathlib
import re
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import PASSWORD, Client, Daemon, wait_for  # noqa: E402
from websocket_client import WebSocket  # noqa: E402

OPEN = {'getHealth', 'getSetup', 'login', 'loginSecond', 'setSecret', 'createOwner', 'lookUpInvitation', 'acceptInvitation'}


def operations():
    document = json.loads((harness.BUILD / 'data' / 'api' / 'openapi.json').read_text(encoding='utf-8'))
    for path, item in document['paths'].items():
        for method, operation in item.items():
            yield method.upper(), re.sub(r'\{\w+\}', '01900000-0000-7000-8000-000000000000', path), operation


def login_cookie(client):
    return {'Cookie': f'vigilus_session={client.cookie}'}


def events(client):
    return [record['event'] for record in client.items('/api/v1/audit?limit=200')]


def test_every_operation_needs_a_session():
    """PITFALLS 1."""
    with Daemon() as daemon:
        daemon.set_up()
        seen = set()
        for method, path, operation in operations():
            name = operation['operationId']
            seen.add(name)
            for client in (daemon.client(), daemon.client(token='vig_' + 'A' * 43)):
                client.cookie = None
                answer = client.request(method, path, body={} if method in ('POST', 'PATCH', 'PUT') else None)
                if operation.get('security') == []:
                    assert name in OPEN, f'{name} is open, and nobody said so here'
                    assert name in ('login', 'loginSecond') or answer.status != 401, (name, answer.status)
                else:
                    assert answer.status == 401, (name, answer.status, answer.body)
                    assert answer.json['error']['code'] == 'unauthenticated', name
        assert OPEN < seen and len(seen) > 40, len(seen)


def test_an_invented_cookie_is_nobody():
    with Daemon() as daemon:
        daemon.set_up()
        for cookie in ('A' * 43, '', '../../x', 'a' * 300, "' OR 1=1 --"):
            client = daemon.client()
            client.cookie = cookie
            assert client.get('/api/v1/me').status == 401, cookie


def test_wrong_methods_and_paths():
    with Daemon() as daemon:
        client = daemon.client()
        answer = client.request('PUT', '/api/v1/operators', {})
        assert answer.status == 405 and answer.headers['allow'] == 'GET, HEAD, POST', answer.headers
        assert client.get('/api/v1/nothing').expect(404)['error']['code'] == 'not_found'
        head = client.request('HEAD', '/healthz')
        assert head.status == 200 and head.body == b'', head.body


def test_csrf():
    """PITFALLS 16."""
    with Daemon() as daemon:
        owner = daemon.set_up()
        for token in (None, 'wrong', owner.csrf[:-1] + ('0' if owner.csrf[-1] != '0' else '1')):
            other = Client(daemon.port)
            other.cookie, other.csrf = owner.cookie, token
            answer = other.post('/api/v1/sessions')
            assert answer.status == 403 and 'X-CSRF-Token' in answer.json['error']['message'], answer.body
        assert owner.get('/api/v1/sessions').expect(200)['items'] == []
        owner.post('/api/v1/sessions').expect(201)


def test_api_tokens():
    with Daemon() as daemon:
        owner = daemon.set_up()
        made = owner.post('/api/v1/tokens', {'name': 'script', 'days': 1}).expect(201)
        script = daemon.client(token=made['token'])
        assert script.get('/api/v1/me').expect(200)['csrf_token'] is None
        script.post('/api/v1/sessions').expect(201)
        script.post('/api/v1/tokens', {'name': 'child', 'days': 1}).expect(403)
        harness.wait_for(lambda: owner.items('/api/v1/tokens')[0]['last_used_at'], 'last_used_at')
        assert made['token'] not in owner.get('/api/v1/tokens').body.decode()
        stored = b''.join(path.read_bytes() for path in daemon.data_dir.glob('vigilus.db*'))
        assert b'script' in stored and made['token'].encode() not in stored and owner.cookie.encode() not in stored
        socket = WebSocket(daemon.port, headers={'Authorization': f'Bearer {made["token"]}'})
        assert socket.subscribe('runs') == {'runs': 'subscribed'}
        owner.delete(f'/api/v1/tokens/{made["details"]["id"]}').expect(204)
        script.get('/api/v1/me').expect(401)
        assert socket.close_code() == 4401
        assert {'token.created', 'token.deleted'} <= set(events(owner))


def test_hosts():
    """PITFALLS 16: names that anybody may point at this machine are not answered."""
    origins = {'VIGILUS_CORS_ORIGINS': 'https://vigilus.example.org'}
    with Daemon(env=origins) as daemon:
        client = daemon.client()
        for host in ('localhost', 'nas:3000', 'nas.local', 'vigilus.home.arpa:3000', '192.168.7.7:3000', '[::1]:3000', 'vigilus.example.org'):
            client.get('/healthz', headers={'Host': host}).expect(200)
        for host in ('evil.example', '127.0.0.1.evil.example:3000', 'vigilus.example.org.evil.example'):
            for path in ('/healthz', '/', '/api/v1/setup'):
                answer = client.get(path, headers={'Host': host})
                assert answer.status == 421 and 'VIGILUS_CORS_ORIGINS' in answer.json['error']['message'], (host, answer.body)


def test_origins():
    """PITFALLS 16: of requests and of live sockets."""
    with Daemon(env={'VIGILUS_CORS_ORIGINS': 'https://panel.example.org'}) as daemon:
        owner = daemon.set_up()
        own = f'http://127.0.0.1:{daemon.port}'
        for origin in (own, 'https://panel.example.org'):
            owner.post('/api/v1/sessions', headers={'Origin': origin}).expect(201)
        for origin in ('null', 'https://evil.example', own + '0', own.replace('http:', 'https:'), 'https://panel.example.org.evil.example'):
            owner.post('/api/v1/sessions', headers={'Origin': origin}).expect(403)
            socket = WebSocket(daemon.port, headers={'Origin': origin, **login_cookie(owner)})
            assert socket.status == 403, (origin, socket.answer)
        allowed = owner.request('OPTIONS', '/api/v1/sessions', headers={'Origin': 'https://panel.example.org', 'Access-Control-Request-Method': 'POST'})
        assert allowed.status == 204 and allowed.headers['access-control-allow-origin'] == 'https://panel.example.org', allowed.headers
        other = owner.request('OPTIONS', '/api/v1/sessions', headers={'Origin': 'https://evil.example', 'Access-Control-Request-Method': 'POST'})
        assert 'access-control-allow-origin' not in other.headers, other.headers


def test_set_up_from_elsewhere_needs_the_token():
    """PITFALLS 14: no first visitor of the LAN claims the installation."""
    owner = {'name': 'owner', 'password': PASSWORD}
    elsewhere = [{'Host': 'nas:3000'}, {'X-Forwarded-For': '127.0.0.1'}, {'Forwarded': 'for=127.0.0.1'}, {'Via': '1.1 proxy'},
                 {'X-Real-IP': '127.0.0.1'}, {'Host': 'nas:3000', 'Origin': 'http://nas:3000'}]
    with Daemon() as daemon:
        client = daemon.client()
        assert client.get('/api/v1/setup').expect(200)['needs_token'] is False
        for headers in elsewhere:
            assert client.get('/api/v1/setup', headers=headers).expect(200)['needs_token'] is True, headers
            for body in (owner, {**owner, 'setup_token': 'setup-' + 'A' * 43}, {**owner, 'setup_token': ''}):
                error = client.post('/api/v1/setup/owner', body, headers=headers).expect(403)['error']
                assert error['details'] == {'field': 'setup_token'}, error
        client.post('/api/v1/setup/owner', {**owner, 'setup_token': daemon.setup_token}, headers=elsewhere[0]).expect(201)
        client.post('/api/v1/setup/owner', {**owner, 'setup_token': daemon.setup_token}).expect(409)


def test_concurrent_set_ups_make_one_owner():
    """PITFALLS 14: one owner, however many ask at once."""
    with Daemon() as daemon:
        def attempt(number):
            return daemon.client().post('/api/v1/setup/owner', {'name': f'owner{number}', 'password': PASSWORD}).status

        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            statuses = list(pool.map(attempt, range(24)))
        assert statuses.count(201) == 1 and set(statuses) <= {201, 409, 429}, statuses


def test_while_the_secret_is_read_nobody_is_told_to_set_it():
    """From the first moment on that anything listens: later, then yes."""
    daemon = Daemon()
    daemon.port = harness.free_port()
    answers = []

    def ask():
        while not answers or answers[-1] == 503:
            try:
                answers.append(daemon.client().post('/api/v1/setup/owner', {'name': 'owner', 'password': PASSWORD}).status)
            except ConnectionError:
                time.sleep(0.001)

    asker = threading.Thread(target=ask, daemon=True)
    asker.start()
    with daemon:
        asker.join()
    assert answers[-1] == 201 and set(answers) <= {503, 201}, answers


def test_the_secret_is_set_once_and_needs_somebody():
    with Daemon(secret=None) as daemon:
        client = daemon.client()
        assert client.get('/api/v1/setup').expect(200)['needs_secret'] is True
        client.post('/api/v1/setup/owner', {'name': 'owner', 'password': PASSWORD}).expect(409)
        client.post('/api/v1/setup/secret', {'secret': 'long enough to do', 'keep': 'nowhere'}, headers={'Host': 'nas'}).expect(403)
        generated = client.post('/api/v1/setup/secret', {'secret': None, 'keep': 'nowhere'}).expect(200)['generated']
        assert len(generated) >= 32, generated
        client.post('/api/v1/setup/secret', {'secret': 'another long one', 'keep': 'nowhere'}).expect(409)
        owner = daemon.set_up()
        assert 'secret.set' in events(owner) and generated not in owner.get('/api/v1/audit').body.decode()
        daemon.kill()
        daemon.start()
        stranger, again = daemon.client(), Client(daemon.port)
        again.cookie, again.csrf = owner.cookie, owner.csrf
        stranger.post('/api/v1/setup/secret', {'secret': generated, 'keep': 'nowhere'}).expect(401)
        again.post('/api/v1/setup/secret', {'secret': generated, 'keep': 'nowhere'}).expect(200)


def test_logout_and_password_change_end_logins():
    with Daemon() as daemon:
        first = daemon.set_up()
        second, third = daemon.log_in(), daemon.log_in()
        sockets = {name: WebSocket(daemon.port, headers=login_cookie(client)) for name, client in (('second', second), ('third', third), ('first', first))}
        for socket in sockets.values():
            socket.subscribe('runs')
        cookie = second.cookie
        second.post('/api/v1/logout').expect(204)
        assert sockets['second'].close_code() == 4401
        second.cookie = cookie
        second.get('/api/v1/me').expect(401)
        error = first.post('/api/v1/me/password', {'current_password': 'not the password', 'new_password': 'a new password'}).expect(403)['error']
        assert error['details'] == {'field': 'current_password'}, error
        third.get('/api/v1/me').expect(200)
        first.post('/api/v1/me/password', {'current_password': PASSWORD, 'new_password': 'a new password'}).expect(204)
        third.get('/api/v1/me').expect(401)
        assert sockets['third'].close_code() == 4401
        first.get('/api/v1/me').expect(200)
        assert sockets['first'].subscribe('approvals') == {'approvals': 'subscribed'}
        daemon.client().post('/api/v1/login', {'name': 'owner', 'password': PASSWORD}).expect(401)
        daemon.log_in(password='a new password')
        assert {'login.succeeded', 'login.failed', 'logout', 'password.changed'} <= set(events(first))


def test_no_sign_in_outlives_its_password():
    """One that was being checked when the password changed is none; what it would sign in to was ended by the change."""
    with Daemon() as daemon:
        client = daemon.set_up()
        signed_in, over = [], threading.Event()

        def knock():
            while not over.is_set():
                visitor = daemon.client()
                answer = visitor.post('/api/v1/login', {'name': 'owner', 'password': PASSWORD})
                if answer.status == 200:
                    signed_in.append(visitor)

        people = [threading.Thread(target=knock) for _ in range(8)]
        for person in people:
            person.start()
        try:
            harness.wait_for(lambda: len(signed_in) >= 4, 'some sign-ins')
            client.post('/api/v1/me/password', {'current_password': PASSWORD, 'new_password': 'another long password'}).expect(204)
        finally:
            over.set()
            for person in people:
                person.join()
        assert [visitor.get('/api/v1/me').status for visitor in signed_in] == [401] * len(signed_in)
        client.get('/api/v1/me').expect(200)


def test_one_password_of_two_changes_at_once():
    with Daemon() as daemon:
        client = daemon.set_up()
        words = [f'the new password {number}' for number in range(4)]
        with concurrent.futures.ThreadPoolExecutor(len(words)) as pool:
            done = list(pool.map(lambda word: client.post('/api/v1/me/password', {'current_password': PASSWORD, 'new_password': word}).status, words))
        assert done.count(204) == 1 and set(done) <= {204, 403, 409}, done
        daemon.log_in(password=words[done.index(204)])


def test_a_read_after_a_write_sees_it():
    """Answers are remembered for as long as nothing is written: never longer."""
    with Daemon() as daemon:
        owner, other = daemon.set_up(), daemon.log_in()
        made = owner.post('/api/v1/operators', {'name': 'Changing'}).expect(201)
        for number in range(100):
            owner.get('/api/v1/operators').expect(200)
            owner.patch(f'/api/v1/operators/{made["id"]}', {'description': str(number)}).expect(200)
            assert other.get(f'/api/v1/operators/{made["id"]}').expect(200)['description'] == str(number)
            assert [row['description'] for row in other.items('/api/v1/operators') if row['id'] == made['id']] == [str(number)]


def test_logins_outlive_a_restart():
    with Daemon() as daemon:
        owner = daemon.set_up()
        daemon.kill()
        daemon.start()
        again = Client(daemon.port)
        again.cookie = owner.cookie
        assert again.get('/api/v1/me').expect(200)['csrf_token'] == owner.csrf


def test_cookies():
    with Daemon() as daemon:
        answer = daemon.client().post('/api/v1/setup/owner', {'name': 'owner', 'password': PASSWORD})
        cookies = answer.headers['set-cookie']
        assert 'HttpOnly' in cookies and 'SameSite=Strict' in cookies and 'Domain' not in cookies and 'Secure' not in cookies, cookies
        # What is no trusted proxy says nothing of the scheme.
        forwarded = daemon.client().post('/api/v1/login', {'name': 'owner', 'password': PASSWORD}, headers={'X-Forwarded-Proto': 'https'})
        assert forwarded.status == 200 and 'Secure' not in forwarded.headers['set-cookie'], forwarded.headers
    with Daemon(env={'VIGILUS_TRUSTED_PROXIES': '127.0.0.1'}) as daemon:
        headers = {'X-Forwarded-For': '10.1.2.3', 'X-Forwarded-Proto': 'https', 'Host': 'vigilus.example.net'}
        answer = daemon.client().post('/api/v1/setup/owner', {'name': 'owner', 'password': PASSWORD, 'setup_token': daemon.setup_token}, headers=headers)
        assert answer.status == 201 and 'Secure' in answer.headers['set-cookie'], answer.headers
        assert 'strict-transport-security' in answer.headers


def guess(client, address, name='owner', password='a wrong guess', cookie=None):
    headers = {'X-Forwarded-For': address}
    if cookie:
        headers['Cookie'] = cookie
    return client.post('/api/v1/login', {'name': name, 'password': password}, headers=headers)


def test_throttling_slows_guesses_and_locks_nobody_out():
    """PITFALLS 15: behind a proxy, too."""
    with Daemon(env={'VIGILUS_TRUSTED_PROXIES': '127.0.0.1'}) as daemon:
        daemon.set_up()
        good = daemon.client().post('/api/v1/login', {'name': 'owner', 'password': PASSWORD}, headers={'X-Forwarded-For': '10.0.0.1'})
        device = re.search(r'vigilus_device=([^;]+)', good.headers['set-cookie']).group(0)
        client = daemon.client()
        statuses = [guess(client, '10.6.6.6').status for _ in range(14)]
        assert statuses[:8] == [401] * 8 and 429 in statuses, statuses
        # The first delay is a second, and may be over before the next guess: that one makes it longer.
        refused = wait_for(lambda: next((answer for answer in [guess(client, '10.6.6.6')] if answer.status == 429), None), 'a refusal')
        assert 1 <= int(refused.headers['retry-after']) <= 300, refused.headers
        assert refused.json['error']['details']['seconds'] == int(refused.headers['retry-after'])
        spray = [guess(client, f'10.7.0.{number}').status for number in range(12)]
        assert 429 in spray, spray
        wait_for(lambda: guess(client, '10.6.6.6').status == 429 and guess(client, '10.6.6.6', password=PASSWORD).status == 429, 'a refusal of the right one, too')
        assert guess(client, '10.0.0.9', password=PASSWORD, cookie=device).status == 200
        assert daemon.client().post('/api/v1/login', {'name': 'owner', 'password': PASSWORD}).status == 200


def test_strangers_who_guess_hold_nobody_up_who_is_signed_in():
    """Who is attacked can still show that it is them, and take another password; only their own wrong answers make them wait."""
    with Daemon(env={'VIGILUS_TRUSTED_PROXIES': '127.0.0.1'}) as daemon:
        owner = daemon.set_up()
        here = {'X-Forwarded-For': '10.0.0.7'}
        harness.wait_for(lambda: guess(daemon.client(), '10.6.6.6').status == 429, 'a delay for the account')
        owner.post('/api/v1/me/proof', {'password': PASSWORD}, headers=here).expect(200)
        owner.post('/api/v1/me/password', {'current_password': PASSWORD, 'new_password': 'a new password'}, headers=here).expect(204)

        def answer():
            return owner.post('/api/v1/me/proof', {'password': 'a wrong guess'}, headers=here)

        assert [answer().status for _ in range(5)] == [403] * 5
        refused = harness.wait_for(lambda: (lambda one: one if one.status == 429 else None)(answer()), 'a delay for the sign-in')
        assert refused.json['error']['details']['seconds'] == int(refused.headers['retry-after']), refused.body


def test_an_unknown_name_takes_as_long_and_is_not_recorded():
    with Daemon() as daemon:
        owner = daemon.set_up()

        def measure(name):
            clock = ~daemon.process.pid << 3 | 2  # of the processor, in that process: clock_getcpuclockid(3)
            begin = time.clock_gettime(clock)
            daemon.client().post('/api/v1/login', {'name': name, 'password': 'a wrong guess'}).expect(401)
            return time.clock_gettime(clock) - begin

        # In turn, and the least of each: what else the daemon does only ever adds.
        pairs = [(measure('owner'), measure('hunter2-typed-here')) for _ in range(4)]
        known, unknown = (min(times) for times in zip(*pairs))
        assert 0.5 < known / unknown < 2, (known, unknown)
        assert 'hunter2-typed-here' not in owner.get('/api/v1/audit').body.decode()


def test_many_sign_ins_at_once():
    """What checks passwords is the dearest thing that a stranger can ask for: no more than 16 of them at a time."""
    with Daemon(env={'VIGILUS_TRUSTED_PROXIES': '127.0.0.1'}) as daemon:
        daemon.set_up()
        with concurrent.futures.ThreadPoolExecutor(60) as pool:
            answers = list(pool.map(lambda number: guess(daemon.client(), f'10.9.0.{number}', name=f'nobody{number}'), range(60)))
        refused = [answer for answer in answers if answer.status == 429]
        assert len(refused) + sum(answer.status == 401 for answer in answers) == 60
        assert refused and all('at once' in answer.json['error']['message'] for answer in refused), refused
        daemon.log_in()


def test_security_headers():
    """PITFALLS 16: no framing."""
    with Daemon() as daemon:
        for path in ('/healthz', '/', '/api/v1/me', '/docs', '/nothing/here'):
            headers = daemon.client().get(path).headers
            assert headers['x-content-type-options'] == 'nosniff', path
            assert "frame-ancestors 'none'" in headers['content-security-policy'], path
            assert 'unsafe-eval' not in headers['content-security-policy'] and "script-src 'unsafe" not in headers['content-security-policy'], path
            assert headers['referrer-policy'] == 'no-referrer' and headers['cross-origin-opener-policy'] == 'same-origin', path
            assert 'server' not in headers and 'strict-transport-security' not in headers, path


harness.main(globals())

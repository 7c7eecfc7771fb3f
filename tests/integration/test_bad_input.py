#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bad input from every side gets an error that names the thing and the way out; never a 500, a hang, a crash or a loss."""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, answer_text, ended, say  # noqa: E402


def run_daemon(args, env=None, data_dir=None):
    """Starts vigilusd where it is expected to refuse; answers (exit status, what it said)."""
    daemon = Daemon(secret=None, data_dir=data_dir or tempfile.mkdtemp(prefix='vigilus-test-'), env=env)
    command = daemon.command()[:1] + ([] if 'VIGILUS_HOST' in (env or {}) else ['--host=127.0.0.1']) + ['--dbus=none'] + args
    done = subprocess.run(command, env=daemon.environment(), capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def error_of(answer, status, *words):
    assert answer.status == status, (answer.status, answer.body)
    error = answer.json['error']
    for word in words:
        assert word in json.dumps(error), (word, error)
    return error


def test_busy_port():
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, text = run_daemon([f'--port={port}'])
    assert code != 0 and str(port) in text and 'VIGILUS_PORT' in text, text


def test_unwritable_data_directory():
    code, text = run_daemon(['--port=0', '--data-dir=/proc/nowhere'])
    assert code != 0 and '/proc/nowhere' in text, text


def test_corrupt_database():
    folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-test-'))
    (folder / 'vigilus.db').write_bytes(b'this is no database, and long enough to be one' * 100)
    code, text = run_daemon(['--port=0'], data_dir=folder)
    assert code != 0 and 'vigilus.db' in text, text
    assert (folder / 'vigilus.db').read_bytes().startswith(b'this is no database')


def test_newer_database():
    import sqlite3
    with Daemon() as daemon:
        daemon.set_up()
        daemon.stop()
        path = daemon.data_dir / 'vigilus.db'
        with sqlite3.connect(path) as database:
            database.execute('INSERT INTO schema_versions VALUES (9999, 0)')
        database.close()
        code, text = run_daemon(['--port=0'], data_dir=daemon.data_dir)
        assert code != 0 and 'newer' in text, text


def test_configuration_errors():
    for env, words in (({'VIGILUS_PORT': 'abc'}, 'VIGILUS_PORT'), ({'VIGILUS_PORT': '70000'}, 'VIGILUS_PORT'),
                       ({'VIGILUS_DATABASE_URL': 'postgresql+asyncpg://u:hunter22@h/db'}, 'not supported yet'),
                       ({'VIGILUS_DATABASE_URL': 'mysql://x'}, 'VIGILUS_DATABASE_URL'), ({'VIGILUS_SECRET': 'short'}, 'VIGILUS_SECRET'),
                       ({'VIGILUS_CORS_ORIGINS': 'not an origin'}, 'VIGILUS_CORS_ORIGINS'), ({'VIGILUS_HOST': 'no such host!'}, 'VIGILUS_HOST'),
                       ({'VIGILUS_TRUSTED_PROXIES': '300.1.1.1'}, 'VIGILUS_TRUSTED_PROXIES'), ({'VIGILUS_TLS_CERTIFICATE': '/nowhere.pem'}, 'VIGILUS_TLS')):
        code, text = run_daemon(['--check-config'], env)
        assert code != 0 and words in text and 'hunter22' not in text, (env, text)
    code, text = run_daemon(['--no-such-option'])
    assert code != 0 and 'no-such-option' in text, text
    code, text = run_daemon(['--check-config'])
    assert code == 0 and 'commands are confined: Landlock ABI' in text, text
    code, text = run_daemon(['--version'])
    assert code == 0 and '0.1' in text, text
    code, text = run_daemon(['--help'])
    assert code == 0 and 'VIGILUS_DATA_DIR' in text, text


def test_bodies():
    with Daemon() as daemon:
        client = daemon.set_up()
        path = '/api/v1/operators'
        headers = {'Content-Type': 'application/json'}
        for raw in (b'{', b'', b'[]', b'{"name": "a",}', b'{"name": "a"} x', b'\xff', b"{'name': 'a'}", b'[' * 100000, b'{"name": "a", "name": "b"}'):
            error_of(client.post(path, raw=raw, headers=headers), 400)
        error_of(client.post(path, {'name': 'A', 'colour': 'red'}), 400, 'colour')
        error_of(client.post(path, {'name': 'A', 'permission_level': 'root'}), 400, 'permission_level')
        error_of(client.post(path, {'name': ''}), 400, 'name')
        error_of(client.post(path, {'name': 'A', 'tools': ['no.such']}), 400, 'no.such')
        error_of(client.post(path, {'name': 'A', 'provider_id': '01900000-0000-7000-8000-000000000000'}), 400, 'provider_id')
        error_of(client.post(path, {'name': 'A', 'working_directory': 'relative'}), 400, 'working_directory')
        error_of(client.post(path, {'name': 'A', 'working_directory': '/no/such/place'}), 400, 'working_directory')
        error_of(client.post(path, raw=b'{"name":"' + b'a' * (2 << 20) + b'"}', headers=headers), 413)
        client.post(path, {'name': 'Twin'}).expect(201)
        error_of(client.post(path, {'name': 'TWIN'}), 409, 'TWIN')
        error_of(client.get('/api/v1/operators/nonsense'), 404)
        error_of(client.get('/api/v1/nonsense'), 404)
        error_of(client.request('PUT', path, {'name': 'A'}), 405)
        error_of(client.get('/api/v1/operators?limit=9999'), 400, 'limit')
        error_of(client.get('/api/v1/operators?after=%00'), 400)
        error_of(client.post('/api/v1/sessions/nonsense/messages', {'text': 'x'}), 404)


def test_referenced_provider_is_not_deleted():
    with Daemon() as daemon:
        client = daemon.set_up()
        provider = client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
        client.post('/api/v1/operators', {'name': 'User of it', 'provider_id': provider['id']}).expect(201)
        error_of(client.delete(f'/api/v1/providers/{provider["id"]}'), 409, 'User of it')


def test_bad_base_urls():
    with Daemon() as daemon:
        client = daemon.set_up()
        for url in ('', 'localhost', 'ftp://x/', 'http://', 'http://user:pass@host/', 'javascript:alert(1)', 'http://[::1', 'http://a b/'):
            answer = client.post('/api/v1/providers', {'name': 'X', 'type': 'openai-compatible', 'base_url': url})
            error_of(answer, 400, 'base_url')
        error_of(client.post('/api/v1/providers', {'name': 'X', 'type': 'openai-compatible'}), 400, 'base_url')
        error_of(client.post('/api/v1/providers', {'name': 'X', 'type': 'nonsense'}), 400, 'type')
        error_of(client.post('/api/v1/providers', {'name': 'X', 'type': 'anthropic'}), 400, 'api_key')


def read_request(peer):
    """All of it: closing with a part unread would reset the connection, and the answer with it."""
    text = b''
    while b'\r\n\r\n' not in text and (part := peer.recv(65536)):
        text += part
    head, _, body = text.partition(b'\r\n\r\n')
    length = re.search(rb'(?i)\r\ncontent-length: *(\d+)', head)
    missing = int(length.group(1)) - len(body) if length else 0
    while missing > 0 and (part := peer.recv(65536)):
        missing -= len(part)


class RawServer:
    """Answers every connection with fixed bytes, or not at all."""

    def __init__(self, answer, reset=False):
        self.answer, self.reset = answer, reset

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            read_request(peer)
            if self.reset:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\x01\x00\x00\x00\x00\x00\x00\x00')
                peer.close()
            elif self.answer is not None:
                peer.sendall(self.answer)
                peer.close()
            else:
                self.held.append(peer)

    def __enter__(self):
        self.held = []
        self.socket = socket.create_server(('127.0.0.1', 0))
        threading.Thread(target=self.serve, daemon=True).start()
        return f'http://127.0.0.1:{self.socket.getsockname()[1]}/v1'

    def __exit__(self, *unused):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def http_answer(status, kind, body):
    return f'HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}'.encode()


def test_providers_that_misbehave():
    key = 'sk-' + 'wrong0key0wrong0key0wrong'
    cases = ((http_answer('401 Unauthorized', 'application/json', '{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}'), False, 'key'),
             (http_answer('404 Not Found', 'application/json', '{"error":{"message":"The model does not exist","code":"model_not_found"}}'), False, 'model'),
             (http_answer('200 OK', 'text/html', '<html><body>Welcome to your router</body></html>'), False, 'web page'),
             (http_answer('200 OK', 'application/json', '{"choices": 5}'), False, ''),
             (http_answer('200 OK', 'text/event-stream', 'data: {"choices":[{"index":0,"delta":{"content":"half"'), False, ''),
             (None, True, ''))
    with Daemon() as daemon:
        client = daemon.set_up()
        for number, (answer, reset, word) in enumerate(cases):
            with RawServer(answer, reset) as url:
                provider = client.post('/api/v1/providers', {'name': f'P{number}', 'type': 'openai-compatible', 'base_url': url, 'api_key': key,
                                                             'default_model': 'm', 'is_default': True}).expect(201)
                session, run = say(client, 'hello')
                run = ended(client, run['id'])
                text = answer_text(client, session)
                assert run['state'] == 'failed', (number, run, text)
                assert run['error']['message'] and word.lower() in (run['error']['message'] + text).lower(), (number, run, text)
                assert key not in text + json.dumps(run)
                answer = client.post(f'/api/v1/providers/{provider["id"]}/test')
                assert 400 <= answer.status < 505 and answer.status != 500 and answer.json['error']['message'], (number, answer.status, answer.body)


def test_provider_that_hangs_can_be_stopped():
    with RawServer(None) as url, Daemon() as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': url, 'default_model': 'm'}).expect(201)
        _, run = say(client, 'hello')
        harness.time.sleep(0.2)
        assert client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)['state'] == 'stopped'


def test_invalid_tool_arguments_are_told_to_the_model():
    told = []

    def think(messages, tools):
        if 'delegate' in tools:
            return '', [('delegate', {'operator': 'Files', 'reason': 'files'})]
        if messages[-1]['role'] == 'tool':
            told.append(messages[-1]['content'])
            return 'understood', []
        write = next(name for name in tools if 'write' in name)
        return '', [(write, {'path': 7, 'colour': 'red'}), ('no_such_tool', {})]
    with FakeLlm(think) as llm, Daemon() as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'm'}).expect(201)
        _, run = say(client, '@Files go')
        assert ended(client, run['id'])['state'] == 'done'
        calls = client.items(f'/api/v1/runs/{run["id"]}/calls')
        assert [call['outcome'] for call in calls] == ['denied', 'denied'], calls
        assert told
        assert len([row for row in client.items('/api/v1/audit?limit=200') if row['event'] == 'call.denied']) == 2


def test_full_disk_fails_closed_and_recovers():
    if os.geteuid() != 0:
        return 'needs root to mount a small file system'
    folder = tempfile.mkdtemp(prefix='vigilus-test-')
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'none', folder], check=True)
    try:
        with Daemon(data_dir=folder) as daemon:
            client = daemon.set_up()
            client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
            filler = pathlib.Path(folder, 'filler')
            file = os.open(filler, os.O_WRONLY | os.O_CREAT)
            try:
                while True:
                    os.write(file, b'x' * 4096)
            except OSError:
                os.close(file)
            refused = 0
            for number in range(200):
                answer = client.post('/api/v1/operators', {'name': f'O{number}', 'system_prompt': 'y' * 20000})
                assert answer.status in (201, 503), (answer.status, answer.body)
                refused += answer.status == 503
                if refused > 2:
                    break
            assert refused > 2, 'the disk did not fill'
            assert daemon.process.poll() is None
            filler.unlink()
            harness.wait_for(lambda: client.post('/api/v1/operators', {'name': 'After'}).status in (201, 409), 'recovery')
            names = {operator['name'] for operator in client.items('/api/v1/operators?limit=200')}
            assert 'After' in names
    finally:
        subprocess.run(['umount', '-l', folder], check=True)
        os.rmdir(folder)


def test_a_key_that_was_copied_badly():
    with Daemon() as daemon:
        client = daemon.set_up()
        body = {'name': 'one', 'type': 'openai', 'api_key': 'sk-good'}
        made = client.post('/api/v1/providers', body).expect(201)
        for key in ('sk-a b', 'sk-a\n', 'sk-\u00e4', ' '):
            for answer in (client.post('/api/v1/providers', {**body, 'name': 'two', 'api_key': key}), client.patch(f'/api/v1/providers/{made["id"]}', {'api_key': key}),
                           client.post('/api/v1/providers/test', {'type': 'openai', 'api_key': key})):
                error = answer.expect(400)['error']
                assert error['details']['field'] == 'api_key' and 'copy it again' in error['message'], error


def test_a_stored_key_stays_with_its_server():
    """Who may change where a provider is cannot have its key sent there without knowing it, neither by trying the settings nor by storing them."""
    with Daemon() as daemon:
        client = daemon.set_up()
        here, there = 'http://127.0.0.1:9/v1', 'http://127.0.0.1:10/v1'
        made = client.post('/api/v1/providers', {'name': 'one', 'type': 'openai-compatible', 'base_url': here, 'api_key': 'sk-good'}).expect(201)
        path = f'/api/v1/providers/{made["id"]}'
        for answer in (client.patch(path, {'base_url': there}), client.patch(path, {'base_url': there, 'default_model': 'm'}),
                       client.post('/api/v1/providers/test', {'type': 'openai-compatible', 'base_url': there, 'provider_id': made['id']})):
            assert error_of(answer, 400, 'again')['details'] == {'field': 'api_key'}, answer.body
        assert client.get(path).expect(200)['base_url'] == here
        client.patch(path, {'base_url': here, 'default_model': 'm'}).expect(200)
        assert client.patch(path, {'base_url': there, 'api_key': 'sk-good'}).expect(200)['base_url'] == there
        client.patch(path, {'base_url': here, 'api_key': None}).expect(200)
        assert client.patch(path, {'base_url': there}).expect(200)['key']['set'] is False


if __name__ == '__main__':
    harness.main(globals())

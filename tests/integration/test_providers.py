#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Providers in the real daemon, against a stand-in that refuses what the real servers refuse."""
import collections
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import sys
import threading
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from certificates import Authority  # noqa: E402
from harness import Daemon, answer_text, ended, say  # noqa: E402

SERVER = pathlib.Path(__file__).resolve().parent.parent / 'lib' / 'replay_server.py'
KEY = 'sk-' + 'planted0key0never0to0be0seen'
SCRIPT = '{"script": [{"when": {"system": "(?i)rout"}, "calls": [{"name": "delegate", "arguments": {"operator": "Files", "reason": "files"}}]},' \
         ' {"when": {"user": "forbidden"}, "text": "", "stop": "content_filter"}, {"when": {"user": "endless"}, "text": "", "stop": "length"},' \
         ' {"text": ["Good ", "day"], "reasoning": "hm"}], "models": ["m1", "m2"]%s}'
KINDS = {'anthropic': '', 'google': '', 'lmstudio': '', 'ollama': '', 'openai': '/v1', 'openai-compatible': '/v1', 'openrouter': '/v1', 'vllm': '/v1', 'xai': '/v1'}


class Replay:
    """The replay server; on a port of its own choice, or on @port."""
    def __init__(self, folder, control, port=0):
        path = pathlib.Path(folder, f'control-{port}.json')
        path.write_text(control, encoding='utf-8')
        self.process = subprocess.Popen([sys.executable, '-B', str(SERVER), '--port', str(port), str(path)], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().strip()

    def asked(self):
        with urllib.request.urlopen(self.url + '/__control', timeout=120) as answer:
            return json.load(answer)['requests']

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def test_the_server_ends_with_a_test_that_aborts():
    """It holds what it inherited, and who reads that waits for its end: here the error output."""
    begin = f'import os, subprocess; s = subprocess.Popen({[sys.executable, "-B", str(SERVER)]!r}, stdout=subprocess.PIPE); s.stdout.readline(); os.abort()'
    child = subprocess.run([sys.executable, '-c', begin], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=300)
    assert child.returncode == -6, child


def test_every_kind_answers():
    with Daemon() as daemon, Replay(daemon.data_dir, SCRIPT % f', "key": "{KEY}"') as replay:
        client = daemon.set_up()
        offered = {item['type'] for item in client.get('/api/v1/provider-types').expect(200)['items']}
        assert set(KINDS) | {'offline'} <= offered, offered
        for kind, path in KINDS.items():
            provider = client.post('/api/v1/providers', {'name': kind, 'type': kind, 'base_url': replay.url + path, 'api_key': KEY, 'default_model': 'm1',
                                                         'is_default': True}).expect(201)
            found = client.post(f'/api/v1/providers/{provider["id"]}/test').expect(200)['models']
            assert [model['id'].split('/')[-1] for model in found] == ['m1', 'm2'], (kind, found)
            session, run = say(client, '@Files hello')
            assert ended(client, run['id'])['state'] == 'done', (kind, answer_text(client, session))
            assert 'Good day' in answer_text(client, session), kind
        options_are_kept_and_checked(client, provider['id'], replay)


def silence_is_explained(client):
    for word, said in (('forbidden', "The provider's filter stopped the answer"), ('endless', 'reached its length limit')):
        _session, run = say(client, f'@Files {word}')
        run = ended(client, run['id'])
        assert run['state'] == 'failed' and said in run['error']['message'], run


def options_are_kept_and_checked(client, grok, replay):
    schema = {item['type']: item['options_schema'] for item in client.get('/api/v1/provider-types').expect(200)['items']}
    assert schema['offline'] is None and 'context_length' in schema['ollama']['properties'] and 'api' in schema['openai']['properties'], schema
    changed = client.patch(f'/api/v1/providers/{grok}', {'options': {'api': 'chat', 'reasoning': 'low'}}).expect(200)
    assert changed['options'] == {'api': 'chat', 'reasoning': 'low'}, changed
    say_and_end(client)
    asked = [one for one in replay.asked() if one['body'] and '/chat/completions' in one['path']][-1]
    assert asked['body']['reasoning_effort'] == 'low', asked
    silence_is_explained(client)
    assert client.patch(f'/api/v1/providers/{grok}', {'name': 'Grok'}).expect(200)['options'] == changed['options']
    assert client.patch(f'/api/v1/providers/{grok}', {'options': {}}).expect(200)['options'] == {}
    for options in ({'reasoning': 'a lot'}, {'num_ctx': 1}, {'api': 7}):
        answer = client.patch(f'/api/v1/providers/{grok}', {'options': options})
        assert answer.status == 400 and b'/options' in answer.body and list(options)[0].encode() in answer.body, answer.body
    answer = client.post('/api/v1/providers', {'name': 'x', 'type': 'offline', 'options': {'reasoning': 'low'}})
    assert answer.status == 400 and b'/options' in answer.body, answer.body


def say_and_end(client):
    session, run = say(client, '@Files hello')
    assert ended(client, run['id'])['state'] == 'done', answer_text(client, session)


def test_a_wrong_key_is_named_and_not_shown():
    with Daemon() as daemon, Replay(daemon.data_dir, SCRIPT % ', "key": "another"') as replay:
        client = daemon.set_up()
        for kind in ('google', 'openai', 'ollama'):
            answer = client.post('/api/v1/providers/test', {'type': kind, 'base_url': replay.url, 'api_key': KEY})
            assert answer.status == 502 and b'key' in answer.body.lower(), (kind, answer.body)
            assert KEY.encode() not in answer.body, kind
        assert KEY not in daemon.stderr()


def test_local_servers_are_found():
    with Daemon() as daemon, Replay(daemon.data_dir, SCRIPT % '', 11434) as replay:
        client = daemon.set_up()
        found = {item['type']: item for item in client.get('/api/v1/providers/discovered').expect(200)['items']}
        # Where the port is taken, it is by a server that is really there.
        assert 'ollama' in found or not replay.url, found
        if replay.url:
            assert found['ollama']['n_models'] == 2 and not found['ollama']['needs_key'], found
            client.post('/api/v1/providers/test', {'type': 'ollama', 'base_url': found['ollama']['base_url']}).expect(200)


# What goes wrong, once or twice; how often the model is asked then; what the person is told, or "" where it is overcome.
FAULTS = [
    ({'kind': 'status', 'status': 500, 'times': 2, 'headers': {'retry-after-ms': 20}}, 3, ''),
    ({'kind': 'status', 'status': 529, 'headers': {'retry-after-ms': 20}}, 2, ''),
    ({'kind': 'status', 'status': 429, 'headers': {'retry-after': 3600}}, 1, 'it asks to wait 3600 s'),
    ({'kind': 'reset'}, 2, ''),
    ({'kind': 'delay', 'seconds': 0.3}, 1, ''),
    ({'kind': 'no_stream'}, 1, ''),
    ({'kind': 'cut'}, 1, 'broke off'),
    ({'kind': 'reset_in_stream'}, 1, 'broke off'),
    ({'kind': 'error_in_stream'}, 1, 'Overloaded'),
    ({'kind': 'html'}, 1, 'Router login'),
]


def test_faults_are_overcome_or_told_by_every_kind():
    script = {'script': [{'text': list('abcdefgh')}]}
    with Daemon() as daemon, harness.ReplayServer(script) as server:
        client, control = daemon.set_up(), harness.Client(server.port)
        for kind, path in KINDS.items():
            client.post('/api/v1/providers', {'name': kind, 'type': kind, 'base_url': server.url + path, 'api_key': KEY, 'default_model': 'm1',
                                              'is_default': True}).expect(201)
            for fault, times, words in FAULTS:
                control.post('/__control', {'faults': [fault]}).expect(200)
                before = count_asked(control)
                session, run = say(client, '@Files hello')
                run = ended(client, run['id'])
                assert count_asked(control) - before == times, (kind, fault, count_asked(control) - before)
                if words:
                    assert run['state'] == 'failed' and words in run['error']['message'], (kind, fault, run)
                else:
                    assert run['state'] == 'done' and answer_text(client, session).strip() == 'abcdefgh', (kind, fault, run)


def count_asked(control):
    return len([one for one in control.get('/__control').expect(200)['requests'] if one['method'] == 'POST'])


def test_many_connections_at_once_and_again():
    """As many questions at once as there are runs, each on a connection of its own; the next ones take the same connections."""
    at_once = 24
    with Daemon() as daemon, Replay(daemon.data_dir, SCRIPT % f', "together": {at_once}') as replay:
        client = daemon.set_up()
        for kind, path in (('anthropic', ''), ('google', ''), ('ollama', ''), ('openai', '/v1'), ('openai-compatible', '/v1')):
            client.post('/api/v1/providers', {'name': kind, 'type': kind, 'base_url': replay.url + path, 'api_key': KEY, 'default_model': 'm1',
                                              'is_default': True}).expect(201)
            before = len(replay.asked())
            sockets = []
            for _wave in range(3):
                runs = [say(client, '@Files hello')[1] for _ in range(at_once)]
                assert {ended(client, run['id'])['state'] for run in runs} == {'done'}, kind
                sockets.append({one['client'] for one in replay.asked()[before:] if one['method'] == 'POST'})
            assert len(sockets[0]) == at_once, (kind, len(sockets[0]))
            # One or two may still be read to their end when the next question comes.
            assert len(sockets[-1]) <= at_once + at_once // 4, (kind, [len(some) for some in sockets])


def test_a_test_of_the_connection_says_what_is_wrong():
    """Of every kind: a right key, a wrong one, no such host, nothing there, another server, and one that nobody vouches for."""
    with Daemon() as daemon, Replay(daemon.data_dir, SCRIPT % f', "key": "{KEY}", "open_list": false') as replay:
        client = daemon.set_up()
        web, page = harness.free_port(), harness.free_port()
        everything = collections.defaultdict(lambda: (200, {'content-type': 'text/html'}, '<html><title>Router login</title></html>'))
        secure = secure_server(daemon.data_dir)
        with StandIn(web, {}), StandIn(page, everything), secure:
            for kind, path in KINDS.items():
                def test(url, key=KEY):
                    answer = client.post('/api/v1/providers/test', {'type': kind, 'base_url': url, 'api_key': key})
                    assert KEY.encode() not in answer.body and b'sk-wrong' not in answer.body, answer.body
                    return answer
                assert len(test(replay.url + path).expect(200)['models']) == 2, kind
                for url, key, words in ((replay.url + path, 'sk-wrong0wrong', 'enter a valid key'),
                                        ('http://no-such-host.invalid' + path, KEY, 'failed to reach no-such-host.invalid'),
                                        (f'http://127.0.0.1:{harness.free_port()}{path}', KEY, 'check the base URL and that the server runs'),
                                        (f'http://127.0.0.1:{web}{path}', KEY, 'check the base URL'),
                                        (f'http://127.0.0.1:{page}{path}', KEY, 'Router login'),
                                        (f'https://127.0.0.1:{secure.port}{path}', KEY, 'check its certificate and the base URL'),
                                        (f'https://127.0.0.1:{page}{path}', KEY, 'check its certificate and the base URL'),
                                        ('not a URL', KEY, 'base_url')):
                    answer = test(url, key)
                    assert answer.status in (400, 404, 502, 503) and words in json.loads(answer.body)['error']['message'], (kind, url, answer.status, answer.body)


RECORDED = harness.TOP / 'tests/data/recordings/models'
NOT_THERE = (404, {'content-type': 'text/html'}, '<html><title>Not Found</title></html>')
LOCAL = {  # kind: (port, path of its list, what a real one answered)
    'lmstudio': (1234, '/api/v0/models', 'ml-lmstudio-001.json'),
    'vllm': (8000, '/v1/models', 'ml-vllm-001.json'),
}


def secure_server(folder):
    """One with a certificate that no authority signed."""
    (pathlib.Path(folder) / 'tls').mkdir()
    authority = Authority(pathlib.Path(folder) / 'tls')
    key, certificate = authority.sign('server', 'serverAuth', 'IP:127.0.0.1')
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return StandIn(harness.free_port(), {}, context)


class StandIn:
    """A server on loopback that answers @answers {path: (status, headers, body)}, and 404 as a web framework does to everything else."""
    def __init__(self, port, answers, tls=None):
        self.port = port

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *unused):
                pass

            def do_GET(self):
                status, headers, body = answers[self.path] if self.path in answers or hasattr(answers, 'default_factory') else NOT_THERE
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())
        # Another run of this test may have the port for a while.
        self.server = harness.wait_for(lambda: self.bind(port, Handler), f'port {port}')
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @staticmethod
    def bind(port, handler):
        try:
            return http.server.ThreadingHTTPServer(('127.0.0.1', port), handler)
        except OSError:
            return None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()


def discovered(client):
    return {item['type']: item for item in client.get('/api/v1/providers/discovered').expect(200)['items']}


def test_lm_studio_and_vllm_are_found():
    """By what real ones answered; one that wants a key says so, and what is another server is not offered."""
    with Daemon() as daemon:
        client = daemon.set_up()
        for kind, (port, path, name) in LOCAL.items():
            recorded = json.loads((RECORDED / name).read_text(encoding='utf-8'))
            answer = recorded['response']
            with StandIn(port, {path: (200, answer['headers'], answer['body'])}):
                found = discovered(client)[kind]
                assert found['n_models'] == len(recorded['expect']['models']) and not found['needs_key'], found
                models = client.post('/api/v1/providers/test', {'type': kind, 'base_url': found['base_url']}).expect(200)['models']
                assert [model['id'] for model in models] == recorded['expect']['models'], models
                assert all(model['context_length'] for model in models), models
            with StandIn(port, {path: (401, {'content-type': 'application/json'}, '{"error":"Unauthorized"}')}):
                assert discovered(client)[kind]['needs_key'], kind
            with StandIn(port, {}):
                assert kind not in discovered(client), kind
            with StandIn(port, {path: (200, {'content-type': 'text/html'}, '<html><title>Portainer</title></html>')}):
                assert kind not in discovered(client), kind


if __name__ == '__main__':
    harness.main(globals())

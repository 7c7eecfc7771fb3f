#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Providers in the real daemon, against a stand-in that refuses what the real servers refuse."""
import json
import os
import pathlib
import subprocess
import sys
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
from harness import Daemon, answer_text, ended, say  # noqa: E402

SERVER = pathlib.Path(__file__).resolve().parent.parent / 'lib' / 'replay_server.py'
KEY = 'sk-' + 'planted0key0never0to0be0seen'
SCRIPT = '{"script": [{"when": {"system": "(?i)rout"}, "calls": [{"name": "delegate", "arguments": {"operator": "Files", "reason": "files"}}]},' \
         ' {"when": {"user": "forbidden"}, "text": "", "stop": "content_filter"}, {"when": {"user": "endless"}, "text": "", "stop": "length"},' \
         ' {"text": ["Good ", "day"], "reasoning": "hm"}], "models": ["m1", "m2"]%s}'


class Replay:
    """The replay server; on a port of its own choice, or on @port."""
    def __init__(self, folder, control, port=0):
        path = pathlib.Path(folder, f'control-{port}.json')
        path.write_text(control, encoding='utf-8')
        self.process = subprocess.Popen([sys.executable, '-B', str(SERVER), '--port', str(port), str(path)], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().strip()

    def asked(self):
        with urllib.request.urlopen(self.url + '/__control', timeout=10) as answer:
            return json.load(answer)['requests']

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def test_every_kind_answers():
    kinds = {'anthropic': '', 'google': '', 'lmstudio': '', 'ollama': '', 'openai': '/v1', 'openai-compatible': '/v1', 'openrouter': '/v1',
             'vllm': '/v1', 'xai': '/v1'}
    with Daemon() as daemon, Replay(daemon.data_dir, SCRIPT % f', "key": "{KEY}"') as replay:
        client = daemon.set_up()
        offered = {item['type'] for item in client.get('/api/v1/provider-types').expect(200)['items']}
        assert set(kinds) | {'offline'} <= offered, offered
        for kind, path in kinds.items():
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


if __name__ == '__main__':
    harness.main(globals())

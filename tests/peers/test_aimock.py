#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Providers against a server of models that others wrote (npm's @copilotkit/aimock), when it behaves and when it does not."""
import json
import pathlib
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'integration'))
import harness  # noqa: E402
from harness import Daemon, answer_text, ended, free_port, say, wait_for  # noqa: E402

# All of them; "openai" and "xai" are asked by Responses, the four that come after them by Chat Completions.
KINDS = {'anthropic': '', 'google': '', 'ollama': '', 'openai': '/v1', 'xai': '/v1', 'openai-compatible': '/v1', 'openrouter': '/api/v1', 'lmstudio': '', 'vllm': '/v1'}
FIXTURES = [
    {'match': {'userMessage': 'look around', 'hasToolResult': False}, 'response': {'toolCalls': [{'name': 'filesystem-list', 'arguments': {'path': '.'}}]}},
    {'match': {'userMessage': 'look around', 'hasToolResult': True}, 'response': {'content': 'There is a file.'}},
    {'match': {'userMessage': 'hello'}, 'response': {'content': 'Good day, Übermut 🙂 to you and yours.'}},
]


class Aimock:
    def __init__(self, folder):
        fixtures = pathlib.Path(folder, 'fixtures.json')
        fixtures.write_text(json.dumps({'fixtures': FIXTURES}), encoding='utf-8')
        self.url = f'http://127.0.0.1:{free_port()}'
        self.process = subprocess.Popen(['node', str(HERE / 'node_modules/.bin/llmock'), '--port', self.url.rsplit(':', 1)[1], '--fixtures', str(fixtures),
                                         '--chunk-size', '3', '--log-level', 'silent'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode() if body is not None else None, {'Content-Type': 'application/json'}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def is_up(self):
        try:
            return bool(self.ask('GET', '/v1/models'))
        except OSError:
            return False

    def __enter__(self):
        wait_for(self.is_up, 'aimock')
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()


def choose(client, aimock, kind):
    client.post('/api/v1/providers', {'name': kind, 'type': kind, 'base_url': aimock.url + KINDS[kind], 'api_key': 'sk-' + 'any0key0will0do', 'default_model': 'm1',
                                      'is_default': True}).expect(201)


def asked(aimock):
    return len([entry for entry in aimock.ask('GET', '/__aimock/journal') if entry['method'] == 'POST' and not entry['path'].endswith('/api/show')])


def ask_and_end(client, text):
    session, run = say(client, text)
    return ended(client, run['id']), answer_text(client, session)


def test_answers_and_tools():
    with Daemon() as daemon, Aimock(daemon.data_dir) as aimock:
        client = daemon.set_up()
        for kind in KINDS:
            choose(client, aimock, kind)
            run, text = ask_and_end(client, '@Files hello')
            assert run['state'] == 'done' and text == 'Good day, Übermut 🙂 to you and yours.', (kind, text)
            run, text = ask_and_end(client, '@Files look around')
            assert run['state'] == 'done' and text.strip() == 'There is a file.', (kind, text)
            steps = client.get(f'/api/v1/runs/{run["id"]}').expect(200)
            assert steps['turns'] == 2, (kind, steps)


def test_chaos():
    """What can succeed is asked again, three times in all; what comes of it is told in words."""
    says = {'dropRate': '500', 'rateLimitRate': 'wait, or raise the limit', 'disconnectRate': 'failed to reach', 'malformedRate': 'answered'}
    with Daemon() as daemon, Aimock(daemon.data_dir) as aimock:
        client = daemon.set_up()
        for kind in KINDS:
            choose(client, aimock, kind)
            for fault, words in says.items():
                aimock.ask('POST', '/__aimock/chaos', {fault: 1})
                before = asked(aimock)
                run, text = ask_and_end(client, '@Files hello')
                aimock.ask('DELETE', '/__aimock/chaos')
                assert run['state'] == 'failed' and words in run['error']['message'], (kind, fault, run)
                assert asked(aimock) - before == 3, (kind, fault, asked(aimock) - before)
            run, text = ask_and_end(client, '@Files hello')
            assert run['state'] == 'done', (kind, run)


if __name__ == '__main__':
    harness.main(globals())

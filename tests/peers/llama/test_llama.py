#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A whole round with real inference: llama.cpp with a random model, whose text nobody has made up to suit us."""
import json
import pathlib
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / 'integration'))
import harness  # noqa: E402
from harness import Daemon, answer_text, ended, say, wait_for  # noqa: E402


class Llama:
    def __init__(self, folder):
        model = pathlib.Path(folder, 'tiny.gguf')
        subprocess.run([sys.executable, str(HERE / 'make_model.py'), str(model)], check=True)
        self.process = subprocess.Popen(['node', str(HERE / 'server.mjs'), str(model)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().strip()
        assert self.url, 'llama.cpp did not start'

    def counts(self):
        with urllib.request.urlopen(self.url.removesuffix('/v1') + '/counts', timeout=120) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def stop_in_the_middle(client, llama):
    """Stop ends the inference itself, at once."""
    _session, run = say(client, '@Files talk for ever')
    wait_for(lambda: llama.counts()['pieces'] > 20, 'the model to talk')
    client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)
    assert ended(client, run['id'])['state'] == 'stopped'
    wait_for(lambda: llama.counts()['aborted'] == 1, 'the inference to end')


def test_a_round():
    with Daemon() as daemon, Llama(daemon.data_dir) as llama:
        client = daemon.set_up()
        provider = client.post('/api/v1/providers', {'name': 'llama', 'type': 'openai-compatible', 'base_url': llama.url, 'default_model': 'tiny'}).expect(201)
        assert client.post(f'/api/v1/providers/{provider["id"]}/test').expect(200)['models'][0]['id'] == 'tiny'
        session, run = say(client, '@Files look around')
        run = ended(client, run['id'])
        kinds = [message['kind'] for message in client.items(f'/api/v1/sessions/{session}/messages?limit=200')]
        assert run['state'] == 'done' and run['turns'] == 2 and kinds[:4] == ['user', 'assistant', 'tools', 'assistant'], (run, kinds)
        calls = [call for message in client.items(f'/api/v1/sessions/{session}/messages?limit=200') for call in message['content'].get('calls', [])]
        assert calls[0]['name'] == 'filesystem.list' and isinstance(calls[0]['arguments'], dict), calls
        stop_in_the_middle(client, llama)
        assert len(answer_text(client, session)) > 20 and run['usage']['output_tokens'] > 1, run


if __name__ == '__main__':
    harness.main(globals())

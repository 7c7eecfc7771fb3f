#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Recorded exchanges end to end: the replay server sends one, whole or in pieces, and a run of the real daemon stores what it says."""
import json
import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, ReplayServer, ended, say  # noqa: E402

FOLDER = pathlib.Path(os.environ.get('VIG_RECORDINGS_DIR') or harness.TOP / 'tests/data/recordings')
SEED = 20261129
EACH = int(os.environ.get('VIG_RECORDINGS_EACH', '8'))  # of a format; 0: all
KINDS = {'anthropic-messages': ('anthropic', '', {}), 'gemini-generatecontent': ('google', '', {}), 'ollama-chat': ('ollama', '', {}),
         'openai-chat': ('openai-compatible', '/v1', {}), 'openai-responses': ('openai', '/v1', {'api': 'responses'})}


def load(api, rand):
    """Some of a format: of each feature that the recordings tell of (errors, reasoning, calls), as far as they go."""
    found = []
    for path in sorted((FOLDER / api).glob('*.json')):
        row = json.loads(path.read_text(encoding='utf-8'))
        if 'retryDelay' in row['response']['body']:
            continue  # it is waited for, as it says
        found.append((path, row['response'], row['expect']))
    rand.shuffle(found)
    found.sort(key=lambda row: (row[2].get('error') is None, not row[2]['tool_calls'], not row[2]['reasoning']))
    return found if not EACH else found[::max(len(found) // EACH, 1)]


def name_of(wire):
    return wire.replace('-', '.')


def apart(expect):
    """What is to be shown as text and as thinking: some models think in their text, up to a mark, and their server leaves it there."""
    thought, mark, answer = expect['text'].partition('</think>')
    if expect['reasoning'] or not mark:
        return expect['text'], expect['reasoning']
    return answer, thought.strip().removeprefix('<think>')


def check_message(content, expect, where):
    text, reasoning = apart(expect)
    assert content['text'].strip() == text.strip(), (where, content)
    assert (content.get('reasoning') or '').strip() == reasoning.strip(), (where, content)
    assert content.get('stop_reason') == expect['stop_reason'], (where, content)
    made = [(call['name'], call.get('arguments')) for call in content['calls']]
    wanted = [(name_of(call['name']), None if '_raw' in call['arguments'] else call['arguments']) for call in expect['tool_calls']]
    assert made == wanted, (where, made, wanted)
    if expect.get('reasoning_tokens') is not None:
        assert content['usage']['reasoning_tokens'] == expect['reasoning_tokens'], (where, content['usage'])


def check_run(client, session, run, expect, where):
    fault = expect.get('error')
    messages = [message['content'] for message in client.items(f'/api/v1/sessions/{session}/messages?limit=100') if message['kind'] == 'assistant']
    if fault is not None:
        assert run['state'] == 'failed', (where, run)
        said = (fault.get('message') or '')[:200]
        assert said in run['error']['message'] or '[' in run['error']['message'], (where, said, run['error'])
    elif expect['text'] or expect['tool_calls'] or expect.get('refusal'):
        check_message(messages[0], expect, where)
        assert run['state'] == ('failed' if expect['tool_calls'] else 'done'), (where, run)
    elif run['state'] == 'done':
        assert messages[0].get('refusal'), (where, messages)
    else:
        assert run['error']['code'] == 'empty_reply', (where, run)


def run_format(client, server, api, rand):
    kind, path, options = KINDS[api]
    client.post('/api/v1/providers', {'name': api, 'type': kind, 'base_url': server.url + path, 'api_key': 'sk-' + 'any0key', 'default_model': 'm1',
                                      'is_default': True, 'options': options}).expect(201)
    rows = load(api, rand)
    for file, response, expect in rows:
        for pieces in (0, rand.randint(1, 7), rand.randint(8, max(9, len(response['body'].encode()) // 2))):
            harness.Client(server.port).post('/__control', {'recording': str(file), 'pieces': pieces}).expect(200)
            session, run = say(client, '@Files hello')
            check_run(client, session, ended(client, run['id']), expect, (file.name, pieces))
    return len(rows)


def run_one_format(api):
    with ReplayServer({}) as server, Daemon() as daemon:
        client = daemon.set_up()
        # A recorded call is of a tool that is not here; its model is not asked on.
        client.patch('/api/v1/settings', {'run_max_turns': 1}).expect(200)
        assert run_format(client, server, api, random.Random(SEED)) >= min(EACH, 1)


def test_anthropic_messages():
    run_one_format('anthropic-messages')


def test_gemini_generatecontent():
    run_one_format('gemini-generatecontent')


def test_ollama_chat():
    run_one_format('ollama-chat')


def test_openai_chat():
    run_one_format('openai-chat')


def test_openai_responses():
    run_one_format('openai-responses')


if __name__ == '__main__':
    harness.main(globals())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Models on one's own machine that can't call tools, or whose server has no parser for what they think: with the real daemon."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, ReplayServer, answer_text, ended, say  # noqa: E402

# Who can't call tools writes a call as it was told to, once it was told.
TOLD = 'answer with nothing but a JSON object'
AS_TEXT = [{'when': {'system': TOLD, 'user': 'Result of filesystem.list'}, 'text': 'There it is: THE LISTING.'},
           {'when': {'system': TOLD}, 'text': '<think>I need to look.</think>{"tool": "filesystem.list", "arguments": {"path": "."}}'},
           {'text': 'I know nothing of tools.'}]
# kind, what its server is like, the provider's options, how many requests with tools it sees
CASES = [
    ('ollama', {'abilities': ['completion'], 'toolless': 'registry.ollama.ai/library/m1 does not support tools'}, {}, 0),
    ('ollama', {'toolless': 'registry.ollama.ai/library/m1 does not support tools'}, {}, 1),
    ('vllm', {'toolless': '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'}, {}, 1),
    ('lmstudio', {'toolless': '', 'listing': {'capabilities': []}}, {}, 0),
    ('lmstudio', {'toolless': ''}, {'tools': 'text'}, 0),
    ('openai-compatible', {'toolless': ''}, {'tools': 'text'}, 0),
]


def completions(server):
    requests = harness.Client(server.port).get('/__control').expect(200)['requests']
    return [one['body'] for one in requests if one['method'] == 'POST' and one['body'].get('messages')]


def test_tools_go_as_text_where_a_model_has_none():
    for kind, control, options, with_tools in CASES:
        with ReplayServer({'script': AS_TEXT, 'models': ['m1'], **control}) as server, Daemon() as daemon:
            client = daemon.set_up()
            client.patch('/api/v1/settings', {'model_titles': False}).expect(200)
            client.post('/api/v1/providers', {'name': kind, 'type': kind, 'base_url': server.url, 'default_model': 'm1', 'is_default': True,
                                              'options': options}).expect(201)
            session, run = say(client, '@Files what is there?')
            run = ended(client, run['id'])
            assert run['state'] == 'done' and 'THE LISTING' in answer_text(client, session), (kind, control, run, answer_text(client, session))
            asked = completions(server)
            assert len([body for body in asked if 'tools' in body]) == with_tools, (kind, control, asked)
            assert 'I need to look' not in json.dumps(asked), 'what it thinks does not go back'
            messages = client.items(f'/api/v1/sessions/{session}/messages')
            thoughts = [message['content'].get('reasoning') for message in messages if message['kind'] == 'assistant']
            assert 'I need to look.' in thoughts, (kind, thoughts)


def test_a_server_that_drops_tools_is_told_nothing_without_the_option():
    """What the option is for: nothing tells that the tools were dropped."""
    with ReplayServer({'script': AS_TEXT, 'models': ['m1'], 'toolless': ''}) as server, Daemon() as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'p', 'type': 'lmstudio', 'base_url': server.url, 'default_model': 'm1', 'is_default': True}).expect(201)
        session, run = say(client, '@Files what is there?')
        assert ended(client, run['id'])['state'] == 'done' and 'I know nothing' in answer_text(client, session)


if __name__ == '__main__':
    harness.main(globals())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the seeds of the fuzzers from tests/data: make-corpus.py FOLDER"""
import base64
import functools
import json
import pathlib
import sys

DATA = pathlib.Path(__file__).resolve().parent.parent / 'data'
MAX_SIZE = 8192


def load(name):
    return json.loads((DATA / name).read_text(encoding='utf-8'))


def seeds_json():
    for row in load('json/parsing.json'):
        if 'b64' in row:
            yield base64.b64decode(row['b64'])


def seeds_schema():
    yield b'{"schema": {"$id": "http:/..///localhost:12on"}, "value": 1}'
    for row in load('json-schema/suite.json'):
        for test in row['tests'][:2]:
            yield json.dumps({'schema': row['schema'], 'value': test['data']}).encode()


def seeds_sse():
    for row in load('sse/event-streams.json'):
        yield b'\x03' + base64.b64decode(row['stream_b64'])


def seeds_nmap():
    for row in load('nmap/xml.json'):
        yield b'\x06' + row['xml'].encode()


def seeds_fernet():
    for row in load('fernet/fernet.json'):
        try:
            key = base64.urlsafe_b64decode(row['key'])
        except (KeyError, ValueError):
            continue
        if len(key) == 32:
            yield key + row.get('token', '').encode()


def seeds_command():
    for name in ('disguised', 'ordinary'):
        for line in (DATA / f'commands/{name}.tsv').read_text(encoding='utf-8').split('\n'):
            if line and not line.startswith('#'):
                text = line.split('\t')[2]
                for escape, char in (('\\\\', '\0'), ('\\n', '\n'), ('\\t', '\t'), ('\\r', '\r'), ('\0', '\\')):
                    text = text.replace(escape, char)
                yield text.encode()


FORMATS = {'anthropic': 'anthropic-messages', 'gemini': 'gemini-generatecontent', 'ollama': 'ollama-chat', 'openai': 'openai-chat', 'responses': 'openai-responses'}
FAULTS = (204, 302, 400, 401, 402, 403, 404, 408, 413, 429, 500, 502, 503, 504, 529)


def recordings():
    for path in sorted((DATA / 'recordings').glob('*/*.json')):
        yield path.read_text(encoding='utf-8')
    for path in sorted((DATA / 'exchanges').glob('*.jsonl')):
        yield from path.read_text(encoding='utf-8').splitlines()


def seeds_replies(api):
    for text in recordings():
        recording = json.loads(text)
        if recording['api'] == api:
            response = recording['response']
            body = response['body'].encode() if 'body' in response else base64.b64decode(response['body_base64'])
            yield b'\x07' + (response['status'] - 100).to_bytes(2, 'big') + b'\x00' + body
            if response['status'] != 200:
                yield b'\x07' + (response['status'] - 100).to_bytes(2, 'big') + b'\x82' + b'30\n' + body
    for status in FAULTS:
        yield b'\x03' + (status - 100).to_bytes(2, 'big') + b'\x84' + b'Thu, 01 Jan 2026 00:00:20 GMT\n<html><title>Bad gateway</title>'


def main():
    top = pathlib.Path(sys.argv[1])
    makers = {'command': seeds_command, 'json': seeds_json, 'nmap': seeds_nmap, 'schema': seeds_schema, 'sse': seeds_sse, 'fernet': seeds_fernet}
    makers |= {f'replies-{name}': functools.partial(seeds_replies, api) for name, api in FORMATS.items()}
    for name, make in makers.items():
        folder = top / name
        folder.mkdir(parents=True, exist_ok=True)
        seeds = [seed for seed in make() if len(seed) <= MAX_SIZE]
        for number, seed in enumerate(seeds):
            (folder / f'seed-{number:05}').write_bytes(seed)
        print(f'# {name}: {len(seeds)} seeds')


main()

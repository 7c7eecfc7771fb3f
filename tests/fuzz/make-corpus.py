#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the seeds of the fuzzers from tests/data: make-corpus.py FOLDER"""
import base64
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


def seeds_replies():
    formats = {'anthropic-messages': 0, 'gemini-generatecontent': 1, 'ollama-chat': 2, 'openai-chat': 3, 'openai-responses': 3}
    for path in sorted((DATA / 'recordings').glob('*/*.json')):
        recording = json.loads(path.read_text(encoding='utf-8'))
        if recording['api'] in formats and recording['response']['status'] == 200:
            yield bytes([formats[recording['api']], 7]) + recording['response']['body'].encode()


def main():
    top = pathlib.Path(sys.argv[1])
    for name, make in (('command', seeds_command), ('json', seeds_json), ('nmap', seeds_nmap), ('replies', seeds_replies), ('schema', seeds_schema), ('sse', seeds_sse), ('fernet', seeds_fernet)):
        folder = top / name
        folder.mkdir(parents=True, exist_ok=True)
        seeds = [seed for seed in make() if len(seed) <= MAX_SIZE]
        for number, seed in enumerate(seeds):
            (folder / f'seed-{number:05}').write_bytes(seed)
        print(f'# {name}: {len(seeds)} seeds')


main()

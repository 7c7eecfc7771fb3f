#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is read over HTTP is what the OpenAPI description says: the status, the type, and each member, with none that is not described."""
import json
import pathlib
import re
import sys

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, decide, ended, pending, say  # noqa: E402
from test_audit_walk import SCAN  # noqa: E402

QUERIES = {'searchMessages': '?text=disks'}


def close(schema):
    """Objects have the members that are described, and no others, but where the description says that they may."""
    if isinstance(schema, dict):
        if 'properties' in schema:
            schema.setdefault('additionalProperties', False)
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)


def resolve(document, value):
    while '$ref' in value:
        found = document
        for part in value['$ref'].removeprefix('#/').split('/'):
            found = found[part]
        value = found
    return value


def wrong_with(document, operation, answer):
    """What of @answer is not as described, or None."""
    described = operation['responses'].get(str(answer.status))
    if described is None:
        return f'status {answer.status} is not described: {answer.body[:200]!r}'
    content = resolve(document, described).get('content', {})
    kind = answer.headers.get('content-type', '').split(';')[0]
    if kind not in content and not any(re.fullmatch(name.replace('*', '.*'), kind) for name in content):
        return f'{kind} is not described, but {sorted(content)}'
    schema = content.get('application/json', {}).get('schema')
    if schema is None or kind != 'application/json':
        return None
    error = next(jsonschema.Draft202012Validator({**schema, 'components': document['components']}).iter_errors(answer.json), None)
    return error and f'{error.message[:300]} at {list(error.absolute_path)}'


def make_things(client):
    """One of each kind at least; answers the ids that no list tells, by where they are asked for."""
    client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
    session, run = say(client, 'how full are the disks?')
    decide(client, pending(client))
    ended(client, run['id'])
    client.patch('/api/v1/settings', {'trust_mode': 'strict'}).expect(200)
    _, writing = say(client, 'write a note to notes.txt: buy disks', session)
    decide(client, pending(client))
    ended(client, writing['id'])
    for noun, body in (('credentials', {'name': 'C', 'kind': 'password', 'password': 'pl4nted-credential'}), ('users', {'name': 'grace', 'role': 'viewer'}),
                       ('servers', {'name': 's', 'host': '127.0.0.1', 'port': 9, 'user_name': 'u'}), ('memories', {'text': 'x', 'scope': 'everyone'}),
                       ('http-tools', {'name': 'm.n', 'description': 'd', 'method': 'GET', 'url': 'http://127.0.0.1:9/'}), ('tokens', {'name': 't', 'days': 1})):
        client.post(f'/api/v1/{noun}', body).expect(201)
    bytes_of = {'headers': {'Content-Type': 'application/octet-stream'}}
    client.post('/api/v1/scope/import', raw=SCAN.format(at=1700000000).encode(), **bytes_of).expect(200)
    attachment = client.post('/api/v1/attachments?name=a.txt', raw=b'text', **bytes_of).expect(201)['id']
    return {'/api/v1/attachments': attachment, '/api/v1/calls': client.items(f'/api/v1/runs/{run["id"]}/calls')[0]['id']}


def test_answers_are_as_described():
    document = json.loads((harness.BUILD / 'data' / 'api' / 'openapi.json').read_text(encoding='utf-8'))
    close(document['components']['schemas'])
    wrong, checked = {}, 0
    with Daemon() as daemon:
        client = daemon.set_up()
        known = make_things(client)
        for path, item in document['paths'].items():
            operation = item.get('get')
            if operation is None or operation['operationId'] == 'openLive':
                continue
            noun = path.split('/{')[0]
            one = known.get(noun) or client.items(noun)[0]['id'] if '{' in path else ''
            answer = client.get(re.sub(r'\{\w+\}', one, path) + QUERIES.get(operation['operationId'], ''))
            wrong[operation['operationId']] = wrong_with(document, operation, answer)
            checked += answer.status == 200
    assert checked > 60, checked
    assert not any(wrong.values()), {name: what for name, what in wrong.items() if what}


if __name__ == '__main__':
    harness.main(globals())

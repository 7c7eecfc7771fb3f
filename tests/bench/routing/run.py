#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How often a request comes to the Operator that it should: requests.txt over the built-in Operators and two more, by the real daemon.

  run.py                                                       with the offline provider
  run.py --type openai-compatible --url http://localhost:8080 --model NAME [--key-variable VARIABLE]
  run.py --show                                                also what went wrong, of the half that may be looked at
"""
import argparse
import collections
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / 'integration'), str(HERE.parents[1] / 'lib')]
import harness  # noqa: E402

MORE = {
    'Backups': ('Keeps backups and snapshots: makes, checks, prunes and restores them; restic, borg, dumps, archives and their replication.',
                'You keep the backups. Say when the last one was made and whether it can be restored. Never prune or overwrite without being asked.',
                ['shell.exec', 'ssh.exec', 'servers.list']),
    'Research': ('Searches the web and reads pages, documentation, manuals, articles, news, prices and releases.',
                 'You look things up on the web. Give the source of each fact, and say when sources disagree.',
                 ['web.search', 'web.fetch']),
}


def read_requests():
    lines = [line.split('|', 1) for line in (HERE / 'requests.txt').read_text(encoding='utf-8').splitlines() if line and not line.startswith('#')]
    seen = collections.Counter()
    rows = []
    for name, text in ((name.strip(), text.strip()) for name, text in lines):
        rows.append((name, text, seen[name] % 2 == 1))
        seen[name] += 1
    return rows


def set_up(daemon, args):
    client = daemon.set_up()
    provider = {'name': 'routing', 'type': args.type}
    if args.url:
        provider['base_url'] = args.url
    if args.model:
        provider['default_model'] = args.model
    if args.key_variable:
        provider['api_key'] = os.environ[args.key_variable]
    client.post('/api/v1/providers', provider).expect(201)
    known = {tool['name'] for tool in client.get('/api/v1/tools').expect(200)['items']}
    for name, (description, prompt, tools) in MORE.items():
        client.post('/api/v1/operators', {'name': name, 'description': description, 'system_prompt': prompt,
                                          'tools': [tool for tool in tools if tool in known]}).expect(201)
    return client


def ask(client, text):
    answer = client.post('/api/v1/orchestrator/route', {'text': text}, timeout=300).expect(200)
    if answer['plan']:
        return ' + '.join(step['operator'] for step in answer['plan']['steps'])
    return answer['operator'] or '(nobody)'


def report(rows, answers, show):
    right = collections.Counter()
    total = collections.Counter()
    for (name, text, is_held_out), answer in zip(rows, answers):
        half = 'held-out' if is_held_out else 'tuned'
        total[half] += 1
        total[name] += 1
        right[half] += answer == name
        right[name] += answer == name
        if show and answer != name and not is_held_out:
            print(f'  {text!r}: {answer}, not {name}')
    for key in [*dict.fromkeys(name for name, _, _ in rows), 'tuned', 'held-out']:
        print(f'{key:15} {right[key]:3} of {total[key]:3}  {100 * right[key] / total[key]:5.1f} %')
    return 100 * right['held-out'] / total['held-out']


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--type', default='offline')
    parser.add_argument('--url')
    parser.add_argument('--model')
    parser.add_argument('--key-variable')
    parser.add_argument('--show', action='store_true')
    parser.add_argument('--at-least', type=float, default=0, help='per cent of the held-out half; less is a failure')
    args = parser.parse_args()
    rows = read_requests()
    with harness.Daemon() as daemon:
        client = set_up(daemon, args)
        begin = time.monotonic()
        answers = [ask(client, text) for _, text, _ in rows]
        seconds = time.monotonic() - begin
    held_out = report(rows, answers, args.show)
    print(f'{len(rows)} requests, {len({name for name, _, _ in rows})} Operators, {args.type}: {1000 * seconds / len(rows):.0f} ms each')
    if held_out < args.at_least:
        sys.exit(f'routing: {held_out:.1f} % of the held-out half, wanted {args.at_least:.1f} %')


if __name__ == '__main__':
    main()

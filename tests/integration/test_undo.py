#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Undo and the panic switch with the real daemon: files put back exactly, and everything dead, as a witness outside sees it (panic.py has how soon)."""
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, decide, ended, pending, say, wait_for  # noqa: E402

MARK = 'vigilus-panic-witness'


def scripted(calls):
    """A model that makes the calls of the list, one after another, then says that it is done."""
    rest = list(calls)

    def think(messages, tools):
        if messages[-1]['role'] == 'tool' or not rest:
            return 'done', []
        name, arguments = rest.pop(0)
        return '', [(next(tool for tool in tools if tool.replace('-', '.').replace('_', '.') == name), arguments)]
    return think


def prepare(daemon, llm, mode='lenient'):
    client = daemon.set_up()
    client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'm'}).expect(201)
    client.patch('/api/v1/settings', {'trust_mode': mode}).expect(200)
    return client


def run(client, text='@Files go on'):
    _, started = say(client, text)
    ended(client, started['id'])
    return client.items(f'/api/v1/runs/{started["id"]}/calls')


def change_of(client, call):
    changes = client.items(f'/api/v1/changes?call_id={call["id"]}')
    assert len(changes) == 1, changes
    return changes[0]


def state_of(path):
    info = path.lstat()
    return path.read_bytes(), info.st_uid, info.st_gid, info.st_mode


def test_undo_puts_back_bytes_owner_and_mode():
    script = [('filesystem.write', {'path': 'a.txt', 'content': 'new'}), ('filesystem.delete', {'path': 'b.txt'}),
              ('filesystem.write', {'path': 'made.txt', 'content': 'made'}), ('filesystem.move', {'path': 'c.txt', 'to': 'd.txt'}),
              ('filesystem.mkdir', {'path': 'folder'})]
    with FakeLlm(scripted(script)) as llm, Daemon() as daemon:
        client = prepare(daemon, llm)
        place = daemon.data_dir / 'workspace'
        for name in ('a.txt', 'b.txt', 'c.txt'):
            (place / name).write_bytes(b'old \xff\x00 of ' + name.encode() + b'\n')
            if os.geteuid() == 0:
                os.chown(place / name, 1234, 5678)
            os.chmod(place / name, 0o640)
        before = {name: state_of(place / name) for name in ('a.txt', 'b.txt', 'c.txt')}
        calls = [run(client)[0] for _ in script]
        assert [call['outcome'] for call in calls] == ['success'] * len(script), calls
        assert sorted(os.listdir(place)) == ['a.txt', 'd.txt', 'folder', 'made.txt']
        assert state_of(place / 'a.txt')[1:] == before['a.txt'][1:]
        daemon.kill()
        daemon.start()
        client = daemon.log_in()
        for call in calls:
            change = change_of(client, call)
            assert change['state'] == 'kept' and change['tool'] == call['tool'], change
            done = client.post(f'/api/v1/changes/{change["id"]}/undo').expect(200)
            assert done['state'] == 'undone' and done['undone_by'] == 'owner', done
            client.post(f'/api/v1/changes/{change["id"]}/undo').expect(409)
        assert sorted(os.listdir(place)) == ['a.txt', 'b.txt', 'c.txt']
        assert {name: state_of(place / name) for name in before} == before
        rows = client.items(f'/api/v1/audit?event=undo.outcome&call_id={calls[0]["id"]}')
        assert len(rows) == 1 and rows[0]['user_name'] == 'owner' and rows[0]['outcome'] == 'success', rows
        assert rows[0]['resource'] == f'file:{place}/a.txt', rows[0]


def test_what_somebody_else_wrote_since_is_not_undone_unawares():
    with FakeLlm(scripted([('filesystem.write', {'path': 'a.txt', 'content': 'new'})])) as llm, Daemon() as daemon:
        client = prepare(daemon, llm)
        path = daemon.data_dir / 'workspace' / 'a.txt'
        path.write_text('old', encoding='utf-8')
        (call,) = run(client)
        assert call['preview']['kind'] == 'diff' and '-old' in call['preview']['text'] and '+new' in call['preview']['text'], call
        change = change_of(client, call)
        path.write_text('by hand', encoding='utf-8')
        answer = client.post(f'/api/v1/changes/{change["id"]}/undo')
        answer.expect(409)
        assert answer.json['error']['details']['can_override'] and str(path) in answer.json['error']['message'], answer.json
        assert path.read_text(encoding='utf-8') == 'by hand'
        done = client.post(f'/api/v1/changes/{change["id"]}/undo', {'override': True}).expect(200)
        assert path.read_text(encoding='utf-8') == 'old'
        client.post(f'/api/v1/changes/{done["undone_as"]}/undo').expect(200)
        assert path.read_text(encoding='utf-8') == 'by hand'


def processes():
    """Pids whose command line bears the mark, zombies left out."""
    found = []
    for pid in os.listdir('/proc'):
        try:
            if pid.isdigit() and MARK.encode() in pathlib.Path('/proc', pid, 'cmdline').read_bytes() and int(pid) != os.getpid():
                found.append(int(pid))
        except OSError:
            pass
    return found


def children(parent):
    """Its pids, zombies left out."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            state, its_parent = pathlib.Path('/proc', pid, 'stat').read_text(encoding='utf-8', errors='replace').rpartition(')')[2].split()[:2]
        except OSError:
            continue
        if int(its_parent) == parent and state != 'Z':
            found.append(int(pid))
    return found


# Each command leaves children of all kinds: in the background, in sessions of their own, forked twice, deaf to signals, and ones that make more.
FERTILE = ' '.join([
    f'for i in 1 2 3 4 5 6; do setsid sh -c "sleep 300 # {MARK}; true" & done;',
    f'(setsid sh -c "(sh -c \'trap : TERM INT HUP; while :; do sleep 1; done # {MARK}\' &) ; true" &);',
    f'nohup sh -c "while :; do sh -c \'sleep 2 # {MARK}; true\' & sleep 0.05; done # {MARK}" >/dev/null 2>&1 &',
    f'sh -c "sleep 300 # {MARK}; true"'])


def press(client, left):
    """Presses the switch; the seconds until @left(), by name what is left, has nothing more of each."""
    answers, gone, begin = [], {}, time.monotonic()
    thread = threading.Thread(target=lambda: answers.append(client.post('/api/v1/freeze', {'reason': 'a test'})))
    thread.start()
    while True:
        now = left()
        for name, pids in now.items():
            if not pids:
                gone.setdefault(name, time.monotonic() - begin)
        if len(gone) == len(now) or time.monotonic() - begin > harness.PATIENCE:
            break
    thread.join()
    answers[0].expect(200)
    assert len(gone) == len(now), now
    return gone


def panic_with_commands():
    def think(messages, tools):
        if messages[-1]['role'] == 'tool':
            return 'done', []
        return '', [(next(tool for tool in tools if 'exec' in tool), {'command': FERTILE})]
    with FakeLlm(think) as llm, Daemon() as daemon:
        client = prepare(daemon, llm)
        runs = [say(client, f'@Infrastructure be fertile {number}')[1] for number in range(4)]
        wait_for(lambda: len(processes()) >= 40, 'many children')
        alive = len(processes())
        took = press(client, lambda: {f'{alive} processes of 4 commands': processes()})
        assert not processes()
        assert [ended(client, started['id'])['state'] for started in runs] == ['stopped'] * 4
        wait_for(lambda: not children(daemon.process.pid), 'no process to be ready for a command while frozen')
        return took


def test_panic_kills_everything():
    print('#', panic_with_commands())


def test_frozen_across_a_restart_until_an_administrator_unfreezes():
    script = [('filesystem.write', {'path': 'a.txt', 'content': 'new'})] * 3
    with FakeLlm(scripted(script)) as llm, Daemon() as daemon:
        client = prepare(daemon, llm, 'strict')
        _, first = say(client, '@Files write')
        decide(client, pending(client), mode='timed', minutes=30)
        ended(client, first['id'])
        client.post('/api/v1/operators', {'name': 'Other', 'system_prompt': 'Write.', 'tools': ['filesystem.write'], 'permission_level': 'write',
                                          'working_directory': str(daemon.data_dir / 'workspace')}).expect(201)
        _, second = say(client, '@Other write')
        approval = pending(client)
        frozen = client.post('/api/v1/freeze', {'reason': 'enough'}).expect(200)
        assert frozen['by'] == 'owner' and frozen['reason'] == 'enough', frozen
        assert ended(client, second['id'])['state'] == 'stopped'
        assert client.get(f'/api/v1/approvals/{approval["id"]}').expect(200)['status'] == 'cancelled'
        assert client.items('/api/v1/grants?live=true') == []
        daemon.kill()
        daemon.start()
        client = daemon.log_in()
        assert client.get('/api/v1/status').expect(200)['frozen'] == frozen
        session = client.post('/api/v1/sessions').expect(201)['id']
        answer = client.post(f'/api/v1/sessions/{session}/messages', {'text': '@Files write'})
        assert answer.status == 503 and 'owner pressed the panic switch' in answer.json['error']['message'], answer.body
        client.post('/api/v1/unfreeze').expect(204)
        client.post('/api/v1/unfreeze').expect(409)
        assert client.get('/api/v1/status').expect(200)['frozen'] is None
        _, third = say(client, '@Files write')
        decide(client, pending(client), 'deny')
        ended(client, third['id'])
        events = [row['event'] for row in client.items('/api/v1/audit?limit=200')]
        assert events.count('panic.frozen') == 1 and events.count('panic.unfrozen') == 1, events


def vigilusctl(daemon, token, *args):
    env = {**os.environ, 'VIGILUS_TOKEN': token, 'VIGILUS_URL': f'http://127.0.0.1:{daemon.port}'}
    return subprocess.run([str(harness.BUILD / 'root/bin/vigilusctl'), *args], env=env, capture_output=True, text=True, timeout=300, check=False)


def test_vigilusctl_by_http():
    with Daemon() as daemon:
        client = daemon.set_up()
        token = client.post('/api/v1/tokens', {'name': 'ctl', 'days': 1, 'role': 'administrator'}).expect(201)['token']
        status = vigilusctl(daemon, token, 'status')
        assert status.returncode == 0 and 'Frozen: no' in status.stdout, status
        panic = vigilusctl(daemon, token, 'panic', 'from', 'a', 'shell')
        assert panic.returncode == 0 and 'frozen' in panic.stdout.lower(), panic
        state = client.get('/api/v1/status').expect(200)['frozen']
        assert state['reason'] == 'from a shell', state
        status = vigilusctl(daemon, token, 'status')
        assert 'from a shell' in status.stdout and status.returncode == 3, status
        assert vigilusctl(daemon, token, 'unfreeze').returncode == 0
        again = vigilusctl(daemon, token, 'unfreeze')
        assert again.returncode == 1 and 'not frozen' in again.stderr, again
        wrong = vigilusctl(daemon, 'wrong', 'status')
        assert wrong.returncode == 1 and token not in wrong.stderr + wrong.stdout, wrong
        assert vigilusctl(daemon, token, 'dance').returncode == 2
        assert json.loads(vigilusctl(daemon, token, '--json', 'status').stdout)['frozen'] is None


if __name__ == '__main__':
    harness.main(globals())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vigilusctl against the real daemon by D-Bus, on a bus of its own: status, the panic switch, its end, what it says where nobody is there; and the slash
commands, each from each front end."""
import ast
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import BUILD, Daemon, decide, ended, pending, say, wait_for  # noqa: E402
from inventory import is_running  # noqa: E402

CTL = BUILD / 'root' / 'bin' / 'vigilusctl'
FROZEN = 3


class Bus:
    """A session bus that ends with the test."""

    def __enter__(self):
        self.process = subprocess.Popen(['dbus-daemon', '--session', '--nofork', '--nopidfile', '--print-address'], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()
        assert self.address, 'the bus did not start'
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()

    def run(self, *command, **more):
        env = {'PATH': os.environ['PATH'], 'LANG': 'C.UTF-8', 'DBUS_SESSION_BUS_ADDRESS': self.address, **more}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
        return done.returncode, done.stdout + done.stderr

    def ctl(self, *arguments, **more):
        return self.run(str(CTL), *arguments, **more)


class BusDaemon(Daemon):
    def command(self):
        return [word if word != '--dbus=none' else '--dbus=session' for word in super().command()]


def test_status_panic_and_its_end():
    with Bus() as bus, BusDaemon(env={'DBUS_SESSION_BUS_ADDRESS': bus.address}) as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
        wait_for(lambda: bus.ctl('status')[0] == 0, 'the daemon on the bus')
        code, text = bus.ctl('status')
        assert 'Frozen: no' in text and 'Runs: 0 live' in text, text
        assert json.loads(bus.ctl('--json', 'status')[1])['set_up'] is True

        mark = f'sleep 9{os.getpid()}'
        _, run = say(client, f'run `{mark}`')
        decide(client, pending(client))
        wait_for(lambda: [call for call in client.items(f'/api/v1/runs/{run["id"]}/calls') if call['state'] == 'running'], 'a running call')
        code, text = bus.ctl('panic', 'smoke', 'in', 'the', 'rack')
        assert code == 0 and 'by owner: smoke in the rack' in text, text
        wait_for(lambda: not is_running(f'^{mark}'), 'the end of the command')
        code, text = bus.ctl('status')
        assert code == FROZEN and 'smoke in the rack' in text, text
        assert client.get('/api/v1/status').expect(200)['frozen']['reason'] == 'smoke in the rack'
        assert bus.ctl('--json', 'status')[0] == FROZEN
        code, text = bus.ctl('unfreeze')
        assert code == 0 and 'not frozen any more' in text, text
        assert bus.ctl('status')[0] == 0
        records = {record['event']: (record['user_name'], record['reason'], record['detail']['address'])
                   for event in ('panic.frozen', 'panic.unfrozen') for record in client.items(f'/api/v1/audit?event={event}')}
        assert records == {'panic.frozen': ('owner', 'smoke in the rack', 'D-Bus'), 'panic.unfrozen': ('owner', None, 'D-Bus')}, records


def test_usage_and_nobody_there():
    with Bus() as bus:
        for arguments in ((), ('dance',), ('status', 'now'), ('command',), ('--no-such-option',)):
            code, text = bus.ctl(*arguments)
            assert code == 2 and text, (arguments, code, text)
        code, text = bus.ctl('status')
        assert code == 1 and text.startswith('vigilusctl: '), (code, text)
    with tempfile.TemporaryDirectory() as folder:
        nowhere = Bus()
        nowhere.address = f'unix:path={folder}/none'
        code, text = nowhere.ctl('panic')
        assert code == 1 and '--url' in text, (code, text)


def front_ends(bus, daemon, client):
    """How a person gives a command: each answers (object, None) or (None, what was said instead)."""
    token = client.post('/api/v1/tokens', {'name': 'ctl', 'days': 1}).expect(201)['token']
    by_http = {'VIGILUS_URL': f'http://127.0.0.1:{daemon.port}', 'VIGILUS_TOKEN': token}

    def web(text, session):
        answer = client.post('/api/v1/commands', {'text': text, 'session_id': session})
        return (answer.json, None) if answer.status == 200 else (None, answer.json['error']['message'])

    def dbus(text, session):
        code, said = bus.run('gdbus', 'call', '--session', '--dest', 'org.vigilus.Vigilus1', '--object-path', '/org/vigilus/Vigilus1', '--method',
                             'org.vigilus.Vigilus1.Command', text, session or '')
        return (json.loads(ast.literal_eval(said)[0]), None) if code == 0 else (None, said)

    def ctl(text, session, **more):
        code, said = bus.ctl('--json', *(['--session', session] if session else []), 'command', *text.split(' '), **more)
        return (json.loads(said), None) if code == 0 else (None, said)

    return {'web': web, 'D-Bus': dbus, 'vigilusctl by D-Bus': ctl, 'vigilusctl by HTTP': lambda text, session: ctl(text, session, **by_http)}


def use_each_command(client, give):
    """Gives every command there is; answers their names."""
    given = set()

    def do(text, session=None):
        given.add(text.split(' ')[0][1:])
        answer, problem = give(text, session)
        assert answer is not None, (text, problem)
        return answer

    session, run = say(client, '@Files list the files')
    ended(client, run['id'])
    names = [one['name'] for one in client.items('/api/v1/commands')]
    assert all(f'`/{name}' in do('/help')['text'] for name in names)
    assert do('/new')['action'] == 'new'
    begun = do('/new @Files list the files')
    assert begun['action'] == 'open' and ended(client, begun['run']['id'])['operator_name'] == 'Files', begun
    assert '@Files' in do('/operators')['text']
    do('/title Full of disks', session)
    do('/pin', session)
    state = client.get(f'/api/v1/sessions/{session}').expect(200)
    assert state['title'] == 'Full of disks' and state['pinned'], state
    do('/unpin', session)
    assert not client.get(f'/api/v1/sessions/{session}').expect(200)['pinned']
    assert f'/chat/{session}' in do('/search list files')['text']
    assert client.get(do('/export json', session)['url']).expect(200)['session']['title'] == 'Full of disks'
    assert 'last 7 days' in do('/usage')['text'], 'nothing is counted offline'
    again = do('/again', session)['run']
    assert again['id'] != run['id'] and ended(client, again['id'])['state'] == 'done', again
    _, live = say(client, 'run `sleep 91`', session)
    pending(client)
    assert do('/stop', session)['run']['id'] == live['id'] and ended(client, live['id'])['state'] == 'stopped'
    for text, said in (('/dance', 'no command /dance'), ('/title', 'about a conversation'), ('/help me', 'takes nothing')):
        answer, problem = give(text, None)
        assert answer is None and said in problem, (text, answer, problem)
    assert given == set(names), 'each one is given'


def test_every_slash_command_from_every_front_end():
    with Bus() as bus, BusDaemon(env={'DBUS_SESSION_BUS_ADDRESS': bus.address}) as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
        wait_for(lambda: bus.ctl('status')[0] == 0, 'the daemon on the bus')
        for name, give in front_ends(bus, daemon, client).items():
            print(f'# {name}')
            use_each_command(client, give)
        session, _ = say(client, '@Files list the files')
        code, text = bus.ctl('--session', session, 'command', '/export')
        assert code == 0 and text.startswith('Download: /api/v1/sessions/'), text
        code, text = bus.ctl('command', '/new', '@Files', 'list')
        assert code == 0 and 'Run: ' in text and 'Conversation: ' in text, text


if __name__ == '__main__':
    harness.main(globals())

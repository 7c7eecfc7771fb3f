#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vigilusctl against the real daemon by D-Bus, on a bus of its own: status, the panic switch, its end, and what it says where nobody is there."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import BUILD, Daemon, decide, pending, say, wait_for  # noqa: E402

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

    def ctl(self, *arguments):
        env = {'PATH': os.environ['PATH'], 'LANG': 'C.UTF-8', 'DBUS_SESSION_BUS_ADDRESS': self.address}
        done = subprocess.run([str(CTL), *arguments], env=env, capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stdout + done.stderr


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

        _, run = say(client, 'run `sleep 91`')
        decide(client, pending(client))
        wait_for(lambda: [call for call in client.items(f'/api/v1/runs/{run["id"]}/calls') if call['state'] == 'running'], 'a running call')
        code, text = bus.ctl('panic', 'smoke', 'in', 'the', 'rack')
        assert code == 0 and 'by owner: smoke in the rack' in text, text
        assert not subprocess.run(['pgrep', '-f', '^sleep 91'], capture_output=True, text=True, check=False).stdout.split()
        code, text = bus.ctl('status')
        assert code == FROZEN and 'smoke in the rack' in text, text
        assert client.get('/api/v1/status').expect(200)['frozen']['reason'] == 'smoke in the rack'
        assert bus.ctl('--json', 'status')[0] == FROZEN
        code, text = bus.ctl('unfreeze')
        assert code == 0 and 'not frozen any more' in text, text
        assert bus.ctl('status')[0] == 0
        events = [record['event'] for record in client.items('/api/v1/audit?limit=200')]
        assert any('panic' in event or 'frozen' in event or 'freeze' in event for event in events), events


def test_usage_and_nobody_there():
    with Bus() as bus:
        for arguments in ((), ('dance',), ('status', 'now'), ('--no-such-option',)):
            code, text = bus.ctl(*arguments)
            assert code == 2 and text, (arguments, code, text)
        code, text = bus.ctl('status')
        assert code == 1 and text.startswith('vigilusctl: '), (code, text)
    with tempfile.TemporaryDirectory() as folder:
        nowhere = Bus()
        nowhere.address = f'unix:path={folder}/none'
        code, text = nowhere.ctl('panic')
        assert code == 1 and '--url' in text, (code, text)


if __name__ == '__main__':
    harness.main(globals())

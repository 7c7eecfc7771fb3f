#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The privileged helper: offered only where its socket is, asked only after a person's word, and trusting nothing but the daemon's signature."""
import getpass
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, decide, ended, pending, say, wait_for  # noqa: E402

HELPER = harness.BUILD / 'root' / 'libexec' / 'vigilus' / 'vigilus-helper'


class Activation:
    """What systemd does with Accept=yes: one helper for each connection, which is its standard input and output. @systemctl: a script in its place."""

    def __init__(self, systemctl=None):
        self.systemctl = systemctl

    def command(self):
        words = [str(HELPER), str(self.place / 'helper.conf'), str(self.place / 'spent')]
        if self.systemctl is None:
            return words
        script = self.place / 'systemctl'
        script.write_text(self.systemctl.replace('PLACE', str(self.place)), encoding='utf-8')
        script.chmod(0o755)
        return ['unshare', '--mount', 'sh', '-c', f'mount --bind {script} /usr/bin/systemctl && exec "$@"', 'sh', *words]

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix='vigilus-helper-')
        self.place = pathlib.Path(self.folder.name)
        (self.place / 'spent').mkdir(mode=0o700)
        self.log = open(self.place / 'log', 'ab')
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(self.place / 'socket'))
        self.socket.listen(8)
        self.requests = []
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                subprocess.run(self.command(), stdin=connection, stdout=connection, stderr=self.log, env={'PATH': '/usr/bin:/bin'}, timeout=600, check=False)

    def __exit__(self, *unused):
        self.socket.close()
        self.log.close()
        self.folder.cleanup()

    def allow(self, key, operations):
        path = self.place / 'helper.conf'
        path.write_text(f'[Helper]\nPublicKey={key}\nOperations={operations}\nUser={getpass.getuser()}\n', encoding='utf-8')
        path.chmod(0o644)

    def journal(self):
        return (self.place / 'log').read_text(encoding='utf-8')

    def ask(self, text):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.place / 'socket'))
            try:
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                return b''.join(iter(lambda: client.recv(65536), b'')).decode()
            except ConnectionError:  # it did not even read that much
                return '"error"'


def think_of(arguments):
    return lambda messages, tools: ('', [('host-elevate', arguments)]) if messages[-1]['role'] == 'user' else ('over', [])


def keeper(daemon, llm):
    client = daemon.set_up()
    client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'm'}).expect(201)
    client.post('/api/v1/operators', {'name': 'Keeper', 'tools': ['host.elevate'], 'permission_level': 'elevate', 'trust_mode': 'strict'}).expect(201)
    return client


def test_off_unless_installed():
    with Daemon(env={'VIGILUS_HELPER_SOCKET': '/nonexistent/socket'}) as daemon:
        client = daemon.set_up()
        assert 'host.elevate' not in [tool['name'] for tool in client.items('/api/v1/tools')]
        assert client.get('/api/v1/status').expect(200)['helper']['installed'] is False


def test_a_person_decides_and_the_helper_checks():
    arguments = {'operation': 'service.restart', 'unit': 'vigilus-no-such.service'}
    with Activation() as place, FakeLlm(think_of(arguments)) as llm, Daemon(env={'VIGILUS_HELPER_SOCKET': str(place.place / 'socket')}) as daemon:
        client = keeper(daemon, llm)
        helper = client.get('/api/v1/status').expect(200)['helper']
        assert helper['installed'] and helper['public_key'].startswith('vigilus-helper+'), helper

        # Nothing is turned on: the person's word alone does not do.
        place.allow(helper['public_key'], 'package.refresh;')
        _, run = say(client, '@Keeper restart it')
        approval = pending(client)
        assert approval['level'] == 'elevate' and 'systemctl restart -- vigilus-no-such.service' in approval['preview']['text'], approval
        decide(client, approval)
        ended(client, run['id'])
        call, = client.items(f'/api/v1/runs/{run["id"]}/calls')
        assert call['outcome'] == 'denied' and 'not among the Operations' in call['result']['text'], call
        assert 'call' not in place.journal(), place.journal()

        place.allow(helper['public_key'], 'service.restart;')
        _, run = say(client, '@Keeper once more')
        decide(client, pending(client))
        ended(client, run['id'])
        call, = client.items(f'/api/v1/runs/{run["id"]}/calls')
        assert call['outcome'] == 'failed' and 'exit status' in call['result']['text'], call
        assert f'call {call["id"]} of Keeper: systemctl restart -- vigilus-no-such.service' in place.journal(), place.journal()

        # Denied: nobody is even asked.
        before = place.journal()
        _, run = say(client, '@Keeper again')
        decide(client, pending(client), 'deny')
        ended(client, run['id'])
        assert place.journal() == before


def test_nobody_else_is_obeyed():
    with Activation() as place, Daemon(env={'VIGILUS_HELPER_SOCKET': str(place.place / 'socket')}) as daemon:
        client = daemon.set_up()
        place.allow(client.get('/api/v1/status').expect(200)['helper']['public_key'], 'service.restart;')
        for text in (b'', b'{}', b'vigilus-helper/1\n{}\n', b'\0' * 100, b'x' * 100000, b'vigilus-helper/1\n{"operation":"service.restart"}\n\n\xe2\x80\x94 x AAAA\n'):
            assert '"error"' in place.ask(text), text[:40]
        assert 'call' not in place.journal(), place.journal()
        if os.geteuid() == 0:
            program = f'import socket;s=socket.socket(socket.AF_UNIX);s.connect({str(place.place / "socket")!r});s.shutdown(1);print(s.recv(999))'
            for path in (place.place, place.place / 'socket'):
                path.chmod(0o777)
            said = subprocess.run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', sys.executable, '-c', program],
                                  capture_output=True, text=True, timeout=300, check=False)
            assert 'only Vigilus itself' in said.stdout, said


# Deaf to TERM, and with children in sessions of their own and without a parent.
LONG = """#!/bin/sh
trap '' TERM
setsid sh -c 'sleep 61.PID & exec sleep 61.PID' &
(setsid sleep 61.PID &)
echo begun >PLACE/begun
sleep 61.PID
sleep 61.PID
"""


class Long:
    """A daemon whose Operator has the helper do what takes its time, until it is called off."""

    def __enter__(self):
        self.mark = f'sleep 61.{os.getpid()}'
        self.place = Activation(LONG.replace('PID', str(os.getpid()))).__enter__()
        self.llm = FakeLlm(think_of({'operation': 'service.restart', 'unit': 'vigilus-no-such.service'})).__enter__()
        self.daemon = Daemon(env={'VIGILUS_HELPER_SOCKET': str(self.place.place / 'socket')}).__enter__()
        self.client = keeper(self.daemon, self.llm)
        self.place.allow(self.client.get('/api/v1/status').expect(200)['helper']['public_key'], 'service.restart;')
        _, self.run = say(self.client, '@Keeper restart it')
        decide(self.client, pending(self.client))
        wait_for(lambda: (self.place.place / 'begun').exists() and len(self.left()) >= 4, 'the operation')
        return self

    def left(self):
        return subprocess.run(['pgrep', '-f', f'^{self.mark}'], capture_output=True, text=True, check=False).stdout.split()

    def __exit__(self, *unused):
        for pid in self.left():
            os.kill(int(pid), signal.SIGKILL)
        for part in (self.daemon, self.llm, self.place):
            part.__exit__(*unused)


def may_mount():
    return os.geteuid() == 0 and subprocess.run(['unshare', '--mount', 'true'], capture_output=True, check=False).returncode == 0


def test_stop_and_panic_end_what_the_helper_does():
    if not may_mount():
        return 'this user may not mount'
    for stop in (lambda client, run: client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200), lambda client, run: client.post('/api/v1/freeze', {'reason': 'a test'}).expect(200)):
        with Long() as long:
            stop(long.client, long.run)
            wait_for(lambda: not long.left(), 'the end of all that it started')
            ended(long.client, long.run['id'])
            (call,) = long.client.items(f'/api/v1/runs/{long.run["id"]}/calls')
            assert call['outcome'] == 'interrupted' and 'may or may not have happened' in call['result']['text'], call
            wait_for(lambda: f'call {call["id"]}: called off' in long.place.journal(), 'a word in the journal')
    return None


def test_the_end_of_the_daemon_ends_no_operation():
    """It may be what the operation is for: an upgrade of Vigilus."""
    if not may_mount():
        return 'this user may not mount'
    for end in (Daemon.stop, Daemon.kill):
        with Long() as long:
            before = sorted(long.left())
            end(long.daemon)
            time.sleep(1)  # what would be called off would be gone by then
            assert sorted(long.left()) == before and len(before) >= 4, (before, long.left())
            assert 'called off' not in long.place.journal(), long.place.journal()
    return None


if __name__ == '__main__':
    harness.main(globals())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SSH in real time: servers that are slow to speak or die while they do, connections that are kept alive, and connections that are let go."""
import contextlib
import getpass
import http.server
import json
import os
import pathlib
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import ended, say, wait_for  # noqa: E402
from inventory import Keeper, add_key, add_server, is_running, try_it  # noqa: E402
from sshd import Sshd  # noqa: E402

IDLE, LOOK = 60, 15  # seconds that a connection is kept, and between two looks for those that are over it
SILENCE = 40         # seconds of a command without a word: over both keep-alives
LONG = 16000         # bytes of a command that are more than anything else that goes there


class SlowLine:
    """A line to an sshd on which its first words, and each piece of them, come late; or which is cut after some of them; or on which nothing comes for
    @hold seconds once a long command went there."""

    def __init__(self, port, first=0.0, each=0.0, cut_after=None, hold=0):
        self.user, self.port_there, self.first, self.each, self.cut_after, self.hold, self.held = getpass.getuser(), port, first, each, cut_after, hold, 0

    def __enter__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(('127.0.0.1', self.port_there))
                threading.Thread(target=self.pump, args=(near, far, 0, 0, None, self.note), daemon=True).start()
                threading.Thread(target=self.pump, args=(far, near, self.first, self.each, self.cut_after, self.wait), daemon=True).start()

    def note(self, data):
        if len(data) > LONG / 2:
            self.held = time.monotonic() + self.hold

    def wait(self, unused):
        time.sleep(max(0, self.held - time.monotonic()))

    @staticmethod
    def pump(source, target, first, each, cut_after, before):
        sent = 0
        with contextlib.suppress(OSError):
            time.sleep(first)
            while data := source.recv(65536):
                time.sleep(each)
                before(data)
                target.sendall(data if cut_after is None else data[:cut_after - sent])
                sent += len(data)
                if cut_after is not None and sent >= cut_after:
                    break
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def execute(keeper, server, command, **more):
    keeper.tool = 'ssh-exec'
    keeper.commands[:] = [{'server': server, 'command': command, **more}]
    _, run = say(keeper.client, '@Keeper go')
    ended(keeper.client, run['id'])
    (text,) = keeper.results(run)
    return json.loads(text) if text.startswith('{') else text


def test_slow_and_dying_servers():
    with Keeper([]) as keeper, contextlib.ExitStack() as stack:
        client = keeper.client
        client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        credential = {'id': keeper.server['credential_id']}
        lines = {'late': SlowLine(keeper.sshd.port, first=7), 'thick': SlowLine(keeper.sshd.port, each=1.2), 'never': SlowLine(keeper.sshd.port, first=3600),
                 'cut': SlowLine(keeper.sshd.port, cut_after=900), 'short': SlowLine(keeper.sshd.port, cut_after=10)}
        servers = {name: add_server(client, stack.enter_context(line), credential, name) for name, line in lines.items()}
        reports, times, order = {}, {}, []

        def ask(name):
            begin = time.monotonic()
            reports[name] = try_it(keeper.daemon.log_in(), servers[name])
            times[name] = time.monotonic() - begin
            order.append(name)
        threads = [threading.Thread(target=ask, args=(name,)) for name in servers]
        for thread in threads:
            thread.start()
        # The others have nothing to do with it.
        assert execute(keeper, 'nas', 'echo near')['stdout'] == 'near\n'
        for thread in threads:
            thread.join(120)
        assert reports['late']['ok'] and reports['thick']['ok'] and min(times['late'], 7) == 7, (reports, times)
        assert reports['never']['step'] == 'host_key' and 'seconds' in reports['never']['message'], reports
        assert not any('reinstalled' in line for name in ('never', 'cut', 'short') for line in reports[name]['advice']), 'no key was seen'
        said = execute(keeper, 'never', 'echo far')
        assert isinstance(said, str) and 'did not get to its host key' in said and 'Look before' not in said, said
        for name in ('cut', 'short'):
            assert reports[name]['step'] == 'host_key' and 'does not go on as an SSH server' in reports[name]['message'], reports[name]
            assert order.index(name) < order.index('never'), f'nothing is waited for where the line is cut: {order} {times}'
        assert execute(keeper, 'late', 'echo far')['stdout'] == 'far\n'


def stop_once_it_runs(keeper, server, command='true'):
    """Whether Stop ended all that a command on @server does after its mark."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = f'3{os.getpid()}'
        keeper.tool = 'ssh-exec'
        keeper.commands[:] = [{'server': server, 'command': f'mktemp {folder}/XXXXXX; sleep {seconds}; mktemp {folder}/after-XXXXXX; {command}', 'timeout': 300}]
        _, run = say(keeper.client, '@Keeper go')
        wait_for(lambda: os.listdir(folder), 'the command')
        keeper.client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)
        ended(keeper.client, run['id'])
        wait_for(lambda: not is_running(f'[s]leep {seconds}'), 'the end of the command')
        assert len(os.listdir(folder)) == 1, 'it goes on after what was ended'


def test_stop_ends_what_has_only_just_begun():
    with Keeper([]) as keeper, SlowLine(keeper.sshd.port, hold=8) as line:
        keeper.client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        add_server(keeper.client, line, {'id': keeper.server['credential_id']}, 'late')
        assert execute(keeper, 'late', 'true')['exit_status'] == 0
        stop_once_it_runs(keeper, 'late', 'x' * LONG)


def test_stop_ends_it_on_a_busy_server():
    with tempfile.TemporaryDirectory() as folder, Keeper([], options=f'SetEnv SHLVL=1 PATH={folder}:{os.environ["PATH"]}') as keeper:
        keeper.client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        slow = pathlib.Path(folder, 'ps')
        slow.write_text('#!/bin/sh\nsleep 12\nexec /bin/ps "$@"\n', encoding='ascii')
        slow.chmod(0o755)
        stop_once_it_runs(keeper, 'nas')


def test_a_command_runs_once_where_the_answer_is_late():
    with Keeper([]) as keeper, SlowLine(keeper.sshd.port, hold=18) as line, tempfile.TemporaryDirectory() as folder:
        keeper.client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        add_server(keeper.client, line, {'id': keeper.server['credential_id']}, 'late')
        for _ in range(2):
            assert execute(keeper, 'late', 'true')['exit_status'] == 0
        result = execute(keeper, 'late', f'mktemp {folder}/XXXXXX; true {"x" * LONG}', timeout=100)
        assert len(os.listdir(folder)) == 1 and result['exit_status'] == 0, (result, os.listdir(folder))


class SilentEngine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """What answers as an Engine does, and has no events: the line to it is silent."""
    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def do_GET(self):
            is_stream = '/events' in self.path
            self.send_response(200)
            self.send_header('Api-Version', '1.41')
            self.send_header(*(('Transfer-Encoding', 'chunked') if is_stream else ('Content-Length', '0')))
            self.end_headers()
            self.wfile.flush()
            if is_stream:
                time.sleep(600)

        def address_string(self):
            return 'local'

        def log_message(self, *unused):
            pass

    def __init__(self, path):
        super().__init__(str(path), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def read_log(sshd):
    return (sshd.folder / 'log').read_text(encoding='utf-8', errors='replace')


def sessions(sshd):
    """Connections that sshd has now."""
    found = subprocess.run(['ss', '-Htn', 'state', 'established', f'sport = :{sshd.port}'], capture_output=True, text=True, check=True).stdout
    return len(found.splitlines())


def keepalives(sshd):
    return read_log(sshd).count('keepalive@openssh.com')


def sockets(daemon):
    """Descriptors of sockets that the daemon has open."""
    found = 0
    for entry in pathlib.Path(f'/proc/{daemon.process.pid}/fd').iterdir():
        with contextlib.suppress(OSError):
            found += os.readlink(entry).startswith('socket:')
    return found


def test_nothing_is_left_open():
    with Keeper([]) as keeper:
        client = keeper.client
        assert try_it(client, keeper.server)['ok']
        before = sockets(keeper.daemon)
        for _ in range(8):
            assert try_it(client, keeper.server)['ok']
        with SlowLine(keeper.sshd.port, cut_after=900) as line:
            dying = add_server(client, line, {'id': keeper.server['credential_id']}, 'dying')
            for _ in range(4):
                assert not try_it(client, dying)['ok']
        wait_for(lambda: sessions(keeper.sshd) == 0, 'the end of what was only tested')
        assert sockets(keeper.daemon) <= before + 1, (before, sockets(keeper.daemon))


def test_connections_are_kept_alive_while_they_are_used_and_then_let_go():
    with Keeper([], options='LogLevel DEBUG1') as keeper, Sshd('LogLevel DEBUG1') as far, tempfile.TemporaryDirectory() as folder:
        client = keeper.client
        client.patch('/api/v1/settings', {'trust_mode': 'lenient', 'server_check_minutes': 0}).expect(200)
        client.patch(f'/api/v1/operators/{keeper.operator["id"]}', {'tools': ['ssh.exec', 'docker.events']}).expect(200)
        silent = SilentEngine(f'{folder}/docker.sock')
        client.patch(f'/api/v1/servers/{keeper.server["id"]}', {'docker_endpoint': f'ssh://{folder}/docker.sock'}).expect(200)
        add_server(client, far, add_key(client, far, 'far'), 'far')
        assert execute(keeper, 'far', 'true')['exit_status'] == 0
        keeper.commands[:] = [('docker-events', {'server': 'nas', 'follow': SILENCE}),
                              ('ssh-exec', {'server': 'far', 'command': f'sleep {SILENCE}; echo over', 'timeout': 100})]
        _, run = say(client, '@Keeper go')
        ended(client, run['id'], 200)
        nothing, said = (json.loads(text) for text in keeper.results(run))
        assert nothing['events'] == [] and said['stdout'] == 'over\n', (nothing, said)
        assert keepalives(far) >= 1, 'the server of a silent command is asked whether it is there'
        assert keepalives(keeper.sshd) >= 1, 'and so is the one that passes on a silent stream'
        silent.shutdown()

        assert execute(keeper, 'far', 'true')['exit_status'] == 0
        used = time.monotonic()
        time.sleep(IDLE / 2)
        assert sessions(far) >= 1 and sessions(keeper.sshd) == 1, 'kept for what comes next'
        wait_for(lambda: sessions(far) == 0 and sessions(keeper.sshd) == 0, 'the end of both connections', IDLE + 3 * LOOK)
        assert time.monotonic() - used >= IDLE * 0.9, 'no sooner than is told'
        assert execute(keeper, 'far', 'echo again')['stdout'] == 'again\n'


if __name__ == '__main__':
    harness.main(globals())

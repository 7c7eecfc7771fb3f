#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SSH servers that are set up in ways of their own, keys that change while much is moved, and an agent of the daemon's that nobody is to use."""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon  # noqa: E402
from inventory import Keeper, add_key, add_server, try_it  # noqa: E402
from sshd import Sshd, make_key  # noqa: E402
from test_ssh_real import allow_all, ask, execute  # noqa: E402

PIECE = 1 << 20  # bytes that one ssh.write moves


def new_key():
    with tempfile.TemporaryDirectory() as folder:
        return make_key(pathlib.Path(folder, 'key'))


def log_of(sshd):
    return (sshd.folder / 'log').read_text(encoding='utf-8', errors='replace')


def rekeyed(sshd):
    return log_of(sshd).count('SSH2_MSG_KEXINIT sent\n') + log_of(sshd).count('SSH2_MSG_KEXINIT sent\r\n')


def test_keys_change_while_much_is_moved():
    with tempfile.TemporaryDirectory() as folder, Keeper([], options='RekeyLimit 1M\nLogLevel DEBUG1', file_paths=[folder]) as keeper:
        allow_all(keeper)
        path = pathlib.Path(folder, 'large')
        path.write_bytes(os.urandom(3 << 19).hex().encode())  # 3 MiB of text
        for _ in range(2):
            assert execute(keeper, 'true')['exit_status'] == 0
        before = rekeyed(keeper.sshd)
        moved = execute(keeper, f'cat {path} {path} {path}; echo end >&2')
        assert 'exit_status: 0\n' in moved and 'end\ntruncated: true\n' in moved and f'stdout: {path.read_text(encoding="ascii")[:500]}' in moved, moved[-300:]
        by_command = rekeyed(keeper.sshd)
        assert by_command >= before + 6, (before, by_command)
        ask(keeper, *({'server': 'nas', 'path': f'{folder}/{number}', 'content': chr(ord('a') + number) * PIECE} for number in range(4)), tool='ssh-write')
        assert [pathlib.Path(folder, str(number)).read_bytes() for number in range(4)] == [b'%c' % (ord('a') + number) * PIECE for number in range(4)]
        written = rekeyed(keeper.sshd)
        assert written >= by_command + 3, (by_command, written)
        # What was there is read and kept before, and written again by undo.
        before = path.read_bytes()
        ask(keeper, {'server': 'nas', 'path': str(path), 'content': 'little'}, tool='ssh-write')
        read = rekeyed(keeper.sshd)
        assert path.read_bytes() == b'little' and read >= written + 2, (written, read)
        keeper.client.post(f'/api/v1/changes/{keeper.client.items("/api/v1/changes")[0]["id"]}/undo').expect(200)
        assert path.read_bytes() == before and rekeyed(keeper.sshd) >= read + 2, (read, rekeyed(keeper.sshd))


class Agent:
    """A real ssh-agent that has a key, behind a socket that counts who comes."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-agent-'))
        self.process = subprocess.Popen(['ssh-agent', '-D', '-a', str(self.folder / 'real')], stdout=subprocess.DEVNULL)
        harness.wait_for((self.folder / 'real').exists, 'the agent')
        make_key(self.folder / 'key')
        subprocess.run(['ssh-add', '-q', str(self.folder / 'key')], env={**os.environ, 'SSH_AUTH_SOCK': str(self.folder / 'real')}, check=True)
        self.path, self.visits = str(self.folder / 'counted'), 0
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(self.path)
        self.door.listen(5)
        threading.Thread(target=self.let_in, daemon=True).start()
        return self

    def let_in(self):
        while True:
            try:
                near, _ = self.door.accept()
            except OSError:
                return
            self.visits += 1
            far = socket.socket(socket.AF_UNIX)
            far.connect(str(self.folder / 'real'))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    @staticmethod
    def carry(one, other):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)

    def __exit__(self, *unused):
        self.door.close()
        self.process.kill()
        self.process.wait()
        subprocess.run(['rm', '-rf', str(self.folder)], check=True)


def ssh(sshd, agent, command):
    """What OpenSSH's client, which uses the agent and forwards it, gets."""
    words = ['ssh', '-A', '-F', 'none', '-p', str(sshd.port), '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes', '-o', 'IdentityFile=none',
             f'{sshd.user}@127.0.0.1', command]
    return subprocess.run(words, env={**os.environ, 'SSH_AUTH_SOCK': agent.path}, capture_output=True, text=True, check=False).stdout


def test_an_agent_is_neither_used_nor_forwarded():
    with Agent() as agent, Sshd() as target, Keeper([], options='AllowAgentForwarding yes', env={'SSH_AUTH_SOCK': agent.path}) as keeper:
        keeper.sshd.allow((agent.folder / 'key.pub').read_text(encoding='ascii'))
        assert 'SSH_AUTH_SOCK=' in ssh(keeper.sshd, agent, 'env') and agent.visits, 'the agent would open the door'
        client, agent.visits = keeper.client, 0
        stranger = client.post('/api/v1/credentials', {'name': 'stranger', 'kind': 'ssh_key', 'private_key': new_key()}).expect(201)
        word = client.post('/api/v1/credentials', {'name': 'word', 'kind': 'password', 'password': 'wrong'}).expect(201)
        for number, credential in enumerate((None, stranger, word)):
            report = try_it(client, add_server(client, keeper.sshd, credential, f'shut{number}'))
            assert report['step'] == 'authentication', (number, report)
        # With a key of its own it gets in, and still nothing of the agent is over there; nor at another that is reached through it.
        add_server(client, target, add_key(client, target, 'target'), 'target', jump_id=keeper.server['id'])
        allow_all(keeper)
        for name in ('nas', 'target'):
            answer = execute(keeper, 'env; ssh-add -l', server=name)
            assert 'SSH_CONNECTION' in answer['stdout'] and 'SSH_AUTH_SOCK' not in answer['stdout'] and 'authentication agent' in answer['stderr'], answer
        assert agent.visits == 0, agent.visits


def with_account(check, *options):
    """Runs @check with the name of an account that is there for it alone."""
    if os.geteuid() != 0:
        return 'only root can add an account'
    name = f'vigilus-test-{os.getpid()}'
    subprocess.run(['useradd', '-M', '-d', '/', '-p', '*', *options, name], check=True)
    try:
        check(name)
    finally:
        subprocess.run(['userdel', name], check=True)
    return None


def test_an_account_without_a_shell():
    def check(name):
        with Keeper([], user_name=name) as keeper:
            keeper.sshd.folder.chmod(0o755)
            allow_all(keeper)
            answer = execute(keeper, 'echo hello')
            assert answer['exit_status'] == 1 and 'not available' in answer['stdout'] + answer['stderr'] and 'hello' not in answer['stdout'], answer
    return with_account(check, '-s', '/usr/sbin/nologin')


def test_an_account_that_has_expired():
    def check(name):
        with Daemon() as daemon, Sshd('UsePAM yes') as sshd:
            client = daemon.set_up()
            sshd.folder.chmod(0o755)
            server = add_server(client, sshd, add_key(client, sshd), user_name=name)
            report = try_it(client, server)
            assert report['step'] == 'authentication' and 'expired' in report['message'], (report, log_of(sshd)[-500:])
            subprocess.run(['usermod', '-e', '', name], check=True)
            assert try_it(client, server)['ok']
    return with_account(check, '-s', '/bin/sh', '-e', '2020-01-01')


def test_a_server_that_gives_seconds_to_sign_in():
    # What looks for the key there takes longer than that.
    options = 'LoginGraceTime 8\nAuthorizedKeysCommand /bin/sleep 100\nAuthorizedKeysCommandUser nobody'
    if os.geteuid() != 0:
        return 'only root can name a command that looks for keys'
    with Daemon() as daemon, Sshd(options) as sshd:
        client = daemon.set_up()
        key = client.post('/api/v1/credentials', {'name': 'key', 'kind': 'ssh_key', 'private_key': new_key()}).expect(201)
        report = try_it(client, add_server(client, sshd, key))
        assert report['step'] == 'authentication' and 'closed' in report['message'], report
    return None


def test_a_server_that_asks_whether_we_are_there():
    with Keeper([], options='ClientAliveInterval 2\nClientAliveCountMax 3\nLogLevel DEBUG1') as keeper:
        allow_all(keeper)
        assert execute(keeper, 'true')['exit_status'] == 0
        assert execute(keeper, 'sleep 12; echo over')['stdout'] == 'over\n'
        time.sleep(4)
        assert execute(keeper, 'echo again')['stdout'] == 'again\n', 'whether it was kept or closed meanwhile'


def test_only_key_exchange_that_withstands_quantum_computers():
    with Daemon() as daemon, Sshd('KexAlgorithms sntrup761x25519-sha512@openssh.com') as sshd:
        client = daemon.set_up()
        report = try_it(client, add_server(client, sshd, add_key(client, sshd)))
        assert report['ok'] or (report['step'] == 'host_key' and 'sntrup761x25519-sha512@openssh.com' in report['message']), report


class OldServer:
    """Says which version it speaks, and hears what comes."""

    def __init__(self, version):
        self.version, self.heard, self.over = version, b'', threading.Event()

    def __enter__(self):
        self.door = socket.create_server(('127.0.0.1', 0))
        self.port, self.user = self.door.getsockname()[1], 'u'
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def listen(self):
        near, _ = self.door.accept()
        with near:
            near.settimeout(120)
            near.sendall(self.version + b'\r\n')
            try:
                while len(self.heard.partition(b'\n')[2]) < 6 and (data := near.recv(4096)):
                    self.heard += data
            except OSError:
                pass
        self.over.set()

    def __exit__(self, *unused):
        self.door.close()


def test_versions_of_the_protocol():
    with Daemon() as daemon:
        client = daemon.set_up()
        for version, goes_on in ((b'SSH-2.0-Any', True), (b'SSH-1.99-Old', True), (b'SSH-1.5-Older', False), (b'SSH-3.0-New', False)):
            with OldServer(version) as old:
                report = try_it(client, add_server(client, old, name=version.decode().lower()))
                assert old.over.wait(120) and report['step'] == 'host_key' and report['message'], (version, report)
                # The first packet after the line of the version begins the exchange of keys.
                packet = old.heard.partition(b'\n')[2]
                assert (packet[5:6] == b'\x14') == goes_on, (version, old.heard[:60], report)


if __name__ == '__main__':
    harness.main(globals())

# SPDX-License-Identifier: MIT
"""A real sshd on loopback with keys of its own, as a child that ends with the test."""
import getpass
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from ports import free_port


def make_key(path, kind='ed25519', passphrase='', form=()):
    subprocess.run(['ssh-keygen', '-q', '-t', kind, '-N', passphrase, '-C', 'test', '-f', str(path), *form], check=True)
    return path.read_text(encoding='ascii')


class Sshd:
    def __init__(self, options='', host_key='ed25519', port=None, address='127.0.0.1', enter=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-sshd-'))
        self.options, self.host_key = options, host_key
        self.address, self.enter = address, list(enter)
        self.user = getpass.getuser()
        self.port = port or free_port()
        make_key(self.folder / 'host', host_key)
        self.authorized = self.folder / 'authorized_keys'
        self.authorized.touch(mode=0o644)

    def fingerprint(self):
        return subprocess.run(['ssh-keygen', '-lf', str(self.folder / 'host.pub')], capture_output=True, text=True, check=True).stdout.split()[1]

    def allow(self, public_key):
        with self.authorized.open('a', encoding='ascii') as file:
            file.write(public_key.strip() + '\n')

    def change_host_key(self):
        self.stop()
        for name in ('host', 'host.pub'):
            (self.folder / name).unlink()
        make_key(self.folder / 'host', self.host_key)
        self.start()

    def start(self):
        if os.geteuid() == 0:
            os.makedirs('/run/sshd', exist_ok=True)
        config = self.folder / 'sshd_config'
        config.write_text(f'ListenAddress {self.address}\nPort {self.port}\nHostKey {self.folder}/host\nPidFile none\n{self.options}\n'
                          f'AuthorizedKeysFile {self.authorized}\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nStrictModes no\n'
                          'Subsystem sftp internal-sftp\nPermitRootLogin yes\nUseDNS no\nMaxStartups 100\n'
                          'SetEnv SHLVL=1\n', encoding='ascii')  # bash does not read this account's .bashrc then, which may take long or wait for a lock
        self.log = open(self.folder / 'log', 'ab')
        self.process = subprocess.Popen([*self.enter, '/usr/sbin/sshd', '-D', '-e', '-f', str(config)], stderr=self.log, stdin=subprocess.DEVNULL)
        for _ in range(12000):
            with socket.socket() as probe:
                if probe.connect_ex((self.address, self.port)) == 0:
                    return self
            time.sleep(0.01)
        raise AssertionError((self.folder / 'log').read_text(encoding='utf-8'))

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    """For tests in other languages: tells where it listens, and heeds lines "allow KEY" and "change" until its input ends."""
    with Sshd() as sshd:
        print(json.dumps({'port': sshd.port, 'user': sshd.user, 'fingerprint': sshd.fingerprint()}), flush=True)
        for line in sys.stdin:
            word, _, rest = line.strip().partition(' ')
            if word == 'allow':
                sshd.allow(rest)
            elif word == 'change':
                sshd.change_host_key()
            print(json.dumps({'fingerprint': sshd.fingerprint()}), flush=True)


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: MIT
"""Servers of the inventory with real keys, and an Operator that looks after one."""
import pathlib
import subprocess
import tempfile

from fake_llm import FakeLlm
from harness import Daemon
from sshd import Sshd, make_key


def add_key(client, sshd, name='key', kind='ed25519', passphrase='', form=()):
    with tempfile.TemporaryDirectory() as folder:
        private = make_key(pathlib.Path(folder, 'key'), kind, passphrase, form)
        sshd.allow(pathlib.Path(folder, 'key.pub').read_text(encoding='ascii'))
    body = {'name': name, 'kind': 'ssh_key', 'private_key': private, **({'passphrase': passphrase} if passphrase else {})}
    return client.post('/api/v1/credentials', body).expect(201)


def add_server(client, sshd, credential=None, name='nas', **more):
    body = {'name': name, 'host': '127.0.0.1', 'port': sshd.port, 'user_name': sshd.user, 'credential_id': credential and credential['id'], **more}
    return client.post('/api/v1/servers', body).expect(201)


def try_it(client, server):
    return client.post(f'/api/v1/servers/{server["id"]}/test').expect(200)


def events(client, event):
    return client.items(f'/api/v1/audit?event={event}')


def is_running(command):
    return subprocess.run(['pgrep', '-f', command], capture_output=True, check=False).returncode == 0


class Keeper:
    """A model that calls a tool with what it is given (or a tool that is named with it), on a daemon with one server."""

    def __init__(self, commands, tool='ssh-exec', options='', env=None, **server):
        self.commands, self.tool, self.options, self.env, self.more = list(commands), tool, options, env, server

    def think(self, messages, tools):
        if messages[-1]['role'] != 'user':
            return 'over', []
        return '', [one if isinstance(one, tuple) else (self.tool, one) for one in self.commands]

    def __enter__(self):
        self.sshd = Sshd(self.options).__enter__()
        self.daemon = Daemon(env=self.env).__enter__()
        self.client = self.daemon.set_up()
        self.server = add_server(self.client, self.sshd, add_key(self.client, self.sshd), **self.more)
        self.llm = FakeLlm(self.think).__enter__()
        self.client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': self.llm.url, 'default_model': 'm'}).expect(201)
        body = {'name': 'Keeper', 'tools': ['ssh.exec', 'ssh.read', 'ssh.write', 'servers.list'], 'permission_level': 'exec'}
        self.operator = self.client.post('/api/v1/operators', body).expect(201)
        return self

    def __exit__(self, *unused):
        self.llm.__exit__(*unused)
        self.daemon.__exit__(*unused)
        self.sshd.__exit__(*unused)

    def calls(self, run):
        return self.client.items(f'/api/v1/runs/{run["id"]}/calls')

    def results(self, run):
        return [call['result']['text'] for call in self.calls(run)]

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The catalogue of native tools: what it promises by name and level, and what is beside it."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon  # noqa: E402

PROMISED = {
    'ssh.exec': 'exec', 'docker.list': 'read', 'docker.restart': 'write', 'docker.logs': 'read', 'docker.compose': 'write', 'filesystem.read': 'read',
    'filesystem.write': 'write', 'shell.exec': 'exec', 'nmap.scan': 'exec', 'wazuh.query': 'read',
}
BESIDE = {
    'read': ['docker.compose_config', 'docker.compose_ps', 'docker.events', 'docker.images', 'docker.inspect', 'docker.stats', 'filesystem.list', 'filesystem.search', 'filesystem.stat',
             'memory.propose', 'operators.ask', 'output.read', 'scope.query', 'servers.list', 'ssh.read', 'tools.search', 'vigilus.activity', 'web.fetch', 'web.search'],
    'write': ['docker.start', 'docker.stop', 'filesystem.copy', 'filesystem.delete', 'filesystem.extract', 'filesystem.mkdir', 'filesystem.move', 'ssh.write'],
}


def test_every_tool_has_its_level():
    with Daemon() as daemon:
        tools = {tool['name']: tool for tool in daemon.set_up().items('/api/v1/tools')}
        wanted = {**PROMISED, **{name: level for level, names in BESIDE.items() for name in names}}
        assert {name: tool['level'] for name, tool in tools.items() if name != 'host.elevate'} == wanted
        for name in PROMISED:
            assert tools[name]['plugin'] == name.split('.')[0] and tools[name]['description'], name


if __name__ == '__main__':
    harness.main(globals())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What SECURITY.md says is outside the boundary is so: people rely on knowing it."""
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, decide, ended, pending, say, wait_for  # noqa: E402
from inventory import Keeper  # noqa: E402
from mute import Mute  # noqa: E402
from test_undo import prepare, run  # noqa: E402


def in_turn(*calls):
    """A model that makes the calls, each after the one before has ended."""
    def think(messages, tools):
        done = sum(message['role'] == 'tool' for message in messages)
        if done == len(calls):
            return 'done', []
        wire = {tool.replace('-', '.').replace('_', '.'): tool for tool in tools}
        return '', [(wire[calls[done][0]], calls[done][1])]
    return think


def test_what_a_command_changes_is_not_kept():
    script = [('filesystem.write', {'path': 'kept.txt', 'content': 'old'}), ('shell.exec', {'command': 'echo new > kept.txt; echo other > other.txt'})]
    with FakeLlm(in_turn(*script)) as llm, Daemon() as daemon:
        client = prepare(daemon, llm)
        place = daemon.data_dir / 'workspace'
        client.post('/api/v1/operators', {'name': 'Both', 'tools': ['filesystem.write', 'shell.exec'], 'permission_level': 'exec', 'working_directory': str(place)}).expect(201)
        calls = run(client, '@Both go on')
        assert [call['outcome'] for call in calls] == ['success', 'success'], calls
        assert (place / 'kept.txt').read_text(encoding='utf-8') == 'new\n' and (place / 'other.txt').exists()
        assert [change['call_id'] for change in client.items('/api/v1/changes')] == [calls[0]['id']]


def test_a_command_can_fill_its_file_system():
    """File by file, each with holes here, so that the test takes no room."""
    script = [('shell.exec', {'command': 'truncate -s 1G a b c && ls; truncate -s 1025M d || echo refused'})]
    with FakeLlm(in_turn(*script)) as llm, Daemon() as daemon:
        client = prepare(daemon, llm)
        place = daemon.data_dir / 'workspace'
        client.post('/api/v1/operators', {'name': 'Shell', 'tools': ['shell.exec'], 'permission_level': 'exec', 'working_directory': str(place)}).expect(201)
        (call,) = run(client, '@Shell go on')
        assert call['outcome'] == 'success' and 'refused' in call['result']['text'], call
        assert [(place / name).stat().st_size for name in 'abcd'] == [1 << 30] * 3 + [0], list(place.iterdir())


def test_no_command_is_given_the_network():
    """Neither by default nor by any setting, of an Operator's or of all, nor by what a call asks for."""
    with Mute() as mute:
        reach = f'bash -c "exec 3<>/dev/tcp/127.0.0.1/{mute.port} && echo reached" 2>&1'
        script = [('shell.exec', {'command': reach}), ('shell.exec', {'command': reach, 'network': True})]
        with FakeLlm(in_turn(*script)) as llm, Daemon() as daemon:
            client = prepare(daemon, llm)
            client.post('/api/v1/operators', {'name': 'Shell', 'tools': ['shell.exec'], 'permission_level': 'elevate',
                                              'working_directory': str(daemon.data_dir / 'workspace')}).expect(201)
            first, second = run(client, '@Shell go on')
            assert first['outcome'] != 'denied' and 'reached' not in first['result']['text'].replace('command', ''), first
            assert second['outcome'] in ('denied', 'failed', 'invalid', 'error') and 'network' in second['result']['text'], second
            assert mute.taken == 0
            schemas = client.get('/openapi.json').expect(200)['components']['schemas']
            offered = [f'{name}.{member}' for name in ('Operator', 'Settings') for member in schemas[name]['properties'] if 'network' in member]
            assert offered == ['Settings.web_networks'], offered  # what HTTP tools may reach
        subprocess.run(['bash', '-c', reach], check=True, stdout=subprocess.DEVNULL)
        wait_for(lambda: mute.taken == 1, 'the same command, unconfined')


def test_a_session_of_its_own_on_a_server_goes_on():
    mark = f'sleep 6{os.getpid()}'
    with Keeper([{'server': 'nas', 'command': f'setsid {mark}1 & exec {mark}2', 'timeout': 600}]) as keeper:
        left = lambda which: subprocess.run(['pgrep', '-f', f'^{mark}{which}'], capture_output=True, text=True, check=False).stdout.split()  # noqa: E731
        _, started = say(keeper.client, '@Keeper wait')
        decide(keeper.client, pending(keeper.client))
        wait_for(lambda: left(1) and left(2), 'both processes')
        try:
            keeper.client.post(f'/api/v1/runs/{started["id"]}/stop').expect(200)
            wait_for(lambda: not left(2), 'the end of the command')
            ended(keeper.client, started['id'])
            assert left(1), 'what SECURITY.md says goes on was ended'
        finally:
            for pid in left(1):
                os.kill(int(pid), signal.SIGKILL)


if __name__ == '__main__':
    harness.main(globals())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One command on as many servers as it may name: how many work at once, and what Stop leaves."""
import json
import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import ended, say, wait_for  # noqa: E402
from inventory import Keeper, add_server, is_running  # noqa: E402
from test_ssh_real import allow_all, ask  # noqa: E402

NAMED, AT_ONCE = 50, 16


def make_servers(keeper, number):
    allow_all(keeper)
    names = [f'server{index}' for index in range(number)]
    for name in names:
        add_server(keeper.client, keeper.sshd, {'id': keeper.server['credential_id']}, name)
    return names


def begin(keeper, names, command):
    keeper.tool, keeper.commands[:] = 'ssh-exec', [{'servers': names, 'command': command, 'timeout': 120}]
    return say(keeper.client, '@Keeper go')[1]


def begun(folder, number):
    """Waits for so many marks, and whether there come no more."""
    wait_for(lambda: len(os.listdir(folder)) >= number, f'{number} that work')
    time.sleep(1)
    return len(os.listdir(folder))


def test_as_many_as_can_be_named():
    with Keeper([]) as keeper, tempfile.TemporaryDirectory() as folder:
        marks, go = pathlib.Path(folder, 'marks'), pathlib.Path(folder, 'go')
        marks.mkdir()
        names = make_servers(keeper, NAMED)
        run = begin(keeper, names, f'mktemp {marks}/XXXXXXXX; while [ ! -e {go} ]; do sleep 0.1; done; echo over')
        assert begun(marks, AT_ONCE) == AT_ONCE
        go.touch()
        ended(keeper.client, run['id'])
        (call,) = keeper.calls(run)
        assert call['outcome'] == 'success', call
        results = json.loads(call['result']['text'])['results']
        assert [row['server'] for row in results] == names and all(row['exit_status'] == 0 and row['stdout'].endswith('over\n') for row in results), results
        assert len({row['stdout'] for row in results}) == NAMED == len(os.listdir(marks)), 'each of its own'
        (text,) = ask(keeper, {'servers': [*names, 'nas'], 'command': 'true'})
        assert 'servers' in text and str(NAMED) in text, text


def test_stop_ends_it_on_all_of_them():
    with Keeper([]) as keeper, tempfile.TemporaryDirectory() as folder:
        names = make_servers(keeper, AT_ONCE + 4)
        mark = f'vigilus-many-{os.getpid()}'
        run = begin(keeper, names, f'mktemp {folder}/XXXXXXXX; sh -c "sleep 300; : {mark}"; mktemp {folder}/after-XXXXXXXX')
        assert begun(folder, AT_ONCE) == AT_ONCE and is_running(f'[;] : {mark}')
        keeper.client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)
        ended(keeper.client, run['id'])
        wait_for(lambda: not is_running(f'[;] : {mark}'), 'the end of the commands')
        (call,) = keeper.calls(run)
        assert call['outcome'] == 'interrupted', call
        time.sleep(1)
        left = os.listdir(folder)
        assert len(left) == AT_ONCE and not [name for name in left if name.startswith('after')], 'neither goes on nor begins on another'
        (text,) = ask(keeper, {'server': names[0], 'command': 'echo again'})
        assert json.loads(text)['stdout'] == 'again\n', text


if __name__ == '__main__':
    harness.main(globals())

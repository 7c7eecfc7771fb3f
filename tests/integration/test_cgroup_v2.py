#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Control groups of version 2 with their controllers, on a kernel of our own: User-mode Linux on this machine's files, which it cannot change.
tests/unit/base/test-cgroup.c runs there as the service would, in a group that is delegated to it."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402

PROGRAM = harness.BUILD.resolve() / 'tests/unit/base/test-cgroup'
MEMORY = 256  # MiB, of which a command may have half
INIT = """#!/bin/sh
exec >/dev/console 2>&1 </dev/null
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
cd /sys/fs/cgroup
echo '+pids +memory' >cgroup.subtree_control
mkdir vigilus.service
{more}
sh -c 'echo $$ >vigilus.service/cgroup.procs && VIG_TEST_CGROUP="{expected}" exec {program} --tap'
echo "exit status $?"
echo o >/proc/sysrq-trigger
sleep 60
"""


def run(expected, more=''):
    with tempfile.TemporaryDirectory(prefix='vigilus-uml-') as folder:
        init = pathlib.Path(folder, 'init')
        init.write_text(INIT.format(program=PROGRAM, expected=expected, more=more), encoding='utf-8')
        init.chmod(0o755)
        os.chmod(folder, 0o755)
        result = subprocess.run(['linux.uml', 'root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', f'mem={MEMORY}M', f'init={init}', 'con=null',
                                 'con0=null,fd:1', 'quiet', f'uml_dir={folder}'], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                                env={'PATH': os.environ['PATH'], 'HOME': folder, 'TMPDIR': folder}, check=False)
    assert 'exit status 0' in result.stdout, result.stdout[-3000:] + result.stderr[-1000:]
    return [line.strip() for line in result.stdout.splitlines() if line.startswith(('ok', 'not ok'))]


def test_limits_and_killing():
    lines = run('unified kill pids memory born')
    assert lines == ['ok 1 /cgroup/processes', 'ok 2 /cgroup/abilities', 'ok 3 /cgroup/memory'], lines


def test_where_others_are_in_the_group():
    """Then nothing can be limited beneath it, but everything killed."""
    lines = run('unified kill born', more='sleep 1000 &\necho $! >vigilus.service/cgroup.procs')
    assert lines == ['ok 1 /cgroup/processes', 'ok 2 /cgroup/abilities'], lines


if shutil.which('linux.uml') is None:
    print('1..1\nok 1 - control groups of version 2 # SKIP User-mode Linux is not here')
else:
    harness.main(globals())

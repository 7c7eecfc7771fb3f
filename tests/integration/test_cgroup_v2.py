#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Control groups of version 2 with their controllers, on a kernel of our own: User-mode Linux on this machine's files, which it cannot change.
tests/unit/base/test-cgroup.c runs there as the service would, in a group that is delegated to it, and as the service: the shipped unit under systemd."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402

BUILD = harness.BUILD.resolve()
PROGRAM = 'tests/unit/base/test-cgroup'
UNIT = BUILD / 'data/systemd/vigilus.service'
UNUSABLE = ('the shadow memory of sanitizers does not fit into User-mode Linux' if harness.REPORTS
            else 'User-mode Linux cannot set floating-point registers on this machine')
MEMORY = 256  # MiB, of which a command may have half
MOUNTS = """#!/bin/sh
exec >/dev/console 2>&1 </dev/null
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
"""
INIT = MOUNTS + """
cd /sys/fs/cgroup
echo '+pids +memory' >cgroup.subtree_control
mkdir vigilus.service
{more}
sh -c 'echo $$ >vigilus.service/cgroup.procs && VIG_TEST_CGROUP="{expected}" exec {build}/{program} --tap'
echo "exit status $?"
echo o >/proc/sysrq-trigger
sleep 60
"""
# Nothing of this machine but its programs: systemd with the one unit and what that needs.
SYSTEMD = MOUNTS + """
mkdir /run/units /run/build
mount --bind {build} /run/build
cp -r {folder}/units/* /run/units/
cp /etc/nsswitch.conf /etc/ld.so.cache /run/
for place in /etc /var /tmp; do mount -t tmpfs tmpfs $place; done
cp /run/nsswitch.conf /run/ld.so.cache /etc/
mkdir /var/lib /var/tmp
printf 'root:x:0:0::/:/bin/sh\\nvigilus:x:990:990::/:/bin/false\\n' >/etc/passwd
printf 'root:x:0:\\nvigilus:x:990:\\n' >/etc/group
SYSTEMD_UNIT_PATH=/run/units exec /lib/systemd/systemd --unit=test.target --log-target=console --show-status=no
"""
DROP_IN = """[Service]
Restart=no
ExecStartPre=/bin/sh -c 'for place in . system.slice system.slice/other.service; do mkdir /sys/fs/cgroup/$place/mine && echo "made in $place"; done; true'
ExecStart=
ExecStart=/run/build/{program} --tap
Environment="VIG_TEST_CGROUP=unified kill pids memory"
StandardOutput=append:/run/out
StandardError=append:/run/out
[Unit]
After=other.service
OnSuccess=report.service
OnFailure=report.service
"""
REPORT = """[Service]
Type=oneshot
StandardOutput=tty
TTYPath=/dev/console
ExecStart=/bin/sh -c 'cat /run/out; echo "exit status $(systemctl show -P ExecMainStatus vigilus.service)"; echo o >/proc/sysrq-trigger'
"""


def boot(folder, init):
    """What a kernel with the first program @init said; None where there can be none."""
    if harness.REPORTS:
        return None
    path = pathlib.Path(folder, 'init')
    path.write_text(init, encoding='utf-8')
    path.chmod(0o755)
    os.chmod(folder, 0o755)
    result = subprocess.run(['linux.uml', 'root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', f'mem={MEMORY}M', f'init={path}', 'con=null',
                             'con0=null,fd:1', 'quiet', f'uml_dir={folder}'], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900,
                            env={'PATH': os.environ['PATH'], 'HOME': folder, 'TMPDIR': folder}, check=False)
    if 'ptrace set fp regs failed' in result.stdout + result.stderr:
        return None
    assert 'exit status 0' in result.stdout, result.stdout[-3000:] + result.stderr[-1000:]
    return result.stdout


def passed(output):
    return [line.strip() for line in output.splitlines() if line.startswith(('ok', 'not ok'))]


def run(expected, more=''):
    with tempfile.TemporaryDirectory(prefix='vigilus-uml-') as folder:
        return boot(folder, INIT.format(build=BUILD, program=PROGRAM, expected=expected, more=more))


def test_limits_and_killing():
    output = run('unified kill pids memory born')
    if output is None:
        return UNUSABLE
    assert passed(output) == ['ok 1 /cgroup/processes', 'ok 2 /cgroup/abilities', 'ok 3 /cgroup/memory'], output


def test_where_others_are_in_the_group():
    """Then nothing can be limited beneath it, but everything killed."""
    output = run('unified kill born', more='sleep 1000 &\necho $! >vigilus.service/cgroup.procs')
    if output is None:
        return UNUSABLE
    assert passed(output) == ['ok 1 /cgroup/processes', 'ok 2 /cgroup/abilities'], output


def test_under_the_shipped_unit():
    """An unprivileged user, all other groups read-only; RestrictNamespaces= takes clone3 away, so commands join their group after they are born."""
    with tempfile.TemporaryDirectory(prefix='vigilus-uml-') as folder:
        units = pathlib.Path(folder, 'units')
        units.mkdir()
        shutil.copy(UNIT, units)
        (units / 'vigilus.service.d').mkdir()
        for name, text in (('sysinit.target', '[Unit]\n'), ('basic.target', '[Unit]\n'), ('other.service', '[Service]\nExecStart=/bin/sleep 1000\n'),
                           ('test.target', '[Unit]\nWants=vigilus.service other.service\nAllowIsolate=yes\n'),
                           ('vigilus.service.d/test.conf', DROP_IN.format(program=PROGRAM)), ('report.service', REPORT)):
            (units / name).write_text(text, encoding='utf-8')
        output = boot(folder, SYSTEMD.format(build=BUILD, folder=folder))
    if output is None:
        return UNUSABLE
    assert passed(output) == ['ok 1 /cgroup/processes', 'ok 2 /cgroup/abilities', 'ok 3 /cgroup/memory'], output
    assert output.count('Read-only file system') == 3 and 'made in' not in output, output


if shutil.which('linux.uml') is None:
    print('1..1\nok 1 - control groups of version 2 # SKIP User-mode Linux is not here')
else:
    harness.main(globals())

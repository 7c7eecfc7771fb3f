# SPDX-License-Identifier: MIT
"""A real systemd as PID 1, on an overlay of this machine's own root: what the test changes goes with it. For a process that has network and mount
namespaces of its own (enter()); the machine inside shares that network, so its services answer on this process's loopback."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

INSIDE = 'VIG_TEST_NAMESPACES'


def enter(network=True):
    """Starts this program anew in namespaces of its own, for mounts and @network; answers why not, or None once it is there."""
    if os.environ.get(INSIDE):
        if network:
            subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
        return None
    if os.geteuid() != 0:
        return 'this test mounts file systems: it needs root'
    command = ['unshare', *(['--net'] if network else []), '--mount', '--propagation', 'private']
    if subprocess.run([*command, 'true'], capture_output=True, check=False).returncode != 0:
        return 'this user may not make namespaces'
    os.environ[INSIDE] = '1'
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


class Booted:
    def __init__(self, installed):
        """@installed: what meson installed; the machine has it at the same place, and may change it there."""
        self.installed = pathlib.Path(installed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-booted-'))
        self.root = self.folder / 'root'

    def overlay(self, lower, name):
        for part in ('upper', 'work'):
            (self.folder / f'{name}-{part}').mkdir()
        (self.folder / name).mkdir()
        options = f'lowerdir={lower},upperdir={self.folder}/{name}-upper,workdir={self.folder}/{name}-work'
        subprocess.run(['mount', '-t', 'overlay', 'overlay', '-o', options, str(self.folder / name)], check=True)

    def __enter__(self):
        subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', str(self.folder)], check=True)
        self.overlay('/', 'root')
        self.overlay(self.installed, 'installed')
        (self.root / 'etc/machine-id').unlink(missing_ok=True)
        (self.root / 'etc/machine-id').touch()
        self.log = open(self.folder / 'log', 'wb')
        return self

    def boot(self, seconds=240):
        self.nspawn = subprocess.Popen(
            ['systemd-nspawn', '-q', '-D', str(self.root), f'--bind={self.folder}/installed:{self.installed}', '--boot', '--register=no', '--keep-unit',
             # Landlock is not among what a container of nspawn may do by itself.
             '--system-call-filter=@sandbox landlock_create_ruleset landlock_add_rule landlock_restrict_self', '--console=pipe',
             '--machine=vigilus-test', '--', '--unit=basic.target'],
            # Control groups as they are where systemd has the machine to itself: version 2.
            env={**os.environ, 'SYSTEMD_NSPAWN_UNIFIED_HIERARCHY': '1'}, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.nspawn.poll() is not None:
                break
            self.init = self.find_init()
            if self.init and self.run('systemctl', 'is-system-running', check=False).stdout.strip() in ('running', 'degraded'):
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / 'log').read_text(encoding='utf-8', errors='replace')[-3000:])

    def find_init(self):
        children = pathlib.Path(f'/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children').read_text(encoding='ascii').split()
        for child in children:
            status = pathlib.Path(f'/proc/{child}/status').read_text(encoding='ascii')
            if 'NSpid:' in status and status.split('NSpid:')[1].split('\n')[0].split()[-1] == '1':
                return child
        return None

    def run(self, *command, check=True, **more):
        result = subprocess.run(['nsenter', '-t', self.init, '-m', '-u', '-i', '-p', '--', *command], capture_output=True, text=True, timeout=300,
                                stdin=subprocess.DEVNULL, check=False, **more)
        assert not check or result.returncode == 0, f'{command}: {result.stdout[-1000:]}{result.stderr[-2000:]}'
        return result

    def journal(self, unit):
        return self.run('journalctl', '--no-pager', '-o', 'cat', '-u', unit).stdout

    def write(self, path, text, mode=0o644):
        """@path: on the machine. What is below the installed files goes there."""
        inside = pathlib.Path(path)
        place = self.folder / 'installed' / inside.relative_to(self.installed) if inside.is_relative_to(self.installed) else self.root / path.lstrip('/')
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding='utf-8')
        place.chmod(mode)

    def __exit__(self, *unused):
        if getattr(self, 'nspawn', None):
            self.nspawn.terminate()
            try:
                self.nspawn.wait(15)
            except subprocess.TimeoutExpired:
                self.nspawn.kill()
                self.nspawn.wait()
        self.log.close()
        subprocess.run(['umount', '-R', '-l', str(self.folder)], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
        remove_control_groups()


def remove_control_groups():
    """nspawn leaves empty ones beside this process's."""
    for line in pathlib.Path('/proc/self/cgroup').read_text(encoding='ascii').splitlines():
        _, controllers, path = line.split(':', 2)
        for name in (controllers.removeprefix('name='), 'unified'):
            for part in ('payload', 'supervisor'):
                top = pathlib.Path('/sys/fs/cgroup', name, path.lstrip('/'), part)
                for place, _, _ in os.walk(top, topdown=False):
                    try:
                        os.rmdir(place)
                    except OSError:
                        pass

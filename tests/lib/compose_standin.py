# SPDX-License-Identifier: MIT
"""A daemon that finds Compose's version 2, which is a script of the test's."""
import pathlib
import shutil
import tempfile

from harness import Daemon


class ComposeDaemon(Daemon):
    """In a mount namespace where "docker" is @script, and has the Compose plugin: who starts it may mount."""

    def __init__(self, script, **more):
        super().__init__(**more)
        self.stand_in = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-compose-standin-'))
        for path, text in (('libexec/docker/cli-plugins/docker-compose', ''), ('bin/docker', script)):
            (self.stand_in / path).parent.mkdir(parents=True)
            (self.stand_in / path).write_text(f'#!/bin/sh\n{text}', encoding='ascii')
            (self.stand_in / path).chmod(0o755)

    def command(self):
        # Every search for a program looks there early.
        mounts = ' && '.join(f'mount -t overlay -o lowerdir={self.stand_in}/{name}:{place} overlay {place}' for name, place in (('bin', '/usr/local/bin'), ('libexec', '/usr/libexec')))
        return ['unshare', '-m', '--propagation', 'private', 'sh', '-c', f'{mounts} && exec "$@"', 'sh', *super().command()]

    def __exit__(self, *unused):
        super().__exit__(*unused)
        shutil.rmtree(self.stand_in, ignore_errors=True)

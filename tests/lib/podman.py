# SPDX-License-Identifier: MIT
"""Podman's service, which speaks the Engine API too, in private namespaces as dockerd is. Root only."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from dockerd import IMAGE, Engine

# What works with any cgroups, and where limits can't be raised.
CONTAINERS = """[containers]
log_driver = "k8s-file"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"""


def missing():
    """Why Podman can't be started here, or None."""
    if os.geteuid() != 0:
        return 'only root can start Podman'
    return None if shutil.which('podman') else 'not installed: podman'


class Podman(Engine):
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-podman-'))
        super().__init__(self.folder / 'podman.sock')

    def start(self):
        folder = self.folder
        config = folder / 'containers.conf'
        config.write_text(CONTAINERS, encoding='ascii')
        script = f'ip link set lo up; exec podman --root {folder}/root --runroot {folder}/run --tmpdir {folder}/tmp system service -t 0 unix://{self.socket}'
        self.log = open(folder / 'log', 'ab')
        self.process = subprocess.Popen(['unshare', '-n', '-m', '-p', '-f', '--mount-proc', '--kill-child', '--propagation', 'private', 'sh', '-c', script],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True, env={**os.environ, 'CONTAINERS_CONF': str(config)},
                                        cwd=folder)  # a container that takes too much memory leaves a file where this ran
        for _ in range(4000):
            try:
                if self.request('GET', '/_ping', ok=False) == b'OK':
                    break
            except OSError:
                time.sleep(0.05)
        else:
            raise AssertionError((folder / 'log').read_text(encoding='utf-8'))
        self.load()
        return self

    def load(self, name=IMAGE, comment=''):
        super().load(name, comment)
        repository, tag = name.rsplit(':', 1)
        # Podman takes no tag while it imports.
        self.request('POST', f'/v1.41/images/{repository}:latest/tag?repo={repository}&tag={tag}')

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

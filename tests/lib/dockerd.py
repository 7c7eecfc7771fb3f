# SPDX-License-Identifier: MIT
"""A real dockerd with a small image of its own, in private namespaces of network, mounts and processes, so that all of it ends with the test;
and what speaks to its socket. Root only."""
import glob
import http.client
import io
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.parse

IMAGE = 'vigilus-test/busybox:1'
REGISTRY = '127.0.0.1:5055'
APPLETS = ('sh', 'sleep', 'echo', 'true', 'false', 'cat', 'seq', 'date', 'tail', 'head', 'yes', 'dd', 'printf', 'test', 'kill', 'trap')


def missing():
    """Why no dockerd can be started here, or None."""
    if os.geteuid() != 0:
        return 'only root can start dockerd'
    names = [name for name in ('dockerd', 'unshare', 'runc', 'busybox', 'curl') if not shutil.which(name)]
    return f'not installed: {", ".join(names)}' if names else None


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=300):
        super().__init__('docker', timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def image_tar():
    """A root file system that holds busybox and its names."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode='w') as tar:
        for folder in ('bin', 'tmp', 'etc', 'proc', 'sys', 'dev'):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(info)
        tar.add(os.path.realpath(shutil.which('busybox')), 'bin/busybox')
        for name in APPLETS:
            info = tarfile.TarInfo(f'bin/{name}')
            info.type, info.linkname = tarfile.SYMTYPE, 'busybox'
            tar.addfile(info)
        text = b'root:x:0:0::/:/bin/sh\n'
        info = tarfile.TarInfo('etc/passwd')
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    return data.getvalue()


class Engine:
    """What speaks the Engine API to a Unix socket, and cleans up behind it."""

    def __init__(self, socket_path):
        self.socket = pathlib.Path(socket_path)

    def request(self, method, path, body=None, raw=None, content_type='application/json', ok=True):
        connection = UnixConnection(self.socket)
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        connection.request(method, path, data, {'Content-Type': content_type} if data is not None else {})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        assert not ok or response.status < 400, (method, path, response.status, text[:500])
        try:
            return json.loads(text)
        except ValueError:
            return text

    def load(self, name=IMAGE, comment=''):
        repository, tag = name.rsplit(':', 1)
        query = urllib.parse.urlencode({'fromSrc': '-', 'repo': repository, 'tag': tag, 'message': comment})
        self.request('POST', f'/v1.41/images/create?{query}', raw=image_tar(), content_type='application/x-tar')

    def run(self, name, *command, start=True, image=IMAGE, host=None, **config):
        """Makes a container and starts it; answers its id."""
        body = {'Image': image, 'Cmd': list(command), 'HostConfig': {'NetworkMode': 'none', **(host or {})}, 'StopTimeout': 1, **config}
        answer = self.request('POST', f'/v1.41/containers/create?name={name}', body)
        if start:
            self.request('POST', f'/v1.41/containers/{answer["Id"]}/start')
        return answer['Id']

    def state(self, name):
        return self.request('GET', f'/v1.41/containers/{name}/json')['State']

    def wait(self, name, condition, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state = self.state(name)
            if condition(state):
                return state
            time.sleep(0.05)
        raise AssertionError(f'{name}: {state}')


class Dockerd(Engine):
    """With @options it listens elsewhere too, and so shares the network of the test; its containers have none then."""

    def __init__(self, options=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-dockerd-'))
        self.options = list(options)
        self.registry = None
        super().__init__(self.folder / 'docker.sock')

    def start(self):
        folder = self.folder
        network = ['--bridge=none', '--iptables=false', '--ip-forward=false', '--ip-masq=false', *self.options] if self.options else []
        script = (f'ip link set lo up; exec dockerd --data-root {folder}/root --exec-root {folder}/run --pidfile {folder}/pid -H unix://{folder}/docker.sock '
                  f'--ip6tables=false --storage-driver=overlay2 {" ".join(network)}')
        self.log = open(folder / 'log', 'ab')
        # What dockerd and its containers run is in one process namespace: it dies with its first process.
        self.process = subprocess.Popen(['unshare', *([] if network else ['-n']), '-m', '-p', '-f', '--mount-proc', '--kill-child', '--propagation', 'private', 'sh', '-c', script],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)
        for _ in range(4000):
            try:
                if self.request('GET', '/_ping', ok=False) == b'OK':
                    break
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            raise AssertionError(self.log_text())
        if self.process.poll() is not None:
            raise AssertionError(self.log_text())
        self.load()
        return self

    def log_text(self):
        return (self.folder / 'log').read_text(encoding='utf-8', errors='replace')[-3000:]

    def inner_pid(self):
        """dockerd, as this side numbers it: what is to run in its network enters by it."""
        children = pathlib.Path(f'/proc/{self.process.pid}/task/{self.process.pid}/children').read_text(encoding='ascii').split()
        return int(children[0])

    def enter(self, *command, **kwargs):
        return subprocess.Popen(['nsenter', '-n', '-t', str(self.inner_pid()), *command], stdin=subprocess.DEVNULL, **kwargs)

    def start_registry(self):
        """A real registry in dockerd's network, which may be spoken to without TLS because it is on loopback."""
        config = self.folder / 'registry.yml'
        config.write_text(f'version: 0.1\nlog: {{level: warn}}\nstorage:\n  filesystem: {{rootdirectory: {self.folder}/registry}}\n  delete: {{enabled: true}}\n'
                          f'http: {{addr: "{REGISTRY}"}}\n', encoding='ascii')
        self.registry = self.enter('docker-registry', 'serve', str(config), stdout=self.log, stderr=self.log)
        for _ in range(4000):
            if self.enter('curl', '-s', '-o', '/dev/null', f'http://{REGISTRY}/v2/').wait() == 0:
                return self
            time.sleep(0.05)
        raise AssertionError(self.log_text())

    def push(self, name):
        """Loads a new image under the name, pushes it and forgets it here; answers its digest."""
        self.load(name, comment=str(time.time_ns()))
        repository, tag = name.rsplit(':', 1)
        quoted = urllib.parse.quote(repository, safe='')
        connection = UnixConnection(self.socket)
        connection.request('POST', f'/v1.41/images/{quoted}/push?tag={tag}', headers={'X-Registry-Auth': 'e30='})
        text = connection.getresponse().read().decode()
        assert 'digest: sha256:' in text, text
        return text.split('digest: ')[1].split(' ')[0]

    def stop(self):
        if self.registry:
            self.registry.kill()
            self.registry.wait()
        self.process.kill()
        self.process.wait()
        self.log.close()
        for _ in range(4000):
            if not subprocess.run(['pgrep', '-f', f'^dockerd .*{self.folder}'], capture_output=True, check=False).stdout:
                break
            time.sleep(0.05)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *unused):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        for path in glob.glob('/sys/fs/cgroup/*/docker/*') + glob.glob('/sys/fs/cgroup/*/docker'):
            try:
                os.rmdir(path)
            except OSError:
                pass

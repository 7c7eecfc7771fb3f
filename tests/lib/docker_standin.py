# SPDX-License-Identifier: MIT
"""What Docker's tools ask of an Engine, answered from a list: where no dockerd can be, as under a unit that is to be tried."""
import json
import os
import re
import socketserver
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler

CONTAINER = {'Id': 'c' * 64, 'Names': ['/web'], 'Image': 'nginx:1', 'ImageID': 'sha256:' + 'a' * 64, 'Command': 'nginx', 'Created': 1785000000, 'State': 'running',
             'Status': 'Up 2 hours', 'Ports': [], 'Labels': {}, 'Mounts': [], 'NetworkSettings': {'Networks': {}}, 'HostConfig': {'NetworkMode': 'bridge'}}
DETAILS = {'Id': 'c' * 64, 'Name': '/web', 'Image': 'sha256:' + 'a' * 64, 'RestartCount': 0, 'Created': '2026-08-01T10:00:00Z', 'Path': 'nginx', 'Args': [], 'Mounts': [],
           'State': {'Status': 'running', 'Running': True, 'StartedAt': '2026-08-01T10:00:00Z', 'FinishedAt': '0001-01-01T00:00:00Z', 'ExitCode': 0, 'OOMKilled': False},
           'Config': {'Image': 'nginx:1', 'Env': [], 'Labels': {}, 'Tty': True}, 'HostConfig': {'RestartPolicy': {'Name': 'no'}}, 'NetworkSettings': {'Networks': {}, 'Ports': {}}}
EVENT = {'Type': 'container', 'Action': 'start', 'Actor': {'ID': 'c' * 64, 'Attributes': {'name': 'web', 'image': 'nginx:1'}}, 'time': 1785000000, 'timeNano': 1785000000000000000}
STATS = {'name': '/web', 'memory_stats': {'usage': 5 << 20, 'limit': 1 << 30}, 'pids_stats': {'current': 3}}
ANSWERS = (
    (r'/_ping', b'OK'),
    (r'/version', {'Version': '20.10.24', 'ApiVersion': '1.41', 'MinAPIVersion': '1.12', 'Os': 'linux', 'Arch': 'amd64'}),
    (r'/info', {'ServerVersion': '20.10.24', 'Containers': 1, 'ContainersRunning': 1, 'NCPU': 2, 'MemTotal': 1 << 30}),
    (r'/containers/json', [CONTAINER]),
    (r'/containers/[^/]+/json', DETAILS),
    (r'/containers/[^/]+/stats', STATS),
    (r'/events', EVENT),
    (r'/images/nginx:1/json', {'Id': 'sha256:' + 'a' * 64, 'RepoTags': ['nginx:1'], 'Config': {}}),
    (r'/images/create', {'status': 'Status: Image is up to date for nginx:1'}),
    (r'/containers/[^/]+/logs', b'a line of the log\n'),
    (r'/images/json', [{'Id': 'sha256:' + 'a' * 64, 'RepoTags': ['nginx:1'], 'RepoDigests': [], 'Created': 1785000000, 'Size': 1 << 20, 'Containers': 1}]),
    (r'/containers/[^/]+/(start|stop|restart)', None),
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def address_string(self):
        return 'local'

    def log_message(self, *unused):
        pass

    def handle_any(self):
        self.rfile.read(int(self.headers.get('Content-Length') or 0))
        path = re.sub(r'^/v[\d.]+', '', urllib.parse.urlsplit(self.path).path)
        self.server.asked.append(f'{self.command} {path}')
        found = [answer for pattern, answer in ANSWERS if re.fullmatch(pattern, path)]
        body = b'' if not found or found[0] is None else found[0] if isinstance(found[0], bytes) else json.dumps(found[0]).encode()
        self.send_response(404 if not found else 204 if found[0] is None else 200)
        self.send_header('Api-Version', '1.41')
        self.send_header('Content-Type', 'text/plain' if found and isinstance(found[0], bytes) else 'application/json')
        if not found or found[0] is not None:
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = handle_any


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Who asks may leave before the answer."""


class DockerStandin:
    """Listens at @path, where anybody may connect; what is asked is in `asked`."""

    def __init__(self, path):
        self.path, self.asked = path, []

    def __enter__(self):
        self.server = Server(str(self.path), Handler)
        self.server.asked = self.asked
        os.chmod(self.path, 0o666)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The dashboard's files, and the pages that show the API description."""
import pathlib
import re
import socket
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon  # noqa: E402

PAGE = b'<!doctype html><title>Dashboard</title>'
SCRIPT = b'console.log("this is the script")'


def make(folder):
    top = pathlib.Path(folder, 'dashboard')
    (top / 'assets').mkdir(parents=True)
    (top / 'api-docs').mkdir()
    (top / 'index.html').write_bytes(PAGE)
    (top / 'assets' / 'main-abc123.js').write_bytes(SCRIPT)
    (top / 'assets' / 'main-abc123.js.gz').write_bytes(b'pretend gzip')
    (top / 'assets' / 'main-abc123.js.br').write_bytes(b'pretend brotli')
    (top / 'assets' / 'style.css').write_bytes(b'a{}')
    (top / 'api-docs' / 'swagger-ui-bundle.js').write_bytes(b'// bundle')
    (top / '.hidden').write_bytes(b'hidden')
    pathlib.Path(folder, 'secret.txt').write_bytes(b'top secret')
    pathlib.Path(folder, 'dashboard-evil').mkdir()
    pathlib.Path(folder, 'dashboard-evil', 'x.txt').write_bytes(b'top secret')
    (top / 'link.txt').symlink_to(pathlib.Path(folder, 'secret.txt'))
    (top / 'linked').symlink_to(folder)
    return top


class Served:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.top = make(self.folder.name)
        self.daemon = Daemon(args=[f'--dashboard-dir={self.top}'])
        self.daemon.start()
        return self.daemon

    def __exit__(self, *unused):
        self.daemon.__exit__()
        self.folder.cleanup()


def test_pages_and_assets():
    with Served() as daemon:
        client = daemon.client()
        page = client.get('/')
        assert page.body == PAGE and page.headers['cache-control'] == 'no-cache' and page.headers['content-type'].startswith('text/html'), page.headers
        script = client.get('/assets/main-abc123.js')
        assert script.body == SCRIPT and 'immutable' in script.headers['cache-control'] and script.headers['content-type'].startswith('text/javascript')
        assert client.get('/assets/style.css').headers['content-type'].startswith('text/css')
        missing = client.get('/assets/nothing.js')
        assert missing.status == 404, missing.body
        for path in ('/chat/0190', '/settings/providers', '/login'):
            history = client.get(path, headers={'Accept': 'text/html,*/*'})
            assert history.status == 200 and history.body == PAGE and history.headers['cache-control'] == 'no-cache', path
        assert client.get('/data.json', headers={'Accept': 'application/json'}).status == 404
        assert client.request('HEAD', '/').body == b''
        posted = client.post('/', {})
        assert posted.status == 405 and posted.headers['allow'] == 'GET, HEAD', posted.status


def test_etags_and_packed_files():
    with Served() as daemon:
        client = daemon.client()
        tag = client.get('/').headers['etag']
        again = client.get('/', headers={'If-None-Match': tag})
        assert again.status == 304 and again.body == b'' and again.headers['etag'] == tag, again.headers
        for accept, body, encoding in (('gzip, br', b'pretend brotli', 'br'), ('gzip', b'pretend gzip', 'gzip'), ('br;q=0, gzip', b'pretend gzip', 'gzip'),
                                       ('identity', SCRIPT, None)):
            answer = client.get('/assets/main-abc123.js', headers={'Accept-Encoding': accept})
            assert answer.body == body and answer.headers.get('content-encoding') == encoding and 'Accept-Encoding' in answer.headers['vary'], (accept, answer.headers)
            assert answer.headers['content-type'].startswith('text/javascript')


def raw_get(port, path):
    with socket.create_connection(('127.0.0.1', port), timeout=120) as client:
        client.sendall(b'GET ' + path + b' HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: close\r\n\r\n')
        answer = b''
        while piece := client.recv(65536):
            answer += piece
        return answer


def test_nothing_outside_is_served():
    paths = [b'/../secret.txt', b'/%2e%2e/secret.txt', b'/assets/../../secret.txt', b'/assets/%2e%2e/%2e%2e/secret.txt', b'/..%2fsecret.txt', b'/..%5csecret.txt',
             b'/%2e%2e%2fsecret.txt', b'/../dashboard-evil/x.txt', b'/link.txt', b'/linked/secret.txt', b'/.hidden', b'/assets/./../.hidden', b'//etc/passwd',
             b'/%00', b'/assets/main-abc123.js%00.html', b'/etc/passwd', b'/....//secret.txt', b'/%c0%ae%c0%ae/secret.txt', b'/assets', b'/assets/']
    with Served() as daemon:
        for path in paths:
            answer = raw_get(daemon.port, path)
            assert b'secret' not in answer.split(b'\r\n\r\n', 1)[-1].replace(b'secret.txt', b'') and b'hidden' not in answer, (path, answer)
            assert re.match(rb'HTTP/1\.1 (400|404) ', answer), (path, answer[:60])


def test_api_pages_need_a_session():
    with Served() as daemon:
        for path in ('/docs', '/redoc'):
            answer = daemon.client().get(path)
            assert answer.status == 302 and answer.headers['location'] == f'/login?next={path}', answer.headers
        owner = daemon.set_up()
        for path, script in (('/docs', '/api-docs/docs.js'), ('/redoc', '/api-docs/redoc.js')):
            page = owner.get(path)
            text = page.body.decode()
            assert page.status == 200 and script in text and '<script>' not in text and ' on' not in re.sub(r'<[a-z]+ lang', '', text.split('<body>')[0]), text
            policy = page.headers['content-security-policy']
            assert "style-src 'self' 'unsafe-inline'" in policy and 'worker-src' in policy and "default-src 'self'" in policy, policy
            assert not re.search(r'(src|href)="(https?:)?//', text), text
            assert owner.get(script).headers['content-type'].startswith('text/javascript')
        assert owner.get('/api-docs/swagger-ui-bundle.js').body == b'// bundle'


def test_a_missing_dashboard_says_what_to_do():
    with tempfile.TemporaryDirectory() as folder, Daemon(args=[f'--dashboard-dir={folder}/nowhere']) as daemon:
        page = daemon.client().get('/')
        assert page.status == 503 and b'./start.sh' in page.body and b'--dashboard-dir' in page.body, page.body
        daemon.client().get('/healthz').expect(200)


harness.main(globals())

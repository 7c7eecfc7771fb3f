# SPDX-License-Identifier: MIT
"""A small service as it stands in a homelab: JSON over HTTP with a key, its OpenAPI document, and a SearXNG-like search."""
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = 'k3y-of-the-test-that-nobody-sees'


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *unused):
        pass

    def answer(self, status, value, kind='application/json', headers=()):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def handle_any(self):
        length = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(length).decode()
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        self.server.seen.append({'method': self.command, 'path': url.path, 'query': query, 'headers': dict(self.headers), 'body': body})
        if url.path == '/openapi.json':
            return self.answer(200, self.server.document)
        if url.path == '/search':
            results = [{'title': f'About {query["q"]}', 'url': 'https://example.org/a', 'content': 'A snippet'}]
            return self.answer(200, {'query': query['q'], 'results': results})
        if self.headers.get('X-Api-Key') != KEY:
            return self.answer(401, {'error': f'wrong key {self.headers.get("X-Api-Key")}'})
        if url.path.startswith('/api/disks/') and self.command == 'GET':
            return self.answer(200, {'disk': urllib.parse.unquote(url.path[11:]), 'free': 42, 'unit': query.get('unit', 'GB'), 'echo': KEY})
        if url.path == '/api/blocking' and self.command == 'POST':
            return self.answer(200, {'set': json.loads(body)})
        return self.answer(404, {'error': 'no such thing'})

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any


def document(url):
    disk = {'name': 'disk', 'in': 'path', 'required': True, 'schema': {'type': 'string'}}
    unit = {'name': 'unit', 'in': 'query', 'schema': {'type': 'string', 'enum': ['GB', 'TB']}}
    body = {'content': {'application/json': {'schema': {'$ref': '#/components/schemas/Blocking'}}}}
    return {'openapi': '3.1.0', 'info': {'title': 'Home', 'version': '1'}, 'servers': [{'url': url}], 'security': [{'key': []}],
            'components': {'securitySchemes': {'key': {'type': 'apiKey', 'in': 'header', 'name': 'X-Api-Key'}},
                           'schemas': {'Blocking': {'type': 'object', 'required': ['on'], 'properties': {'on': {'type': 'boolean'}, 'timer': {'type': 'integer'}}}}},
            'paths': {'/api/disks/{disk}': {'get': {'operationId': 'getDisk', 'summary': 'How full a disk is', 'parameters': [disk, unit]}},
                      '/api/blocking': {'post': {'operationId': 'setBlocking', 'summary': 'Switch blocking', 'requestBody': body}},
                      '/api/avatar': {'put': {'requestBody': {'required': True, 'content': {'image/png': {}}}}}}}


class HomeApi:
    def __enter__(self):
        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}'
        self.seen = self.server.seen = []
        self.server.document = document(self.url)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()

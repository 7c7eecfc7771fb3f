# SPDX-License-Identifier: MIT
"""A model of an OpenAI-compatible server whose mind is a Python function: for tests that need thousands of answers at once.

decide(messages, tools) answers (text, [(tool name, arguments), ...]); tool names are as the server is told them.
"""
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *unused):
        pass

    def answer_json(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer_json(200, {'object': 'list', 'data': [{'id': 'fake', 'object': 'model'}]})

    def event(self, delta, finish=None, usage=None):
        chunk = {'id': 'c', 'object': 'chat.completion.chunk', 'model': 'fake', 'choices': [{'index': 0, 'delta': delta, 'finish_reason': finish}]}
        if usage:
            chunk['usage'] = usage
        data = f'data: {json.dumps(chunk)}\n\n'.encode()
        self.wfile.write(f'{len(data):x}\r\n'.encode() + data + b'\r\n')
        self.wfile.flush()

    def do_POST(self):
        try:
            request = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        except (OSError, ValueError):
            self.close_connection = True
            return
        self.server.requests += 1
        tools = [tool['function']['name'] for tool in request.get('tools') or []]
        text, calls = self.server.decide(request['messages'], tools)
        try:
            self.stream(text, calls)
        except OSError:
            self.close_connection = True

    def stream(self, text, calls):
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        self.event({'role': 'assistant', 'content': ''})
        for piece in text.split(' '):
            time.sleep(self.server.delay)
            self.event({'content': piece + ' '})
        for index, (name, arguments) in enumerate(calls):
            time.sleep(self.server.delay)
            self.event({'tool_calls': [{'index': index, 'id': f'call_{time.monotonic_ns()}_{index}', 'type': 'function',
                                        'function': {'name': name, 'arguments': json.dumps(arguments)}}]})
        self.event({}, 'tool_calls' if calls else 'stop', {'prompt_tokens': 10, 'completion_tokens': 5, 'total_tokens': 15})
        data = b'data: [DONE]\n\n'
        self.wfile.write(f'{len(data):x}\r\n'.encode() + data + b'\r\n0\r\n\r\n')


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that are killed leave connections behind: nothing to report."""


class FakeLlm:
    """Context manager: .url is what to configure as base URL."""

    def __init__(self, decide, delay=0.0):
        self.server = Server(('127.0.0.1', 0), Handler)
        self.server.decide, self.server.delay, self.server.requests = decide, delay, 0
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}/v1'

    @property
    def requests(self):
        return self.server.requests

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()

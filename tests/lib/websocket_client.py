# SPDX-License-Identifier: MIT
"""A WebSocket client for tests (RFC 6455): small enough to misbehave where a test needs it. Standard library only."""
import base64
import json
import os
import socket
import struct


class Closed(Exception):
    def __init__(self, code):
        super().__init__(f'closed with {code}')
        self.code = code


class WebSocket:
    def __init__(self, port, path='/api/v1/live', headers=None, timeout=120, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(('127.0.0.1', port))
        self.data = b''
        send = {'Host': f'127.0.0.1:{port}', 'Upgrade': 'websocket', 'Connection': 'Upgrade', 'Sec-WebSocket-Version': '13',
                'Sec-WebSocket-Key': base64.b64encode(os.urandom(16)).decode(), **(headers or {})}
        self.socket.sendall((f'GET {path} HTTP/1.1\r\n' + ''.join(f'{name}: {value}\r\n' for name, value in send.items()) + '\r\n').encode())
        while b'\r\n\r\n' not in self.data:
            piece = self.socket.recv(4096)
            if not piece:
                break
            self.data += piece
        self.answer, _, self.data = self.data.partition(b'\r\n\r\n')
        self.status = int(self.answer.split(b' ')[1])

    def _read(self, count):
        while len(self.data) < count:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                piece = b''
            if not piece:
                raise Closed(None)
            self.data += piece
        piece, self.data = self.data[:count], self.data[count:]
        return piece

    def frame(self):
        first, second = self._read(2)
        length = second & 127
        if length == 126:
            length = struct.unpack('>H', self._read(2))[0]
        elif length == 127:
            length = struct.unpack('>Q', self._read(8))[0]
        return first & 15, self._read(length)

    def receive(self):
        """The next message as JSON; answers pings; raises Closed."""
        while True:
            opcode, payload = self.frame()
            if opcode == 8:
                raise Closed(struct.unpack('>H', payload[:2])[0] if payload else 1005)
            if opcode == 9:
                self.send_frame(10, payload)
            elif opcode in (1, 2):
                return json.loads(payload)

    def send_frame(self, opcode, payload):
        mask = os.urandom(4)
        length = len(payload)
        head = bytes([0x80 | opcode]) + (bytes([0x80 | length]) if length < 126 else
                                         bytes([0x80 | 126]) + struct.pack('>H', length) if length < 65536 else
                                         bytes([0x80 | 127]) + struct.pack('>Q', length))
        self.socket.sendall(head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload)))

    def send(self, value):
        self.send_frame(1, json.dumps(value).encode())

    def subscribe(self, *topics):
        """Subscribes and waits until each is confirmed or refused; answers the events by topic."""
        self.send({'subscribe': list(topics)})
        answers = {}
        while len(answers) < len(topics):
            message = self.receive()
            if message['event'] in ('subscribed', 'refused'):
                answers[message['topic']] = message['event']
        return answers

    def close_code(self):
        """Reads to the end and answers the close code."""
        try:
            while True:
                self.receive()
        except Closed as end:
            return end.code

    def close(self):
        self.socket.close()

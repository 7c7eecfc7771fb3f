# SPDX-License-Identifier: MIT
"""A server on loopback that takes connections and never says a word: whoever waits for it waits until told otherwise."""
import socket
import threading


class Mute:
    def __enter__(self):
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.taken = self.left = 0
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.taken += 1
            threading.Thread(target=self.listen, args=(connection,), daemon=True).start()

    def listen(self, connection):
        with connection:
            try:
                while connection.recv(4096):
                    pass
            except OSError:
                pass
        self.left += 1

# SPDX-License-Identifier: MIT
"""What was really done in a folder, as the kernel tells it (inotify): a witness that no record of the daemon has a part in."""
import collections
import ctypes
import os
import struct
import threading

MOVED_TO, OVERFLOW = 0x80, 0x4000
HEAD = struct.Struct('iIII')


class Witness:
    """Counts how often a file got into its place under each name: who writes one does so beside it, and renames."""

    def __init__(self, folder):
        self.counts = collections.Counter()
        self.lost = False
        libc = ctypes.CDLL(None, use_errno=True)
        self.events = libc.inotify_init1(os.O_CLOEXEC)
        if self.events < 0 or libc.inotify_add_watch(self.events, os.fsencode(folder), MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), f'{folder} cannot be watched')
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while True:
            data, at = os.read(self.events, 65536), 0
            while at < len(data):
                _, mask, _, length = HEAD.unpack_from(data, at)
                name = data[at + HEAD.size:at + HEAD.size + length].rstrip(b'\0').decode()
                at += HEAD.size + length
                if name == END:
                    return
                self.lost = self.lost or bool(mask & OVERFLOW)
                self.counts[name] += 1

    def testify(self, folder):
        """The counts of all that was done until now."""
        mark = os.path.join(folder, f'{END}.new')
        with open(mark, 'w', encoding='ascii'):
            pass
        os.rename(mark, os.path.join(folder, END))
        self.thread.join(60)
        os.close(self.events)
        assert not self.thread.is_alive() and not self.lost, 'the witness missed something'
        return self.counts


END = 'end-of-the-watch'

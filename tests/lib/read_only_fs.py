#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""read_only_fs.py FOLDER MOUNT_POINT SWITCH: shows FOLDER at MOUNT_POINT, and lets nothing be changed there while the file SWITCH exists, files that are
open for it included. So network storage does that its server makes read-only; of file systems on a disk Linux gives back none that is in use."""
import errno
import os
import sys

from fusepy import FUSE, FuseOSError, Operations

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Shown(Operations):
    def __init__(self, folder, switch):
        self.folder, self.switch = folder, switch

    def at(self, path):
        return self.folder + path

    def check(self):
        if os.path.exists(self.switch):
            raise FuseOSError(errno.EROFS)

    def change(self, function, path, *arguments):
        self.check()
        return function(self.at(path), *arguments)

    def access(self, path, amode):
        if not os.access(self.at(path), amode):
            raise FuseOSError(errno.EACCES)

    def getattr(self, path, fh=None):
        info = os.lstat(self.at(path))
        return {key: getattr(info, key) for key in dir(info) if key.startswith('st_')}

    def readdir(self, path, fh):
        return ['.', '..', *os.listdir(self.at(path))]

    def statfs(self, path):
        info = os.statvfs(self.at(path))
        return {key: getattr(info, key) for key in dir(info) if key.startswith('f_')}

    def open(self, path, flags):
        if flags & WRITING:
            self.check()
        return os.open(self.at(path), flags)

    def create(self, path, mode, fi=None):
        return self.change(os.open, path, os.O_RDWR | os.O_CREAT, mode)

    def read(self, path, size, offset, fh):
        return os.pread(fh, size, offset)

    def write(self, path, data, offset, fh):
        self.check()
        return os.pwrite(fh, data, offset)

    def fsync(self, path, datasync, fh):
        os.fsync(fh)

    def release(self, path, fh):
        os.close(fh)

    def truncate(self, path, length, fh=None):
        self.change(os.truncate, path, length)

    def chmod(self, path, mode):
        self.change(os.chmod, path, mode)

    def chown(self, path, uid, gid):
        self.change(os.chown, path, uid, gid)

    def utimens(self, path, times=None):
        self.change(os.utime, path, times)

    def mkdir(self, path, mode):
        self.change(os.mkdir, path, mode)

    def rmdir(self, path):
        self.change(os.rmdir, path)

    def unlink(self, path):
        self.change(os.unlink, path)

    def link(self, target, source):
        self.change(os.link, source, self.at(target))

    def rename(self, old, new):
        self.change(os.rename, old, self.at(new))


if __name__ == '__main__':
    FUSE(Shown(sys.argv[1], sys.argv[3]), sys.argv[2], foreground=True, default_permissions=True, allow_other=True)

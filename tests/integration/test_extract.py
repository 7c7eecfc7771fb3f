#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""filesystem.extract with archives of every kind that it takes, made by other programs than it reads them with; and its limits."""
import bz2
import io
import lzma
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, ended, say  # noqa: E402

CONTENT = {'top.txt': b'top\n', 'sub/deep/data.bin': bytes(range(256)) * 500, 'sub/empty': b'', 'sub/grün und 日本.txt': 'grüße\n'.encode()}
MAX_ENTRIES, MAX_BYTES = 10_000, 1 << 30


class Place:
    """A daemon in the locale @locale whose model unpacks what a test says."""

    def __init__(self, locale='C'):
        self.calls = []
        self.llm = FakeLlm(lambda messages, tools: ('over', []) if messages[-1]['role'] == 'tool' else ('', [('filesystem-extract', one) for one in self.calls]))
        self.daemon = Daemon(env={'LC_ALL': locale})

    def __enter__(self):
        self.llm.__enter__()
        self.daemon.__enter__()
        self.client = self.daemon.set_up()
        self.client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': self.llm.url, 'default_model': 'm'}).expect(201)
        self.client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        self.folder = self.daemon.data_dir / 'workspace'
        return self

    def __exit__(self, *unused):
        self.llm.__exit__()
        self.daemon.__exit__()

    def extract(self, name, to='', seconds=60):
        """(outcome, text, where it went)"""
        to = to or f'out of {name}'
        self.calls[:] = [{'path': name, 'to': to}]
        _, run = say(self.client, '@Files go on')
        ended(self.client, run['id'], seconds)
        (call,) = self.client.items(f'/api/v1/runs/{run["id"]}/calls')
        return call['outcome'], call['result']['text'], self.folder / to

    def refused(self, name, words, to=''):
        outcome, text, where = self.extract(name, to)
        assert outcome in ('failed', 'denied') and words in text, (name, outcome, text)
        return where


def tar(mode, tar_format=tarfile.PAX_FORMAT):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=tar_format) as archive:
        for name, content in CONTENT.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o6777
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def zipped(compression):
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w', compression) as archive:
        for name, content in CONTENT.items():
            archive.writestr(name, content)
    return file.getvalue()


def archives():
    yield 'plain.tar', tar('w')
    yield 'gnu.tar', tar('w', tarfile.GNU_FORMAT)
    yield 'old.tar', tar('w', tarfile.USTAR_FORMAT)
    yield 'a.tar.gz', tar('w:gz')
    yield 'a.tar.bz2', tar('w:bz2')
    yield 'a.tar.xz', tar('w:xz')
    yield 'a.tar.zst', subprocess.run(['zstd', '-q', '-c'], input=tar('w'), capture_output=True, check=True).stdout
    yield 'stored.zip', zipped(zipfile.ZIP_STORED)
    yield 'deflated.zip', zipped(zipfile.ZIP_DEFLATED)
    yield 'a.tgz named otherwise', tar('w:gz')


def found_in(where):
    return {str(path.relative_to(where)): path.read_bytes() for path in where.rglob('*') if path.is_file()}


def check_every_kind(locale):
    with Place(locale) as place:
        for name, data in archives():
            (place.folder / name).write_bytes(data)
            outcome, text, where = place.extract(name)
            assert outcome == 'success', (locale, name, text)
            assert found_in(where) == CONTENT, (locale, name, sorted(found_in(where)))
            assert f'{len(CONTENT)} entries, {sum(map(len, CONTENT.values()))} bytes' in text, text
            assert not [path for path in where.rglob('*') if path.stat().st_mode & 0o7022], (name, 'rights nobody asked for')


def test_every_kind_with_no_locale():
    check_every_kind('C')


def test_every_kind_in_a_locale():
    check_every_kind('C.UTF-8')


def many(number):
    """A zip of that many empty files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w') as archive:
        for index in range(number):
            archive.writestr(f'{index // 100}/{index}', b'')
    return file.getvalue()


def large(size, pack):
    """A tar of one file of @size zeros, packed."""
    entry = tarfile.TarInfo('zeros')
    entry.size = size
    packer, block = pack(), bytes(1 << 20)
    parts = [packer.compress(entry.tobuf())]
    for begin in range(0, size + 1024, len(block)):
        parts.append(packer.compress(block[:min(len(block), size - size % -512 + 1024 - begin)]))
    return b''.join([*parts, packer.flush()])


def test_limits():
    with Place() as place:
        for name, data in (('most.zip', many(MAX_ENTRIES)), ('more.zip', many(MAX_ENTRIES + 1)), ('more.tar.bz2', large(MAX_BYTES + 1, bz2.BZ2Compressor))):
            (place.folder / name).write_bytes(data)
        outcome, text, where = place.extract('most.zip')
        assert outcome == 'success' and len(found_in(where)) == MAX_ENTRIES, text
        assert not place.refused('more.zip', f'more than {MAX_ENTRIES} entries').exists()
        assert not place.refused('more.tar.bz2', f'more than {MAX_BYTES >> 20} MiB').exists()


def test_what_is_there_is_left_as_it_is():
    with Place() as place, tempfile.TemporaryDirectory() as outside:
        (place.folder / 'a.tar').write_bytes(tar('w'))
        (place.folder / 'folder').mkdir()
        (place.folder / 'file').write_text('mine', encoding='ascii')
        (place.folder / 'link').symlink_to(outside)
        (place.folder / 'dangling').symlink_to(f'{outside}/new')
        for to in ('folder', 'file', 'link', 'dangling', 'a.tar'):
            place.refused('a.tar', 'exists already', to)
        for to in ('folder/../folder', 'link/in'):
            assert place.extract('a.tar', to)[0] in ('failed', 'denied'), to
        assert not os.listdir(outside) and not os.listdir(place.folder / 'folder') and (place.folder / 'file').read_text(encoding='ascii') == 'mine'


def secret_zip(folder):
    (folder / 'inner').write_text('inner', encoding='ascii')
    subprocess.run(['zip', '-q', '-P', 'word', 'secret.zip', 'inner'], cwd=folder, check=True)


def test_what_is_broken_leaves_nothing_behind():
    whole = tar('w')
    rows = (('cut.tar', whole[:len(whole) // 2]), ('cut.tar.gz', tar('w:gz')[:-400]), ('cut.tar.xz', lzma.compress(whole)[:-100]), ('cut.zip', zipped(zipfile.ZIP_DEFLATED)[:-200]),
            ('empty', b''), ('words.txt', b'words\n' * 1000), ('flipped.zip', zipped(zipfile.ZIP_STORED).replace(b'top\n', b'tip\n')))
    with Place() as place:
        for name, data in rows:
            (place.folder / name).write_bytes(data)
            outcome, text, where = place.extract(name)
            assert outcome == 'failed' and 'archive' in text and not where.exists(), (name, outcome, text)
        secret_zip(place.folder)
        assert not place.refused('secret.zip', 'assphrase').exists()


if __name__ == '__main__':
    harness.main(globals())

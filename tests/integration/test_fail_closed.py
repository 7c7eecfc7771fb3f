#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A store that can't be written, in each way that this happens: nothing runs that is not on record, the error says why, and all goes on by itself."""
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import booted  # noqa: E402
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import ended, say, wait_for  # noqa: E402
from inventory import is_running  # noqa: E402
from test_audit import export, key_of, verify  # noqa: E402

PAGE = 4096
NO_MOUNT = 'this user may not mount a file system'


class Toucher:
    """A model whose Operator makes the file that it is asked for; what is asked for as *held* waits until `go` is set."""

    def __init__(self, folder):
        self.folder, self.go, self.held, self.commands = folder, threading.Event(), threading.Event(), {}

    def __call__(self, messages, tools):
        if messages[-1]['role'] == 'tool':
            return 'done', []
        name = re.findall(r'make (\w+)', str(messages[-1]['content']))[-1]
        if name == 'held':
            self.held.set()
            self.go.wait(300)
        return '', [(next(tool for tool in tools if 'exec' in tool), {'command': self.commands.get(name, f'touch {name}')})]


class Witness:
    """The daemon on @data_dir, with an Operator whose commands leave files in a folder elsewhere."""

    def __init__(self, daemon, folder, model, url):
        self.daemon, self.folder, self.model = daemon, folder, model
        self.client = daemon.set_up()
        self.client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': url, 'default_model': 'm'}).expect(201)
        self.client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        self.client.post('/api/v1/operators', {'name': 'Toucher', 'permission_level': 'exec', 'working_directory': str(folder), 'tools': ['shell.exec']}).expect(201)
        self.make('before')
        _, self.run = say(self.client, '@Toucher make held')
        wait_for(self.model.held.is_set, 'the model')

    def make(self, name):
        _, run = say(self.client, f'@Toucher make {name}')
        assert ended(self.client, run['id'])['state'] == 'done'
        assert (self.folder / name).exists(), name

    def refused(self):
        """Writes a row; the message where that was refused, in the one way that it may be."""
        answer = self.client.post('/api/v1/operators', {'name': f'O{time.monotonic_ns()}', 'system_prompt': 'y' * 20000})
        assert answer.status in (201, 503), (answer.status, answer.body)
        return answer.json['error']['message'] if answer.status == 503 else None

    def broken(self, message):
        """What holds while nothing can be written: @message is said, reading goes on, and what a model wants done is not done."""
        wait_for(lambda: re.search(message, self.refused() or ''), 'a refusal that says why')
        self.model.go.set()
        # What the run has to write is tried again and again, and it goes no further.
        n_failures = len(re.findall(message, self.daemon.stderr()))
        wait_for(lambda: len(re.findall(message, self.daemon.stderr())) >= n_failures + 3, 'word of it in the log')
        answer = self.client.post('/api/v1/sessions')
        assert answer.status == 503, answer.body
        assert self.daemon.process.poll() is None and not (self.folder / 'held').exists()

    def recovered(self):
        """Every change that was made is recorded, no other is, the record verifies, and each run has ended or is carried out, on record."""
        wait_for(lambda: self.client.post('/api/v1/operators', {'name': 'After'}).status in (201, 409), 'recovery')
        ended(self.client, self.run['id'])
        self.make('after')
        text = export(self.client)
        code, output = verify(key_of(self.client), text)
        assert code == 0, output
        records = [json.loads(line) for line in text.decode().splitlines()[1:]]
        recorded = sorted(record['detail']['name'] for record in records if record['event'] == 'operator.created' and re.fullmatch(r'O\d+', record['detail']['name']))
        assert recorded == sorted(name for name in self.names() if re.fullmatch(r'O\d+', name)), recorded
        touched = {record['arguments']['command'] for record in records if record['event'] == 'call.declared'}
        assert touched == {f'touch {name}' for name in os.listdir(self.folder)}, (touched, os.listdir(self.folder))

    def names(self):
        names, after = [], ''
        while after is not None:
            page = self.client.get(f'/api/v1/operators?limit=200{after}').expect(200)
            names += [operator['name'] for operator in page['items']]
            after = page['next'] and f'&after={page["next"]}'
        return names


@contextlib.contextmanager
def witness(data_dir=None):
    folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-test-'))
    model = Toucher(folder)
    try:
        with FakeLlm(model) as llm, harness.Daemon(data_dir=data_dir) as daemon:
            try:
                yield Witness(daemon, folder, model, llm.url)
            finally:
                model.go.set()
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def mounted(*mount):
    """A folder with a file system of its own; None where this user may not have one."""
    folder = tempfile.mkdtemp(prefix='vigilus-test-')
    if os.geteuid() != 0 or subprocess.run(['mount', *mount, folder], check=False, capture_output=True).returncode != 0:
        os.rmdir(folder)
        yield None
        return
    try:
        yield pathlib.Path(folder)
    finally:
        subprocess.run(['umount', '-l', folder], check=True)
        os.rmdir(folder)


def test_full_disk():
    """PITFALLS 26."""
    with mounted('-t', 'tmpfs', '-o', 'size=6m', 'none') as folder:
        if folder is None:
            return NO_MOUNT
        with witness(folder) as seen:
            filler = os.open(folder / 'filler', os.O_WRONLY | os.O_CREAT)
            try:
                while True:
                    os.write(filler, b'x' * 4096)
            except OSError:
                os.close(filler)
            seen.broken('no space is left|disk is full')
            os.unlink(folder / 'filler')
            seen.recovered()
    return None


def test_locked_database():
    """PITFALLS 26."""
    with witness() as seen:
        other = sqlite3.connect(seen.daemon.data_dir / 'vigilus.db', isolation_level=None)
        other.execute('BEGIN IMMEDIATE')
        seen.broken('locked')
        other.execute('ROLLBACK')
        other.close()
        seen.recovered()


def test_io_errors():
    """PITFALLS 26. Files may not grow any more: every write beyond what there is fails."""
    with witness() as seen:
        usual = resource.prlimit(seen.daemon.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(seen.daemon.process.pid, resource.RLIMIT_FSIZE, (4096, usual[1]))
        seen.broken('I/O error')
        resource.prlimit(seen.daemon.process.pid, resource.RLIMIT_FSIZE, usual)
        seen.recovered()


def test_read_only_file_system():
    """PITFALLS 26. Linux itself makes it read-only, as for a failing disk; it gives it back to nobody before it was unmounted."""
    with tempfile.TemporaryDirectory(prefix='vigilus-test-') as place:
        image = pathlib.Path(place, 'image')
        with open(image, 'wb') as file:
            file.truncate(32 << 20)
        subprocess.run(['/sbin/mkfs.ext4', '-q', '-F', str(image)], check=True)
        mount = ('-o', 'loop,errors=remount-ro', str(image))
        with mounted(*mount) as folder:
            if folder is None:
                return NO_MOUNT
            with witness(folder) as seen:
                device = subprocess.run(['findmnt', '-n', '-o', 'SOURCE', str(folder)], check=True, capture_output=True, text=True).stdout.strip()
                pathlib.Path('/sys/fs/ext4', os.path.basename(device), 'trigger_fs_error').write_text('1', encoding='ascii')
                seen.broken('read-only')
                seen.daemon.stop()
                subprocess.run(['umount', str(folder)], check=True)
                held = ['losetup', '-j', str(image)]
                wait_for(lambda: not subprocess.run(held, capture_output=True, check=True).stdout, 'the end of whatever else has it mounted')
                subprocess.run(['/sbin/e2fsck', '-fp', str(image)], check=False, capture_output=True)
                subprocess.run(['mount', *mount, str(folder)], check=True)
                seen.daemon.start()
                seen.client = seen.daemon.log_in()
                seen.recovered()
    return None


@contextlib.contextmanager
def network_storage():
    """A folder, and the file that makes it read-only while it exists; None where this user may not have one."""
    with tempfile.TemporaryDirectory(prefix='vigilus-test-') as place:
        real, shown, switch = (pathlib.Path(place, name) for name in ('real', 'shown', 'switch'))
        real.mkdir()
        shown.mkdir()
        server = subprocess.Popen(['/usr/bin/python3', str(harness.TOP / 'tests/lib/read_only_fs.py'), str(real), str(shown), str(switch)])
        try:
            wait_for(lambda: os.path.ismount(shown) or server.poll() is not None, 'the mount')
            yield (shown, switch) if server.poll() is None else None
        finally:
            server.terminate()
            server.wait()
            subprocess.run(['umount', '-l', str(shown)], check=False, capture_output=True)


def test_read_only_and_back():
    """PITFALLS 26. Storage that may not be changed for a while, files that are open included: it goes on without a restart."""
    if os.geteuid() != 0 or not os.path.exists('/dev/fuse'):
        return NO_MOUNT
    with network_storage() as storage:
        if storage is None:
            return NO_MOUNT
        folder, switch = storage
        with witness(folder) as seen:
            switch.touch()
            seen.broken('Read-only|read-only')
            switch.unlink()
            seen.recovered()
    return None


def overwrite(path):
    """All but the first page; what mends it leaves alone what was written since."""
    good = path.read_bytes()
    bad = bytes(range(256)) * (PAGE // 256)
    with open(path, 'r+b') as file:
        for offset in range(PAGE, len(good), PAGE):
            file.seek(offset)
            file.write(bad)

    def mend():
        with open(path, 'r+b') as file:
            for offset in range(PAGE, len(good), PAGE):
                file.seek(offset)
                if file.read(PAGE) == bad:
                    file.seek(offset)
                    file.write(good[offset:offset + PAGE])
    return mend


def test_database_that_is_damaged_while_it_runs():
    """PITFALLS 26."""
    with witness() as seen:
        writer = sqlite3.connect(seen.daemon.data_dir / 'vigilus.db')
        writer.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        writer.close()
        mend = overwrite(seen.daemon.data_dir / 'vigilus.db')
        seen.broken('damaged')
        mend()
        seen.recovered()


def test_the_panic_switch_needs_no_store():
    """Everything ends at once; that it stays so over a restart is written as soon as it can be."""
    with witness() as seen:
        mark = f'sleep 8{os.getpid()}'
        seen.model.commands['sleeping'] = mark
        _, run = say(seen.client, '@Toucher make sleeping')
        wait_for(lambda: is_running(f'^{mark}'), 'the command')
        other = sqlite3.connect(seen.daemon.data_dir / 'vigilus.db', isolation_level=None)
        other.execute('BEGIN IMMEDIATE')
        pressed = time.monotonic()
        waiting = threading.Thread(target=seen.client.post, args=('/api/v1/freeze', {'reason': 'a test'}))
        waiting.start()
        wait_for(lambda: not is_running(f'^{mark}'), 'the end of the command')
        took = time.monotonic() - pressed
        assert waiting.is_alive() or took > 4, 'nothing can be written yet'
        waiting.join()
        seen.model.go.set()
        assert not (seen.folder / 'held').exists()
        other.execute('ROLLBACK')
        other.close()
        frozen = wait_for(lambda: seen.client.get('/api/v1/status').expect(200)['frozen'], 'word of it')
        ended(seen.client, run['id'])
        wait_for(lambda: seen.client.items('/api/v1/audit?event=panic.frozen'), 'the record')
        seen.daemon.kill()
        seen.daemon.start()
        client = seen.daemon.log_in()
        assert client.get('/api/v1/status').expect(200)['frozen']['reason'] == frozen['reason'] == 'a test'
        (row,) = client.items(f'/api/v1/audit?run_id={run["id"]}&event=call.outcome')
        assert row['outcome'] == 'interrupted' and not (seen.folder / 'held').exists(), row
        print(f'# the command was gone {took * 1000:.0f} ms after the switch was pressed')


def test_damaged_database():
    """It does not start on one, says what is wrong, and does not touch it."""
    with harness.Daemon() as daemon:
        daemon.set_up()
        daemon.stop()
        path = daemon.data_dir / 'vigilus.db'
        content = bytearray(path.read_bytes())
        content[4096:len(content) // 2] = bytes(len(content) // 2 - 4096)
        path.write_bytes(content)
        try:
            daemon.start()
            raise SystemError('it started')
        except AssertionError as error:
            assert 'damaged' in str(error), error
        assert path.read_bytes() == bytes(content)


if __name__ == '__main__':
    # What is mounted is unmounted when this says so: where others can see it, a namespace that is made meanwhile keeps it.
    booted.enter(network=False)
    harness.main(globals())

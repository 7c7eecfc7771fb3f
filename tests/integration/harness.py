# SPDX-License-Identifier: MIT
"""What integration tests share: the real daemon on a data directory of its own, an HTTP client, TAP output. Standard library only."""
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
from ports import free_port  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get('VIG_BUILD', TOP / 'build'))
PASSWORD = 'correct horse battery'
# A daemon that is built with sanitizers takes longer: every limit in time is so many times what it is without. tests/run.py sets both.
SLOWNESS = float(os.environ.get('VIG_SLOWNESS', 1))
REPORTS = os.environ.get('VIG_SANITIZER_REPORTS')
# Nothing takes this long, on a slow and busy machine too: a limit for what must not hang.
PATIENCE = 120 * SLOWNESS
# Promised times are measured where nothing else runs, by tests/run.py --long; elsewhere they are told, and only what is far beyond them fails.
TOLERANCE = 1 if os.environ.get('VIG_MEASURE') else 20
# Shadow memory, and freed memory that is kept to see who touches it: limits in memory are so many times what they are without.
FATNESS = 40 if REPORTS else 1
# Where a confined child may not write a report, it stands among what the daemon logs.
REPORTED = re.compile(r'^.*(?:ERROR: \w+Sanitizer|: runtime error: ).*$', re.MULTILINE)


def asan_options(more):
    """The environment of a daemon to which other rules apply, where it is built with AddressSanitizer."""
    return {'ASAN_OPTIONS': f'{os.environ.get("ASAN_OPTIONS", "")}:{more}'}


def take_reports():
    """What sanitizers have reported since the last call."""
    texts = []
    for path in sorted(pathlib.Path(REPORTS).glob('report.*')) if REPORTS else []:
        texts.append(path.read_text(encoding='utf-8', errors='replace'))
        path.rename(path.with_name(f'seen-{path.name}'))
    return '\n'.join(texts)


def wait_for(condition, what, seconds=0):
    """Polls until @condition() is true and returns its value."""
    end = time.monotonic() + max(seconds * SLOWNESS, PATIENCE)
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f'{what}: not within {max(seconds * SLOWNESS, PATIENCE)} s')


def assert_quick(limit, measure, attempts=4):
    """One of some attempts takes less than @limit seconds; @measure makes one and answers its seconds. What else the machine does only ever adds."""
    took, limit = [], limit * SLOWNESS * TOLERANCE
    while not took or min(took) >= limit:
        assert len(took) < attempts, f'not within {limit} s: {took}'
        took.append(measure())
        print(f'# it took {took[-1]:.2f} s', flush=True)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def expect(self, status):
        assert self.status == status, f'expected {status}, got {self.status}: {self.body[:500]!r}'
        return self.json if self.body and 'json' in self.headers.get('content-type', '') else self.body


class Client:
    """One browser: keeps its cookie and its CSRF token."""

    def __init__(self, port, token=None):
        self.port, self.token, self.cookie, self.csrf = port, token, None, None

    def request(self, method, path, body=None, headers=None, raw=None, timeout=PATIENCE):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)
        send = {'Host': f'127.0.0.1:{self.port}'}
        if self.cookie:
            send['Cookie'] = f'vigilus_session={self.cookie}'
        if self.csrf and method not in ('GET', 'HEAD'):
            send['X-CSRF-Token'] = self.csrf
        if self.token:
            send['Authorization'] = f'Bearer {self.token}'
        data = raw
        if body is not None:
            data = json.dumps(body).encode()
            send['Content-Type'] = 'application/json'
        send.update(headers or {})
        try:
            connection.request(method, path, data, send)
            response = connection.getresponse()
            cookies = '; '.join(response.headers.get_all('set-cookie') or [])
            answer = Answer(response.status, {key.lower(): value for key, value in response.getheaders()}, response.read())
        finally:
            connection.close()
        match = re.search(r'vigilus_session=([^;]*)', cookies)
        if match:
            self.cookie = match.group(1) or None
        return answer

    def get(self, path, **kwargs):
        return self.request('GET', path, **kwargs)

    def post(self, path, body=None, **kwargs):
        return self.request('POST', path, {} if body is None and 'raw' not in kwargs else body, **kwargs)

    def patch(self, path, body, **kwargs):
        return self.request('PATCH', path, body, **kwargs)

    def delete(self, path, **kwargs):
        return self.request('DELETE', path, **kwargs)

    def sign_in(self, answer):
        self.csrf = answer['csrf_token']
        return self

    def items(self, path):
        return self.get(path).expect(200)['items']


class Daemon:
    """vigilusd on a free port. Use as a context manager; kill() and start() again to crash it."""

    def __init__(self, secret='a-secret-for-tests', env=None, args=(), data_dir=None):
        self.own_dir = data_dir is None
        self.data_dir = pathlib.Path(data_dir or tempfile.mkdtemp(prefix='vigilus-test-'))
        self.secret, self.extra_env, self.args = secret, env or {}, list(args)
        self.process = self.port = self.setup_token = None
        self.killed_by = signal.SIGKILL
        self.output = ''

    def environment(self):
        env = {key: value for key, value in os.environ.items() if not key.startswith('VIGILUS_')}
        env.update({'VIGILUS_DATA_DIR': str(self.data_dir), 'LANG': 'C.UTF-8', **self.extra_env})
        if self.secret:
            env['VIGILUS_SECRET'] = self.secret
        return env

    def command(self):
        program = os.environ.get('VIG_DAEMON', str(BUILD / 'root' / 'bin' / 'vigilusd'))
        return [program, '--host=127.0.0.1', f'--port={self.port or free_port()}', '--dbus=none', f'--dashboard-dir={BUILD / "dashboard"}', *self.args]

    def start(self):
        self.log = open(self.data_dir.with_suffix('.log'), 'ab')
        self.process = subprocess.Popen(self.command(), env=self.environment(), stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL)
        text = b''
        end = time.monotonic() + PATIENCE
        while b'\nReady\n' not in b'\n' + text:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 65536) if ready else b''
            if not piece:
                raise AssertionError(f'vigilusd did not start: {text.decode()}\n{self.stderr()}')
            text += piece
        self.output = text.decode()
        self.port = int(re.search(r'http://[^:/\s]+:(\d+)', self.output).group(1))
        token = re.search(r'Set-up token: (\S+)', self.output)
        self.setup_token = token.group(1) if token else None
        return self

    def stderr(self):
        return self.data_dir.with_suffix('.log').read_text(encoding='utf-8', errors='replace')

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError('vigilusd did not stop on SIGTERM') from None
        return self.process.returncode if self.process else None

    def edit(self, statement):
        """Changes the database, with the daemon stopped for it."""
        self.stop()
        subprocess.run(['sqlite3', str(self.data_dir / 'vigilus.db'), statement], check=True)
        self.start()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind=None, *unused):
        try:
            code = self.stop()
            assert code >= 0 or code == -self.killed_by, f'vigilusd crashed by signal {-code}'
            reported = REPORTED.findall(self.stderr()) if REPORTS else []
            assert not reported, 'reported among what the daemon logged:\n' + '\n'.join(reported)
        finally:
            self.log.close()
            if self.own_dir:
                shutil.rmtree(self.data_dir, ignore_errors=True)
        # What it said is kept where something went wrong.
        if kind is None and self.own_dir:
            self.data_dir.with_suffix('.log').unlink(missing_ok=True)

    def client(self, token=None):
        return Client(self.port, token)

    def set_up(self, name='owner'):
        """The first account; answers a signed-in client."""
        client = self.client()
        return client.sign_in(client.post('/api/v1/setup/owner', {'name': name, 'password': PASSWORD}).expect(201))

    def log_in(self, name='owner', password=PASSWORD):
        client = self.client()
        return client.sign_in(client.post('/api/v1/login', {'name': name, 'password': password}).expect(200))


class ReplayServer:
    """tests/lib/replay_server.py as a child: an LLM server that follows a script."""

    def __init__(self, script):
        self.script = script

    def __enter__(self):
        self.file = tempfile.NamedTemporaryFile('w', suffix='.json', delete=False, encoding='utf-8')
        json.dump(self.script, self.file)
        self.file.close()
        self.process = subprocess.Popen(['/usr/bin/python3', str(TOP / 'tests/lib/replay_server.py'), self.file.name], stdout=subprocess.PIPE, text=True)
        self.port = int(re.search(r':(\d+)', self.process.stdout.readline()).group(1))
        self.url = f'http://127.0.0.1:{self.port}'
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        os.unlink(self.file.name)


def ended(client, run_id, seconds=0):
    """Waits until the run has ended and answers it."""
    def check():
        run = client.get(f'/api/v1/runs/{run_id}').expect(200)
        return run if run['state'] in ('done', 'failed', 'stopped') else None
    return wait_for(check, f'the end of run {run_id}', seconds)


def say(client, text, session=None):
    """Sends a message; answers (session id, run)."""
    session = session or client.post('/api/v1/sessions').expect(201)['id']
    return session, client.post(f'/api/v1/sessions/{session}/messages', {'text': text}).expect(202)


def pending(client):
    """Waits for an elevation request and answers it."""
    return wait_for(lambda: (client.items('/api/v1/approvals?status=pending') or [None])[0], 'an elevation request')


def decide(client, approval, decision='approve', **more):
    return client.post(f'/api/v1/approvals/{approval["id"]}/decision', {'decision': decision, **more}).expect(200)


def answer_text(client, session):
    """All that assistants said in the session."""
    return '\n'.join(message['content'].get('text', '') for message in client.items(f'/api/v1/sessions/{session}/messages?limit=200')
                     if message['kind'] in ('assistant', 'notice'))


def main(namespace):
    """Runs every test_* function of the module and prints TAP."""
    tests = [(name, value) for name, value in namespace.items() if name.startswith('test_') and callable(value)]
    wanted = sys.argv[1:]
    tests = [test for test in tests if not wanted or any(word in test[0] for word in wanted)]
    print(f'1..{len(tests)}', flush=True)
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        begin = time.monotonic()
        try:
            reason = function()
            reports = take_reports()
            assert not reports, reports
            print(f'ok {number} - {name} # ' + (f'SKIP {reason}' if reason else f'{time.monotonic() - begin:.1f} s'), flush=True)
        except Exception:  # noqa: BLE001 - a test may fail in any way
            failed += 1
            print(f'not ok {number} - {name}', flush=True)
            for line in (traceback.format_exc() + take_reports()).splitlines():
                print(f'# {line}', flush=True)
    sys.exit(1 if failed else 0)

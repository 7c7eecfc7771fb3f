#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Secrets of every format that the data has, planted in prompts, arguments, outputs, errors, URLs and headers: none comes out anywhere."""
import json
import os
import pathlib
import resource
import signal
import sys
import tempfile
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
import planted  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import BUILD, Daemon, ended, say  # noqa: E402
from websocket_client import Closed, WebSocket  # noqa: E402

# Not recognised, and known not to be: half a pattern without the shape of a secret (README of tests/data). test-redact.c counts them.
MISSED = {'curl-auth-user', 'kubernetes-secret-yaml', 'sidekiq-secret'}
PER_MESSAGE = 50
KEY = 'sk-' + 'configured0key0of0the0provider'
SECRET = 'the-secret-that-seals-everything'


def load_rows():
    """PITFALLS 23: 500 different ones of 60 formats, and 20 for good measure."""
    return [row for row in planted.different(540, MISSED) if 'BEGINPRIVATE' not in row['text']]


class Listener:
    """Keeps every frame that a signed-in browser gets."""

    def __init__(self, daemon, client, *topics):
        self.frames = []
        self.socket = WebSocket(daemon.port, headers={'Cookie': f'vigilus_session={client.cookie}'}, timeout=60)
        self.socket.subscribe('runs', 'approvals', 'sessions', 'operators', 'providers', 'settings', 'audit', *topics)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        try:
            while True:
                self.frames.append(json.dumps(self.socket.receive()))
        except (Closed, OSError, ValueError):
            return


class Model:
    """Says the secrets again, writes them into arguments, and reads them out of files."""

    def __init__(self, rows):
        self.rows, self.seen, self.number = rows, [], 0

    def __call__(self, messages, tools):
        self.seen.append(json.dumps(messages))
        if 'delegate' in tools:
            return '', [('delegate', {'operator': 'Planter', 'reason': self.rows[0]['text']})]
        if messages[-1]['role'] == 'tool':
            return 'Done.', []
        part = self.rows[self.number * PER_MESSAGE:(self.number + 1) * PER_MESSAGE]
        text = '\n\n'.join(row['text'] for row in part)
        name = f'{self.number}.txt'
        wire = {tool.replace('_', '.').replace('-', '.'): tool for tool in tools}
        calls = [('filesystem.read', {'path': name}), ('filesystem.write', {'path': f'copy-{name}', 'content': text}),
                 ('shell.exec', {'command': f'cat {name} >&2; env; cat /proc/self/environ; false'}), ('no.such', {'why': text})]
        return text, [(wire.get(tool, tool), arguments) for tool, arguments in calls]


def ended_with_approval(client, run_id):
    """Allows whatever waits until the run has ended."""
    def check():
        for approval in client.items('/api/v1/approvals?status=pending'):
            harness.decide(client, approval)
        run = client.get(f'/api/v1/runs/{run_id}').expect(200)
        return run if run['state'] in ('done', 'failed', 'stopped') else None
    return harness.wait_for(check, f'the end of run {run_id}', 60)


def plant_in_requests(client, rows):
    for row in rows:
        quoted = urllib.parse.quote(row['text'][:1500], safe='')
        header = ''.join(c for c in row['text'] if ' ' <= c <= '~')[:1000].strip()
        client.get(f'/api/v1/operators/{quoted[:900]}')
        client.get(f'/api/v1/operators?after={quoted[:900]}', headers={'User-Agent': header, 'X-Note': header, 'Referer': f'http://x/{quoted[:900]}'})
        client.post('/api/v1/operators', {'name': 'A', 'permission_level': row['text'][:200]})


def fail_with(rows):
    """A provider whose error tells secrets."""
    def think(messages, tools):
        raise AssertionError('not asked')
    llm = FakeLlm(think)
    llm.server.RequestHandlerClass = type('Failing', (llm.server.RequestHandlerClass,), {
        'do_POST': lambda self: self.answer_json(400, {'error': {'message': ' ; '.join(row['text'] for row in rows)[:1900]}})})
    return llm


def assert_clean(sinks, secrets):
    found = []
    for name, text in sinks.items():
        for secret in secrets:
            if any(form in text for form in {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}):
                at = next(text.find(form) for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]) if form in text)
                found.append((name, text[max(0, at - 60):at + 60]))
    assert not found, (len(found), sorted({name for name, _ in found}), [one for one in found if 'assistant' not in one[0]][:20])


def collect(daemon, client, model, listener, runs):
    audit, after = [], ''
    while after is not None:
        page = client.get(f'/api/v1/audit?limit=200{"&after=" + urllib.parse.quote(after) if after else ""}').expect(200)
        audit += page['items']
        after = page.get('next')
    by_role = {}
    for messages in map(json.loads, model.seen):
        for message in messages:
            by_role.setdefault(message['role'], []).append(json.dumps(message))
    sinks = {**{f'model, {role}': '\n'.join(texts) for role, texts in by_role.items()}, 'websocket': '\n'.join(listener.frames), 'audit': json.dumps(audit, ensure_ascii=False),
             'runs': '\n'.join(json.dumps(client.get(f'/api/v1/runs/{run}').expect(200), ensure_ascii=False) for run in runs),
             'approvals': json.dumps(client.items('/api/v1/approvals?limit=200'), ensure_ascii=False), 'journal': daemon.stderr()}
    export = client.get('/api/v1/audit/export')
    sinks['export'] = export.body.decode(errors='replace') if export.status == 200 else ''
    for path in daemon.data_dir.rglob('*.log*'):
        sinks[f'log {path.name}'] = path.read_text(encoding='utf-8', errors='replace')
    return sinks


def test_planted_secrets_come_out_nowhere():
    rows = load_rows()
    folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-test-'))
    folder.chmod(0o777)
    for number in range(0, len(rows), PER_MESSAGE):
        path = folder / f'{number // PER_MESSAGE}.txt'
        path.write_text('\n\n'.join(row['text'] for row in rows[number:number + PER_MESSAGE]), encoding='utf-8')
        path.chmod(0o644)
    model = Model(rows)
    with FakeLlm(model) as llm, fail_with(rows[:20]) as failing, Daemon(secret=SECRET) as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'Mine', 'type': 'openai-compatible', 'base_url': llm.url, 'api_key': KEY, 'default_model': 'fake'}).expect(201)
        client.patch('/api/v1/settings', {'trust_mode': 'lenient', 'output_limit': 1048576}).expect(200)
        client.post('/api/v1/operators', {'name': 'Planter', 'permission_level': 'exec', 'working_directory': str(folder),
                                          'tools': ['filesystem.read', 'filesystem.write', 'shell.exec']}).expect(201)
        session = client.post('/api/v1/sessions').expect(201)['id']
        listener = Listener(daemon, client, f'session:{session}')
        runs = []
        for number in range(0, len(rows), PER_MESSAGE):
            model.number = number // PER_MESSAGE
            _, run = say(client, '@Planter ' + '\n\n'.join(row['text'] for row in rows[number:number + PER_MESSAGE]), session)
            runs.append(run['id'])
            run = ended_with_approval(client, run['id'])
            assert run['state'] == 'done', run
        plant_in_requests(client, rows[::7])
        client.post('/api/v1/providers', {'name': 'Failing', 'type': 'openai-compatible', 'base_url': failing.url, 'api_key': KEY, 'default_model': 'fake',
                                          'is_default': True}).expect(201)
        _, run = say(client, '@Planter and now?', session)
        runs.append(run['id'])
        assert ended(client, run['id'])['state'] == 'failed'

        sinks = collect(daemon, client, model, listener, runs)
        assert all('redacted' in sinks[name] for name in ('model, user', 'model, tool', 'websocket', 'audit')), {name: len(text) for name, text in sinks.items()}
        different = len({row['secret'] for row in rows})
        kinds = len({row['kind'] for row in rows})
        assert different >= 500 and kinds >= 60 and all(row['source'] for row in rows), (different, kinds)
        assert_clean(sinks, {row['secret'] for row in rows} | {KEY, SECRET})
        listener.socket.close()
        print(f'# {len(rows) * 5} planted, {different} different ones of {kinds} kinds, {sum(map(len, sinks.values())) >> 10} KiB looked through')


def test_process_list_and_environment_of_children():
    """The secret and the keys stand in no command line; children get neither by their environment."""
    def think(messages, tools):
        if 'delegate' in tools:
            return '', [('delegate', {'operator': 'Planter', 'reason': 'r'})]
        if messages[-1]['role'] == 'tool':
            return messages[-1]['content'], []
        return '', [(next(tool for tool in tools if 'exec' in tool), {'command': 'env; tr "\\0" "\\n" < /proc/self/environ; ps axww -o args'})]
    folder = tempfile.mkdtemp(prefix='vigilus-test-')
    os.chmod(folder, 0o777)
    with FakeLlm(think) as llm, Daemon(secret=SECRET) as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'Mine', 'type': 'openai-compatible', 'base_url': llm.url, 'api_key': KEY, 'default_model': 'fake'}).expect(201)
        client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        client.post('/api/v1/operators', {'name': 'Planter', 'permission_level': 'exec', 'working_directory': folder, 'tools': ['shell.exec']}).expect(201)
        _, run = say(client, '@Planter look')
        assert ended(client, run['id'])['state'] == 'done'
        calls = client.items(f'/api/v1/runs/{run["id"]}/calls')
        text = json.dumps(calls)
        assert 'PATH=' in text and 'VIGILUS' not in text.replace('VIGILUS_PLUGIN', '') and SECRET not in text, text[:2000]
        for path in pathlib.Path('/proc').glob('[0-9]*/cmdline'):
            try:
                line = path.read_bytes()
            except OSError:
                continue
            assert KEY.encode() not in line and SECRET.encode() not in line, path


def test_a_crash_leaves_no_core():
    folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-test-'))
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    before = os.getcwd()
    os.chdir(folder)
    try:
        with Daemon(secret=SECRET) as daemon:
            daemon.set_up()
            pid = daemon.process.pid
            limits = pathlib.Path(f'/proc/{pid}/limits').read_text(encoding='ascii')
            assert [line.split()[4:6] for line in limits.splitlines() if line.startswith('Max core file size')] == [['0', '0']], limits
            daemon.process.send_signal(signal.SIGSEGV)
            assert daemon.process.wait(20) == -signal.SIGSEGV
            assert not list(folder.iterdir()), list(folder.iterdir())
    finally:
        os.chdir(before)


def test_other_processes_of_the_user_cannot_read_its_memory():
    """The kernel gives /proc/PID of what may not be dumped to root; seen where the daemon runs as somebody else."""
    if os.geteuid() != 0:
        with Daemon(secret=SECRET) as daemon:
            assert os.stat(f'/proc/{daemon.process.pid}/mem').st_uid == 0
        return
    folder = tempfile.mkdtemp(prefix='vigilus-test-')
    os.chown(folder, 65534, 65534)
    process = harness.subprocess.Popen([str(BUILD / 'root' / 'bin' / 'vigilusd'), '--host=127.0.0.1', '--port=0', '--dbus=none'], user=65534, group=65534,
                                       extra_groups=[], env={'VIGILUS_DATA_DIR': folder, 'VIGILUS_SECRET': SECRET, 'PATH': os.environ['PATH']},
                                       stdout=harness.subprocess.PIPE, stderr=harness.subprocess.STDOUT, text=True)
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if line == 'Ready\n':
                break
        assert said and said[-1] == 'Ready\n', said
        assert os.stat(f'/proc/{process.pid}/mem').st_uid == 0
        assert os.stat(f'/proc/{process.pid}').st_uid in (0, 65534)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


if __name__ == '__main__':
    harness.main(globals())

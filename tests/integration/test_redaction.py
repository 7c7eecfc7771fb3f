#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Secrets of every format that the data has, planted in prompts, arguments, outputs, errors, URLs and headers: none comes out anywhere."""
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
import planted  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import BUILD, Daemon, ended, say  # noqa: E402
from sshd import Sshd  # noqa: E402
from test_ctl import Bus, BusDaemon  # noqa: E402
from test_panic import CALLS, command_lines, compose_project, make_daemon, start_all, think  # noqa: E402
from websocket_client import Closed, WebSocket  # noqa: E402

PER_MESSAGE = 50
KEY = 'sk-' + 'configured0key0of0the0provider'
SECRET = 'the-secret-that-seals-everything'
CALLS['shell.exec'] = {'command': "touch begun; while [ ! -e go ]; do sleep 0.1; done; sh -c 'kill -SEGV $$'; touch crashed; sleep 5"}


def load_rows():
    """PITFALLS 23: 500 different ones of 60 formats, and 20 for good measure."""
    return [row for row in planted.different(540) if 'BEGINPRIVATE' not in row['text']]


class Listener:
    """Keeps every frame that a signed-in browser gets."""

    def __init__(self, daemon, client, *topics):
        self.frames = []
        self.socket = WebSocket(daemon.port, headers={'Cookie': f'vigilus_session={client.cookie}'})
        self.socket.subscribe('runs', 'approvals', 'sessions', 'operators', 'providers', 'settings', 'audit', *topics)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        try:
            while True:
                self.frames.append(json.dumps(self.socket.receive()))
        except (Closed, OSError, ValueError):
            return


class BusListener:
    """Keeps every signal and every answer on the bus; what is asked has the secrets in it, and is left out."""

    def __init__(self, bus, folder):
        self.bus, self.path = bus, folder / 'bus.txt'
        with self.path.open('wb') as log:
            self.process = subprocess.Popen(['dbus-monitor', '--session', "type='signal',interface='org.vigilus.Vigilus1'", "type='method_return'", "type='error'"],
                                            env={'PATH': os.environ['PATH'], 'DBUS_SESSION_BUS_ADDRESS': bus.address}, stdout=log)

    def ask(self, method, *arguments):
        return self.bus.run('gdbus', 'call', '--session', '--dest', 'org.vigilus.Vigilus1', '--object-path', '/org/vigilus/Vigilus1', '--method',
                            f'org.vigilus.Vigilus1.{method}', *arguments)

    def ask_all(self, rows, session, runs):
        """Whatever answers something, with secrets in what it is asked."""
        for method in ('Status', 'ListPlugins', 'ListOperators', 'ListTools'):
            self.ask(method)
        for run in runs:
            self.ask('GetRun', run)
        for method, argument in (('ListRuns', ''), ('ListApprovals', ''), ('ListApprovals', 'approved'), ('ListGrants', 'false'), ('ListChanges', '')):
            self.ask(method, argument)
        for row in rows:
            self.ask('GetRun', '\n' + row['text'])  # as a line of its own, as it stands in a file
            self.ask('Command', f'/search {row["text"][:200]}', session)
            self.ask('ListRuns', row['text'][:200])

    def told(self):
        """All of it, once the last answer is there."""
        self.ask('Status')
        harness.wait_for(lambda: self.path.read_bytes().count(b'uptime_seconds') >= 2, 'the last answer on the bus')
        self.process.terminate()
        self.process.wait()
        return self.path.read_text(encoding='utf-8', errors='replace')


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
    return harness.wait_for(check, f'the end of run {run_id}')


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


def forms_of(secret):
    """As it stands, and as it does in JSON and CSV: often the same."""
    as_json = json.dumps(secret, ensure_ascii=False)[1:-1]
    return {secret, json.dumps(secret)[1:-1], as_json, secret.replace('"', '""'), as_json.replace('"', '""')}


def assert_clean(sinks, secrets):
    found = []
    forms = [form for secret in secrets for form in forms_of(secret)]
    for name, text in sinks.items():
        for form in forms:
            at = text.find(form)
            if at >= 0:
                found.append((name, text[max(0, at - 60):at + 60]))
    assert not found, (len(found), sorted({name for name, _ in found}), [one for one in found if 'assistant' not in one[0]][:20])


def export_all(client, session):
    """Whatever can be carried away as a file: the log whole, in both forms and in part, and the conversation."""
    paths = {f'export of the log, {query}': f'/api/v1/audit/export?{query}' for query in ('format=jsonl', 'format=csv', 'event=call.outcome', 'tool=shell.exec', 'text=redacted')}
    paths.update({f'export of the conversation, {form}': f'/api/v1/sessions/{session}/export?format={form}' for form in ('markdown', 'json')})
    exports = {}
    for name, path in paths.items():
        answer = client.get(path)
        assert answer.status == 200 and b'redacted' in answer.body, (name, answer.status, answer.body[:300])
        exports[name] = answer.body.decode()
    return exports


def search_all(client, rows):
    """What a search shows around each secret, whether its own words are asked for or those beside it."""
    shown, n_hits = [], 0
    for row in rows:
        beside = [word for word in re.findall(r'[A-Za-z]{3,}', row['text'].replace(row['secret'], ' ')) if word not in row['secret']]
        for text in (row['secret'][:200], ' '.join(beside[:2])):
            answer = client.get(f'/api/v1/search?text={urllib.parse.quote(text)}') if re.search(r'\w', text) else None
            assert answer is None or answer.status in (200, 400), answer.body
            if answer and answer.status == 200:
                n_hits += len(answer.json['items'])
                shown += [json.dumps(answer.json, ensure_ascii=False)] + [''.join(piece['text'] for piece in hit['snippet']) for hit in answer.json['items']]
    assert n_hits > len(rows), n_hits
    return '\n'.join(shown)


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
    sinks['conversations'] = json.dumps(client.items('/api/v1/sessions?limit=200'), ensure_ascii=False)
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
    with FakeLlm(model) as llm, fail_with(rows[:20]) as failing, Bus() as bus, BusDaemon(SECRET, {'DBUS_SESSION_BUS_ADDRESS': bus.address}) as daemon:
        client = daemon.set_up()
        on_bus = BusListener(bus, daemon.data_dir)
        harness.wait_for(lambda: on_bus.ask('ListPlugins')[0] == 0, 'the daemon on the bus')
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
        plant_in_requests(client, rows)
        client.post('/api/v1/providers', {'name': 'Failing', 'type': 'openai-compatible', 'base_url': failing.url, 'api_key': KEY, 'default_model': 'fake',
                                          'is_default': True}).expect(201)
        _, run = say(client, '@Planter and now?', session)
        runs.append(run['id'])
        assert ended(client, run['id'])['state'] == 'failed'

        on_bus.ask_all(rows[::9], session, runs)
        sinks = {**collect(daemon, client, model, listener, runs), **export_all(client, session), 'search': search_all(client, rows), 'D-Bus': on_bus.told()}
        assert all(word in sinks['D-Bus'] for word in ('member=RunChanged', 'member=ApprovalRequested', 'method return', 'error ')), sinks['D-Bus'][:2000]
        assert all('redacted' in sinks[name] for name in ('model, user', 'model, tool', 'websocket', 'audit', 'D-Bus')), {name: len(text) for name, text in sinks.items()}
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


def descendants(pid):
    """All below @pid, with what they tell of themselves."""
    parents, found, wanted = {}, [], [pid]
    for path in pathlib.Path('/proc').glob('[0-9]*/stat'):
        try:
            parents.setdefault(int(path.read_text(encoding='utf-8', errors='replace').rpartition(')')[2].split()[1]), []).append(int(path.parent.name))
        except OSError:
            continue
    while wanted:
        children = parents.get(wanted.pop(), [])
        found += children
        wanted += children
    return found


def about(pid, *names):
    try:
        return [pathlib.Path(f'/proc/{pid}/{name}').read_bytes() for name in names]
    except (FileNotFoundError, ProcessLookupError):
        return None


def test_children_at_work_have_no_secrets_and_leave_no_core():
    """A plugin's process, nmap, Compose, a command, and what runs on a server: neither command line nor environment has any; a crash of theirs leaves no core file."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-test-'))
    folder.chmod(0o777)
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    with compose_project() as place, FakeLlm(lambda *told: think(place, *told)) as llm, Sshd() as sshd, make_daemon(secret=SECRET) as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': llm.url, 'api_key': KEY, 'default_model': 'm'}).expect(201)
        client.post('/api/v1/credentials', {'name': 'C', 'kind': 'password', 'password': 'pl4nted-credential'}).expect(201)
        start_all(daemon, client, sshd, place)
        client.post('/api/v1/operators', {'name': 'Crasher', 'permission_level': 'exec', 'working_directory': str(folder), 'tools': ['shell.exec']}).expect(201)
        say(client, '@Crasher use shell.exec')
        harness.wait_for(lambda: all(command_lines(str(daemon.data_dir / 'plugins')).values()) and (folder / 'begun').exists(), 'all at work')
        secrets = [text.encode() for text in (SECRET, KEY, 'pl4nted-credential', 'PRIVATE KEY', client.cookie, client.csrf)]
        seen = {pid: told for pid in descendants(daemon.process.pid) if (told := about(pid, 'cmdline', 'environ', 'limits'))}
        assert len(seen) >= 8, seen
        (own,) = about(daemon.process.pid, 'cmdline')
        remote = {pid: told for pid in command_lines('/nowhere')['ssh.exec'] if (told := about(pid, 'cmdline', 'environ'))}
        assert remote
        for pid, (line, environment, *_) in {**seen, **remote}.items():
            assert not any(secret in line + environment for secret in secrets), (pid, line)
            # What supervises a command is a copy of the daemon, and shows what that shows.
            assert b'VIGILUS_DATA_DIR' not in environment or line == own, (pid, line, environment)
        for pid, (line, _, limits) in seen.items():
            (core,) = [row.split()[4:6] for row in limits.decode().splitlines() if row.startswith('Max core file size')]
            assert core == ['0', '0'], (pid, line, core)
        (folder / 'go').touch()
        harness.wait_for(lambda: (folder / 'crashed').exists(), 'the crash')
        print(f'# {len(seen)} children and {len(remote)} processes on the server looked at')
    assert sorted(path.name for path in folder.iterdir()) == ['begun', 'crashed', 'go'], list(folder.iterdir())


def test_a_crash_leaves_no_core():
    folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-test-'))
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    before = os.getcwd()
    os.chdir(folder)
    try:
        with Daemon(secret=SECRET, env=harness.asan_options('handle_segv=0')) as daemon:
            daemon.set_up()
            pid = daemon.process.pid
            limits = pathlib.Path(f'/proc/{pid}/limits').read_text(encoding='ascii')
            assert [line.split()[4:6] for line in limits.splitlines() if line.startswith('Max core file size')] == [['0', '0']], limits
            daemon.killed_by = signal.SIGSEGV
            daemon.process.send_signal(daemon.killed_by)
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

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The audit log from outside: exports that vigilus-verify takes, checkpoints that come to where the owner wants them, what is written into it."""
import csv
import http.server
import io
import json
import os
import pathlib
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from websocket_client import WebSocket  # noqa: E402

VERIFY = harness.BUILD / 'root' / 'bin' / 'vigilus-verify'


def verify(key, *exports, checkpoints=None):
    """Exit status and what it says."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, export in enumerate(exports):
            path = pathlib.Path(folder, f'{number}.export')
            path.write_bytes(export)
            paths.append(str(path))
        more = ['--checkpoints', str(checkpoints)] if checkpoints else []
        done = subprocess.run([str(VERIFY), '--key', key, *more, *paths], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def export(client, form='jsonl'):
    answer = client.get(f'/api/v1/audit/export?format={form}')
    assert answer.status == 200, answer.body
    return answer.body


def key_of(client):
    return client.get('/api/v1/audit/proof').expect(200)['key']


def test_exports_verify():
    with harness.Daemon() as daemon:
        client = daemon.set_up()
        client.post('/api/v1/operators', {'name': '=cmd|calc', 'description': 'A formula'}).expect(201)
        lines = export(client)
        rows = export(client, 'csv')
        key = key_of(client)
        for text in (lines, rows):
            code, output = verify(key, text)
            assert code == 0, output
        head, *records = [json.loads(line) for line in lines.decode().splitlines()]
        assert head['first'] == 1 and head['last'] == len(records), head
        assert [record['seq'] for record in records] == list(range(1, len(records) + 1))
        exported = [record for record in records if record['event'] == 'audit.exported']
        assert [record['user_name'] for record in exported] == ['owner'], exported
        for cells in csv.reader(io.StringIO(rows.decode())):
            assert not any(cell.startswith(('=', '+', '-', '@', '\t', '\r')) for cell in cells), cells
        assert verify(key, lines.replace(b'"user_name":"owner"', b'"user_name":"nobody"', 1))[0] == 1
        assert verify(key, rows.replace(b'"owner"', b'"nobody"', 1))[0] == 1
        assert verify('nonsense', lines)[0] == 2


def test_excerpts_have_proofs():
    with harness.Daemon() as daemon:
        client = daemon.set_up()
        for number in range(300):
            client.patch('/api/v1/settings', {'run_max_turns': 20 + number % 3}).expect(200)
        for name in ('A', 'B'):
            client.post('/api/v1/operators', {'name': name}).expect(201)
        query = '/api/v1/audit/export?event=operator.created'
        text = client.get(query).body
        head, *rows = [json.loads(line) for line in text.decode().splitlines()]
        assert head['excerpt'] and head['filter'] == {'event': 'operator.created'} and len(rows) >= 2, head
        records = [json.loads(row['record']) for row in rows]
        assert {record['event'] for record in records} == {'operator.created'}
        key = key_of(client)
        code, output = verify(key, text)
        assert code == 0 and f'each of these {len(rows)} records' in output, output
        code, output = verify(key, text.replace(b'owner', b'other'))
        assert code == 1 and 'does not stand so' in output, output
        assert verify(key, client.get('/api/v1/audit/export?text=run_max_turns').body)[0] == 0
        assert verify(key, export(client))[0] == 0
        assert 'jsonl' in client.get(query + '&format=csv').expect(400)['error']['message']
        exported = client.items('/api/v1/audit?event=audit.exported&limit=10')
        assert any(record['detail'].get('filter') == {'event': 'operator.created'} for record in exported), exported


def test_long_export_is_streamed():
    with harness.Daemon() as daemon:
        client = daemon.set_up()
        for _ in range(1100):
            client.patch('/api/v1/settings', {'run_max_turns': 24}).expect(200)
        text = export(client)
        assert text.count(b'\n') > 1100
        code, output = verify(key_of(client), text)
        assert code == 0, output


def test_only_administrators_export():
    with harness.Daemon() as daemon:
        client = daemon.set_up()
        operations = client.get('/openapi.json').expect(200)['paths']
        assert operations['/api/v1/audit/export']['get']['x-role'] == 'administrator'
        assert daemon.client().get('/api/v1/audit/export').status == 401
        assert client.get('/api/v1/audit/export?format=xml').status == 400


def test_checkpoints_come_to_file_journal_and_webhook():
    posted = []

    class Webhook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(self.rfile.read(int(self.headers['Content-Length'])).decode())
            self.send_response(200 if len(posted) > 1 else 500)
            self.send_header('Content-Length', '0')
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, 'checkpoints')
        env = {'VIGILUS_AUDIT_CHECKPOINT_FILE': str(path), 'VIGILUS_AUDIT_CHECKPOINT_WEBHOOK': f'http://127.0.0.1:{server.server_port}/hook?secret=5up3r'}
        with harness.Daemon(env=env) as daemon:
            client = daemon.set_up()
            first = client.post('/api/v1/audit/checkpoint').expect(200)
            early = export(client)
            key = key_of(client)
            client.post('/api/v1/operators', {'name': 'One more'}).expect(201)
            last = client.post('/api/v1/audit/checkpoint').expect(200)
            assert last['size'] > first['size']
            harness.wait_for(lambda: last['note'] in (path.read_text(encoding='utf-8') if path.exists() else ''), 'a checkpoint in the file')
            harness.wait_for(lambda: any(last['note'] in text for text in posted), 'a posted checkpoint')
            harness.wait_for(lambda: any(first['note'] in text for text in posted[1:]), 'the refused one again')
            places = harness.wait_for(lambda: [place for place in client.get('/api/v1/audit/proof').expect(200)['places'] if place['at']] or None, 'places')
            assert {place['kind'] for place in places} <= {'file', 'webhook'}
            assert '5up3r' not in json.dumps(client.get('/api/v1/audit/proof').json)
            daemon.stop()
            assert '5up3r' not in daemon.stderr()
            journal = daemon.data_dir.with_suffix('.log')
            for kept in (path, journal):
                code, output = verify(key, early, checkpoints=kept)
                assert code == 1 and 'the log was cut' in output, (kept, output)
            assert verify(key, early)[0] == 0
    server.shutdown()
    server.server_close()


def test_new_records_are_told():
    with harness.Daemon() as daemon:
        client = daemon.set_up()
        socket = WebSocket(daemon.port, headers={'Cookie': f'vigilus_session={client.cookie}'})
        socket.subscribe('audit')
        client.post('/api/v1/operators', {'name': 'Told'}).expect(201)
        newest = client.items('/api/v1/audit?limit=1')[0]['seq']
        while True:
            told = socket.receive()
            assert (told['topic'], told['event']) == ('audit', 'audit.appended'), told
            if told['data']['seq'] >= newest:
                break


def test_changes_are_recorded():
    """Settings, users, credentials, providers, Operators, plugins, sign-ins: who, what and from where."""
    with harness.Daemon() as daemon:
        client = daemon.set_up()
        daemon.client().post('/api/v1/login', {'name': 'owner', 'password': 'quite wrong'})
        other = daemon.log_in()
        other.post('/api/v1/logout')
        operator = client.post('/api/v1/operators', {'name': 'Short-lived', 'description': 'x'}).expect(201)
        client.patch(f'/api/v1/operators/{operator["id"]}', {'description': 'y'}).expect(200)
        client.delete(f'/api/v1/operators/{operator["id"]}').expect(204)
        provider = client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': 'http://127.0.0.1:9', 'api_key': 'pl4nted-credential'}).expect(201)
        client.patch(f'/api/v1/providers/{provider["id"]}', {'default_model': 'm'}).expect(200)
        client.delete(f'/api/v1/providers/{provider["id"]}').expect(204)
        credential = client.post('/api/v1/credentials', {'name': 'C', 'kind': 'password', 'password': 'pl4nted-credential'}).expect(201)
        client.patch(f'/api/v1/credentials/{credential["id"]}', {'password': 'pl4nted-credential-2'}).expect(200)
        client.delete(f'/api/v1/credentials/{credential["id"]}').expect(204)
        client.post('/api/v1/plugins/rescan').expect(200)
        client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        token = client.post('/api/v1/tokens', {'name': 't', 'days': 1}).expect(201)
        kept = client.items('/api/v1/tokens')[0]
        client.delete(f'/api/v1/tokens/{kept["id"]}').expect(204)
        session = client.post('/api/v1/sessions').expect(201)['id']
        client.delete(f'/api/v1/sessions/{session}').expect(204)
        export(client)
        records = client.items('/api/v1/audit?limit=200')
        seen = {record['event'] for record in records}
        wanted = {'login.failed', 'login.succeeded', 'logout', 'operator.created', 'operator.updated', 'operator.deleted', 'provider.created', 'provider.updated',
                  'provider.deleted', 'settings.changed', 'token.created', 'token.deleted', 'session.deleted', 'audit.exported',
                  'credential.created', 'credential.updated', 'credential.deleted', 'plugins.scanned'}
        assert wanted <= seen, wanted - seen
        for record in records:
            if record['event'] in wanted - {'login.failed'}:
                assert record['user_name'] == 'owner' and record['detail']['address'] == '127.0.0.1', record
        text = json.dumps(records)
        assert token['token'] not in text and 'pl4nted-credential' not in text


def test_deleting_blanks_no_record():
    """PITFALLS 24."""
    with harness.Daemon() as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
        operator = client.post('/api/v1/operators', {'name': 'Short-lived', 'tools': ['filesystem.list']}).expect(201)
        session, run = harness.say(client, '@Short-lived list the files here')
        harness.ended(client, run['id'])
        before = client.items(f'/api/v1/audit?run_id={run["id"]}')
        client.delete(f'/api/v1/sessions/{session}').expect(204)
        client.delete(f'/api/v1/operators/{operator["id"]}').expect(204)
        assert client.items(f'/api/v1/audit?run_id={run["id"]}') == before
        assert all(record['operator_name'] for record in before)
        text = export(client)
        code, output = verify(key_of(client), text)
        assert code == 0, output


def refused(client):
    """Writes a row; whether that was refused, in the one way that it may be."""
    answer = client.post('/api/v1/operators', {'name': f'O{time.monotonic_ns()}', 'system_prompt': 'y' * 20000})
    assert answer.status in (201, 503), (answer.status, answer.body)
    return answer.status == 503


def recovers(client):
    """By itself; every change that was made is recorded, no other is, and the record verifies."""
    harness.wait_for(lambda: client.post('/api/v1/operators', {'name': 'After'}).status in (201, 409), 'recovery', 30)
    text = export(client)
    code, output = verify(key_of(client), text)
    assert code == 0, output
    records = [json.loads(line) for line in text.decode().splitlines()[1:]]
    recorded = sorted(record['detail']['name'] for record in records if record['event'] == 'operator.created' and record['detail']['name'] != 'After')
    names, after = [], ''
    while after is not None:
        page = client.get(f'/api/v1/operators?limit=200{after}').expect(200)
        names += [operator['name'] for operator in page['items']]
        after = page['next'] and f'&after={page["next"]}'
    assert recorded == sorted(name for name in names if re.fullmatch(r'O\d+', name)), (recorded, names)


def on_small_disk(break_it):
    """@break_it (folder) makes the file system unusable, and answers what mends it."""
    folder = tempfile.mkdtemp(prefix='vigilus-test-')
    if os.geteuid() != 0 or subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=6m', 'none', folder], check=False, capture_output=True).returncode != 0:
        os.rmdir(folder)
        return 'this user may not mount a file system'
    try:
        with harness.Daemon(data_dir=folder) as daemon:
            client = daemon.set_up()
            mend = break_it(folder)
            try:
                harness.wait_for(lambda: refused(client), 'a refusal')
                assert refused(client) and daemon.process.poll() is None
                client.get('/api/v1/audit').expect(200)
            finally:
                mend()
            recovers(client)
    finally:
        subprocess.run(['umount', '-l', folder], check=True)
        os.rmdir(folder)
    return None


def test_full_disk():
    """PITFALLS 26."""
    def fill(folder):
        path = pathlib.Path(folder, 'filler')
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(file, b'x' * 4096)
        except OSError:
            os.close(file)
        return path.unlink
    return on_small_disk(fill)


def test_locked_database():
    """PITFALLS 26."""
    with harness.Daemon() as daemon:
        client = daemon.set_up()
        other = sqlite3.connect(daemon.data_dir / 'vigilus.db', isolation_level=None)
        other.execute('BEGIN IMMEDIATE')
        assert refused(client)
        client.get('/api/v1/audit').expect(200)
        other.execute('ROLLBACK')
        other.close()
        recovers(client)


def test_io_errors():
    """PITFALLS 26. Files may not grow any more: every write beyond what there is fails."""
    with harness.Daemon() as daemon:
        client = daemon.set_up()
        usual = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (4096, usual[1]))
        assert refused(client)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, usual)
        recovers(client)


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
    harness.main(globals())

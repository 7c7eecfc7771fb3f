#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The audit log from outside: exports that vigilus-verify takes, checkpoints that come to where the owner wants them, what is written into it."""
import contextlib
import csv
import hashlib
import http.client
import http.server
import io
import json
import pathlib
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
SEGMENT = 16384  # records that are sealed together


def verify(key, *exports, checkpoints=None, first=None, excerpt=False):
    """Exit status and what it says."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, export in enumerate(exports):
            path = pathlib.Path(folder, f'{number}.export')
            path.write_bytes(export)
            paths.append(str(path))
        more = ['--checkpoints', str(checkpoints)] if checkpoints else []
        more += ['--from', str(first)] if first is not None else []
        more += ['--excerpt'] if excerpt else []
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
        assert verify(key, lines, first=1)[0] == 0 and verify(key, lines, first=2)[0] == 1
        assert [verify(key, lines, first=wrong)[0] for wrong in (0, -1, 'x')] == [2, 2, 2]


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
        code, output = verify(key, text, excerpt=True)
        assert code == 0 and f'each of these {len(rows)} records' in output, output
        code, output = verify(key, text.replace(b'owner', b'other'), excerpt=True)
        assert code == 1 and 'does not stand so' in output, output
        assert verify(key, text, first=2, excerpt=True)[0] == 2, 'an excerpt has no beginning'
        assert verify(key, client.get('/api/v1/audit/export?text=run_max_turns').body, excerpt=True)[0] == 0
        assert verify(key, export(client))[0] == 0
        code, output = verify(key, text)
        assert code == 1 and '--excerpt' in output, output
        table = client.get(query + '&format=csv').body
        titles, _, *cells = csv.reader(io.StringIO(table.decode()))
        assert [row[titles.index('id')] for row in cells] == [record['id'] for record in records] and {row[titles.index('event')] for row in cells} == {'operator.created'}, cells
        code, output = verify(key, table, excerpt=True)
        assert code == 0 and f'each of these {len(rows)} records' in output, output
        for old, new, words in ((b'owner', b'other', 'does not stand so'), (b'"owner","', b'"other","', 'do not say what'), (b'""proof"":[""', b'""proof"":[""x', 'with a proof')):
            code, output = verify(key, table.replace(old, new), excerpt=True)
            assert code == 1 and words in output, (old, output)
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


def pile_up(daemon, client, n):
    """At least @n records more, by a few browsers at once."""
    def change():
        connection = http.client.HTTPConnection('127.0.0.1', daemon.port, timeout=300)
        headers = {'Cookie': f'vigilus_session={client.cookie}', 'X-CSRF-Token': client.csrf, 'Content-Type': 'application/json'}
        for number in range(n // 8 + 1):
            connection.request('PATCH', '/api/v1/settings', json.dumps({'run_max_turns': 20 + number % 3}), headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failed.append(answer.status)
        connection.close()
    failed = []
    threads = [threading.Thread(target=change) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


def test_old_segments_are_sealed_by_the_hour():
    """Whole segments that are old enough leave for a file of their own, and nothing else does: by a clock that jumps, for nobody waits for days."""
    library = next(pathlib.Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1'))
    with tempfile.TemporaryDirectory() as folder:
        clock = pathlib.Path(folder, 'clock')
        clock.write_text('+0', encoding='ascii')
        env = {**harness.asan_options('verify_asan_link_order=0'), 'LD_PRELOAD': str(library), 'FAKETIME_TIMESTAMP_FILE': str(clock), 'FAKETIME_NO_CACHE': '1', 'VIGILUS_AUDIT_KEEP_DAYS': '2'}
        with harness.Daemon(env=env) as daemon:
            client = daemon.set_up()
            pile_up(daemon, client, SEGMENT + 100)
            sealed = daemon.data_dir / 'audit'
            early = client.items('/api/v1/audit?limit=1')[0]['seq']
            for offset, what in (('+1h', 'an hour is over, but nothing is old'), ('+47h', 'nor after two days less an hour')):
                clock.write_text(offset, encoding='ascii')
                time.sleep(1)
                daemon.log_in()
                time.sleep(1)
                assert not list(sealed.glob('*')), what
            clock.write_text('+50h', encoding='ascii')
            path = sealed / f'audit-{1:012}-{SEGMENT:012}.jsonl'
            harness.wait_for(lambda: daemon.client().get('/api/v1/health') and path.exists(), 'the sealed segment')
            client = harness.wait_for(lambda: daemon.log_in(), 'a sign-in')
            (record,) = harness.wait_for(lambda: client.items('/api/v1/audit?event=audit.sealed'), 'the record of the sealing')
            assert (record['detail']['first'], record['detail']['last'], record['detail']['file']) == (1, SEGMENT, path.name), record
            assert record['detail']['sha256'] == hashlib.sha256(path.read_bytes()).hexdigest(), record
            assert [file.name for file in sealed.iterdir()] == [path.name], 'what is no whole segment stays'

            key, rest = key_of(client), export(client)
            first, *records = [json.loads(line) for line in rest.decode().splitlines()]
            assert records[0]['seq'] == first['first'] == SEGMENT + 1 and early in {row['seq'] for row in records}, first
            assert path.read_bytes().count(b'\n') == SEGMENT + 1
            for text, begin in (((path.read_bytes(),), None), ((path.read_bytes(), rest), None), ((rest,), SEGMENT + 1)):
                code, output = verify(key, *text, first=begin)
                assert code == 0 and ('were not looked at' in output) == bool(begin), output
            for begin in (None, 1, SEGMENT, SEGMENT + 2):
                code, output = verify(key, rest, first=begin)
                assert code == 1 and f'begin with record {SEGMENT + 1}' in output, (begin, output)
            code, output = verify(key, path.read_bytes().replace(b'"run_max_turns":21', b'"run_max_turns":99', 1), rest)
            assert code == 1, output


def test_only_administrators_export():
    with harness.Daemon() as daemon:
        client = daemon.set_up()
        operations = client.get('/openapi.json').expect(200)['paths']
        assert operations['/api/v1/audit/export']['get']['x-role'] == 'administrator'
        assert daemon.client().get('/api/v1/audit/export').status == 401
        assert client.get('/api/v1/audit/export?format=xml').status == 400
        exports = len(client.items('/api/v1/audit?event=audit.exported'))
        for wrong in ('from=yesterday', 'until=2026-13-01T00:00:00Z', 'text=%22', 'run_id=' + 'a' * 65, 'text=' + '+'.join(f'w{i}' for i in range(30)), 'text=ab*', 'format=csv&from=x'):
            for path in ('/api/v1/audit/export', '/api/v1/audit'):
                if 'format' not in wrong or path.endswith('export'):
                    answer = client.get(f'{path}?{wrong}')
                    assert answer.status == 400 and answer.json['error']['code'] == 'invalid', (path, wrong, answer.status, answer.body)
        assert len(client.items('/api/v1/audit?event=audit.exported')) == exports, 'what is refused is no export'


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


def test_what_somebody_else_wrote_is_not_signed():
    """Who can write the database adds what its own rules take: the daemon compares with what it carried out before it signs more."""
    def tamper(daemon, *statements):
        with contextlib.closing(sqlite3.connect(daemon.data_dir / 'vigilus.db')) as db, db:
            for statement in statements:
                db.execute(statement)

    def refused(daemon, words):
        client = daemon.log_in()
        answer = client.post('/api/v1/audit/checkpoint')
        assert answer.status == 403 and words in answer.json['error']['message'], (answer.status, answer.body)
        assert 'move the file of checkpoints away' in answer.json['error']['message'], answer.body
        assert any(words in (place['error'] or '') for place in client.get('/api/v1/audit/proof').expect(200)['places'])

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, 'checkpoints')
        with harness.Daemon(env={'VIGILUS_AUDIT_CHECKPOINT_FILE': str(path)}) as daemon:
            client = daemon.set_up()
            client.post('/api/v1/operators', {'name': 'One'}).expect(201)
            daemon.stop()
            copy = (daemon.data_dir / 'vigilus.db').read_bytes()
            daemon.start()
            size = daemon.log_in().post('/api/v1/audit/checkpoint').expect(200)['size']
            daemon.stop()
            # A record and a head over it, as the rules of the database want them.
            tamper(daemon, f"INSERT INTO audit (seq, id, at, event) VALUES ({size + 1}, 'x', 1, 'audit.sealed')",
                   f"INSERT INTO audit_checkpoints (size, at, key, note) VALUES ({size + 1}, 1, 'k', 'n')")
            daemon.start()
            refused(daemon, 'is not signed by this installation')
            before = path.read_text(encoding='utf-8')
            daemon.stop()
            assert path.read_text(encoding='utf-8') == before and 'not signed' in daemon.stderr()
            # An older copy.
            for left in daemon.data_dir.glob('vigilus.db*'):
                left.unlink()
            (daemon.data_dir / 'vigilus.db').write_bytes(copy)
            daemon.start()
            last = int(before.rsplit('\n\n\u2014 ', 1)[0].split('\n')[-2])
            while daemon.log_in().items('/api/v1/audit?limit=1')[0]['seq'] <= last:
                """Records of its own in the place of those that were signed."""
            refused(daemon, 'are not those that were signed')
            daemon.stop()
            # It was meant to be so.
            path.rename(path.with_suffix('.old'))
            daemon.start()
            daemon.log_in().post('/api/v1/audit/checkpoint').expect(200)


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


if __name__ == '__main__':
    harness.main(globals())

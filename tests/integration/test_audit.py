#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The audit log from outside: exports that vigilus-verify takes, checkpoints that come to where the owner wants them, what is written into it."""
import csv
import http.server
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import threading

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


if __name__ == '__main__':
    harness.main(globals())

# SPDX-License-Identifier: MIT
"""Many runs at once, each with three tool calls of which one waits for a person: what they cost, and that all end after a kill."""
import concurrent.futures
import json
import pathlib
import re
import socket
import sqlite3
import statistics
import subprocess
import time

import harness
from websocket_client import WebSocket
from witness import Witness

HERE = pathlib.Path(__file__).resolve().parent
CLIENTS = 16
CONVERSATION = 10
SCRIPT = [{'when': {'results': True}, 'text': ['It is ', 'written.']},
          {'text': ['Looking, ', 'then writing.'], 'calls': [{'name': 'vigilus.activity', 'arguments': {'what': 'runs', 'limit': 1}},
                                                             {'name': 'filesystem.list', 'arguments': {}},
                                                             {'name': 'filesystem.write', 'arguments': {'path': 'note-{number}.txt', 'content': 'one line'}}]}]


def resident(pid):
    """Kilobytes of memory that are the process's own: what it shares with others, such as libraries, is not counted."""
    text = pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text(encoding='ascii')
    return sum(int(amount) for amount in re.findall(r'Private_\w+:\s+(\d+) kB', text))


class Load:
    """A daemon with one Operator whose model is a replay server on loopback."""

    def __init__(self, script=None, operator=None):
        self.server = subprocess.Popen(['node', str(HERE / 'stream_server.mjs')], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.server.stdout.readline().strip()
        self.server.stdin.write(json.dumps(script or SCRIPT) + '\n')
        self.server.stdin.flush()
        self.daemon = harness.Daemon(secret='a-secret-for-tests')
        self.operator = operator or {}

    def __enter__(self):
        self.daemon.start()
        owner = self.daemon.set_up()
        owner.post('/api/v1/providers', {'name': 'Replay', 'type': 'openai-compatible', 'base_url': self.url + '/v1', 'default_model': 'replay'}).expect(201)
        for operator in owner.items('/api/v1/operators'):
            owner.delete(f'/api/v1/operators/{operator["id"]}').expect(204)
        self.work = work = self.daemon.data_dir / 'work'
        work.mkdir()
        self.witness = Witness(work)
        owner.post('/api/v1/operators', {'name': 'Keeper', 'permission_level': 'write', 'trust_mode': 'strict', 'working_directory': str(work),
                                         'tools': ['vigilus.activity', 'filesystem.list', 'filesystem.write'], **self.operator}).expect(201)
        self.token = owner.post('/api/v1/tokens', {'name': 'load', 'days': 1}).expect(201)['token']
        return self

    def __exit__(self, *unused):
        self.daemon.__exit__()
        self.server.kill()
        self.server.wait()

    def client(self):
        return self.daemon.client(self.token)

    def memory(self):
        return resident(self.daemon.process.pid)

    def many(self, function, items):
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            return list(pool.map(function, items))

    def start(self, count):
        """Begins so many runs, each in a conversation of its own; answers their ids."""
        client = self.client()
        return self.many(lambda number: harness.say(client, f'write note {number}')[1]['id'], range(count))

    def listed(self, path):
        """Every item of a paged list."""
        client, items, after = self.client(), [], None
        while True:
            page = client.get(f'{path}{"&" if "?" in path else "?"}limit=200' + (f'&after={after}' if after else '')).expect(200)
            items += page['items']
            after = page['next']
            if not after:
                return items

    def waiting(self):
        return [approval['id'] for approval in self.listed('/api/v1/approvals?status=pending')]

    def wait_waiting(self, count, seconds):
        harness.wait_for(lambda: self.client().get('/api/v1/status').expect(200)['approvals_pending'] >= count, f'{count} approvals', seconds)

    def approve(self, ids):
        client = self.client()

        def one(approval):
            answer = client.post(f'/api/v1/approvals/{approval}/decision', {'decision': 'approve', 'mode': 'once'})
            assert answer.status in (200, 409), answer.body
        self.many(one, ids)

    def states(self):
        return [run['state'] for run in self.listed('/api/v1/runs')]

    def wait_all_done(self, count, seconds):
        harness.wait_for(lambda: self.client().get('/api/v1/status').expect(200)['runs_live'] == 0, 'the end of all runs', seconds)
        states = self.states()
        assert len(states) == count and set(states) == {'done'}, {state: states.count(state) for state in set(states)}


def run_all(load, count, seconds=120):
    """Starts @count runs, lets all wait, kills the daemon in the middle of the approvals; answers the figures."""
    before = load.memory()
    begin = time.monotonic()
    load.start(count)
    load.wait_waiting(count, seconds)
    waiting_after = time.monotonic() - begin
    waiting = load.memory()
    ids = load.waiting()
    assert len(ids) == count, len(ids)
    load.approve(ids[:count // 2])
    load.daemon.kill()
    load.daemon.start()
    begin = time.monotonic()
    # A call whose grant has run out before it was resumed asks once more.
    def have_ended():
        load.approve(load.waiting())
        return load.client().get('/api/v1/status').expect(200)['runs_live'] == 0
    harness.wait_for(have_ended, 'the end of all runs', seconds)
    load.wait_all_done(count, seconds)
    return {'kib_per_waiting_run': (waiting - before) / count, 'all_wait_seconds': waiting_after, 'all_done_seconds': time.monotonic() - begin,
            **hear_witness(load, count)}


def hear_witness(load, count):
    """What the record says of the calls, and where the files say otherwise: every write is in the record; one that succeeded was done once, one that
    the kill interrupted at most once, for nobody can know, and any other not at all."""
    done = load.witness.testify(load.work)
    with sqlite3.connect(f'file:{load.daemon.data_dir / "vigilus.db"}?mode=ro', uri=True) as db:
        calls = dict(db.execute("SELECT tool || ' ' || coalesce (outcome, state), count(*) FROM calls GROUP BY 1").fetchall())
        writes = db.execute("SELECT json_extract (arguments, '$.path'), outcome FROM calls WHERE tool = 'filesystem.write'").fetchall()
    allowed = {'success': (1,), 'interrupted': (0, 1)}
    wrong = {path: (outcome, done[path]) for path, outcome in writes if done[path] not in allowed.get(outcome, (0,))}
    wrong |= {path: ('no record', times) for path, times in done.items() if path not in dict(writes)}
    wrong |= {f'note-{number}.txt': 'no call' for number in range(count) if f'note-{number}.txt' not in dict(writes)}

    return {'calls': calls, 'wrong': wrong, 'files': sum(done.values())}


class Wire:
    """An open connection over which requests go one after the other: no library's time is measured."""

    def __init__(self, port, headers=''):
        self.port, self.headers = port, headers
        self.socket = socket.create_connection(('127.0.0.1', port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path, body):
        data = json.dumps(body).encode()
        self.socket.sendall((f'POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n{self.headers}'
                             f'Content-Length: {len(data)}\r\n\r\n').encode() + data)

    def read_until(self, mark, text=b''):
        while mark not in text:
            piece = self.socket.recv(65536)
            assert piece, text
            text += piece
        return text

    def read_answer(self):
        text = self.read_until(b'\r\n\r\n')
        head, _, body = text.partition(b'\r\n\r\n')
        length = int(re.search(rb'content-length: (\d+)', head, re.I)[1])
        while len(body) < length:
            body += self.socket.recv(65536)
        return int(head.split()[1])

    def close(self):
        self.socket.close()


def first_token_direct(url, rounds, headers=''):
    """Milliseconds from a request to the first piece of text, on a connection that is open."""
    wire, times = Wire(int(url.rsplit(':', 1)[1]), headers), []
    for _ in range(rounds):
        begin = time.perf_counter()
        wire.post('/v1/chat/completions', {'model': 'replay', 'stream': True, 'messages': [{'role': 'user', 'content': 'hello'}]})
        text = wire.read_until(b'"content":"H')
        times.append((time.perf_counter() - begin) * 1000)
        wire.read_until(b'0\r\n\r\n', text)
    wire.close()
    return times


def first_token_gateway(port, url, rounds):
    """The same through @portkey-ai/gateway, which is told by headers where to go."""
    return first_token_direct(f'http://127.0.0.1:{port}', rounds, f'x-portkey-provider: openai\r\nx-portkey-custom-host: {url}/v1\r\nAuthorization: Bearer none\r\n')


def first_token_through(load, rounds):
    """(milliseconds from the person's message to the first text on the live socket, milliseconds of these after the model began to answer), in
    conversations of CONVERSATION questions."""
    client = load.client()
    asked = harness.Client(int(load.url.rsplit(':', 1)[1]))
    live = WebSocket(load.daemon.port, headers={'Authorization': f'Bearer {load.token}'})
    wire, times, relays = Wire(load.daemon.port, f'Authorization: Bearer {load.token}\r\n'), [], []
    for number in range(rounds):
        if number % CONVERSATION == 0:
            session = client.post('/api/v1/sessions').expect(201)['id']
            live.subscribe(f'session:{session}')
        begin, wall = time.perf_counter(), time.time()
        wire.post(f'/api/v1/sessions/{session}/messages', {'text': 'hello'})
        first = None
        while True:
            event = live.receive()
            if event['event'] == 'text.delta' and first is None:
                first = time.perf_counter()
            if event['event'] == 'run.changed' and event['data']['state'] in ('done', 'failed', 'stopped'):
                assert event['data']['state'] == 'done', event
                break
        assert wire.read_answer() == 202
        times.append((first - begin) * 1000)
        sent = asked.get('/__first').expect(200)['at'] / 1000
        relays.append((wall + (first - begin) - sent) * 1000)
    wire.close()
    live.close()
    return times, relays


def median(values):
    return statistics.median(values)


#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill -9 at seeded moments, VIG_KILLS times (200), with many runs in flight: nothing acknowledged is lost, no effect happens twice as seen by
a witness outside the database, every run ends or waits, and every state of run and call was hit at least ten times.

The witness: each call appends its own number to a file, by a shell command. The states are read from the database of the dead daemon.
"""
import collections
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402

KILLS = int(os.environ.get('VIG_KILLS', '200'))
SEED = int(os.environ.get('VIG_SEED', '20261123'))
LIVE = 24
RUN_STATES = ('routing', 'asking', 'resolving')
CALL_STATES = ('new', 'waiting', 'declaring', 'running', 'recording')
EFFECT = 'echo {} >> witness.txt'


def last_user_text(messages):
    texts = [message['content'] for message in messages if message['role'] == 'user']
    text = texts[-1] if texts else ''
    return text if isinstance(text, str) else ' '.join(part.get('text', '') for part in text)


def decide(messages, tools):
    """Three calls for each message: an effect, a slower effect, and a read; then a word. Every fourth message is split over two runs that do so."""
    if 'delegate' in tools:
        number = last_user_text(messages).split()[-1]
        if int(number) % 4 == 0:
            return '', [('plan', {'steps': [{'operator': 'Witness', 'task': f'count {number}.{step}'} for step in (1, 2)]})]
        return '', [('delegate', {'operator': 'Witness', 'reason': 'it keeps count'})]
    if messages[-1]['role'] == 'tool':
        return 'counted', []
    number = last_user_text(messages).split()[-1]
    by_name = {name.replace('_', '').replace('-', '').replace('.', ''): name for name in tools}
    return 'three calls', [(by_name['shellexec'], {'command': EFFECT.format(f'{number}-a')}),
                           (by_name['shellexec'], {'command': 'sleep 0.03; ' + EFFECT.format(f'{number}-b')}),
                           (by_name['filesystemlist'], {'path': '.'})]


class Storm:
    def __init__(self, llm):
        self.random = random.Random(SEED)
        self.daemon = harness.Daemon()
        self.workspace = self.daemon.data_dir / 'witness'
        self.llm = llm
        self.token = None
        self.acknowledged = {}
        self.decided = {'approve': set(), 'deny': set()}
        self.hits = collections.Counter()
        self.number = 0
        self.errors = []

    def set_up(self):
        self.daemon.start()
        self.workspace.mkdir()
        client = self.daemon.set_up()
        client.post('/api/v1/providers', {'name': 'fake', 'type': 'openai-compatible', 'base_url': self.llm.url, 'default_model': 'fake'}).expect(201)
        for operator in client.items('/api/v1/operators'):
            client.delete(f'/api/v1/operators/{operator["id"]}').expect(204)
        tools = ['shell.exec', 'filesystem.list']
        client.post('/api/v1/operators', {'name': 'Witness', 'system_prompt': 'Keep count.', 'permission_level': 'exec', 'tools': tools,
                                          'trust_mode': 'strict', 'working_directory': str(self.workspace)}).expect(201)
        client.post('/api/v1/operators', {'name': 'Bystander', 'system_prompt': 'Stand by.', 'tools': ['filesystem.list'],
                                          'working_directory': str(self.workspace)}).expect(201)
        self.token = client.post('/api/v1/tokens', {'name': 'storm', 'days': 1}).expect(201)['token']

    def database(self):
        return sqlite3.connect(f'file:{self.daemon.data_dir / "vigilus.db"}?mode=ro', uri=True)

    def send(self, client):
        self.number += 1
        session, run = harness.say(client, f'count {self.number}')
        self.acknowledged[run['id']] = (session, self.number)

    def approve_some(self, client):
        for approval in client.items('/api/v1/approvals?status=pending&limit=200'):
            decision = self.random.choices(('approve', 'deny', None), (55, 15, 30))[0]
            if decision and client.post(f'/api/v1/approvals/{approval["id"]}/decision', {'decision': decision}).status == 200:
                self.decided[decision].add(approval['call_id'])

    def make_traffic(self, begun, stop):
        client = self.daemon.client(self.token)
        while not stop.is_set():
            try:
                live = len(client.items('/api/v1/runs?state=live&limit=200'))
                for _ in range(max(0, min(8, LIVE - live))):
                    self.send(client)
                    begun.set()
                self.approve_some(client)
                begun.set()
            except (OSError, ValueError, harness.http.client.HTTPException):
                return
            except AssertionError as error:
                self.errors.append(str(error))
                return

    def count_states(self):
        with self.database() as db:
            runs = [row[0] for row in db.execute("SELECT state FROM runs WHERE state IN ('routing', 'asking', 'resolving')")]
            children = [row[0] for row in db.execute("SELECT state FROM runs WHERE depth = 1 AND state IN ('asking', 'resolving')")]
            asks = [row[0] for row in db.execute("SELECT c.state FROM calls c WHERE c.tool = 'operators.ask' AND c.state IN ('declaring', 'running')")]
            calls = [row[0] for row in db.execute("SELECT c.state FROM calls c JOIN runs r ON r.id = c.run_id"
                                                  " WHERE c.state != 'done' AND r.state IN ('routing', 'asking', 'resolving')")]
        self.hits.update(f'run {state}' for state in set(runs))
        self.hits.update(f'call {state}' for state in set(calls))
        self.hits.update(f'child {state}' for state in set(children))
        self.hits.update('ask running' for _ in asks[:1])

    def kill_once(self):
        begun, stop = threading.Event(), threading.Event()
        traffic = threading.Thread(target=self.make_traffic, args=(begun, stop))
        traffic.start()
        begun.wait(harness.PATIENCE)
        time.sleep(self.random.random() * 0.35)
        self.daemon.kill()
        stop.set()
        traffic.join()
        self.count_states()
        self.daemon.start()

    def settle(self):
        """Approves all that waits until every run has ended."""
        client = self.daemon.client(self.token)

        def quiet():
            for approval in client.items('/api/v1/approvals?status=pending&limit=200'):
                client.post(f'/api/v1/approvals/{approval["id"]}/decision', {'decision': 'approve'})
            return not client.items('/api/v1/runs?state=live&limit=200')
        harness.wait_for(quiet, 'the end of every run')
        return client


def effects(storm):
    path = storm.workspace / 'witness.txt'
    return collections.Counter(path.read_text(encoding='utf-8').split()) if path.exists() else collections.Counter()


STORM = None


def test_kill_and_start_again():
    for _ in range(KILLS):
        STORM.kill_once()
    assert not STORM.errors, STORM.errors[:3]


def test_every_run_ends_or_waits():
    STORM.settle()


def test_nothing_acknowledged_is_lost():
    client = STORM.daemon.client(STORM.token)
    assert len(STORM.acknowledged) > KILLS / 2, f'only {len(STORM.acknowledged)} messages'
    for run_id, (session, number) in STORM.acknowledged.items():
        run = client.get(f'/api/v1/runs/{run_id}').expect(200)
        assert run['state'] in ('done', 'failed', 'stopped'), run
        texts = [message['content']['text'] for message in client.items(f'/api/v1/sessions/{session}/messages') if message['kind'] == 'user']
        assert texts == [f'count {number}'], (run_id, texts)


def test_no_effect_happened_twice():
    seen = effects(STORM)
    assert len(seen) > KILLS // 4, f'only {len(seen)} effects'
    twice = {name: count for name, count in seen.items() if count > 1}
    assert not twice, twice


def test_nothing_runs_after_a_deny():
    """Whenever the daemon was killed after it had said that the request is denied, and however often it resumed the run."""
    seen, denied = effects(STORM), STORM.decided['deny']
    with STORM.database() as db:
        calls = {row[0]: row[1:] for row in db.execute('SELECT id, outcome, arguments FROM calls')}
        declared = {row[0] for row in db.execute("SELECT call_id FROM audit WHERE event = 'call.declared'")}
    assert len(denied) > KILLS / 8, f'only {len(denied)} were denied'
    wrong = [calls[call] for call in denied if calls[call][0] != 'denied' or call in declared or json.loads(calls[call][1])['command'].split()[-3] in seen]
    assert not wrong, wrong[:5]


def test_no_approval_is_lost():
    """What was approved has begun, or its run was over before it could."""
    with STORM.database() as db:
        begun = {row[0] for row in db.execute("SELECT call_id FROM audit WHERE event = 'call.declared'")}
        status = dict(db.execute('SELECT call_id, status FROM approvals'))
    lost = [call for call in STORM.decided['approve'] if call not in begun or status[call] != 'approved']
    assert len(STORM.decided['approve']) > KILLS / 4 and not lost, lost[:5]


def test_no_call_asked_twice():
    """However often it was resumed: a call of operators.ask has one run, and that is of its own run's tree."""
    with STORM.database() as db:
        twice = db.execute('SELECT parent_call_id FROM runs WHERE parent_call_id IS NOT NULL GROUP BY parent_call_id HAVING count(*) > 1').fetchall()
        n_children = db.execute('SELECT count(*) FROM runs WHERE depth = 1').fetchone()[0]
        live = db.execute("SELECT count(*) FROM runs WHERE state IN ('routing', 'asking', 'resolving')").fetchone()[0]
    assert not twice and not live, (twice, live)
    assert n_children > KILLS / 4, n_children


def test_no_effect_is_unrecorded():
    with STORM.database() as db:
        declared = {json.loads(row[0])['command'].split()[-3] for row in db.execute(
            "SELECT arguments FROM audit WHERE event = 'call.declared' AND tool = 'shell.exec'")}
        outcomes = dict(db.execute("SELECT event, count(*) FROM audit WHERE event IN ('call.declared', 'call.outcome') GROUP BY event"))
    missing = set(effects(STORM)) - declared
    assert not missing, sorted(missing)[:5]
    assert outcomes['call.declared'] == outcomes['call.outcome'], outcomes


def test_every_outcome_says_of_what():
    """Also where the daemon that records it is not the one that ran it: level and resource as declared, and a time."""
    with STORM.database() as db:
        rows = db.execute("SELECT o.outcome, o.tool, o.duration_us, d.level = o.level, d.resource IS o.resource FROM audit o"
                          " JOIN (SELECT DISTINCT call_id, level, resource FROM audit WHERE event = 'call.declared') d USING (call_id)"
                          " WHERE o.event = 'call.outcome'").fetchall()
        named = db.execute("SELECT count(*) FROM audit WHERE event = 'call.outcome' AND outcome = 'interrupted' AND resource IS NOT NULL").fetchone()[0]
    cut = [row for row in rows if row[0] == 'interrupted']
    print(f'# {len(cut)} of {len(rows)} outcomes are interrupted')
    assert cut and named, rows[:5]
    vague = [row for row in rows if row[2] is None or not row[3] or not row[4]]
    assert not vague, vague[:5]


def test_the_record_verifies():
    """No kill came between a record and its leaf."""
    client = STORM.daemon.client(STORM.token)
    export = client.get('/api/v1/audit/export').body
    key = client.get('/api/v1/audit/proof').expect(200)['key']
    program = harness.BUILD / 'root' / 'bin' / 'vigilus-verify'
    done = subprocess.run([str(program), '--key', key, '-'], input=export, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    print(f'# {done.stdout.decode().strip()}')


def test_no_success_without_effect():
    seen = effects(STORM)
    with STORM.database() as db:
        done = {json.loads(row[0])['command'].split()[-3] for row in db.execute(
            "SELECT arguments FROM calls WHERE outcome = 'success' AND tool = 'shell.exec'")}
    assert done - set(seen) == set(), sorted(done - set(seen))[:5]


def test_every_state_was_hit_ten_times():
    wanted = [f'run {state}' for state in RUN_STATES] + [f'call {state}' for state in CALL_STATES]
    wanted += ['child asking', 'child resolving', 'ask running']
    for name in wanted:
        print(f'# {name}: {STORM.hits[name]} kills')
    rare = [name for name in wanted if STORM.hits[name] < min(10, KILLS)]
    assert not rare, rare


def main():
    global STORM
    with FakeLlm(decide, delay=0.004) as llm:
        STORM = Storm(llm)
        STORM.set_up()
        try:
            harness.main({name: value for name, value in globals().items() if name.startswith('test_')})
        finally:
            STORM.daemon.__exit__()


if __name__ == '__main__':
    main()

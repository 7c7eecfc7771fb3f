#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Elevation by HTTP with the real daemon: what an approver may change, who approves, what a revocation ends, and many at once."""
import collections
import pathlib
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, answer_text, decide, ended, pending, say  # noqa: E402


def offline(daemon):
    client = daemon.set_up()
    client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
    return client


def test_edited_arguments_are_the_approvers():
    with Daemon() as daemon:
        client = offline(daemon)
        _, run = say(client, 'write a note to notes.txt: buy disks')
        approval = pending(client)
        url = f'/api/v1/approvals/{approval["id"]}/decision'
        error = client.post(url, {'decision': 'approve', 'arguments': {'path': 'notes.txt'}}).expect(400)['error']
        assert 'content' in error['message'], error
        assert client.post(url, {'decision': 'approve', 'arguments': 'x'}).status == 400
        assert client.post(url, {'decision': 'approve', 'mode': 'for ever'}).status == 400
        assert client.post(url, {'decision': 'approve', 'mode': 'standing'}).status == 400
        assert client.post(url, {'decision': 'approve', 'mode': 'timed', 'resource': 'file:/'}).status == 400
        # PITFALLS 9: the approver is who is signed in, and no member says otherwise.
        assert client.post(url, {'decision': 'approve', 'decided_by': 'somebody'}).status == 400
        decided = client.post(url, {'decision': 'approve', 'arguments': dict(approval['arguments'], content='buy TWO disks\n')}).expect(200)
        assert decided['decided_by'] == 'owner' and decided['edited_arguments']['content'] == 'buy TWO disks\n', decided
        assert ended(client, run['id'])['state'] == 'done'
        assert next(daemon.data_dir.rglob('notes.txt')).read_text(encoding='utf-8') == 'buy TWO disks\n'
        rows = client.items(f'/api/v1/audit?run_id={run["id"]}&limit=200')
        row = next(row for row in rows if row['event'] == 'approval.decided')
        assert row['user_name'] == 'owner' and row['arguments']['content'] == 'buy TWO disks\n', row


def test_the_approver_sees_what_it_would_change_now():
    with Daemon() as daemon:
        client = offline(daemon)
        _, run = say(client, 'append "one" to notes.txt')
        approval = pending(client)
        assert '+one' in approval['preview']['text'] and '/dev/null' in approval['preview']['text'], approval['preview']
        place = next(path for path in daemon.data_dir.rglob('workspace') if path.is_dir())
        (place / 'notes.txt').write_text('what somebody else wrote\n', encoding='utf-8')
        url = f'/api/v1/approvals/{approval["id"]}/decision'
        error = client.post(url, {'decision': 'approve', 'mode': 'once'}).expect(409)['error']
        assert 'no longer what you were shown' in error['message'], error
        assert (place / 'notes.txt').read_text(encoding='utf-8') == 'what somebody else wrote\n'
        fresh = client.get(f'/api/v1/approvals/{approval["id"]}').expect(200)
        assert fresh['status'] == 'pending' and ' what somebody else wrote' in fresh['preview']['text'], fresh['preview']
        decided = client.post(url, {'decision': 'approve', 'mode': 'once'}).expect(200)
        assert decided['status'] == 'approved', decided
        assert ended(client, run['id'])['state'] == 'done'

        # What an approver wrote is shown as what it would change, too.
        _, run = say(client, 'append "two" to notes.txt')
        approval = pending(client)
        url = f'/api/v1/approvals/{approval["id"]}/decision'
        decided = client.post(url, {'decision': 'approve', 'arguments': dict(approval['arguments'], content='buy NONE\n')}).expect(200)
        assert 'buy NONE' in decided['preview']['text'], decided['preview']
        assert ended(client, run['id'])['state'] == 'done'


def test_a_revoked_grant_ends_what_runs_under_it():
    with Daemon() as daemon:
        client = offline(daemon)
        session, run = say(client, 'run `sleep 83`')
        decided = decide(client, pending(client))
        harness.wait_for(lambda: [call for call in client.items(f'/api/v1/runs/{run["id"]}/calls') if call['state'] == 'running'], 'a running call')
        grant = decided['grant']['id']
        begin = harness.time.monotonic()
        # PITFALLS 8: no signature and no token is in what the API says of it.
        assert 'signature' not in client.post(f'/api/v1/grants/{grant}/revoke').expect(200)
        assert ended(client, run['id'])['state'] == 'done'
        assert harness.time.monotonic() - begin < 3
        assert not subprocess.run(['pgrep', '-f', 'sleep 83'], capture_output=True, text=True, check=False).stdout.split()
        call, = client.items(f'/api/v1/runs/{run["id"]}/calls')
        assert call['outcome'] == 'interrupted' and call['grant_id'] == grant, call
        assert 'revoked' in call['result']['text'], call
        assert answer_text(client, session)


def test_two_approvers_need_two_people():
    with Daemon() as daemon:
        client = offline(daemon)
        client.patch('/api/v1/settings', {'second_approver_levels': ['write']}).expect(409)
        assert client.patch('/api/v1/settings', {'second_approver_levels': ['read']}).status == 400
        assert client.get('/api/v1/settings').expect(200)['second_approver_levels'] == []


# PITFALLS 11: one decision counts, however many press at once, and the others are told so.
def test_many_press_at_once():
    with Daemon() as daemon:
        client = offline(daemon)
        for _ in range(3):
            _, run = say(client, 'append "one" to notes.txt')
            approval = pending(client)
            statuses = collections.Counter()

            def press(number, approval=approval, statuses=statuses):
                word = 'approve' if number % 2 else 'deny'
                statuses[client.post(f'/api/v1/approvals/{approval["id"]}/decision', {'decision': word}).status] += 1
            threads = [threading.Thread(target=press, args=(number,)) for number in range(64)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert statuses == {200: 1, 409: 63}, statuses
            assert ended(client, run['id'])['state'] == 'done'
            final = client.get(f'/api/v1/approvals/{approval["id"]}').expect(200)['status']
            call, = client.items(f'/api/v1/runs/{run["id"]}/calls')
            assert (call['outcome'] == 'success') == (final == 'approved'), (call, final)


if __name__ == '__main__':
    harness.main(globals())

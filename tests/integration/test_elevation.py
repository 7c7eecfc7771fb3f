#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Elevation by HTTP with the real daemon: what an approver may change, who approves, what a revocation ends, and many at once."""
import collections
import datetime
import os
import pathlib
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, answer_text, decide, ended, pending, say, wait_for  # noqa: E402
from inventory import is_running  # noqa: E402
from test_people import invite  # noqa: E402


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
        mark = f'sleep 8{os.getpid()}'

        def revoke_one():
            session, run = say(client, f'run `{mark}`')
            decided = decide(client, pending(client))
            harness.wait_for(lambda: [call for call in client.items(f'/api/v1/runs/{run["id"]}/calls') if call['state'] == 'running'], 'a running call')
            grant = decided['grant']['id']
            begin = time.monotonic()
            # PITFALLS 8: no signature and no token is in what the API says of it.
            assert 'signature' not in client.post(f'/api/v1/grants/{grant}/revoke').expect(200)
            assert ended(client, run['id'])['state'] == 'done'
            took = time.monotonic() - begin
            harness.wait_for(lambda: not is_running(f'^{mark}'), 'the end of the command')
            call, = client.items(f'/api/v1/runs/{run["id"]}/calls')
            assert call['outcome'] == 'interrupted' and call['grant_id'] == grant, call
            assert 'revoked' in call['result']['text'], call
            assert answer_text(client, session)
            return took
        harness.assert_quick(3, revoke_one)


def test_two_approvers_need_two_people():
    """Not the same one twice, and the second is not who asked; nothing runs between."""
    with Daemon() as daemon:
        client = offline(daemon)
        client.patch('/api/v1/settings', {'second_approver_levels': ['write']}).expect(409)
        assert client.patch('/api/v1/settings', {'second_approver_levels': ['read']}).status == 400
        assert client.get('/api/v1/settings').expect(200)['second_approver_levels'] == []
        (bob, _), (cleo, _) = (invite(daemon, client, name, 'approver') for name in ('bob', 'cleo'))
        client.patch('/api/v1/settings', {'second_approver_levels': ['write']}).expect(200)
        _, run = say(client, 'write a note to notes.txt: buy disks')
        approval = pending(client)
        assert approval['approvers_needed'] == 2, approval
        url = f'/api/v1/approvals/{approval["id"]}/decision'
        first = bob.post(url, {'decision': 'approve', 'mode': 'timed', 'minutes': 7}).expect(200)
        assert (first['status'], first['first_by'], first['first_terms']['minutes']) == ('pending', 'bob', 7), first
        assert 'another person' in bob.post(url, {'decision': 'approve'}).expect(409)['error']['message']
        assert 'somebody else' in client.post(url, {'decision': 'approve'}).expect(403)['error']['message']
        cleo.post(url, {'decision': 'approve', 'minutes': 60}).expect(400)
        assert not list(daemon.data_dir.rglob('notes.txt')) and client.items('/api/v1/grants?live=true') == []
        done = cleo.post(url, {'decision': 'approve'}).expect(200)
        assert (done['status'], done['decided_by'], done['minutes']) == ('approved', 'cleo', 7), done
        assert ended(client, run['id'])['state'] == 'done' and list(daemon.data_dir.rglob('notes.txt'))
        assert [row['user_name'] for row in client.items('/api/v1/audit?limit=200') if row['event'] in ('approval.decided', 'approval.first')] == ['cleo', 'bob']


def moment(text):
    return datetime.datetime.fromisoformat(text).timestamp()


def test_a_narrowed_grant_runs_from_the_approval():
    """PITFALLS 7, 12."""
    with Daemon() as daemon:
        client = offline(daemon)
        place = next(path for path in daemon.data_dir.rglob('workspace') if path.is_dir())
        _, run = say(client, 'append "one" to a.txt')
        approval = pending(client)
        time.sleep(2)
        assert approval['resource'] == f'file:{place}/a.txt', approval
        url = f'/api/v1/approvals/{approval["id"]}/decision'
        for wider in (f'file:{place}', f'file:{place}/*', 'file:/', f'file:{place}/a.txt/../b.txt', 'server:nas'):
            error = client.post(url, {'decision': 'approve', 'mode': 'timed', 'resource': wider}).expect(400)['error']
            assert 'resource' in error['message'] or 'wider' in error['message'], (wider, error)
        decided = client.post(url, {'decision': 'approve', 'mode': 'timed', 'minutes': 5}).expect(200)
        ended(client, run['id'])
        lasts = moment(decided['grant']['expires_at']) - moment(decided['decided_at'])
        assert abs(lasts - 300) < 1 and moment(decided['decided_at']) - moment(decided['created_at']) >= 2, decided
        # It covers what was granted, and asks for what lies beside it.
        _, run = say(client, 'append "two" to a.txt')
        assert ended(client, run['id'])['state'] == 'done'
        text = (place / 'a.txt').read_text(encoding='utf-8')
        assert text == 'onetwo', text
        _, run = say(client, 'append "one" to b.txt')
        decide(client, pending(client), 'deny')
        ended(client, run['id'])


def test_the_same_from_two_conversations_is_one_request():
    """PITFALLS 11."""
    with Daemon() as daemon:
        client = offline(daemon)
        runs = [say(client, 'append "one" to a.txt')[1] for _ in range(2)]

        def wait():
            calls = [call for run in runs for call in client.items(f'/api/v1/runs/{run["id"]}/calls') if call['state'] == 'waiting']
            return len(calls) == 2 and {call['approval_id'] for call in calls}
        assert len(harness.wait_for(wait, 'two that wait')) == 1
        (approval,) = client.items('/api/v1/approvals?status=pending')
        decide(client, approval, 'deny', reason='not now')
        assert [ended(client, run['id'])['state'] for run in runs] == ['done', 'done']
        assert client.items('/api/v1/approvals?status=pending') == [] and not list(daemon.data_dir.rglob('a.txt'))


def press_at_once(approval, people, words, meanwhile=(), may_cut=False):
    """64 presses by @people in turn, each with one of @words, and whatever else goes on, which may cut connections off; (person, word) of each that was known to be taken, and
    the statuses."""
    taken, statuses = [], collections.Counter()

    def press(number):
        person, word = number % len(people), words[number // len(people) % len(words)]
        try:
            answer = people[person].post(f'/api/v1/approvals/{approval["id"]}/decision', word)
        except ConnectionError as error:
            statuses[type(error)] += 1
            return
        statuses[answer.status] += 1
        if answer.status == 200:
            taken.append((person, word['decision']))
    threads = [threading.Thread(target=press, args=(number,)) for number in range(64)]
    for thread in [*threads[:32], *(threading.Thread(target=work) for work in meanwhile), *threads[32:]]:
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 409} or (may_cut and all(status in (200, 409) or issubclass(status, ConnectionError) for status in statuses)), statuses
    return taken, statuses


def end_without_more(client, run):
    """A grant that was revoked before it was used makes the call ask again."""
    def over():
        for approval in client.items('/api/v1/approvals?status=pending'):
            client.post(f'/api/v1/approvals/{approval["id"]}/decision', {'decision': 'deny'})
        return client.get(f'/api/v1/runs/{run["id"]}').expect(200)['state'] in ('done', 'failed', 'stopped')
    wait_for(over, 'the end of the run')
    (call,) = client.items(f'/api/v1/runs/{run["id"]}/calls')
    return call


APPROVE, TIMED, DENY = {'decision': 'approve'}, {'decision': 'approve', 'mode': 'timed', 'minutes': 5}, {'decision': 'deny'}


# PITFALLS 11: one decision counts, however many press at once, and the others are told so.
def test_many_people_press_and_revoke_at_once():
    with Daemon() as daemon:
        client = offline(daemon)
        people = [client, invite(daemon, client, 'grace', 'approver')[0], invite(daemon, client, 'heidi', 'administrator')[0]]
        revoked = collections.Counter()

        def revoke():
            for _ in range(10):
                for grant in client.items('/api/v1/grants?live=true'):
                    revoked[people[1].post(f'/api/v1/grants/{grant["id"]}/revoke').status] += 1
        for words in ((APPROVE, DENY), (APPROVE, TIMED), (TIMED, DENY)):
            _, run = say(client, 'append "one" to notes.txt')
            approval = pending(client)
            taken, statuses = press_at_once(approval, people, words, [revoke, revoke])
            assert len(taken) == 1 and statuses == {200: 1, 409: 63}, (taken, statuses)
            call = end_without_more(client, run)
            final = client.get(f'/api/v1/approvals/{approval["id"]}').expect(200)['status']
            assert final == {'approve': 'approved', 'deny': 'denied'}[taken[0][1]], (final, taken)
            assert call['outcome'] != 'success' or final == 'approved', (call, final)
            revoke()
            assert client.items('/api/v1/grants?live=true') == []
        assert set(revoked) <= {200, 404, 409}, revoked


def test_second_approvers_press_at_once():
    """Two different people, or nothing runs; nobody counts twice."""
    with Daemon() as daemon:
        client = offline(daemon)
        people = [invite(daemon, client, name, 'approver')[0] for name in ('grace', 'heidi')]
        client.patch('/api/v1/settings', {'second_approver_levels': ['write']}).expect(200)
        for words in ((APPROVE,), (APPROVE, DENY), (APPROVE, APPROVE, DENY)):
            _, run = say(client, 'append "one" to notes.txt')
            approval = pending(client)
            taken, _ = press_at_once(approval, people, words)
            call = end_without_more(client, run)
            final = client.get(f'/api/v1/approvals/{approval["id"]}').expect(200)['status']
            approved = [person for person, word in taken if word == 'approve']
            assert len(approved) == len(set(approved)), taken
            assert (final == 'approved') == (len(approved) == 2) and len(taken) - len(approved) == (final == 'denied'), (final, taken)
            assert (call['outcome'] == 'success') == (final == 'approved'), (call, final)
            for grant in client.items('/api/v1/grants?live=true'):
                client.post(f'/api/v1/grants/{grant["id"]}/revoke').expect(200)


def test_its_time_comes_while_many_press():
    library = next(pathlib.Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1'))
    with tempfile.TemporaryDirectory() as folder:
        clock = pathlib.Path(folder, 'clock')
        clock.write_text('+0', encoding='ascii')
        env = {**harness.asan_options('verify_asan_link_order=0'), 'LD_PRELOAD': str(library), 'FAKETIME_TIMESTAMP_FILE': str(clock), 'FAKETIME_NO_CACHE': '1'}
        with Daemon(env=env) as daemon:
            client = offline(daemon)
            client.patch('/api/v1/settings', {'approval_wait_minutes': 1}).expect(200)
            for round_ in range(1, 4):
                _, run = say(client, 'append "one" to notes.txt')
                approval = pending(client)
                taken, statuses = press_at_once(approval, [client], (APPROVE, DENY), [lambda at=round_: clock.write_text(f'+{at * 2}m', encoding='ascii')], may_cut=True)
                call = end_without_more(client, run)
                final = client.get(f'/api/v1/approvals/{approval["id"]}').expect(200)['status']
                # The clock that jumps also ends the time of connections: whose answer is lost does not know whether it was the one.
                known = statuses[200] + statuses[409] == 64
                assert final in ('approved', 'denied', 'expired') and len(taken) <= (final != 'expired'), (final, taken, statuses)
                assert not known or len(taken) == (final != 'expired'), (final, taken, statuses)
                # The clock that jumps may cut off the call as well, whose limit is as long.
                assert (call['outcome'] in ('success', 'unknown')) == (final == 'approved'), (call, final)


if __name__ == '__main__':
    harness.main(globals())

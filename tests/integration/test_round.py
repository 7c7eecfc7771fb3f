#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A newcomer's whole round with the real daemon: secret, account, provider, question, approval, audit; with `offline` and with a model."""
import datetime
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, answer_text, decide, ended, pending, say  # noqa: E402
from inventory import is_running  # noqa: E402
from test_people import invite  # noqa: E402


def with_offline(daemon):
    client = daemon.set_up()
    client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
    return client


def ask(client, text, session=None):
    """Sends, approves what comes up, waits for the end; answers (session, run, approvals)."""
    session, run = say(client, text, session)
    approvals = []

    def over():
        for approval in client.items('/api/v1/approvals?status=pending'):
            approvals.append(decide(client, approval))
        state = client.get(f'/api/v1/runs/{run["id"]}').expect(200)
        return state if state['state'] in ('done', 'failed', 'stopped') else None
    return session, harness.wait_for(over, f'the end of "{text}"'), approvals


def test_set_up_from_nothing():
    with Daemon(secret=None) as daemon:
        client = daemon.client()
        state = client.get('/api/v1/setup').expect(200)
        assert state['needs_secret'] and state['needs_owner'] and not state['needs_token'], state
        generated = client.post('/api/v1/setup/secret', {'secret': None, 'keep': 'file'}).expect(200)['generated']
        assert len(generated) >= 32
        login = client.post('/api/v1/setup/owner', {'name': 'ada', 'password': harness.PASSWORD}).expect(201)
        assert login['user']['role'] == 'owner'
        client.sign_in(login)
        assert client.get('/api/v1/me').expect(200)['user']['name'] == 'ada'
        mode = (daemon.data_dir / 'secret').stat().st_mode & 0o777
        assert mode == 0o600, oct(mode)
        daemon.stop()
        daemon.start()
        state = daemon.client().get('/api/v1/setup').expect(200)
        assert not state['needs_secret'] and not state['needs_owner'], state


def test_starter_operators_are_there():
    with Daemon() as daemon:
        operators = daemon.set_up().items('/api/v1/operators')
        assert len(operators) >= 3
        assert all(operator['trust_mode'] == 'inherit' for operator in operators)


def test_the_four_questions_offline():
    with Daemon() as daemon:
        client = with_offline(daemon)
        session, run, approvals = ask(client, 'how full are the disks?')
        assert run['state'] == 'done', run
        assert [approval['tool'] for approval in approvals] == ['shell.exec'], approvals
        assert '%' in answer_text(client, session) and 'Filesystem' in answer_text(client, session), answer_text(client, session)
        session, run, approvals = ask(client, 'write a note to notes.txt: buy disks')
        assert run['state'] == 'done' and run['operator_name'] == 'Files', run
        assert [approval['level'] for approval in approvals] == ['write']
        assert 'buy disks' in approvals[0]['preview']['text'], approvals[0]
        session, run, approvals = ask(client, 'show notes.txt')
        assert run['state'] == 'done' and not approvals
        assert 'buy disks' in answer_text(client, session), answer_text(client, session)
        session, run, approvals = ask(client, 'what did you do today?')
        assert run['state'] == 'done' and not approvals
        text = answer_text(client, session)
        assert 'filesystem.write' in text and 'shell.exec' in text, text


def test_everything_stands_in_the_audit_log():
    with Daemon() as daemon:
        client = with_offline(daemon)
        _, run, _ = ask(client, 'write a note to notes.txt: buy disks')
        rows = client.items(f'/api/v1/audit?run_id={run["id"]}&limit=200')
        events = [row['event'] for row in reversed(rows)]
        for event in ('approval.requested', 'approval.decided', 'call.declared', 'call.outcome'):
            assert event in events, events
        assert events.index('approval.decided') < events.index('call.declared') < events.index('call.outcome')
        outcome = next(row for row in rows if row['event'] == 'call.outcome')
        assert outcome['outcome'] == 'success' and outcome['duration_us'] > 0, outcome
        everything = {row['event'] for row in client.items('/api/v1/audit?limit=200')}
        assert {'provider.created', 'user.created'} <= everything, everything


def columns_of_a_note(client, approver, decision, **more):
    """Asks for a note, on which the approver decides; answers what its records say but for what is checked here: number, id and time of each, who,
    what and where, and how long it took."""
    begin = harness.time.time()
    _, run = say(client, 'write a note to notes.txt: buy disks')
    approval = decide(approver, pending(approver), decision, **more)
    assert ended(client, run['id'])['state'] == 'done'
    call = client.items(f'/api/v1/runs/{run["id"]}/calls')[0]
    rows = client.items(f'/api/v1/audit?run_id={run["id"]}&limit=200')[::-1]
    times = [begin, *(datetime.datetime.fromisoformat(row['at']).timestamp() for row in rows), harness.time.time()]
    assert times == sorted(times), times
    assert [row['seq'] for row in rows] == list(range(rows[0]['seq'], rows[0]['seq'] + len(rows))), rows
    assert len({row['id'] for row in rows}) == len(rows), rows
    assert all((row['duration_us'] or 0) > 0 if row['event'] == 'call.outcome' else row['duration_us'] is None for row in rows), rows
    place = {'session_id': run['session_id'], 'run_id': run['id'], 'call_id': call['id'], 'approval_id': approval['id'], 'operator_name': 'Files',
             'tool': 'filesystem.write', 'level': 'write', 'resource': call['resource'],
             'arguments': {'path': 'notes.txt', 'content': 'buy disks', 'mode': 'create'}}
    assert call['resource'].startswith('file:/') and call['resource'].endswith('/notes.txt'), call
    checked = {'seq', 'id', 'at', 'duration_us', *place}
    assert all({name: row[name] for name in place} == place for row in rows), (place, rows)
    return [{name: value for name, value in row.items() if name not in checked} for row in rows]


def said(event, user, decision, rule=None, reason=None, outcome=None, detail=None):
    return {'event': event, 'user_name': user, 'decision': decision, 'rule': rule, 'reason': reason, 'outcome': outcome, 'error': None, 'detail': detail}


def test_every_column_of_an_approved_and_a_denied_call():
    with Daemon() as daemon:
        client = with_offline(daemon)
        bea = invite(daemon, client, 'bea', 'approver')[0]
        judged, decided = {'policy_version': 0}, {'address': '127.0.0.1'}
        requested = said('approval.requested', 'owner', 'ask', 'strict', 'a person has to approve this call', detail=judged)
        rows = columns_of_a_note(client, bea, 'deny', reason='not today')
        assert rows == [requested,
                        said('approval.decided', 'bea', 'deny', reason='not today', detail=decided),
                        said('call.denied', 'owner', 'deny', 'approval-denied', 'bea denied it: not today', 'denied', judged)], rows
        rows = columns_of_a_note(client, bea, 'approve')
        assert rows == [requested,
                        said('approval.decided', 'bea', 'approve', detail=decided),
                        said('grant.created', 'bea', 'once', detail=decided),
                        said('call.declared', 'owner', 'allow', 'grant', 'a live grant covers this call', detail=judged),
                        said('call.outcome', 'owner', None, outcome='success')], rows


def test_denied_call_does_not_run():
    with Daemon() as daemon:
        client = with_offline(daemon)
        session, run = say(client, 'write a note to notes.txt: buy disks')
        approval = pending(client)
        decide(client, approval, 'deny', reason='not today')
        run = ended(client, run['id'])
        assert 'not today' in answer_text(client, session), answer_text(client, session)
        calls = client.items(f'/api/v1/runs/{run["id"]}/calls')
        assert [call['outcome'] for call in calls] == ['denied'], calls
        assert not list(daemon.data_dir.rglob('notes.txt'))


def check_what_was_printed(client, run):
    """It stays with the call that was stopped; the audit log has no output."""
    [call] = harness.wait_for(lambda: [call for call in client.items(f'/api/v1/runs/{run["id"]}/calls') if call['state'] == 'done'], 'the outcome')
    assert call['outcome'] == 'interrupted' and call['result']['text'].endswith('may or may not have happened.\n\nIt had printed:\nbegun\n'), call
    [record] = client.items(f'/api/v1/audit?run_id={run["id"]}&event=call.outcome')
    assert 'begun' not in record['error'], record


def test_stop_ends_a_command_within_a_second():
    with Daemon() as daemon:
        client = with_offline(daemon)
        mark = f'sleep 9{harness.os.getpid()}'

        def stop_one():
            _, run = say(client, f'run `echo begun; {mark}`')
            decide(client, pending(client))
            harness.wait_for(lambda: is_running(f'^{mark}'), 'the command')
            begin = harness.time.monotonic()
            assert client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)['state'] == 'stopped'
            took = harness.time.monotonic() - begin
            harness.wait_for(lambda: not is_running(f'^{mark}'), 'the end of the command')
            client.post(f'/api/v1/runs/{run["id"]}/stop').expect(409)
            check_what_was_printed(client, run)
            return took
        harness.assert_quick(1.5, stop_one)


def test_approval_survives_kill_and_is_used_once():
    with Daemon() as daemon:
        client = with_offline(daemon)
        _, run = say(client, 'write a note to notes.txt: buy disks')
        approval = pending(client)
        daemon.kill()
        daemon.start()
        client = daemon.log_in()
        again = pending(client)
        assert again['id'] == approval['id'], (again, approval)
        decide(client, again)
        assert ended(client, run['id'])['state'] == 'done'
        assert (list(daemon.data_dir.rglob('notes.txt'))[0]).read_text(encoding='utf-8').strip() == 'buy disks'
        grants = client.items('/api/v1/grants')
        assert len(grants) == 1 and grants[0]['used_at'], grants
        client.post(f'/api/v1/approvals/{approval["id"]}/decision', {'decision': 'approve'}).expect(409)


def test_timed_grant_covers_the_same_resource_only():
    with Daemon() as daemon:
        client = with_offline(daemon)
        _, run = say(client, 'append "one" to notes.txt')
        decide(client, pending(client), mode='timed', minutes=5)
        assert ended(client, run['id'])['state'] == 'done'
        _, run = say(client, 'append "two" to notes.txt')
        assert ended(client, run['id'])['state'] == 'done'
        assert not client.items('/api/v1/approvals?status=pending')
        _, run = say(client, 'append "three" to other.txt')
        approval = pending(client)
        assert 'other.txt' in approval['resource'], approval
        grant = next(grant for grant in client.items('/api/v1/grants?live=true') if grant['mode'] == 'timed')
        client.post(f'/api/v1/grants/{grant["id"]}/revoke').expect(200)
        decide(client, approval, 'deny')
        ended(client, run['id'])
        _, run = say(client, 'append "four" to notes.txt')
        decide(client, pending(client), 'deny')
        ended(client, run['id'])


def test_lenient_passes_without_asking_and_never_the_ceiling():
    with Daemon() as daemon:
        client = with_offline(daemon)
        client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        _, run = say(client, '@Files write a note to notes.txt: buy disks')
        assert ended(client, run['id'])['state'] == 'done'
        assert list(daemon.data_dir.rglob('notes.txt'))
        files = next(operator for operator in client.items('/api/v1/operators') if operator['name'] == 'Files')
        client.patch(f'/api/v1/operators/{files["id"]}', {'permission_level': 'read'}).expect(200)
        _, run, approvals = ask(client, '@Files write a note to more.txt: buy disks')
        assert not approvals
        calls = client.items(f'/api/v1/runs/{run["id"]}/calls')
        assert not [call for call in calls if call['tool'] == 'filesystem.write' and call['outcome'] != 'denied'], calls
        assert not list(daemon.data_dir.rglob('more.txt'))


def test_a_tool_above_the_ceiling_is_denied_however_it_is_named():
    def insist(messages, tools):
        return ('so be it', []) if messages[-1]['role'] == 'tool' else ('', [('filesystem-write', {'path': 'more.txt', 'content': 'x'}), ('shell-exec', {'command': 'id'})])
    with FakeLlm(insist) as llm, Daemon() as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'm'}).expect(201)
        client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        files = next(operator for operator in client.items('/api/v1/operators') if operator['name'] == 'Files')
        client.patch(f'/api/v1/operators/{files["id"]}', {'permission_level': 'read'}).expect(200)
        _, run = say(client, '@Files write it')
        run = ended(client, run['id'])
        calls = client.items(f'/api/v1/runs/{run["id"]}/calls')
        assert [call['outcome'] for call in calls] == ['denied', 'denied'], calls
        assert not list(daemon.data_dir.rglob('more.txt'))
        denied = [row for row in client.items('/api/v1/audit?limit=200') if row['event'] == 'call.denied']
        assert {row['tool'] for row in denied} == {'filesystem.write', 'shell.exec'}, denied


def test_a_model_answers_and_its_secret_key_leaks_nowhere():
    key = 'sk-' + 'planted0key0never0to0be0seen'

    def think(messages, tools):
        if 'delegate' in tools:
            return '', [('delegate', {'operator': 'Files', 'reason': 'files'})]
        return f'I was told {messages[-1]["content"]}', []
    with FakeLlm(think) as llm, Daemon() as daemon:
        client = daemon.set_up()
        provider = client.post('/api/v1/providers', {'name': 'Mine', 'type': 'openai-compatible', 'base_url': llm.url, 'api_key': key, 'default_model': 'fake'}).expect(201)
        assert provider['key'] == {'set': True, 'readable': True} and key not in str(provider)
        assert client.post(f'/api/v1/providers/{provider["id"]}/test').expect(200)['models'][0]['id'] == 'fake'
        session, run = say(client, 'hello there')
        run = ended(client, run['id'])
        assert run['state'] == 'done' and run['usage']['input_tokens'], run
        assert 'hello there' in answer_text(client, session)
        session, run = say(client, f'@Files my key is {key}')
        ended(client, run['id'])
        seen = [str([message for message in client.items(f'/api/v1/sessions/{session}/messages') if message['kind'] != 'user']).encode()]
        seen += [client.get(path).body for path in ('/api/v1/audit?limit=200', '/api/v1/providers', f'/api/v1/runs/{run["id"]}')]
        assert not [body for body in seen if key.encode() in body], seen
        client.delete(f'/api/v1/sessions/{session}').expect(204)
        daemon.stop()
        for path in daemon.data_dir.rglob('*'):
            assert not path.is_file() or path.name.startswith('vigilus.db') or key.encode() not in path.read_bytes(), path
        assert key not in daemon.stderr()


def test_another_secret_is_recognised_and_nothing_is_overwritten():
    with FakeLlm(lambda messages, tools: ('hi', [])) as llm, Daemon(secret='the-first-secret') as daemon:
        client = daemon.set_up()
        provider = client.post('/api/v1/providers', {'name': 'Mine', 'type': 'openai-compatible', 'base_url': llm.url, 'api_key': 'key-number-one', 'default_model': 'fake'}).expect(201)
        daemon.stop()
        daemon.secret = 'a-second-secret'
        daemon.start()
        client = daemon.log_in()
        assert client.get('/api/v1/status').expect(200)['secret'] == 'changed'
        assert client.get(f'/api/v1/providers/{provider["id"]}').expect(200)['key'] == {'set': True, 'readable': False}
        answer = client.post(f'/api/v1/providers/{provider["id"]}/test')
        assert answer.status >= 400 and "Stored API key can't be decrypted" in answer.json['error']['message'], answer.body
        session, run = say(client, 'hello')
        assert ended(client, run['id'])['state'] == 'failed'
        assert "Stored API key can't be decrypted" in answer_text(client, session)
        daemon.stop()
        daemon.secret = 'the-first-secret'
        daemon.start()
        client = daemon.log_in()
        assert client.get(f'/api/v1/providers/{provider["id"]}').expect(200)['key'] == {'set': True, 'readable': True}
        daemon.stop()
        daemon.secret = 'a-second-secret'
        daemon.start()
        client = daemon.log_in()
        client.patch(f'/api/v1/providers/{provider["id"]}', {'api_key': 'key-number-two'}).expect(200)
        assert client.post(f'/api/v1/providers/{provider["id"]}/test').expect(200)


def test_without_a_provider_the_answer_says_what_to_do():
    with Daemon() as daemon:
        client = daemon.set_up()
        session, run = say(client, 'hello')
        run = ended(client, run['id'])
        assert run['state'] == 'failed'
        assert 'Add Provider' in answer_text(client, session) + str(run['error'])


if __name__ == '__main__':
    harness.main(globals())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Long results and long conversations, the second model, and runs that are inspected, run again and gone on with: with the real daemon."""
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, ReplayServer, answer_text, decide, ended, pending, say  # noqa: E402


def with_model(daemon, server, **more):
    """A signed-in owner, the replay server as the provider, one Operator."""
    client = daemon.set_up()
    provider = client.post('/api/v1/providers', {'name': 'Replay', 'type': 'openai-compatible', 'base_url': server.url + '/v1', 'default_model': 'test-1'}).expect(201)
    for operator in client.items('/api/v1/operators'):
        client.delete(f'/api/v1/operators/{operator["id"]}').expect(204)
    operator = client.post('/api/v1/operators', {'name': 'Host', 'permission_level': 'exec', 'tools': ['shell.exec'],
                                                 'working_directory': str(daemon.data_dir), **more}).expect(201)
    return client, provider, operator


def call(name, **arguments):
    return {'text': 'Looking.', 'calls': [{'name': name, 'arguments': arguments}], 'times': 1}


def requests_of(server):
    return harness.Client(server.port).get('/__control').expect(200)['requests']


def control(server, **values):
    return harness.Client(server.port).post('/__control', values)


def test_long_output_is_kept_and_read_in_parts():
    script = [call('shell.exec', command='seq 1 30000'), {'text': 'That is long.', 'when': {'user': 'count', 'results': True}}]
    with ReplayServer({'script': script}) as server, Daemon() as daemon:
        client, _, _ = with_model(daemon, server, trust_mode='lenient')
        session, run = say(client, 'count')
        run = ended(client, run['id'])
        assert run['state'] == 'done', run
        made = client.items(f'/api/v1/runs/{run["id"]}/calls')[0]
        assert made['result']['truncated'] and made['result']['is_kept'], made['result'].keys()
        assert len(made['result']['text']) < 34000
        part = client.get(f'/api/v1/calls/{made["id"]}/output?offset=20000&lines=3').expect(200)
        assert [line.split(': ')[1] for line in part['text'].splitlines()] == [str(int(part['text'].splitlines()[0].split(': ')[1]) + i) for i in range(3)], part
        assert part['next'] == 20003 and part['lines'] > 30000, part
        found = client.get(f'/api/v1/calls/{made["id"]}/output?search=29999').expect(200)
        assert found['text'].rstrip().endswith(': 29999'), found
        script = [call('output.read', call=made['id'], search='12345'), {'text': 'Found it.', 'when': {'results': '12345'}}]
        control(server, script=script).expect(200)
        _, run = say(client, 'where is 12345?', session)
        assert ended(client, run['id'])['state'] == 'done'
        assert 'Found it.' in answer_text(client, session), answer_text(client, session)
        client.get('/api/v1/calls/01a00000-0000-7000-8000-000000000000/output').expect(404)
        client.get(f'/api/v1/calls/{made["id"]}/output?offset=0').expect(400)


def test_outputs_of_others_are_not_there():
    with ReplayServer({'script': [call('shell.exec', command='seq 1 30000'), {'text': 'Long.'}]}) as server, Daemon() as daemon:
        client, _, _ = with_model(daemon, server, trust_mode='lenient')
        _, run = say(client, 'count')
        ended(client, run['id'])
        made = client.items(f'/api/v1/runs/{run["id"]}/calls')[0]
        invited = client.post('/api/v1/users', {'name': 'bob', 'role': 'administrator'}).expect(201)
        daemon.client().post('/api/v1/invitations/accept', {'token': invited['invitation']['token'], 'password': harness.PASSWORD}).expect(204)
        other = daemon.log_in('bob')
        other.get(f'/api/v1/calls/{made["id"]}/output').expect(404)
        other.get(f'/api/v1/runs/{run["id"]}/messages').expect(404)
        other.post(f'/api/v1/runs/{run["id"]}/rerun').expect(404)


def test_long_conversation_is_summarised_and_survives_a_kill():
    words = 'All is well with the disks of this host, as it was before. ' * 220
    script = [{'text': 'THE SUMMARY: the disks are well.', 'when': {'system': 'You keep the memory'}}, {'text': words}]
    with ReplayServer({'script': script}) as server, Daemon() as daemon:
        client, _, _ = with_model(daemon, server)
        client.patch('/api/v1/settings', {'context_tokens': 4096}).expect(200)
        session, run = say(client, 'how are the disks, @host?')
        ended(client, run['id'])
        _, run = say(client, 'and the memory?', session)
        ended(client, run['id'])
        notices = [message for message in client.items(f'/api/v1/sessions/{session}/messages?limit=100') if message['kind'] == 'notice']
        assert [notice['content']['code'] for notice in notices] == ['compacted'], notices
        assert 'THE SUMMARY' in notices[0]['content']['summary'] and notices[0]['content']['model'] == 'test-1', notices
        last = requests_of(server)[-1]['body']['messages']
        assert 'THE SUMMARY' in last[1]['content'] and '@host' in last[1]['content'], last[1]
        assert len(client.items(f'/api/v1/sessions/{session}/messages?limit=100')) == 5
        # The next summary is being made when the daemon dies.
        control(server, delay=0.5).expect(200)
        before = len(requests_of(server))
        _, run = say(client, 'and the load?', session)
        harness.wait_for(lambda: len(requests_of(server)) > before, 'a question to the model')
        daemon.kill()
        control(server, delay=0).expect(200)
        daemon.start()
        client = daemon.log_in()
        assert ended(client, run['id'])['state'] == 'done'
        assert answer_text(client, session).count('All is well') >= 3


class LongLoop:
    """Two Operators at once: Writer waits for a person with a note, Host looks and looks until its context is full, twice."""

    LOOKS = 12

    def __init__(self):
        self.may_look, self.has_two, self.may_end = threading.Event(), threading.Event(), threading.Event()
        self.summarised, self.asked = [], []

    def __call__(self, messages, tools):
        names = {name.replace('_', '.').replace('-', '.'): name for name in tools}
        if messages[0]['content'].startswith('You keep the memory'):
            self.summarised.append(messages[1]['content'])
            return f'SUMMARY NUMBER {len(self.summarised)}.', []
        if 'plan' in names:
            return '', [('plan', {'steps': [{'operator': 'Writer', 'task': 'write a note'}, {'operator': 'Host', 'task': 'look on, @host, for as long as it takes'}]})]
        if 'shell.exec' not in names and messages[-1]['role'] == 'tool':
            return 'Done.', []
        if 'filesystem.write' in names:
            return '', [(names['filesystem.write'], {'path': 'a.txt', 'content': 'a'})]
        self.may_look.wait(300)
        self.asked.append(messages)
        if len(self.summarised) == 2:
            self.has_two.set()
            self.may_end.wait(300)
        if len(self.asked) > self.LOOKS:
            return 'I have seen enough.', []
        return '', [(names['shell.exec'], {'command': f'seq {len(self.asked)}00000 {len(self.asked)}00300'})]


def begin_long_loop(daemon, llm):
    client, _, _ = with_model(daemon, llm, trust_mode='lenient')
    client.post('/api/v1/operators', {'name': 'Writer', 'permission_level': 'write', 'tools': ['filesystem.write'], 'trust_mode': 'strict',
                                      'working_directory': str(daemon.data_dir / 'workspace')}).expect(201)
    client.patch('/api/v1/settings', {'context_tokens': 4096, 'taint_is_strict': False}).expect(200)
    return client, say(client, 'write a note and look')[1]


def test_compaction_in_the_middle_of_a_tool_loop_keeps_what_is_open():
    mind = LongLoop()
    with FakeLlm(mind) as llm, Daemon() as daemon:
        client, run = begin_long_loop(daemon, llm)
        waiting = pending(client)
        mind.may_look.set()
        assert mind.has_two.wait(300), 'a question after two summaries'
        first, second = mind.summarised
        assert '100000' in first and 'SUMMARY NUMBER' not in first, first
        assert 'SUMMARY NUMBER 1.' in second and '100000' not in second, 'the second one is made from the first, and from what came after'

        n_asked = len(mind.asked)
        daemon.kill()
        daemon.start()
        client = daemon.log_in()
        harness.wait_for(lambda: len(mind.asked) > n_asked, 'the question after the kill')
        shown = mind.asked[n_asked][1]['content']
        assert 'SUMMARY NUMBER 2.' in shown and len(mind.summarised) == 2, 'it is stored: nobody is asked for it again'
        assert "Still waiting for a person's approval: filesystem.write" in shown and '(asked by Writer)' in shown, shown
        assert 'Operators that were named so far: @host' in shown and 'look on, @host, for as long as it takes' in shown, shown
        assert mind.asked[n_asked][-1]['role'] == 'tool', 'it is in the middle of a loop'
        mind.may_end.set()
        host = next(child for child in client.items(f'/api/v1/runs/{run["id"]}/children') if child['operator_name'] == 'Host')
        assert ended(client, host['id'])['state'] == 'done'
        notices = [one['content'] for one in client.items(f'/api/v1/runs/{host["id"]}/messages?limit=200') if one['kind'] == 'notice']
        counts = [notice['n_messages'] for notice in notices if notice['code'] == 'compacted']
        assert len(counts) >= 2 and counts == sorted(set(counts)), notices
        decide(client, waiting)
        assert ended(client, run['id'])['state'] == 'done'


def test_second_model_takes_over():
    with ReplayServer({'script': [{'text': 'Hello from the second.'}]}) as server, Daemon() as daemon:
        client, _, operator = with_model(daemon, server)
        dead = client.post('/api/v1/providers', {'name': 'Dead', 'type': 'openai-compatible', 'base_url': f'http://127.0.0.1:{harness.free_port()}/v1',
                                                 'default_model': 'gone'}).expect(201)
        second = client.items('/api/v1/providers')
        second = next(provider for provider in second if provider['name'] == 'Replay')
        client.patch(f'/api/v1/operators/{operator["id"]}', {'provider_id': dead['id'], 'fallback_provider_id': second['id']}).expect(200)
        session, run = say(client, 'hello')
        run = ended(client, run['id'])
        assert run['state'] == 'done', run
        assert 'Hello from the second.' in answer_text(client, session)
        notices = [message for message in client.items(f'/api/v1/runs/{run["id"]}/messages') if message['kind'] == 'notice']
        assert [notice['content']['code'] for notice in notices] == ['fallback'] and notices[0]['content']['provider'] == 'Replay', notices
        assert notices[0]['content']['error'].startswith('Dead: '), 'there may be several of a kind'
        client.delete(f'/api/v1/providers/{second["id"]}').expect(409)
        client.patch(f'/api/v1/operators/{operator["id"]}', {'fallback_provider_id': '01a00000-0000-7000-8000-000000000000'}).expect(400)


def test_a_stopped_run_is_inspected_run_again_and_gone_on_with():
    script = [call('shell.exec', command='echo one'), {'text': 'It says one.', 'when': {'user': 'say one', 'results': True}},
              call('shell.exec', command='echo one'), {'text': 'I went on.', 'when': {'user': 'Go on from where'}}]
    with ReplayServer({'script': script}) as server, Daemon() as daemon:
        client, _, _ = with_model(daemon, server)
        session, run = say(client, 'say one')
        pending(client)
        client.post(f'/api/v1/runs/{run["id"]}/rerun').expect(409)
        stopped = client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)
        assert stopped['state'] == 'stopped'
        steps = client.items(f'/api/v1/runs/{run["id"]}/messages')
        assert [step['kind'] for step in steps] == ['user', 'assistant', 'tools'], steps
        first = client.get(f'/api/v1/runs/{run["id"]}/messages?limit=1').expect(200)
        rest = client.get(f'/api/v1/runs/{run["id"]}/messages?limit=10&after={first["next"]}').expect(200)
        assert [step['id'] for step in first['items'] + rest['items']] == [step['id'] for step in steps]
        control(server, script=[call('shell.exec', command='echo one'), {'text': 'It says one.', 'when': {'results': True}}]).expect(200)
        again = client.post(f'/api/v1/runs/{run["id"]}/rerun').expect(202)
        assert again['origin'] == 'rerun' and again['origin_id'] == run['id'] and again['session_id'] == session
        decide(client, pending(client))
        assert ended(client, again['id'])['state'] == 'done'
        control(server, script=[{'text': 'I went on.', 'when': {'user': 'Go on from where'}}]).expect(200)
        more = client.post(f'/api/v1/runs/{run["id"]}/continue').expect(202)
        assert more['origin'] == 'continue' and more['operator_name'] == 'Host', more
        assert ended(client, more['id'])['state'] == 'done'
        assert 'I went on.' in answer_text(client, session)
        sent = requests_of(server)[-1]['body']['messages']
        assert any('say one' in str(message.get('content')) for message in sent), sent
        client.post('/api/v1/runs/01a00000-0000-7000-8000-000000000000/continue').expect(404)


if __name__ == '__main__':
    harness.main(globals())

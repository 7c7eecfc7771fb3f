#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The live socket: who may listen to what, what a viewer sees of a stream, and what becomes of a reader that does not keep up."""
import contextlib
import json
import pathlib
import re
import sqlite3
import struct
import sys
import threading
import time
from socket import create_connection

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, ended, wait_for  # noqa: E402
from test_people import invite  # noqa: E402
from websocket_client import Closed, WebSocket  # noqa: E402

NOBODY = '01900000-0000-7000-8000-000000000000'


def open_as(daemon, client, **more):
    return WebSocket(daemon.port, headers={'Cookie': f'vigilus_session={client.cookie}'}, **more)


def test_without_a_session_it_says_so_and_closes():
    with Daemon() as daemon:
        daemon.set_up()
        for headers in ({}, {'Cookie': 'vigilus_session=' + 'A' * 43}, {'Authorization': 'Bearer vig_nobody'}):
            socket = WebSocket(daemon.port, headers=headers)
            assert socket.status == 101, socket.answer
            assert socket.receive() == {'event': 'no-session'}
            assert socket.close_code() == 4401


NO_SESSION = struct.pack('>H', 4401)


def shake(daemon, request):
    """The answer; of a socket that opens, all until it says that nobody is signed in."""
    with create_connection(('127.0.0.1', daemon.port), timeout=harness.PATIENCE) as raw:
        raw.sendall(request.replace('Host: 127.0.0.1\r\n', f'Host: 127.0.0.1:{daemon.port}\r\n').replace(' /ws', ' /api/v1/live', 1).encode())
        data = b''
        while (b'\r\n\r\n' not in data or data.startswith(b'HTTP/1.1 101') and NO_SESSION not in data) and (piece := raw.recv(4096)):
            data += piece
        return data


def test_every_opening_handshake():
    rows = json.loads((pathlib.Path(__file__).resolve().parent.parent / 'data/websocket/handshake.json').read_text(encoding='utf-8'))
    seen = set()
    with Daemon() as daemon:
        owner = daemon.set_up()
        for row in rows:
            if not row['request'].startswith('<'):
                data = shake(daemon, row['request'])
                status = data.split(b' ')[1].decode()
                assert status in re.findall(r'\d{3}(?!\d)', row['expect']) or (row['expect'] in ('not 101', 'refused, or not written to any log') and status != '101') \
                    or (status == '101' and NO_SESSION in data and row['expect'].startswith('refused')), (row, data)
                assert status != '101' or NO_SESSION in data, (row, data)
                assert status != '101' or 'example' not in row['name'] or b's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' in data, data
                assert b'sec-websocket-protocol' not in data.lower(), (row, data)
                seen.add(status)
        live = open_as(daemon, owner)
        live.socket.sendall(b'\x81\x02hi')
        assert live.close_code() == 1002 and 'token=abc' not in daemon.stderr() and len(rows) >= 12 and '101' in seen and len(seen) > 1, seen


def test_topics():
    with Daemon() as daemon:
        owner = daemon.set_up()
        session = owner.post('/api/v1/sessions').expect(201)['id']
        socket = open_as(daemon, owner)
        answers = socket.subscribe('operators', f'session:{session}', f'session:{NOBODY}', 'session:', 'passwords', 'session:../x')
        assert answers == {'operators': 'subscribed', f'session:{session}': 'subscribed', f'session:{NOBODY}': 'refused', 'session:': 'refused',
                           'passwords': 'refused', 'session:../x': 'refused'}, answers
        made = owner.post('/api/v1/operators', {'name': 'Listener'}).expect(201)
        event = socket.receive()
        assert (event['topic'], event['event'], event['data']['id']) == ('operators', 'operator.created', made['id']), event
        socket.send({'unsubscribe': ['operators']})
        socket.subscribe('settings')
        owner.patch(f'/api/v1/operators/{made["id"]}', {'description': 'changed'}).expect(200)
        owner.patch('/api/v1/settings', {'run_max_turns': 7}).expect(200)
        event = socket.receive()
        assert (event['topic'], event['data']['run_max_turns']) == ('settings', 7), event
        socket.send({'subscribe': ['runs', 5, None, {}, ['x']]})
        assert socket.receive()['event'] == 'subscribed'


def test_failed_changes_are_not_told():
    with Daemon() as daemon:
        owner = daemon.set_up()
        socket = open_as(daemon, owner)
        socket.subscribe('operators', 'settings')
        owner.post('/api/v1/operators', {'name': 'Activity'}).expect(409)
        owner.patch('/api/v1/settings', {'grant_minutes_default': 100, 'grant_minutes_max': 50}).expect(400)
        owner.post('/api/v1/operators', {'name': 'Second'}).expect(201)
        assert socket.receive()['data']['name'] == 'Second'


def test_odd_messages_close_the_socket_only():
    with Daemon() as daemon:
        owner = daemon.set_up()
        for payload, opcode in ((b'[', 1), (b'[' * 10000, 1), (b'5', 1), (b'{"subscribe":["runs"]}', 2), (b'x' * 20000, 1)):
            socket = open_as(daemon, owner)
            socket.send_frame(opcode, payload)
            assert socket.close_code() in (1003, 1009, None), payload[:10]
        socket = open_as(daemon, owner)
        for _ in range(300):
            socket.send({'subscribe': [f'session:{NOBODY}']})
        assert [socket.receive()['event'] for _ in range(300)] == ['refused'] * 300
        owner.get('/api/v1/me').expect(200)


def test_pieces_of_text_are_joined_and_complete():
    words = [f'word{number}' for number in range(400)]

    def think(messages, tools):
        return ('', [('delegate', {'operator': 'Activity', 'reason': 'asked'})]) if 'delegate' in tools else (' '.join(words), [])
    with FakeLlm(think, delay=0.002) as llm, Daemon() as daemon:
        owner = daemon.set_up()
        owner.post('/api/v1/providers', {'name': 'Mine', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'fake'}).expect(201)
        session = owner.post('/api/v1/sessions').expect(201)['id']
        sockets = [open_as(daemon, owner) for _ in range(2)]
        for socket in sockets:
            socket.subscribe(f'session:{session}')
        begin = time.monotonic()
        _, run = harness.say(owner, 'tell me', session)
        ended(owner, run['id'])
        took = time.monotonic() - begin
        for socket in sockets:
            text, pieces, added = '', 0, False
            while True:
                event = socket.receive()
                if event['event'] == 'text.delta' and event['data']['kind'] == 'text':
                    text, pieces = text + event['data']['text'], pieces + 1
                    assert not added, 'text after the message that has it all'
                added = added or event['event'] == 'message.added' and event['data']['kind'] == 'assistant' and 'word1' in json.dumps(event['data'])
                if event['event'] == 'run.changed' and event['data']['state'] == 'done':
                    break
            assert text.split() == words, text[:200]
            assert 1 < pieces < 44 + 20 * took, f'{pieces} pieces for 400 words in {took:.1f} s: text is joined for 50 ms'


def test_text_that_turns_out_to_be_thinking_moves():
    """A model whose template has opened the thought: only its end tells."""
    thought, words = 'Let me see. ' * 40, 'Good day to you.'

    def think(messages, tools):
        return ('', [('delegate', {'operator': 'Activity', 'reason': 'asked'})]) if 'delegate' in tools else (f'{thought}\n</think>\n\n{words}', [])
    with FakeLlm(think, delay=0.002) as llm, Daemon() as daemon:
        owner = daemon.set_up()
        owner.post('/api/v1/providers', {'name': 'Mine', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'fake'}).expect(201)
        session = owner.post('/api/v1/sessions').expect(201)['id']
        socket = open_as(daemon, owner)
        socket.subscribe(f'session:{session}')
        _, run = harness.say(owner, 'tell me', session)
        shown, moved = {'text': '', 'reasoning': ''}, ''
        while True:
            event = socket.receive()
            if event['event'] == 'text.delta' and event['data']['kind'] == 'reclassify':
                moved = shown['text']
                shown = {'text': '', 'reasoning': shown['reasoning'] + moved}
            elif event['event'] == 'text.delta':
                shown[event['data']['kind']] += event['data']['text']
            elif event['event'] == 'run.changed' and event['data']['state'] == 'done':
                break
        assert moved.strip() == thought.strip(), 'it was shown before it was clear what it is'
        assert (shown['text'].strip(), shown['reasoning'].strip()) == (words, thought.strip()), shown
        content = owner.items(f'/api/v1/sessions/{session}/messages')[-1]['content']
        assert (content['text'].strip(), content['reasoning'].strip()) == (words, thought.strip()), content


def test_a_slow_reader_is_dropped_and_harms_nobody():
    with Daemon() as daemon:
        owner = daemon.set_up()
        made = owner.post('/api/v1/operators', {'name': 'Big'}).expect(201)
        slow, quick = open_as(daemon, owner, receive_buffer=4096), open_as(daemon, owner)
        slow.subscribe('operators')
        quick.subscribe('operators')
        for number in range(60):
            owner.patch(f'/api/v1/operators/{made["id"]}', {'system_prompt': f'{number} ' + 'x' * 49000}).expect(200)
            assert quick.receive()['data']['system_prompt'].startswith(f'{number} ')

        def read_to_the_end():
            count = 0
            try:
                while True:
                    slow.receive()
                    count += 1
            except Closed:
                return count
        assert read_to_the_end() < 60
        owner.get('/api/v1/me').expect(200)


@contextlib.contextmanager
def store_that_takes_nothing(daemon):
    """Somebody else holds the lock to write: what the daemon wants to store has to wait."""
    other = sqlite3.connect(daemon.data_dir / 'vigilus.db', isolation_level=None)
    other.execute('BEGIN IMMEDIATE')
    try:
        yield
    finally:
        other.execute('ROLLBACK')
        other.close()


def is_stored(daemon, message_id):
    with contextlib.closing(sqlite3.connect(f'file:{daemon.data_dir}/vigilus.db?mode=ro', uri=True)) as reader:
        return reader.execute('SELECT count(*) FROM messages WHERE id = ?', (message_id,)).fetchone()[0] == 1


def events_until_quiet(socket, seconds):
    """What comes until there was nothing for so long."""
    events = []
    socket.socket.settimeout(seconds)
    with contextlib.suppress(TimeoutError, Closed):
        while True:
            events.append(socket.receive())
    socket.socket.settimeout(120)
    return events


def next_message(socket, kind):
    while True:
        event = socket.receive()
        if event['event'] == 'message.added' and event['data']['kind'] == kind:
            return event['data']


def added_in(events):
    return [event for event in events if event['event'] in ('message.added', 'run.changed', 'call.changed')]


def test_nothing_is_shown_that_is_not_stored():
    gate, asked = threading.Event(), threading.Event()

    def think(messages, tools):
        asked.set()
        gate.wait(120)
        return ('', [('delegate', {'operator': 'Activity', 'reason': 'asked'})]) if 'delegate' in tools else ('The answer.', [])
    with FakeLlm(think) as llm, Daemon() as daemon:
        owner = daemon.set_up()
        owner.post('/api/v1/providers', {'name': 'Mine', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'fake'}).expect(201)
        owner.patch('/api/v1/settings', {'model_titles': False}).expect(200)
        session = owner.post('/api/v1/sessions').expect(201)['id']
        socket = open_as(daemon, owner)
        socket.subscribe(f'session:{session}')

        with store_that_takes_nothing(daemon):
            asking = threading.Thread(target=lambda: harness.say(owner, '@Activity tell me', session))
            asking.start()
            assert added_in(events_until_quiet(socket, 1)) == [], 'the question is not stored yet'
        assert is_stored(daemon, next_message(socket, 'user')['id'])
        asking.join()
        assert asked.wait(120)
        events_until_quiet(socket, 1)

        with store_that_takes_nothing(daemon):
            gate.set()
            seen = [socket.receive()]
            while seen[-1]['event'] != 'text.delta':  # it is written before their eyes
                seen.append(socket.receive())
            seen += events_until_quiet(socket, 1)
            assert added_in(seen) == [], seen
            time.sleep(5)  # longer than one attempt to store it lasts
            assert added_in(events_until_quiet(socket, 1)) == []
            daemon.kill()
        with contextlib.suppress(Closed):
            assert added_in(events_until_quiet(socket, 1)) == []
        gate.clear()
        daemon.start()
        owner = daemon.log_in()
        kinds = [message['kind'] for message in owner.items(f'/api/v1/sessions/{session}/messages')]
        assert kinds == ['user'], kinds
        socket = open_as(daemon, owner)
        socket.subscribe(f'session:{session}')
        gate.set()
        answer = next_message(socket, 'assistant')
        assert is_stored(daemon, answer['id']) and answer['content']['text'].strip() == 'The answer.', answer


def test_open_sockets_do_not_hold_up_the_end():
    def end_one():
        with Daemon() as daemon:
            owner = daemon.set_up()
            sockets = [open_as(daemon, owner) for _ in range(20)]
            for socket in sockets:
                socket.subscribe('runs')
            begin = time.monotonic()
            assert daemon.stop() == 0
            took = time.monotonic() - begin
            assert sockets[0].close_code() in (1001, None)
            return took
    harness.assert_quick(3, end_one)


def test_sockets_are_limited():
    with Daemon() as daemon:
        owner = daemon.set_up()
        sockets = [open_as(daemon, owner) for _ in range(201)]
        assert [socket.status for socket in sockets[:200]] == [101] * 200 and sockets[200].status == 503, sockets[200].answer
        for socket in sockets[:50]:
            socket.close()
        wait_for(lambda: open_as(daemon, owner).status == 101, 'room for another')


def test_nobody_takes_all_sockets():
    with Daemon() as daemon:
        owner = daemon.set_up()
        vera, _ = invite(daemon, owner, 'vera', 'viewer')
        crowd = [open_as(daemon, vera) for _ in range(200)]
        assert [socket.status for socket in crowd] == [101] * 200
        mine = open_as(daemon, owner)
        assert mine.status == 101, mine.answer
        assert mine.subscribe('runs') == {'runs': 'subscribed'}
        assert crowd[0].close_code() == 4429
        crowd[0].close()
        assert open_as(daemon, vera).status == 503
        assert mine.subscribe('settings') == {'settings': 'subscribed'}


if __name__ == '__main__':
    harness.main(globals())

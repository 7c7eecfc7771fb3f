#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a conversation can: branches, titles, pins, search, export, commands, attachments, usage; with the real daemon and a server of models."""
import harness
from harness import Daemon, ReplayServer, ended, say


def with_model(daemon, server):
    client = daemon.set_up()
    client.post('/api/v1/providers', {'name': 'Model', 'type': 'openai-compatible', 'base_url': f'{server.url}/v1',
                                      'default_model': 'gpt-4o-mini'}).expect(201)
    return client


def join(daemon, client, name):
    """Another approver, signed in."""
    made = client.post('/api/v1/users', {'name': name, 'role': 'approver'}).expect(201)
    daemon.client().post('/api/v1/invitations/accept', {'token': made['invitation']['token'], 'password': harness.PASSWORD}).expect(204)
    return daemon.log_in(name)


def talk(client, text, session=None, **more):
    """Says something to Files and waits for its end; answers (session id, run)."""
    session = session or client.post('/api/v1/sessions').expect(201)['id']
    run = client.post(f'/api/v1/sessions/{session}/messages', {'text': text, **more}).expect(202)
    return session, ended(client, run['id'])


def shown(client, session):
    return [(message['kind'], message['content'].get('text', '')) for message in client.items(f'/api/v1/sessions/{session}/messages?limit=200')]


def requests_of(server):
    return harness.Client(server.port).get('/__control').expect(200)['requests']


def said_to_model(server):
    """The texts of people in the last request that asked for an answer."""
    body = [request['body'] for request in requests_of(server) if request['path'].endswith('completions')][-1]
    return [message['content'] for message in body['messages'] if message['role'] == 'user']


COUNTING = {'script': [{'when': {'user': 'one'}, 'text': f'answer {number}', 'times': 1} for number in (1, 2)]
            + [{'when': {'user': 'two'}, 'text': 'second answer'}, {'when': {'user': 'other'}, 'text': 'other answer'}]}


def test_answer_again_keeps_what_was_answered():
    with ReplayServer(COUNTING) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        session, run = talk(client, '@Files one')
        first = client.items(f'/api/v1/sessions/{session}/messages')[-1]
        again = client.post(f'/api/v1/messages/{first["id"]}/regenerate').expect(202)
        assert again['question_id'] == run['question_id'] and again['id'] != run['id'], again
        assert ended(client, again['id'])['state'] == 'done'
        assert shown(client, session) == [('user', '@Files one'), ('assistant', 'answer 2')], shown(client, session)
        second = client.items(f'/api/v1/sessions/{session}/messages')[-1]
        assert second['alternatives'] == [first['id'], second['id']] and second['parent_id'] == first['parent_id'], second
        assert client.post(f'/api/v1/messages/{first["id"]}/show').expect(200)['leaf_id'] == first['id']
        assert shown(client, session)[-1] == ('assistant', 'answer 1')
        talk(client, '@Files two', session)
        assert said_to_model(server) == ['@Files one', '@Files two']
        client.post(f'/api/v1/messages/{second["id"]}/show').expect(200)
        assert shown(client, session) == [('user', '@Files one'), ('assistant', 'answer 2')]
        client.post(f'/api/v1/messages/{first["id"]}/show').expect(200)
        assert shown(client, session)[-1] == ('assistant', 'second answer'), 'as far as it was written to last'


def test_edit_and_resend_begins_a_branch():
    with ReplayServer(COUNTING) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        session, _ = talk(client, '@Files one')
        talk(client, '@Files two', session)
        before = shown(client, session)
        question = client.items(f'/api/v1/sessions/{session}/messages')[2]
        talk(client, '@Files other', session, parent_id=question['parent_id'])
        assert shown(client, session) == before[:2] + [('user', '@Files other'), ('assistant', 'other answer')]
        assert said_to_model(server) == ['@Files one', '@Files other'], 'the model is not shown what was edited away'
        talk(client, '@Files other', session, parent_id=None)
        assert len(shown(client, session)) == 2 and said_to_model(server) == ['@Files other']
        client.post(f'/api/v1/messages/{question["id"]}/show').expect(200)
        assert shown(client, session) == before, 'nothing is lost'


def test_branches_outlive_a_crash_and_are_paged():
    with ReplayServer(COUNTING) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        session, _ = talk(client, '@Files one')
        for number in range(3):
            talk(client, f'@Files two {number}', session)
        talk(client, '@Files other', session, parent_id=client.items(f'/api/v1/sessions/{session}/messages')[4]['parent_id'])
        whole = shown(client, session)
        daemon.kill()
        daemon.start()
        assert shown(client, session) == whole
        pages, after = [], ''
        while after is not None:
            page = client.get(f'/api/v1/sessions/{session}/messages?limit=3{after and "&after=" + after}').expect(200)
            pages, after = page['items'] + pages, page['next']
        assert [message['content'].get('text', '') for message in pages] == [text for _, text in whole]


def test_branches_refuse_what_is_not_theirs():
    with ReplayServer(COUNTING) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        session, _ = talk(client, '@Files one')
        other, _ = talk(client, '@Files two')
        message = client.items(f'/api/v1/sessions/{session}/messages')[0]['id']
        answer = client.post(f'/api/v1/sessions/{other}/messages', {'text': 'x', 'parent_id': message})
        assert answer.status == 404 and 'in this session' in answer.json['error']['message'], answer.body
        for action in ('show', 'regenerate'):
            client.post(f'/api/v1/messages/00000000-0000-7000-8000-000000000000/{action}').expect(404)
        eve = join(daemon, client, 'eve')
        for action in ('show', 'regenerate'):
            eve.post(f'/api/v1/messages/{message}/{action}').expect(404)



if __name__ == '__main__':
    harness.main(globals())

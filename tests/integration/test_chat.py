#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a conversation can: branches, titles, pins, search, export, commands, attachments, usage; with the real daemon and a server of models."""
import urllib.parse

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



SECRET = 'hunter2-very-secret-value'


def test_titles_are_the_first_words_until_a_person_gives_one():
    with ReplayServer(COUNTING) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        session, _ = talk(client, '@Files one')
        path = f'/api/v1/sessions/{session}'
        assert (client.get(path).json['title'], client.get(path).json['title_by']) == ('one', 'words')
        assert client.patch(path, {'title': 'Disks'}).expect(200)['title_by'] == 'person'
        talk(client, '@Files two', session)
        talk(client, '@Files two', session, parent_id=None)
        assert client.get(path).json['title'] == 'Disks'
        client.patch(path, {}).expect(400)
        client.patch(path, {'title': ''}).expect(400)


def test_pinned_ones_are_listed_apart():
    with ReplayServer(COUNTING) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        old, new = (client.post('/api/v1/sessions', {'title': title}).expect(201)['id'] for title in ('old', 'new'))
        assert client.patch(f'/api/v1/sessions/{old}', {'pinned': True}).expect(200)['pinned'] is True
        assert [one['id'] for one in client.items('/api/v1/sessions?pinned=true')] == [old]
        assert [one['id'] for one in client.items('/api/v1/sessions?pinned=false')] == [new]
        assert len(client.items('/api/v1/sessions')) == 2
        assert client.patch(f'/api/v1/sessions/{old}', {'pinned': False}).expect(200)['title'] == 'old'
        assert client.items('/api/v1/sessions?pinned=true') == []


def snippets(client, words, **more):
    query = urllib.parse.urlencode({'text': words, **more})
    return [''.join(part['text'] for part in hit['snippet']) for hit in client.items(f'/api/v1/search?{query}')]


def test_search_finds_words_and_shows_no_secret():
    script = {'script': [{'text': f'Der Zähler läuft. password={SECRET} steht da. Ende.'}]}
    with ReplayServer(script) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        session, _ = talk(client, '@Files Wie steht der Zähler im Keller?')
        talk(client, '@Files something else entirely', session, parent_id=None)
        found = snippets(client, 'zahler kell')
        assert found == ['@Files Wie steht der Zähler im Keller?'], found
        hits = client.items('/api/v1/search?text=zahler')
        assert len(hits) == 3 and {hit['session_id'] for hit in hits} == {session}
        assert [part['text'] for part in hits[-1]['snippet'] if part['hit']] == ['Zähler'], hits[-1]
        for words in ('password', 'hunter2', 'steht'):
            assert SECRET not in ' '.join(snippets(client, words)), words
        page = client.get('/api/v1/search?text=zahler&limit=2').expect(200)
        assert len(page['items']) == 2 and len(client.items(f'/api/v1/search?text=zahler&after={page["next"]}')) == 1
        assert join(daemon, client, 'eve').items('/api/v1/search?text=zahler') == []
        for odd in ('%22%20OR%20NOT%20(', "NEAR(a%20b)*", '-:%5E', 'text%3A%7Bx%7D'):
            assert client.get(f'/api/v1/search?text={odd}').status in (200, 400)
        client.get('/api/v1/search?text=%22%27').expect(400)
        client.delete(f'/api/v1/sessions/{session}').expect(204)
        assert client.items('/api/v1/search?text=zahler') == []


def test_export_is_complete_and_has_no_secret():
    script = {'script': [{'when': {'user': 'show', 'results': False}, 'text': 'I look.', 'calls': [{'name': 'filesystem.read', 'arguments': {'path': 'none'}}]},
                         {'text': f'Done. password={SECRET} and ```a fence```'}]}
    with ReplayServer(script) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        session, _ = talk(client, '@Files show none')
        first = client.items(f'/api/v1/sessions/{session}/messages')[0]
        talk(client, '@Files again', session, parent_id=None)
        answer = client.get(f'/api/v1/sessions/{session}/export?format=json')
        assert 'attachment' in answer.headers['content-disposition'] and answer.headers['content-type'] == 'application/json'
        whole = answer.expect(200)
        assert whole['format'] == 'vigilus-conversation' and whole['version'] == 1 and whole['session']['id'] == session
        kinds = [message['kind'] for message in whole['messages']]
        assert kinds == ['user', 'assistant', 'tools', 'assistant', 'user', 'assistant'], kinds
        assert len(whole['runs']) == 2 and [call['tool'] for call in whole['calls']] == ['filesystem.read']
        assert SECRET not in answer.body.decode()
        text = client.get(f'/api/v1/sessions/{session}/export').expect(200).decode()
        assert text.startswith('# show none\n') and '@Files again' in text and SECRET not in text, text
        assert 'filesystem.read' not in text, 'the branch that is shown'
        client.post(f'/api/v1/messages/{first["id"]}/show').expect(200)
        text = client.get(f'/api/v1/sessions/{session}/export?format=markdown').expect(200).decode()
        assert '**Call: filesystem.read**' in text and '**Error: filesystem.read**' in text and 'I look.' in text, text
        assert join(daemon, client, 'eve').get(f'/api/v1/sessions/{session}/export').status == 404
        empty = client.post('/api/v1/sessions').expect(201)['id']
        assert client.get(f'/api/v1/sessions/{empty}/export?format=json').expect(200)['messages'] == []


def test_usage_by_message_day_operator_and_model():
    with ReplayServer(COUNTING) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        client.patch('/api/v1/settings', {'model_prices': 'gpt-4o-mini 2 10'}).expect(200)
        session, run = talk(client, '@Files one')
        message = client.items(f'/api/v1/sessions/{session}/messages')[-1]
        assert message['content']['usage']['input_tokens'] == 25 and message['content']['cost_micros'] == 25 * 2 + 15 * 10, message
        talk(client, 'who does two?', session)
        entries = client.items('/api/v1/usage')
        assert [(one['operator_name'], one['purpose']) for one in entries][-1] == ('Files', 'answer'), entries
        assert entries[-1]['message_id'] == message['id'] and entries[-1]['run_id'] == run['id'] and entries[-1]['provider_name'] == 'Model'
        assert (None, 'route') in [(one['operator_name'], one['purpose']) for one in entries], entries
        total = {key: sum(one[key] for one in entries) for key in ('input_tokens', 'output_tokens', 'cost_micros')}
        for by in ('day', 'operator', 'model'):
            rows = client.items(f'/api/v1/usage/totals?by={by}')
            assert sum(row['answers'] for row in rows) == len(entries)
            assert {key: sum(row[key] for row in rows) for key in total} == total, rows
        assert [row['name'] for row in client.items('/api/v1/usage/totals?by=model')] == ['gpt-4o-mini']
        assert [row['name'] for row in client.items('/api/v1/usage/totals?by=operator')] == ['', 'Files']
        page = client.get('/api/v1/usage?limit=1').expect(200)
        assert page['items'] == entries[:1] and client.items(f'/api/v1/usage?limit=1&after={page["next"]}') == entries[1:2]
        page = client.get('/api/v1/usage/totals?by=operator&limit=1').expect(200)
        assert [row['name'] for row in client.items(f'/api/v1/usage/totals?by=operator&after={page["next"]}')] == ['Files']
        assert client.items('/api/v1/usage?operator=Files') == [one for one in entries if one['operator_name'] == 'Files']
        assert client.items('/api/v1/usage?from=2020-01-01&to=2020-12-31') == []
        for query in ('from=2026-13-01', 'to=2026-02-30', 'from=yesterday', 'offset=10000', 'by=moon'):
            client.get(f'/api/v1/usage/totals?{query}').expect(400)
        client.delete(f'/api/v1/sessions/{session}').expect(204)
        assert len(client.items('/api/v1/usage')) == len(entries), 'the money is spent'
        eve = join(daemon, client, 'eve')
        assert eve.items('/api/v1/usage') == [] and eve.get('/api/v1/usage?everybody=true').status == 403
        assert len(client.items('/api/v1/usage?everybody=true')) == len(entries)


def command(client, text, session=None):
    return client.post('/api/v1/commands', {'text': text, 'session_id': session})


def test_commands_are_listed_and_done():
    with ReplayServer({**COUNTING, 'delay': 0.05}) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        names = [one['name'] for one in client.items('/api/v1/commands')]
        assert {'help', 'new', 'stop', 'again', 'operators', 'title', 'pin', 'unpin', 'search', 'export', 'usage'} <= set(names), names
        told = command(client, '/help').expect(200)
        assert all(f'`/{name}' in told['text'] for name in names) and told['action'] is None, told
        begun = command(client, '/new @Files one').expect(200)
        assert begun['action'] == 'open' and ended(client, begun['run']['id'])['state'] == 'done', begun
        session = begun['session_id']
        assert command(client, '/new').expect(200)['action'] == 'new'
        assert '@Files' in command(client, '/operators').expect(200)['text']
        command(client, '/title  Full disks ', session).expect(200)
        command(client, '/PIN', session).expect(200)
        state = client.get(f'/api/v1/sessions/{session}').json
        assert state['title'] == 'Full disks' and state['pinned'], state
        assert '**one**' in command(client, '/search one').expect(200)['text']
        assert '| 25 |' in command(client, '/usage').expect(200)['text'].replace('| 25 | 15', '| 25 |')
        url = command(client, '/export json', session).expect(200)['url']
        assert client.get(url).expect(200)['session']['title'] == 'Full disks'
        again = command(client, '/again', session).expect(200)
        assert ended(client, again['run']['id'])['state'] == 'done' and len(shown(client, session)) == 2


def test_commands_refuse_in_words():
    with ReplayServer({'script': [{'text': ['a '] * 100}], 'delay': 0.1}) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        session = client.post('/api/v1/sessions').expect(201)['id']
        cases = [('/dance', None, 404, 'no command /dance'), ('hello', None, 404, '/help'), ('/stop', None, 400, 'about a conversation'),
                 ('/title', session, 400, 'needs something'), ('/help me', None, 400, 'takes nothing'), ('/stop', session, 409, 'nothing runs'),
                 ('/again', session, 409, 'nothing was asked'), ('/export pdf', session, 400, 'markdown or json'), ('/search ""', None, 400, 'no word'),
                 ('/etc/fstab', None, 404, 'no command'), ('/title x', '00000000-0000-7000-8000-000000000000', 404, 'session')]
        for text, where, status, said in cases:
            answer = command(client, text, where)
            assert answer.status == status and said in answer.json['error']['message'], (text, answer.status, answer.body)
        run = say(client, '@Files go on for long', session)[1]
        assert command(client, '/stop', session).expect(200)['run']['id'] == run['id']
        assert ended(client, run['id'])['state'] == 'stopped'


if __name__ == '__main__':
    harness.main(globals())

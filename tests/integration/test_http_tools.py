#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HTTP tools: described, tried, assigned, imported; web.search, and what web.fetch does not reach."""
import http.server
import json
import pathlib
import ssl
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from certificates import Authority  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, decide, ended, pending, say, wait_for  # noqa: E402
from home_api import KEY, HomeApi  # noqa: E402


def read(path):
    return pathlib.Path(path).read_text(encoding='ascii')


def add_key(client, key=KEY):
    return client.post('/api/v1/credentials', {'name': 'home key', 'kind': 'api_key', 'secret': key}).expect(201)['id']


def disk_tool(home, credential=None, **more):
    parameters = [{'name': 'disk', 'required': True, 'description': 'Its name'}, {'name': 'unit', 'enum': ['GB', 'TB']}]
    return {'name': 'home.disk', 'description': 'How full a disk is', 'level': 'read', 'url': home.url + '/api/disks/{disk}?unit={unit}', 'parameters': parameters,
            'auth': 'header', 'auth_name': 'X-Api-Key', 'credential_id': credential, **more}


def operator_with(client, *tools, ceiling='exec'):
    operators = client.items('/api/v1/operators')
    for operator in operators[1:]:
        client.delete(f'/api/v1/operators/{operator["id"]}')
    return client.patch(f'/api/v1/operators/{operators[0]["id"]}', {'tools': list(tools), 'permission_level': ceiling}).expect(200)


def try_tool(client, operator, tool, arguments):
    run = client.post(f'/api/v1/tools/{tool}/try', {'operator_id': operator['id'], 'arguments': arguments}).expect(202)
    return run


def the_call(client, run):
    ended(client, run['id'])
    return client.items(f'/api/v1/runs/{run["id"]}/calls')[0]


def test_described_tried_and_called():
    with Daemon() as daemon, HomeApi() as home:
        client = daemon.set_up()
        credential = add_key(client)
        tool = disk_tool(home, credential)
        report = client.post('/api/v1/http-tools/try', {'tool': tool, 'arguments': {'disk': 'sd a/../b', 'unit': 'TB'}}).expect(200)
        assert report['ok'] and report['result']['body']['disk'] == 'sd a/../b' and report['result']['body']['unit'] == 'TB', report
        assert home.seen[-1]['path'] == '/api/disks/sd%20a%2F..%2Fb' and home.seen[-1]['headers']['X-Api-Key'] == KEY, home.seen[-1]
        assert KEY not in json.dumps(report)
        assert client.items('/api/v1/http-tools') == []
        saved = client.post('/api/v1/http-tools', tool).expect(201)
        assert saved['tool'] == 'http.home.disk' and saved['timeout'] == 30, saved
        wait_for(lambda: [one for one in client.items('/api/v1/tools') if one['name'] == 'http.home.disk'], 'the tool')
        operator = operator_with(client, 'http.home.disk')
        call = the_call(client, try_tool(client, operator, 'http.home.disk', {'disk': 'sda'}))
        assert call['outcome'] == 'success' and call['level'] == 'read' and '"free":42' in call['result']['text'], call
        assert call['resource'] == f'http:GET {home.url[7:]}/api/disks/sda', call
        with FakeLlm(lambda messages, tools: ('fine', []) if messages[-1]['role'] == 'tool' else ('', [(tools[0], {'disk': 'sdb'})])) as llm:
            client.post('/api/v1/providers', {'type': 'openai-compatible', 'name': 'fake', 'base_url': llm.url, 'default_model': 'fake', 'is_default': True}).expect(201)
            session, run = say(client, '@Infrastructure how full is sdb?')
            assert ended(client, run['id'])['state'] == 'done'
            assert home.seen[-1]['path'] == '/api/disks/sdb'
        for place in (daemon.stderr(), json.dumps(client.items('/api/v1/audit')), client.get('/api/v1/http-tools').body.decode(),
                      client.get(f'/api/v1/sessions/{session}/messages').body.decode()):
            assert KEY not in place


def test_keys_and_tokens_are_credentials_of_their_own():
    with Daemon() as daemon, HomeApi() as home:
        client = daemon.set_up()
        for body in ({}, {'password': 'x'}, {'private_key': 'x'}, {'generate': True}, {'secret': 'a\nb'}, {'secret': 'a\tb'}, {'secret': ''}, {'secret': 'x', 'password': 'y'}):
            for kind in ('api_key', 'token'):
                answer = client.post('/api/v1/credentials', {'name': 'bad', 'kind': kind, **body})
                assert answer.status == 400 and 'secret' in answer.body.decode(), (kind, body, answer.body)
        made = client.post('/api/v1/credentials', {'name': 'home key', 'kind': 'api_key', 'secret': 'not-yet-the-key-4711'}).expect(201)
        token = client.post('/api/v1/credentials', {'name': 'token', 'kind': 'token', 'secret': KEY}).expect(201)
        pair = client.post('/api/v1/credentials', {'name': 'pair', 'kind': 'ssh_key', 'generate': True}).expect(201)
        assert 'secret' not in made and made['kind'] == 'api_key' and made['tools'] == [], made
        trial = {'tool': disk_tool(home, made['id']), 'arguments': {'disk': 'sda'}}
        assert client.post('/api/v1/http-tools/try', trial).expect(200)['result']['status'] == 401
        assert 'secret' in client.patch(f'/api/v1/credentials/{made["id"]}', {'password': KEY}).json['error']['message']
        client.patch(f'/api/v1/credentials/{made["id"]}', {'secret': KEY}).expect(200)
        assert client.post('/api/v1/http-tools/try', trial).expect(200)['result']['status'] == 200
        client.post('/api/v1/http-tools', disk_tool(home, made['id'])).expect(201)
        assert client.get(f'/api/v1/credentials/{made["id"]}').expect(200)['tools'] == ['http.home.disk']
        answer = client.delete(f'/api/v1/credentials/{made["id"]}')
        assert answer.status == 409 and 'http.home.disk' in answer.body.decode(), answer.body
        bearer = {'tool': disk_tool(home, token['id'], auth='bearer', auth_name=None), 'arguments': {'disk': 'sda'}}
        client.post('/api/v1/http-tools/try', bearer).expect(200)
        assert home.seen[-1]['headers']['Authorization'] == f'Bearer {KEY}', home.seen[-1]
        answer = client.post('/api/v1/http-tools', disk_tool(home, pair['id'], name='other'))
        assert answer.status == 400 and 'ssh_key' in answer.body.decode(), answer.body
        for member, credential in (('credential_id', token), ('credential_id', made), ('docker_credential_id', made)):
            answer = client.post('/api/v1/servers', {'name': 'bad', 'host': 'h', 'user_name': 'u', member: credential['id']})
            assert answer.status == 400 and 'of the kind' in answer.body.decode(), answer.body
        kept = str(client.items('/api/v1/audit?limit=200')) + daemon.stderr() + str(client.items('/api/v1/credentials'))
        assert KEY not in kept and 'not-yet-the-key-4711' not in kept
        assert KEY.encode() not in b''.join(path.read_bytes() for path in daemon.data_dir.glob('*.db*'))


class Secret(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *unused):
        pass

    def do_GET(self):
        self.server.seen.append(self.headers.get('X-Api-Key'))
        self.send_response(200)
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'hi')


def test_a_certificate_is_looked_at_each_time():
    with tempfile.TemporaryDirectory() as folder, Daemon() as daemon:
        authority, other = Authority(folder), Authority(folder, 'other')
        key, certificate = authority.sign('server', 'serverAuth', 'IP:127.0.0.1')
        client = daemon.set_up()
        credential = add_key(client)
        for newest in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.maximum_version = newest
            context.load_cert_chain(certificate, key)
            server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Secret)
            server.socket, server.seen = context.wrap_socket(server.socket, server_side=True), []
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            tool = {'name': 'far', 'description': 'x', 'level': 'read', 'url': f'https://127.0.0.1:{server.server_address[1]}/', 'auth': 'header', 'auth_name': 'X-Api-Key',
                    'credential_id': credential}
            attempt = lambda ca: client.post('/api/v1/http-tools/try', {'tool': {**tool, 'ca': ca}, 'arguments': {}}).expect(200)  # noqa: E731
            for ca, trusted in ((None, False), (authority.pem, True), (authority.pem, True), (other.pem, False), (None, False), (read(certificate), True), (None, False)):
                before = len(server.seen)
                report = attempt(ca)
                assert report['ok'] == trusted and len(server.seen) == before + trusted, (newest, trusted, report)
                assert trusted or 'failed to trust' in report['message'], report
            server.shutdown()
            server.server_close()


def test_change_disable_and_remove():
    with Daemon() as daemon, HomeApi() as home:
        client = daemon.set_up()
        credential = add_key(client)
        saved = client.post('/api/v1/http-tools', disk_tool(home, credential)).expect(201)
        client.post('/api/v1/freeze', {'reason': 'x'}).expect(200)
        frozen = client.post('/api/v1/http-tools/try', {'tool': disk_tool(home, credential), 'arguments': {'disk': 'x'}})
        assert frozen.status == 503 and 'frozen' in frozen.json['error']['message'] and not home.seen, frozen.body
        client.post('/api/v1/unfreeze').expect(204)
        names = lambda: [one['name'] for one in client.items('/api/v1/tools') if one['name'].startswith('http.')]  # noqa: E731
        wait_for(lambda: names() == ['http.home.disk'], 'the tool')
        path = f'/api/v1/http-tools/{saved["id"]}'
        answer = client.patch(path, {'url': home.url + '/api/{nothing}'})
        assert answer.status == 400 and answer.json['error']['details']['field'] == 'url', answer.body
        assert client.patch(path, {'name': 'other'}).status == 400
        client.patch(path, {'level': 'write', 'description': 'Another'}).expect(200)
        wait_for(lambda: [one['level'] for one in client.items('/api/v1/tools') if one['name'] == 'http.home.disk'] == ['write'], 'the level')
        operator = operator_with(client, 'http.home.disk')
        run = try_tool(client, operator, 'http.home.disk', {'disk': 'sda'})
        asked = pending(client)
        assert 'GET' in asked['preview']['text'] and KEY not in json.dumps(asked), asked
        decide(client, asked)
        assert the_call(client, run)['outcome'] == 'success'
        assert client.delete(f'/api/v1/credentials/{credential}').status == 409
        client.patch(path, {'enabled': False}).expect(200)
        wait_for(lambda: names() == [], 'the tool to go')
        client.patch(path, {'enabled': True}).expect(200)
        daemon.stop()
        daemon.start()
        client = daemon.log_in()
        assert names() == ['http.home.disk']
        client.delete(path).expect(204)
        wait_for(lambda: names() == [], 'the tool to go')
        client.delete(f'/api/v1/credentials/{credential}').expect(204)
        events = [row['event'] for row in client.items('/api/v1/audit')]
        assert {'http_tool.created', 'http_tool.updated', 'http_tool.deleted'} <= set(events), events


def test_import():
    with Daemon() as daemon, HomeApi() as home:
        client = daemon.set_up()
        credential = add_key(client)
        read = client.post('/api/v1/http-tools/import/read', {'url': home.url + '/openapi.json', 'prefix': 'home'}).expect(200)
        assert read['title'] == 'Home' and read['base_url'] == home.url and read['left_out'] == 0, read
        items = {item['operation']: item for item in read['items']}
        assert items['GET /api/disks/{disk}']['problem'] is None and 'image/png' in items['PUT /api/avatar']['problem'], items
        pasted = client.post('/api/v1/http-tools/import/read', {'document': json.dumps(home.server.document), 'base_url': 'http://nas.home/'}).expect(200)
        assert pasted['items'][0]['url'].startswith('http://nas.home/api/'), pasted
        yaml = 'openapi: 3.0.0\npaths:\n  /status:\n    get:\n      summary: Status\nservers:\n  - url: http://nas.home\n'
        assert client.post('/api/v1/http-tools/import/read', {'document': yaml}).expect(200)['items'][0]['name'] == 'get_status'
        large = {**home.server.document, 'x-padding': 'x' * 3_000_000}
        assert client.post('/api/v1/http-tools/import/read', {'document': json.dumps(large)}).expect(200)['title'] == 'Home', 'documents are as large as they are'
        chosen = [{key: value for key, value in item.items() if key not in ('operation', 'problem')} | {'credential_id': credential}
                  for item in read['items'] if item['problem'] is None]
        made = client.post('/api/v1/http-tools/import', {'tools': chosen}).expect(201)['items']
        assert {item['tool'] for item in made} == {'http.home.get_disk', 'http.home.set_blocking'}, made
        again = client.post('/api/v1/http-tools/import', {'tools': [chosen[1] | {'name': 'other'}, chosen[0]]})
        assert again.status == 409, again.body
        assert len(client.items('/api/v1/http-tools')) == 2
        wait_for(lambda: len([one for one in client.items('/api/v1/tools') if one['name'].startswith('http.')]) == 2, 'both tools')
        operator = operator_with(client, 'http.home.set_blocking')
        run = try_tool(client, operator, 'http.home.set_blocking', {'on': False, 'timer': 60})
        decide(client, pending(client))
        assert '{"on":false,"timer":60}' in the_call(client, run)['result']['text']


def test_bad_documents_and_definitions():
    with Daemon() as daemon, HomeApi() as home:
        client = daemon.set_up()
        for body, words in (({'document': '{'}, 'invalid JSON'), ({'document': 'a: [1'}, 'YAML'), ({'document': '{}'}, 'no OpenAPI'), ({}, 'one of them'),
                            ({'document': '{}', 'url': home.url}, 'one of them'), ({'url': home.url + '/none'}, '401'), ({'url': 'file:///etc/passwd'}, 'http://'),
                            ({'url': 'http://127.0.0.1:1/'}, 'failed to reach'), ({'document': '{"openapi":"3.1.0","paths":{}}'}, 'base_url'),
                            ({'document': 'x', 'prefix': 'Bad Prefix'}, 'prefix')):
            answer = client.post('/api/v1/http-tools/import/read', body)
            assert answer.status == 400 and words in answer.body.decode(), (body, answer.status, answer.body)
        for change in ({'url': 'http://{x}/'}, {'url': 'ftp://x/'}, {'name': 'Bad'}, {'name': 'a..b'}, {'method': 'TRACE'}, {'headers': [{'name': 'Host', 'value': 'x'}]},
                       {'level': 'root'}, {'credential_id': '019a0000-0000-7000-8000-000000000000'}, {'secret': 'x'}, {'timeout': 0}, {'parameters': 7}, {'ca': 'x'}):
            answer = client.post('/api/v1/http-tools', disk_tool(home) | change)
            assert answer.status == 400 and answer.json['error']['message'], (change, answer.status, answer.body)
        viewer_paths = ('/api/v1/http-tools', '/api/v1/http-tools/try', '/api/v1/http-tools/import', '/api/v1/http-tools/import/read')
        for path in viewer_paths:
            assert daemon.client().post(path, {}).status == 401
        report = client.post('/api/v1/http-tools/try', {'tool': disk_tool(home), 'arguments': {'disk': 'x'}}).expect(200)
        assert not report['ok'] and 'no credential' in report['message'] and report['result'] is None, report
        answer = client.post('/api/v1/http-tools/try', {'tool': disk_tool(home), 'arguments': {'disk': 7}})
        assert answer.status == 400 and '/arguments/disk' in answer.json['error']['message'], answer.body
        wrong = client.post('/api/v1/http-tools/try', {'tool': disk_tool(home, add_key(client, 'not-the-right-key-at-all')), 'arguments': {'disk': 'x'}}).expect(200)
        assert not wrong['ok'] and wrong['result']['status'] == 401 and 'not-the-right' not in json.dumps(wrong), wrong


def test_the_web():
    with Daemon() as daemon, HomeApi() as home:
        client = daemon.set_up()
        operator = operator_with(client, 'web.fetch', 'web.search')
        call = the_call(client, try_tool(client, operator, 'web.search', {'query': 'zfs'}))
        assert call['outcome'] == 'failed' and 'Settings, Web' in call['result']['text'], call
        for bad in ({'web_search_url': 'ftp://x'}, {'web_search_url': 'http://a@b/'}, {'web_networks': ['127.0.0.0/8']}, {'web_networks': ['8.8.8.0/24']}, {'web_networks': ['x']}):
            assert client.patch('/api/v1/settings', bad).status == 400, bad
        client.patch('/api/v1/settings', {'web_search_url': home.url, 'web_networks': ['192.168.0.0/16']}).expect(200)
        call = the_call(client, try_tool(client, operator, 'web.search', {'query': 'zfs scrub & more'}))
        assert call['outcome'] == 'success' and 'About zfs scrub & more' in call['result']['text'] and call['resource'] == 'search:web', call
        assert home.seen[-1]['query'] == {'format': 'json', 'q': 'zfs scrub & more'}, home.seen[-1]
        seen = len(home.seen)
        for url in (home.url, home.url.replace('127.0.0.1', 'localhost'), home.url.replace('127.0.0.1', '[::ffff:127.0.0.1]'), home.url.replace('127.0.0.1', '0x7f.1')):
            call = the_call(client, try_tool(client, operator, 'web.fetch', {'url': url + '/openapi.json'}))
            assert call['outcome'] in ('failed', 'denied') and ('it is not fetched' in call['result']['text'] or 'there is no address' in call['result']['text']), (url, call)
        assert len(home.seen) == seen


def test_what_goes_out_is_asked_for_once_something_was_read():
    with Daemon() as daemon, HomeApi() as home:
        client = daemon.set_up()
        client.patch('/api/v1/settings', {'web_search_url': home.url, 'trust_mode': 'lenient'}).expect(200)
        operator_with(client, 'web.search')
        turns = iter([[('web.search', {'query': 'one'})], [('web.search', {'query': 'the secret is 42'})], []])
        with FakeLlm(lambda messages, tools: ('', [(tools[0], arguments) for _, arguments in next(turns)]) if tools else ('x', [])) as llm:
            client.post('/api/v1/providers', {'type': 'openai-compatible', 'name': 'fake', 'base_url': llm.url, 'default_model': 'fake', 'is_default': True}).expect(201)
            _, run = say(client, '@Infrastructure search')
            asked = pending(client)
            assert asked['tool'] == 'web.search' and asked['level'] == 'read' and 'secret is 42' in asked['preview']['text'] and asked['taint'], asked
            assert [request['query']['q'] for request in home.seen] == ['one']
            decide(client, asked, 'deny')
            ended(client, run['id'])
            assert [request['query']['q'] for request in home.seen] == ['one']


if __name__ == '__main__':
    harness.main(globals())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every operation of the API that writes, with the record it leaves: done once, and looked up. What leaves none says why, and what another test does is
named there. An operation that is new has to be put on one of the lists."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import PASSWORD, Daemon, ended, pending, say, wait_for  # noqa: E402
from inventory import add_key, add_server  # noqa: E402
from passkey import totp  # noqa: E402
from sshd import Sshd  # noqa: E402
from test_people import operations  # noqa: E402
from test_plugins import drop_in, plugin  # noqa: E402

TESTS = pathlib.Path(__file__).resolve().parent.parent
NO_RECORD = {
    'sendMessage': 'words to a model; what it then does is on record call by call', 'regenerateMessage': 'the same', 'rerunRun': 'the same',
    'continueRun': 'the same', 'testOperator': 'the same', 'tryTool': 'the same: it is a call', 'runCommand': 'a slash command is one of the other operations',
    'stopRun': 'ends calls, and each call that it ends has its outcome on record', 'showMessage': 'which branch its own person looks at',
    'createSession': 'an empty conversation', 'updateSession': 'title and pin of one\'s own conversation',
    'createAttachment': 'waits for the message that it is sent with', 'deleteAttachment': 'was not sent yet',
    'signAudit': 'signs the log, and stands in the checkpoint', 'startTotp': 'nothing is added before it is confirmed', 'startPasskey': 'the same',
    'startProof': 'says what can be shown; what is then shown is on record', 'lookUpInvitation': 'reads', 'tryPolicy': 'reads', 'previewServerImport': 'reads',
    'readHttpToolsImport': 'reads what is then imported',
}
ELSEWHERE = {
    'setSecret': ('secret.set', 'integration/test_web_access.py'), 'createOwner': ('user.created', 'integration/test_people.py'),
    'confirmPasskey': ('second_factor.added', 'integration/test_second_factor.py'), 'renewRecoveryCodes': ('second_factor.codes_renewed', 'integration/test_second_factor.py'),
    'removeSecondFactor': ('second_factor.removed', 'integration/test_second_factor.py'), 'decideMemory': ('memory.decided', 'integration/test_memories.py'),
    'acceptServerHostKey': ('server.host_key_accepted', 'integration/test_ssh_checks.py'), 'forgetServerHostKey': ('server.host_key_forgotten', 'integration/test_servers.py'),
    'importServers': ('server.imported', 'integration/test_ssh_checks.py'), 'transferOwnership': ('user.ownership_transferred', 'integration/test_people.py'),
}
SCAN = '''<?xml version="1.0"?><nmaprun scanner="nmap" args="nmap -oX - 192.168.9.9" start="{at}" version="7.93" xmloutputversion="1.05">
<scaninfo type="connect" protocol="tcp" numservices="1" services="23"/><host><status state="up" reason="user-set"/>
<address addr="192.168.9.9" addrtype="ipv4"/><ports><port protocol="tcp" portid="23"><state state="open" reason="syn-ack"/><service name="telnet"/></port></ports>
</host><runstats><finished time="{at}" exit="success"/><hosts up="1" down="0" total="1"/></runstats></nmaprun>'''


class Walk:
    """Does operations one after another, and looks for the record of each."""

    def __init__(self, daemon):
        self.daemon, self.client = daemon, daemon.set_up()
        self.description = {operation['operationId']: (method, path) for method, path, operation in operations(fill=False)}
        self.done = set()

    def newest(self):
        return self.client.items('/api/v1/audit?limit=1')[0]['seq']

    def do(self, operation, event, body=None, client=None, by='owner', status=None, raw=None, **parts):
        method, path = self.description[operation]
        before = self.newest()
        answer = (client or self.client).request(method, path.format(**parts), body=None if raw else body if body is not None or method == 'DELETE' else {}, raw=raw,
                                                 headers={'Content-Type': 'application/octet-stream'} if raw else None)
        assert answer.status == status or status is None and answer.status < 300, (operation, answer.status, answer.body)
        records = [record for record in self.client.items(f'/api/v1/audit?event={event}&limit=20') if record['seq'] > before]
        assert records and records[0]['user_name'] == by and (records[0]['detail'] or {}).get('address') == '127.0.0.1', (operation, event, records)
        self.done.add(operation)
        return answer.json if answer.body else None


def walk_things(walk):
    """What is made, changed and taken away."""
    for operation, kind, body, change in (
            ('Operator', 'operator', {'name': 'Short-lived'}, {'description': 'y'}),
            ('Provider', 'provider', {'name': 'P', 'type': 'openai-compatible', 'base_url': 'http://127.0.0.1:9'}, {'default_model': 'm'}),
            ('Credential', 'credential', {'name': 'C', 'kind': 'password', 'password': 'pl4nted-credential'}, {'password': 'pl4nted-credential-2'}),
            ('Server', 'server', {'name': 's', 'host': '127.0.0.1', 'port': 9, 'user_name': 'u'}, {'port': 10}),
            ('Memory', 'memory', {'text': 'The NAS is called nas.', 'scope': 'everyone'}, {'text': 'The NAS is called nas2.'}),
            ('HttpTool', 'http_tool', {'name': 'm.n', 'description': 'd', 'method': 'GET', 'url': 'http://127.0.0.1:9/'}, {'description': 'e'})):
        made = walk.do(f'create{operation}', f'{kind}.created', body)
        walk.do(f'update{operation}', f'{kind}.updated', change, id=made['id'])
        walk.do(f'delete{operation}', f'{kind}.deleted', id=made['id'])
    session = walk.client.post('/api/v1/sessions').expect(201)['id']
    walk.do('deleteSession', 'session.deleted', id=session)
    tool = {'name': 'm.n', 'description': 'd', 'method': 'GET', 'url': 'http://127.0.0.1:9/'}
    walk.do('importHttpTools', 'http_tool.created', {'tools': [tool]})
    walk.do('tryHttpTool', 'http_tool.tried', {'tool': tool})


def walk_operators(walk):
    operator = walk.client.items('/api/v1/operators')[0]
    walk.client.patch(f'/api/v1/operators/{operator["id"]}', {'description': 'changed'}).expect(200)
    file = walk.client.get(f'/api/v1/operators/{operator["id"]}/export').expect(200)
    walk.do('restoreOperatorVersion', 'operator.updated', id=operator['id'], version=1)
    walk.client.patch(f'/api/v1/operators/{operator["id"]}', {'description': 'changed'}).expect(200)
    walk.do('resetOperator', 'operator.updated', id=operator['id'])
    walk.do('duplicateOperator', 'operator.created', id=operator['id'])
    file['name'] = 'Imported'
    walk.do('importOperator', 'operator.created', file)


def walk_settings(walk):
    walk.do('updateSettings', 'settings.changed', {'server_check_minutes': 0})
    walk.do('updateToolSettings', 'tool_settings.changed', {'settings': {'networks': ['192.168.9.0/24']}}, id='nmap')
    walk.do('testToolSettings', 'tool_settings.tested', {'settings': {'api_url': 'https://127.0.0.1:9', 'api_user': 'u', 'api_password': 'pl4nted-credential'}}, id='wazuh')
    walk.do('setToolFloor', 'tool.floor_changed', {'level': 'read'}, name='filesystem.write')
    walk.do('updatePolicy', 'policy.changed', {'version': walk.client.get('/api/v1/policy').expect(200)['version'], 'rules': []})
    walk.do('testProviderSettings', 'provider.tested', {'type': 'openai-compatible', 'base_url': 'http://127.0.0.1:9'}, status=503)
    provider = walk.client.post('/api/v1/providers', {'name': 'Q', 'type': 'offline'}).expect(201)
    walk.do('testProvider', 'provider.tested', id=provider['id'])
    walk.do('tryRoute', 'route.tried', {'text': 'how full are the disks?'})
    drop_in(walk.daemon, 'fertile')
    walk.do('rescanPlugins', 'plugins.scanned')
    found = wait_for(lambda: plugin(walk.client, 'fertile'), 'the plugin')
    walk.do('allowPlugin', 'plugin.allowed', {'sha256': found['sha256']}, id='fertile')
    walk.do('disallowPlugin', 'plugin.disallowed', id='fertile')


def walk_servers(walk, sshd):
    server = add_server(walk.client, sshd, add_key(walk.client, sshd))
    walk.do('testServer', 'server.test_started', id=server['id'])
    assert walk.client.items('/api/v1/audit?event=server.tested')[0]['detail']['ok']
    walk.do('checkServers', 'servers.check_started')


def walk_scope(walk):
    scan = SCAN.format(at=1700000000).encode()
    walk.do('importScopeScan', 'scope.imported', raw=scan)
    (host,) = walk.client.items('/api/v1/scope/hosts')
    finding = walk.client.items('/api/v1/scope/findings')[0]
    walk.do('updateScopeHost', 'scope.host_updated', {'label': 'printer'}, id=host['id'])
    walk.do('decideScopeFinding', 'scope.finding_decided', {'state': 'accepted', 'note': 'old'}, id=finding['id'])
    walk.do('promoteScopeHost', 'scope.host_promoted', {'name': 'printer', 'user_name': 'u'}, id=host['id'])
    walk.do('deleteScopeHost', 'scope.host_deleted', id=host['id'])


def walk_approvals(walk):
    walk.client.patch('/api/v1/settings', {'trust_mode': 'strict'}).expect(200)
    _, run = say(walk.client, 'write a note to notes.txt: buy disks')
    walk.do('decideApproval', 'approval.decided', {'decision': 'approve', 'mode': 'timed', 'minutes': 30}, id=pending(walk.client)['id'])
    ended(walk.client, run['id'])
    walk.do('revokeGrant', 'grant.revoked', id=walk.client.items('/api/v1/grants?live=true')[0]['id'])
    walk.do('undoChange', 'undo.outcome', id=walk.client.items('/api/v1/changes')[0]['id'])
    walk.do('freeze', 'panic.frozen', {'reason': 'a test'})
    walk.do('unfreeze', 'panic.unfrozen')


def walk_people(walk):
    daemon = walk.daemon
    made = walk.do('createUser', 'user.created', {'name': 'grace', 'role': 'approver'})
    user = made['user']['id']
    again = walk.do('inviteUser', 'user.invited', id=user)
    walk.do('acceptInvitation', 'invitation.accepted', {'token': again['token'], 'password': PASSWORD}, client=daemon.client(), by='grace')
    walk.do('updateUser', 'user.changed', {'role': 'viewer'}, id=user)
    walk.do('endUserSignIns', 'user.sign_ins_ended', id=user)
    grace = daemon.log_in('grace')
    started = grace.post('/api/v1/me/second-factors/totp').expect(200)
    added = walk.do('confirmTotp', 'second_factor.added', {'ticket': started['ticket'], 'code': totp(started['secret']), 'name': 'phone'}, client=grace, by='grace')
    asked = daemon.client().post('/api/v1/login', {'name': 'grace', 'password': PASSWORD}).expect(202)
    walk.do('loginSecond', 'login.succeeded', {'ticket': asked['ticket'], 'recovery_code': added['recovery_codes'][0]}, client=daemon.client(), by='grace')
    walk.do('resetUserSecondFactors', 'user.second_factors_removed', id=user)
    assert daemon.log_in('grace').get('/api/v1/me/second-factors').expect(200)['items'] == []
    walk.do('deleteUser', 'user.deleted', id=user)

    walk.do('prove', 'proof.given', {'password': PASSWORD})
    token = walk.do('createToken', 'token.created', {'name': 't', 'days': 1})['token']
    assert token not in walk.client.get('/api/v1/audit?event=token.created').body.decode()
    walk.do('deleteToken', 'token.deleted', id=walk.client.items('/api/v1/tokens')[0]['id'])
    walk.do('login', 'login.failed', {'name': 'owner', 'password': 'quite wrong'}, client=daemon.client(), status=401)
    walk.do('login', 'login.succeeded', {'name': 'owner', 'password': PASSWORD}, client=daemon.client())
    other = next(one for one in walk.client.items('/api/v1/me/sign-ins') if not one['current'])
    walk.do('endSignIn', 'sign_in.ended', id=other['id'])
    daemon.log_in()
    walk.do('endOtherSignIns', 'sign_in.others_ended')
    walk.do('logout', 'logout', client=daemon.log_in())
    walk.do('changePassword', 'password.changed', {'current_password': PASSWORD, 'new_password': 'another long password'})


def records(client):
    return [json.loads(line) for line in client.get('/api/v1/audit/export?format=jsonl').body.decode().splitlines()[1:]]


def test_every_change_is_on_record():
    with Daemon() as daemon, Sshd() as sshd:
        walk = Walk(daemon)
        walk_things(walk)
        walk_operators(walk)
        walk_settings(walk)
        walk_servers(walk, sshd)
        walk_scope(walk)
        walk_approvals(walk)
        walk_people(walk)
        # Nobody's doing are what a call is and does, and what ends by itself.
        of_people = [record for record in records(walk.client) if record.get('user_name') and not record['event'].startswith(('call.', 'approval.requested'))]
        assert len({record['event'] for record in of_people}) > 60, len(of_people)
        nowhere = {record['event'] for record in of_people if not (record.get('detail') or {}).get('address')}
        assert nowhere == set(), nowhere
        assert b'pl4nted' not in walk.client.get('/api/v1/audit/export?format=jsonl').body
        writing = {name for name, (method, _) in walk.description.items() if method != 'GET'}
        lists = (walk.done, set(NO_RECORD), set(ELSEWHERE))
        assert set().union(*lists) == writing, set().union(*lists) ^ writing
        assert sum(map(len, lists)) == len(writing), 'an operation is on two lists'


def test_what_is_elsewhere_is_there():
    for operation, (event, name) in ELSEWHERE.items():
        assert event in (TESTS / name).read_text(encoding='utf-8'), f'{operation}: tests/{name} does not look for {event}'


if __name__ == '__main__':
    harness.main(globals())

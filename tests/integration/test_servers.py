#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Servers, credentials and ssh.exec against a real sshd."""
import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, decide, ended, free_port, pending, say, wait_for  # noqa: E402
from inventory import Keeper, add_key, add_server, events, is_running, try_it  # noqa: E402
from passkey import add_totp, totp  # noqa: E402
from sshd import Sshd, make_key  # noqa: E402

MARK = 'vigilus-test-'
DATA = pathlib.Path(__file__).resolve().parent.parent / 'data/ssh'


def test_keys_of_every_kind_are_checked_and_work():
    kinds = (('ed25519', '', ()), ('ecdsa', 'a pass phrase', ()), ('rsa', '', ('-b', '2048')), ('rsa', 'pass word', ('-b', '2048', '-m', 'PEM')),
             ('ecdsa', '', ('-b', '521', '-m', 'PKCS8')))
    with Daemon() as daemon, Sshd() as sshd:
        client = daemon.set_up()
        for number, (kind, passphrase, form) in enumerate(kinds):
            credential = add_key(client, sshd, f'key {number}', kind, passphrase, form)
            assert credential['public_key'].split()[1] in sshd.authorized.read_text(encoding='ascii'), credential
            assert not set(credential) & {'private_key', 'passphrase', 'sealed'}
            report = try_it(client, add_server(client, sshd, credential, f'server {number}'))
            assert report['ok'] and report['step'] is None and report['system'], (kind, report)
            assert report['server']['host_key_fingerprint'] == sshd.fingerprint() and report['server']['status'] == 'up', report
        assert len(events(client, 'server.host_key_pinned')) == len(kinds)


def test_pasted_keys_of_every_form():
    rows = [json.loads(base64.b64decode(line)) for line in (DATA / 'keys.b64').read_text(encoding='ascii').splitlines()]
    with Daemon() as daemon:
        client = daemon.set_up()
        for number, row in enumerate(rows):
            body = {'name': f'key {number}', 'kind': 'ssh_key', 'private_key': row['private']}
            good = {**body, **({'passphrase': row['passphrase']} if row['passphrase'] else {})}
            if row['passphrase']:
                for wrong in ({}, {'passphrase': 'wrong'}):
                    answer = client.post('/api/v1/credentials', {**body, **wrong})
                    assert answer.status == 400 and 'passphrase' in answer.json['error']['message'], (row['note'], answer.json)
            answer = client.post('/api/v1/credentials', good)
            if not row['accept']:
                words = 'fewer than 2,048 bits' if row['bits'] == 1024 else '/private_key: '
                assert answer.status == 400 and words in answer.json['error']['message'], (row['note'], answer.json)
                assert not any(line in answer.json['error']['message'] for line in row['private'].split('\n') if len(line) > 40), (row['note'], answer.json)
                continue
            made = answer.expect(201)
            assert made['public_key'].split()[:2] == row['public'].split()[:2] and made['fingerprint'] == row['sha256'], (made, row)
        # Of OpenSSH's form the beginning is the public key, of the others the end; a line of an ECDSA key may be of the public one later, too.
        secret = []
        for row in (row for row in rows if row['accept']):
            lines = [line.strip() for line in row['private'].splitlines() if len(line.strip()) > 30 and '-' not in line and line.strip() not in row['public']]
            secret.append(lines[-1] if row['format'] == 'OpenSSH' else lines[0])
        kept = daemon.stderr() + json.dumps(client.items('/api/v1/audit?limit=200')) + json.dumps(client.items('/api/v1/credentials?limit=100'))
        found = [line for line in secret if line in kept]
        assert len(rows) >= 60 and not found and 'fake-passphrase' not in kept, found


def test_keys_that_are_of_no_use_are_refused_with_the_reason():
    with Daemon() as daemon, tempfile.TemporaryDirectory() as folder:
        client = daemon.set_up()
        dsa = subprocess.run(['openssl', 'genpkey', '-genparam', '-algorithm', 'DSA', '-pkeyopt', 'dsa_paramgen_bits:1024', '-pkeyopt', 'dsa_paramgen_q_bits:160'],
                             capture_output=True, check=True).stdout
        pathlib.Path(folder, 'parameters').write_bytes(dsa)
        dsa = subprocess.run(['openssl', 'genpkey', '-paramfile', f'{folder}/parameters'], capture_output=True, text=True, check=True).stdout
        kind = b'sk-ssh-ed25519@openssh.com'
        texts = b''.join(len(part).to_bytes(4, 'big') + part for part in (b'none', b'none', b''))
        blob = b'openssh-key-v1\0' + texts + (1).to_bytes(4, 'big') + len(kind).to_bytes(4, 'big') + kind
        held = '\n'.join(['-----BEGIN OPENSSH ' + 'PRIVATE KEY-----', base64.b64encode(blob).decode(), '-----END OPENSSH ' + 'PRIVATE KEY-----', ''])
        for text, words in ((dsa, 'DSA keys'), (held, 'security key')):
            answer = client.post('/api/v1/credentials', {'name': 'old', 'kind': 'ssh_key', 'private_key': text})
            assert answer.status == 400 and words in answer.json['error']['message'], (text[:30], answer.json)


def test_a_key_that_vigilus_makes():
    with Daemon() as daemon, Sshd() as sshd:
        client = daemon.set_up()
        credential = client.post('/api/v1/credentials', {'name': 'made here', 'kind': 'ssh_key', 'generate': True}).expect(201)
        server = add_server(client, sshd, credential)
        report = try_it(client, server)
        assert report['step'] == 'authentication' and 'SSH authentication failed' in report['message'] and 'authorized_keys' in report['advice'][0], report
        sshd.allow(credential['public_key'])
        assert try_it(client, server)['ok']


def test_what_is_no_key_is_refused_with_the_reason():
    with Daemon() as daemon, Sshd() as sshd, tempfile.TemporaryDirectory() as folder:
        client = daemon.set_up()
        protected = make_key(pathlib.Path(folder, 'key'), passphrase='right')
        public = pathlib.Path(folder, 'key.pub').read_text(encoding='ascii')
        short = make_key(pathlib.Path(folder, 'short'), 'rsa', form=('-b', '1024'))
        cases = (({'private_key': public}, 'public key'), ({'private_key': 'hello'}, 'BEGIN'), ({'private_key': protected}, 'passphrase'),
                 ({'private_key': protected, 'passphrase': 'wrong'}, 'passphrase'), ({'private_key': protected[:200]}, ''), ({}, 'private key'),
                 ({'private_key': 'PuTTY-User-Key-File-3: ssh-ed25519'}, 'PuTTY'), ({'private_key': protected, 'password': 'x'}, 'several'),
                 ({'private_key': short}, 'fewer than 2,048 bits'))
        for body, words in cases:
            answer = client.post('/api/v1/credentials', {'name': 'bad', 'kind': 'ssh_key', **body})
            assert answer.status == 400 and words in answer.json['error']['message'], (body, answer.body)
            assert 'right' not in answer.body.decode() and 'wrong' not in answer.body.decode()
        assert client.items('/api/v1/credentials') == []
        credential = add_key(client, sshd)
        add_server(client, sshd, credential)
        answer = client.delete(f'/api/v1/credentials/{credential["id"]}')
        assert answer.status == 409 and 'nas' in answer.json['error']['message'], answer.body
        assert client.post('/api/v1/credentials', {'name': 'KEY', 'kind': 'password', 'password': 'x'}).status == 409
        for body in ({'host': '-oProxyCommand=id'}, {'host': 'a b'}, {'user_name': '$(id)'}, {'port': 0}, {'credential_id': '0' * 8}, {'operators': ['x']}, {'shell': 'x'}):
            answer = client.post('/api/v1/servers', {'name': 'bad', 'host': 'h', 'user_name': 'u', **body})
            assert answer.status == 400, (body, answer.status, answer.body)


def test_each_step_that_fails_is_named():
    """PITFALLS 28: a connection test really connects, and says no where it should."""
    with Daemon() as daemon, Sshd() as sshd:
        client = daemon.set_up()
        credential = add_key(client, sshd)
        closed = client.post('/api/v1/servers', {'name': 'closed', 'host': '127.0.0.1', 'port': free_port(), 'user_name': 'u'}).expect(201)
        assert try_it(client, closed)['step'] == 'tcp'
        unknown = client.post('/api/v1/servers', {'name': 'unknown', 'host': 'no-such-host.invalid', 'user_name': 'u'}).expect(201)
        assert try_it(client, unknown)['step'] == 'name'
        bare = add_server(client, sshd, name='bare')
        report = try_it(client, bare)
        assert report['step'] == 'authentication' and 'no credential' in report['message'], report
        web = client.post('/api/v1/servers', {'name': 'web', 'host': '127.0.0.1', 'port': daemon.port, 'user_name': 'u'}).expect(201)
        assert try_it(client, web)['step'] == 'host_key'
        server = add_server(client, sshd, credential)
        assert try_it(client, server)['ok']
        allowed = sshd.authorized.read_text()
        for command, word in (('/bin/false', 'no answer'), ('echo This account is currently not available.; exit 1', 'currently not available')):
            sshd.authorized.write_text(''.join(f'command="{command}" {line}\n' for line in allowed.splitlines()))
            report = try_it(client, server)
            assert report['step'] == 'command' and word in report['message'] and 'shell' in str(report['advice']), report
        sshd.authorized.write_text(allowed)
        old = sshd.fingerprint()
        sshd.change_host_key()
        report = try_it(client, server)
        assert report['step'] == 'host_key' and 'Host key verification failed' in report['message'], report
        assert old in report['message'] and sshd.fingerprint() in report['message'], report
        client.delete(f'/api/v1/servers/{server["id"]}/host-key').expect(200)
        assert try_it(client, server)['ok'] and events(client, 'server.host_key_forgotten')


def test_a_password():
    if os.geteuid() != 0:
        return 'only root can add an account for a password'
    name = f'{MARK}{os.getpid()}'
    subprocess.run(['useradd', '-M', '-d', '/', '-s', '/bin/sh', name], check=True)
    try:
        subprocess.run(['chpasswd'], input=f'{name}:the pass word', text=True, check=True)
        with Daemon() as daemon, Sshd(options='PasswordAuthentication yes') as sshd:
            client = daemon.set_up()
            credential = client.post('/api/v1/credentials', {'name': 'pw', 'kind': 'password', 'password': 'not it'}).expect(201)
            sshd.user = name
            server = add_server(client, sshd, credential)
            assert try_it(client, server)['step'] == 'authentication'
            client.patch(f'/api/v1/credentials/{credential["id"]}', {'password': 'the pass word'}).expect(200)
            assert try_it(client, server)['ok']
            assert 'the pass word' not in str(client.items('/api/v1/audit?limit=200')) + daemon.stderr()
    finally:
        # Not while a process of its session is still there.
        wait_for(lambda: subprocess.run(['userdel', name], capture_output=True, check=False).returncode == 0, 'the end of the account')
    return None


def test_a_command_waits_for_approval_and_tells_all():
    commands = [{'server': 'NAS', 'command': 'echo out; echo err >&2; exit 3'}]
    with Keeper(commands) as keeper:
        _, run = say(keeper.client, '@Keeper look')
        approval = pending(keeper.client)
        assert approval['level'] == 'exec' and approval['resource'] == 'server:nas', approval
        decide(keeper.client, approval, mode='timed', minutes=5)
        ended(keeper.client, run['id'])
        (text,) = keeper.results(run)
        assert '"exit_status":3' in text and 'out' in text and 'err' in text, text
        keeper.commands[:] = [{'server': 'nas', 'command': 'kill -9 $$'}, {'server': 'nas', 'command': 'head -c 3000000 /dev/zero | tr "\\0" x'}]
        _, run = say(keeper.client, '@Keeper again')
        ended(keeper.client, run['id'])
        killed, long = keeper.results(run)
        assert '"signal":"KILL"' in killed, killed
        assert 'truncated: true' in long and len(long) < 1_000_000, long[-300:]
        keeper.commands[:] = [{'server': 'nas', 'command': 'sleep 997', 'timeout': 5}]
        _, run = say(keeper.client, '@Keeper wait')
        ended(keeper.client, run['id'])
        assert '"timed_out":true' in keeper.results(run)[0], keeper.results(run)
        (call,) = keeper.client.items(f'/api/v1/runs/{run["id"]}/calls')
        assert call['outcome'] == 'unknown' and 'Look before you try again' in call['result']['text'], call


def test_stop_kills_the_remote_process():
    mark = f'sleep 3{os.getpid()}'
    with Keeper([{'server': 'nas', 'command': f'exec {mark}', 'timeout': 600}]) as keeper:
        _, run = say(keeper.client, '@Keeper wait')
        decide(keeper.client, pending(keeper.client))
        wait_for(lambda: is_running(f'^{mark}'), 'the remote process')
        keeper.client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)
        wait_for(lambda: not is_running(f'^{mark}'), 'the end of the remote process')
        assert 'nterrupted' in keeper.results(run)[0], keeper.results(run)


def test_a_server_is_for_the_operators_it_names():
    with Keeper([{'server': 'nas', 'command': 'true'}]) as keeper:
        other = keeper.client.post('/api/v1/operators', {'name': 'Other'}).expect(201)
        keeper.client.patch(f'/api/v1/servers/{keeper.server["id"]}', {'operators': [other['id']]}).expect(200)
        _, run = say(keeper.client, '@Keeper look')
        decide(keeper.client, pending(keeper.client))
        ended(keeper.client, run['id'])
        assert 'no server' in keeper.results(run)[0], keeper.results(run)
        keeper.client.patch(f'/api/v1/servers/{keeper.server["id"]}', {'operators': [keeper.operator['id']]}).expect(200)
        _, run = say(keeper.client, '@Keeper look')
        decide(keeper.client, pending(keeper.client))
        ended(keeper.client, run['id'])
        assert '"exit_status":0' in keeper.results(run)[0], keeper.results(run)


def ask(keeper, command, server='nas'):
    keeper.commands[:] = [{'server': server, 'command': command}]
    _, run = say(keeper.client, '@Keeper go on')
    return run


def result_of(keeper, run):
    ended(keeper.client, run['id'])
    (text,) = keeper.results(run)
    return text


# What changes who may do what on a server, and how its text says so.
def elevating(folder):
    return ['sudo -n true', f'useradd --prefix {folder} --no-create-home mallory', 'iptables -A INPUT -p tcp --dport 22 -j ACCEPT --help', 'command su -c id nobody',
            f'chmod u+s {folder}/tool', 'echo "mallory ALL=(ALL) ALL" >>/etc/sudoers.d/vigilus-test; rm /etc/sudoers.d/vigilus-test']


def test_elevating_on_a_server():
    """Above the ceiling it does not even ask; below it, it asks, with the second factor again where so set; and what was given for less covers none of it."""
    with tempfile.TemporaryDirectory() as folder, Keeper([]) as keeper:
        (pathlib.Path(folder) / 'etc').mkdir()
        for name in ('passwd', 'shadow', 'group', 'gshadow'):
            (pathlib.Path(folder) / 'etc' / name).touch()
        client = keeper.client
        add_server(client, keeper.sshd, client.items('/api/v1/credentials')[0], name='web')
        for command in elevating(folder):
            text = result_of(keeper, ask(keeper, command))
            assert 'ceiling' in text and 'elevate' in text, (command, text)
        client.patch(f'/api/v1/operators/{keeper.operator["id"]}', {'permission_level': 'elevate'}).expect(200)
        client.patch('/api/v1/settings', {'second_factor_approvals': 'elevate'}).expect(200)
        secret = add_totp(client)[0]

        # A command of the level exec needs no second factor here, and its grant is none for more.
        run = ask(keeper, 'mkdir -p /tmp')
        approval = pending(client)
        assert approval['level'] in ('write', 'exec'), approval
        decide(client, approval, mode='timed', minutes=5)
        result_of(keeper, run)
        for command in elevating(folder):
            run = ask(keeper, command)
            approval = pending(client)
            assert (approval['level'], approval['resource']) == ('elevate', 'server:nas'), (command, approval)
            decide(client, approval, 'deny')
            result_of(keeper, run)

        keeper.daemon.edit('UPDATE logins SET proved_at = proved_at - 301000000')
        command = f'useradd --prefix {folder} --no-create-home mallory'
        run = ask(keeper, command)
        approval = pending(client)
        path = f'/api/v1/approvals/{approval["id"]}/decision'
        refused = client.post(path, {'decision': 'approve'})
        assert refused.status == 403 and refused.json['error']['code'] == 'proof_needed', refused.body
        assert client.post(path, {'decision': 'approve', 'mode': 'standing'}).status in (400, 403)
        client.post('/api/v1/me/proof', {'code': totp(secret)}).expect(200)
        decide(client, approval, mode='timed', minutes=5)
        text = result_of(keeper, run)
        assert '"exit_status":0' in text and 'mallory' in (pathlib.Path(folder) / 'etc/passwd').read_text(encoding='ascii'), text
        # For this server, and no other.
        assert '"exit_status"' in result_of(keeper, ask(keeper, 'sudo -n true'))
        run = ask(keeper, 'sudo -n true', server='web')
        approval = pending(client)
        assert approval['resource'] == 'server:web', approval
        decide(client, approval, 'deny')
        assert 'enied' in result_of(keeper, run)
        rows = [row for row in client.items('/api/v1/audit?event=call.declared&limit=200') if row['level'] == 'elevate']
        assert len(rows) == 2 and {row['resource'] for row in rows} == {'server:nas'}, rows


def floor(client, tool, level):
    return client.request('PUT', f'/api/v1/tool-floors/{tool}', {'level': level})


def asks(keeper, command):
    """The level at which @command is asked about, or refused; None where it runs without."""
    run = ask(keeper, command)

    def over():
        return client.items('/api/v1/approvals?status=pending') or client.get(f'/api/v1/runs/{run["id"]}').expect(200)['state'] == 'done'
    client = keeper.client
    wait_for(over, command)
    waiting = client.items('/api/v1/approvals?status=pending')
    if waiting:
        decide(client, waiting[0], 'deny')
        ended(client, run['id'])
        return waiting[0]['level']
    (text,) = keeper.results(run)
    refused = re.search(r'this call is of level (\w+), above', text)
    assert refused or '"exit_status":0' in text, text
    return refused and refused[1]


def test_a_lowered_floor_of_ssh_exec():
    """What only reads runs without asking once an administrator lowered the floor of that tool; off by default, for no other tool, and for no more than reading."""
    with Keeper([]) as keeper:
        client = keeper.client
        assert client.items('/api/v1/tool-floors') == [] and asks(keeper, 'df -h') == 'exec'
        viewer = keeper.daemon.client(token=client.post('/api/v1/tokens', {'name': 'v', 'days': 1, 'role': 'approver'}).expect(201)['token'])
        assert floor(viewer, 'ssh.exec', 'read').status == 403 and asks(keeper, 'df -h') == 'exec'
        floor(client, 'shell.exec', 'read').expect(200)
        assert asks(keeper, 'df -h') == 'exec', 'each tool has its own'
        floor(client, 'shell.exec', None).expect(200)

        floor(client, 'ssh.exec', 'read').expect(200)
        for command in ('df -h', 'uptime; df -h | grep -c /'):
            assert asks(keeper, command) is None, command
        (row, *_) = client.items('/api/v1/audit?event=call.declared&tool=ssh.exec')
        assert (row['level'], row['rule']) == ('read', 'read'), row
        for command, level in (('df -h; touch /tmp/x', 'write'), ('df -h $(touch /tmp/x)', 'write'), ('df -h | sh', 'elevate'), ('no-such-command', 'exec')):
            assert asks(keeper, command) == level, (command, asks(keeper, command))
        client.patch(f'/api/v1/operators/{keeper.operator["id"]}', {'tools': ['ssh.exec', 'ssh.write', 'shell.exec'],
                                                                    'working_directory': str(keeper.daemon.data_dir / 'workspace')}).expect(200)
        floor(client, 'ssh.write', 'read').expect(200)
        # Another tool's floor stays where it is, and one that does not look closer says what it does.
        for tool, arguments, level in (('shell.exec', {'command': 'df -h'}, 'exec'), ('ssh.write', {'server': 'nas', 'path': '/tmp/x', 'content': 'x'}, 'write')):
            keeper.tool = tool.replace('.', '-')
            keeper.commands[:] = [arguments]
            _, run = say(client, '@Keeper go on')
            approval = pending(client)
            assert (approval['tool'], approval['level']) == (tool, level), approval
            decide(client, approval, 'deny')
            ended(client, run['id'])
        keeper.tool = 'ssh-exec'

        floor(client, 'ssh.exec', None).expect(200)
        assert asks(keeper, 'df -h') == 'exec'
        changes = [row['detail'] for row in client.items('/api/v1/audit?event=tool.floor_changed') if row['detail']['tool'] == 'ssh.exec']
        assert [change['floor'] for change in changes] == [None, 'read'], changes


def test_a_lost_server_ends_the_call_as_unsure():
    mark = f'sleep 6{os.getpid()}'
    with Keeper([{'server': 'nas', 'command': f'echo started; exec {mark}', 'timeout': 30}]) as keeper:
        _, run = say(keeper.client, '@Keeper wait')
        decide(keeper.client, pending(keeper.client))
        wait_for(lambda: keeper.calls(run)[0]['state'] == 'running', 'the command')
        wait_for(lambda: is_running(f'^{mark}'), 'the remote process')
        subprocess.run(['pkill', '-9', '-P', str(keeper.sshd.process.pid)], check=True)
        ended(keeper.client, run['id'])
        assert 'may or may not' in keeper.results(run)[0], keeper.results(run)


if __name__ == '__main__':
    harness.main(globals())

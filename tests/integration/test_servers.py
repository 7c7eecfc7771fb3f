#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Servers, credentials and ssh.exec against a real sshd."""
import os
import pathlib
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
        keeper.commands[:] = [{'server': 'nas', 'command': 'sleep 97', 'timeout': 1}]
        begin = time.monotonic()
        _, run = say(keeper.client, '@Keeper wait')
        ended(keeper.client, run['id'])
        assert time.monotonic() - begin < 15 and '"timed_out":true' in keeper.results(run)[0], keeper.results(run)


def test_stop_kills_the_remote_process():
    mark = f'sleep 3{os.getpid()}'
    with Keeper([{'server': 'nas', 'command': f'exec {mark}', 'timeout': 600}]) as keeper:
        _, run = say(keeper.client, '@Keeper wait')
        decide(keeper.client, pending(keeper.client))
        wait_for(lambda: is_running(f'^{mark}'), 'the remote process')
        keeper.client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)
        wait_for(lambda: not is_running(f'^{mark}'), 'the end of the remote process', 5)
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

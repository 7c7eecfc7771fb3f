#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What checks find, accepting a changed host key, and importing servers."""
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, wait_for  # noqa: E402
from inventory import add_key, add_server, events, try_it  # noqa: E402
from sshd import Sshd, make_key  # noqa: E402

DATA = pathlib.Path(__file__).resolve().parent.parent / 'data/ssh'


def get(client, server):
    return client.get(f'/api/v1/servers/{server["id"]}').expect(200)


def test_a_schedule_of_the_owners_choice():
    with Daemon() as daemon, Sshd() as sshd:
        client = daemon.set_up()
        client.patch('/api/v1/settings', {'server_check_minutes': 0}).expect(200)
        server = add_server(client, sshd, add_key(client, sshd))
        gone = client.post('/api/v1/servers', {'name': 'gone', 'host': 'no-such-host.invalid', 'user_name': 'u'}).expect(201)
        time.sleep(11)
        assert get(client, server)['checked_at'] is None
        client.patch('/api/v1/settings', {'server_check_minutes': 1}).expect(200)
        wait_for(lambda: get(client, server)['status'] == 'up' and get(client, gone)['status'] == 'failed', 'the checks')
        facts = get(client, server)['facts']
        assert facts['system'] and facts['uptime'] > 0 and len(facts['load']) == 3 and facts['cpus'] > 0, facts
        assert 0 < facts['memory']['used'] < facts['memory']['total'], facts
        assert any(disk['mount'] == '/' and 0 < disk['used'] <= disk['total'] for disk in facts['disks']), facts
        (point,) = client.get(f'/api/v1/servers/{server["id"]}/chart').expect(200)['points']
        assert point['is_up'] and 0 < point['memory'] < 1000 and 0 <= point['disk'] <= 1000, point
        (point,) = client.get(f'/api/v1/servers/{gone["id"]}/chart?hours=1').expect(200)['points']
        assert not point['is_up'] and point['load'] is None, point
        before = get(client, server)['checked_at']
        client.post('/api/v1/servers/check').expect(202)
        wait_for(lambda: get(client, server)['checked_at'] > before, 'another check')
        for query in ('hours=0', 'hours=x', 'hours=99999'):
            assert client.get(f'/api/v1/servers/{server["id"]}/chart?{query}').status == 400
        for body in ({'server_check_minutes': -1}, {'server_check_minutes': 1441}, {'server_sample_days': 0}):
            assert client.patch('/api/v1/settings', body).status == 400, body


def test_the_os_is_entered_or_found():
    with Daemon() as daemon, Sshd() as sshd:
        client = daemon.set_up()
        server = add_server(client, sshd, add_key(client, sshd), os='OpenWrt 23.05')
        assert server['os'] == 'OpenWrt 23.05' and try_it(client, server)['server']['os'] == 'OpenWrt 23.05', 'what a person entered stays'
        path = f'/api/v1/servers/{server["id"]}'
        for text in ('', 'x' * 129, 5):
            assert client.patch(path, {'os': text}).status == 400, text
        found = client.patch(path, {'os': None}).expect(200)
        assert found['os'] is None and found['system'] == try_it(client, server)['system'], found


def test_many_at_once():
    with Daemon() as daemon, Sshd('MaxStartups 100') as sshd:
        client = daemon.set_up()
        client.patch('/api/v1/settings', {'server_check_minutes': 0}).expect(200)
        key = add_key(client, sshd)
        for number in range(12):
            add_server(client, sshd, key, f'server {number}')
        for _ in range(3):
            client.post('/api/v1/servers/check').expect(202)
        wait_for(lambda: all(server['status'] == 'up' for server in client.items('/api/v1/servers?limit=50')), 'all checks')
        assert len(events(client, 'server.host_key_pinned')) == 12
        assert (sshd.folder / 'log').read_text(encoding='utf-8').count('Accepted publickey') == 12, 'each once'


def test_a_check_that_is_asked_for_while_one_runs():
    """It looks at the server as it was edited meanwhile; what the other finds where the server was is told nobody."""
    with Daemon() as daemon, Sshd() as sshd, socket.create_server(('127.0.0.1', 0)) as silent:
        client = daemon.set_up()
        client.patch('/api/v1/settings', {'server_check_minutes': 0}).expect(200)
        key = add_key(client, sshd)
        server, other = add_server(client, sshd, key), add_server(client, sshd, key, 'other')
        path = f'/api/v1/servers/{server["id"]}'
        client.patch(path, {'port': silent.getsockname()[1]}).expect(200)
        client.post('/api/v1/servers/check').expect(202)
        connection, _ = silent.accept()
        with connection:
            first = wait_for(lambda: get(client, other)['checked_at'], 'the first check of the other')
            client.patch(path, {'port': sshd.port}).expect(200)
            client.post('/api/v1/servers/check').expect(202)
            wait_for(lambda: get(client, other)['checked_at'] > first, 'the second check of the other')
            assert get(client, server)['status'] == 'unknown'
        wait_for(lambda: get(client, server)['status'] == 'up', 'the second check')
        changes = [row['detail'] for row in client.items('/api/v1/audit?event=server.state_changed') if row['detail']['id'] == server['id']]
        assert [change['is'] for change in changes] == ['up'], changes


def test_a_changed_key_is_accepted_deliberately():
    with Daemon() as daemon, Sshd() as sshd:
        client = daemon.set_up()
        server = add_server(client, sshd, add_key(client, sshd))
        path = f'/api/v1/servers/{server["id"]}/host-key'
        assert try_it(client, server)['ok']
        old = sshd.fingerprint()
        sshd.change_host_key()
        assert try_it(client, server)['step'] == 'host_key'
        wrong = 'SHA256:' + 'A' * 43
        assert client.post(path, {'fingerprint': wrong}).expect(200)['host_key_fingerprint'] == wrong
        report = try_it(client, server)
        assert report['step'] == 'host_key' and wrong in report['message'] and sshd.fingerprint() in report['message'], report
        client.post(path, {'fingerprint': sshd.fingerprint(), 'type': 'ssh-ed25519'}).expect(200)
        report = try_it(client, server)
        assert report['ok'] and report['server']['host_key'].startswith('ssh-ed25519 AAAA'), report
        first, second = sorted(events(client, 'server.host_key_accepted'), key=lambda event: event['seq'])
        assert first['detail']['old_fingerprint'] == old and second['detail']['fingerprint'] == sshd.fingerprint(), (first, second)
        for body in ({}, {'fingerprint': 'SHA256:x'}, {'fingerprint': wrong, 'type': 'dsa'}, {'fingerprint': wrong + "' OR 1"}):
            assert client.post(path, body).status == 400, body
        sshd.stop()
        sshd.host_key = 'rsa'
        sshd.start()
        sshd.change_host_key()
        report = try_it(client, server)
        assert report['step'] == 'host_key' and '(ssh-rsa)' in report['message'], report


def preview(client, config, known_hosts=''):
    return client.post('/api/v1/servers/import/preview', {'config': config, 'known_hosts': known_hosts}).expect(200)['servers']


def test_import_reads_what_ssh_reads():
    rows = json.loads((DATA / 'ssh-config.json').read_text(encoding='utf-8'))
    known = json.loads((DATA / 'known-hosts.json').read_text(encoding='utf-8'))
    assert len(rows) >= 280 and len(known) >= 400
    with Daemon() as daemon:
        client = daemon.set_up()
        for row in rows:
            # A host that is only asked for, and not named: a block without anything names it.
            answer = client.post('/api/v1/servers/import/preview', {'config': f'{row["config"]}\nHost {row["host"]}\n', 'known_hosts': ''})
            if answer.status == 400:
                assert not row['ok'] and '/config: line ' in answer.json['error']['message'], (row, answer.json)
                continue
            planned = {server['name']: server for server in answer.expect(200)['servers']}
            assert row['host'] in planned, (row, planned)
            server = planned[row['host']]
            if not row['ok']:
                assert server['port'] <= 65535
                continue
            effective = row['effective']
            assert (server['host'], str(server['port'])) == (effective['hostname'], effective['port']), (row, server)
            assert (server['user_name'] or 'root') == effective['user'], (row, server)
            assert ('danger' in row and row['host'] == 'nas') <= bool(server['notes']), (row, server)
            if 'proxyjump' in effective:
                hops = re.findall(r'(?:[^,@]+@)?(?:\[([^]]+)\]|([^,:]+))(?::\d+)?(?:,|$)', effective['proxyjump'])
                assert server['jump_name'] == ''.join(hops[-1]), (row, planned)
        assert not pathlib.Path('/tmp/vec/runs/PWNED2').exists()
        for row in known:
            host, port = (row['lookup'][1:].split(']:') if row['lookup'].startswith('[') else (row['lookup'], 22))
            (server,) = preview(client, f'Host x\nHostName {host}\nPort {port}\n', row['known_hosts'])
            usable = [line for line in row['hit'] if not line.startswith('@')]
            assert bool(server['host_key']) == bool(usable), (row, server)


def effective(config, name):
    """What ssh itself makes of it."""
    with tempfile.NamedTemporaryFile('w', encoding='utf-8') as file:
        file.write(config)
        file.flush()
        text = subprocess.run(['ssh', '-G', '-F', file.name, '--', name], capture_output=True, text=True, check=True).stdout
    found = dict(line.split(' ', 1) for line in reversed(text.splitlines()) if ' ' in line)
    return found['hostname'], found['port'], found['user']


def test_lines_are_split_as_ssh_splits_them():
    user = subprocess.run(['id', '-un'], capture_output=True, text=True, check=True).stdout.strip()
    config = ('Host edge"-case-1.example.com" "edge-case-"2.example.com edge-\'case\'-3.example.com NAS\n  HostName "Edge.example"  # Upper\n'
              'HOST=eq\n\tPort\t=\t2022\n  user "a\\"b"\nHost v6 # a comment isn\'t read\n HostName 2001:db8::1\n Port "22"\nHost UPPER\n'
              'Host dos\r\n  HostName dos.example \r\n  Port 24\r\nHost plain\n HostName %h.Example.org\nHost hash\n HostName q#r\nHost *\n  User x')
    with Daemon() as daemon:
        planned = preview(daemon.set_up(), config)
        names = ['edge-case-1.example.com', 'edge-case-2.example.com', 'edge-case-3.example.com', 'NAS', 'eq', 'v6', 'UPPER', 'dos', 'plain', 'hash']
        assert [server['name'] for server in planned] == names, planned
        for server in planned:
            assert (server['host'], str(server['port']), server['user_name'] or user) == effective(config, server['name']), server


def test_host_certificates_are_told_and_the_key_is_pinned():
    with Daemon() as daemon, Sshd() as sshd:
        client = daemon.set_up()
        make_key(sshd.folder / 'authority')
        subprocess.run(['ssh-keygen', '-q', '-s', str(sshd.folder / 'authority'), '-I', 'nas', '-h', '-n', '127.0.0.1', str(sshd.folder / 'host.pub')], check=True)
        sshd.options = f'HostCertificate {sshd.folder}/host-cert.pub'
        sshd.stop()
        sshd.start()
        authority = ' '.join((sshd.folder / 'authority.pub').read_text(encoding='ascii').split()[:2])
        (planned,) = preview(client, f'Host nas\nHostName 127.0.0.1\nPort {sshd.port}\n', f'@cert-authority [127.0.0.1]:{sshd.port} {authority}\n')
        assert planned['host_key'] is None and any('line 1: host certificates are not used' in note for note in planned['notes']), planned
        server = add_server(client, sshd, add_key(client, sshd))
        report = try_it(client, server)
        assert report['ok'] and report['server']['host_key_fingerprint'] == sshd.fingerprint(), report


def test_import_adds_what_is_chosen():
    with Daemon() as daemon, Sshd() as jump, Sshd() as target:
        client = daemon.set_up()
        key = add_key(client, jump)
        target.allow(jump.authorized.read_text(encoding='ascii'))
        host_key = ' '.join((target.folder / 'host.pub').read_text(encoding='ascii').split()[:2])
        config = (f'Host bastion\n  HostName 127.0.0.1\n  Port {jump.port}\nHost inner\n  HostName 127.0.0.1\n  Port {target.port}\n  ProxyJump bastion\n'
                  f'  ProxyCommand touch /tmp/x\nHost other\nHost * !bastion\n  User {target.user}\n')
        body = {'config': config, 'known_hosts': f'[127.0.0.1]:{target.port} {host_key}\n', 'names': ['inner'], 'user_name': jump.user, 'credential_id': key['id']}
        planned = preview(client, config, body['known_hosts'])
        assert [server['name'] for server in planned] == ['bastion', 'inner', 'other'] and client.items('/api/v1/servers') == []
        assert any('proxycommand' in note for note in planned[1]['notes']), planned
        assert preview(client, f'\ufeff{config}') == preview(client, config)
        answer = client.post('/api/v1/servers/import', body).expect(200)
        assert [server['name'] for server in answer['created']] == ['bastion', 'inner'] and answer['skipped'] == [], answer
        inner = answer['created'][1]
        assert inner['host_key'] == host_key and inner['jump_name'] == 'bastion' and len(events(client, 'server.imported')) == 2
        assert try_it(client, inner)['ok']
        again = client.post('/api/v1/servers/import', body).expect(200)
        assert again['created'] == [] and all('exists' in row['reason'] for row in again['skipped']), again
        for bad, status in (({'config': 'Host "a\n'}, 400), ({'config': 'Host a\n' * 2001}, 413), ({'config': 'x' * 600000}, 400), ({}, 400)):
            answer = client.post('/api/v1/servers/import/preview', bad)
            assert answer.status == status, (str(bad)[:50], answer.status, answer.body)
        hostile = 'Host $(id)\nHost -oProxyCommand=id\nHost a;b\n HostName `id`\nHost ok\n HostName %n\nHost loop1\n ProxyJump loop2\nHost loop2\n ProxyJump loop1\nHost deep\n ProxyJump a1,a2,a3,a4,a5,a6\n'
        names = [server['name'] for server in preview(client, hostile)]
        answer = client.post('/api/v1/servers/import', {**body, 'config': hostile, 'names': names}).expect(200)
        assert {row['name'] for row in answer['skipped']} >= {'$(id)', '-oProxyCommand=id', 'a;b'}, answer


def ways(client, config):
    """How each server of the plan is reached: name to (jump, user, port)."""
    return {row['name']: (row['jump_name'], row['user_name'], row['port']) for row in preview(client, config)}


def test_a_proxy_jump_says_nothing_of_how_its_hops_are_reached_otherwise():
    own = 'Host a\n User ops\nHost b\n Port 2200\nHost c\n ProxyJump a\n'
    reached = {'a': (None, 'ops', 22), 'b': (None, None, 2200), 'c': ('a', None, 22)}
    cases = (('a,b', 'b-via-a', {'b-via-a': ('a', None, 2200)}), ('a,c', 'c', {}), ('c', 'c', {}), ('b,c', 'c-via-b', {'c-via-b': ('b', None, 22)}),
             ('joe@b', 'b-as-joe', {'b-as-joe': (None, 'joe', 2200)}), ('b:22', 'b-port-22', {'b-port-22': (None, None, 22)}), ('b:2200', 'b', {}),
             ('a,joe@b:22', 'b-as-joe-port-22-via-a', {'b-as-joe-port-22-via-a': ('a', 'joe', 22)}),
             ('a,new', 'new', {'new': ('a', None, 22)}), ('a,b,new', 'new', {'b-via-a': ('a', None, 2200), 'new': ('b-via-a', None, 22)}),
             ('a,x', None, {}), ('a,b,a,b,a,b', None, None))
    with Daemon() as daemon:
        client = daemon.set_up()
        for jumps, last, more in cases:
            entry = f'Host x\n ProxyJump {jumps}\n'
            for config in (own + entry, entry + own):
                planned = ways(client, config)
                assert planned['x'][0] == last and {name: planned[name] for name in reached} == reached, (jumps, planned)
                assert more is None or {name: way for name, way in planned.items() if name not in ('x', *reached)} == more, (jumps, planned)
        planned = preview(client, f'{own}Host x\n ProxyJump a,b\nHost y\n ProxyJump a,b\nHost z\n ProxyJump a,z\n')
        assert [row['name'] for row in planned] == ['a', 'b', 'c', 'b-via-a', 'x', 'y', 'z'] and planned[5]['jump_name'] == 'b-via-a', planned
        assert any('stays as it is' in note for note in planned[3]['notes']) and any('a,z' in note or 'z is left out' in note for note in planned[6]['notes']), planned
        body = {'config': f'{own}Host x\n ProxyJump a,b\n', 'known_hosts': '', 'names': ['x', 'b'], 'user_name': 'me'}
        created = client.post('/api/v1/servers/import', body).expect(200)['created']
        assert {row['name']: row.get('jump_name') for row in created} == {'a': None, 'b': None, 'b-via-a': 'a', 'x': 'b-via-a'}, created
        again = preview(client, body['config'])
        assert any('b-via-a is in the inventory already' in note for note in again[-1]['notes']), again


if __name__ == '__main__':
    harness.main(globals())

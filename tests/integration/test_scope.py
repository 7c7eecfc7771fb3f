#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""nmap.scan with the real nmap, on loopback and on networks of its own, and what Scope makes of it."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import TOP, Daemon, decide, ended, pending, say, wait_for  # noqa: E402


class Listener:
    """A service on loopback that says @banner to whoever comes."""

    def __init__(self, banner=b'', address='127.0.0.1', port=0):
        self.socket = socket.create_server((address, port), family=socket.AF_INET6 if ':' in address else socket.AF_INET)
        self.port, self.banner = self.socket.getsockname()[1], banner
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                try:
                    peer.sendall(self.banner)
                except OSError:
                    pass

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        try:
            self.close()
        except OSError:
            pass


class Scanner:
    """A daemon whose model calls nmap.scan (or another tool) with what it is given."""

    def __init__(self, networks=('127.0.0.0/8', '::1'), mode='lenient', **daemon):
        self.calls_to_make, self.networks, self.mode, self.daemon_options = [], list(networks), mode, daemon

    def think(self, messages, tools):
        return ('over', []) if messages[-1]['role'] != 'user' else ('', list(self.calls_to_make))

    def __enter__(self):
        self.daemon = Daemon(**self.daemon_options).__enter__()
        self.client = self.daemon.set_up()
        self.llm = FakeLlm(self.think).__enter__()
        self.client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': self.llm.url, 'default_model': 'm'}).expect(201)
        body = {'name': 'Recon', 'tools': ['nmap.scan', 'scope.query'], 'permission_level': 'exec', 'trust_mode': self.mode}
        self.operator = self.client.post('/api/v1/operators', body).expect(201)
        if self.networks:
            self.allow(*self.networks)
        return self

    def __exit__(self, *unused):
        self.llm.__exit__(*unused)
        self.daemon.__exit__(*unused)

    def allow(self, *networks):
        return self.client.patch('/api/v1/tool-settings/nmap', {'settings': {'networks': list(networks)}}).expect(200)

    def start(self, *calls):
        self.calls_to_make[:] = [('scope-query' if 'what' in call else 'nmap-scan', call) for call in calls]
        return say(self.client, '@Recon look')[1]

    def run(self, *calls, seconds=60):
        """The calls' rows, in the order of the calls."""
        run = self.start(*calls)
        ended(self.client, run['id'], seconds)
        rows = self.client.items(f'/api/v1/runs/{run["id"]}/calls')
        return sorted(rows, key=lambda row: row['id'])

    def scan(self, seconds=60, **arguments):
        """The result of one scan; names are not looked up unless asked."""
        (row,) = self.run({'names': False, **arguments}, seconds=seconds)
        assert row['outcome'] == 'success', row
        return json.loads(row['result']['text'])

    def items(self, path):
        return self.client.items(f'/api/v1/scope/{path}')


def spec(*listeners):
    return ','.join(str(listener.port) for listener in listeners)


def test_ports_of_loopback_reach_scope():
    with Scanner() as recon, Listener() as first, Listener() as second:
        result = recon.scan(targets=['127.0.0.1'], ports=spec(first, second))
        assert result['complete'] and result['scope'] == 'kept', result
        (host,) = result['hosts']
        assert [port['port'] for port in host['open_ports']] == sorted((f'{first.port}/tcp', f'{second.port}/tcp'), key=lambda text: int(text[:-4])), host
        (stored,) = recon.items('hosts')
        assert stored['address'] == '127.0.0.1' and stored['n_open'] == 2 and stored['status'] == 'up' and stored['subnet'] == '127.0.0.0/24', stored
        (scan,) = recon.items('scans')
        assert scan['complete'] and scan['profile'] == 'ports' and scan['targets'] == ['127.0.0.1'] and scan['n_open'] == 2 and scan['operator_name'] == 'Recon', scan
        assert [change['kind'] for change in recon.items('changes')] == ['port_opened', 'port_opened', 'host_new']
        (row,) = recon.run({'what': 'services', 'host_id': stored['id']})
        assert len(json.loads(row['result']['text'])['items']) == 2, row


def test_a_second_scan_changes_nothing_and_a_closed_port_is_told():
    with Scanner() as recon, Listener() as first, Listener() as second:
        ports = spec(first, second)
        recon.scan(targets=['127.0.0.1'], ports=ports)
        before = recon.items('changes'), [(host['id'], host['first_seen_at']) for host in recon.items('hosts')]
        recon.scan(targets=['127.0.0.1'], ports=ports)
        assert (recon.items('changes'), [(host['id'], host['first_seen_at']) for host in recon.items('hosts')]) == before
        second.close()
        recon.scan(targets=['127.0.0.1'], ports=str(first.port))
        assert len(recon.items('changes')) == len(before[0]), 'a port that was not asked is not closed'
        recon.scan(targets=['127.0.0.1'], ports=ports)
        (closed,) = recon.items('changes?kind=port_closed')
        assert closed['port'] == second.port and closed['address'] == '127.0.0.1', closed
        (host,) = recon.items('hosts')
        assert host['n_open'] == 1
        assert [service['state'] for service in recon.items('services?state=gone')] == ['gone']
        summary = recon.client.get('/api/v1/scope/summary').expect(200)
        assert summary['n_open'] == 1 and summary['days'][0]['closed'] == 1 and summary['last_scan_at'], summary


def test_versions_and_exposures():
    """A service that greets as an FTP server does is found out, and a finding is made of it once."""
    with Scanner() as recon, Listener(b'220 (vsFTPd 3.0.3)\r\n') as ftp:
        result = recon.scan(targets=['127.0.0.1'], ports=spec(ftp), profile='services')
        (port,) = result['hosts'][0]['open_ports']
        assert port['service'] == 'ftp' and 'vsftpd 3.0.3' in port['product'], port
        (finding,) = recon.items('findings')
        assert finding['rule'] == 'ftp' and finding['severity'] == 'medium' and finding['state'] == 'open' and finding['title'] and finding['advice'], finding
        (host,) = recon.items('hosts')
        assert host['severity'] == 'medium' and host['n_findings'] == 1, host
        # A scan without versions forgets nothing of what is known.
        recon.scan(targets=['127.0.0.1'], ports=spec(ftp))
        (service,) = recon.items('services')
        assert service['product'] == 'vsftpd' and service['version'] == '3.0.3', service
        (again,) = recon.items('findings')
        assert again['id'] == finding['id'] and again['first_seen_at'] == finding['first_seen_at']
        accepted = recon.client.patch(f'/api/v1/scope/findings/{finding["id"]}', {'state': 'accepted', 'note': 'a test'}).expect(200)
        assert accepted['decided_by'] == 'owner' and recon.items('hosts')[0]['n_findings'] == 0
        ftp.close()
        recon.scan(targets=['127.0.0.1'], ports=spec(ftp))
        (gone,) = recon.items('findings?state=resolved')
        assert gone['resolved_at'], gone
        answer = recon.client.patch(f'/api/v1/scope/findings/{finding["id"]}', {'state': 'open'})
        assert answer.status == 409 and 'resolved' in answer.json['error']['message'], answer.body


def test_a_scan_made_elsewhere_is_taken_in():
    with Daemon() as daemon, Listener() as first, Listener() as second:
        client = daemon.set_up()
        scan = lambda *words: subprocess.run(['nmap', '-n', '-Pn', '-sT', '-oX', '-', *words], capture_output=True, text=True, check=True).stdout  # noqa: E731
        items = lambda path: client.items(f'/api/v1/scope/{path}')  # noqa: E731
        bring = lambda xml: client.post('/api/v1/scope/import', raw=xml.encode(), headers={'Content-Type': 'application/octet-stream'})  # noqa: E731
        xml = scan('-p', spec(first, second), '127.0.0.1')
        for bad, status in (('', 400), ('hello', 400), ('<a/>', 400), (xml[:200], 400), ('<!DOCTYPE n [<!ENTITY x SYSTEM "file:///etc/passwd">]><nmaprun args="&x;"/>', 400)):
            answer = bring(bad)
            assert answer.status == status and 'root:' not in answer.body.decode(), (bad[:60], answer.status, answer.body[:300])
        assert items('hosts') == []
        secret = 'Tr0ub4dor' + 'x3'
        (taken,) = bring(xml.replace('args="nmap ', f'args="nmap --script-args mysqlpass={secret} ', 1)).expect(200)['scans']
        assert secret not in json.dumps(taken) and secret not in json.dumps(items('scans')), taken
        assert taken['complete'] and taken['profile'] == 'ports' and taken['n_open'] == 2 and taken['user_name'] == 'owner' and 'nmap' in taken['targets'][0], taken
        (host,) = items('hosts')
        assert host['address'] == '127.0.0.1' and host['n_open'] == 2, host
        assert bring(xml).expect(200)['scans'][0]['n_changes'] == 0, 'a second time changes nothing'
        first.close()
        (after,) = bring(scan('-p', spec(first, second), '127.0.0.1')).expect(200)['scans']
        assert after['n_changes'] == 1 and items('changes')[0]['kind'] == 'port_closed', items('changes')
        second_now = int(time.time())
        same = re.sub(r'((?: start|<finished time)=")\d+', rf'\g<1>{second_now}', scan('-p', spec(first, second), '127.0.0.1'))
        for moment in (second_now, second_now + 1):
            wait_for(lambda moment=moment: time.time() >= moment, 'the next second')
            bring(same).expect(200)  # it tells whole seconds, so the first of a second does not make the next one old
        cut = scan('-p', str(second.port), '127.0.0.2', '127.0.0.1').rsplit('<runstats>', 1)[0]
        (cut_short,) = bring(cut).expect(200)['scans']
        assert not cut_short['complete'] and 'ends before' in cut_short['problem'], cut_short
        old = xml.replace(' start="', ' start="1', 1).replace('<finished time="', '<finished time="0', 1)
        answer = bring(re.sub(r'<finished time="\d+"', '<finished time="1000000000"', old))
        assert answer.status == 409 and 'older' in answer.body.decode(), answer.body
        assert len(client.items('/api/v1/audit?event=scope.imported')) == 6
        token = client.post('/api/v1/tokens', {'name': 'r', 'days': 1, 'role': 'viewer'})
        if token.status == 201:
            assert daemon.client(token.json['token']).post('/api/v1/scope/import', raw=xml.encode(), headers={'Content-Type': 'application/octet-stream'}).status == 403


def test_only_the_networks_of_the_owner():
    with Scanner(networks=()) as recon:
        (row,) = recon.run({'targets': ['127.0.0.1']})
        assert row['outcome'] == 'denied' and 'Settings, Tools, Network scans' in row['result']['text'], row
        for bad in (['10.0.0.0/33'], ['nas'], ['0.0.0.0/0'], ['10.0.0.1 -oN x'], 'all'):
            answer = recon.client.patch('/api/v1/tool-settings/nmap', {'settings': {'networks': bad}})
            assert answer.status == 400 and answer.json['error']['details']['field'] == 'networks', (bad, answer.body)
        recon.allow('127.0.0.0/30')
        assert recon.client.get('/api/v1/tool-settings/nmap').expect(200)['settings'] == {'networks': ['127.0.0.0/30']}
        rows = recon.run({'targets': ['127.0.0.0/29'], 'profile': 'discovery'}, {'targets': ['localhost', '8.8.8.8']}, {'targets': ['127.0.0.0/30'], 'profile': 'discovery', 'names': False})
        assert [row['outcome'] for row in rows] == ['denied', 'denied', 'success'], rows
        assert '127.0.0.4' in rows[0]['result']['text'] and '8.8.8.8' in rows[1]['result']['text'], rows
        # A name is as good as its address.
        recon.allow('10.9.8.0/24')
        (row,) = recon.run({'targets': ['localhost']})
        assert row['outcome'] == 'denied' and ('127.0.0.1' in row['result']['text'] or '::1' in row['result']['text']), row
        assert recon.client.items('/api/v1/audit?event=tool_settings.changed')


def test_hostile_arguments_start_nothing():
    rows = json.loads((TOP / 'tests/data/nmap/arguments.json').read_text(encoding='utf-8'))
    hostile = [row for row in rows if not row['allow']]
    mark = f'/tmp/vigilus-nmap-{os.getpid()}'
    with Scanner() as recon:
        calls = [{'targets': [row['argument'].replace('/etc/cron.d/x', mark)[:250]]} for row in hostile if row['kind'] != 'ports']
        calls += [{'targets': ['127.0.0.1'], 'ports': row['argument']} for row in hostile]
        calls += [{'targets': ['127.0.0.1'], 'profile': '-oN x'}, {'targets': ['127.0.0.1'], 'script': 'default'}, {'targets': []}, {'targets': '127.0.0.1'},
                  {'targets': ['127.0.0.1'], 'protocol': 'tcp -oN x'}, {'targets': ['127.0.0.1\n-oN', mark]}, {'targets': ['127.0.0.1'], 'ports': f'1 -oN {mark}'}]
        for begin in range(0, len(calls), 20):
            for call, row in zip(calls[begin:begin + 20], recon.run(*calls[begin:begin + 20]), strict=True):
                assert row['outcome'] in ('denied', 'failed'), (call, row)
        assert recon.items('scans') == [] and not os.path.exists(mark)


QUERIES = ("' OR '1'='1", '"; DROP TABLE scope_hosts; --', '%', '_', '\\', '*', '../../etc/passwd', '$(id)', '\u202e', '{"$ne": null}', '0x31', '127.0.0.1\n127.0.0.2', "127.0.0.0/24' --")


def test_hostile_questions_find_nothing():
    with Scanner() as recon, Listener() as listener:
        recon.scan(targets=['127.0.0.1', '127.0.0.2'], ports=spec(listener))
        everything = [recon.items(what) for what in ('hosts', 'services', 'changes', 'findings', 'scans')]
        for member, what in (('text', 'hosts'), ('subnet', 'hosts'), ('service', 'hosts'), ('service', 'services'), ('host_id', 'services'), ('host_id', 'changes'),
                             ('host_id', 'findings'), ('after', 'hosts'), ('after', 'scans'), ('state', 'findings'), ('what', 'hosts')):
            calls = [{'what': what, member: text} for text in QUERIES]
            for call, row in zip(calls, recon.run(*calls), strict=True):
                assert row['outcome'] in ('denied', 'failed') or json.loads(row['result']['text'])['items'] == [], (call, row)
        assert [recon.items(what) for what in ('hosts', 'services', 'changes', 'findings', 'scans')] == everything
        recon.client.patch(f'/api/v1/operators/{recon.operator["id"]}', {'tools': ['servers.list', 'scope.query']}).expect(200)
        for name, tag in (('nas', 'storage'), ('web', '%')):
            recon.client.post('/api/v1/servers', {'name': name, 'host': f'{name}.lan', 'user_name': 'u', 'tags': [tag]}).expect(201)
        calls = [('servers-list', {'tag': text}) for text in QUERIES] + [('servers-list', {'tag': ['storage']}), ('servers-list', {'sql': '1'})]
        recon.calls_to_make[:] = calls
        run = say(recon.client, '@Recon look')[1]
        ended(recon.client, run['id'])
        rows = sorted(recon.client.items(f'/api/v1/runs/{run["id"]}/calls'), key=lambda row: row['id'])
        for (_, call), row in zip(calls, rows, strict=True):
            found = [server['name'] for server in json.loads(row['result']['text'])['servers']] if row['outcome'] == 'success' else []
            assert found == (['web'] if call.get('tag') == '%' else []), (call, row)


def nmap_of(daemon):
    """Pids of nmap under this daemon: each below a process that watches over it."""
    below = lambda pid, *words: subprocess.run(['pgrep', '-P', str(pid), *words], capture_output=True, text=True, check=False).stdout.split()  # noqa: E731
    return [int(pid) for watcher in below(daemon.process.pid) for pid in below(watcher, '-x', 'nmap')]


def is_gone(pid):
    try:
        return pathlib.Path(f'/proc/{pid}/stat').read_text(encoding='ascii').split()[2] == 'Z'
    except OSError:
        return True


SLOW = {'targets': ['127.0.0.0/22'], 'ports': '-', 'profile': 'services', 'assume_up': True, 'names': False}


def test_nmap_is_confined():
    """As every command: another user where the daemon is root, no way to more, no system call but what it needs, and of its privileges one at most."""
    with Scanner() as recon:
        run = recon.start(SLOW)
        (pid,) = wait_for(lambda: nmap_of(recon.daemon), 'nmap')
        words = dict(line.split(':\t', 1) for line in pathlib.Path(f'/proc/{pid}/status').read_text(encoding='utf-8').splitlines() if ':\t' in line)
        assert words['NoNewPrivs'] == '1' and words['Seccomp'] == '2', words
        uids = set(words['Uid'].split())
        assert uids.isdisjoint({'0'}) if os.geteuid() == 0 else uids == {str(os.geteuid())}, words
        assert int(words['CapEff'], 16) in (0, 1 << 13) and int(words['CapEff'], 16) == int(words['CapPrm'], 16), words
        if os.geteuid() == 0:
            assert int(words['CapBnd'], 16) in (0, 1 << 13), words
            environment = pathlib.Path(f'/proc/{pid}/environ').read_bytes().split(b'\0')
            assert sorted(entry.split(b'=')[0] for entry in environment if entry) == [b'HOME', b'LANG', b'PATH', b'TMPDIR'], environment
        recon.client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)
        ended(recon.client, run['id'])


def test_the_panic_switch_kills_nmap():
    with Scanner() as recon:
        recon.start(SLOW)
        (pid,) = wait_for(lambda: nmap_of(recon.daemon), 'nmap')
        recon.client.post('/api/v1/freeze', {'reason': 'a test'}).expect(200)
        wait_for(lambda: is_gone(pid), 'the end of nmap')


def test_stop_kills_nmap():
    with Scanner() as recon:
        def stop_one():
            run = recon.start(SLOW)
            (pid,) = wait_for(lambda: nmap_of(recon.daemon), 'nmap')
            live = f'/api/v1/sessions/{run["session_id"]}/live'
            wait_for(lambda: ' % ' in str(recon.client.get(live).expect(200)['outputs']), 'progress on the card')
            begin = time.monotonic()
            recon.client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)
            wait_for(lambda: is_gone(pid), 'the end of nmap')
            took = time.monotonic() - begin
            ended(recon.client, run['id'])
            (call,) = recon.client.items(f'/api/v1/runs/{run["id"]}/calls')
            assert call['outcome'] == 'interrupted', call
            return took
        harness.assert_quick(3, stop_one)
        (scan,) = wait_for(lambda: recon.items('scans'), 'the scan in Scope')
        assert not scan['complete'] and 'stopped' in scan['problem'], scan


def test_a_killed_scan_is_told_as_such_and_takes_nothing_away():
    with Scanner() as recon, Listener() as listener:
        recon.scan(targets=['127.0.0.1'], ports=spec(listener))
        run = recon.start(SLOW)
        (pid,) = wait_for(lambda: nmap_of(recon.daemon), 'nmap')
        os.kill(pid, signal.SIGKILL)
        ended(recon.client, run['id'])
        (call,) = recon.client.items(f'/api/v1/runs/{run["id"]}/calls')
        assert call['outcome'] == 'failed' and 'NOT COMPLETE' in call['result']['text'] and 'killed' in call['result']['text'], call
        rows = recon.run({'targets': ['127.0.0.0/22'], 'ports': '-', 'profile': 'services', 'assume_up': True, 'names': False, 'timeout': 5})
        assert rows[0]['outcome'] == 'failed' and 'time was over' in rows[0]['result']['text'], rows
        assert [scan['complete'] for scan in recon.items('scans')] == [False, False, True]
        assert [host['status'] for host in recon.items('hosts') if host['address'] == '127.0.0.1'] == ['up']
        assert recon.items('changes?kind=host_gone') == [] and recon.items('changes?kind=port_closed') == []
        assert not nmap_of(recon.daemon)


def test_an_approval_shows_the_command_and_a_grant_is_for_its_targets():
    with Scanner(mode='strict') as recon, Listener() as listener:
        run = recon.start({'targets': ['127.0.0.1'], 'ports': spec(listener), 'names': False})
        approval = pending(recon.client)
        assert approval['level'] == 'exec' and approval['resource'] == 'network:127.0.0.1', approval
        assert f'-p{listener.port} -- 127.0.0.1' in approval['preview']['text'] and '1 addresses' in approval['preview']['text'], approval
        decide(recon.client, approval, mode='timed', minutes=5)
        ended(recon.client, run['id'])
        run = recon.start({'targets': ['127.0.0.1', '127.0.0.2'], 'ports': spec(listener), 'names': False}, {'targets': ['127.0.0.1'], 'ports': '1', 'names': False})
        other = pending(recon.client)
        assert other['resource'] == 'network:127.0.0.1 127.0.0.2', other
        decide(recon.client, other, 'deny')
        ended(recon.client, run['id'])
        run = recon.start({'targets': ['8.8.8.8']})
        refused = pending(recon.client)
        assert 'would be refused' in refused['preview']['text'], refused
        decide(recon.client, refused, 'deny')
        ended(recon.client, run['id'])


def test_a_host_becomes_a_server():
    with Scanner() as recon, Listener() as listener:
        recon.scan(targets=['127.0.0.1', '127.0.0.2'], ports=spec(listener))
        host, other = recon.items('hosts')
        path = f'/api/v1/scope/hosts/{host["id"]}'
        assert recon.client.patch(path, {'label': 'This host', 'notes': 'me'}).expect(200)['label'] == 'This host'
        promoted = recon.client.post(f'{path}/promote', {'name': 'self', 'user_name': 'root'}).expect(200)
        (server,) = recon.client.items('/api/v1/servers')
        assert promoted['server_id'] == server['id'] and promoted['server_name'] == 'self' and server['host'] == '127.0.0.1', (promoted, server)
        answer = recon.client.post(f'{path}/promote', {'name': 'again', 'user_name': 'root'})
        assert answer.status == 409 and 'self' in answer.json['error']['message'], answer.body
        # A server that was there before is known by its address.
        recon.client.post('/api/v1/servers', {'name': 'second', 'host': '127.0.0.2', 'user_name': 'root'}).expect(201)
        recon.scan(targets=['127.0.0.2'], ports=spec(listener))
        assert recon.client.get(f'/api/v1/scope/hosts/{other["id"]}').expect(200)['server_name'] == 'second'
        (subnet,) = recon.items('subnets')
        assert subnet['subnet'] == '127.0.0.0/24' and subnet['n_hosts'] == 2 and len(subnet['hosts']) == 2, subnet
        assert [row['address'] for row in recon.items('hosts?text=This')] == ['127.0.0.1']
        first = recon.client.get('/api/v1/scope/hosts?limit=1').expect(200)
        second = recon.client.get(f'/api/v1/scope/hosts?limit=1&after={first["next"]}').expect(200)
        assert [row['address'] for row in first['items'] + second['items']] == ['127.0.0.1', '127.0.0.2'] and second['next'] is None
        recon.client.delete(path).expect(204)
        assert recon.client.get(path).status == 404 and recon.client.get(f'{path}x').status == 404
        for bad in ('limit=0', 'after=x', 'status=off', 'text=', 'nothing=1'):
            assert recon.client.get(f'/api/v1/scope/hosts?{bad}').status == 400, bad


def test_ipv6_of_loopback():
    with Scanner() as recon:
        try:
            listener = Listener(address='::1')
        except OSError:
            return 'this host has no IPv6'
        with listener:
            result = recon.scan(targets=['::1'], ports=spec(listener))
            assert [port['port'] for port in result['hosts'][0]['open_ports']] == [f'{listener.port}/tcp'], result
            assert recon.items('hosts')[0]['subnet'] == '::/64'
            (row,) = recon.run({'targets': ['::1', '127.0.0.1']})
            assert row['outcome'] == 'failed' and 'two scans' in row['result']['text'], row
    return None


class Lan:
    """A network namespace with a bridge and @n hosts on it, each in a namespace of its own."""

    def __init__(self, n):
        self.name = f'vg{os.getpid()}'
        self.hosts = [f'{self.name}h{number}' for number in range(1, n + 1)]

    def run(self, *words, check=True):
        return subprocess.run(words, check=check, capture_output=True, text=True)

    def add_host(self, number, host):
        end = f'v{number}'
        self.run('ip', 'netns', 'add', host)
        self.run('ip', '-n', self.name, 'link', 'add', end, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host)
        self.run('ip', '-n', self.name, 'link', 'set', end, 'master', 'br0', 'up')
        self.run('ip', '-n', host, 'link', 'set', 'eth0', 'address', f'02:00:00:00:00:{number:02x}')
        self.run('ip', '-n', host, 'addr', 'add', f'10.77.0.{number}/24', 'dev', 'eth0')
        self.run('ip', '-n', host, 'link', 'set', 'eth0', 'up')
        self.run('ip', '-n', host, 'link', 'set', 'lo', 'up')

    def __enter__(self):
        self.run('ip', 'netns', 'add', self.name)
        self.run('ip', '-n', self.name, 'link', 'add', 'br0', 'type', 'bridge')
        self.run('ip', '-n', self.name, 'addr', 'add', '10.77.0.254/24', 'dev', 'br0')
        for device in ('br0', 'lo'):
            self.run('ip', '-n', self.name, 'link', 'set', device, 'up')
        for number, host in enumerate(self.hosts, 1):
            self.add_host(number, host)
        return self

    def __exit__(self, *unused):
        for host in [*self.hosts, self.name]:
            self.run('ip', 'netns', 'del', host, check=False)


def test_hosts_on_a_network_come_and_go():
    if os.geteuid() != 0 or subprocess.run(['unshare', '-n', 'true'], check=False).returncode != 0:
        return 'this user may not make network namespaces'
    with Lan(3) as lan:
        subprocess.run(['ip', 'netns', 'exec', lan.name, sys.executable, __file__, '--inside', *lan.hosts], check=True)
    return None


def inside(*hosts):
    """The rest of that test, in the namespace itself: so that the client reaches the daemon on loopback."""
    servers = [subprocess.Popen(['ip', 'netns', 'exec', host, sys.executable, '-m', 'http.server', '--bind', '0.0.0.0', '8080'],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for host in hosts[:2]]
    try:
        with Scanner(networks=['10.77.0.0/24']) as recon:
            check_lan(recon, hosts)
    finally:
        for server in servers:
            server.kill()
            server.wait()


def check_lan(recon, hosts):
    result = recon.scan(targets=['10.77.0.0/28'], profile='discovery')
    assert [host['address'] for host in result['hosts']] == ['10.77.0.1', '10.77.0.2', '10.77.0.3'], result
    assert [host['mac'] for host in result['hosts']] == [f'02:00:00:00:00:0{n}' for n in (1, 2, 3)], result
    assert [(host['n_open'], host['ports_scanned_at']) for host in recon.items('hosts')] == [(0, None)] * 3, 'nothing is known of their ports'
    wait_for(lambda: len(recon.scan(targets=['10.77.0.1-3'], ports='8080')['hosts'][0]['open_ports']) == 1, 'the web server')
    recon.scan(targets=['10.77.0.1-3'], ports='8080')
    assert {host['address']: host['n_open'] for host in recon.items('hosts')} == {'10.77.0.1': 1, '10.77.0.2': 1, '10.77.0.3': 0}
    asked = [host['ports_scanned_at'] for host in recon.items('hosts')]
    assert all(asked) and all(host['ports_scanned_at'] for subnet in recon.items('subnets') for host in subnet['hosts']), 'no open port is known, for they were asked'
    subprocess.run(['ip', '-n', hosts[2], 'link', 'set', 'eth0', 'down'], check=True)
    recon.scan(targets=['10.77.0.1'], profile='discovery')
    assert [host['ports_scanned_at'] for host in recon.items('hosts')] == asked, 'a discovery asks no port'
    assert recon.items('changes?kind=host_gone') == [], 'nobody asked for it'
    recon.scan(targets=['10.77.0.0/28'], profile='discovery')
    (gone,) = recon.items('changes?kind=host_gone')
    assert gone['address'] == '10.77.0.3' and [host['address'] for host in recon.items('hosts?status=gone')] == ['10.77.0.3']
    subprocess.run(['ip', '-n', hosts[2], 'link', 'set', 'eth0', 'address', '02:00:00:00:00:33', 'up'], check=True)
    recon.scan(targets=['10.77.0.0/28'], profile='discovery')
    kinds = {change['kind']: change for change in recon.items('changes') if change['address'] == '10.77.0.3'}
    assert 'host_back' in kinds and kinds['mac_changed']['after'].lower() == '02:00:00:00:00:33', kinds
    # Nobody is at .9: assuming it to be up does not put it there.
    recon.scan(targets=['10.77.0.9'], ports='8080', assume_up=True)
    assert len(recon.items('hosts')) == 3


def answer_datagrams(server):
    while True:
        try:
            _, peer = server.recvfrom(2048)
            server.sendto(b'here', peer)
        except OSError:
            return


def test_udp_and_the_system_of_a_host():
    if os.geteuid() != 0:
        return 'only root may send raw packets'
    with Scanner() as recon, Listener() as listener, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(('127.0.0.1', 0))
        threading.Thread(target=answer_datagrams, args=(server,), daemon=True).start()
        port = server.getsockname()[1]
        (host,) = recon.scan(targets=['127.0.0.1'], protocol='udp', ports=f'{port},{harness.free_port()}')['hosts']
        assert [(row['port'], row.get('state', 'open')) for row in host['open_ports']] == [(f'{port}/udp', 'open')], host
        (host,) = recon.scan(90, targets=['127.0.0.1'], profile='os', ports=f'{listener.port},{harness.free_port()}')['hosts']
        assert host['os'], host  # on a busy machine nmap guesses others than Linux, too
        (kept,) = recon.items('hosts')
        assert kept['os'] in json.dumps(host['os']) and kept['os_accuracy'] > 0 and kept['n_open'] == 2 and kept['ports_scanned_at'], kept
        assert sorted((row['protocol'], row['port']) for row in recon.items('services')) == [('tcp', listener.port), ('udp', port)]
        profiles = [(row['profile'], row['protocol'], row['complete']) for row in recon.items('scans')]
        assert profiles == [('os', 'tcp', True), ('ports', 'udp', True)], profiles
    return None


def test_raw_packets_are_asked_for_only_where_they_are_allowed():
    """PITFALLS 36: without CAP_NET_RAW, as under the shipped unit, ports are found all the same, and what needs it says so."""
    if os.geteuid() != 0:
        return 'only root can drop a capability'
    class Bare(Daemon):
        def command(self):
            return ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw', *super().command()]

    recon = Scanner()
    original = harness.Daemon
    try:
        globals()['Daemon'] = Bare
        with recon, Listener() as listener:
            result = recon.scan(targets=['127.0.0.1'], ports=spec(listener))
            assert len(result['hosts'][0]['open_ports']) == 1, result
            rows = recon.run({'targets': ['127.0.0.1'], 'profile': 'os'}, {'targets': ['127.0.0.1'], 'protocol': 'udp'})
            assert all(row['outcome'] == 'denied' and 'CAP_NET_RAW' in row['result']['text'] for row in rows), rows
    finally:
        globals()['Daemon'] = original
    return None


if '--inside' in sys.argv:
    inside(*sys.argv[sys.argv.index('--inside') + 1:])
else:
    harness.main(globals())

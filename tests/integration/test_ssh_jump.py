#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Servers that are reached through other servers."""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, decide, ended, free_port, pending, say  # noqa: E402
from inventory import Keeper, add_key, add_server, events, try_it  # noqa: E402
from sshd import Sshd  # noqa: E402
from test_ssh_real import allow_all, ask  # noqa: E402


def forwards(sshd):
    return (sshd.folder / 'log').read_text(encoding='utf-8').count('server_request_direct_tcpip: originator')


def test_through_one_and_through_two():
    with Daemon() as daemon, Sshd('LogLevel DEBUG1') as outer, Sshd('LogLevel DEBUG1') as inner, Sshd() as target:
        client = daemon.set_up()
        first = add_server(client, outer, add_key(client, outer, 'outer'), 'outer')
        second = add_server(client, inner, add_key(client, inner, 'inner'), 'inner', jump_id=first['id'])
        server = add_server(client, target, add_key(client, target, 'target'), 'target', jump_id=second['id'])
        assert server['jump_name'] == 'inner'
        report = try_it(client, server)
        assert report['ok'] and report['server']['host_key_fingerprint'] == target.fingerprint(), report
        assert forwards(outer) == 1 and forwards(inner) == 1
        assert {event['detail']['name'] for event in events(client, 'server.host_key_pinned')} == {'outer', 'inner', 'target'}
        assert try_it(client, server)['ok'] and forwards(inner) == 2


def test_each_hop_is_checked_and_named():
    with Daemon() as daemon, Sshd() as jump, Sshd() as target, Sshd('AllowTcpForwarding no') as closed:
        client = daemon.set_up()
        key = add_key(client, jump, 'jump')
        bastion = add_server(client, jump, key, 'bastion')
        server = add_server(client, target, add_key(client, target, 'target'), jump_id=bastion['id'])
        assert try_it(client, server)['ok']
        target.change_host_key()
        report = try_it(client, server)
        assert report['step'] == 'host_key' and 'nas shows' in report['message'] and 'jump host' not in report['message'], report
        client.patch(f'/api/v1/servers/{server["id"]}', {'host': 'no-such-host.invalid'}).expect(200)
        report = try_it(client, server)
        assert report['step'] == 'name' and 'jump host bastion' in report['message'], report
        client.patch(f'/api/v1/servers/{server["id"]}', {'host': '127.0.0.1', 'port': free_port()}).expect(200)
        report = try_it(client, server)
        assert report['step'] == 'tcp' and 'refused' in report['message'], report
        no = add_server(client, closed, add_key(client, closed, 'closed'), 'closed')
        client.patch(f'/api/v1/servers/{server["id"]}', {'port': target.port, 'jump_id': no['id']}).expect(200)
        report = try_it(client, server)
        assert report['step'] == 'tcp' and any('AllowTcpForwarding' in line for line in report['advice']), report
        bare = add_server(client, jump, None, 'bare')
        client.patch(f'/api/v1/servers/{server["id"]}', {'jump_id': bare['id']}).expect(200)
        report = try_it(client, server)
        assert report['step'] == 'authentication' and 'jump host bare: SSH authentication failed' in report['message'], report
        client.patch(f'/api/v1/servers/{server["id"]}', {'jump_id': bastion['id']}).expect(200)
        # The connection to it would be used again as long as it lives.
        subprocess.run(['pkill', '-9', '-P', str(jump.process.pid)], check=True)
        jump.change_host_key()
        report = try_it(client, server)
        assert report['step'] == 'host_key' and 'jump host bastion: Host key verification failed' in report['message'], report


def test_loops_and_long_ways_are_refused():
    with Daemon() as daemon:
        client = daemon.set_up()
        servers = []
        for number in range(6):
            body = {'name': f's{number}', 'host': 'h', 'user_name': 'u', 'jump_id': servers[-1]['id'] if servers else None}
            answer = client.post('/api/v1/servers', body)
            if number < 5:
                servers.append(answer.expect(201))
        assert answer.status == 400 and 'more than 4' in answer.json['error']['message'], answer.body
        for server in (servers[0], servers[3]):
            answer = client.patch(f'/api/v1/servers/{servers[0]["id"]}', {'jump_id': server['id']})
            assert answer.status == 400 and 'through itself' in answer.json['error']['message'], answer.body
        answer = client.patch(f'/api/v1/servers/{servers[0]["id"]}', {'jump_id': '01890000-0000-7000-8000-000000000000'})
        assert answer.status == 400 and 'jump_id' in answer.json['error']['message'], answer.body
        answer = client.delete(f'/api/v1/servers/{servers[0]["id"]}')
        assert answer.status == 409 and 's1' in answer.json['error']['message'], answer.body
        client.patch(f'/api/v1/servers/{servers[1]["id"]}', {'jump_id': None}).expect(200)
        client.delete(f'/api/v1/servers/{servers[0]["id"]}').expect(204)


def test_a_command_with_much_output_goes_through():
    with Sshd('LogLevel DEBUG1') as jump, Keeper([{'server': 'nas', 'command': 'head -c 20000000 /dev/zero | tr "\\0" x | md5sum; head -c 500000 /dev/zero | tr "\\0" y'}]) as keeper:
        # A check on its schedule goes through it too.
        keeper.client.patch('/api/v1/settings', {'server_check_minutes': 0}).expect(200)
        bastion = add_server(keeper.client, jump, add_key(keeper.client, jump, 'jump'), 'bastion')
        keeper.client.patch(f'/api/v1/servers/{keeper.server["id"]}', {'jump_id': bastion['id']}).expect(200)
        keeper.commands *= 5
        _, run = say(keeper.client, '@Keeper look')
        decide(keeper.client, pending(keeper.client), mode='timed', minutes=5)
        ended(keeper.client, run['id'])
        for text in keeper.results(run):
            assert 'exit_status: 0' in text and 'd52626322ee0b934ba699935cac991b2' in text, text[:300]
        assert 1 <= forwards(jump) <= 5 and events(keeper.client, 'server.host_key_pinned')


def test_files_go_through():
    with tempfile.TemporaryDirectory() as folder, Sshd('LogLevel DEBUG1') as jump, Keeper([], file_paths=[folder]) as keeper:
        client, path = keeper.client, pathlib.Path(folder, 'far')
        bastion = add_server(client, jump, add_key(client, jump, 'jump'), 'bastion')
        client.patch(f'/api/v1/servers/{keeper.server["id"]}', {'jump_id': bastion['id']}).expect(200)
        allow_all(keeper)
        large = 'grüße\n' * 100_000
        (text,) = ask(keeper, {'server': 'nas', 'path': str(path), 'content': large}, tool='ssh-write')
        assert json.loads(text)['created'] and path.read_text(encoding='utf-8') == large, text
        (text,) = ask(keeper, {'server': 'nas', 'path': str(path), 'offset': -8}, tool='ssh-read')
        assert json.loads(text)['text'] == 'grüße\n', text
        (text,) = ask(keeper, {'server': 'nas', 'path': '/etc/passwd'}, tool='ssh-read')
        assert 'outside of the folders' in text, text
        client.post(f'/api/v1/changes/{client.items("/api/v1/changes")[0]["id"]}/undo').expect(200)
        assert not path.exists() and forwards(jump) >= 1, 'undone on the same way'


if __name__ == '__main__':
    harness.main(globals())

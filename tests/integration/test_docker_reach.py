#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Other ways to an Engine, and another Engine: TCP with TLS, through SSH, Podman's service."""
import http.server
import json
import os
import pathlib
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import dockerd  # noqa: E402
import harness  # noqa: E402
import podman  # noqa: E402
from certificates import Authority  # noqa: E402
from docker_stage import Stage  # noqa: E402
from harness import free_port  # noqa: E402
from inventory import add_key as add_ssh_key, add_server, try_it  # noqa: E402
from sshd import Sshd  # noqa: E402


def read(path):
    return pathlib.Path(path).read_text(encoding='ascii')


def add_key(stage, name, text):
    return stage.client.post('/api/v1/credentials', {'name': name, 'kind': 'ssh_key', 'private_key': text}).expect(201)['id']


def test_tls_in_both_directions():
    if dockerd.missing():
        return dockerd.missing()
    with tempfile.TemporaryDirectory() as folder:
        authority, other = Authority(folder), Authority(folder, 'other')
        server_key, server = authority.sign('server', 'serverAuth', 'IP:127.0.0.1', ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'))
        client_key, client = authority.sign('client', 'clientAuth')
        stranger_key, stranger = other.sign('stranger', 'clientAuth')
        port = free_port()
        options = ['-H', f'tcp://127.0.0.1:{port}', '--tlsverify', f'--tlscacert={authority.certificate}', f'--tlscert={server}', f'--tlskey={server_key}']
        with dockerd.Dockerd(options) as engine:
            engine.run('far', 'sh', '-c', 'echo over tls; exec sleep 600')
            stacks = pathlib.Path(folder).resolve() / 'stacks'
            (stacks / 'one').mkdir(parents=True)
            pathlib.Path(folder).chmod(0o755)
            (stacks / 'one' / 'compose.yml').write_text(f'services: {{a: {{image: "{dockerd.IMAGE}", command: sleep 600, network_mode: none, stop_signal: SIGKILL}}}}\n', encoding='ascii')
            stage = Stage(None, tools=['docker.compose'])
            try:
                entry = {'docker_ca': authority.pem, 'docker_certificate': read(client), 'docker_credential_id': add_key(stage, 'tls', read(client_key)), 'compose_folders': [str(stacks)]}
                stage.add_server('far', f'tcp://127.0.0.1:{port}', **entry)
                assert [row['name'] for row in stage.call('docker.list', server='far')['containers']] == ['far']
                assert 'over tls' in stage.call('docker.logs', server='far', container='far')['log']
                made = stage.call('docker.compose', server='far', project_dir=f'{stacks}/one', action='up')
                assert [row['service'] for row in made['containers']] == ['a'], made
                assert stage.call('docker.compose', server='far', project_dir=f'{stacks}/one', action='down')['containers'] == []
                wrong = {'docker_certificate': read(stranger), 'docker_credential_id': add_key(stage, 'stranger', read(stranger_key))}
                rows = (('other-ca', '127.0.0.1', {**entry, 'docker_ca': other.pem}), ('no-ca', '127.0.0.1', {**entry, 'docker_ca': None}), ('name', 'localhost', entry),
                        ('no-client', '127.0.0.1', {'docker_ca': authority.pem}), ('stranger', '127.0.0.1', {**entry, **wrong}),
                        ('mixed', '127.0.0.1', {**entry, 'docker_certificate': read(stranger)}))
                for name, host, values in rows:
                    stage.add_server(name, f'tcp://{host}:{port}', **values)
                    text = stage.refused('docker.list', server=name)
                    assert 'certificate' in text and 'PRIVATE' not in text, (name, text)
                answer = stage.client.delete(f'/api/v1/credentials/{entry["docker_credential_id"]}')
                assert answer.status == 409 and 'far' in answer.json['error']['message'], answer.body
                kept = str(stage.client.items('/api/v1/audit?limit=200')) + stage.daemon.stderr() + '\n'.join(stage.told)
                assert read(client_key).splitlines()[1] not in kept
            finally:
                stage.close()
    return None


def test_through_ssh():
    if dockerd.missing():
        return dockerd.missing()
    with tempfile.TemporaryDirectory() as folder, dockerd.Dockerd() as engine, Sshd() as sshd, Sshd('AllowStreamLocalForwarding no') as shut, \
            Sshd('LogLevel DEBUG1') as jump:
        engine.run('far', 'sh', '-c', 'echo over ssh; i=0; while sleep 0.5; do i=$((i+1)); echo tick $i; done')
        for number in range(6):
            engine.run(f'more{number}', 'sleep', '600')
        stacks = pathlib.Path(folder).resolve() / 'stacks'
        (stacks / 'one').mkdir(parents=True)
        pathlib.Path(folder).chmod(0o755)
        (stacks / 'one' / 'compose.yml').write_text(f'services: {{a: {{image: "{dockerd.IMAGE}", command: sleep 600, network_mode: none, stop_signal: SIGKILL}}}}\n', encoding='ascii')
        sockets = pathlib.Path(folder, 'tmp')
        sockets.mkdir(mode=0o777)
        with unittest.mock.patch.dict(os.environ, TMPDIR=str(sockets)):
            stage = Stage(None, tools=['docker.compose'])
        try:
            client, way = stage.client, f'ssh://{engine.socket}'
            key, other = add_ssh_key(client, sshd), add_ssh_key(client, shut, 'other')
            server = add_server(client, sshd, key, 'far', docker_endpoint=way, compose_folders=[str(stacks)])
            report = try_it(client, server)
            assert report['ok'] and report['docker']['ok'] and report['docker']['message'].startswith('Docker 2') and report['docker']['step'] is None, report
            names = [row['name'] for row in stage.call('docker.list', server='far')['containers']]
            made = (sshd.folder / 'log').read_text(encoding='utf-8').count('Accepted publickey')
            assert 'far' in names and len(names) == 7, names
            log = stage.call('docker.logs', server='far', container='far', follow=2)['log']
            assert 'over ssh' in log and log.count('tick') >= 3, log
            assert len(stage.call('docker.stats', server='far')['stats']) == 7
            restarted = stage.call('docker.restart', server='far', container='more1', timeout=0)
            assert restarted['changed'] and restarted['state'] == 'running', restarted
            assert [row['service'] for row in stage.call('docker.compose', server='far', project_dir=f'{stacks}/one', action='up')['containers']] == ['a']
            assert stage.call('docker.compose', server='far', project_dir=f'{stacks}/one', action='down')['containers'] == []
            assert (sshd.folder / 'log').read_text(encoding='utf-8').count('Accepted publickey') == made, 'all share one SSH connection'
            subprocess.run(['pkill', '-9', '-P', str(sshd.process.pid)], check=True)
            assert len(stage.call('docker.list', server='far')['containers']) == 7, 'a connection that is gone is made again'
            rows = (('no-socket', sshd, key, f'ssh://{folder}/none.sock', 'connect', 'is Docker installed and running there'),
                    ('not-docker', sshd, key, f'ssh://{folder}/other.sock', 'answer', 'no Docker Engine'),
                    ('shut', shut, other, way, 'connect', 'AllowStreamLocalForwarding'))
            with Pretender(f'{folder}/other.sock', Handler) as pretender:
                threading.Thread(target=pretender.serve_forever, args=(0.05,), daemon=True).start()
                pretender.paths, pretender.answer, pretender.version = [], (200, b'[]'), ''
                for name, where, credential, endpoint, step, words in rows:
                    report = try_it(client, add_server(client, where, credential, name, docker_endpoint=endpoint))
                    assert report['ok'] and not report['docker']['ok'] and report['docker']['step'] == step and words in report['docker']['message'], (name, report['docker'])
                    assert words in stage.refused('docker.list', server=name), name
                pretender.shutdown()
            bastion = add_server(client, jump, add_ssh_key(client, jump, 'jump'), 'bastion')
            report = try_it(client, add_server(client, sshd, key, 'behind', docker_endpoint=way, jump_id=bastion['id']))
            assert report['ok'] and report['docker']['ok'], report
            assert len(stage.call('docker.list', server='behind')['containers']) == 7 and 'tick' in stage.call('docker.logs', server='behind', container='far')['log']
            assert 'server_request_direct_tcpip: originator' in (jump.folder / 'log').read_text(encoding='utf-8'), 'nothing went through the jump host'
            stranger = client.post('/api/v1/credentials', {'name': 'none', 'kind': 'password', 'password': 'wrong'}).expect(201)
            report = try_it(client, add_server(client, sshd, stranger, 'locked', docker_endpoint=way))
            assert report['step'] == 'authentication' and report['docker'] is None, report
            assert 'SSH authentication failed' in stage.refused('docker.list', server='locked')
            report = try_it(client, add_server(client, sshd, key, 'local', docker_endpoint=f'unix://{engine.socket}'))
            assert report['docker']['ok'], report
            assert try_it(client, add_server(client, sshd, key, 'plain'))['docker'] is None
        finally:
            stage.close()
        assert not list(sockets.glob('vigilus-docker-*')), 'sockets are removed'
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    """An Engine that says what a test wants it to say."""

    def address_string(self):
        return 'unix'

    def log_message(self, *unused):
        pass

    def do_GET(self):
        self.server.paths.append(self.path)
        status, body = (200, b'OK') if self.path == '/_ping' else self.server.answer
        self.send_response(status)
        if self.server.version:
            self.send_header('Api-Version', self.server.version)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Pretender(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that read no further: nothing to report."""


def test_versions_are_agreed_and_lies_are_told():
    with tempfile.TemporaryDirectory() as folder, Pretender(f'{folder}/docker.sock', Handler) as engine:
        threading.Thread(target=engine.serve_forever, args=(0.05,), daemon=True).start()
        engine.paths, engine.answer = [], (200, b'[]')
        stage = Stage(f'unix://{folder}/docker.sock')
        try:
            for version, spoken in (('1.24', '1.24'), ('1.41', '1.41'), ('1.55', '1.55'), ('1.99', '1.55'), ('2.0', '1.55')):
                engine.version, engine.paths[:] = version, []
                assert stage.call('docker.list')['containers'] == []
                assert engine.paths == ['/_ping', f'/v{spoken}/containers/json?all=1'], engine.paths
            for version, words in (('1.12', 'update it'), ('', 'no Docker Engine'), ('../x', 'no Docker Engine'), ('1', 'no Docker Engine'), ('1.41/..', 'no Docker Engine')):
                engine.version = version
                assert words in stage.refused('docker.list'), version
            engine.version = '1.41'
            rows = ((200, b'{', 'can\'t be read'), (200, b'{}', 'something else than a list'), (200, b'[' * 100_000, 'can\'t be read'), (200, b'', 'can\'t be read'), (500, b'oh', 'answered 500: oh'),
                    (400, b'{"message": "client version 1.41 is too old"}', 'too old'), (403, b'{"message": "no"}', 'no'), (200, b' ' * (17 << 20), 'longer than 16 MiB'))
            for status, body, words in rows:
                engine.answer = status, body
                assert words in stage.refused('docker.list'), (status, body[:50])
            engine.answer = 200, b'[null, 3, {"Names": 5, "State": "running"}]'
            assert len(stage.call('docker.list')['containers']) == 1
        finally:
            stage.close()
            engine.shutdown()


def check_podman_ends(engine, stage):
    """Containers that are sick, start again and again, or take too much memory; and a terminal's log."""
    engine.run('sick', 'sleep', '600', Healthcheck={'Test': ['CMD', 'false'], 'Interval': 10**9, 'Timeout': 10**9, 'Retries': 1})
    engine.run('restless', 'sh', '-c', 'sleep 0.2; exit 1', host={'RestartPolicy': {'Name': 'on-failure', 'MaximumRetryCount': 2}})
    engine.run('hungry', 'sh', '-c', 'exec tail /dev/zero', host={'Memory': 16 << 20, 'MemorySwap': 16 << 20})
    killed = engine.wait('hungry', lambda state: state['Status'] == 'exited')
    ended = stage.call('docker.inspect', container='hungry')['state']
    # With some control groups Podman does not notice that it was for memory: then it is said that it may have been.
    assert ended['exit_code'] == 137 and ended['killed_for_memory'] == killed['OOMKilled'], (ended, killed)
    assert killed['OOMKilled'] or 'for memory' in ended['hint'], ended
    engine.run('typed', 'sh', '-c', "printf '\\033[31mred\\033[0m\\r\\nplain\\n'; exec sleep 600", Tty=True)
    harness.wait_for(lambda: 'plain' in stage.call('docker.logs', container='typed')['log'], 'the log of a terminal')
    log = stage.call('docker.logs', container='typed', tail=10)
    assert [line.split(' ', 1)[1] for line in log['log'].splitlines()][-1].endswith('plain') and 'stderr' not in log['log'], log
    engine.wait('restless', lambda state: state['Status'] == 'exited' and engine.request('GET', '/v1.41/containers/restless/json')['RestartCount'] == 2)
    assert stage.call('docker.inspect', container='restless')['state']['restarts'] == 2
    # Podman's own timer of a check is systemd's, which is not here: the check is asked for by hand.
    engine.request('GET', '/v4.0.0/libpod/containers/sick/healthcheck', ok=False)
    state = engine.wait('sick', lambda state: state['Health']['Status'] == 'unhealthy')
    assert state and 'unhealthy' in json.dumps(stage.call('docker.inspect', container='sick')['state']), state


def check_podman_follows(engine, stage):
    """A log and the events go on for as long as was asked, and \"since\" leaves out what was before."""
    engine.run('chatty', 'sh', '-c', 'echo early; sleep 3; n=0; while true; do n=$((n+1)); echo tick $n; sleep 0.2; done')
    harness.wait_for(lambda: 'tick 5' in stage.call('docker.logs', container='chatty')['log'], 'the log')
    log = stage.call('docker.logs', container='chatty', tail=0, follow=3)['log']
    numbers = [int(line.rsplit(' ', 1)[1]) for line in log.splitlines()]
    assert len(numbers) >= 3 and numbers == list(range(numbers[0], numbers[0] + len(numbers))), log
    everything = stage.call('docker.logs', container='chatty', tail=10000)['log'].splitlines()
    assert everything[0].endswith('early'), everything[0]
    third = [line for line in everything if line.endswith(' tick 3')][0].split(' ', 1)[0]
    since = stage.call('docker.logs', container='chatty', since=third, tail=10000)['log']
    assert 'early' not in since and 'tick 4' in since, (third, since[:300])
    container = engine.run('passing', 'sh', '-c', 'exit 5', start=False)
    run = stage.begin(('docker.events', {'container': 'passing', 'follow': 20}))
    harness.wait_for(lambda: [call for call in stage.client.items(f'/api/v1/runs/{run["id"]}/calls') if call['state'] == 'running'], 'the call')
    time.sleep(1)
    engine.request('POST', f'/v1.41/containers/{container}/start')
    (call,) = stage.end(run, 40)
    events = json.loads(call['result']['text'])['events']
    assert [row['action'] for row in events if row['action'] in ('start', 'die')][-2:] == ['start', 'die'] and {row['name'] for row in events} == {'passing'}, events
    assert [row.get('exit_code') for row in events if row['action'] == 'die'] == ['5'], events


def test_podman_is_looked_after_too():
    if podman.missing():
        return podman.missing()
    with podman.Podman() as engine:
        engine.run('web', 'sh', '-c', 'echo out1; echo err1 >&2; exec sleep 600', Env=['TZ=UTC', 'DB_PASSWORD=swordfish-42-fish'])
        engine.run('term', 'sh', '-c', 'echo tty-out; exec sleep 600', Tty=True)
        engine.run('dead', 'sh', '-c', 'exit 3')
        engine.wait('dead', lambda state: state['Status'] == 'exited')
        stage = Stage(f'unix://{engine.socket}')
        try:
            listed = stage.call('docker.list', all=True)
            states = {row['name']: row['state'] for row in listed['containers']}
            assert states == {'web': 'running', 'term': 'running', 'dead': 'exited'} and listed['running'] == 2, listed
            lines = [line.split(' ')[1:] for line in stage.call('docker.logs', container='web')['log'].splitlines()]
            assert sorted(lines) == [['stderr', 'err1'], ['stdout', 'out1']], lines
            assert 'tty-out' in stage.call('docker.logs', container='term')['log']
            inspect = stage.call('docker.inspect', container='dead')
            assert inspect['state']['exit_code'] == 3 and inspect['state']['status'] == 'exited', inspect
            shown = {row['name']: row['value'] for row in stage.call('docker.inspect', container='web')['environment']}
            assert shown['DB_PASSWORD'] == '[hidden]' and shown['TZ'] == 'UTC', shown
            (one,) = stage.call('docker.stats', container='web')['stats']
            assert one['name'] == 'web' and one['processes'] >= 1, one
            assert [image['tags'] for image in stage.call('docker.images')['images'] if 'busybox' in image['tags']], 'no image'
            restarted = stage.call('docker.restart', container='web', timeout=0)
            assert restarted['state'] == 'running' and restarted['changed'], restarted
            assert stage.call('docker.stop', container='web', timeout=0)['state'] == 'exited'
            assert stage.call('docker.start', container='web')['state'] == 'running'
            events = stage.call('docker.events', since='1h')['events']
            actions = {row['action'] for row in events if row.get('name') == 'web'}
            assert {'start', 'die'} <= actions, events
            assert 'there are: ' in stage.refused('docker.inspect', container='nothing')
            check_podman_ends(engine, stage)
            check_podman_follows(engine, stage)
        finally:
            stage.close()
    return None


if __name__ == '__main__':
    harness.main(globals())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The panic switch while a third party's plugin, a command on a server, nmap and Compose are at work: all of it is gone (panic.py has how soon), on record as interrupted, and nothing starts after. What works beside the runs stands still, too."""
import contextlib
import os
import pathlib
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from compose_standin import ComposeDaemon  # noqa: E402
from docker_standin import DockerStandin  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import Daemon, ended, say, wait_for  # noqa: E402
from inventory import add_key, add_server, events  # noqa: E402
from mute import Mute  # noqa: E402
from sshd import Sshd  # noqa: E402
from test_helper import may_mount  # noqa: E402
from test_plugins import drop_in, wait_loaded  # noqa: E402
from test_undo import press  # noqa: E402

MARK = f'vigilus-panic-{os.getpid()}'
REMOTE = f'for i in 1 2 3; do sh -c "sleep 300; : {MARK}" & done; sh -c "trap : TERM HUP INT; while :; do sleep 1; done # {MARK}"'
CALLS = {
    'fertile.spread': {},
    'ssh.exec': {'server': 'nas', 'command': REMOTE, 'timeout': 300},
    'nmap.scan': {'targets': ['127.0.0.0/22'], 'ports': '-', 'profile': 'services', 'assume_up': True, 'names': False},
}
COMPOSE = f'vigilus-compose-{os.getpid()}'
COMPOSE_SCRIPT = ('case "$*" in\n*"config --format json") echo \'{"services": {"web": {"image": "nginx:1"}}}\';;\n*"config --hash *") echo "web 123";;\n'
                  f'*) for i in 1 2 3; do setsid sh -c "sleep 300; : {COMPOSE}" & done; trap : TERM HUP INT; while :; do sleep 1; done # {COMPOSE}\nesac\n')
if may_mount():
    CALLS['docker.compose'] = {'server': 'nas', 'project_dir': '{project}', 'action': 'up'}
TOOLS = tuple(CALLS)
LEAST = {'fertile.spread': 5, 'ssh.exec': 4, 'nmap.scan': 1, 'docker.compose': 3}  # how many processes each has when it is at work


def think(place, messages, tools):
    """Calls the tool that the message names; after a result, tries the next."""
    if messages[-1]['role'] == 'tool':
        return 'over', []
    wanted = str(messages[-1]['content']).split()[-1]
    arguments = {name: str(place) if value == '{project}' else value for name, value in CALLS[wanted].items()}
    return '', [(tool, arguments) for tool in tools if tool.replace('-', '.').replace('_', '.') == wanted]


def command_lines(plugin):
    """What runs of each tool, by command line; zombies have none."""
    found = {tool: [] for tool in TOOLS}
    for entry in pathlib.Path('/proc').iterdir():
        try:
            line = (entry / 'cmdline').read_bytes() if entry.name.isdigit() else b''
        except OSError:
            continue
        if plugin.encode() in line:
            found['fertile.spread'].append(int(entry.name))
        elif MARK.encode() in line:
            found['ssh.exec'].append(int(entry.name))
        elif COMPOSE.encode() in line:
            found['docker.compose'].append(int(entry.name))
        elif b'127.0.0.0/22' in line:
            found['nmap.scan'].append(int(entry.name))
    return found


def start_all(daemon, client, sshd, place):
    drop_in(daemon, 'fertile')
    wait_loaded(client, 'fertile')
    client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
    client.patch('/api/v1/tool-settings/nmap', {'settings': {'networks': ['127.0.0.0/8']}}).expect(200)
    add_server(client, sshd, add_key(client, sshd), docker_endpoint=f'unix://{place}/docker.sock', compose_folders=[str(place)])
    client.post('/api/v1/operators', {'name': 'Busy', 'tools': list(TOOLS), 'permission_level': 'exec'}).expect(201)
    return {tool: say(client, f'@Busy use {tool}')[1] for tool in TOOLS}


@contextlib.contextmanager
def compose_project():
    """A folder with a project of Compose and the Engine that it is for."""
    with tempfile.TemporaryDirectory(prefix='vigilus-panic-') as folder:
        place = pathlib.Path(folder).resolve()
        place.chmod(0o755)
        (place / 'compose.yaml').write_text('services: {web: {image: "nginx:1"}}\n', encoding='ascii')
        with DockerStandin(place / 'docker.sock'):
            yield place


def make_daemon(**more):
    return ComposeDaemon(COMPOSE_SCRIPT, **more) if 'docker.compose' in CALLS else Daemon(**more)


def panic_with_all():
    with compose_project() as place, FakeLlm(lambda *told: think(place, *told)) as llm, Sshd() as sshd, make_daemon() as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'm'}).expect(201)
        runs = start_all(daemon, client, sshd, place)
        plugin = str(daemon.data_dir / 'plugins')
        wait_for(lambda: all(len(pids) >= LEAST[tool] for tool, pids in command_lines(plugin).items()), f'all {len(TOOLS)} at work')
        asked = llm.requests
        took = press(client, lambda: command_lines(plugin))
        for tool, run in runs.items():
            assert ended(client, run['id'])['state'] == 'stopped', tool
            (row,) = client.items(f'/api/v1/audit?run_id={run["id"]}&event=call.outcome')
            assert (row['tool'], row['outcome']) == (tool, 'interrupted'), row
        time.sleep(1)
        assert not any(command_lines(plugin).values()) and llm.requests == asked, (command_lines(plugin), llm.requests - asked)
        session = client.post('/api/v1/sessions').expect(201)['id']
        client.post(f'/api/v1/sessions/{session}/messages', {'text': '@Busy use nmap.scan'}).expect(503)
        return took


def test_plugins_servers_and_scans_end():
    print('#', panic_with_all())


ACTING = {  # what reaches out by itself: how to ask for it, with the id of a server and a provider
    'testServer': ('/api/v1/servers/{server}/test', {}),
    'checkServers': ('/api/v1/servers/check', {}),
    'testProvider': ('/api/v1/providers/{provider}/test', {}),
    'testProviderSettings': ('/api/v1/providers/test', {'type': 'openai-compatible', 'base_url': 'http://127.0.0.1:{port}/v1'}),
    'testToolSettings': ('/api/v1/tool-settings/wazuh/test', {'settings': {'api_url': 'http://127.0.0.1:{port}', 'api_user': 'u', 'api_password': 'pl4nted'}}),
    'tryRoute': ('/api/v1/orchestrator/route', {'text': 'how full are the disks?'}),
    'tryHttpTool': ('/api/v1/http-tools/try', {'tool': {'name': 'm', 'description': 'Mute', 'method': 'GET', 'url': 'http://127.0.0.1:{port}/'}}),
}


def prepare_mute(client, mute):
    provider = client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': f'http://127.0.0.1:{mute.port}/v1',
                                                 'default_model': 'm'}).expect(201)
    key = client.post('/api/v1/credentials', {'name': 'k', 'kind': 'password', 'password': 'pl4nted-credential'}).expect(201)
    server = client.post('/api/v1/servers', {'name': 'mute', 'host': '127.0.0.1', 'port': mute.port, 'user_name': 'u', 'credential_id': key['id']}).expect(201)

    def fill(value):
        if isinstance(value, dict):
            return {name: fill(member) for name, member in value.items()}
        return value.replace('{port}', str(mute.port)).replace('{server}', server['id']).replace('{provider}', provider['id'])
    return server, {name: (fill(path), fill(body)) for name, (path, body) in ACTING.items()}


def test_nothing_reaches_out_while_frozen():
    """Each operation that acts by itself; then the checks that come by the clock."""
    with Daemon() as daemon, Mute() as mute:
        client = daemon.set_up()
        paths = client.get('/openapi.json').expect(200)['paths']
        assert {operation['operationId'] for path in paths.values() for operation in path.values() if 'x-acts' in operation} == set(ACTING)
        client.post('/api/v1/freeze', {'reason': 'a test'}).expect(200)
        server, acting = prepare_mute(client, mute)
        for name, (path, body) in acting.items():
            answer = client.post(path, body)
            assert answer.status == 503 and 'frozen' in answer.json['error']['message'], (name, answer.body)
        daemon.kill()
        daemon.start()
        client = daemon.log_in()
        time.sleep(12)  # a look for servers that are due, which a new one is, comes every ten seconds
        assert mute.taken == 0, mute.taken
        client.post('/api/v1/unfreeze').expect(204)
        wait_for(lambda: mute.taken, 'the check once it may go on')


def test_what_reaches_out_is_called_off():
    with Daemon() as daemon, Mute() as mute:
        client = daemon.set_up()
        client.patch('/api/v1/settings', {'server_check_minutes': 0}).expect(200)
        server, acting = prepare_mute(client, mute)
        answers = {}
        client.post('/api/v1/servers/check').expect(202)
        wait_for(lambda: mute.taken, 'the check')
        waiting = [name for name in ACTING if name not in ('checkServers', 'testToolSettings', 'tryHttpTool')]
        threads = []
        for name in waiting:
            path, body = acting[name]
            threads.append(threading.Thread(target=lambda name=name, path=path, body=body: answers.update({name: client.post(path, body, timeout=120)})))
            threads[-1].start()
        wait_for(lambda: mute.taken >= 1 + len(waiting), 'all that wait for an answer')
        assert not answers, {name: answer.body for name, answer in answers.items()}
        client.post('/api/v1/freeze', {'reason': 'a test'}).expect(200)
        for thread in threads:
            thread.join()
        for name, answer in answers.items():
            assert answer.status == 503 and 'frozen' in answer.json['error']['message'], (name, answer.body)
        wait_for(lambda: mute.left == mute.taken, 'the end of every connection')
        # One that had come to its end by itself would be told as failed.
        assert client.get(f'/api/v1/servers/{server["id"]}').expect(200)['status'] == server['status']


def test_what_reaches_out_is_on_record_before():
    """Checks by the clock record what they find where it is something new, not each time."""
    with Daemon() as daemon, Sshd() as sshd:
        client = daemon.set_up()
        client.patch('/api/v1/settings', {'server_check_minutes': 0}).expect(200)
        server = add_server(client, sshd, add_key(client, sshd))
        provider = client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': 'http://127.0.0.1:9', 'api_key': 'pl4nted-credential'}).expect(201)
        checked = lambda: client.get(f'/api/v1/servers/{server["id"]}').expect(200)  # noqa: E731
        for round_, status in (('first', 'up'), ('second', 'up'), ('third', 'failed')):
            if status == 'failed':
                sshd.stop()
            before = checked()['checked_at']
            client.post('/api/v1/servers/check').expect(202)
            wait_for(lambda: checked()['checked_at'] != before, f'the {round_} check')
        changes = [(row['detail']['was'], row['detail']['is']) for row in reversed(events(client, 'server.state_changed'))]
        assert changes == [('unknown', 'up'), ('up', 'failed')], changes
        assert len(events(client, 'servers.check_started')) == 3

        client.post(f'/api/v1/providers/{provider["id"]}/test')
        client.post('/api/v1/providers/test', {'type': 'openai-compatible', 'base_url': 'http://127.0.0.1:9', 'api_key': 'pl4nted-credential'})
        client.post('/api/v1/tool-settings/wazuh/test', {'settings': {'api_url': 'https://127.0.0.1:9', 'api_user': 'u', 'api_password': 'pl4nted-credential'}})
        client.post(f'/api/v1/servers/{server["id"]}/test').expect(200)
        assert client.post('/api/v1/orchestrator/route', {'text': 'how full are the disks?'}).json['error']['code'] == 'invalid'
        form, stored = (row['detail'] for row in events(client, 'provider.tested'))
        assert stored['id'] == provider['id'] and form['base_url'] == 'http://127.0.0.1:9', (stored, form)
        (tool,), (test,), (route,) = (events(client, event) for event in ('tool_settings.tested', 'server.test_started', 'route.tried'))
        assert tool['detail']['id'] == 'wazuh' and test['detail']['id'] == server['id'] and route['user_name'] == 'owner', (tool, test, route)
        assert b'pl4nted' not in client.get('/api/v1/audit?limit=200').body


if __name__ == '__main__':
    harness.main(globals())

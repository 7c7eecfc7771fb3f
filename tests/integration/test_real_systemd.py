#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shipped units under a real systemd, with the real bus and the real polkit: the daemon's commands, root's part by the helper, who may call."""
import contextlib
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import booted  # noqa: E402
import dockerd  # noqa: E402
import harness  # noqa: E402
from booted import Booted  # noqa: E402
from docker_standin import DockerStandin  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import PASSWORD, Client, decide, ended, pending, say, wait_for  # noqa: E402
from home_api import HomeApi  # noqa: E402
from inventory import add_key, add_server  # noqa: E402
from sshd import Sshd  # noqa: E402
from wazuh_standin import Wazuh  # noqa: E402

PORT = 3000
ROOT = harness.BUILD.resolve() / 'root'
DROP_IN = f'[Service]\nBindReadOnlyPaths={ROOT}\n'
SECRET = 'a-secret-for-tests'
GROUPS = '/sys/fs/cgroup/system.slice/vigilus.service'
# The local user vigilus-halt may do one thing; others nothing, since nobody is there to ask them.
RULE = """polkit.addRule(function (action, subject) {
  if (action.id == "org.vigilus.Vigilus1.halt" && subject.user == "vigilus-halt") return polkit.Result.YES;
});
"""
TASK = 'Say how it is.'  # what one Operator asks of another
calls = []
machine = client = None


def think(messages, tools):
    if messages[-1]['role'] == 'user' and TASK in str(messages[-1]['content']):
        return 'All is well over here.', []
    return ('', [calls[-1]]) if messages[-1]['role'] == 'user' else ('over', [])


def prepare():
    """What a package would put where systemd, the bus and polkit look."""
    for unit in ('vigilus.service', 'vigilus-helper.socket', 'vigilus-helper@.service'):
        shutil.copy(ROOT / 'lib/systemd/system' / unit, machine.root / 'etc/systemd/system' / unit)
    machine.write('/etc/systemd/system/vigilus.service.d/test.conf', f'{DROP_IN}Environment=VIGILUS_SECRET={SECRET}\n')
    machine.write('/etc/systemd/system/vigilus-helper@.service.d/test.conf', DROP_IN)
    machine.write('/etc/systemd/system/vigilus-demo.service', '[Service]\nExecStart=/bin/sleep 1000000\n')
    machine.write('/etc/polkit-1/rules.d/10-test.rules', RULE)
    for name in ('dbus-1/system.d/org.vigilus.Vigilus1.conf', 'polkit-1/actions/org.vigilus.Vigilus1.policy'):
        shutil.copy(ROOT / 'share' / name, machine.root / 'usr/share' / name)


def answers():
    try:
        return not client.get('/api/v1/setup').expect(200)['needs_secret']
    except OSError:
        return False


def make_owner():
    """None while the secret is read."""
    answer = client.post('/api/v1/setup/owner', {'name': 'owner', 'password': PASSWORD})
    return answer if answer.status != 503 else None


def start():
    """As README.md says it is set up: first the daemon, then its helper with the daemon's key, then the daemon again."""
    global client
    machine.run('systemd-sysusers', str(ROOT / 'lib/sysusers.d/vigilus.conf'))
    for name in ('vigilus-halt', 'vigilus-other'):
        machine.run('useradd', '--no-create-home', name)
    machine.run('systemctl', 'start', 'dbus.service', 'polkit.service', 'vigilus-demo.service', 'vigilus.service')
    client = Client(PORT)
    wait_for(answers, 'the service')
    client.sign_in(wait_for(make_owner, 'the first account').expect(201))
    helper = client.get('/api/v1/status').expect(200)['helper']
    assert helper['installed'] is False, helper
    machine.write(f'{ROOT}/etc/vigilus/helper.conf', f'[Helper]\nPublicKey={helper["public_key"]}\nOperations=service.restart;\nUser=vigilus\n')
    machine.run('systemctl', 'start', 'vigilus-helper.socket')
    machine.run('systemctl', 'restart', 'vigilus.service')
    machine.run('install', '-d', '-o', 'vigilus', '-m', '700', '/var/lib/vigilus/keeper')
    wait_for(answers, 'the service')
    wait_for(lambda: client.get('/api/v1/status').expect(200)['secret'] == 'ok', 'its secret')


def do(name, arguments):
    """Lets a model call the tool @name, approves it, and answers the call."""
    calls.append((name.replace('.', '-'), arguments))
    _, run = say(client, '@Keeper go')
    decide(client, pending(client))
    ended(client, run['id'])
    (made,) = client.items(f'/api/v1/runs/{run["id"]}/calls')
    return made


def test_the_service_runs_as_shipped():
    status = machine.run('systemctl', 'show', 'vigilus.service', '-p', 'ActiveState,User,NoNewPrivileges,ProtectSystem').stdout
    assert 'ActiveState=active' in status and 'User=vigilus' in status and 'NoNewPrivileges=yes' in status and 'ProtectSystem=strict' in status, status
    confinement = client.get('/api/v1/status').expect(200)['confinement']
    assert confinement['usable'] and confinement['self_test']['passed'] and confinement['self_test']['uid'] != 0, confinement
    assert confinement['file_tools'] == 'all', confinement


def test_a_command_is_confined_and_works():
    command = 'id -u; echo kept > kept.txt; cat kept.txt; echo no > /var/lib/vigilus/here; cat /proc/1/environ; sudo -n true; exit 0'
    outcome = command_result(command)
    assert outcome['stdout'].split()[1] == 'kept' and outcome['stdout'].split()[0] != '0' and SECRET not in json.dumps(outcome), outcome
    assert outcome['stderr'].count('denied') >= 2, outcome
    assert machine.run('test', '-e', '/var/lib/vigilus/here', check=False).returncode == 1


def command_result(command):
    text = do('shell.exec', {'command': command})['result']['text']
    assert text.startswith('{'), text
    return json.loads(text)


def processes():
    """All of the service's user but the daemon itself, with the group of each below the service's own."""
    found = {}
    for pid in machine.run('pgrep', '-u', 'vigilus', check=False).stdout.split():
        groups = machine.run('cat', f'/proc/{pid}/cgroup', check=False).stdout
        if pid != main_pid('vigilus.service') and groups:
            found[pid] = groups.strip().rpartition('/')[2]
    return found


def left():
    """What commands left: all but supervisors and the process that is ready for the next command, which run the daemon's program."""
    return {pid: group for pid, group in processes().items() if 'vigilusd' not in machine.run('cat', f'/proc/{pid}/cmdline', check=False).stdout}


def test_a_command_has_a_control_group_of_its_own():
    """The unit leaves nothing else of the control groups to be changed, and Landlock not even that to a command."""
    groups = client.get('/api/v1/status').expect(200)['confinement']['cgroup']
    assert groups['unified'] and groups['kill'], groups
    outcome = command_result(f'cat /proc/self/cgroup; echo 0 >{GROUPS}/cgroup.procs; mkdir {GROUPS}/mine')
    pid = main_pid('vigilus.service')
    assert re.search(rf'^0::/system.slice/vigilus.service/vigilus-{pid}-\d+$', outcome['stdout'], re.M) and outcome['stderr'].count('denied') == 2, outcome
    for place in ('/sys/fs/cgroup/mine', '/sys/fs/cgroup/system.slice/mine'):
        refused = machine.run('nsenter', '-t', pid, '-m', '--', 'mkdir', place, check=False)
        assert 'Read-only' in refused.stderr, refused


def test_a_whole_tree_is_killed_by_its_group():
    """Though it left the session, and the supervisor that would find it is gone."""
    calls.append(('shell-exec', {'command': '(setsid sh -c "setsid sleep 1000003 & setsid sleep 1000004" &); exec sleep 1000005'}))
    _, run = say(client, '@Keeper go')
    decide(client, pending(client))
    wait_for(lambda: machine.run('pgrep', '-c', '-f', '^sleep 100000[345]$', check=False).stdout.strip() == '3', 'the tree')
    before = processes()
    (supervisor,) = [pid for pid, group in before.items() if group == 'vigilus-daemon']
    assert len(set(before.values())) == 2, before
    machine.run('kill', '-9', supervisor)
    ended(client, run['id'])
    (made,) = client.items(f'/api/v1/runs/{run["id"]}/calls')
    assert made['outcome'] == 'interrupted', made
    assert not left(), left()
    (group,) = set(before.values()) - {'vigilus-daemon'}
    wait_for(lambda: machine.run('test', '-e', f'{GROUPS}/{group}', check=False).returncode == 1, 'the end of its group')


def test_bombs_end():
    text = do('shell.exec', {'command': 'bomb () { bomb | bomb & }; bomb; sleep 1; sleep 1; sleep 1'})['result']['text']
    assert 'fork' in text, text
    assert not left(), left()
    outcome = command_result('python3 -c "kept = [bytearray(1 << 28) for i in range(1000)]"')
    assert outcome['exit_status'] != 0 and 'MemoryError' in outcome['stderr'], outcome
    assert not left(), left()


def main_pid(unit='vigilus-demo.service'):
    return machine.run('systemctl', 'show', '-P', 'MainPID', unit).stdout.strip()


def test_the_helper_restarts_a_unit():
    before = main_pid()
    assert before != '0'
    made = do('host.elevate', {'operation': 'service.restart', 'unit': 'vigilus-demo.service'})
    assert made['outcome'] == 'success' and made['level'] == 'elevate', made
    assert main_pid() not in ('0', before), 'it runs anew'
    assert f'call {made["id"]} of Keeper: systemctl restart -- vigilus-demo.service' in machine.run('journalctl', '--no-pager', '-o', 'cat').stdout
    denied = do('host.elevate', {'operation': 'service.stop', 'unit': 'vigilus-demo.service'})
    assert denied['outcome'] == 'denied' and main_pid() != '0', denied
    # Nobody but the daemon's user reaches the socket.
    other = machine.run('setpriv', '--reuid=vigilus-other', '--regid=vigilus-other', '--init-groups', '--', sys.executable, '-c',
                        'import socket; socket.socket(socket.AF_UNIX).connect("/run/vigilus-helper.socket")', check=False)
    assert 'PermissionError' in other.stderr, other


def on_the_bus(user, method, *arguments):
    return machine.run('setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups', '--', 'busctl', '--system', '--json=short', 'call',
                       'org.vigilus.Vigilus1', '/org/vigilus/Vigilus1', 'org.vigilus.Vigilus1', method, *arguments, check=False)


def test_the_bus_serves_whom_polkit_lets():
    assert json.loads(json.loads(on_the_bus('root', 'Status').stdout)['data'][0])['set_up'] is True
    for user, method, arguments in (('vigilus-other', 'Status', ()), ('vigilus-other', 'Freeze', ('s', 'why')), ('vigilus-halt', 'Ask', ('ss', 'hello', '')),
                                    ('vigilus-halt', 'ListApprovals', ('s', '')), ('vigilus-halt', 'Unfreeze', ())):
        refused = on_the_bus(user, method, *arguments)
        assert refused.returncode != 0 and not refused.stdout.strip(), (user, method, refused)
    assert client.get('/api/v1/status').expect(200)['frozen'] is None
    allowed = on_the_bus('vigilus-halt', 'Freeze', 's', 'a test')
    assert allowed.returncode == 0, allowed
    assert client.get('/api/v1/status').expect(200)['frozen'], 'frozen'
    row = next(row for row in client.items('/api/v1/audit?limit=200') if 'frozen' in row['event'] or 'freeze' in row['event'])
    uid = machine.run('id', '-u', 'vigilus-halt').stdout.strip()
    assert row['user_name'] == f'owner (local user {uid})', row
    client.post('/api/v1/unfreeze').expect(204)


# Each tool that comes with Vigilus, in an order in which one call makes what the next one needs: arguments, and what its result says.
PLACE = '/var/lib/vigilus/keeper'
LAN = '192.168.77.1'
NATIVE = [
    ('filesystem.mkdir', {'path': 'place'}, ''), ('filesystem.write', {'path': 'place/a.txt', 'content': 'one\n'}, ''),
    ('filesystem.write', {'path': 'place/a.txt', 'content': 'two\n'}, ''), ('filesystem.read', {'path': 'place/a.txt'}, 'two'),
    ('filesystem.list', {'path': 'place'}, 'a.txt'), ('filesystem.stat', {'path': 'place/a.txt'}, 'a.txt'), ('filesystem.search', {'text': 'two'}, 'a.txt'),
    ('filesystem.copy', {'path': 'place/a.txt', 'to': 'place/b.txt'}, ''), ('filesystem.move', {'path': 'place/b.txt', 'to': 'place/c.txt'}, ''),
    ('shell.exec', {'command': 'tar czf packed.tgz place && ls -l packed.tgz && df -h / && ps ax | wc -l && cat /proc/meminfo | head -1 && python3 -c "print(6 * 7)"'}, '42'),
    ('filesystem.extract', {'path': 'packed.tgz', 'to': 'unpacked'}, ''), ('filesystem.read', {'path': 'unpacked/place/c.txt'}, 'two'),
    ('filesystem.delete', {'path': 'place/c.txt'}, ''),
    ('docker.list', {'server': 'nas'}, 'web'), ('docker.inspect', {'server': 'nas', 'container': 'web'}, 'running'),
    ('docker.logs', {'server': 'nas', 'container': 'web'}, 'a line of the log'), ('docker.images', {'server': 'nas'}, 'nginx'),
    ('docker.stop', {'server': 'nas', 'container': 'web'}, ''), ('docker.start', {'server': 'nas', 'container': 'web'}, ''), ('docker.restart', {'server': 'nas', 'container': 'web'}, ''),
    ('docker.events', {'server': 'nas'}, 'start'), ('docker.stats', {'server': 'nas', 'container': 'web'}, '"processes":3'),
    ('docker.compose_config', {'server': 'nas', 'project_dir': f'{PLACE}/stack'}, 'alone'), ('docker.compose_ps', {'server': 'nas', 'project_dir': f'{PLACE}/stack'}, 'be created'),
    ('docker.compose', {'server': 'nas', 'project_dir': f'{PLACE}/stack', 'action': 'pull'}, '"is_error":false'),
    ('servers.list', {}, 'nas'), ('ssh.exec', {'server': 'nas', 'command': 'echo over there'}, 'over there'),
    ('ssh.write', {'server': 'nas', 'path': '{far}/a.txt', 'content': 'far\n'}, ''), ('ssh.read', {'server': 'nas', 'path': '{far}/a.txt'}, 'far'),
    ('nmap.scan', {'targets': ['127.0.0.1'], 'ports': '3000', 'names': False}, '3000/tcp'), ('nmap.scan', {'targets': [LAN], 'profile': 'discovery'}, LAN),
    ('nmap.scan', {'targets': [LAN], 'ports': '1-100', 'names': False, 'assume_up': True}, LAN),
    ('nmap.scan', {'targets': ['127.0.0.1'], 'ports': '3000', 'profile': 'services', 'names': False}, '3000/tcp'),
    ('scope.query', {'what': 'hosts'}, '127.0.0.1'), ('web.fetch', {'url': f'http://{LAN}:8080/page'}, 'words of a page'), ('web.search', {'query': 'zfs'}, 'About zfs'),
    ('http.home', {}, 'About home'), ('wazuh.query', {'what': 'agents'}, 'manager'), ('vigilus.activity', {}, 'Try nmap.scan'), ('memory.propose', {'text': 'The NAS is called nas.'}, ''),
    ('tools.search', {'query': 'nmap'}, 'nmap.scan'),
]
# Those that only a model's own run calls, and root's part: each has a test of its own below or above.
ELSEWHERE = {'operators.ask', 'output.read', 'host.elevate'}


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'<html><title>A page</title><p>words of a page</p></html>'
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def surround(stack, far):
    """What the tools reach: a server, an Engine, a page in a home network, a search, Wazuh; and the settings that let them."""
    subprocess.run(['ip', 'addr', 'add', f'{LAN}/32', 'dev', 'lo'], check=True)
    sshd, home, wazuh = stack.enter_context(Sshd()), stack.enter_context(HomeApi()), stack.enter_context(Wazuh())
    docker = stack.enter_context(DockerStandin(machine.root / 'srv/docker.sock'))
    page = stack.enter_context(http.server.ThreadingHTTPServer((LAN, 8080), Page))
    threading.Thread(target=page.serve_forever, daemon=True).start()
    wazuh.items['agents'] = [{'id': '000', 'name': 'manager', 'status': 'active', 'ip': '127.0.0.1'}]
    add_server(client, sshd, add_key(client, sshd), docker_endpoint='unix:///srv/docker.sock', compose_folders=[PLACE], file_paths=[str(far)])
    client.patch('/api/v1/settings', {'web_search_url': home.url, 'web_networks': [f'{LAN}/32']}).expect(200)
    client.patch('/api/v1/tool-settings/nmap', {'settings': {'networks': ['127.0.0.0/8', f'{LAN}/32']}}).expect(200)
    client.patch('/api/v1/tool-settings/wazuh', {'settings': wazuh.settings()}).expect(200)
    client.post('/api/v1/http-tools', {'name': 'home', 'description': 'Looks', 'level': 'read', 'url': f'{home.url}/search?q=home'}).expect(201)
    machine.run('install', '-d', '-o', 'vigilus', '-m', '700', f'{PLACE}/stack')
    machine.write(f'{PLACE}/stack/compose.yml', 'services: {alone: {image: "nginx:1"}}\n')
    machine.run('chown', 'vigilus:', f'{PLACE}/stack/compose.yml')
    return docker


def finish(run, what):
    """Approves what the run asks for, and answers its one call."""
    def over():
        for approval in client.items('/api/v1/approvals?status=pending'):
            decide(client, approval)
        return client.get(f'/api/v1/runs/{run["id"]}').expect(200)['state'] in ('done', 'failed', 'stopped')
    wait_for(over, what, 90)
    (call,) = client.items(f'/api/v1/runs/{run["id"]}/calls')
    return call


def use(operator, tool, arguments):
    return finish(client.post(f'/api/v1/tools/{tool}/try', {'operator_id': operator['id'], 'arguments': arguments}).expect(202), tool)


def test_every_tool_works_under_the_unit():
    with contextlib.ExitStack() as stack:
        far = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        docker = surround(stack, far)
        known = {tool['name'] for tool in client.items('/api/v1/tools')}
        assert known == {name for name, _, _ in NATIVE} | ELSEWHERE, known ^ ({name for name, _, _ in NATIVE} | ELSEWHERE)
        operator = client.post('/api/v1/operators', {'name': 'All', 'tools': sorted(known), 'permission_level': 'exec', 'working_directory': PLACE}).expect(201)
        broken = []
        for tool, arguments, expected in NATIVE:
            call = use(operator, tool, json.loads(json.dumps(arguments).replace('{far}', str(far))))
            if call['outcome'] != 'success' or expected not in call['result']['text']:
                broken.append((tool, arguments, call['outcome'], call['result']['text'][:600]))
        assert not broken, '\n'.join(map(str, broken))
        assert [line.rpartition('/')[2] for line in docker.asked if line.startswith('POST ')] == ['stop', 'start', 'restart', 'create'], docker.asked
        # What was overwritten comes back, owner and mode with it.
        (_, change) = [change for change in client.items('/api/v1/changes') if change['tool'] == 'filesystem.write'][::-1]
        client.post(f'/api/v1/changes/{change["id"]}/undo').expect(200)
        assert machine.run('cat', f'{PLACE}/place/a.txt').stdout == 'one\n'


def test_a_compose_project_goes_up_and_down_under_the_unit():
    if dockerd.missing():
        print(f'# left out: {dockerd.missing()}')
        return
    folder = f'{PLACE}/up'
    machine.run('install', '-d', '-o', 'vigilus', '-m', '700', folder)
    machine.write(f'{folder}/compose.yml', f'services: {{one: {{image: "{dockerd.IMAGE}", command: sleep 600, network_mode: none, stop_signal: SIGKILL}}}}\n')
    machine.run('chown', 'vigilus:', f'{folder}/compose.yml')
    place = machine.root / 'srv/engine.sock'
    with dockerd.Dockerd(['-H', f'unix://{place}']) as engine:
        place.chmod(0o666)
        body = {'name': 'engine', 'host': '127.0.0.1', 'user_name': 'u', 'docker_endpoint': 'unix:///srv/engine.sock', 'compose_folders': [PLACE]}
        client.post('/api/v1/servers', body).expect(201)
        operator = client.post('/api/v1/operators', {'name': 'Stacks', 'tools': ['docker.compose', 'docker.compose_ps'], 'permission_level': 'write'}).expect(201)
        arguments = {'server': 'engine', 'project_dir': folder}
        made = use(operator, 'docker.compose', {**arguments, 'action': 'up'})
        assert made['outcome'] == 'success' and engine.state('up_one_1')['Running'], made
        listed = use(operator, 'docker.compose_ps', arguments)
        assert listed['outcome'] == 'success' and '"state":"running"' in listed['result']['text'], listed
        ended_call = use(operator, 'docker.compose', {**arguments, 'action': 'down'})
        assert ended_call['outcome'] == 'success' and engine.request('GET', '/v1.41/containers/json?all=1') == [], ended_call


def test_a_models_own_run_reads_what_is_kept_and_asks_another():
    client.post('/api/v1/operators', {'name': 'Asker', 'tools': ['shell.exec', 'output.read', 'operators.ask'], 'permission_level': 'exec', 'working_directory': PLACE}).expect(201)

    def let(tool, arguments, session=None):
        calls.append((tool, arguments))
        session, run = say(client, '@Asker go', session)
        return session, finish(run, tool)
    session, long = let('shell-exec', {'command': 'seq 1 30000'})
    assert long['outcome'] == 'success' and long['result']['is_kept'], long
    _, read = let('output-read', {'call': long['id'], 'search': '12345'}, session)
    assert read['outcome'] == 'success' and '12345' in read['result']['text'], read
    _, asked = let('operators-ask', {'operator': 'Keeper', 'task': TASK}, session)
    assert asked['outcome'] == 'success' and 'All is well over here.' in asked['result']['text'], asked


def main():
    global machine
    reason = booted.enter()
    if reason:
        print(f'1..1\nok 1 - a real systemd # SKIP {reason}')
        return
    with Booted(ROOT) as machine, FakeLlm(think) as llm:
        prepare()
        machine.boot()
        start()
        client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'm'}).expect(201)
        client.post('/api/v1/operators', {'name': 'Keeper', 'tools': ['shell.exec', 'host.elevate'], 'permission_level': 'elevate',
                                          'trust_mode': 'strict', 'working_directory': '/var/lib/vigilus/keeper'}).expect(201)
        harness.main(globals())


main()

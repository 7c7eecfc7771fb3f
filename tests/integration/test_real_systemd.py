#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shipped units under a real systemd, with the real bus and the real polkit: the daemon's commands, root's part by the helper, who may call."""
import json
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import booted  # noqa: E402
import harness  # noqa: E402
from booted import Booted  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import PASSWORD, Client, decide, ended, pending, say, wait_for  # noqa: E402

PORT = 3000
ROOT = harness.BUILD.resolve() / 'root'
DROP_IN = f'[Service]\nBindReadOnlyPaths={ROOT}\n'
SECRET = 'a-secret-for-tests'
# The local user vigilus-halt may do one thing; others nothing, since nobody is there to ask them.
RULE = """polkit.addRule(function (action, subject) {
  if (action.id == "org.vigilus.Vigilus1.halt" && subject.user == "vigilus-halt") return polkit.Result.YES;
});
"""
calls = []
machine = client = None


def think(messages, tools):
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


def start():
    """As README.md says it is set up: first the daemon, then its helper with the daemon's key, then the daemon again."""
    global client
    machine.run('systemd-sysusers', str(ROOT / 'lib/sysusers.d/vigilus.conf'))
    for name in ('vigilus-halt', 'vigilus-other'):
        machine.run('useradd', '--no-create-home', name)
    machine.run('systemctl', 'start', 'dbus.service', 'polkit.service', 'vigilus-demo.service', 'vigilus.service')
    client = Client(PORT)
    wait_for(answers, 'the service')
    client.sign_in(client.post('/api/v1/setup/owner', {'name': 'owner', 'password': PASSWORD}).expect(201))
    helper = client.get('/api/v1/status').expect(200)['helper']
    assert helper['installed'] is False, helper
    machine.write(f'{ROOT}/etc/vigilus/helper.conf', f'[Helper]\nPublicKey={helper["public_key"]}\nOperations=service.restart;\nUser=vigilus\n')
    machine.run('systemctl', 'start', 'vigilus-helper.socket')
    machine.run('systemctl', 'restart', 'vigilus.service')
    machine.run('install', '-d', '-o', 'vigilus', '-m', '700', '/var/lib/vigilus/keeper')
    wait_for(answers, 'the service')


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


def test_a_command_is_confined_and_works():
    command = 'id -u; echo kept > kept.txt; cat kept.txt; echo no > /var/lib/vigilus/here; cat /proc/1/environ; sudo -n true; exit 0'
    text = do('shell.exec', {'command': command})['result']['text']
    assert text.startswith('{'), text
    outcome = json.loads(text)
    assert outcome['stdout'].split()[1] == 'kept' and outcome['stdout'].split()[0] != '0' and SECRET not in json.dumps(outcome), outcome
    assert outcome['stderr'].count('denied') >= 2, outcome
    assert machine.run('test', '-e', '/var/lib/vigilus/here', check=False).returncode == 1


def main_pid():
    return machine.run('systemctl', 'show', '-P', 'MainPID', 'vigilus-demo.service').stdout.strip()


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

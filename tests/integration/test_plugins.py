#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Third parties' plugins with the real daemon: the README's own, and ones that crash, hang, are writable or want to run inside; what became of
each call stands in the audit log, and the daemon goes on."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from fake_llm import FakeLlm  # noqa: E402
from harness import BUILD, TOP, Daemon, answer_text, ended, say, wait_for  # noqa: E402

MANIFEST = '[Plugin]\nId={id}\nAbi=1\nName={id}\nVersion=1.0.0\nProvides={provides}\n{more}'


def drop_in(daemon, name, provides='tool', more='', library=None):
    """Copies a built test plugin and its manifest into the data directory's plugins."""
    folder = daemon.data_dir / 'plugins'
    folder.mkdir(mode=0o755, exist_ok=True)
    shutil.copy(BUILD / 'tests' / 'plugins' / f'{library or name}.so', folder / f'{name}.so')
    (folder / f'{name}.so').chmod(0o644)
    (folder / f'{name}.plugin').write_text(MANIFEST.format(id=name, provides=provides, more=more), encoding='utf-8')
    (folder / f'{name}.plugin').chmod(0o644)
    return folder / f'{name}.so'


def plugin(client, name):
    return next((entry for entry in client.items('/api/v1/plugins') if entry['id'] == name), None)


def wait_loaded(client, name):
    client.post('/api/v1/plugins/rescan').expect(200)
    return wait_for(lambda: (plugin(client, name) or {}).get('tools') and plugin(client, name), f'plugin {name}')


def audit_outcomes(client, run):
    return [(row['tool'], row['outcome'], row['error']) for row in client.items(f'/api/v1/audit?run_id={run["id"]}&event=call.outcome')]


def test_the_readme_plugin_is_built_dropped_in_and_used():
    text = (TOP / 'README.md').read_text(encoding='utf-8')
    block = text[text.index('<!-- plugin example -->'):text.index('<!-- end of plugin example -->')]
    source, manifest, line = re.search(r'```c\n(.*?)```', block, re.S)[1], re.search(r'```ini\n(.*?)```', block, re.S)[1], re.search(r'```sh\n(.*?)```', block, re.S)[1]
    assert source.count('\n') < 60
    with Daemon() as daemon:
        folder = daemon.data_dir / 'plugins'
        folder.mkdir(mode=0o755)
        (folder / 'uptime.c').write_text(source, encoding='utf-8')
        (folder / 'uptime.plugin').write_text(manifest, encoding='utf-8')
        env = {**daemon.environment(), 'PKG_CONFIG_PATH': str(BUILD / 'root/lib/pkgconfig')}
        subprocess.run(['sh', '-c', line], cwd=folder, env=env, check=True)
        for path in folder.iterdir():
            path.chmod(0o644)
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
        assert wait_loaded(client, 'uptime')['isolation'] == 'process'
        client.post('/api/v1/operators', {'name': 'Clock', 'tools': ['uptime.get']}).expect(201)
        session, run = say(client, '@Clock how long has this machine been up?')
        run = ended(client, run['id'])
        assert run['state'] == 'done' and audit_outcomes(client, run) == [('uptime.get', 'success', None)], (run, audit_outcomes(client, run))
        assert 'seconds' in answer_text(client, session), answer_text(client, session)


def call_once(tool):
    def decide(messages, tools):
        return ('over', []) if messages[-1]['role'] == 'tool' else ('', [(tool.replace('.', '-'), {})])
    return decide


def use(daemon, name, tool):
    """Lets a model call @tool of plugin @name; answers (client, run)."""
    client = daemon.set_up()
    wait_loaded(client, name)
    with FakeLlm(call_once(tool)) as llm:
        client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': llm.url, 'default_model': 'm'}).expect(201)
        client.post('/api/v1/operators', {'name': 'User', 'tools': [tool]}).expect(201)
        _, run = say(client, '@User go')
        return client, ended(client, run['id'])


def test_a_crash_ends_the_call_and_nothing_else():
    with Daemon() as daemon:
        drop_in(daemon, 'crashy')
        pid = daemon.process.pid
        client, run = use(daemon, 'crashy', 'crashy.crash')
        assert run['state'] == 'done', run
        (outcome,) = audit_outcomes(client, run)
        assert outcome[1] in ('interrupted', 'failed') and 'crash' in outcome[2], outcome
        assert daemon.process.poll() is None and daemon.process.pid == pid
        wait_for(lambda: plugin(client, 'crashy')['state'] == 'loaded', 'the restart')


def test_a_hang_is_ended_at_the_deadline():
    with Daemon() as daemon:
        drop_in(daemon, 'hang')
        client, run = use(daemon, 'hang', 'hang.wait')
        (outcome,) = audit_outcomes(client, run)
        assert outcome[1] in ('failed', 'interrupted', 'unknown') and outcome[2], outcome
        assert daemon.process.poll() is None


def test_its_process_is_the_user_that_the_sandbox_chose():
    """Who it is stands in /proc; --owner is whose files the daemon expects it to read, as whom it is to run where the daemon is root."""
    with Daemon() as daemon:
        client = daemon.set_up()
        drop_in(daemon, 'hang')
        wait_loaded(client, 'hang')
        found = subprocess.run(['pgrep', '-f', str(daemon.data_dir / 'plugins' / 'hang.plugin')], capture_output=True, text=True, check=True).stdout
        process = pathlib.Path('/proc', found.strip())
        line = (process / 'cmdline').read_bytes().split(b'\0')
        owner = next(int(word.split(b'=')[1]) for word in line if word.startswith(b'--owner='))
        status = dict(row.split(':', 1) for row in (process / 'status').read_text(encoding='ascii').splitlines())
        assert status['Uid'].split() == [str(owner)] * 4, (owner, status['Uid'])
        assert {int(status[name], 16) for name in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb')} == {0} and status['NoNewPrivs'].strip() == '1', status
        if os.geteuid() == 0 and client.get('/api/v1/status').expect(200)['confinement']['self_test']['uid'] != 0:
            assert owner != 0 and '0' not in status['Gid'].split() and not status['Groups'].split(), status


def test_refusals_have_a_reason():
    with Daemon() as daemon:
        drop_in(daemon, 'odd-newer-minor')
        drop_in(daemon, 'crashy').chmod(0o666)
        drop_in(daemon, 'hang', more='[Permissions]\nEfect=read\n')
        client = daemon.set_up()
        client.post('/api/v1/plugins/rescan').expect(200)
        reasons = {name: wait_for(lambda: plugin(client, name)['reason'], name) for name in ('odd-newer-minor', 'crashy', 'hang')}
        assert 'newer' in reasons['odd-newer-minor'] and 'Efect' in reasons['hang'], reasons
        assert 'writ' in reasons['crashy'], reasons


def check_policy(client):
    """What the plugin forbids is not done, and what it wants to be asked about waits, though it only reads."""
    client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
    _, run = say(client, '@Activity what did you do today?')
    ended(client, run['id'])
    (denied,) = client.items(f'/api/v1/audit?run_id={run["id"]}&event=call.denied')
    assert denied['tool'] == 'vigilus.activity' and 'the past is forbidden' in denied['reason'], denied
    assert client.items(f'/api/v1/audit?run_id={run["id"]}&event=call.outcome') == []
    _, run = say(client, '@Files list the files')
    approval = harness.pending(client)
    asked = client.items(f'/api/v1/audit?run_id={run["id"]}&event=approval.requested')
    assert approval['tool'] == 'filesystem.list' and 'somebody has to look first' in json.dumps(asked), asked
    harness.decide(client, approval)
    assert ended(client, run['id'])['state'] == 'done' and audit_outcomes(client, run)[0][:2] == ('filesystem.list', 'success')


def test_a_dropped_in_policy_needs_an_administrator():
    with Daemon() as daemon:
        drop_in(daemon, 'dropin-policy', provides='policy', more='Isolation=in-process\n')
        client = daemon.set_up()
        client.post('/api/v1/plugins/rescan').expect(200)
        entry = plugin(client, 'dropin-policy')
        assert entry['state'] == 'refused' and 'administrator' in entry['reason'], entry
        client.post('/api/v1/plugins/dropin-policy/allow', {'sha256': '0' * 64})
        assert plugin(client, 'dropin-policy')['state'] == 'refused'
        client.post('/api/v1/plugins/dropin-policy/allow', {'sha256': entry['sha256']}).expect(200)
        client.post('/api/v1/plugins/rescan').expect(200)
        entry = plugin(client, 'dropin-policy')
        assert entry['state'] == 'loaded', entry
        check_policy(client)
        scanned = client.items('/api/v1/audit?event=plugins.scanned')
        assert 'dropin-policy' in scanned[0]['detail']['loaded'] and 'administrator' in scanned[-1]['detail']['not_loaded']['dropin-policy'], scanned
        assert 'plugin.allowed' in {row['event'] for row in client.items('/api/v1/audit?limit=200')}
        drop_in(daemon, 'dropin-other', provides='policy', library='dropin-policy', more='Isolation=in-process\n')
        daemon.stop()
        daemon.start()
        client = daemon.log_in()
        now, before = harness.wait_for(lambda: len(rows := client.items('/api/v1/audit?event=plugins.loaded')) == 2 and rows, 'a record of each start')
        assert 'dropin-policy' in now['detail']['loaded'] and 'administrator' in now['detail']['not_loaded']['dropin-other'], now
        assert 'local' in before['detail']['loaded'] and 'dropin-policy' not in json.dumps(before) and before['user_name'] is None, before


if __name__ == '__main__':
    harness.main(globals())

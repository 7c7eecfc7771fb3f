#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compose projects: Debian's docker-compose on a real dockerd with a real registry, and what a version 2 would be told."""
import atexit
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import dockerd  # noqa: E402
import harness  # noqa: E402
from compose_standin import ComposeDaemon  # noqa: E402
from docker_stage import Stage  # noqa: E402

TOOLS = ['docker.compose', 'docker.compose_ps', 'docker.compose_config']
SECRET = 'swordfish-42-fish'
WEB, DB = f'{dockerd.REGISTRY}/app/web:1', f'{dockerd.REGISTRY}/app/db:1'
FILE = f"""
services:
  db:
    image: {DB}
    command: sleep 600
    stop_signal: SIGKILL
    environment:
      DB_PASSWORD: ${{DB_PASSWORD}}
      TZ: Europe/Berlin
  web:
    image: {WEB}
    command: sleep 600
    stop_signal: SIGKILL
    depends_on: [db]
    volumes: ["./data:/data", "/etc/hostname:/hostname:ro"]
"""


@functools.lru_cache(None)
def engine():
    started = dockerd.Dockerd().__enter__()
    atexit.register(started.__exit__)
    started.start_registry()
    for name in (WEB, DB):
        started.push(name)
        started.request('DELETE', f'/v1.41/images/{name}?force=1')
    return started


@functools.lru_cache(None)
def folder():
    made = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix='vigilus-stacks-')))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    made.chmod(0o755)
    shop = made / 'allowed' / 'shop'
    (shop / 'data').mkdir(parents=True)
    (shop / 'compose.yaml').write_text(FILE, encoding='ascii')
    (shop / '.env').write_text(f'DB_PASSWORD={SECRET}\n', encoding='ascii')
    return made


@functools.lru_cache(None)
def stage():
    return Stage(f'unix://{engine().socket}', tools=TOOLS, compose_folders=[str(folder() / 'allowed')])


def shop():
    return str(folder() / 'allowed' / 'shop')


def preview(**arguments):
    """What is shown before a call, which is then denied. Compose 1 may take longer than a preview has, where much is going on."""
    return harness.wait_for(lambda: preview_once(**arguments), 'a preview')


def preview_once(**arguments):
    stage().client.patch(f'/api/v1/operators/{stage().operator["id"]}', {'trust_mode': 'strict'}).expect(200)
    try:
        run = stage().begin(('docker.compose', {'project_dir': shop(), **arguments}))
        approval = harness.pending(stage().client)
        harness.decide(stage().client, approval, 'deny', reason='only looking')
        stage().end(run)
        assert approval['resource'] == f'docker:nas/{shop()}' and approval['level'] == 'write', approval
        return None if 'took longer than its limit' in approval['preview']['text'] else approval['preview']['text']
    finally:
        stage().client.patch(f'/api/v1/operators/{stage().operator["id"]}', {'trust_mode': 'lenient'}).expect(200)


def compose(action, **more):
    return stage().call('docker.compose', project_dir=shop(), action=action, **more)


def image_of(service):
    (container,) = [one for one in engine().request('GET', '/v1.41/containers/json?all=1') if one['Labels'].get('com.docker.compose.service') == service]
    return container['ImageID']


def engine_reference(name):
    """repository@digest that the Engine has of an image."""
    return engine().request('GET', f'/v1.41/images/{name}/json')['RepoDigests'][0]


def engine_digest(name):
    return engine_reference(name).split('@')[1]


def would(rows):
    return {row['service']: row['would'] for row in rows}


def test_a_project_is_shown_without_its_secrets():
    config = stage().call('docker.compose_config', project_dir=shop())
    assert {row['service']: row['image'] for row in config['services']} == {'db': DB, 'web': WEB}, config
    assert config['program'] == 'docker-compose' and '/etc/hostname of the host' in config['warnings'] and '/data' not in config['warnings'], config
    # The redactor sees the name as well, and says it in its own word.
    assert config['config']['services']['db']['environment'] == {'DB_PASSWORD': '[redacted]', 'TZ': 'Europe/Berlin'}, config
    everything = '\n'.join(stage().told) + str(stage().client.items('/api/v1/audit?limit=200')) + stage().daemon.stderr()
    assert stage().told and SECRET not in everything


def test_b_up_pull_change_restore_and_down():
    text = preview(action='up')
    assert f'db ({DB}, not there) would pull its image and be created' in text and 'docker-compose up in' in text, text
    assert 'web: is given /etc/hostname of the host' in text, text
    made = compose('up')
    assert {row['service']: row['state'] for row in made['containers']} == {'db': 'running', 'web': 'running'} and made['images_before'] == [], made
    first = image_of('web')
    assert set(would(stage().call('docker.compose_ps', project_dir=shop())['services']).values()) == {'stay as it is'}
    assert 'is what the registry has' in preview(action='pull')

    engine().push(WEB)
    engine().request('POST', f'/v1.41/images/{first}/tag?repo={WEB[:-2]}&tag=1')
    assert 'the registry has another, sha256:' in preview(action='pull', services=['web'])
    pulled = compose('pull', services=['web'])
    assert [(row['service'], row['image_id']) for row in pulled['images_before']] == [('web', first)], pulled
    assert would(stage().call('docker.compose_ps', project_dir=shop())['services'])['web'] == 'be recreated: its image has changed'
    compose('up')
    second = image_of('web')
    assert second != first
    text = preview(action='restore', images=pulled['images_before'])
    assert f'now {second[7:19]}, would be {first[7:19]} again' in text, text
    assert compose('restore', images=pulled['images_before'])['is_error'] is False and image_of('web') == first

    # What was pruned since comes back by the digest that was noted.
    compose('pull', services=['web'])
    compose('up')
    assert image_of('web') == second
    engine().request('DELETE', f'/v1.41/images/{first}?force=1')
    noted = pulled['images_before']
    assert noted[0]['digest'].startswith(f'{WEB[:-2]}@sha256:') and 'fetched by its digest' in preview(action='restore', images=noted), noted
    for wrong, words in (({'digest': noted[0]['digest'][:-64] + '0' * 64}, 'manifest'), ({'digest': f'{DB[:-2]}@{engine_digest(DB)}'}, 'no digest of'),
                         ({'digest': engine_reference(WEB)}, 'is not the image'), ({'digest': None}, 'digest')):
        text = stage().refused('docker.compose', project_dir=shop(), action='restore', images=[{**noted[0], **wrong}])
        assert words in text and image_of('web') == second, (wrong, text)
    assert compose('restore', images=noted)['is_error'] is False and image_of('web') == first

    pathlib.Path(shop(), 'compose.yaml').write_text(FILE.replace('TZ: Europe/Berlin', 'TZ: Europe/Paris'), encoding='ascii')
    text = preview(action='up')
    assert re.search(r'- db .* would be recreated: its configuration has changed', text) and re.search(r'- web .* would stay as it is', text), text
    compose('up')
    text = preview(action='down')
    assert 'shop_web_1' in text and 'would be stopped and removed' in text and 'Volumes and images stay' in text, text
    assert compose('down')['containers'] == [] and not engine().request('GET', '/v1.41/containers/json?all=1')


def refused_in(path, tool='docker.compose_config', **more):
    return stage().refused(tool, project_dir=str(path), **more)


def test_c_hostile_projects_and_names_reach_nothing():
    allowed = folder() / 'allowed'
    (folder() / 'secret').mkdir(mode=0o755)
    (folder() / 'secret' / 'plain.env').write_text(f'A={SECRET}\n', encoding='ascii')
    (folder() / 'secret' / 'compose.yaml').write_text(FILE, encoding='ascii')
    (folder() / 'allowed-not').mkdir()
    (folder() / 'allowed-not' / 'compose.yaml').write_text(FILE, encoding='ascii')
    os.symlink(folder() / 'secret', allowed / 'link')
    elsewhere = (folder() / 'secret', folder() / 'allowed-not', allowed / 'link', f'{allowed}/../secret', '/etc', f'{allowed}/nothing', f'{shop()}/compose.yaml', '/proc/self/root/etc')
    crooked = (f'{shop()}/', f'{shop()}/.', f'{allowed}//shop', f'{shop()}/data/..')
    wild = ('/', 'shop', '../shop', '~', '$(id)', '-f', '', '/x\x00y', 'a' * 2000)
    servers = ('', '../nas', '$(id)', '-H', 'unix:///var/run/docker.sock', 'nas\n', 'nas;id', '*', '\u202enas', 'x' * 500)
    for tool, more in (('docker.compose_config', {}), ('docker.compose_ps', {}), *(('docker.compose', {'action': action}) for action in ('up', 'down', 'pull'))):
        calls = [(tool, {**more, 'project_dir': str(path)}) for path in (*elsewhere, *crooked, *wild)] + [(tool, {**more, 'project_dir': shop(), 'server': name}) for name in servers]
        for number, (outcome, text) in enumerate(stage().call_all(*calls)):
            assert outcome in ('failed', 'denied') and SECRET not in text, (calls[number], outcome, text)
            if number < len(elsewhere):
                assert 'there is no folder' in text or 'has no compose.yaml' in text, (calls[number], text)
            elif number < len(elsewhere) + len(crooked):
                assert 'write it as' in text, (calls[number], text)
    for services in (['--help'], ['-v'], ['web', '--volumes'], ['nothing'], [''], ['web db'], ['$(id)'], ['../x'], 'web'):
        text = refused_in(shop(), 'docker.compose', action='up', services=services)
        assert 'services' in text, (services, text)
    assert 'action' in refused_in(shop(), 'docker.compose', action='rm') and 'whole project' in refused_in(shop(), 'docker.compose', action='down', services=['web'])
    for images in ([], [{'image': 'other:1', 'image_id': 'sha256:' + '0' * 64}], [{'image': WEB, 'image_id': 'sha256:' + '0' * 64}], [{'image': WEB, 'image_id': '../x'}]):
        refused_in(shop(), 'docker.compose', action='restore', images=images)
    bad = allowed / 'bad'
    bad.mkdir()
    outside = folder() / 'secret'
    files = (('services: [', 'docker-compose says'), ('', ''), ('services: {a: {image: x, env_file: %s/plain.env}}' % outside, 'plain.env'), ('services: {a: {image: x, evil: 1}}', 'evil'),
             ('services: {a: {extends: {file: %s/compose.yaml, service: db}}}' % outside, ''), ('include: [%s/compose.yaml]' % outside, ''),
             ('x: &a [1,1,1,1,1,1,1,1,1]\ny: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nz: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n', ''))
    for text, words in files:
        (bad / 'compose.yaml').write_text(text, encoding='ascii')
        answer = refused_in(bad)
        assert words in answer and SECRET not in answer, (text, answer)
    (bad / 'compose.yaml').unlink()
    os.symlink(outside / 'compose.yaml', bad / 'compose.yaml')
    assert SECRET not in refused_in(bad)
    assert not engine().request('GET', '/v1.41/containers/json?all=1')


def test_d_version_2_is_told_the_same():
    script = ('case "$*" in\n*"config --format json") echo \'{"services": {"web": {"image": "x:1", "environment": {"KEY": "%s"}}}}\';;\n'
              '*"config --hash *") echo "web 123";;\n*) printf "<%%s>" "$@"; env;;\nesac\n' % SECRET)
    os.environ['SECRET_OF_THE_DAEMON'] = 'x'
    second = Stage(f'unix://{engine().socket}', tools=TOOLS, compose_folders=[str(folder() / 'allowed')], daemon=ComposeDaemon(script))
    try:
        config = second.call('docker.compose_config', project_dir=shop())
        assert config['program'] == 'docker compose' and config['config']['services']['web']['environment'] == {'KEY': '[hidden]'}, config
        for action, last in (('up', '<up><-d>'), ('down', '<down>'), ('pull', '<pull>')):
            output = second.call('docker.compose', project_dir=shop(), action=action)['output']
            expected = rf'<-H><unix:///[^>]*/vigilus-compose-[^>/]*/docker\.sock><compose><--ansi><never><--project-directory><{shop()}><-f><{shop()}/compose\.yaml>{last}'
            assert re.match(expected, output), output
            assert 'SECRET' not in output and 'VIGILUS' not in output, output
        output = second.call('docker.compose', project_dir=shop(), action='up', services=['web'])['output']
        assert '<up><-d><web>' in output, output
        plan = second.call('docker.compose_ps', project_dir=shop())
        assert would(plan['services']) == {'web': 'pull its image and be created'}, plan
    finally:
        second.close()


STUBBORN = f"""
services:
  stubborn:
    image: {WEB}
    command: sleep 600
    stop_grace_period: 5m
"""


def compose_programs():
    return [line for line in subprocess.run(['pgrep', '-af', 'docker-compose'], capture_output=True, text=True, check=False).stdout.splitlines() if '/slow' in line]


def test_e_what_is_told_of_a_project_that_is_stopped_halfway():
    slow = folder() / 'allowed' / 'slow'
    slow.mkdir()
    (slow / 'compose.yaml').write_text(STUBBORN, encoding='ascii')
    assert [row['state'] for row in stage().call('docker.compose', project_dir=str(slow), action='up')['containers']] == ['running']
    run = stage().begin(('docker.compose', {'project_dir': str(slow), 'action': 'down'}))
    harness.wait_for(compose_programs, 'the program')
    shown = lambda: str(stage().client.get(f'/api/v1/sessions/{run["session_id"]}/live').expect(200)['outputs'])  # noqa: E731
    harness.wait_for(lambda: 'Stopping' in shown(), 'what it does, on the card')
    stage().client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)
    (call,) = stage().end(run, 20)
    assert call['outcome'] == 'interrupted' and 'may or may not have happened' in call['result']['text'], call
    # What there was before is not lost with it: "restore" takes it as it stands.
    noted = json.loads(call['result']['text'].split('Noted before it began: ')[1])['images_before']
    assert [(row['service'], row['image']) for row in noted] == [('stubborn', WEB)] and noted[0]['digest'] == engine_reference(WEB), noted
    harness.wait_for(lambda: not compose_programs(), 'the end of the program')
    # Who looks afterwards is told how things are.
    (row,) = stage().call('docker.compose_ps', project_dir=str(slow))['containers']
    assert row['service'] == 'stubborn' and row['state'] == 'running', row
    assert stage().call('docker.compose', project_dir=str(slow), action='restore', images=noted)['images_before'] == noted
    engine().request('DELETE', f'/v1.41/containers/{row["id"]}?force=1')


def test_f_what_there_was_before_is_told_of_a_project_whose_time_is_over():
    """By a clock that jumps: the limit is a quarter of an hour."""
    library = next(pathlib.Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1'))
    clock = folder() / 'clock'
    clock.write_text('+0', encoding='ascii')
    script = ('case "$*" in\n*"config --format json") echo \'{"services": {"web": {"image": "%s"}}}\';;\n*"config --hash *") echo "web 123";;\n'
              '*) exec sleep 3617;;\nesac\n' % dockerd.IMAGE)
    env = {**harness.asan_options('verify_asan_link_order=0'), 'LD_PRELOAD': str(library), 'FAKETIME_TIMESTAMP_FILE': str(clock), 'FAKETIME_NO_CACHE': '1'}
    late = Stage(f'unix://{engine().socket}', tools=TOOLS, compose_folders=[str(folder() / 'allowed')], daemon=ComposeDaemon(script, env=env))
    try:
        run = late.begin(('docker.compose', {'project_dir': shop(), 'action': 'up'}))
        running = lambda: subprocess.run(['pgrep', '-xf', 'sleep 3617'], check=False, stdout=subprocess.DEVNULL).returncode == 0  # noqa: E731
        harness.wait_for(running, 'the program')
        clock.write_text('+16m', encoding='ascii')
        (call,) = late.end(run)
        assert call['outcome'] == 'unknown' and 'took longer than its limit' in call['result']['text'], call
        (noted,) = json.loads(call['result']['text'].split('Noted before it began: ')[1])['images_before']
        image = engine().request('GET', f'/v1.41/images/{dockerd.IMAGE}/json')['Id']
        assert (noted['service'], noted['image'], noted['image_id']) == ('web', dockerd.IMAGE, image), noted
        harness.wait_for(lambda: not running(), 'the end of the program')
    finally:
        late.close()


if __name__ == '__main__':
    if dockerd.missing():
        print(f'1..1\nok 1 - compose # SKIP {dockerd.missing()}')
    else:
        harness.main(globals())

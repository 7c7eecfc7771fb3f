#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compose projects: Debian's docker-compose on a real dockerd with a real registry, and what a version 2 would be told."""
import atexit
import functools
import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import dockerd  # noqa: E402
import harness  # noqa: E402
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
    """What is shown before a call, which is then denied."""
    stage().client.patch(f'/api/v1/operators/{stage().operator["id"]}', {'trust_mode': 'strict'}).expect(200)
    try:
        run = stage().begin(('docker.compose', {'project_dir': shop(), **arguments}))
        approval = harness.pending(stage().client, 60)
        harness.decide(stage().client, approval, 'deny', reason='only looking')
        stage().end(run)
        assert approval['resource'] == f'docker:nas/{shop()}' and approval['level'] == 'write', approval
        return approval['preview']['text']
    finally:
        stage().client.patch(f'/api/v1/operators/{stage().operator["id"]}', {'trust_mode': 'lenient'}).expect(200)


def compose(action, **more):
    return stage().call('docker.compose', project_dir=shop(), action=action, **more)


def image_of(service):
    (container,) = [one for one in engine().request('GET', '/v1.41/containers/json?all=1') if one['Labels'].get('com.docker.compose.service') == service]
    return container['ImageID']


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
    for path in (folder() / 'secret', folder() / 'allowed-not', allowed / 'link', f'{allowed}/../secret', '/etc', f'{allowed}/nothing', f'{shop()}/compose.yaml', '/proc/self/root/etc'):
        text = refused_in(path)
        assert 'there is no folder' in text or 'has no compose.yaml' in text, (path, text)
    for path in (f'{shop()}/', f'{shop()}/.', f'{allowed}//shop', f'{shop()}/data/..'):
        assert 'write it as' in refused_in(path), path
    for path in ('/', 'shop', '../shop', '~', '$(id)', '-f', '', '/x\x00y', 'a' * 2000):
        refused_in(path)
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


class Daemon2(harness.Daemon):
    """In a mount namespace where "docker" is a stand-in that has the Compose plugin: it tells what it was told."""

    def command(self):
        return ['unshare', '-m', '--propagation', 'private', 'sh', '-c', f'mount --bind {self.stand_in}/docker "$(command -v docker)" && mount -t overlay -o '
                f'lowerdir={self.stand_in}/libexec:/usr/libexec overlay /usr/libexec && exec "$@"', 'sh', *super().command()]


def test_d_version_2_is_told_the_same():
    made = folder() / 'stand-in'
    plugin = made / 'libexec' / 'docker' / 'cli-plugins' / 'docker-compose'
    plugin.parent.mkdir(parents=True)
    plugin.write_text('#!/bin/sh\n', encoding='ascii')
    script = made / 'docker'
    script.write_text('#!/bin/sh\ncase "$*" in\n*"config --format json") echo \'{"services": {"web": {"image": "x:1", "environment": {"KEY": "%s"}}}}\';;\n'
                      '*"config --hash *") echo "web 123";;\n*) printf "<%%s>" "$@"; env;;\nesac\n' % SECRET, encoding='ascii')
    for path in (plugin, script):
        path.chmod(0o755)
    Daemon2.stand_in = made
    os.environ['SECRET_OF_THE_DAEMON'] = 'x'
    second = Stage(f'unix://{engine().socket}', tools=TOOLS, compose_folders=[str(folder() / 'allowed')], daemon=Daemon2())
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


if __name__ == '__main__':
    if dockerd.missing():
        print(f'1..1\nok 1 - compose # SKIP {dockerd.missing()}')
    else:
        harness.main(globals())

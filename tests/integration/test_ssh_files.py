#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files of servers by SFTP, and commands on several servers at once."""
import base64
import json
import os
import pathlib
import pwd
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import decide, ended, pending, say  # noqa: E402
from inventory import Keeper, add_server  # noqa: E402


def ask(keeper, *arguments, tool=None, approve=False):
    """The results of calls with these arguments, as the model gets them."""
    keeper.tool = tool or keeper.tool
    keeper.commands[:] = arguments
    _, run = say(keeper.client, '@Keeper go')
    for _ in arguments if approve else ():
        decide(keeper.client, pending(keeper.client))
    ended(keeper.client, run['id'])
    return keeper.results(run)


def read(keeper, *arguments):
    return [json.loads(text) if text.startswith('{') else text for text in ask(keeper, *arguments, tool='ssh-read')]


def test_reading():
    with tempfile.TemporaryDirectory() as folder, Keeper([], file_paths=[f'{folder}/open']) as keeper:
        root = pathlib.Path(folder, 'open')
        (root / 'sub').mkdir(parents=True)
        (root / 'text').write_text('grüße\n' * 30000, encoding='utf-8')
        (root / 'binary').write_bytes(b'\0\1\2')
        (root / 'empty').touch()
        os.mkfifo(root / 'pipe')
        at = lambda name, **more: {'server': 'nas', 'path': f'{root}/{name}', **more}  # noqa: E731
        text, part, end, binary, empty, listing = read(keeper, at('text'), at('text', offset=1, limit=2), at('text', offset=-8), at('binary'), at('empty'),
                                                       {'server': 'nas', 'path': str(root)})
        assert text['kind'] == 'file' and text['size'] == 240000 and text['truncated'] and text['text'].startswith('grüße\n'), text
        assert part['text'] == 'r' and part['bytes'] == 1 and part['truncated'], part
        assert end['text'] == 'grüße\n' and not end['truncated'], end
        assert binary['binary'] and base64.b64decode(binary['base64']) == b'\0\1\2', binary
        assert empty['text'] == '' and not empty['truncated'], empty
        assert [entry['name'] for entry in listing['entries']] == ['binary', 'empty', 'pipe', 'sub', 'text'], listing
        pipe, missing = read(keeper, at('pipe'), at('missing'))
        assert 'neither a file nor' in pipe and 'there is no' in missing, (pipe, missing)


def test_a_write_that_nobody_was_asked_about_shows_what_it_changed():
    with tempfile.TemporaryDirectory() as folder, Keeper([], file_paths=[folder]) as keeper:
        pathlib.Path(folder, 'hosts').write_text('one\ntwo\n', encoding='utf-8')
        keeper.client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)
        write = lambda name, content: {'server': 'nas', 'path': f'{folder}/{name}', 'content': base64.b64encode(content).decode(), 'encoding': 'base64'}  # noqa: E731
        ask(keeper, write('hosts', 'one\ndréi\n'.encode()), write('blob', b'\0\1'), tool='ssh-write')
        assert pathlib.Path(folder, 'hosts').read_text(encoding='utf-8') == 'one\ndréi\n'
        run = keeper.client.items('/api/v1/runs?limit=1')[0]
        text, blob = (call['preview'] for call in keeper.client.items(f'/api/v1/runs/{run["id"]}/calls'))
        assert text['kind'] == 'diff' and '\n-two\n+dréi\n' in text['text'], text
        assert blob['kind'] == 'text' and 'with 2 bytes' in blob['text'], blob


def test_nothing_outside_of_the_folders():
    with tempfile.TemporaryDirectory() as folder, Keeper([], file_paths=[f'{folder}/open', f'{folder}/door']) as keeper:
        base = pathlib.Path(folder)
        for name in ('open', 'open-evil', 'room'):
            (base / name).mkdir()
            (base / name / 'secret').write_text('the secret', encoding='ascii')
        (base / 'open/link').symlink_to(base / 'open-evil/secret')
        (base / 'open/up').symlink_to('..')
        (base / 'open/dangling').symlink_to(base / 'open-evil/new')
        (base / 'open/inner').symlink_to('secret')
        (base / 'door').symlink_to('room')
        hostile = ['open/link', 'open/up/open-evil/secret', 'open/../open-evil/secret', 'open-evil/secret', 'open/./../open-evil/secret', 'open/dangling',
                   'open//..//open-evil/secret', 'open/up', '', 'open/\n/../../open-evil/secret', 'open/%2e%2e/open-evil/secret', 'open/$(id)', 'open/`id`;id']
        results = read(keeper, *({'server': 'nas', 'path': f'{folder}/{name}'} for name in hostile))
        for name, text in zip(hostile, results):
            assert isinstance(text, str) and 'the secret' not in text, (name, text)
            assert 'outside of the folders' in text or 'there is no' in text or 'not there' in text, (name, text)
        good = read(keeper, *({'server': 'nas', 'path': f'{folder}/{name}'} for name in ('room/secret', 'open//./secret', 'open/secret')))
        assert [answer['text'] for answer in good] == ['the secret'] * 3, good
        # PITFALLS 6: what policies and grants go by is what is touched, or they could be led round.
        (base / 'open/deep/deeper').mkdir(parents=True)
        (base / 'open/short').symlink_to('deep/deeper')
        for name, real in (('open/inner', 'open/secret'), ('door/secret', 'room/secret'), ('open/short/../secret', 'open/deep/secret')):
            (text,) = read(keeper, {'server': 'nas', 'path': f'{folder}/{name}'})
            assert f'write it as {folder}/{real}' in text, (name, text)
        for name in ('open/link', 'open/dangling', 'open/up/open-evil/new', 'open/inner', 'open', 'open/short/../new'):
            (text,) = ask(keeper, {'server': 'nas', 'path': f'{folder}/{name}', 'content': 'overwritten'}, tool='ssh-write', approve=True)
            assert text.startswith('Failed'), (name, text)
        assert not (base / 'open-evil/new').exists() and (base / 'open-evil/secret').read_text(encoding='ascii') == 'the secret'
        keeper.client.patch(f'/api/v1/servers/{keeper.server["id"]}', {'file_paths': []}).expect(200)
        (text,) = read(keeper, {'server': 'nas', 'path': f'{folder}/open/secret'})
        assert 'names no folders' in text, text
        for paths in (['relative'], ['/a/../b'], ['/a/'], ['//a'], ['/a', '/a'], ['']):
            assert keeper.client.patch(f'/api/v1/servers/{keeper.server["id"]}', {'file_paths': paths}).status == 400, paths


def test_writing():
    with tempfile.TemporaryDirectory() as folder, Keeper([], 'ssh-write', file_paths=[folder]) as keeper:
        path = pathlib.Path(folder, 'notes "$(id)".txt')
        path.write_text('one\ntwo\n', encoding='ascii')
        path.chmod(0o640)
        keeper.commands[:] = [{'server': 'NAS', 'path': str(path), 'content': 'one\nthree\n'}]
        _, run = say(keeper.client, '@Keeper write')
        approval = pending(keeper.client)
        assert approval['level'] == 'write' and approval['resource'] == f'server:nas:{path}', approval
        assert approval['preview']['kind'] == 'diff' and '-two' in approval['preview']['text'] and '+three' in approval['preview']['text'], approval
        assert path.read_text(encoding='ascii') == 'one\ntwo\n'
        decide(keeper.client, approval)
        ended(keeper.client, run['id'])
        assert path.read_text(encoding='ascii') == 'one\nthree\n' and path.stat().st_mode & 0o7777 == 0o640
        (text,) = ask(keeper, {'server': 'nas', 'path': f'{folder}/new', 'content': base64.b64encode(b'\0\xff').decode(), 'encoding': 'base64', 'mode': '0600'},
                      approve=True)
        new = pathlib.Path(folder, 'new')
        assert json.loads(text)['created'] and new.read_bytes() == b'\0\xff' and new.stat().st_mode & 0o7777 == 0o600, text
        (text,) = ask(keeper, {'server': 'nas', 'path': f'{folder}/no/such/folder', 'content': 'x'}, approve=True)
        assert text.startswith('Failed'), text
        assert sorted(os.listdir(folder)) == ['new', path.name]


def test_writing_what_elevates():
    with tempfile.TemporaryDirectory() as folder, Keeper([], 'ssh-write', file_paths=[folder, '/etc/cron.d']) as keeper:
        keys, program, new = (pathlib.Path(folder, name) for name in ('authorized_keys', 'program', 'new'))
        keys.write_text('old', encoding='ascii')
        elevating = [{'path': '/etc/cron.d/vigilus-test'}, {'path': f'{folder}/./authorized_keys'}, {'path': str(new), 'mode': '4755'}, {'path': str(new), 'mode': '2755'}]
        elevating = [{'server': 'nas', 'content': 'x', **arguments} for arguments in elevating]
        for text in ask(keeper, *elevating):
            assert 'ceiling' in text and 'elevate' in text, text
        # What is inherited is not asked for.
        program.write_text('old', encoding='ascii')
        program.chmod(0o6755)
        ask(keeper, {'server': 'nas', 'path': str(program), 'content': 'new'}, approve=True)
        assert program.read_text(encoding='ascii') == 'new' and program.stat().st_mode & 0o7777 == 0o755, oct(program.stat().st_mode)
        keeper.client.patch(f'/api/v1/operators/{keeper.operator["id"]}', {'permission_level': 'elevate'}).expect(200)
        for arguments in elevating[1:3]:
            keeper.commands[:] = [arguments]
            _, run = say(keeper.client, '@Keeper write')
            approval = pending(keeper.client)
            assert approval['level'] == 'elevate' and approval['resource'] == f'server:nas:{os.path.normpath(arguments["path"])}', approval
            decide(keeper.client, approval)
            ended(keeper.client, run['id'])
        assert keys.read_text(encoding='ascii') == 'x' and new.stat().st_mode & 0o7777 == 0o4755, keeper.results(run)
        assert not os.path.exists('/etc/cron.d/vigilus-test')


def test_what_was_written_is_put_back_by_one_click():
    with tempfile.TemporaryDirectory() as folder, Keeper([], 'ssh-write', file_paths=[folder]) as keeper:
        client, path, new = keeper.client, pathlib.Path(folder, 'conf'), pathlib.Path(folder, 'new')
        path.write_bytes(b'old\0\xff' * 30000)
        path.chmod(0o4750)
        owner = (1234, 5678) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
        os.chown(path, *owner)
        path.chmod(0o4750)
        undo = lambda change, status=200, **more: client.post(f'/api/v1/changes/{change["id"]}/undo', more).expect(status)  # noqa: E731
        ask(keeper, {'server': 'nas', 'path': str(path), 'content': 'first', 'mode': '0600'}, approve=True)
        ask(keeper, {'server': 'nas', 'path': str(new), 'content': 'made'}, approve=True)
        made, changed = client.items('/api/v1/changes')
        (file,) = changed['files']
        assert file['path'] == str(path) and file['server_name'] == 'nas' and file['server_id'] == keeper.server['id'] and file['before_size'] == 150000, changed
        assert path.read_bytes() == b'first' and path.stat().st_mode & 0o7777 == 0o600
        done = undo(changed)
        info = path.stat()
        assert path.read_bytes() == b'old\0\xff' * 30000 and info.st_mode & 0o7777 == 0o4750 and (info.st_uid, info.st_gid) == owner, (done, info)
        undo(changed, 409)
        again = client.get(f'/api/v1/changes/{done["undone_as"]}').expect(200)
        undo(again)
        assert path.read_bytes() == b'first', 'undone in turn'
        new.write_text('by somebody else', encoding='ascii')
        answer = client.post(f'/api/v1/changes/{made["id"]}/undo')
        assert answer.status == 409 and answer.json['error']['details']['can_override'] and f'nas:{new}' in answer.json['error']['message'], answer.body
        undo(made, override=True)
        assert not new.exists() and sorted(os.listdir(folder)) == ['conf']
        (row,) = [row for row in client.items('/api/v1/audit?event=undo.outcome') if row['detail']['override']]
        assert row['resource'] == f'server:nas:{new}' and row['outcome'] == 'success', row
        ask(keeper, {'server': 'nas', 'path': str(path), 'content': 'second'}, approve=True)
        last = client.items('/api/v1/changes')[0]
        path.unlink()
        pathlib.Path(folder, 'elsewhere').write_text('mine', encoding='ascii')
        path.symlink_to('elsewhere')
        assert 'link' in client.post(f'/api/v1/changes/{last["id"]}/undo', {'override': True}).expect(403)['error']['message']
        assert pathlib.Path(folder, 'elsewhere').read_text(encoding='ascii') == 'mine'
        path.unlink()
        client.patch(f'/api/v1/servers/{keeper.server["id"]}', {'file_paths': ['/srv']}).expect(200)
        undo(last, 403, override=True)
        client.delete(f'/api/v1/servers/{keeper.server["id"]}').expect(204)
        undo(last, 404, override=True)


def test_undo_gives_no_rights_to_another_owner():
    if os.geteuid() != 0:
        return 'only root can give files to others'
    with tempfile.TemporaryDirectory() as folder, Keeper([], 'ssh-write', file_paths=[folder]) as keeper:
        client, gone, kept = keeper.client, pathlib.Path(folder, 'gone'), pathlib.Path(folder, 'kept')
        add_server(client, keeper.sshd, {'id': keeper.server['credential_id']}, 'low', user_name='nobody', file_paths=[folder])
        for path in (keeper.sshd.folder, pathlib.Path(folder)):
            path.chmod(0o777)
        undo = lambda: client.post(f'/api/v1/changes/{client.items("/api/v1/changes")[0]["id"]}/undo', {'override': True}).expect(200)  # noqa: E731
        state = lambda path: (path.read_text(encoding='ascii'), oct(path.stat().st_mode & 0o7777), path.stat().st_uid)  # noqa: E731
        for path, owner in ((gone, 1234), (kept, 0)):
            path.write_text('old', encoding='ascii')
            os.chown(path, owner, owner)
            path.chmod(0o4755)
        (text,) = ask(keeper, {'server': 'nas', 'path': str(gone), 'content': 'new', 'mode': '0600'}, approve=True)
        assert state(gone) == ('new', '0o600', 1234), text
        gone.unlink()
        undo()
        assert state(gone) == ('old', '0o4755', 1234), state(gone)
        nobody = pwd.getpwnam('nobody').pw_uid
        (text,) = ask(keeper, {'server': 'low', 'path': str(kept), 'content': 'new'}, approve=True)
        assert state(kept) == ('new', '0o755', nobody), (text, state(kept))
        undo()
        assert state(kept) == ('old', '0o755', nobody), state(kept)
    return None


def test_several_servers_at_once():
    with Keeper([{'servers': ['one', 'TWO', 'three', 'two'], 'command': 'echo "out of $SSH_CONNECTION"; sleep 1'}]) as keeper:
        for name in ('one', 'two', 'three'):
            add_server(keeper.client, keeper.sshd, {'id': keeper.server['credential_id']}, name)
        _, run = say(keeper.client, '@Keeper look')
        approval = pending(keeper.client)
        assert approval['resource'] == 'servers:one,three,two' and 'one, TWO, three' in approval['preview']['text'], approval
        decide(keeper.client, approval, mode='timed', minutes=5)
        ended(keeper.client, run['id'])
        answer = json.loads(keeper.results(run)[0])
        assert [result['server'] for result in answer['results']] == ['one', 'two', 'three'] and not answer['is_error'], answer
        assert all(result['exit_status'] == 0 and 'out of 127.0.0.1' in result['stdout'] for result in answer['results']), answer
        keeper.client.patch(f'/api/v1/servers/{keeper.server["id"]}', {'host': 'no-such-host.invalid'}).expect(200)
        (text,) = ask(keeper, {'servers': ['one', 'nas'], 'command': 'true'}, approve=True)
        first, second = json.loads(text)['results']
        assert first['exit_status'] == 0 and 'resolved' in second['error'] and json.loads(text)['is_error'], text
        for arguments in ({'command': 'true'}, {'server': 'one', 'servers': ['two'], 'command': 'true'}, {'servers': ['one', 'nobody'], 'command': 'true'}):
            (text,) = ask(keeper, arguments, approve=True)
            assert text.startswith('Failed') and ('either server or servers' in text or 'no server "nobody"' in text), text


def test_the_command_is_read_before_it_runs():
    with Keeper([{'server': 'nas', 'command': 'df -h; rm -rf /srv/x'}]) as keeper:
        _, run = say(keeper.client, '@Keeper look')
        approval = pending(keeper.client)
        assert approval['preview']['kind'] == 'command' and 'df -h' in approval['preview']['text'] and 'rm -rf' in approval['preview']['text'], approval
        decide(keeper.client, approval, 'deny')
        ended(keeper.client, run['id'])
        keeper.commands[:] = [{'server': 'nas', 'command': 'sudo -i'}]
        _, run = say(keeper.client, '@Keeper look')
        ended(keeper.client, run['id'])
        assert 'enied' in keeper.results(run)[0] and 'elevate' in keeper.results(run)[0], keeper.results(run)


if __name__ == '__main__':
    harness.main(globals())

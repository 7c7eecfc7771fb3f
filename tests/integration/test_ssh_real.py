#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ssh.exec against servers as they are: slow, silent, odd, dying; and hostile arguments for every tool that reaches servers."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import Daemon, ended, say, wait_for  # noqa: E402
from inventory import Keeper, add_key, add_server, is_running, try_it  # noqa: E402
from sshd import Sshd  # noqa: E402


def allow_all(keeper):
    """From here on calls run without asking."""
    keeper.client.patch('/api/v1/settings', {'trust_mode': 'lenient'}).expect(200)


def ask(keeper, *arguments, tool='ssh-exec'):
    keeper.tool = tool
    keeper.commands[:] = arguments
    _, run = say(keeper.client, '@Keeper go')
    ended(keeper.client, run['id'])
    return keeper.results(run)


def execute(keeper, command, **more):
    (text,) = ask(keeper, {'server': 'nas', 'command': command, **more})
    return json.loads(text) if text.startswith('{') else text


def shown_while_it_runs(keeper, path):
    """What the card shows of a command on two servers while it waits for the file @path."""
    keeper.tool = 'ssh-exec'
    keeper.commands[:] = [{'servers': ['nas', 'twin'], 'command': f'echo begun; while [ ! -e {path} ]; do sleep 0.05; done; echo over'}]
    _, run = say(keeper.client, '@Keeper go')
    shown = lambda: str(keeper.client.get(f'/api/v1/sessions/{run["session_id"]}/live').expect(200)['outputs'])  # noqa: E731
    wait_for(lambda: shown().count('begun') == 2, 'the beginning of the output')
    text = shown()
    pathlib.Path(path).touch()
    ended(keeper.client, run['id'])
    return text


def test_output_is_shown_while_it_comes():
    with Keeper([]) as keeper, tempfile.TemporaryDirectory() as folder:
        allow_all(keeper)
        add_server(keeper.client, keeper.sshd, {'id': keeper.server['credential_id']}, name='twin')
        text = shown_while_it_runs(keeper, f'{folder}/go')
        assert 'nas: begun' in text and 'twin: begun' in text and 'over' not in text, text
        (result,) = keeper.results(keeper.client.items('/api/v1/runs?limit=1')[0])
        assert [row['stdout'] for row in json.loads(result)['results']] == ['begun\nover\n'] * 2, result


def test_commands_of_every_kind():
    with Keeper([]) as keeper:
        allow_all(keeper)
        apart = execute(keeper, 'for i in 1 2 3; do echo o$i; echo e$i >&2; done')
        assert apart['stdout'] == 'o1\no2\no3\n' and apart['stderr'] == 'e1\ne2\ne3\n', apart
        assert execute(keeper, 'cat')['stdout'] == '', 'its input is empty'
        mark = f'sleep 7{os.getpid()}'
        behind = execute(keeper, f'{mark} & echo done', timeout=60)
        assert behind['stdout'] == 'done\n' and behind['exit_status'] == 0, behind
        assert is_running(f'^{mark}'), 'what was left in the background goes on'
        after = execute(keeper, 'sleep 300', timeout=5)
        assert after['timed_out'] and is_running(f'^{mark}'), after
        subprocess.run(['pkill', '-f', f'^{mark}'], check=True)
        endless = execute(keeper, 'yes', timeout=5)
        assert isinstance(endless, str) or (endless['timed_out'] and endless['truncated']), str(endless)[:300]
        assert execute(keeper, 'exit 7')['exit_status'] == 7
        assert execute(keeper, 'no-such-command-here')['exit_status'] == 127
        invalid = execute(keeper, r"printf '\377\376 ok'")
        assert invalid['stdout'].endswith(' ok'), invalid
        environment = execute(keeper, 'env')['stdout']
        assert 'VIGILUS' not in environment and 'SSH_AUTH_SOCK' not in environment, environment


def test_a_connection_that_died_unseen_is_made_again():
    with Keeper([]) as keeper:
        allow_all(keeper)
        # The first pins the host key, so that its connection is not the one that is kept.
        assert execute(keeper, 'true')['exit_status'] == 0
        assert execute(keeper, 'true')['exit_status'] == 0
        log = keeper.sshd.folder / 'log'
        made = log.read_text(encoding='utf-8').count('Accepted publickey')
        assert execute(keeper, 'true')['exit_status'] == 0
        assert log.read_text(encoding='utf-8').count('Accepted publickey') == made, 'one connection is used again'
        subprocess.run(['pkill', '-9', '-P', str(keeper.sshd.process.pid)], check=True)
        assert execute(keeper, 'echo again')['stdout'] == 'again\n'
        assert log.read_text(encoding='utf-8').count('Accepted publickey') == made + 1


class Cable:
    """A network of two, with a name space of its own at the other end."""

    def __enter__(self):
        self.name, self.net = f'vt{os.getpid()}', f'10.251.{os.getpid() % 250}'
        self.address, self.enter = f'{self.net}.2', ['ip', 'netns', 'exec', self.name]
        for words in (f'netns add {self.name}', f'link add {self.name}a type veth peer name {self.name}b netns {self.name}', f'addr add {self.net}.1/30 dev {self.name}a',
                      f'link set {self.name}a up', f'-n {self.name} addr add {self.address}/30 dev {self.name}b', f'-n {self.name} link set {self.name}b up',
                      f'-n {self.name} link set lo up'):
            self.ip(words)
        return self

    def ip(self, words):
        subprocess.run(['ip', *words.split()], check=True)

    def pull(self):
        self.ip(f'link set {self.name}a down')

    def plug(self):
        self.ip(f'link set {self.name}a up')

    def __exit__(self, *unused):
        self.ip(f'netns del {self.name}')


def test_a_network_that_is_gone_is_noticed_within_45_seconds():
    if os.geteuid() != 0:
        return 'only root can make a network'
    with Cable() as cable, Keeper([]) as keeper, Sshd(address=cable.address, enter=cable.enter) as far:
        allow_all(keeper)
        add_server(keeper.client, far, add_key(keeper.client, far, 'far'), 'far', host=cable.address)
        for _ in range(2):
            (text,) = ask(keeper, {'server': 'far', 'command': 'echo there'})
            assert text.startswith('{') and json.loads(text)['stdout'] == 'there\n', text
        mark = f'sleep 3{os.getpid()}'
        keeper.commands[:] = [{'server': 'far', 'command': f'echo begun; {mark}', 'timeout': 120}]
        _, run = say(keeper.client, '@Keeper go')
        harness.wait_for(lambda: is_running(f'^{mark}'), 'the command')
        cable.pull()
        begin = time.monotonic()
        assert execute(keeper, 'echo near')['stdout'] == 'near\n', 'others go on'
        ended(keeper.client, run['id'])
        (call,) = keeper.calls(run)
        assert call['outcome'] == 'interrupted' and 'the connection was lost' in call['result']['text'], call
        print(f'# noticed after {time.monotonic() - begin:.0f} s')
        cable.plug()
        subprocess.run(['pkill', '-f', f'^{mark}'], check=True)
        (text,) = ask(keeper, {'server': 'far', 'command': 'echo again'})
        assert text.startswith('{') and json.loads(text)['stdout'] == 'again\n', text
    return None


def test_every_kind_of_host_key_and_odd_servers():
    with tempfile.TemporaryDirectory() as folder:
        banner = pathlib.Path(folder, 'banner')
        banner.write_text('\033[31mKeep out\033[0m\n', encoding='ascii')
        cases = (('ecdsa', f'Banner {banner}', 'ok'), ('rsa', 'PubkeyAcceptedAlgorithms rsa-sha2-512,rsa-sha2-256,ssh-ed25519', 'ok'),
                 ('ed25519', 'RekeyLimit 1M', 'ok'), ('ed25519', 'Compression yes', 'ok'), ('ed25519', 'MaxAuthTries 1', 'ok'),
                 ('ed25519', 'KexAlgorithms diffie-hellman-group1-sha1', 'host_key'), ('ed25519', 'PubkeyAcceptedAlgorithms ssh-rsa', 'authentication'))
        with Daemon() as daemon:
            client = daemon.set_up()
            for number, (host_key, options, step) in enumerate(cases):
                with Sshd(options, host_key) as sshd:
                    report = try_it(client, add_server(client, sshd, add_key(client, sshd, f'key {number}'), f'server {number}'))
                    assert (report['step'] or 'ok') == step, (options, report)
                    assert report['banner'] == ('Keep out\n' if 'Banner' in options else None), report


def test_silent_and_stopped_servers_hold_up_nobody():
    with Keeper([]) as keeper, socket.socket() as silent:
        silent.bind(('127.0.0.1', 0))
        silent.listen(5)
        client = keeper.client
        mute = client.post('/api/v1/servers', {'name': 'mute', 'host': '127.0.0.1', 'port': silent.getsockname()[1], 'user_name': 'u'}).expect(201)
        reports = []
        thread = threading.Thread(target=lambda: reports.append(try_it(client, mute)))
        thread.start()
        allow_all(keeper)
        for _ in range(2):
            assert execute(keeper, 'true')['exit_status'] == 0
        children = subprocess.run(['pgrep', '-P', str(keeper.sshd.process.pid)], capture_output=True, text=True, check=True).stdout.split()
        for child in children:
            os.kill(int(child), signal.SIGSTOP)
        try:
            keeper.commands[:] = [{'server': 'nas', 'command': 'echo never'}]
            _, run = say(client, '@Keeper go')
            time.sleep(2)
            assert client.post(f'/api/v1/runs/{run["id"]}/stop').expect(200)['state'] == 'stopped'
        finally:
            for child in children:
                os.kill(int(child), signal.SIGCONT)
        thread.join(120)
        assert reports and reports[0]['step'] == 'host_key', reports


def test_questions_are_answered():
    if os.geteuid() != 0:
        return 'only root can add an account for a password'
    name = f'vigilus-test-{os.getpid()}'
    subprocess.run(['useradd', '-M', '-d', '/', '-s', '/bin/sh', name], check=True)
    try:
        subprocess.run(['chpasswd'], input=f'{name}:the pass word', text=True, check=True)
        with Daemon() as daemon, Sshd(options='KbdInteractiveAuthentication yes\nPasswordAuthentication no\nUsePAM yes') as sshd:
            client = daemon.set_up()
            sshd.user = name
            credential = client.post('/api/v1/credentials', {'name': 'pw', 'kind': 'password', 'password': 'the pass word'}).expect(201)
            report = try_it(client, add_server(client, sshd, credential))
            assert report['ok'], (report, (sshd.folder / 'log').read_text(encoding='utf-8')[-500:])
    finally:
        subprocess.run(['userdel', name], check=True)
    return None


HOSTILE = ['$(touch MARK)', '`touch MARK`', '; touch MARK', '| touch MARK', '\ntouch MARK\n', "' ; touch MARK ; '", '" ; touch MARK ; "', '&& touch MARK', '-oProxyCommand=touch MARK',
           '../../../../MARK', '%0atouch MARK', '${IFS}touch${IFS}MARK', '{touch,MARK}', '<(touch MARK)', '\u202etouch MARK', '*', '?', '~', '\\', '\x7f', 'x' * 5000]


def test_no_argument_reaches_a_shell():
    with tempfile.TemporaryDirectory() as folder, Keeper([], file_paths=[folder]) as keeper:
        allow_all(keeper)
        mark = pathlib.Path(folder, 'hit')
        words = [text.replace('MARK', str(mark)) for text in HOSTILE]
        results = ask(keeper, *({'server': word, 'path': f'{folder}/x'} for word in words), tool='ssh-read')
        results += ask(keeper, *({'server': 'nas', 'path': f'{folder}/{word}'} for word in words), tool='ssh-read')
        results += ask(keeper, *({'server': word, 'path': f'{folder}/x', 'content': 'x'} for word in words), tool='ssh-write')
        results += ask(keeper, *({'server': word, 'command': 'true'} for word in words))
        results += ask(keeper, {'servers': words[:-1], 'command': 'true'})
        assert not any(text.startswith('{') for text in results) and not pathlib.Path(folder, 'x').exists(), results
        written = ask(keeper, *({'server': 'nas', 'path': f'{folder}/{word}', 'content': word, 'mode': '0600'} for word in words if '/' not in word), tool='ssh-write')
        assert any(text.startswith('{') for text in written), written
        for word, text in zip([word for word in words if '/' not in word], written):
            if text.startswith('{'):
                assert pathlib.Path(json.loads(text)['path']).read_text(encoding='utf-8') == word, word
        assert not mark.exists() and not pathlib.Path('MARK').exists()
        client = keeper.client
        for word in words:
            for member in ('host', 'user_name'):
                answer = client.post('/api/v1/servers', {'name': f'n{time.monotonic()}', 'host': 'h', 'user_name': 'u', member: word})
                assert answer.status in (400, 201) and (answer.status == 400 or 'touch' not in word), (member, word, answer.status)
        for tag in words[:-1]:
            client.patch(f'/api/v1/servers/{keeper.server["id"]}', {'tags': [tag[:64]], 'notes': tag}).expect(200)
        assert try_it(client, keeper.server)['ok'] and not mark.exists()


def test_files_only():
    with tempfile.TemporaryDirectory() as folder, Keeper([], options='ForceCommand internal-sftp', file_paths=[folder]) as keeper:
        allow_all(keeper)
        pathlib.Path(folder, 'text').write_text('here', encoding='ascii')
        (text,) = ask(keeper, {'server': 'nas', 'path': f'{folder}/text'}, tool='ssh-read')
        assert json.loads(text)['text'] == 'here', text
        answer = execute(keeper, 'echo hello')
        assert isinstance(answer, str) or 'hello' not in answer['stdout'], answer


if __name__ == '__main__':
    harness.main(globals())

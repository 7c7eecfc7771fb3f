#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures, and prints each figure beside its floor from the same run. With --check: TAP, and a ratio more than a fifth worse than the one in
ratios.json fails, as does a figure without a floor that is more than a fifth over its limit; with --save the ratios are written there.
"""
import argparse
import concurrent.futures
import functools
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'integration'), str(HERE.parent / 'lib')]
import harness  # noqa: E402
from inventory import add_key, add_server  # noqa: E402
from sshd import Sshd, make_key  # noqa: E402

ROUNDS = 3


HELD = {'list': 0.6, 'shell': 1.5, 'docker': 1.0, 'ssh-known': 1.0, 'ssh-fresh': 1.0, 'check-servers': 1.0}  # aims of ratios that are met, and have to stay so
SLACK = 0.8  # a fifth worse still passes: no two runs are alike


class Figure:
    """What was measured: value in unit; where there is a floor, the ratio to it is what is kept, else there is a limit."""

    def __init__(self, name, value, unit, aim, floor=None, lower_is_better=False, limit=None):
        assert (floor is None) != (limit is None), f'{name}: nothing holds it'
        self.name, self.value, self.unit, self.aim, self.floor, self.lower_is_better, self.limit = name, value, unit, aim, floor, lower_is_better, limit

    @property
    def ratio(self):
        return self.value / self.floor if self.floor else None

    def complaint(self, kept, held=None):
        """What is wrong with it; None: nothing. @kept: the ratio of before. @held: the aim of the ratio, where it is met."""
        if self.limit is not None:
            return f'over its limit of {self.limit} {self.unit}' if self.value > self.limit / SLACK else None
        if kept is None:
            return 'no ratio is kept for it: --save'
        worse = self.ratio > kept / SLACK if self.lower_is_better else self.ratio < kept * SLACK
        if worse:
            return f'worse than the ratio of {kept}'
        missed = held is not None and (self.ratio > held if self.lower_is_better else self.ratio < held)
        return f'misses the aim {held}, which was met' if missed else None

    def __str__(self):
        text = f'{self.name}: {self.value:.1f} {self.unit}'
        if self.floor:
            text += f', floor {self.floor:.1f} {self.unit}, ratio {self.ratio:.2f}'
        return f'{text} (aim {self.aim})'


def time_to_first_answer():
    """From exec to the first authenticated answer, on an installation that is set up: median of ROUNDS, milliseconds."""
    daemon = harness.Daemon()
    try:
        daemon.start()
        token = daemon.set_up().post('/api/v1/tokens', {'name': 'bench', 'days': 1}).expect(201)['token']
        daemon.stop()
        daemon.port = harness.free_port()
        times = []
        for _ in range(ROUNDS * 3):
            begin = time.monotonic()
            process = subprocess.Popen(daemon.command(), env=daemon.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            client = harness.Client(daemon.port, token)
            while True:
                try:
                    if client.get('/api/v1/me').status == 200:
                        break
                except OSError:
                    time.sleep(0.001)
            times.append((time.monotonic() - begin) * 1000)
            process.terminate()
            process.wait()
        return Figure('start to first authenticated answer', statistics.median(times), 'ms', '60 ms', limit=60)
    finally:
        shutil.rmtree(daemon.data_dir, ignore_errors=True)


def idle_memory():
    """Memory of its own (Pss of what is private) with all plugins, two seconds after the start, in MB."""
    with harness.Daemon() as daemon:
        daemon.set_up()
        time.sleep(2)
        text = pathlib.Path(f'/proc/{daemon.process.pid}/smaps_rollup').read_text(encoding='ascii')
        values = {match[1]: int(match[2]) for match in re.finditer(r'^(\w+):\s+(\d+) kB', text, re.M)}
        print(f'# Rss {values["Rss"] / 1024:.1f} MB, Pss {values["Pss"] / 1024:.1f} MB, private {(values["Private_Clean"] + values["Private_Dirty"]) / 1024:.1f} MB')
        return Figure('idle memory with all plugins (Pss)', values['Pss'] / 1024, 'MB', '20 MB', limit=20)


def requests_per_second(port, path, headers=()):
    command = ['wrk', '-t1', '-c20', '-d3s', *(word for header in headers for word in ('-H', header)), f'http://127.0.0.1:{port}{path}']
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert 'Non-2xx' not in output, output
    return float(re.search(r'Requests/sec:\s+([\d.]+)', output).group(1))


def list_of_fifty():
    """GET of 50 Operators with a token, against libsoup alone that answers the same bytes."""
    with harness.Daemon() as daemon:
        client = daemon.set_up()
        token = client.post('/api/v1/tokens', {'name': 'bench', 'days': 1}).expect(201)['token']
        for number in range(60):
            client.post('/api/v1/operators', {'name': f'Operator {number}', 'description': 'One of many'}).expect(201)
        body = client.get('/api/v1/operators?limit=50').body
        with tempfile.NamedTemporaryFile() as file:
            file.write(body)
            file.flush()
            bare = subprocess.Popen([str(harness.BUILD / 'tests/bench/bare-soup'), file.name], stdout=subprocess.PIPE, text=True)
            try:
                port = int(bare.stdout.readline())
                ours, floor = [], []
                for _ in range(ROUNDS):
                    floor.append(requests_per_second(port, '/'))
                    ours.append(requests_per_second(daemon.port, '/api/v1/operators?limit=50', [f'Authorization: Bearer {token}']))
            finally:
                bare.kill()
                bare.wait()
                bare.stdout.close()
    return Figure('authenticated list of 50 rows', statistics.median(ours), 'requests/s', '0.6', statistics.median(floor))


def run_program(program, *args):
    return subprocess.run([str(harness.BUILD / 'tests/bench' / program), *args], capture_output=True, text=True, check=True).stdout


def from_program(program, name, aim, *args, **more):
    """A C benchmark that prints "ours FIGURE floor FIGURE UNIT"."""
    match = re.search(r'^ours ([\d.]+) floor ([\d.]+) (\S+)', run_program(program, *args), re.M)
    return Figure(name, float(match.group(1)), match.group(3), aim, float(match.group(2)), **more)


def ssh_exec(fresh):
    """`true` on a known server, against ssh with ControlMaster or a fresh one, from the same sshd."""
    with Sshd() as sshd:
        key = sshd.folder / 'key'
        make_key(key)
        sshd.allow((sshd.folder / 'key.pub').read_text(encoding='ascii'))
        options = ['-F', '/dev/null', '-i', str(key), '-p', str(sshd.port), '-o', 'StrictHostKeyChecking=no', '-o', f'UserKnownHostsFile={sshd.folder}/known',
                   '-o', 'LogLevel=ERROR', '-o', 'BatchMode=yes']
        control = ['-S', str(sshd.folder / 'control')]
        where = f'{sshd.user}@127.0.0.1'
        if not fresh:
            subprocess.run(['ssh', *options, *control, '-M', '-f', '-N', where], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        try:
            return from_program('bench-ssh', f'ssh.exec of true against {"a fresh ssh" if fresh else "ssh with ControlMaster"}', '1.0', str(sshd.port), sshd.user,
                                str(key), '10' if fresh else '30', 'ssh', *options, *([] if fresh else control), where, 'true', lower_is_better=True)
        finally:
            if not fresh:
                subprocess.run(['ssh', *options, *control, '-O', 'exit', where], check=False, capture_output=True)


def slowest_request(client, seconds, is_over=lambda: False):
    """The slowest of small requests one after the other, in milliseconds."""
    end, worst = time.monotonic() + seconds, 0
    while time.monotonic() < end and not is_over():
        begin = time.monotonic()
        client.get('/api/v1/me').expect(200)
        worst = max(worst, time.monotonic() - begin)
        time.sleep(0.005)
    return worst * 1000


SERVERS = 200


def facts_command():
    """What a check asks a server for, as the plugin has it."""
    header = (HERE.parent.parent / 'plugins/tools/ssh/ssh-facts.h').read_text(encoding='utf-8')
    lines = re.search(r'#define SSH_FACTS_COMMAND \\\n((?:.*\\\n)*.*\n)', header).group(1)
    return ''.join(re.findall(r'"(.*)"', lines))


def by_plain_ssh(sshd, key, at_once):
    """The same from as many servers by ssh, as many at a time; seconds."""
    command = ['ssh', '-F', '/dev/null', '-i', str(key), '-p', str(sshd.port), '-o', 'StrictHostKeyChecking=no', '-o', f'UserKnownHostsFile={sshd.folder}/known',
               '-o', 'LogLevel=ERROR', '-o', 'BatchMode=yes', f'{sshd.user}@127.0.0.1', facts_command()]
    ask = lambda _number: subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: E731
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        list(pool.map(ask, range(SERVERS)))
    return time.monotonic() - begin


def check_all(client):
    """Seconds until all are checked."""
    begin = time.monotonic()
    client.post('/api/v1/servers/check').expect(202)
    while not all(server['checked_at'] for server in client.items('/api/v1/servers?limit=200')):
        time.sleep(0.5)
    assert all(server['status'] == 'up' for server in client.items('/api/v1/servers?limit=200'))
    return time.monotonic() - begin


def while_it_runs(client, work):
    """What work() answers, and the slowest request meanwhile in milliseconds."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        return slowest_request(client, 600, future.done), future.result()


@functools.lru_cache(None)
def check_servers():
    """200 servers, which all are one real sshd, checked by Vigilus and asked the same by ssh, as many at a time: seconds and the slowest request of each."""
    at_once = int(re.search(r'VIG_SERVER_CHECKS_AT_ONCE (\d+)', (HERE.parent.parent / 'vigilus-core/agent/vig-server-checks.h').read_text(encoding='utf-8')).group(1))
    with harness.Daemon() as daemon, Sshd('MaxStartups 300') as sshd:
        client = daemon.set_up()
        client.patch('/api/v1/settings', {'server_check_minutes': 0}).expect(200)
        key = add_key(client, sshd)
        for number in range(SERVERS):
            add_server(client, sshd, key, f'server {number}')
        plain = sshd.folder / 'plain'
        make_key(plain)
        sshd.allow(plain.with_suffix('.pub').read_text(encoding='ascii'))
        before = slowest_request(client, 3)
        floor_stall, floor = while_it_runs(client, lambda: by_plain_ssh(sshd, plain, at_once))
        other = daemon.log_in()
        stall, ours = while_it_runs(client, lambda: check_all(other))
        print(f'# {SERVERS} servers, {at_once} at a time; slowest request with nothing to do: {before:.1f} ms')
        return ours, floor, stall, floor_stall


def check_time():
    ours, floor, _, _ = check_servers()
    return Figure(f'{SERVERS} servers checked, against ssh, as many at a time', ours, 's', '1.0', floor, lower_is_better=True)


def check_stall():
    _, _, stall, floor = check_servers()
    return Figure(f'slowest request while {SERVERS} servers are checked, against while ssh does it', stall, 'ms', '50 ms', floor, lower_is_better=True)


def audit_page():
    """The slowest page of many filters over 5 million records, against the same over 5 thousand. Making them takes minutes."""
    return from_program('bench-audit', 'slowest audit page at 5 million records', 'as at 5 thousand', 'page', '5000000', lower_is_better=True)


def audit_verify():
    match = re.search(r'([\d.]+) s for', run_program('bench-audit', 'verify', '1000000'))
    return Figure('verify 1 million audit records', float(match.group(1)), 's', '3 s', limit=3)


def list_of_containers():
    """docker.list of 20 containers against curl, which only fetches them, on the same socket; milliseconds."""
    import dockerd
    with dockerd.Dockerd() as engine:
        for number in range(20):
            engine.run(f'container{number}', 'sleep', '600', start=False)
        command = ['curl', '-s', '-o', '/dev/null', '--unix-socket', str(engine.socket), 'http://docker/v1.41/containers/json?all=1']
        times = []
        for _ in range(100):
            begin = time.monotonic()
            subprocess.run(command, check=True)
            times.append((time.monotonic() - begin) * 1000)
        program = str(harness.BUILD / 'plugins/tools/docker/bench-docker')
        ours = float(subprocess.run([program, str(engine.socket)], capture_output=True, text=True, check=True).stdout) / 1000
    return Figure('docker.list of 20 containers', ours, 'ms', '1.0 of curl', statistics.median(times), lower_is_better=True)


def policy(rules, name, limit):
    median = float(re.search(rf'^{rules} median ([\d.]+)', run_program('bench-policy'), re.M).group(1))
    return Figure(name, median, 'µs', f'{limit} µs', limit=limit)


BENCHMARKS = {
    'start': time_to_first_answer,
    'memory': idle_memory,
    'list': list_of_fifty,
    'store': lambda: from_program('bench-store', 'durable writes', '0.5'),
    'audit-rows': lambda: from_program('bench-audit', 'durable audit records, hashed and indexed', '0.5', 'rows'),
    'audit-verify': audit_verify,
    'audit-page': audit_page,
    'policy': lambda: policy('by-tool', 'decision with 1,000 rules that name their tools', 2),
    'policy-worst': lambda: policy('worst', 'decision with 1,000 rules that name no tool, but arguments, files and times', 10000),
    'docker': list_of_containers,
    'check-servers': check_time,
    'check-stall': check_stall,
    'ssh-known': lambda: ssh_exec(False),
    'ssh-fresh': lambda: ssh_exec(True),
    'shell': lambda: from_program('bench-shell', 'confined sh -c true against plain fork and exec', 'under 1.5', lower_is_better=True),
    'shell-first': lambda: from_program('bench-shell', 'the same as a first command, for which no process is ready', 'none', 'first', lower_is_better=True),
    'shell-several': lambda: from_program('bench-shell', 'two at once, against two by plain fork and exec', 'none', 'several', lower_is_better=True),
    'calls': lambda: from_program('bench-calls', 'durable guarded no-op calls', '0.5'),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--save', action='store_true')
    parser.add_argument('names', nargs='*', default=[])
    args = parser.parse_args()
    if unknown := set(args.names) - set(BENCHMARKS):
        parser.error(f'there is no {", ".join(sorted(unknown))}: there are {", ".join(BENCHMARKS)}')
    path = HERE / 'ratios.json'
    kept = json.loads(path.read_text(encoding='utf-8')) if path.exists() else {}
    names = args.names or list(BENCHMARKS)
    failed = 0
    if args.check:
        print(f'1..{len(names)}')
    for number, name in enumerate(names, 1):
        figure = BENCHMARKS[name]()
        complaint = figure.complaint(kept.get(name), HELD.get(name))
        failed += complaint is not None
        if args.check:
            print(f'{"not ok" if complaint else "ok"} {number} - {name}\n# {figure}' + (f': {complaint}' if complaint else ''), flush=True)
        else:
            print(figure, flush=True)
        if args.save and figure.ratio is not None:
            kept[name] = round(figure.ratio, 3)
    if args.save:
        path.write_text(json.dumps(kept, indent=2) + '\n', encoding='utf-8')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()

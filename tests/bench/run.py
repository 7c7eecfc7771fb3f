#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures, and prints each figure beside its floor from the same run. With --check: TAP, and a ratio more than a fifth below the one in
ratios.json fails; with --save the ratios are written there.
"""
import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'integration'), str(HERE.parent / 'lib')]
import harness  # noqa: E402
from inventory import add_key, add_server  # noqa: E402
from sshd import Sshd, make_key  # noqa: E402

ROUNDS = 3


class Figure:
    """What was measured: value in unit; where there is a floor, the ratio to it is what is kept."""

    def __init__(self, name, value, unit, aim, floor=None, lower_is_better=False):
        self.name, self.value, self.unit, self.aim, self.floor, self.lower_is_better = name, value, unit, aim, floor, lower_is_better

    @property
    def ratio(self):
        return self.value / self.floor if self.floor else None

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
        return Figure('start to first authenticated answer', statistics.median(times), 'ms', '60 ms', lower_is_better=True)
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
        return Figure('idle memory with all plugins (Pss)', values['Pss'] / 1024, 'MB', '20 MB', lower_is_better=True)


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


def check_servers():
    """The slowest answer of the dashboard's API while 200 servers are checked, which all are one real sshd; the floor is what it is before."""
    with harness.Daemon() as daemon, Sshd('MaxStartups 300') as sshd:
        client = daemon.set_up()
        client.patch('/api/v1/settings', {'server_check_minutes': 0}).expect(200)
        key = add_key(client, sshd)
        for number in range(200):
            add_server(client, sshd, key, f'server {number}')
        before = max(slowest_request(client, 3), 1)
        finished = threading.Event()

        def watch():
            other = daemon.log_in()
            while not all(server['checked_at'] for server in other.items('/api/v1/servers?limit=200')):
                time.sleep(2)
            finished.set()
        watcher = threading.Thread(target=watch, daemon=True)
        client.post('/api/v1/servers/check').expect(202)
        begin = time.monotonic()
        watcher.start()
        during = slowest_request(client, 600, finished.is_set)
        assert finished.is_set() and all(server['status'] == 'up' for server in client.items('/api/v1/servers?limit=200'))
        print(f'# 200 servers in {time.monotonic() - begin:.1f} s')
        return Figure('slowest request while 200 servers are checked', during, 'ms', '50 ms', lower_is_better=True) if before < 50 else Figure(
            f'slowest request while 200 servers are checked (a busy machine: {before:.0f} ms before)', during, 'ms', '50 ms', lower_is_better=True)


def audit_page():
    """The slowest page of many filters over 5 million records, against the same over 5 thousand. Making them takes minutes."""
    return from_program('bench-audit', 'slowest audit page at 5 million records', 'as at 5 thousand', 'page', '5000000', lower_is_better=True)


def audit_verify():
    match = re.search(r'([\d.]+) s for', run_program('bench-audit', 'verify', '1000000'))
    return Figure('verify 1 million audit records', float(match.group(1)), 's', '3 s', lower_is_better=True)


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


BENCHMARKS = {
    'start': time_to_first_answer,
    'memory': idle_memory,
    'list': list_of_fifty,
    'store': lambda: from_program('bench-store', 'durable writes', '0.5'),
    'audit-rows': lambda: from_program('bench-audit', 'durable audit records, hashed and indexed', '0.5', 'rows'),
    'audit-verify': audit_verify,
    'audit-page': audit_page,
    'policy': lambda: Figure('decision with 1,000 rules', json.loads(run_program('bench-policy'))['policy_decision_1000_rules_us']['median'], 'µs', '2 µs',
                             lower_is_better=True),
    'docker': list_of_containers,
    'check-servers': check_servers,
    'ssh-known': lambda: ssh_exec(False),
    'ssh-fresh': lambda: ssh_exec(True),
    'shell': lambda: from_program('bench-shell', 'confined sh -c true against plain fork and exec', 'under 1.5', lower_is_better=True),
    'calls': lambda: from_program('bench-calls', 'durable guarded no-op calls', '0.5'),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--save', action='store_true')
    parser.add_argument('names', nargs='*', default=[])
    args = parser.parse_args()
    path = HERE / 'ratios.json'
    kept = json.loads(path.read_text(encoding='utf-8')) if path.exists() else {}
    names = args.names or list(BENCHMARKS)
    failed = 0
    if args.check:
        print(f'1..{len(names)}')
    for number, name in enumerate(names, 1):
        figure = BENCHMARKS[name]()
        value = figure.ratio if figure.ratio is not None else figure.value
        old = kept.get(name)
        worse = old is not None and figure.ratio is not None and (value > old / 0.8 if figure.lower_is_better else value < old * 0.8)
        failed += worse
        if args.check:
            print(f'{"not ok" if worse else "ok"} {number} - {name}\n# {figure}', flush=True)
        else:
            print(figure, flush=True)
        if args.save:
            kept[name] = round(value, 3)
    if args.save:
        path.write_text(json.dumps(kept, indent=2) + '\n', encoding='utf-8')
    sys.exit(1 if failed else 0)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What many runs at once cost, and what a run adds to the time to the first token. Prints figures; with --check TAP.

load.py [--runs 1000] [--rounds 60] [--gateway] [--soak MINUTES] [--check]

--gateway measures npm's @portkey-ai/gateway in the same run, as a peer: it is installed into a temporary directory.
--soak: runs begin, wait, are approved and end for so many minutes; the memory must not grow.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'lib'), str(HERE.parent / 'integration')]
import harness  # noqa: E402
import run_load  # noqa: E402

HELLO = [{'text': ['Hello ', 'there, ', 'nothing ', 'to do.']}]
BATCH = 20


class Checks:
    """Figures, each with what it may be at most; None: any."""

    def __init__(self):
        self.all = []

    def add(self, name, value, unit, most=None):
        self.all.append((name, value, unit, most))
        print(f'# {name}: {value:.2f} {unit}' + (f' (aim: at most {most})' if most is not None else ''), flush=True)

    def report(self):
        print(f'1..{len(self.all)}')
        for number, (name, value, unit, most) in enumerate(self.all, 1):
            print(f'{"ok" if most is None or value <= most else "not ok"} {number} - {name}: {value:.2f} {unit}')
        return all(most is None or value <= most for _, value, _, most in self.all)


def measure_runs(checks, count):
    with run_load.Load() as load:
        figures = run_load.run_all(load, count, 900)
    print(f'# calls of {count} runs: {figures["calls"]}', flush=True)
    checks.add(f'memory per waiting run, of {count}', figures['kib_per_waiting_run'], 'KiB', 100)
    checks.add(f'until {count} runs wait', figures['all_wait_seconds'], 's')
    checks.add(f'until all {count} have ended after the kill', figures['all_done_seconds'], 's')
    wrote = figures['calls'].get('filesystem.write success', 0) + figures['calls'].get('filesystem.write interrupted', 0)
    checks.add('writes that were lost or done twice', abs(count - wrote), 'calls', 0)


class Gateway:
    """npm's @portkey-ai/gateway on a free port, forwarding to @url."""

    def __init__(self, url):
        self.url, self.port = url, harness.free_port()

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix='vigilus-gateway-')
        subprocess.run(['npm', 'install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', self.directory, '@portkey-ai/gateway'],
                       check=True, timeout=300, stdout=subprocess.DEVNULL)
        program = pathlib.Path(self.directory) / 'node_modules' / '@portkey-ai' / 'gateway' / 'build' / 'start-server.js'
        self.process = subprocess.Popen(['node', str(program), f'--port={self.port}', '--headless'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        harness.wait_for(self.answers, 'the gateway', 30)
        return self

    def answers(self):
        try:
            return harness.Client(self.port).get('/').status
        except OSError:
            return None

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def measure_first_token(checks, rounds, with_gateway):
    with run_load.Load(HELLO) as load:
        run_load.first_token_direct(load.url, 10)
        run_load.first_token_through(load, 5)
        direct = run_load.median(run_load.first_token_direct(load.url, rounds))
        through, relays = run_load.first_token_through(load, rounds)
        direct = min(direct, run_load.median(run_load.first_token_direct(load.url, rounds)))
        checks.add('first token, direct', direct, 'ms')
        checks.add('first token, through Vigilus, from the message on', run_load.median(through), 'ms')
        checks.add('of that from the model to the screen', run_load.median(relays), 'ms')
        checks.add('added to the first token', run_load.median(through) - direct, 'ms')
        if with_gateway:
            with Gateway(load.url) as gateway:
                run_load.first_token_gateway(gateway.port, load.url, 10)
                beside = run_load.median(run_load.first_token_gateway(gateway.port, load.url, rounds))
                checks.add('first token, through @portkey-ai/gateway', beside, 'ms')
                checks.add('added by @portkey-ai/gateway', beside - direct, 'ms')


def soak(checks, minutes):
    samples = []
    with run_load.Load() as load:
        end = time.monotonic() + minutes * 60
        done = 0
        while time.monotonic() < end:
            load.start(BATCH)
            done += BATCH
            load.wait_waiting(BATCH, 120)
            load.approve(load.waiting())
            harness.wait_for(lambda: load.client().get('/api/v1/status').expect(200)['runs_live'] == 0, 'the end of a batch', 120)
            samples.append((time.monotonic(), load.memory()))
        load.wait_all_done(done, 60)
    checks.add(f'runs in a soak of {minutes} min', done, 'runs')
    quarter = max(1, len(samples) // 4)
    early = run_load.median([memory for _, memory in samples[quarter:2 * quarter]])
    late = run_load.median([memory for _, memory in samples[-quarter:]])
    checks.add('memory in the second quarter', early / 1024, 'MiB')
    checks.add('memory in the last quarter', late / 1024, 'MiB')
    checks.add('growth between them', (late - early) / early * 100, '%', 5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--runs', type=int, default=1000)
    parser.add_argument('--rounds', type=int, default=60)
    parser.add_argument('--gateway', action='store_true')
    parser.add_argument('--soak', type=float, default=0)
    parser.add_argument('--check', action='store_true')
    args = parser.parse_args()
    checks = Checks()
    if args.rounds:
        measure_first_token(checks, args.rounds, args.gateway)
    if args.runs:
        measure_runs(checks, args.runs)
    if args.soak:
        soak(checks, args.soak)
    if args.check:
        sys.exit(0 if checks.report() else 1)


main()

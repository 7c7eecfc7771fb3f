#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What many runs at once cost, and what a run adds to the time to the first token. Prints figures; with --check TAP.

load.py [--runs 1000] [--rounds 60] [--gateway] [--soak MINUTES] [--check]

--gateway measures npm's @portkey-ai/gateway in the same run, as a peer, from the lock file that is here.
--soak: runs begin, wait, are approved and end for so many minutes; the memory must not grow.
"""
import argparse
import contextlib
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'lib'), str(HERE.parent / 'integration')]
import harness  # noqa: E402
import run_load  # noqa: E402

HELLO = [{'text': ['Hello ', 'there, ', 'nothing ', 'to do.']}]
BATCH = 20


class Checks:
    """Figures, each with its aim, and with what fails it; None: any value will do."""

    def __init__(self):
        self.all = []

    def add(self, name, value, unit, aim=None, most=None):
        self.all.append((name, value, unit, aim if most is None else most))
        print(f'# {name}: {value:.2f} {unit}' + (f' (aim: {aim})' if aim is not None else ''), flush=True)

    def report(self):
        print(f'1..{len(self.all)}')
        for number, (name, value, unit, most) in enumerate(self.all, 1):
            print(f'{"ok" if most is None or value <= most else "not ok"} {number} - {name}: {value:.2f} {unit}')
        return all(most is None or value <= most for _, value, _, most in self.all)


def measure_runs(checks, count):
    with run_load.Load() as load:
        figures = run_load.run_all(load, count, 900)
    print(f'# calls of {count} runs: {figures["calls"]}', flush=True)
    checks.add(f'memory per waiting run, of {count}', figures['kib_per_waiting_run'], 'KiB', 30, 45)
    checks.add(f'until {count} runs wait', figures['all_wait_seconds'], 's')
    checks.add(f'until all {count} have ended after the kill', figures['all_done_seconds'], 's')
    print(f'# files written: {figures["files"]}; where the record says otherwise: {figures["wrong"]}', flush=True)
    checks.add('writes that were lost or done twice, as the files say', len(figures['wrong']), 'calls', 0)


class Gateway:
    """npm's @portkey-ai/gateway on a free port, forwarding to @url."""

    def __init__(self, url):
        self.url, self.port = url, harness.free_port()

    def __enter__(self):
        program = HERE / 'node_modules' / '@portkey-ai' / 'gateway' / 'build' / 'start-server.js'
        if not program.exists():
            subprocess.run(['npm', 'ci', '--silent', '--no-audit', '--no-fund', '--ignore-scripts'], cwd=HERE, check=True, timeout=300, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen(['node', str(program), f'--port={self.port}', '--headless'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        harness.wait_for(self.answers, 'the gateway')
        return self

    def answers(self):
        try:
            return harness.Client(self.port).get('/').status
        except OSError:
            return None

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()


def measure_first_token(checks, rounds, with_gateway):
    """In turns, so that what else the machine does meets all alike."""
    direct, through, relays, beside, quickest = [], [], [], [], []
    with run_load.Load(HELLO) as load, (Gateway(load.url) if with_gateway else contextlib.nullcontext()) as gateway:
        run_load.first_token_direct(load.url, 10)
        run_load.first_token_through(load, 10)
        for _ in range(max(1, rounds // run_load.CONVERSATION)):
            direct += run_load.first_token_direct(load.url, run_load.CONVERSATION)
            times, more = run_load.first_token_through(load, run_load.CONVERSATION)
            through += times
            relays += more
            quickest.append(run_load.median(more))
            if gateway is not None:
                beside += run_load.first_token_gateway(gateway.port, load.url, run_load.CONVERSATION)
    floor = run_load.median(direct)
    checks.add('first token, direct', floor, 'ms')
    checks.add('first token, through Vigilus, from the message on', run_load.median(through), 'ms')
    checks.add('added to the first token, with what is stored before the model is asked', run_load.median(through) - floor, 'ms', None, 8)
    checks.add('added between the model and the screen', run_load.median(relays), 'ms', 0.5, 1)
    # What else the machine does only ever adds to it.
    checks.add('added there in the quickest conversation', min(quickest), 'ms', 0.5)
    if beside:
        checks.add('first token, through @portkey-ai/gateway', run_load.median(beside), 'ms')
        checks.add('added by @portkey-ai/gateway, which stores nothing', run_load.median(beside) - floor, 'ms')


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
            harness.wait_for(lambda: load.client().get('/api/v1/status').expect(200)['runs_live'] == 0, 'the end of a batch')
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

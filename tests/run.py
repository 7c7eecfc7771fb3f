#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the suites, adds up what each says, and prints "N passed, N failed, N skipped" last.

A suite is a list of jobs; a job is a command that prints TAP, or a list of meson tests. In CI a skip whose reason is not in
tests/allowed-skips.txt is a failure, and a job that runs nothing is one always. Output of every job is kept in tests/output/.

Suites run in stages. What mostly waits (servers, browsers) runs three jobs at a time; beside it, at low priority, one lane builds and runs, two at a time,
what mostly computes (sanitizers, fuzzers). What measures runs alone.

A few failures beside each other may be the machine's: those jobs run once more, alone, and what passes then is told as FLAKY and is to be mended.
Findings are never run again: a fuzzer's, a sanitizer's report, what a kill left.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = TOP / 'tests' / 'output'
CI = os.environ.get('CI') == 'true'
PYTHON = '/usr/bin/python3'
TEST_LINE = re.compile(r'^(not ok|ok)\b\s*\d*\s*-?\s*(.*)$')


class Result:
    """What tests said; @only: the failures of before, where a job runs once more for those alone."""

    def __init__(self, only=()):
        self.passed, self.failures, self.skips, self.only = 0, [], [], only

    def add(self, ok, name, skip_reason=None):
        if skip_reason is not None:
            self.skips.append((name, skip_reason))
        elif ok:
            self.passed += 1
        else:
            self.failures.append(name)

    def merge(self, other):
        self.passed += other.passed
        self.failures += other.failures
        self.skips += other.skips


def read_tap(text, prefix, result):
    planned = seen = 0
    for line in text.splitlines():
        plan = re.match(r'^1\.\.(\d+)', line)
        if plan:
            planned = int(plan.group(1))
        match = TEST_LINE.match(line)
        if not match:
            continue
        seen += 1
        name, _, directive = match.group(2).partition('# ')
        skip = re.match(r'(?i)skip\S*\s*(.*)', directive)
        result.add(match.group(1) == 'ok', f'{prefix}: {name.strip()}', skip.group(1) if skip else None)
    if planned and seen < planned:
        result.add(False, f'{prefix}: ended after {seen} of {planned} tests')
    return seen


def open_log(name):
    """tests/output/NAME.log, for writing; one of a run before is kept as NAME.first.log."""
    log = OUTPUT / f'{name}.log'
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.rename(OUTPUT / f'{name}.first.log')
    return open(log, 'w', encoding='utf-8')


def run_tap(name, command, result, env=None, timeout=3000, cwd=TOP):
    """Runs @command, whose standard output is TAP; what it prints goes to tests/output/NAME.log."""
    with open_log(name) as file:
        log = pathlib.Path(file.name)
        try:
            code = subprocess.run(command, cwd=cwd, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}, timeout=timeout).returncode
        except subprocess.TimeoutExpired:
            code = -1
            result.add(False, f'{name}: took over {timeout} s')
    before = len(result.failures)
    seen = read_tap(log.read_text(encoding='utf-8', errors='replace'), name, result)
    if seen == 0:
        result.add(False, f'{name}: ran no test, see {log.relative_to(TOP)}')
    elif code != 0 and len(result.failures) == before:
        result.add(False, f'{name}: exited with {code}, see {log.relative_to(TOP)}')


def run_meson(name, build, result, suites=(), wrapper_env=None, prefix=()):
    command = [*prefix, 'meson', 'test', '-C', str(build), '--no-rebuild', '--print-errorlogs', '-t', '10']
    for suite in suites:
        command += ['--suite', suite]
    command += sorted({failure.split(': ')[1] for failure in result.only})
    with open_log(name) as file:
        subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, **(wrapper_env or {})}, check=False)
    seen = 0
    for line in (pathlib.Path(build) / 'meson-logs' / 'testlog.json').read_text(encoding='utf-8', errors='replace').splitlines():
        test = json.loads(line)
        before = len(result.failures)
        label = f'{name}: {test["name"].split(" / ")[-1]}'
        seen += read_tap(test.get('stdout', ''), label, result)
        if test['result'] not in ('OK', 'SKIP') and len(result.failures) == before:
            result.add(False, f'{label}: {test["result"]}, exit status {test.get("returncode")}')
    if seen == 0:
        result.add(False, f'{name}: ran no test')


# intercept_tls_get_addr: with it, gcc 12's leak checker reads wild addresses in threads that use a TLS library loaded after them.
SANITIZER_ENV = {'VIG_RACE_ROUNDS': '100', 'ASAN_OPTIONS': 'detect_leaks=1:abort_on_error=1:intercept_tls_get_addr=0', 'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
                 'LSAN_OPTIONS': f'suppressions={TOP}/tests/lsan.supp:print_suppressions=0'}
LOW = ['nice', '-n', '19']
# How much more time the sanitized daemon gets: for what the tests wait, and for each file of them.
SLOWNESS = 4


def build_sanitized():
    build = TOP / 'build-asan'
    if not (build / 'build.ninja').exists():
        subprocess.run(['meson', 'setup', str(build), str(TOP), '-Db_sanitize=address,undefined', '-Db_lundef=false', f'--prefix={build}/root', '--libdir=lib'],
                       check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*LOW, 'ninja', '-C', str(build)], check=True, stdout=subprocess.DEVNULL)
    return build


def run_sanitized(result):
    run_meson('sanitized', build_sanitized(), result, suites=['unit'], wrapper_env=SANITIZER_ENV, prefix=LOW)


def npm_ci(folder, *options, command='ci'):
    if not (folder / 'node_modules').exists():
        subprocess.run(['npm', command, '--silent', '--no-audit', '--no-fund', *options], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def run_dashboard(args, result):
    work = pathlib.Path(args.build) / 'dashboard-work' / 'data' / 'dashboard'
    npm_ci(work)
    for script in ('typecheck', 'lint'):
        code = subprocess.run(['npm', 'run', '--silent', script], cwd=work, capture_output=True, text=True, check=False)
        (OUTPUT / f'dashboard-{script}.log').write_text(code.stdout + code.stderr, encoding='utf-8')
        result.add(code.returncode == 0, f'dashboard: {script}')
    run_tap('dashboard-unit', ['npx', 'vitest', 'run', '--reporter=tap-flat'], result, cwd=work)


# A suite: a function that answers its jobs, each a function of the result.

def tap_job(name, command, **options):
    return lambda result: run_tap(name, command, result, **options)


def build_env(args, **more):
    return {'VIG_BUILD': str(args.build), 'VIG_OUTPUT': str(OUTPUT), **more}


def suite_lint(args):
    return [tap_job('lint', [PYTHON, 'tests/lint.py'])]


def suite_unit(args):
    return [lambda result: run_meson('unit', args.build, result)]


def suite_sanitized(args):
    return [run_sanitized]


def suite_integration(args):
    return [tap_job(f'integration-{path.stem}', [PYTHON, str(path)], env=build_env(args), timeout=3000)
            for path in sorted((TOP / 'tests' / 'integration').glob('test_*.py'))]


def sanitized_env(build, name):
    """Reports go to a folder of the job, which its harness looks through after each test: nobody else's standard error has to be kept."""
    reports = OUTPUT / 'sanitizer-reports' / name
    reports.mkdir(parents=True)
    reports.chmod(0o1777)  # the daemon is not root in all tests
    env = {key: f'{value}:log_path={reports}/report' if key.endswith('SAN_OPTIONS') else value for key, value in SANITIZER_ENV.items()}
    return {**env, 'VIG_BUILD': str(build), 'VIG_OUTPUT': str(OUTPUT), 'VIG_SANITIZER_REPORTS': str(reports), 'VIG_SLOWNESS': str(SLOWNESS)}


def suite_sanitized_integration(args):
    """The integration tests, with a daemon, plugins and tools that are built with sanitizers."""
    build = build_sanitized()
    subprocess.run(['meson', 'install', '-C', str(build), '--quiet', '--no-rebuild'], check=True, stdout=subprocess.DEVNULL)
    if not (build / 'dashboard').exists():
        (build / 'dashboard').symlink_to(pathlib.Path(args.build).resolve() / 'dashboard')
    return [tap_job(f'sanitized-{path.stem}', [PYTHON, str(path)], env=sanitized_env(build, path.stem), timeout=900 * SLOWNESS)
            for path in sorted((TOP / 'tests' / 'integration').glob('test_*.py'))]


def suite_dashboard(args):
    return [lambda result: run_dashboard(args, result)]


def suite_browser(args):
    folder = TOP / 'tests' / 'browser'
    npm_ci(folder, '--ignore-scripts')
    return [tap_job(f'browser-{path.stem}', ['node', str(path)], env=build_env(args), timeout=3000) for path in sorted(folder.glob('test-*.mjs'))]


def llama_jobs(args):
    """llama.cpp comes as a binary for this machine alone."""
    if platform.machine() != 'x86_64':
        return []
    # Not "ci": it wants the binaries of all other machines in the lock, and some of those do not exist.
    npm_ci(TOP / 'tests' / 'peers' / 'llama', '--no-save', '--ignore-scripts', '--omit=optional', command='install')
    return [tap_job('peers-llama', [PYTHON, 'tests/peers/llama/test_llama.py'], env=build_env(args), timeout=3000)]


def suite_peers(args):
    npm_ci(TOP / 'tests' / 'peers', '--ignore-scripts')
    return [tap_job('peers-sdks', ['node', 'tests/peers/test-sdks.mjs'], timeout=3000),
            tap_job('peers-aimock', [PYTHON, 'tests/peers/test_aimock.py'], env=build_env(args), timeout=3000), *llama_jobs(args)]


def suite_race(args):
    return [tap_job('race', [str(pathlib.Path(args.build) / 'tests/unit/agent/test-agent-race')], env={'VIG_RACE_ROUNDS': '100000'}, timeout=14400)]


def suite_fuzz(args):
    return [tap_job('fuzz', [*LOW, 'bash', 'tests/fuzz/run.sh', '3600' if args.long else '60'], timeout=36000)]


def suite_panic(args):
    return [tap_job('panic', [PYTHON, 'tests/integration/panic.py'], env=build_env(args), timeout=3000)]


def suite_promises(args):
    """Times that are promised, where nothing else runs: the tests that tell them elsewhere."""
    rows = {'panic.py': [], 'test_round.py': ['within_a_second'], 'test_delegation.py': ['stop_ends'], 'test_elevation.py': ['revoked'],
            'test_scope.py': ['stop_kills'], 'test_web_live.py': ['hold_up']}
    return [tap_job(f'promises-{pathlib.Path(name).stem}', [PYTHON, f'tests/integration/{name}', *words], env=build_env(args, VIG_MEASURE='1'), timeout=900)
            for name, words in rows.items()]


def suite_kill(args):
    return [tap_job('kill', [PYTHON, 'tests/integration/kill.py'], env=build_env(args, VIG_KILLS='2000' if args.long else '200'), timeout=12000)]


def suite_start(args):
    return [tap_job('start', ['bash', 'tests/integration/start.sh'], env=build_env(args), timeout=3600)]


def suite_fresh(args):
    return [tap_job('fresh', ['bash', 'tests/integration/fresh.sh'], timeout=3600)]


def suite_bench(args):
    return [tap_job('bench', [PYTHON, 'tests/bench/run.py', '--check'], env=build_env(args), timeout=3000)]


def suite_load(args):
    npm_ci(TOP / 'tests' / 'browser', '--ignore-scripts')
    return [tap_job('chat-20000', ['node', 'tests/browser/test-chat-stream.mjs'], env=build_env(args, VIG_TOKENS='20000', VIG_MEASURE='1'), timeout=3000),
            tap_job('load', [PYTHON, 'tests/bench/load.py', '--gateway', '--check'], env=build_env(args), timeout=1800),
            tap_job('soak', [PYTHON, 'tests/bench/load.py', '--runs', '0', '--rounds', '0', '--soak', '20', '--check'], env=build_env(args), timeout=3600)]


ALONE, WAITING, COMPUTING, MEASURING = ['lint', 'unit', 'panic'], ['start', 'kill', 'dashboard', 'browser', 'peers', 'integration'], ['fuzz', 'sanitized'], ['fresh', 'race', 'promises', 'bench', 'load']
SHORT = ALONE + WAITING + COMPUTING
AGAIN = ['sanitized_integration']
LONG = SHORT + AGAIN + MEASURING
# A stage is lanes that run beside each other: the suites, and how many of their jobs at a time.
STAGES = [[(ALONE, 1)], [(WAITING, 3), (COMPUTING, 2)], [(AGAIN, 2)], [(MEASURING, 1)]]
# Suites that are never run again, how many failed jobs, and tests of one, are at most, and what stands in a log that tells of a fault.
CHANCE, FEW = ['lint', 'kill', 'fuzz', *AGAIN, *MEASURING], 4
FAULT = re.compile('Sanitizer:|runtime error:|SIGSEGV|SIGBUS|vigilusd crashed')
LOCK = threading.Lock()


class Suite:
    """Its jobs, and what they said so far."""

    def __init__(self, name, args):
        self.name, self.result, self.seconds, self.failed = name, Result(), 0, []
        try:
            self.jobs = globals()[f'suite_{name}'](args)
        except (OSError, subprocess.CalledProcessError) as error:
            self.jobs = []
            self.result.add(False, f'{name}: {error}')
        self.left = len(self.jobs)
        if self.left == 0:
            self.result.add(False, f'{name}: has no tests')
            self.tell()

    def attempt(self, job, result):
        try:
            job(result)
        except Exception as error:  # a job that breaks is a failure, whatever it was
            result.add(False, f'{self.name}: {error!r}')

    def run(self, job):
        begin, result = time.monotonic(), Result()
        self.attempt(job, result)
        with LOCK:
            self.result.merge(result)
            if result.failures:
                self.failed.append((job, result.failures))
            self.seconds += time.monotonic() - begin
            self.left -= 1
            if self.left == 0:
                self.tell()

    def tell(self):
        print(f'==> {self.name}: {self.result.passed} passed, {len(self.result.failures)} failed, {len(self.result.skips)} skipped'
              f' in {self.seconds:.0f} s', flush=True)


def run_stage(lanes):
    pools = []
    for suites, workers in lanes:
        pool = concurrent.futures.ThreadPoolExecutor(workers)
        pools.append(pool)
        for suite in suites:
            for job in suite.jobs:
                pool.submit(suite.run, job)
    for pool in pools:
        pool.shutdown(wait=True)


def is_finding(failure):
    """Whether its job's log tells of a fault that may not come again: a sanitizer's, or a crash."""
    log = OUTPUT / f'{failure.split(":")[0]}.log'
    return log.exists() and FAULT.search(log.read_text(encoding='utf-8', errors='replace')) is not None


def run_failed_again(suites):
    """Answers the tests that passed then."""
    failed = [(suite, job, failures) for suite in suites for job, failures in suite.failed]
    flaky = []
    for suite, job, failures in failed if len(failed) <= FEW else []:
        if suite.name in CHANCE or len(failures) > FEW or any(map(is_finding, failures)):
            continue
        again = Result(only=failures)
        suite.attempt(job, again)
        if not again.failures:
            flaky += failures
            suite.result.passed += len(failures)
            suite.result.failures = [name for name in suite.result.failures if name not in failures]
    return flaky


def check_skips(result):
    """In CI, a skip needs its reason on the committed list."""
    allowed = [line for line in (TOP / 'tests' / 'allowed-skips.txt').read_text(encoding='utf-8').splitlines() if line and not line.startswith('#')]
    for name, reason in result.skips:
        if CI and reason not in allowed:
            result.failures.append(f'{name}: skipped, and the reason is not on tests/allowed-skips.txt: {reason}')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', default=str(TOP / 'build-test'))
    parser.add_argument('--long', action='store_true')
    parser.add_argument('--only', default='')
    parser.add_argument('--wazuh-data', metavar='DIR', help='Wazuh\'s own API description, integration tests and samples, which are not shipped')
    args = parser.parse_args()
    if args.wazuh_data:
        os.environ['VIG_WAZUH_DATA'] = str(pathlib.Path(args.wazuh_data).resolve())
    names = args.only.split(',') if args.only else LONG if args.long else SHORT
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    suites = {name: Suite(name, args) for name in names}
    for lanes in STAGES:
        run_stage([([suites[name] for name in lane if name in suites], workers) for lane, workers in lanes])
    flaky = run_failed_again(suites.values())
    result = Result()
    for suite in suites.values():
        result.merge(suite.result)
    check_skips(result)
    for name in flaky:
        print(f'FLAKY {name}: failed beside others, passed alone')
    for name in result.failures:
        print(f'FAILED {name}')
    for name, reason in result.skips:
        print(f'skipped {name}: {reason}')
    print(f'{result.passed} passed, {len(result.failures)} failed, {len(result.skips)} skipped')
    sys.exit(1 if result.failures or result.passed == 0 else 0)


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the suites one after another, adds up what each says, and prints "N passed, N failed, N skipped" last.

A suite is a command that prints TAP, or a list of meson tests. In CI a skip whose reason is not in tests/allowed-skips.txt is a failure,
and a suite that runs nothing is one always. Output of every suite is kept in tests/output/.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = TOP / 'tests' / 'output'
CI = os.environ.get('CI') == 'true'
PYTHON = '/usr/bin/python3'
TEST_LINE = re.compile(r'^(not ok|ok)\b\s*\d*\s*-?\s*(.*)$')


class Result:
    def __init__(self):
        self.passed, self.failures, self.skips = 0, [], []

    def add(self, ok, name, skip_reason=None):
        if skip_reason is not None:
            self.skips.append((name, skip_reason))
        elif ok:
            self.passed += 1
        else:
            self.failures.append(name)


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


def run_tap(name, command, result, env=None, timeout=3000, cwd=TOP):
    """Runs @command, whose standard output is TAP; what it prints goes to tests/output/NAME.log."""
    log = OUTPUT / f'{name}.log'
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, 'w', encoding='utf-8') as file:
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


def run_meson(name, build, result, suites=(), wrapper_env=None):
    command = ['meson', 'test', '-C', str(build), '--no-rebuild', '--print-errorlogs', '-t', '3']
    for suite in suites:
        command += ['--suite', suite]
    with open(OUTPUT / f'{name}.log', 'w', encoding='utf-8') as file:
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


def sanitized_build():
    build = TOP / 'build-asan'
    if not (build / 'build.ninja').exists():
        subprocess.run(['meson', 'setup', str(build), str(TOP), '-Db_sanitize=address,undefined', '-Db_lundef=false', f'--prefix={build}/root', '--libdir=lib'],
                       check=True, stdout=subprocess.DEVNULL)
    subprocess.run(['ninja', '-C', str(build)], check=True, stdout=subprocess.DEVNULL)
    return build


SANITIZER_ENV = {'VIG_RACE_ROUNDS': '100', 'ASAN_OPTIONS': 'detect_leaks=1:abort_on_error=1', 'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
                 'LSAN_OPTIONS': f'suppressions={TOP}/tests/lsan.supp:print_suppressions=0'}


def suite_lint(args, result):
    run_tap('lint', [PYTHON, 'tests/lint.py'], result)


def suite_unit(args, result):
    run_meson('unit', args.build, result)


def suite_sanitized(args, result):
    run_meson('sanitized', sanitized_build(), result, suites=['unit'], wrapper_env=SANITIZER_ENV)


def suite_integration(args, result):
    for path in sorted((TOP / 'tests' / 'integration').glob('test_*.py')):
        run_tap(f'integration-{path.stem}', [PYTHON, str(path)], result, env={'VIG_BUILD': str(args.build), 'VIG_OUTPUT': str(OUTPUT)}, timeout=600)


def npm(folder, *command):
    subprocess.run(['npm', *command], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def suite_dashboard(args, result):
    work = pathlib.Path(args.build) / 'dashboard-work' / 'data' / 'dashboard'
    if not (work / 'node_modules').exists():
        npm(work, 'ci', '--silent', '--no-audit', '--no-fund')
    for script in ('typecheck', 'lint'):
        code = subprocess.run(['npm', 'run', '--silent', script], cwd=work, capture_output=True, text=True, check=False)
        (OUTPUT / f'dashboard-{script}.log').write_text(code.stdout + code.stderr, encoding='utf-8')
        result.add(code.returncode == 0, f'dashboard: {script}')
    run_tap('dashboard-unit', ['npx', 'vitest', 'run', '--reporter=tap-flat'], result, cwd=work)


def suite_browser(args, result):
    folder = TOP / 'tests' / 'browser'
    if not (folder / 'node_modules').exists():
        npm(folder, 'ci', '--silent', '--no-audit', '--no-fund', '--ignore-scripts')
    for path in sorted(folder.glob('test-*.mjs')):
        run_tap(f'browser-{path.stem}', ['node', str(path)], result, env={'VIG_BUILD': str(args.build), 'VIG_OUTPUT': str(OUTPUT)}, timeout=600)


def suite_race(args, result):
    run_tap('race', [str(pathlib.Path(args.build) / 'tests/unit/agent/test-agent-race')], result, env={'VIG_RACE_ROUNDS': '100000'}, timeout=14400)


def suite_fuzz(args, result):
    run_tap('fuzz', ['bash', 'tests/fuzz/run.sh', '3600' if args.long else '20'], result)


def suite_kill(args, result):
    run_tap('kill', [PYTHON, 'tests/integration/kill.py'], result, env={'VIG_BUILD': str(args.build), 'VIG_KILLS': '2000' if args.long else '200'}, timeout=1500)


def suite_start(args, result):
    run_tap('start', ['bash', 'tests/integration/start.sh'], result, env={'VIG_BUILD': str(args.build)}, timeout=1200)


def suite_bench(args, result):
    run_tap('bench', [PYTHON, 'tests/bench/run.py', '--check'], result, env={'VIG_BUILD': str(args.build)}, timeout=3000)


SHORT = ['lint', 'unit', 'dashboard', 'integration', 'browser', 'kill', 'start', 'fuzz', 'sanitized']
LONG = SHORT + ['race', 'bench']


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
    args = parser.parse_args()
    names = args.only.split(',') if args.only else LONG if args.long else SHORT
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    result = Result()
    for name in names:
        begin = time.monotonic()
        before = (result.passed, len(result.failures), len(result.skips))
        print(f'==> {name}', flush=True)
        try:
            globals()[f'suite_{name}'](args, result)
        except (OSError, subprocess.CalledProcessError, ValueError) as error:
            result.add(False, f'{name}: {error}')
        print(f'    {result.passed - before[0]} passed, {len(result.failures) - before[1]} failed, {len(result.skips) - before[2]} skipped'
              f' in {time.monotonic() - begin:.0f} s', flush=True)
    check_skips(result)
    for name in result.failures:
        print(f'FAILED {name}')
    for name, reason in result.skips:
        print(f'skipped {name}: {reason}')
    print(f'{result.passed} passed, {len(result.failures)} failed, {len(result.skips)} skipped')
    sys.exit(1 if result.failures or result.passed == 0 else 0)


main()

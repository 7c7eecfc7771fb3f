#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What run.py runs again, and what it never does."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run  # noqa: E402

# A suite, what its job prints at first and again, how many such jobs there are, and whether the failures stand.
CASES = (('browser', 'not ok 1 - a', 'ok 1 - a', 1, False), ('browser', 'not ok 1 - a', 'not ok 1 - a', 1, True), ('fuzz', 'not ok 1 - a', 'ok 1 - a', 1, True),
         ('kill', 'not ok 1 - a', 'ok 1 - a', 1, True), ('browser', 'not ok 1 - a', 'ok 1 - a', run.FEW + 1, True),
         ('integration', 'vigilusd crashed by signal 11\nnot ok 1 - a', 'ok 1 - a', 1, True),
         ('integration', 'ERROR: AddressSanitizer: heap-use-after-free\nnot ok 1 - a', 'ok 1 - a', 1, True),
         ('browser', '\n'.join(f'not ok {number} - a' for number in range(run.FEW + 1)), 'ok 1 - a', 1, True), ('browser', '', 'ok 1 - a', 1, False))


def make_suite(name, first, second, jobs):
    """Each job prints @first once, and @second where it runs again."""
    def job(index):
        script = f'if mkdir "{run.OUTPUT}/{name}-{index}.ran" 2>/dev/null; then printf %s "$0"; else printf %s "$1"; fi'
        return run.tap_job(f'{name}-{index}', ['sh', '-c', script, first, second], cwd=run.OUTPUT)
    setattr(run, f'suite_{name}', lambda args: [job(index) for index in range(jobs)])
    return run.Suite(name, None)


def stands(name, first, second, jobs):
    suite = make_suite(name, first, second, jobs)
    suite.tell = lambda: None
    for job in suite.jobs:
        suite.run(job)
    assert suite.result.failures, 'it failed at first'
    flaky = run.run_failed_again([suite])
    assert bool(suite.result.failures) != bool(flaky), 'a failure is told once'
    assert suite.result.passed == len(flaky), 'what passed then counts'
    return bool(suite.result.failures)


print(f'1..{len(CASES)}')
wrong = 0
for number, case in enumerate(CASES, 1):
    with tempfile.TemporaryDirectory() as folder:
        run.TOP = run.OUTPUT = pathlib.Path(folder)
        good = stands(*case[:4]) == case[4]
    wrong += not good
    print(f'{"ok" if good else "not ok"} {number} - {case[0]}, {case[3]} of {case[1]!r} and then {case[2]!r}')
sys.exit(bool(wrong))

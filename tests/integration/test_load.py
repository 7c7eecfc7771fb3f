#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A hundred runs at once, each with three tool calls of which one waits for a person; the daemon is killed in the middle. tests/bench/load.py has more."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
import run_load  # noqa: E402

RUNS = 100


def test_a_hundred_runs_wait_and_end_after_a_kill():
    with run_load.Load() as load:
        figures = run_load.run_all(load, RUNS)
        print(f'# {figures}', flush=True)
        assert figures['kib_per_waiting_run'] < 120 * harness.FATNESS, figures
        assert figures['wrong'] == {} and figures['files'] >= figures['calls']['filesystem.write success'] > 0, figures


if __name__ == '__main__':
    harness.main(globals())

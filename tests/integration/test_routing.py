#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The offline provider routes as well as it did: tests/bench/routing, the half that nothing was tuned on."""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402

BENCH = pathlib.Path(__file__).resolve().parent.parent / 'bench' / 'routing' / 'run.py'


def test_offline_routes_most_requests_rightly():
    done = subprocess.run([sys.executable, str(BENCH), '--at-least', '70'], capture_output=True, text=True, check=False, timeout=120)
    print(done.stdout.replace('\n', '\n# '))
    assert done.returncode == 0, done.stderr


if __name__ == '__main__':
    harness.main({name: value for name, value in globals().items() if name.startswith('test_')})

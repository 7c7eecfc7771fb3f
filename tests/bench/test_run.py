#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What run.py --check fails for."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run  # noqa: E402

# Name, ratio, whether lower is better, the kept ratio, and what is said.
CASES = (('ssh-known', 0.99, True, 0.94, ''), ('ssh-known', 1.05, True, 0.94, 'misses the aim'), ('ssh-fresh', 0.6, True, 0.4, 'worse than'), ('list', 0.65, False, 0.7, ''),
         ('list', 0.59, False, 0.7, 'misses the aim'), ('list', 0.5, False, 0.7, 'worse than'), ('shell-first', 2.7, True, 2.6, ''), ('list', 0.9, False, None, 'no ratio is kept'))

print(f'1..{len(CASES)}')
wrong = 0
for number, (name, ratio, lower, kept, words) in enumerate(CASES, 1):
    said = run.Figure(name, ratio, '', '', 1, lower).complaint(kept, run.HELD.get(name)) or ''
    good = words in said and bool(words) == bool(said)
    wrong += not good
    print(f'{"ok" if good else "not ok"} {number} - {name} {ratio}: {said}')
sys.exit(bool(wrong))

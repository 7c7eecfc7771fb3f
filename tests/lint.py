#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The house rules that a machine can check. Prints TAP: one test per rule; failures name file and line.

lint.py [ROOT]
"""
import pathlib
import re
import subprocess
import sys

from lint_security import check_pitfalls, check_security
from lint_settings import check_settings
from lint_texts import check_stops, check_texts

MAX_FUNCTION = 60
MAX_FILE = 600
MAX_HEADER = 130
MAX_NESTING = 4
MAX_LINE = 180
C_FILES = ('.c', '.h')
CODE = ('.c', '.h', '.py', '.sh', '.ts', '.tsx', '.mjs', '.js', '.css')
BANNED = {
    r'\bgoto\b': 'goto',
    r'\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|system|popen)\s*\(': 'an unsafe libc function',
    r'\bg_error\s*\(': 'g_error ()',
    r'\bg_task_run_in_thread\s*\(': 'g_task_run_in_thread (): use VigWorker',
    r'\bG_SOURCE_FUNC\s*\(\s*g_\w+\s*\)': 'a function of GLib as a source: wrap it in one that says whether the source stays',
    r'\b(TODO|FIXME|XXX|HACK)\b': 'work left for later',
}
MACHINE_PATHS = re.compile(r'(?<![\w.])/(?:work|farm)/|/root/\.|(?<![\w])/home/[a-z]+/')


def tracked(root):
    out = subprocess.run(['git', '-C', root, 'ls-files', '-co', '--exclude-standard'], capture_output=True, text=True, check=True)
    for name in out.stdout.splitlines():
        path = pathlib.Path(root, name)
        if path.is_file() and 'tests/data/' not in name and 'test-data/' not in name and not name.endswith('package-lock.json'):
            yield name, path


def strip(text):
    """Blanks out comments, strings and character constants, keeping the lines."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda match: re.sub(r'[^\n]', ' ', match.group()), text)


def functions(code):
    """(first line, last line, deepest nesting) of each function: a brace in column 0 opens its body."""
    start = depth = deepest = 0
    for number, line in enumerate(code.split('\n'), 1):
        if line.startswith('{') and depth == 0:
            start, deepest = number, 0
        for char in line:
            if char == '{':
                depth += 1
                deepest = max(deepest, depth)
            elif char == '}':
                depth -= 1
        if depth == 0 and start and line.startswith('}'):
            yield start, number, deepest - 1, line
            start = 0


class Report:
    def __init__(self):
        self.rules = {}

    def rule(self, name):
        return self.rules.setdefault(name, [])

    def print(self):
        print('TAP version 13')
        print(f'1..{len(self.rules)}')
        for number, (name, rows) in enumerate(self.rules.items(), 1):
            print(f'{"not ok" if rows else "ok"} {number} - {name}')
            for row in rows[:40]:
                print(f'#   {row}')
        return any(self.rules.values())


def check_c(name, text, report):
    code = strip(text)
    spdx, size, function, nesting, banned, style = (report.rule(rule) for rule in (
        'SPDX line first', f'files under {MAX_FILE} lines, headers under {MAX_HEADER}', f'functions under {MAX_FUNCTION} lines',
        f'nesting at most {MAX_NESTING}', 'nothing banned', 'formatting'))
    lines = text.split('\n')
    if 'SPDX-License-Identifier: MIT' not in lines[0]:
        spdx.append(f'{name}:1')
    if len(lines) > (MAX_HEADER if name.endswith('.h') else MAX_FILE):
        size.append(f'{name}: {len(lines)} lines')
    if name.endswith('.h') and not re.search(r'^#pragma once$', text, re.M):
        style.append(f'{name}: no #pragma once')
    if name.endswith('.c') and not name.startswith('tests/plugins/') and not re.search(r'^#include "config.h"$', text, re.M):
        style.append(f'{name}: does not include "config.h"')
    for first, last, depth, end in functions(code):
        if end.startswith('};') or end.startswith('} '):
            continue
        if last - first - 1 > MAX_FUNCTION:
            function.append(f'{name}:{first}: {last - first - 1} lines')
        if depth > MAX_NESTING:
            nesting.append(f'{name}:{first}: {depth} deep')
    for number, line in enumerate(code.split('\n'), 1):
        for pattern, what in BANNED.items():
            if re.search(pattern, line):
                banned.append(f'{name}:{number}: {what}')
        if '\t' in line or lines[number - 1] != lines[number - 1].rstrip():
            style.append(f'{name}:{number}: tab or trailing space')
        if len(lines[number - 1]) > MAX_LINE:
            style.append(f'{name}:{number}: over {MAX_LINE} characters')
        if re.search(r'\b(if|for|while|switch)\(', line):
            style.append(f'{name}:{number}: no space before (')
        if re.match(r'\s*(if|for|while|switch)\b.*\)\s*\{\s*$', line):
            style.append(f'{name}:{number}: brace on its own line')
        if re.search(r'\b[a-z_]+[a-z]\((?!\))', line) and not line.lstrip().startswith('#') and re.search(r'\b(vig|g)_[a-z_]+\(', line):
            style.append(f'{name}:{number}: no space before (')
    for number, line in enumerate(text.split('\n'), 1):
        if re.search(r'\b(TODO|FIXME|XXX)\b', line):
            banned.append(f'{name}:{number}: work left for later')


def check_text(name, text, report):
    paths, spdx, size = report.rule('no path of anybody\'s machine'), report.rule('SPDX line first'), report.rule(f'files under {MAX_FILE} lines, headers under {MAX_HEADER}')
    for number, line in enumerate(text.split('\n'), 1):
        if MACHINE_PATHS.search(line) and name != 'tests/lint.py':
            paths.append(f'{name}:{number}')
    sheets = report.rule('style sheets close what they open')
    if name.endswith('.css') and text.count('{') != text.count('}'):
        sheets.append(f'{name}: {text.count("{")} opened, {text.count("}")} closed')
    if name.endswith(CODE) and not name.endswith(C_FILES):
        if 'SPDX-License-Identifier: MIT' not in '\n'.join(text.split('\n')[:3]):
            spdx.append(f'{name}:1')
        if text.count('\n') > MAX_FILE:
            size.append(f'{name}: {text.count(chr(10))} lines')


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else str(pathlib.Path(__file__).resolve().parent.parent)
    report = Report()
    seen = 0
    for name, path in tracked(root):
        try:
            text = path.read_text(encoding='utf-8')
        except UnicodeDecodeError:
            continue
        seen += 1
        check_text(name, text, report)
        if name.endswith(C_FILES):
            check_c(name, text, report)
    if pathlib.Path(root, 'SECURITY.md').is_file():
        check_security(root, report)
        check_pitfalls(root, report)
    if pathlib.Path(root, 'vigilus-core/store').is_dir():
        check_settings(root, report)
    if pathlib.Path(root, 'po/vigilus.pot').is_file():
        check_texts(root, report)
        check_stops(root, report)
    report.rule('there are files to look at').extend([] if seen > 50 else ['nothing found'])
    sys.exit(report.print())


main()

# SPDX-License-Identifier: MIT
"""That every promise in SECURITY.md names a test that is there, and every pitfall of the guard has one that names its number."""
import pathlib
import re

TEST_FILE = re.compile(r'`((?:[\w.-]+/)*(?:test[-_][\w-]+\.(?:c|py|mjs)|[\w-]+\.test\.tsx?|kill\.py|panic\.py|fuzz-[\w-]+\.c|attacks\.tsv))`(?: \(([^()]*)\))?')
# What the guard has to do with, of the list of what goes wrong in products like this.
PITFALLS = set(range(1, 27)) | {28, 35, 36}
# What is outside the boundary and cannot be tried: what somebody has, or a model is.
UNTESTABLE = ('- Whoever is root on the host', '- A model may be wrong')


def find_file(root, name):
    path = pathlib.Path(root, name)
    if '/' in name:
        return path if path.is_file() else None
    found = list(pathlib.Path(root, 'tests').glob(f'**/{name}'))
    return found[0] if len(found) == 1 else None


def check_names(root, passage):
    """How many tests @passage names, and what is wrong with them."""
    wrong, count = [], 0
    for name, inside in TEST_FILE.findall(passage):
        path = find_file(root, name)
        if path is None:
            wrong.append(f'there is no test {name}')
            continue
        count += 1
        text = path.read_text(encoding='utf-8')
        for one in filter(None, re.split(r',\s*', inside)):
            if not re.fullmatch(r'[\w-]+', one):
                continue
            if not re.search(rf'test_\w*{one.replace("-", "_")}|/{one}"|"{one}"', text):
                wrong.append(f'{name} has no test {one}')
    return count, wrong


def passages(text):
    """(line, heading, text) of each row, item and paragraph below a heading."""
    heading, begin, lines = '', 0, []
    for number, line in enumerate([*text.split('\n'), ''], 1):
        if line.startswith('#'):
            heading = line.lstrip('# ')
        elif line.startswith(('|', '* ', '- ')) or not line.strip():
            if lines:
                yield begin, heading, ' '.join(lines)
            begin, lines = number, [line] if line.strip() else []
        else:
            begin, lines = (begin if lines else number), [*lines, line]


def check_security(root, report):
    rule = report.rule('each promise in SECURITY.md names tests that are there')
    above = (None, 0)
    for number, heading, passage in passages(pathlib.Path(root, 'SECURITY.md').read_text(encoding='utf-8')):
        if re.match(r'\| (Promise|From ABI|Missing|-+)|\|[-|]+$', passage) or heading == 'Security':
            continue
        count, wrong = check_names(root, passage)
        # A table, and a list after a colon, belong to the paragraph above them.
        if not passage.startswith(('|', '* ', '- ')):
            above = (heading, count) if heading.startswith('What each') or passage.endswith(':') else (None, 0)
        elif above[0] == heading:
            count += above[1]
        if count == 0 and not passage.startswith(UNTESTABLE):
            wrong.append('names no test')
        rule.extend(f'SECURITY.md:{number}: {what}' for what in wrong)


def check_pitfalls(root, report):
    named = set()
    for path in pathlib.Path(root, 'tests').glob('**/test[-_]*.*'):
        if path.suffix in ('.c', '.py', '.mjs') and 'node_modules' not in path.parts:
            for numbers in re.findall(r'PITFALLS ((?:\d+(?:, | and )?)+)', path.read_text(encoding='utf-8')):
                named.update(int(number) for number in re.findall(r'\d+', numbers))
    report.rule('each pitfall of the guard has a test that names its number').extend(f'PITFALLS {number}' for number in sorted(PITFALLS - named))

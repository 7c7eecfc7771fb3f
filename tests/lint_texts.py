# SPDX-License-Identifier: MIT
"""Every text of the dashboard that is to be translated stands in the catalogue: po/update.sh puts it there. What the daemon and the dashboard both know, they
know alike."""
import json
import pathlib
import re

CALL = re.compile(r"""(?<![\w.])_\(\s*'((?:[^'\\]|\\.)*)'""")
MESSAGE = re.compile(r'^msgid ((?:".*"\n)+)', re.M)


def catalogue(path):
    for match in MESSAGE.finditer(path.read_text(encoding='utf-8')):
        yield ''.join(json.loads(line) for line in match[1].splitlines())


def check_texts(root, report):
    missing = report.rule('texts for people stand in po/vigilus.pot')
    known = set(catalogue(pathlib.Path(root, 'po/vigilus.pot')))
    for path in sorted(pathlib.Path(root, 'data/dashboard/src').rglob('*.ts*')):
        for match in CALL.finditer(path.read_text(encoding='utf-8')):
            text = re.sub(r'\\(.)', r'\1', match[1])
            if text not in known:
                missing.append(f'{path.relative_to(root)}: {text[:60]}')


DAEMON_STOPS, DASHBOARD_STOPS = 'vigilus-core/agent/vig-stop.c', 'data/dashboard/src/lib/stop.ts'


def stop_words(text, pattern, quote):
    return {re.sub('([A-Z])', lambda letter: f'_{letter[1].lower()}', name): set(re.findall(f'{quote}([^{quote}]+){quote}', body)) for name, body in re.findall(pattern, text, re.S)}


def check_stops(root, report):
    """The words of providers for why a model stopped, by what they mean: the daemon's and the dashboard's."""
    wrong = report.rule('the daemon and the dashboard know the same words for why a model stopped')
    daemon = stop_words(pathlib.Path(root, DAEMON_STOPS).read_text(encoding='utf-8'), r'static const char \*const (\w+)\[\] = \{ ([^}]*), NULL \};', '"')
    dashboard = stop_words(pathlib.Path(root, DASHBOARD_STOPS).read_text(encoding='utf-8'), r"const (\w+) = \[([^\]]*)\];", "'")
    for name in sorted(daemon.keys() | dashboard.keys()):
        for word in sorted(daemon.get(name, set()) ^ dashboard.get(name, set())):
            wrong.append(f'{word} is {name} in {DAEMON_STOPS if word in daemon.get(name, set()) else DASHBOARD_STOPS} alone')
    if len(daemon) < 4 or not all(daemon.values()):
        wrong.append(f'{DAEMON_STOPS}: its lists are not found')

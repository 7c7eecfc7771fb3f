#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints texts for people that stand in data and not in a call of _(), each as one: the table of exposures, and the settings of tools and
providers. The dashboard translates them by themselves."""
import json
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parent.parent
TEXT = r'((?:[^"\\]|\\[^"])*)'


def exposures():
    for row in json.loads((TOP / 'data/scope/exposures.json').read_text(encoding='utf-8')):
        yield from (row['title'], row['advice'])


def settings(source):
    """Members of a schema that have a title are for people; others describe themselves to models."""
    joined = re.sub(r'"\s*(?:\\\n\s*)?"', '', source)
    for block in re.findall(r'VigSettingsInfo \w+ = \{(.*?)\n\};', joined, re.S):
        yield from re.findall(rf'\.(?:title|description) = "{TEXT}"', block)
    for match in re.finditer(rf'\\"title\\": ?\\"{TEXT}\\"([^}}]*)', joined):
        yield match[1]
        yield from re.findall(rf'\\"description\\": ?\\"{TEXT}\\"', match[2])


def main():
    texts = list(exposures())
    for folder in ('plugins', 'vigilus-core'):
        for path in sorted((TOP / folder).rglob('*.[ch]')):
            texts += settings(path.read_text(encoding='utf-8'))
    for text in texts:
        print(f'_({json.dumps(text, ensure_ascii=False)});')


main()

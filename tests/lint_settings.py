# SPDX-License-Identifier: MIT
"""Every setting that can be stored is read by what it is for: one that nothing reads would be a promise."""
import pathlib
import re

STORE = 'vigilus-core/store/vig-store-settings.c'
FIELDS = re.compile(r'^static const VigStoreField fields\[\] = \{$(.*?)^\};$', re.M | re.S)
# A statement that asks for a member, up to its end: the name may be chosen in it.
READ = re.compile(r'\b(?:vig_json_(?:get|dup|has)_\w+|vig_invocation_dup_setting|json_object_(?:get|has|dup)_\w+) \([^;]*')


def check_settings(root, report):
    unread = report.rule('each setting is read by something other than its store')
    fields = FIELDS.search(pathlib.Path(root, STORE).read_text(encoding='utf-8'))
    names = re.findall(r'^  \{ "(\w+)"', fields[1], re.M) if fields else []
    read = set()
    for folder in ('vigilus-core', 'plugins'):
        for path in pathlib.Path(root, folder).rglob('*.c'):
            if path.relative_to(root).as_posix() != STORE and 'tests' not in path.parts[len(pathlib.Path(root).parts):]:
                for statement in READ.findall(path.read_text(encoding='utf-8')):
                    read.update(re.findall(r'"(\w+)"', statement))
    unread.extend(f'{STORE}: nothing reads {name}' for name in names if name not in read)
    if len(names) < 10:
        unread.append(f'{STORE}: its fields are not found')

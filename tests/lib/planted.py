# SPDX-License-Identifier: MIT
"""Planted secrets: the rows of tests/data/secrets, and as many more as are wanted with other values of the same shapes."""
import base64
import json
import pathlib
import random
import re
import string

DATA = pathlib.Path(__file__).resolve().parent.parent / 'data' / 'secrets' / 'positives.b64'
# Where the made-up part of a value begins: what stands before is the format's own (ghp_, xoxb-, sk-...).
FILLER = re.compile(r'5bc|JW5|FAKE|N0tReal|5678|1234567890')
# What a format has further on, by which it is known.
MARK = re.compile(r'AZDO|\.atlasv1\.|[78]Q~|FFFFNRAL|_mmk$|-us\d\d?$|::server:|:AA|CNTRL|4096|\$\d\d\$|\$v=19\$m=\d+,t=\d,p=\d\$|hooks?\b')
HEX = set('0123456789abcdef')
BASE32 = set(string.ascii_uppercase + '234567')


def rows():
    """Each with kind, text, secret and source."""
    return [json.loads(base64.b64decode(line)) for line in DATA.read_text(encoding='ascii').split()]


def other_character(character, value, rng):
    if set(value.lower()) <= HEX | {'-'} and character.lower() in HEX:
        return rng.choice('0123456789' if character.isdigit() else 'ABCDEF' if character.isupper() else 'abcdef')
    if set(value) <= BASE32:
        return rng.choice('234567' if character.isdigit() else string.ascii_uppercase)
    for kind in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
        if character in kind:
            return rng.choice(kind)
    return character


def hex_places(value, kept):
    """Where a run of hexadecimal digits is: it stays one."""
    free = ''.join('\0' if i in kept else character for i, character in enumerate(value))
    return {i: match[0] for match in re.finditer('[0-9a-f]{10,}|[0-9A-F]{10,}', free) for i in range(*match.span())}


def other_value(value, rng):
    """As long, of the same kinds of characters in the same places, behind the same beginning."""
    try:
        inner = base64.b64decode(value, validate=True).decode('ascii')
    except ValueError:
        inner = ''
    if FILLER.search(inner):
        return base64.b64encode(other_value(inner, rng).encode()).decode()
    start = FILLER.search(value)
    at = start.start() if start else len(value) // 2
    kept = {i for mark in MARK.finditer(value) for i in range(*mark.span())}
    runs = hex_places(value, kept)
    return value[:at] + ''.join(character if i in kept else other_character(character, runs.get(i, value[at:]), rng) for i, character in enumerate(value) if i >= at)


def variant(row, rng):
    secret = other_value(row['secret'], rng)
    return dict(row, secret=secret, text=row['text'].replace(row['secret'], secret))


def different(wanted, seed=20260501):
    """At least @wanted rows whose secrets are all different: a new value for each row, and again from the first until there are enough."""
    rng = random.Random(seed)
    found, secrets = [], set()
    usable = rows()
    for turn in range(8):
        for row in usable:
            one = variant(row, rng)
            if one['secret'] not in secrets and one['secret'] in one['text']:
                secrets.add(one['secret'])
                found.append(one)
            if turn > 0 and len(found) >= wanted:
                return found
    return found

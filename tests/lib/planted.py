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
HEX = set('0123456789abcdef')
BASE32 = set(string.ascii_uppercase + '234567')


def rows():
    """Each with kind, text, secret and source."""
    return [json.loads(base64.b64decode(line)) for line in DATA.read_text(encoding='ascii').split()]


def other_character(character, value, rng):
    if set(value.lower()) <= HEX | {'-'} and character in HEX:
        return rng.choice('0123456789' if character.isdigit() else 'abcdef')
    if set(value) <= BASE32:
        return rng.choice('234567' if character.isdigit() else string.ascii_uppercase)
    for kind in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
        if character in kind:
            return rng.choice(kind)
    return character


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
    return value[:at] + ''.join(other_character(character, value[at:], rng) for character in value[at:])


def variant(row, rng):
    secret = other_value(row['secret'], rng)
    return dict(row, secret=secret, text=row['text'].replace(row['secret'], secret))


def different(wanted, skip=(), seed=20260501):
    """At least @wanted rows whose secrets are all different: a new value for each row, and again from the first until there are enough."""
    rng = random.Random(seed)
    found, secrets = [], set()
    usable = [row for row in rows() if row['kind'] not in skip]
    for turn in range(8):
        for row in usable:
            one = variant(row, rng)
            if one['secret'] not in secrets and one['secret'] in one['text']:
                secrets.add(one['secret'])
                found.append(one)
            if turn > 0 and len(found) >= wanted:
                return found
    return found

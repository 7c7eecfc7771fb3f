#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Joins openapi.json and the file of each noun into one OpenAPI 3.1 description: bundle.py OUTPUT ROOT PART..."""
import json
import sys


def merge(target, part, path):
    for key, value in part.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            merge(target[key], value, f'{path}/{key}')
        elif key in target:
            sys.exit(f'bundle.py: {path}/{key} is defined twice')
        else:
            target[key] = value


def main():
    output, root, *parts = sys.argv[1:]
    with open(root, encoding='utf-8') as file:
        document = json.load(file)
    for part in parts:
        with open(part, encoding='utf-8') as file:
            merge(document, json.load(file), '#')
    with open(output, 'w', encoding='utf-8') as file:
        json.dump(document, file, ensure_ascii=False, indent=1)
        file.write('\n')


main()

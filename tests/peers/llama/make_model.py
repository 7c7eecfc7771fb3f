#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a tiny model of the llama architecture with random weights (GGUF, 0.5 MB): it says nonsense, by real inference.

make_model.py FILE
"""
import array
import math
import pathlib
import random
import struct
import sys

WIDTH, BLOCKS, HEADS, INNER, CONTEXT = 64, 2, 4, 128, 2048
TEXT, UINT32, INT32, FLOAT32, ARRAY = 8, 4, 5, 6, 9
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
TOKENS = [(b'<unk>', UNKNOWN), (b'<s>', CONTROL), (b'</s>', CONTROL)] + [(b'<0x%02X>' % i, BYTE) for i in range(256)] \
    + [('\u2581'.encode(), NORMAL)] + [(bytes([i]), NORMAL) for i in range(33, 127)]


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack('<Q', len(raw)) + raw


def entry(key, kind, value):
    return text(key) + struct.pack('<I', kind) + value


def number(key, value):
    return entry(key, UINT32, struct.pack('<I', value))


def listed(key, kind, items):
    return entry(key, ARRAY, struct.pack('<IQ', kind, len(items)) + b''.join(items))


def describe():
    architecture = {'context_length': CONTEXT, 'embedding_length': WIDTH, 'block_count': BLOCKS, 'feed_forward_length': INNER, 'attention.head_count': HEADS,
                    'attention.head_count_kv': HEADS, 'rope.dimension_count': WIDTH // HEADS, 'vocab_size': len(TOKENS)}
    return [entry('general.architecture', TEXT, text('llama')), entry('general.name', TEXT, text('vigilus-tiny-random')), number('general.alignment', 32),
            *(number(f'llama.{name}', value) for name, value in architecture.items()),
            entry('llama.attention.layer_norm_rms_epsilon', FLOAT32, struct.pack('<f', 1e-5)),
            entry('tokenizer.ggml.model', TEXT, text('llama')),
            listed('tokenizer.ggml.tokens', TEXT, [text(name) for name, _ in TOKENS]),
            listed('tokenizer.ggml.scores', FLOAT32, [struct.pack('<f', 0)] * len(TOKENS)),
            listed('tokenizer.ggml.token_type', INT32, [struct.pack('<i', kind) for _, kind in TOKENS]),
            number('tokenizer.ggml.bos_token_id', 1), number('tokenizer.ggml.eos_token_id', 2), number('tokenizer.ggml.unknown_token_id', 0)]


def tensors():
    yield from (('token_embd.weight', (WIDTH, len(TOKENS))), ('output_norm.weight', (WIDTH,)), ('output.weight', (WIDTH, len(TOKENS))))
    for block in range(BLOCKS):
        shapes = {'attn_norm': (WIDTH,), 'attn_q': (WIDTH, WIDTH), 'attn_k': (WIDTH, WIDTH), 'attn_v': (WIDTH, WIDTH), 'attn_output': (WIDTH, WIDTH),
                  'ffn_norm': (WIDTH,), 'ffn_gate': (WIDTH, INNER), 'ffn_up': (WIDTH, INNER), 'ffn_down': (INNER, WIDTH)}
        yield from ((f'blk.{block}.{name}.weight', shape) for name, shape in shapes.items())


def pad(raw):
    return raw + b'\0' * (-len(raw) % 32)


def main(path):
    source = random.Random(1)
    infos, data = [], b''
    for name, shape in tensors():
        infos.append(text(name) + struct.pack('<I', len(shape)) + b''.join(struct.pack('<Q', size) for size in shape) + struct.pack('<IQ', 0, len(data)))
        weights = (1.0 if 'norm' in name else source.gauss(0, 0.08) for _ in range(math.prod(shape)))
        data += pad(array.array('f', weights).tobytes())
    entries = describe()
    head = struct.pack('<IIQQ', 0x46554747, 3, len(infos), len(entries)) + b''.join(entries) + b''.join(infos)
    pathlib.Path(path).write_bytes(pad(head) + data)


if __name__ == '__main__':
    main(sys.argv[1])

// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { membersOf, readValues } from '../src/lib/schema-values';
import { diffOfWrite } from '../src/lib/write-diff';

const schema = {
  required: ['path'],
  properties: {
    path: { type: 'string', maxLength: 4096 },
    content: { type: 'string', maxLength: 65536 },
    n: { type: ['integer', 'null'] },
    deep: { type: 'boolean' },
    mode: { enum: ['a', 'b'] },
    tags: { type: 'array' },
  },
};

test('a form has a field of its kind for each member', () => {
  expect(membersOf(schema).map(({ kind }) => kind)).toEqual(['text', 'long', 'number', 'boolean', 'choice', 'json']);
  expect(membersOf({})).toEqual([]);
});

test('what is typed becomes what the schema asks for', () => {
  const read = readValues(membersOf(schema), {
    path: 'a',
    n: '3',
    deep: 'false',
    mode: 'b',
    tags: '["x"]',
    content: '',
  });
  expect(read).toEqual({ values: { path: 'a', n: 3, deep: false, mode: 'b', tags: ['x'] }, wrongs: {} });
});

test('what is wrong is said at its member', () => {
  const { wrongs, values } = readValues(membersOf(schema), { n: 'x', tags: '[' });
  expect(Object.keys(wrongs)).toEqual(['path', 'n', 'tags']);
  expect(values).toEqual({});
});

test('a write is a diff', () => {
  expect(diffOfWrite('filesystem.write', { path: 'a', content: 'one\ntwo\n' })).toBe('+++ a\n+one\n+two');
  expect(diffOfWrite('filesystem.write', { path: 'a', content: '@@ -1 +1 @@\n-a\n+b\n', mode: 'patch' })).toContain(
    '-a',
  );
  const base64 = { path: 'a', content: 'ZHLDqWkK', encoding: 'base64' };
  expect(diffOfWrite('ssh.write', base64)).toBe('+++ a\n+dréi');
  expect(diffOfWrite('ssh.write', { ...base64, content: '/wA=' })).toBeUndefined();
  expect(diffOfWrite('filesystem.read', { path: 'a', content: 'x' })).toBeUndefined();
  expect(diffOfWrite('ssh.write', null)).toBeUndefined();
});

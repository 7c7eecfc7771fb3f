// SPDX-License-Identifier: MIT
import { afterEach, expect, test } from 'vitest';
import { parsePo } from '../scripts/po.mjs';
import { cleanOutput, revealHidden } from '../src/components/output';
import { BlockSplitter, codeOf } from '../src/lib/blocks';
import { _, ngettext, setCatalogue } from '../src/lib/i18n';
import { describeSchema } from '../src/lib/json-schema';
import { findMention, insertMention, rankNames } from '../src/lib/mentions';
import { text, texts } from '../src/lib/search';
import { formatCountdown, formatDuration, formatRelative } from '../src/lib/time';
import { check } from '../src/lib/validate';

afterEach(() => setCatalogue('en', {}));

const blocksOf = (whole: string) => new BlockSplitter().split(whole);

test.each([
  ['one\n\ntwo', ['one\n', 'two']],
  ['```\na\n\nb\n```\n\nafter', ['```\na\n\nb\n```\n', 'after']],
  ['````\n```\n\nx\n````\n\ny', ['````\n```\n\nx\n````\n', 'y']],
  ['- a\n\n- b', ['- a\n\n- b']],
  ['1. a\n\n2. b\n\nend', ['1. a\n\n2. b\n', 'end']],
  ['- a\n\n  more of a\n\nend', ['- a\n\n  more of a\n', 'end']],
  ['see [x][1]\n\nand\n\n[1]: http://a', ['see [x][1]\n\nand\n\n[1]: http://a']],
  ['~~~\nopen\n\nstill', ['~~~\nopen\n\nstill']],
  ['', ['']],
])('Markdown %j is cut where it may be', (whole, blocks) => {
  expect(blocksOf(whole)).toEqual(blocks);
});

test('the blocks of a text are the text', () => {
  const whole = '# a\n\nb\n\n* c\n\n```js\n\n```\n\n| d |\n|---|\n\ne';
  expect(blocksOf(whole).join('\n')).toBe(whole);
});

test.each([
  ['@', 1, { start: 0, query: '' }],
  ['ask @fi', 7, { start: 4, query: 'fi' }],
  ['ask @Home lab', 13, { start: 4, query: 'Home lab' }],
  ['mail a@b', 8, null],
  ['no', 2, null],
  ['@a\nb', 4, null],
])('the mention in %j', (draft, cursor, mention) => {
  expect(findMention(draft, cursor)).toEqual(mention);
});

test('a mention takes the place of what was typed', () => {
  expect(insertMention('ask @fi now', { start: 4, query: 'fi' }, 7, 'Files')).toEqual({
    text: 'ask @Files now',
    cursor: 11,
  });
});

test('names that begin with the query come first', () => {
  const names = ['Host', 'Files', 'Backup host', 'Ghost'].map((name) => ({ name }));
  expect(rankNames(names, 'ho').map((item) => item.name)).toEqual(['Host', 'Backup host', 'Ghost']);
});

test.each([
  [0, '0 ms'],
  [840, '840 ms'],
  [9400, '9.4 s'],
  [59_900, '59 s'],
  [245_000, '4 min 5 s'],
  [7_380_000, '2 h 3 min'],
  [50 * 3_600_000, '2 d 2 h'],
])('a duration of %i ms is %s', (milliseconds, words) => {
  expect(formatDuration(milliseconds)).toBe(words);
});

test.each([
  [61_000, '1:01'],
  [3_729_000, '1:02:09'],
  [-5, '0:00'],
])('%i ms on the clock are %s', (milliseconds, words) => {
  expect(formatCountdown(milliseconds)).toBe(words);
});

test('relative times', () => {
  const now = Date.parse('2026-01-01T12:00:00Z');
  expect(formatRelative('2026-01-01T11:59:30Z', now)).toBe('now');
  expect(formatRelative('2026-01-01T11:57:00Z', now)).toContain('3');
  expect(formatRelative('2025-12-31T12:00:00Z', now)).toBe('yesterday');
});

test('who decides sees what is hidden', () => {
  expect(revealHidden('rm -rf /tmp/\u202ecod.txt\u200b\r\n\ttab\u001b[2K\u{e0041}ü 漢字')).toBe(
    'rm -rf /tmp/[U+202E]cod.txt[U+200B]\n\ttab[U+001B][2K[U+E0041]ü 漢字',
  );
});

test('output loses what would move the cursor or turn the text, and nothing else', () => {
  expect(cleanOutput('\u001b[31mred\u001b[0m\r\n\ttab\u0007 \u202eevil \u001b]0;title\u0007x')).toBe(
    'red\n\ttab evil x',
  );
});

test('strings come from the catalogue, with their values', () => {
  setCatalogue('de', { 'Delete {name}': ['{name} löschen'], 'one run': ['ein Lauf', '{count} Läufe'] });
  expect(_('Delete {name}', { name: 'Files' })).toBe('Files löschen');
  expect(ngettext('one run', '{count} runs', 1)).toBe('ein Lauf');
  expect(ngettext('one run', '{count} runs', 3)).toBe('3 Läufe');
  expect(_('Unknown')).toBe('Unknown');
});

test('a plural of three forms takes the right one', () => {
  setCatalogue('pl', { 'one run': ['{count} zadanie', '{count} zadania', '{count} zadań'] });
  expect([1, 3, 5, 22].map((count) => ngettext('one run', '{count} runs', count))).toEqual([
    '1 zadanie',
    '3 zadania',
    '5 zadań',
    '22 zadania',
  ]);
});

test('PO files', () => {
  const po =
    'msgid ""\nmsgstr "Language: de\\n"\n\n#, fuzzy\nmsgid "a"\nmsgstr "x"\n\nmsgid ""\n"b"\nmsgstr "be"\n"ta\\n"\n\nmsgid "n"\nmsgid_plural "ns"\nmsgstr[0] "1"\nmsgstr[1] "2"\n\nmsgid "no"\nmsgstr ""\n';
  expect(parsePo(po)).toEqual({ b: ['beta\n'], n: ['1', '2'] });
});

test('forms are checked against the API’s own schema', () => {
  expect(check('createOwner', { name: 'ad', password: 'short' })).toEqual({
    name: 'At least 3 characters.',
    password: 'At least 10 characters.',
  });
  expect(check('createOwner', { name: 'a d a', password: 'long enough it is' })).toHaveProperty('name');
  expect(check('createOwner', { name: 'ada', password: 'long enough it is' })).toEqual({});
  expect(check('createOwner', { password: 'long enough it is' })).toEqual({ name: 'This is needed.' });
  expect(check('updateSettings', { run_max_turns: 0 })).toEqual({ run_max_turns: 'At least 1.' });
  expect(check('updateSettings', { run_max_turns: Number.NaN })).toHaveProperty('run_max_turns');
  expect(check('createOperator', { name: '@x' })).toHaveProperty('name');
});

test('a schema becomes rows', () => {
  const schema = {
    type: 'object',
    required: ['path'],
    properties: {
      path: { type: 'string', minLength: 1, maxLength: 9, description: 'Where' },
      modes: { type: 'array', items: { type: 'object', properties: { kind: { enum: ['a', 'b'], default: 'a' } } } },
    },
  };
  expect(describeSchema(schema)).toEqual([
    { path: 'path', type: 'string', isRequired: true, description: 'Where', limits: '1–9 chars' },
    { path: 'modes', type: 'object[]', isRequired: false, description: '', limits: '' },
    { path: 'modes[].kind', type: '"a" | "b"', isRequired: false, description: '', limits: '= "a"' },
  ]);
});

test('only known members of an address are taken', () => {
  expect(texts({ a: 'x', b: '', c: 'y', d: 3 }, ['a', 'b', 'd'])).toEqual({ a: 'x', d: '3' });
  expect(text({})).toBeUndefined();
});

const grown = [
  'Some words.',
  '1. one\n2. two\n\n3. three',
  '```sh\nls -l\n\n# not a heading\n```\nafter',
  '> quote\n> more\n\n- a\n- b\n\n  still b\n\nlast',
  Array.from({ length: 400 }, (_unused, index) => `- item ${index} of a long list`).join('\n'),
  '1',
  '~~~\nopen',
].join('\n\n');

test('a text that grows is split as it is when it is whole', () => {
  const splitter = new BlockSplitter();
  let blocks: string[] = [];
  for (let end = 0; end <= grown.length; end += 7) blocks = splitter.split(grown.slice(0, end));
  blocks = splitter.split(grown);
  expect(blocks).toEqual(blocksOf(grown));
  expect(blocks.join('\n')).toBe(grown);
  expect(splitter.split('Another text')).toEqual(['Another text']);
});

const row = (index: number) => `| host${index} | 10.0.0.${index} | **up** |`;
const tall = `Hosts:\n\n| name | address | state |\n|:--|---|--:|\n${Array.from({ length: 400 }, (_none, index) => row(index)).join('\n')}\n\nend`;

test('a table that goes on for pages is cut between its rows, each part with its head', () => {
  const blocks = blocksOf(tall);
  expect(blocks.length).toBeGreaterThan(3);
  expect(Math.max(...blocks.map((block) => block.length))).toBeLessThan(3200);
  const head = '| name | address | state |\n|:--|---|--:|\n';
  for (const block of blocks.slice(1, -1)) expect(block.startsWith(`${head}| host`)).toBe(true);
  expect(blocks.at(-1)).toBe('end');
  const rows = blocks.flatMap((block) => block.split('\n').filter((line) => line.startsWith('| host')));
  expect(rows).toEqual(Array.from({ length: 400 }, (_none, index) => row(index)));
  const splitter = new BlockSplitter();
  for (let end = 0; end <= tall.length; end += 5) splitter.split(tall.slice(0, end));
  expect(splitter.split(tall)).toEqual(blocks);
  expect(blocksOf(`\`\`\`\n${tall}`)).toHaveLength(1);
});

test('a link that is defined below a table leaves its head where it is', () => {
  const short = '| a | b |\n|---|---|\n| 1 | 2 |\n[1]: https://example.org';
  expect(blocksOf(short)).toEqual([short]);
  const splitter = new BlockSplitter();
  for (let end = 0; end <= tall.length; end += 5) splitter.split(tall.slice(0, end));
  expect(splitter.split(`${tall}\n\n[1]: https://example.org`).join('\n')).toContain('| host399 |');
  const open = tall.slice(0, tall.indexOf('\n\nend'));
  const last = new BlockSplitter();
  for (let end = 0; end <= open.length; end += 5) last.split(open.slice(0, end));
  expect(last.split(`${open}\n\n[1]: https://example.org`).at(-1)).toMatch(/^\| name \|/);
});

test.each([
  ['```js\nlet a;\n```', { language: 'js', text: 'let a;' }],
  ['```\nopen\n\nstill', { language: undefined, text: 'open\n\nstill' }],
  ['~~~~ py x\na\n~~~\nb\n~~~~\n', { language: 'py', text: 'a\n~~~\nb' }],
  ['no code', null],
  ['```a`b\nx', null],
])('the code in %j', (block, code) => {
  expect(codeOf(block)).toEqual(code);
});

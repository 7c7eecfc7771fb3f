// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { emptyStream, isGrown, join, overlap, ReplyStream, type StreamState, step } from '../src/lib/stream';

const answer = 'Two file systems are mounted, and both have room. Nothing was changed.';
const live = (text: string, runId = 'r') => ({
  run_id: runId,
  operator_name: 'Host',
  text,
  reasoning: '',
  outputs: {},
});

test.each([
  ['abc', 'cd', 1],
  ['abc', 'abcd', 3],
  ['abc', 'xyz', 0],
  ['', 'abc', 0],
  ['abc', '', 0],
  ['aaa', 'aa', 2],
])('the end of %j that %j begins with', (base, delta, length) => {
  expect(overlap(base, delta)).toBe(length);
});

test('text fetched at any moment joins with the deltas since the subscription', () => {
  for (let subscribed = 0; subscribed < answer.length; subscribed += 5)
    for (let fetched = subscribed; fetched <= answer.length; fetched += 7)
      expect(join(answer.slice(0, fetched), answer.slice(subscribed))).toBe(answer);
});

test('a viewer who comes late sees what was streamed before, once', () => {
  const stream = new ReplyStream();
  stream.expect();
  stream.addText('r', 'text', answer.slice(20, 30));
  stream.addText('r', 'text', answer.slice(30, 40));
  expect(stream.take(live(answer.slice(0, 33)))).toBe(true);
  stream.addText('r', 'text', answer.slice(40));
  expect(stream.state.text).toBe(answer);
});

test('a fetch that was answered before the reply began takes nothing of it away', () => {
  const stream = new ReplyStream();
  stream.expect();
  stream.addText('r', 'text', 'Two file');
  expect(stream.take({ ...live(''), run_id: null, operator_name: null })).toBe(true);
  expect(stream.state).toMatchObject({ runId: 'r', text: 'Two file' });
  stream.addText('r', 'text', ' systems');
  expect(stream.state.text).toBe('Two file systems');
});

test('a fetch that was overtaken by the stored reply is refused', () => {
  const stream = new ReplyStream();
  stream.expect();
  stream.addText('r', 'text', 'old');
  stream.clearText();
  expect(stream.take(live('old'))).toBe(false);
  expect(stream.state.text).toBe('');
  stream.expect();
  expect(stream.take(live(''))).toBe(true);
});

test('what turns out to be thinking moves there at once, and nothing of it is lost', () => {
  const stream = new ReplyStream();
  stream.addText('r', 'reasoning', 'First. ');
  stream.addText('r', 'text', 'Let me see.');
  const before = stream.state;
  const seen: StreamState[] = [];
  stream.watch(() => seen.push(stream.state));
  stream.addText('r', 'reclassify', '');
  expect(seen).toHaveLength(1);
  expect(stream.state).toMatchObject({ reasoning: 'First. Let me see.', text: '' });
  expect(isGrown(before, stream.state)).toBe(false);
  stream.addText('r', 'text', 'Good day');
  expect(stream.state).toMatchObject({ reasoning: 'First. Let me see.', text: 'Good day' });
});

test('a fetch during which text became thinking is refused', () => {
  const stream = new ReplyStream();
  stream.expect();
  stream.addText('r', 'text', 'see.');
  stream.addText('r', 'reclassify', '');
  expect(stream.take(live('Let me see.'))).toBe(false);
  stream.expect();
  stream.addText('r', 'text', 'day');
  expect(stream.take({ ...live('Good '), reasoning: 'Let me see.' })).toBe(true);
  expect(stream.state).toMatchObject({ reasoning: 'Let me see.', text: 'Good day' });
});

test('another run begins with nothing of the one before', () => {
  const stream = new ReplyStream();
  stream.addText('one', 'text', 'first');
  stream.addText('two', 'reasoning', 'hm');
  expect(stream.state).toMatchObject({ runId: 'two', text: '', reasoning: 'hm' });
});

test('output of a call grows apart from the text', () => {
  const stream = new ReplyStream();
  stream.expect();
  stream.addOutput('c', 'line 2\n');
  stream.take({ ...live(''), outputs: { c: 'line 1\nline 2\n' } });
  stream.addOutput('c', 'line 3\n');
  expect(stream.state.outputs).toEqual({ c: 'line 1\nline 2\nline 3\n' });
});

test('a long text is shown in steps, and what is no growth at once', () => {
  const whole = { ...emptyStream, runId: 'r', text: 'x'.repeat(20_000) };
  let shown: StreamState = { ...whole, text: '' };
  const lengths: number[] = [];
  while (shown.text.length < whole.text.length) {
    expect(isGrown(shown, whole)).toBe(true);
    shown = step(shown, whole);
    lengths.push(shown.text.length);
  }
  expect(lengths).toEqual([8000, 16_000, 20_000]);
  expect(shown).toBe(whole);
  for (const other of [{ runId: 's' }, { settledBy: 'm' }, { text: '' }, { reasoning: 'no' }])
    expect(isGrown({ ...whole, reasoning: 'yes' }, { ...whole, reasoning: 'yes', ...other })).toBe(false);
});

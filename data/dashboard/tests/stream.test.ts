// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { join, overlap, ReplyStream } from '../src/lib/stream';

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

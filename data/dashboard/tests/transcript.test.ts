// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { buildTurns } from '../src/lib/transcript';
import type { Call, Message, Run } from '../src/lib/types';

const message = (id: string, kind: Message['kind'], content: Message['content'], run = 'r1') =>
  ({ id, session_id: 's', run_id: run, kind, content, operator_name: null, created_at: '' }) as Message;
const run = (id: string) => ({ id, session_id: 's', state: 'resolving' }) as Run;
const call = (id: string, values: Partial<Call>) =>
  ({ id, run_id: 'r1', message_id: 'm2', provider_call_id: 'c1', ...values }) as Call;

const asked = message('m1', 'user', { text: 'Write it' });
const called = message('m2', 'assistant', {
  text: 'I do.',
  calls: [{ id: 'c1', name: 'filesystem.write', arguments: {} }],
});
const results = message('m3', 'tools', {
  results: [{ call_id: 'c1', name: 'filesystem.write', text: 'wrote', is_error: false }],
});
const answered = message('m4', 'assistant', { text: 'Done.', calls: [] });

const types = (turns: ReturnType<typeof buildTurns>) => turns.map((turn) => turn.entries.map((entry) => entry.type));

test('a turn is a person’s words and what came of them', () => {
  const turns = buildTurns(
    [asked, called, results, answered, message('m5', 'user', { text: 'Thanks' }, 'r2')],
    [run('r1'), run('r2')],
    [],
  );
  expect(types(turns)).toEqual([['reply', 'call', 'reply'], []]);
  expect(turns.map((turn) => turn.run?.id)).toEqual(['r1', 'r2']);
});

test('a call is joined with its declaration and its result', () => {
  const [turn] = buildTurns([asked, called, results], [run('r1')], [call('k', {})]);
  expect(turn?.entries[1]).toMatchObject({
    key: 'k',
    declared: { name: 'filesystem.write' },
    call: { id: 'k' },
    result: { text: 'wrote' },
  });
});

test('a call that is known before its reply is shown once', () => {
  const early = buildTurns([asked], [run('r1')], [call('k', {})]);
  expect(types(early)).toEqual([['call']]);
  const late = buildTurns([asked, called], [run('r1')], [call('k', {})]);
  expect(types(late)).toEqual([['reply', 'call']]);
});

test('ids that a model uses again in a later reply stay apart', () => {
  const again = message('m6', 'assistant', { calls: [{ id: 'c1', name: 'shell.exec', arguments: {} }] });
  const calls = [call('k1', {}), call('k2', { message_id: 'm6' })];
  const [turn] = buildTurns([asked, called, again], [run('r1')], calls);
  expect(turn?.entries.flatMap((entry) => (entry.type === 'call' ? [entry.call?.id] : []))).toEqual(['k1', 'k2']);
});

test('an empty reply takes no place; a page that begins in the middle still shows', () => {
  const turns = buildTurns([message('m2', 'assistant', { text: '', calls: [] }), answered], [], []);
  expect(types(turns)).toEqual([['reply']]);
  expect(turns[0]?.user).toBeNull();
});

test('a question that is asked again belongs to the run whose answer is shown, else to the newest', () => {
  const runs = [
    { ...run('r2'), question_id: 'm1' },
    { ...run('r1'), question_id: 'm1' },
  ];
  expect(buildTurns([asked], runs, [])[0]?.run?.id).toBe('r2');
  expect(buildTurns([asked, answered], runs, [])[0]?.run?.id).toBe('r1');
});

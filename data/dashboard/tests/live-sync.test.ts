// SPDX-License-Identifier: MIT
import { QueryObserver } from '@tanstack/react-query';
import { beforeEach, expect, test, vi } from 'vitest';
import { putItem } from '../src/lib/chat';
import { applyEvent, streamOf } from '../src/lib/live-sync';
import { queryClient } from '../src/lib/query';
import type { Call, Message, Run } from '../src/lib/types';

const message = (id: string, text = id) => {
  const parent_id = id === '1' ? null : '1';
  return { id, session_id: 's', run_id: 'r', kind: 'assistant', content: { text }, parent_id } as unknown as Message;
};
const page = (...items: unknown[]) => ({ pages: [{ items, next: null }], pageParams: [undefined] });

beforeEach(() => queryClient.clear());

test('a message is added once, whichever of event and fetch comes first', () => {
  queryClient.setQueryData(['messages', 's'], page(message('1')));
  applyEvent({ topic: 'session:s', event: 'message.added', data: message('2') });
  applyEvent({ topic: 'session:s', event: 'message.added', data: message('2', 'again') });
  expect(queryClient.getQueryData(['messages', 's'])).toEqual(page(message('1'), message('2', 'again')));
});

test('a message of a branch that is not shown is not put into the one that is', () => {
  queryClient.setQueryData(['messages', 's'], page(message('1'), message('2')));
  applyEvent({ topic: 'session:s', event: 'message.added', data: message('3') });
  expect(queryClient.getQueryData(['messages', 's'])).toEqual(page(message('1'), message('2')));
  expect(queryClient.getQueryState(['messages', 's'])?.isInvalidated).toBe(true);
});

test('what was not fetched is not made up from an event', () => {
  applyEvent({ topic: 'session:s', event: 'message.added', data: message('2') });
  expect(queryClient.getQueryData(['messages', 's'])).toBeUndefined();
});

test('deltas are shown until their message is stored', () => {
  const stream = streamOf('s');
  applyEvent({ topic: 'session:s', event: 'text.delta', data: { run_id: 'r', kind: 'text', text: 'Hel' } });
  applyEvent({ topic: 'session:s', event: 'text.delta', data: { run_id: 'r', kind: 'text', text: 'lo' } });
  expect(stream.state.text).toBe('Hello');
  applyEvent({ topic: 'session:s', event: 'message.added', data: message('2', 'Hello') });
  expect(stream.state).toMatchObject({ text: 'Hello', settledBy: '2' });
  applyEvent({ topic: 'session:s', event: 'text.delta', data: { run_id: 'r', kind: 'text', text: 'Next' } });
  expect(stream.state).toMatchObject({ text: 'Next', settledBy: null });
});

test('a run that ends takes its half-written text away', () => {
  applyEvent({ topic: 'session:s', event: 'text.delta', data: { run_id: 'r', kind: 'text', text: 'Hel' } });
  applyEvent({ topic: 'session:s', event: 'run.changed', data: { id: 'r', session_id: 's', state: 'stopped' } as Run });
  expect(streamOf('s').state.text).toBe('');
});

test('a call is replaced in place, a new one put last', () => {
  const call = (id: string, state: string) => ({ id, run_id: 'r', state }) as Call;
  queryClient.setQueryData(['calls', 'r'], [call('1', 'running'), call('2', 'new')]);
  applyEvent({ topic: 'session:s', event: 'call.changed', data: call('1', 'done') });
  applyEvent({ topic: 'session:s', event: 'call.changed', data: call('3', 'new') });
  expect(queryClient.getQueryData(['calls', 'r'])).toEqual([call('1', 'done'), call('2', 'new'), call('3', 'new')]);
});

test.each([
  ['approvals', 'approval.requested', 'approvals'],
  ['approvals', 'elsewhere', 'grants'],
  ['runs', 'elsewhere', 'operator-status'],
  ['operators', 'operators.changed', 'operators'],
  ['plugins', 'plugins.changed', 'tools'],
  ['settings', 'settings.changed', 'settings'],
])('an event of %s (%s) makes %s stale', (topic, event, key) => {
  queryClient.setQueryData([key], []);
  applyEvent({ topic, event, data: { id: 'x' } });
  expect(queryClient.getQueryState([key])?.isInvalidated).toBe(true);
});

test('an item keeps its place in whichever page it is', () => {
  const data = {
    pages: [
      { items: [{ id: 'b', n: 1 }], next: '1' },
      { items: [{ id: 'a', n: 1 }], next: null },
    ],
    pageParams: [],
  };
  expect(putItem(data, { id: 'a', n: 2 }, 'first')?.pages[1]?.items).toEqual([{ id: 'a', n: 2 }]);
  expect(putItem(data, { id: 'c', n: 1 }, 'first')?.pages[0]?.items.map((item) => item.id)).toEqual(['c', 'b']);
});

test('a fetch that an event has overtaken is made again', async () => {
  const answers = [page(message('1')), page(message('1'), message('2'))];
  let fetches = 0;
  let release = () => {};
  const observer = new QueryObserver(queryClient, {
    queryKey: ['messages', 's'],
    queryFn: () => {
      const answer = answers[fetches++];
      return new Promise((done) => {
        release = () => done(answer);
      });
    },
  });
  const end = observer.subscribe(() => {});
  release();
  applyEvent({ topic: 'session:s', event: 'message.added', data: message('2') });
  await vi.waitFor(() => expect(fetches).toBe(2));
  release();
  await vi.waitFor(() => expect(queryClient.getQueryData(['messages', 's'])).toEqual(answers[1]));
  end();
});

test('an answer that is older than an event does not take its place', () => {
  const run = (state: string, updated_at: string) => ({ id: 'r', session_id: 's', state, updated_at }) as Run;
  queryClient.setQueryData(['session-runs', 's'], page(run('done', '2026-01-01T00:00:02Z')));
  applyEvent({ topic: 'session:s', event: 'run.changed', data: run('routing', '2026-01-01T00:00:01Z') });
  expect(queryClient.getQueryData(['session-runs', 's'])).toEqual(page(run('done', '2026-01-01T00:00:02Z')));
});

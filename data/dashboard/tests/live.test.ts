// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type LiveEvent, LiveSocket } from '../src/lib/live';

class FakeSocket {
  readyState = 0;
  sent: unknown[] = [];
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
    this.onclose?.({} as CloseEvent);
  }
  open() {
    this.readyState = 1;
    this.onopen?.({} as Event);
  }
  say(event: LiveEvent | string) {
    this.onmessage?.({ data: typeof event === 'string' ? event : JSON.stringify(event) } as MessageEvent);
  }
}

let made: FakeSocket[];
let live: LiveSocket;
const last = () => made.at(-1) as FakeSocket;

beforeEach(() => {
  vi.useFakeTimers();
  made = [];
  live = new LiveSocket(() => {
    const socket = new FakeSocket();
    made.push(socket);
    return socket as unknown as WebSocket;
  });
});
afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

test('subscribes to what was asked for before it opened', () => {
  live.subscribe(['runs', 'approvals']);
  live.start();
  expect(last().sent).toEqual([]);
  last().open();
  expect(last().sent).toEqual([{ subscribe: ['runs', 'approvals'] }]);
});

test('says each time when a topic is told of', () => {
  const confirmed = vi.fn();
  live.start();
  last().open();
  const end = live.subscribe(['session:1'], confirmed);
  expect(confirmed).not.toHaveBeenCalled();
  last().say({ topic: 'session:2', event: 'subscribed', data: null });
  last().say({ topic: 'session:1', event: 'run.changed', data: {} });
  expect(confirmed).not.toHaveBeenCalled();
  last().say({ topic: 'session:1', event: 'subscribed', data: null });
  last().close();
  vi.advanceTimersByTime(1000);
  last().open();
  last().say({ topic: 'session:1', event: 'subscribed', data: null });
  expect(confirmed).toHaveBeenCalledTimes(2);
  end();
  last().say({ topic: 'session:1', event: 'subscribed', data: null });
  expect(confirmed).toHaveBeenCalledTimes(2);
});

test('a topic with two users is left when the second goes', () => {
  live.start();
  last().open();
  const first = live.subscribe(['session:1']);
  const second = live.subscribe(['session:1']);
  first();
  expect(last().sent).toEqual([{ subscribe: ['session:1'] }]);
  second();
  expect(last().sent).toEqual([{ subscribe: ['session:1'] }, { unsubscribe: ['session:1'] }]);
});

test('comes back after a loss, subscribes again and tells everybody to fetch', () => {
  const resync = vi.fn();
  live.onResync(resync);
  live.subscribe(['runs']);
  live.start();
  last().open();
  expect(resync).toHaveBeenCalledTimes(1);
  last().close();
  expect(live.state).toBe('lost');
  vi.advanceTimersByTime(1000);
  expect(made).toHaveLength(2);
  last().open();
  expect(live.state).toBe('open');
  expect(last().sent).toEqual([{ subscribe: ['runs'] }]);
  expect(resync).toHaveBeenCalledTimes(2);
});

test('waits longer between attempts, but never much over 15 s', () => {
  live.start();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 9; attempt++) {
    const before = made.length;
    let waited = 0;
    last().close();
    while (made.length === before && waited < 60_000) {
      vi.advanceTimersByTime(50);
      waited += 50;
    }
    waits.push(waited);
  }
  expect(waits[0]).toBeLessThan(800);
  expect(Math.max(...waits)).toBeLessThanOrEqual(15_000 * 1.25 + 50);
  expect(waits.at(-1)).toBeGreaterThan(10_000);
});

test('after stop it does not come back', () => {
  live.start();
  last().open();
  live.stop();
  vi.advanceTimersByTime(60_000);
  expect(made).toHaveLength(1);
  expect(live.state).toBe('closed');
});

test('passes events on, and outlives what is not JSON', () => {
  const seen: LiveEvent[] = [];
  live.onEvent((event) => seen.push(event));
  live.start();
  last().open();
  last().say('{"topic": ');
  last().say({ topic: 'runs', event: 'run.changed', data: { id: '1' } });
  expect(seen).toEqual([{ topic: 'runs', event: 'run.changed', data: { id: '1' } }]);
});

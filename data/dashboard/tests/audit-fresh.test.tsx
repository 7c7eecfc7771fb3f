// SPDX-License-Identifier: MIT
import { QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { api } from '../src/lib/client';
import { type LiveEvent, live } from '../src/lib/live';
import { queryClient } from '../src/lib/query';
import { useFresh } from '../src/pages/audit/use-fresh';

let seq: number;
let asked: number;
let tell: (event: LiveEvent) => void;

/** All records are of the kind that is looked for. */
async function daemon(_path: string, { params }: { params: { query: { limit: number } } }) {
  asked++;
  const items = Array.from({ length: Math.min(seq, params.query.limit) }, (_, i) => ({ seq: seq - i }));
  return { data: { items, next: null }, response: new Response(null, { status: 200 }) };
}

async function open(filter: Record<string, string>) {
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
  );
  const { result } = renderHook(() => useFresh(filter), { wrapper });
  await act(() => vi.advanceTimersByTimeAsync(1));
  asked = 0;
  return result;
}

async function append(n: number) {
  for (let i = 0; i < n; i++) tell({ topic: 'audit', event: 'audit.appended', data: { seq: ++seq } });
  await act(() => vi.advanceTimersByTimeAsync(1000));
  await act(() => vi.advanceTimersByTimeAsync(1000));
}

beforeEach(() => {
  vi.useFakeTimers();
  seq = 7;
  vi.spyOn(api, 'GET').mockImplementation(daemon as unknown as typeof api.GET);
  vi.spyOn(live, 'onEvent').mockImplementation((listener) => {
    tell = listener;
    return () => true;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  queryClient.clear();
});

test('without a filter the numbers tell how many there are', async () => {
  const fresh = await open({});
  await append(3);
  expect(fresh.current).toBe(3);
  expect(asked).toBe(0);
});

test('with one the daemon is asked once for many that come together', async () => {
  const fresh = await open({ event: 'call.declared' });
  await append(20);
  expect(fresh.current).toBe(20);
  expect(asked).toBe(1);
  await append(1);
  expect(fresh.current).toBe(21);
  expect(asked).toBe(2);
});

test('and no more once there is a page of them', async () => {
  const fresh = await open({ event: 'call.declared' });
  await append(60);
  expect(fresh.current).toBe(50);
  await append(60);
  expect(fresh.current).toBe(50);
  expect(asked).toBe(1);
});

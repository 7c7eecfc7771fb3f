// SPDX-License-Identifier: MIT
import { act, renderHook } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { api } from '../src/lib/client';
import { useReplyStream } from '../src/lib/hooks';
import { streamOf } from '../src/lib/live-sync';
import { queryClient } from '../src/lib/query';

const nothing = { run_id: null, operator_name: null, text: '', reasoning: '', outputs: {} };

afterEach(() => vi.restoreAllMocks());

test('what is fetched again and again, for it was outrun, is followed by one look at the lists', async () => {
  const invalidate = vi.spyOn(queryClient, 'invalidateQueries');
  let asked = 0;
  const daemon = async () => {
    if (++asked < 4) streamOf('s').addText('r', 'reclassify', ''); // by the socket, while the answer is on its way
    return { data: nothing, response: new Response(null, { status: 200 }) };
  };
  vi.spyOn(api, 'GET').mockImplementation(daemon as unknown as typeof api.GET);
  renderHook(() => useReplyStream('s'));
  await act(() => vi.waitFor(() => expect(invalidate).toHaveBeenCalled()));
  expect(asked).toBe(4);
  expect(invalidate.mock.calls.map(([filter]) => filter?.queryKey?.[0])).toEqual(['messages', 'session-runs', 'calls']);
});

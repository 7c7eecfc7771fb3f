// SPDX-License-Identifier: MIT
import { QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { meQuery } from '../src/lib/auth';
import { api } from '../src/lib/client';
import { queryClient } from '../src/lib/query';
import type { Approval, Login } from '../src/lib/types';
import { StayingApprovals } from '../src/pages/shared/staying-approvals';
import { approvalOf } from './approval';

function waiting(id: string, values: Partial<Approval> = {}): Approval {
  return approvalOf({
    id,
    resource: `file:/srv/${id}`,
    preview: null,
    created_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + 600_000).toISOString(),
    ...values,
  });
}

const shown = (pending: Approval[]) => (
  <QueryClientProvider client={queryClient}>
    <StayingApprovals pending={pending} empty={<p>Nothing waits</p>} />
  </QueryClientProvider>
);

beforeEach(() => {
  queryClient.setQueryData(meQuery.queryKey, { user: { id: 'me', name: 'zoe', role: 'approver' } } as Login);
  vi.spyOn(api, 'GET').mockImplementation((async () => ({
    data: waiting('a', { status: 'denied', decided_by: 'bo', decided_at: new Date().toISOString() }),
    response: new Response(null, { status: 200 }),
  })) as unknown as typeof api.GET);
});

afterEach(() => {
  vi.restoreAllMocks();
  queryClient.clear();
});

test('a card stays after the decision, whoever made it, with who and when', async () => {
  const { rerender } = render(shown([]));
  expect(screen.getByText('Nothing waits')).toBeVisible();
  rerender(shown([waiting('b'), waiting('a')]));
  expect(screen.getAllByText('Files asks for your approval')).toHaveLength(2);
  rerender(shown([waiting('b')]));
  expect(await screen.findByText(/^Denied by bo/)).toBeVisible();
  expect(screen.getAllByText('Files asks for your approval')).toHaveLength(1);
  expect(screen.getAllByText(/^\/srv\//).map((target) => target.textContent)).toEqual(['/srv/b', '/srv/a']);
});

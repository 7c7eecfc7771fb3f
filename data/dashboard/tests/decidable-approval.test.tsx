// SPDX-License-Identifier: MIT
import { QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { meQuery } from '../src/lib/auth';
import { api } from '../src/lib/client';
import { queryClient } from '../src/lib/query';
import type { Login } from '../src/lib/types';
import { Composer } from '../src/pages/chat/composer';
import { DecidableApproval } from '../src/pages/shared/approval';
import { approvalOf } from './approval';

const approval = approvalOf({
  tool: 'shell.run',
  level: 'exec',
  resource: 'host:local',
  preview: null,
  created_at: new Date(Date.now() - 60_000).toISOString(),
  expires_at: new Date(Date.now() + 600_000).toISOString(),
});

const sent: { path: string; body: unknown }[] = [];
let isProved = false;

function answer(status: number, body: unknown) {
  const response = new Response(null, { status });
  return response.ok ? { data: body, response } : { error: { error: body }, response };
}

/** The daemon: a decision is refused until a code was shown. */
async function daemon(path: string, { body }: { body?: unknown } = {}) {
  sent.push({ path, body });
  if (path === '/api/v1/me/proof') isProved = true;
  if (path.startsWith('/api/v1/me/proof')) return answer(200, { ticket: 't', methods: ['totp'], passkey: null });
  if (isProved) return answer(200, { ...approval, status: 'approved' });
  return answer(403, { code: 'proof_needed', message: 'show your second factor' });
}

function signIn(role: Login['user']['role']) {
  queryClient.setQueryData(meQuery.queryKey, { user: { id: 'me', name: 'zoe', role } } as Login);
}

beforeEach(() => {
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
  sent.length = 0;
  isProved = false;
  vi.spyOn(api, 'POST').mockImplementation(daemon as unknown as typeof api.POST);
  vi.spyOn(api, 'GET').mockImplementation((async () =>
    answer(404, { code: 'not_found', message: 'nothing' })) as unknown as typeof api.GET);
});

afterEach(() => {
  vi.restoreAllMocks();
  queryClient.clear();
});

test('a decision that needs a proof is sent again, as it was, once the proof is given', async () => {
  signIn('approver');
  const user = userEvent.setup();
  render(
    <QueryClientProvider client={queryClient}>
      <DecidableApproval approval={approval} />
    </QueryClientProvider>,
  );
  const allow = screen.getByRole('button', { name: 'Allow once' });
  await vi.waitFor(async () => {
    await user.click(allow);
    expect(sent).not.toHaveLength(0);
  });
  await user.type(await screen.findByLabelText('Code of your authenticator app'), '123456');
  expect(screen.queryByText('show your second factor')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  await vi.waitFor(() => expect(sent).toHaveLength(4));
  expect(sent[2]?.body).toMatchObject({ ticket: 't', code: '123456' });
  expect(sent[3]).toEqual(sent[0]);
  expect(sent[3]?.body).toMatchObject({ decision: 'approve' });
  await vi.waitFor(() => expect(screen.queryByLabelText('Code of your authenticator app')).toBeNull());
});

test('viewers are told why they can’t write in the chat', () => {
  signIn('viewer');
  const box = (
    <QueryClientProvider client={queryClient}>
      <Composer draft="" setDraft={() => {}} send={async () => {}} command={async () => {}} busy={false} />
    </QueryClientProvider>
  );
  const { rerender } = render(box);
  expect(screen.queryByRole('combobox')).toBeNull();
  expect(screen.getByText(/^You may look on/)).toBeVisible();
  signIn('approver');
  rerender(box);
  return screen.findByRole('combobox', { name: 'Message' });
});

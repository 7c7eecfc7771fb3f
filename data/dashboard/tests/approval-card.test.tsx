// SPDX-License-Identifier: MIT
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApprovalCard } from '../src/components/approval-card';
import type { Approval } from '../src/lib/types';

const approval: Approval = {
  id: 'a',
  call_id: 'c',
  run_id: 'r',
  session_id: 's',
  user_id: 'u',
  operator_id: 'o',
  operator_name: 'Files',
  tool: 'filesystem.write',
  level: 'write',
  resource: 'file:/srv/notes.txt',
  arguments: { path: 'notes.txt', content: 'buy disks' } as unknown as Approval['arguments'],
  arguments_sha256: 'ab'.repeat(32),
  reason: 'It was asked for.',
  preview: { kind: 'diff', text: '--- a\n+++ b\n+buy disks\n' },
  status: 'pending',
  mode: null,
  minutes: null,
  decided_by: null,
  deny_reason: null,
  created_at: '2026-01-01T12:00:00Z',
  expires_at: '2026-01-01T12:05:00Z',
  decided_at: null,
  granted_resource: null,
  edited_arguments: null,
  taint: null,
  times_approved: 0,
  offer_standing: false,
  approvers_needed: 1,
  first_by: null,
  first_at: null,
  first_terms: null,
  grant: null,
};

const decide = vi.fn();
const user = userEvent.setup({ delay: null });

function show(values: Partial<Approval> = {}, canDecide = true) {
  return render(
    <ApprovalCard
      approval={{ ...approval, ...values }}
      canDecide={canDecide}
      busy={false}
      error={null}
      minutes={15}
      maxMinutes={60}
      decide={decide}
    />,
  );
}

beforeEach(() => {
  vi.useFakeTimers({
    shouldAdvanceTime: true,
    now: Date.parse('2026-01-01T12:01:00Z'),
    toFake: ['Date', 'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'],
  });
  decide.mockReset();
});
afterEach(() => vi.useRealTimers());

test('shows who asks, how far it goes, on what, and what exactly', () => {
  show();
  expect(screen.getByText('Files asks for your approval')).toBeVisible();
  expect(screen.getByText('Write')).toBeVisible();
  expect(screen.getByText('/srv/notes.txt')).toBeVisible();
  expect(screen.getByText('+buy disks')).toBeVisible();
  expect(screen.getByText('In the model’s own words, unchecked:')).toBeVisible();
  expect(screen.getByRole('timer')).toHaveTextContent('4:00 left');
});

test('Allow has no focus and does nothing in the first moment', async () => {
  show();
  const allow = screen.getByRole('button', { name: 'Allow once' });
  expect(allow).not.toHaveFocus();
  expect(allow).toBeDisabled();
  act(() => void vi.advanceTimersByTime(600));
  await user.click(allow);
  expect(decide).toHaveBeenCalledWith({ decision: 'approve', mode: 'once' });
});

test('a timed grant stays within the longest', async () => {
  show();
  act(() => void vi.advanceTimersByTime(600));
  await user.click(screen.getByRole('button', { name: 'Allow for …' }));
  const minutes = screen.getByLabelText('Minutes');
  await user.clear(minutes);
  await user.type(minutes, '90{Enter}');
  expect(decide).not.toHaveBeenCalled();
  await user.clear(minutes);
  await user.type(minutes, '30{Enter}');
  expect(decide).toHaveBeenCalledWith({ decision: 'approve', mode: 'timed', minutes: 30 });
});

test('a denial takes its reason along', async () => {
  show();
  await user.click(screen.getByRole('button', { name: 'Deny' }));
  await user.type(screen.getByLabelText(/Why not/), 'not today{Enter}');
  expect(decide).toHaveBeenCalledWith({ decision: 'deny', reason: 'not today' });
});

test('who may not approve gets no buttons', () => {
  show({}, false);
  expect(screen.queryByRole('button', { name: /Allow/ })).toBeNull();
  expect(screen.getByText(/Somebody who may approve/)).toBeVisible();
});

test.each([
  [{ status: 'approved', mode: 'once' }, 'Allowed once by maria'],
  [{ status: 'approved', mode: 'timed', minutes: 15 }, 'Allowed for 15 minutes by maria'],
  [{ status: 'denied', deny_reason: 'not today' }, 'Denied by maria'],
  [{ status: 'expired' }, 'Nobody decided in time. It did not run.'],
] as [Partial<Approval>, string][])('stays after it is %j', (values, words) => {
  show({ ...values, decided_by: 'maria', decided_at: '2026-01-01T12:00:30Z' });
  expect(screen.getByRole('status')).toHaveTextContent(words);
  expect(screen.queryByRole('button', { name: 'Allow once' })).toBeNull();
});

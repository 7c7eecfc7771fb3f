// SPDX-License-Identifier: MIT
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApprovalCard } from '../src/components/approval-card';
import type { Approval } from '../src/lib/types';
import { approvalOf } from './approval';

const approval = approvalOf();

const decide = vi.fn();
const user = userEvent.setup({ delay: null });

function show(
  values: Partial<Approval> = {},
  canDecide = true,
  more: Partial<Parameters<typeof ApprovalCard>[0]> = {},
) {
  return render(
    <ApprovalCard
      approval={{ ...approval, ...values }}
      canDecide={canDecide}
      busy={false}
      error={null}
      minutes={15}
      maxMinutes={60}
      standingDays={30}
      me={{ id: 'me', name: 'zoe' }}
      decide={decide}
      {...more}
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

test('says which rule asks, and why, but not that the trust mode does', () => {
  const { unmount } = show();
  expect(screen.queryByText(/Why you are asked/)).toBeNull();
  unmount();
  show({
    rule: 'policy:3',
    because: 'a person decides by rule 3 of policy version 7 (disks), because disks\u202e are private',
  });
  expect(
    screen.getByText(
      'Why you are asked: a person decides by rule 3 of policy version 7 (disks), because disks[U+202E] are private',
    ),
  ).toBeVisible();
});

test('Esc goes back from what the buttons open, and decides nothing', async () => {
  show();
  await user.click(screen.getByRole('button', { name: 'Deny' }));
  await user.type(screen.getByLabelText(/^Why not/), 'no{Escape}');
  expect(screen.queryByLabelText(/^Why not/)).toBeNull();
  expect(screen.getByRole('button', { name: 'Deny' })).toBeVisible();
  expect(decide).not.toHaveBeenCalled();
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
  expect(screen.getByText(/in every conversation of .*, also where it has read text from outside/)).toBeVisible();
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

test('a grant can be for this conversation, and for less than was asked', async () => {
  show();
  act(() => void vi.advanceTimersByTime(600));
  await user.click(screen.getByRole('button', { name: 'Allow for …' }));
  await user.click(screen.getByLabelText(/In this conversation/));
  const target = screen.getByLabelText('Target');
  await user.clear(target);
  await user.type(target, 'file:/srv/notes-*');
  await user.click(screen.getByRole('button', { name: 'Allow in this conversation' }));
  expect(decide).toHaveBeenCalledWith({ decision: 'approve', mode: 'conversation', resource: 'file:/srv/notes-*' });
});

test('the arguments can be edited, each in a field of its own', async () => {
  show({ arguments: { path: 'notes.txt', lines: 3 } as unknown as Approval['arguments'] });
  act(() => void vi.advanceTimersByTime(600));
  await user.click(screen.getByRole('button', { name: 'Edit …' }));
  const lines = screen.getByLabelText('lines');
  await user.clear(lines);
  await user.type(lines, 'three');
  await user.click(screen.getByRole('button', { name: 'Allow once with these' }));
  expect(decide).not.toHaveBeenCalled();
  expect(screen.getByText('This is not valid JSON.')).toBeVisible();
  await user.clear(lines);
  await user.type(lines, '4');
  await user.click(screen.getByRole('button', { name: 'Allow once with these' }));
  expect(decide).toHaveBeenCalledWith({
    decision: 'approve',
    mode: 'once',
    arguments: { path: 'notes.txt', lines: 4 },
  });
});

test('a standing grant is there only where it is offered', async () => {
  const { unmount } = show();
  expect(screen.queryByRole('button', { name: /Always allow/ })).toBeNull();
  unmount();
  show({ offer_standing: true, times_approved: 3 });
  act(() => void vi.advanceTimersByTime(600));
  expect(screen.getByText('Exactly this was allowed 3 times before.')).toBeVisible();
  await user.click(screen.getByRole('button', { name: /Always allow/ }));
  await user.click(screen.getByRole('button', { name: 'Allow it from now on' }));
  expect(decide).toHaveBeenCalledWith({ decision: 'approve', mode: 'standing' });
});

test('says where the words came from that the conversation has read', () => {
  const source = {
    tool: 'http.fetch',
    plugin: 'http',
    resource: 'url:https://example.org/',
    call_id: 'x',
    at: approval.created_at,
  };
  show({ taint: { n: 3, sources: [source] } });
  expect(screen.getByText(/has read text from outside/)).toBeVisible();
  expect(screen.getByText('url:https://example.org/')).toBeVisible();
  expect(screen.getByText('and 2 more sources')).toBeVisible();
});

const first = {
  approvers_needed: 2,
  first_by: 'bob',
  first_at: approval.created_at,
  first_terms: { mode: 'timed' as const, minutes: 7, resource: null, arguments: null },
};

test('the second of two confirms what the first chose', async () => {
  show(first);
  expect(screen.getByRole('status')).toHaveTextContent('bob has allowed it (for 7 minutes).');
  expect(screen.queryByRole('button', { name: 'Allow once' })).toBeNull();
  act(() => void vi.advanceTimersByTime(600));
  await user.click(screen.getByRole('button', { name: 'Confirm' }));
  expect(decide).toHaveBeenCalledWith({ decision: 'approve' });
});

test.each([
  ['the first one', { ...first, first_by: 'zoe' }],
  ['who asked', { ...first, user_id: 'me' }],
])('%s can not be the second', (_who, values) => {
  show(values);
  expect(screen.queryByRole('button', { name: 'Confirm' })).toBeNull();
  expect(screen.getByText(/Another person/)).toBeVisible();
});

test('the grant runs down and can be revoked', async () => {
  const revoke = vi.fn();
  const grant = { id: 'g', expires_at: '2026-01-01T12:15:00Z', used_at: null, revoked_at: null };
  show({ status: 'approved', mode: 'timed', minutes: 15, decided_by: 'maria', grant }, true, { revoke });
  expect(screen.getByRole('timer')).toHaveTextContent('The grant ends in 14:00');
  await user.click(screen.getByRole('button', { name: 'Revoke the grant' }));
  expect(revoke).toHaveBeenCalledWith('g');
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

test('what was approved stays in view as the change that it was', () => {
  const decided = { decided_by: 'ada', decided_at: '2026-01-01T12:01:00Z', mode: 'once' as const };
  show({ ...decided, status: 'approved' }, true, { nested: true });
  const [change] = screen.getAllByRole('region', { name: 'Changes', hidden: true });
  expect(change?.textContent).toContain('+buy disks');
  expect(change?.closest('details')).toBeNull();
});

test('what was denied is no change', () => {
  show({ status: 'denied', decided_by: 'ada', decided_at: '2026-01-01T12:01:00Z' }, true, { nested: true });
  for (const change of screen.queryAllByRole('region', { name: 'Changes', hidden: true }))
    expect(change.closest('details')).not.toBeNull();
});

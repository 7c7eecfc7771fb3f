// SPDX-License-Identifier: MIT
import type { Approval } from '../src/lib/types';

/** One that waits; @values: what a test has otherwise. */
export function approvalOf(values: Partial<Approval> = {}): Approval {
  return {
    id: 'a',
    call_id: 'c',
    run_id: 'r',
    session_id: 's',
    user_id: 'u',
    user_name: 'maria',
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
    rule: 'strict',
    because: 'a person has to approve this call',
    approvers_needed: 1,
    first_by: null,
    first_at: null,
    first_terms: null,
    grant: null,
    ...values,
  };
}

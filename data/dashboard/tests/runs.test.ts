// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { whoseRun } from '../src/lib/runs';

test('what ended without an Operator was the orchestrator’s', () => {
  expect(whoseRun({ operator_name: 'Files', state: 'done' })).toBe('Files');
  expect(whoseRun({ operator_name: null, state: 'routing' })).toBe('Not routed yet');
  expect(whoseRun({ operator_name: null, state: 'done' })).toBe('Vigilus');
  expect(whoseRun({ operator_name: null, state: 'failed' })).toBe('Vigilus');
});

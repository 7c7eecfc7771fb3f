// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { diffRules } from '../src/lib/rule-diff';
import type { PolicyRule } from '../src/lib/types';

const night: PolicyRule = { name: 'Night', effect: 'deny', enabled: true, tools: ['shell.*'] };

describe('diffRules', () => {
  it('is empty where nothing changed, in whatever order members come', () => {
    expect(diffRules([], [])).toBe('');
    expect(diffRules([night], [{ tools: ['shell.*'], enabled: true, effect: 'deny', name: 'Night' }])).toBe('');
    expect(diffRules([night], [{ ...night, users: [] }])).toBe('');
  });

  it('shows the line that changed, and no other', () => {
    const lines = diffRules([night], [{ ...night, effect: 'ask' }]).split('\n');
    expect(lines).toEqual([
      ' 1. Night',
      '-  effect: deny',
      '+  effect: ask',
      '   enabled: true',
      '   tools: ["shell.*"]',
    ]);
  });

  it('shows rules that came and went', () => {
    expect(diffRules([], [night])).toMatch(/^\+1\. Night\n(\+.*\n?)+$/);
    expect(diffRules([night], [])).toMatch(/^-1\. Night\n(-.*\n?)+$/);
  });
});

// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { costOf, tokensOf, unpricedModels } from '../src/lib/usage';

test('a cost that is not known is neither nothing nor the whole', () => {
  expect(costOf({ cost_micros: 0, unpriced: 0 })).toBe('–');
  expect(costOf({ cost_micros: 1_250_000, unpriced: 0 })).toMatch(/^1.25$/);
  expect(costOf({ cost_micros: 0, unpriced: true })).toBe('price not known');
  expect(costOf({ cost_micros: 1_250_000, unpriced: 2 })).toMatch(/^at least 1.25$/);
  expect([tokensOf(12, 0), tokensOf(12, true), tokensOf(12, 3), tokensOf(null)]).toEqual([
    '12',
    'about 12',
    'about 12',
    '–',
  ]);
  expect(costOf({})).toBe('–');
});

test('models without a price are those that no line is for', () => {
  const none = { answers: 1, input_tokens: 1, output_tokens: 1, cached_tokens: 0, reasoning_tokens: 0, cost_micros: 0 };
  const totals = ['gpt-4.1', 'gpt-4x1', 'claude-sonnet-5', 'known'].map((name) => ({
    ...none,
    name,
    unpriced: name === 'known' ? 0 : 3,
    estimated: 0,
  }));
  expect(unpricedModels(totals, '')).toEqual(['gpt-4.1', 'gpt-4x1', 'claude-sonnet-5']);
  expect(unpricedModels(totals, '# gpt-4x1 1 2\n\n  gpt-4.1\t1 2\nclaude-* 3 15')).toEqual(['gpt-4x1']);
  expect(unpricedModels(totals, 'gpt-4?1 1 2')).toEqual(['claude-sonnet-5']);
  expect(unpricedModels(totals, '* 0 0')).toEqual([]);
});

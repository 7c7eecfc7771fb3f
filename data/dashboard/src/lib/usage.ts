// SPDX-License-Identifier: MIT
import { queryOptions } from '@tanstack/react-query';
import { api, ask } from './client';
import { _ } from './i18n';
import { fetchAll, pages } from './query';
import type { UsageEntry, UsageTotal } from './types';

export interface UsageFilter {
  days: number;
  everybody: boolean;
}

export type UsageKey = 'day' | 'operator' | 'model';

function dayOf(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** The last days, oldest first, as the person's own calendar counts them. */
export function daysBack(count: number, now = new Date()): string[] {
  return Array.from({ length: count }, (_unused, index) =>
    dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - (count - 1 - index))),
  );
}

function parameters({ days, everybody }: UsageFilter) {
  return { from: daysBack(days)[0], offset: -new Date().getTimezoneOffset(), everybody };
}

export const usageTotalsQuery = (by: UsageKey, filter: UsageFilter) =>
  queryOptions({
    queryKey: ['usage', by, filter],
    queryFn: () =>
      fetchAll<UsageTotal>((after) =>
        ask(api.GET('/api/v1/usage/totals', { params: { query: { by, after, limit: 200, ...parameters(filter) } } })),
      ),
    staleTime: 30_000,
  });

export const usageEntriesQuery = (filter: UsageFilter) =>
  pages<UsageEntry>(['usage', 'entries', filter], (after) =>
    ask(api.GET('/api/v1/usage', { params: { query: { after, limit: 50, ...parameters(filter) } } })),
  );

/** Every day of the period, those without any use too: a chart has no holes. */
export function fillDays(totals: UsageTotal[], days: string[]): UsageTotal[] {
  const known = new Map(totals.map((total) => [total.name, total]));
  const none = {
    answers: 0,
    input_tokens: 0,
    output_tokens: 0,
    cached_tokens: 0,
    reasoning_tokens: 0,
    cost_micros: 0,
    unpriced: 0,
    estimated: 0,
  };
  return days.map((name) => known.get(name) ?? { name, ...none });
}

interface Cost {
  cost_micros?: number;
  unpriced?: boolean | number;
}

/** In whatever currency the prices under Settings are; what isn't known is never nothing. */
export function costOf({ cost_micros = 0, unpriced }: Cost): string {
  if (cost_micros === 0) return unpriced ? _('price not known') : '–';
  const cost = (cost_micros / 1e6).toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 4 });
  return unpriced ? _('at least {cost}', { cost }) : cost;
}

const patternOf = (glob: string) =>
  new RegExp(
    `^${glob
      .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  );

/** Models that answered without a price, and have no line among the prices yet. */
export function unpricedModels(totals: UsageTotal[], prices: string): string[] {
  const patterns = prices
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((word) => word !== '' && !word.startsWith('#'))
    .map(patternOf);
  return totals
    .filter(({ name, unpriced }) => unpriced > 0 && !patterns.some((pattern) => pattern.test(name)))
    .map(({ name }) => name);
}

export function countOf(value: number): string {
  return value.toLocaleString();
}

/** Where the server tells none, they are estimated by the length of the text. */
export function tokensOf(value: number | null | undefined, estimated?: boolean | number): string {
  if (value === null || value === undefined) return '–';
  return estimated ? _('about {count}', { count: countOf(value) }) : countOf(value);
}

// SPDX-License-Identifier: MIT
import { queryOptions } from '@tanstack/react-query';
import { api, ask } from './client';
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
  const none = { answers: 0, input_tokens: 0, output_tokens: 0, cached_tokens: 0, reasoning_tokens: 0, cost_micros: 0 };
  return days.map((name) => known.get(name) ?? { name, ...none });
}

/** Millionths of whatever currency the prices under Settings are in. */
export function costOf(micros: number): string {
  if (micros === 0) return '–';
  return (micros / 1e6).toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 4 });
}

export function countOf(value: number): string {
  return value.toLocaleString();
}

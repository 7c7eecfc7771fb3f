// SPDX-License-Identifier: MIT
import { infiniteQueryOptions, QueryClient } from '@tanstack/react-query';
import { ApiError } from './client';
import type { Page } from './types';

/** What the live socket keeps fresh is not fetched again by focus or time. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5 * 60_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 2 && error instanceof ApiError && error.code === 'unreachable',
    },
    mutations: { retry: false },
  },
});

/** A keyset-paged list: `fetch` gets the cursor of the page before. */
export function pages<T>(key: readonly unknown[], fetch: (after: string | undefined) => Promise<Page<T>>) {
  return infiniteQueryOptions({
    queryKey: key,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => fetch(pageParam),
    getNextPageParam: (last: Page<T>) => last.next ?? undefined,
  });
}

/** All rows of a list that is short by nature (Operators, providers), however many pages it has. */
export async function fetchAll<T>(fetch: (after: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page = await fetch(after);
    items.push(...page.items);
    after = page.next ?? undefined;
  } while (after);
  return items;
}

export function flatten<T>(data: { pages: Page<T>[] } | undefined): T[] {
  return data?.pages.flatMap((page) => page.items) ?? [];
}

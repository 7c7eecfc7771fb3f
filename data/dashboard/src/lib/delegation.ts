// SPDX-License-Identifier: MIT
// Runs that another run has asked for: listed below its call, with what they say while they say it.
import { queryOptions } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { api, ask } from './client';
import { fetchAll, queryClient } from './query';
import type { Message, Page, Run } from './types';

const path = (id: string) => ({ path: { id } });

export const childrenQuery = (runId: string) =>
  queryOptions({
    queryKey: ['run-children', runId],
    queryFn: async () => (await ask(api.GET('/api/v1/runs/{id}/children', { params: path(runId) }))).items,
  });

export const runMessagesQuery = (runId: string) =>
  queryOptions({
    queryKey: ['run-messages', runId],
    queryFn: () =>
      fetchAll(
        (after) =>
          ask(
            api.GET('/api/v1/runs/{id}/messages', { params: { ...path(runId), query: { after, limit: 200 } } }),
          ) as Promise<Page<Message>>,
      ),
  });

function put<T extends { id: string }>(key: string[], item: T): void {
  queryClient.setQueryData<T[]>(key, (items) => {
    if (!items) return undefined;
    return items.some((other) => other.id === item.id)
      ? items.map((other) => (other.id === item.id ? item : other))
      : [...items, item];
  });
}

export function putChild(run: Run): void {
  if (run.parent_run_id) put(['run-children', run.parent_run_id], run);
}

export function putRunMessage(message: Message): void {
  if (message.run_id) put(['run-messages', message.run_id], message);
}

const texts = new Map<string, string>();
const watchers = new Set<() => void>();

function changed(): void {
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function addChildText(runId: string, kind: string, text: string): void {
  if (kind === 'reclassify') clearChildText(runId);
  if (kind !== 'text') return;
  texts.set(runId, (texts.get(runId) ?? '') + text);
  changed();
}

/** What it said is a stored message now, or it has ended. */
export function clearChildText(runId: string): void {
  if (texts.delete(runId)) changed();
}

export function useChildText(runId: string): string {
  return useSyncExternalStore(watch, () => texts.get(runId) ?? '');
}

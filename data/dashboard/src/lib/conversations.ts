// SPDX-License-Identifier: MIT
// Finding, keeping and taking away conversations.
import { useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { pages, queryClient } from './query';
import type { Page, SearchHit, Session } from './types';

export const sessionsQueryOf = (pinned: boolean) =>
  pages<Session>(['sessions', { pinned }], (after) =>
    ask(api.GET('/api/v1/sessions', { params: { query: { after, pinned, limit: 50 } } })),
  );

export type SearchPage = Page<SearchHit> & { sessions: Session[] };

export const searchQuery = (text: string) =>
  pages<SearchHit>(
    ['search', text],
    (after) => ask(api.GET('/api/v1/search', { params: { query: { text, after, limit: 20 } } })) as Promise<SearchPage>,
  );

export function usePinSession() {
  return useMutation({
    mutationFn: ({ id, pinned }: { id: string; pinned: boolean }) =>
      ask(api.PATCH('/api/v1/sessions/{id}', { params: { path: { id } }, body: { pinned } })),
    onSuccess: (session) => {
      queryClient.setQueryData(['session', session.id], session);
      return queryClient.invalidateQueries({ queryKey: ['sessions'] });
    },
  });
}

export function exportUrl(id: string, format: 'markdown' | 'json'): string {
  return `/api/v1/sessions/${id}/export?format=${format}`;
}

export function download(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  link.click();
}

// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { isLive, putRun } from './chat';
import { api, ask } from './client';
import { _ } from './i18n';
import { queryClient } from './query';
import type { CallOutput, Run } from './types';

const path = (id: string) => ({ path: { id } });

export const runQuery = (id: string) =>
  queryOptions({ queryKey: ['run', id], queryFn: () => ask(api.GET('/api/v1/runs/{id}', { params: path(id) })) });

/** Who had it: of one that ended without an Operator, the orchestrator, which answered itself or failed. */
export function whoseRun(run: Pick<Run, 'operator_name' | 'state'>): string {
  return run.operator_name ?? (isLive(run) ? _('Not routed yet') : 'Vigilus');
}

/** Both answer with a new run. */
export function useRunAgain() {
  return useMutation({
    mutationFn: ({ id, how }: { id: string; how: 'rerun' | 'continue' }) =>
      how === 'rerun'
        ? ask(api.POST('/api/v1/runs/{id}/rerun', { params: path(id) }))
        : ask(api.POST('/api/v1/runs/{id}/continue', { params: path(id) })),
    onSuccess: (run) => {
      putRun(run);
      return Promise.all(['runs', 'status'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
    },
  });
}

const LINES = 500;

/** The whole output of a call, as far as it is kept; each page is its next lines. */
export const outputQuery = (callId: string, search: string) => ({
  queryKey: ['output', callId, search],
  initialPageParam: 1,
  queryFn: ({ pageParam }: { pageParam: number }): Promise<CallOutput> =>
    ask(
      api.GET('/api/v1/calls/{id}/output', {
        params: { ...path(callId), query: { offset: pageParam, lines: LINES, ...(search ? { search } : {}) } },
      }),
    ),
  getNextPageParam: (last: CallOutput) => last.next ?? undefined,
});

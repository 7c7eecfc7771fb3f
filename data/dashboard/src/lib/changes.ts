// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { ApiError, api, ask } from './client';
import { queryClient } from './query';
import type { Change } from './types';

/** What a tool call did to files; null: nothing, or nothing that is kept. */
export const changeQuery = (callId: string) =>
  queryOptions({
    queryKey: ['changes', callId],
    queryFn: async (): Promise<Change | null> =>
      (await ask(api.GET('/api/v1/changes', { params: { query: { call_id: callId } } }))).items[0] ?? null,
  });

export function useUndo() {
  return useMutation({
    mutationFn: ({ id, override }: { id: string; override: boolean }) =>
      ask(api.POST('/api/v1/changes/{id}/undo', { params: { path: { id } }, body: { override } })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['changes'] }),
  });
}

/** Somebody else changed the files since: it can be undone all the same, deliberately. */
export function canOverride(error: Error | null): boolean {
  return error instanceof ApiError && error.details?.can_override === true;
}

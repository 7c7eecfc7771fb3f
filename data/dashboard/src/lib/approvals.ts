// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { pages, queryClient } from './query';
import type { Approval, Body, Grant } from './types';

export type ApprovalStatus = Approval['status'];

export const approvalsQuery = (status?: ApprovalStatus) =>
  pages<Approval>(['approvals', status ?? 'all'], (after) =>
    ask(api.GET('/api/v1/approvals', { params: { query: { status, after } } })),
  );

export const approvalQuery = (id: string) =>
  queryOptions({
    queryKey: ['approval', id],
    queryFn: () => ask(api.GET('/api/v1/approvals/{id}', { params: { path: { id } } })),
  });

export const grantsQuery = (isLive: boolean) =>
  pages<Grant>(['grants', isLive], (after) =>
    ask(api.GET('/api/v1/grants', { params: { query: { after, live: isLive || undefined } } })),
  );

export function putApproval(approval: Approval): void {
  queryClient.setQueryData(['approval', approval.id], approval);
}

/** Never optimistic: the card changes when the daemon has decided. */
export function useDecide() {
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Body<'decideApproval'> }) =>
      ask(api.POST('/api/v1/approvals/{id}/decision', { params: { path: { id } }, body })),
    onSuccess: putApproval,
    onSettled: (_data, _error, { id }) =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['approvals'] }),
        queryClient.invalidateQueries({ queryKey: ['approval', id] }),
        queryClient.invalidateQueries({ queryKey: ['grants'] }),
        queryClient.invalidateQueries({ queryKey: ['status'] }),
      ]),
  });
}

export function useRevoke() {
  return useMutation({
    mutationFn: (id: string) => ask(api.POST('/api/v1/grants/{id}/revoke', { params: { path: { id } } })),
    onSettled: () =>
      Promise.all(['grants', 'approval', 'approvals'].map((key) => queryClient.invalidateQueries({ queryKey: [key] }))),
  });
}

// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { pages, queryClient } from './query';
import type { AuditRecord, Body } from './types';

export const statusQuery = queryOptions({ queryKey: ['status'], queryFn: () => ask(api.GET('/api/v1/status')) });

export const settingsQuery = queryOptions({ queryKey: ['settings'], queryFn: () => ask(api.GET('/api/v1/settings')) });

export function useUpdateSettings() {
  return useMutation({
    mutationFn: (body: Body<'updateSettings'>) => ask(api.PATCH('/api/v1/settings', { body })),
    onSuccess: (settings) => queryClient.setQueryData(settingsQuery.queryKey, settings),
  });
}

const statusChanged = () => queryClient.invalidateQueries({ queryKey: statusQuery.queryKey });

export function useFreeze() {
  return useMutation({
    mutationFn: (reason: string) => ask(api.POST('/api/v1/freeze', { body: reason ? { reason } : {} })),
    onSettled: statusChanged,
  });
}

export function useUnfreeze() {
  return useMutation({ mutationFn: () => ask(api.POST('/api/v1/unfreeze')), onSettled: statusChanged });
}

export const pluginsQuery = queryOptions({
  queryKey: ['plugins'],
  queryFn: async () => (await ask(api.GET('/api/v1/plugins'))).items,
});

const pluginsChanged = () =>
  Promise.all([
    queryClient.invalidateQueries({ queryKey: ['plugins'] }),
    queryClient.invalidateQueries({ queryKey: ['tools'] }),
  ]);

export function useRescan() {
  return useMutation({ mutationFn: () => ask(api.POST('/api/v1/plugins/rescan')), onSuccess: pluginsChanged });
}

export function useAllowPlugin() {
  return useMutation({
    mutationFn: ({ id, sha256 }: { id: string; sha256: string }) =>
      ask(api.POST('/api/v1/plugins/{id}/allow', { params: { path: { id } }, body: { sha256 } })),
    onSuccess: pluginsChanged,
  });
}

export function useDisallowPlugin() {
  return useMutation({
    mutationFn: (id: string) => ask(api.POST('/api/v1/plugins/{id}/disallow', { params: { path: { id } } })),
    onSuccess: pluginsChanged,
  });
}

export interface AuditFilter {
  event?: string;
  user_name?: string;
  operator_name?: string;
  tool?: string;
  level?: string;
  outcome?: string;
  run_id?: string;
  session_id?: string;
  call_id?: string;
  from?: string;
  until?: string;
  text?: string;
}

/** Kept apart from the pages of the log, which are fetched anew by other events. */
export const auditProofQuery = queryOptions({
  queryKey: ['audit-proof'],
  queryFn: () => ask(api.GET('/api/v1/audit/proof')),
});

export function useSignAudit() {
  return useMutation({
    mutationFn: () => ask(api.POST('/api/v1/audit/checkpoint')),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: auditProofQuery.queryKey }),
  });
}

/** With a filter: those records, each with a proof that it stands in the log. */
export const auditExport = (format: 'jsonl' | 'csv', filter: AuditFilter = {}) =>
  `/api/v1/audit/export?${new URLSearchParams({ format, ...filter })}`;

export const AUDIT_PAGE = 50;

/** The newest records that a filter lets through. */
export const newestAuditQuery = (filter: AuditFilter, limit = AUDIT_PAGE) =>
  queryOptions({
    queryKey: ['audit', 'newest', filter, limit],
    queryFn: async () => (await ask(api.GET('/api/v1/audit', { params: { query: { ...filter, limit } } }))).items,
    gcTime: 0,
  });

export const auditQuery = (filter: AuditFilter) =>
  pages<AuditRecord>(['audit', filter], (after) =>
    ask(api.GET('/api/v1/audit', { params: { query: { ...filter, after, limit: AUDIT_PAGE } } })),
  );

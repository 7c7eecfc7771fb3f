// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { fetchAll, pages, queryClient } from './query';
import type { Body, Operator, OperatorFile, OperatorVersion, Page } from './types';

export const operatorsQuery = queryOptions({
  queryKey: ['operators'],
  queryFn: () => fetchAll((after) => ask(api.GET('/api/v1/operators', { params: { query: { after, limit: 200 } } }))),
});

export const operatorQuery = (id: string) =>
  queryOptions({
    queryKey: ['operator', id],
    queryFn: () => ask(api.GET('/api/v1/operators/{id}', { params: { path: { id } } })),
  });

export const toolsQuery = queryOptions({
  queryKey: ['tools'],
  queryFn: async () => (await ask(api.GET('/api/v1/tools'))).items,
});

function changed(operator?: Operator) {
  if (operator) queryClient.setQueryData(['operator', operator.id], operator);
  if (operator) void queryClient.invalidateQueries({ queryKey: ['operator-versions', operator.id] });
  return queryClient.invalidateQueries({ queryKey: ['operators'] });
}

export function useSaveOperator(id: string | null) {
  return useMutation({
    mutationFn: (body: Body<'createOperator'>) =>
      id === null
        ? ask(api.POST('/api/v1/operators', { body }))
        : ask(api.PATCH('/api/v1/operators/{id}', { params: { path: { id } }, body })),
    onSuccess: changed,
  });
}

export function useDeleteOperator() {
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/api/v1/operators/{id}', { params: { path: { id } } })),
    onSuccess: () => changed(),
  });
}

const path = (id: string) => ({ path: { id } });

export const operatorStatusQuery = queryOptions({
  queryKey: ['operator-status'],
  queryFn: async () => (await ask(api.GET('/api/v1/operators/status'))).items,
});

export const versionsQuery = (id: string) =>
  pages<OperatorVersion>(
    ['operator-versions', id],
    (after) =>
      ask(
        api.GET('/api/v1/operators/{id}/versions', { params: { ...path(id), query: { after, limit: 20 } } }),
      ) as Promise<Page<OperatorVersion>>,
  );

export function useRestoreVersion(id: string) {
  return useMutation({
    mutationFn: (version: number) =>
      ask(api.POST('/api/v1/operators/{id}/versions/{version}/restore', { params: { path: { id, version } } })),
    onSuccess: changed,
  });
}

export function useResetOperator(id: string) {
  return useMutation({
    mutationFn: () => ask(api.POST('/api/v1/operators/{id}/reset', { params: path(id) })),
    onSuccess: changed,
  });
}

export function useDuplicateOperator(id: string) {
  return useMutation({
    mutationFn: () => ask(api.POST('/api/v1/operators/{id}/duplicate', { params: path(id), body: {} })),
    onSuccess: changed,
  });
}

export function useImportOperator() {
  return useMutation({
    mutationFn: (body: OperatorFile) => ask(api.POST('/api/v1/operators/import', { body })),
    onSuccess: (answer) => changed(answer.operator),
  });
}

export function exportOperator(id: string): Promise<OperatorFile> {
  return ask(api.GET('/api/v1/operators/{id}/export', { params: path(id) }));
}

export const promptQuery = (id: string) =>
  queryOptions({
    queryKey: ['operator-prompt', id],
    queryFn: () => ask(api.GET('/api/v1/operators/{id}/prompt', { params: path(id) })),
    staleTime: 0,
  });

export const runQuery = (id: string) =>
  queryOptions({ queryKey: ['run', id], queryFn: () => ask(api.GET('/api/v1/runs/{id}', { params: path(id) })) });

export function useTryRoute() {
  return useMutation({ mutationFn: (text: string) => ask(api.POST('/api/v1/orchestrator/route', { body: { text } })) });
}

export function useTest() {
  return useMutation({
    mutationFn: (body: Body<'testOperator'>) => ask(api.POST('/api/v1/orchestrator/test', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['sessions'] }),
  });
}

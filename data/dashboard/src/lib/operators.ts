// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { fetchAll, queryClient } from './query';
import type { Body, Operator } from './types';

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

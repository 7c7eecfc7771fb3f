// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { fetchAll, queryClient } from './query';
import type { Body } from './types';

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: () => fetchAll((after) => ask(api.GET('/api/v1/providers', { params: { query: { after, limit: 200 } } }))),
});

export const providerTypesQuery = queryOptions({
  queryKey: ['provider-types'],
  queryFn: async () => (await ask(api.GET('/api/v1/provider-types'))).items,
});

/** Servers of models on the daemon's own machine; this really asks them. */
export const foundServersQuery = queryOptions({
  queryKey: ['found-servers'],
  queryFn: async () => (await ask(api.GET('/api/v1/providers/discovered'))).items,
  staleTime: 30_000,
  retry: false,
});

/** The models that a stored provider offers; this really connects. */
export const modelsQuery = (id: string) =>
  queryOptions({
    queryKey: ['models', id],
    queryFn: async () => (await testStored(id)).models,
    retry: false,
  });

function testStored(id: string) {
  return ask(api.POST('/api/v1/providers/{id}/test', { params: { path: { id } } }));
}

function changed() {
  return Promise.all([
    queryClient.invalidateQueries({ queryKey: ['providers'] }),
    queryClient.invalidateQueries({ queryKey: ['models'] }),
    queryClient.invalidateQueries({ queryKey: ['setup'] }),
    queryClient.invalidateQueries({ queryKey: ['status'] }),
  ]);
}

export function useCreateProvider() {
  return useMutation({
    mutationFn: (body: Body<'createProvider'>) => ask(api.POST('/api/v1/providers', { body })),
    onSuccess: changed,
  });
}

export function useUpdateProvider() {
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Body<'updateProvider'> }) =>
      ask(api.PATCH('/api/v1/providers/{id}', { params: { path: { id } }, body })),
    onSuccess: changed,
  });
}

export function useDeleteProvider() {
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/api/v1/providers/{id}', { params: { path: { id } } })),
    onSuccess: changed,
  });
}

export function useTestProvider() {
  return useMutation({ mutationFn: testStored });
}

export function useTestSettings() {
  return useMutation({
    mutationFn: (body: Body<'testProviderSettings'>) => ask(api.POST('/api/v1/providers/test', { body })),
  });
}

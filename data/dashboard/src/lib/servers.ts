// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { fetchAll, queryClient } from './query';
import type { Body, Server } from './types';

export const serversQuery = queryOptions({
  queryKey: ['servers'],
  queryFn: () => fetchAll((after) => ask(api.GET('/api/v1/servers', { params: { query: { after, limit: 200 } } }))),
});

/** For administrators only. */
export const credentialsQuery = queryOptions({
  queryKey: ['credentials'],
  queryFn: () => fetchAll((after) => ask(api.GET('/api/v1/credentials', { params: { query: { after, limit: 200 } } }))),
});

/** A credential names its servers, a server its credential: each shows what became of the other. */
function changed() {
  return Promise.all(['servers', 'credentials'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
}

function putServer(server: Server): void {
  queryClient.setQueryData(serversQuery.queryKey, (old) =>
    old?.map((other) => (other.id === server.id ? server : other)),
  );
}

export function useSaveServer(id: string | null) {
  return useMutation({
    mutationFn: (body: Body<'createServer'>) =>
      id === null
        ? ask(api.POST('/api/v1/servers', { body }))
        : ask(api.PATCH('/api/v1/servers/{id}', { params: { path: { id } }, body })),
    onSuccess: changed,
  });
}

export function useDeleteServer() {
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/api/v1/servers/{id}', { params: { path: { id } } })),
    onSuccess: changed,
  });
}

/** Really connects; pins the host key at the first connection. */
export function useTestServer() {
  return useMutation({
    mutationFn: (id: string) => ask(api.POST('/api/v1/servers/{id}/test', { params: { path: { id } } })),
    onSuccess: ({ server }) => putServer(server),
  });
}

/** What checks found over the last day. */
export const chartQuery = (id: string) =>
  queryOptions({
    queryKey: ['server-chart', id],
    refetchInterval: 5 * 60_000,
    queryFn: () => ask(api.GET('/api/v1/servers/{id}/chart', { params: { path: { id } } })),
  });

/** Results arrive by themselves. */
export function useCheckServers() {
  return useMutation({ mutationFn: () => ask(api.POST('/api/v1/servers/check')) });
}

/** The next connection pins this key in place of the old one. */
export function useAcceptHostKey() {
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Body<'acceptServerHostKey'> }) =>
      ask(api.POST('/api/v1/servers/{id}/host-key', { params: { path: { id } }, body })),
    onSuccess: putServer,
  });
}

/** What an import would add; changes nothing. */
export function usePreviewImport() {
  return useMutation({
    mutationFn: (body: Body<'previewServerImport'>) => ask(api.POST('/api/v1/servers/import/preview', { body })),
  });
}

export function useImportServers() {
  return useMutation({
    mutationFn: (body: Body<'importServers'>) => ask(api.POST('/api/v1/servers/import', { body })),
    onSuccess: changed,
  });
}

export function useForgetHostKey() {
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/api/v1/servers/{id}/host-key', { params: { path: { id } } })),
    onSuccess: putServer,
  });
}

export function useCreateCredential() {
  return useMutation({
    mutationFn: (body: Body<'createCredential'>) => ask(api.POST('/api/v1/credentials', { body })),
    onSuccess: changed,
  });
}

export function useUpdateCredential() {
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Body<'updateCredential'> }) =>
      ask(api.PATCH('/api/v1/credentials/{id}', { params: { path: { id } }, body })),
    onSuccess: changed,
  });
}

export function useDeleteCredential() {
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/api/v1/credentials/{id}', { params: { path: { id } } })),
    onSuccess: changed,
  });
}

// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { fetchAll, queryClient } from './query';
import type { Body } from './types';

export const httpToolsQuery = queryOptions({
  queryKey: ['http-tools'],
  queryFn: () => fetchAll((after) => ask(api.GET('/api/v1/http-tools', { params: { query: { after, limit: 200 } } }))),
});

function changed() {
  return Promise.all(['http-tools', 'tools'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
}

export function useSaveHttpTool(id: string | null) {
  return useMutation({
    mutationFn: ({ name, ...body }: Body<'createHttpTool'>) =>
      id === null
        ? ask(api.POST('/api/v1/http-tools', { body: { name, ...body } }))
        : ask(api.PATCH('/api/v1/http-tools/{id}', { params: { path: { id } }, body })),
    onSuccess: changed,
  });
}

export function useDeleteHttpTool() {
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/api/v1/http-tools/{id}', { params: { path: { id } } })),
    onSuccess: changed,
  });
}

/** Sends the request for real. */
export function useTryHttpTool() {
  return useMutation({
    mutationFn: (body: Body<'tryHttpTool'>) => ask(api.POST('/api/v1/http-tools/try', { body })),
  });
}

export function useReadImport() {
  return useMutation({
    mutationFn: (body: Body<'readHttpToolsImport'>) => ask(api.POST('/api/v1/http-tools/import/read', { body })),
  });
}

export function useImportHttpTools() {
  return useMutation({
    mutationFn: (tools: Body<'importHttpTools'>['tools']) =>
      ask(api.POST('/api/v1/http-tools/import', { body: { tools } })),
    onSuccess: changed,
  });
}

/** One call for an Operator that has the tool: in a new conversation, judged as any other. */
export function useTryTool() {
  return useMutation({
    mutationFn: ({ name, ...body }: { name: string } & Body<'tryTool'>) =>
      ask(api.POST('/api/v1/tools/{name}/try', { params: { path: { name } }, body })),
  });
}

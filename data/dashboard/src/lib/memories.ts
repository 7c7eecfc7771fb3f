// SPDX-License-Identifier: MIT
import { useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { pages, queryClient } from './query';
import type { Body, Memory } from './types';

const path = (id: string) => ({ path: { id } });

export type MemoryStatus = Memory['status'];

export const memoriesQuery = (status: MemoryStatus) =>
  pages<Memory>(['memories', status], (after) =>
    ask(api.GET('/api/v1/memories', { params: { query: { status, after, limit: 50 } } })),
  );

function changed() {
  return queryClient.invalidateQueries({ queryKey: ['memories'] });
}

export function useSaveMemory(id: string | null) {
  return useMutation({
    mutationFn: (body: Body<'createMemory'>) =>
      id === null
        ? ask(api.POST('/api/v1/memories', { body }))
        : ask(api.PATCH('/api/v1/memories/{id}', { params: path(id), body })),
    onSuccess: changed,
  });
}

export function useDecideMemory() {
  return useMutation({
    mutationFn: ({ id, ...body }: { id: string } & Body<'decideMemory'>) =>
      ask(api.POST('/api/v1/memories/{id}/decision', { params: path(id), body })),
    onSettled: changed,
  });
}

export function useDeleteMemory() {
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/api/v1/memories/{id}', { params: path(id) })),
    onSuccess: changed,
  });
}

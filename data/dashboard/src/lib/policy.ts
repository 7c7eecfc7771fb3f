// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { pages, queryClient } from './query';
import type { Body, Policy, PolicyRule } from './types';

export const policyQuery = queryOptions({ queryKey: ['policy'], queryFn: () => ask(api.GET('/api/v1/policy')) });

export const policyVersionsQuery = pages<Policy>(['policy', 'versions'], (after) =>
  ask(api.GET('/api/v1/policy/versions', { params: { query: { after, limit: 20 } } })),
);

export function useSavePolicy() {
  return useMutation({
    mutationFn: (body: Body<'updatePolicy'>) => ask(api.PUT('/api/v1/policy', { body })),
    onSuccess: (policy) => {
      queryClient.setQueryData(policyQuery.queryKey, policy);
      void queryClient.invalidateQueries({ queryKey: policyVersionsQuery.queryKey });
    },
  });
}

export function useTryPolicy() {
  return useMutation({ mutationFn: (body: Body<'tryPolicy'>) => ask(api.POST('/api/v1/policy/try', { body })) });
}

export const floorsQuery = queryOptions({
  queryKey: ['tool-floors'],
  queryFn: async () => (await ask(api.GET('/api/v1/tool-floors'))).items,
});

export function useSetFloor() {
  return useMutation({
    mutationFn: ({ name, level }: { name: string } & Body<'setToolFloor'>) =>
      ask(api.PUT('/api/v1/tool-floors/{name}', { params: { path: { name } }, body: { level } })),
    onSuccess: (page) => queryClient.setQueryData(floorsQuery.queryKey, page.items),
  });
}

/** Lists are typed as text: names with commas between, the rest a line each. */
export const toList = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter(Boolean);

export const toConditions = (text: string): NonNullable<PolicyRule['arguments']> =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...rest] = line.split('=');
      return { name: name.trim(), pattern: rest.join('=').trim() };
    });

// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { fetchAll, queryClient } from './query';

export type SettingsValues = Record<string, string | number | boolean | string[] | null>;

export interface SettingRule {
  type: 'string' | 'integer' | 'boolean' | 'array';
  title?: string;
  description?: string;
  writeOnly?: boolean;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  'x-lines'?: boolean;
}

/** For administrators only. */
export const toolSettingsQuery = queryOptions({
  queryKey: ['tool-settings'],
  queryFn: () =>
    fetchAll((after) => ask(api.GET('/api/v1/tool-settings', { params: { query: { after, limit: 200 } } }))),
});

export function useSaveToolSettings(id: string) {
  return useMutation({
    mutationFn: (settings: SettingsValues) =>
      ask(api.PATCH('/api/v1/tool-settings/{id}', { params: { path: { id } }, body: { settings } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['tool-settings'] }),
  });
}

export function useTestToolSettings(id: string) {
  return useMutation({
    mutationFn: (settings: SettingsValues) =>
      ask(api.POST('/api/v1/tool-settings/{id}/test', { params: { path: { id } }, body: { settings } })),
  });
}

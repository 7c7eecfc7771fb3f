// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { _ } from './i18n';
import { pages, queryClient } from './query';
import type { Body, ScopeChange, ScopeFinding, ScopeHost } from './types';

export interface HostFilter {
  text?: string;
  subnet?: string;
  service?: string;
  status?: ScopeHost['status'];
}

export interface FindingFilter {
  host_id?: string;
  state?: ScopeFinding['state'];
}

export const summaryQuery = queryOptions({
  queryKey: ['scope', 'summary'],
  queryFn: () => ask(api.GET('/api/v1/scope/summary')),
});

export const hostsQuery = (filter: HostFilter) =>
  pages(['scope', 'hosts', filter], (after) =>
    ask(api.GET('/api/v1/scope/hosts', { params: { query: { ...filter, after } } })),
  );

export const hostQuery = (id: string) =>
  queryOptions({
    queryKey: ['scope', 'host', id],
    queryFn: () => ask(api.GET('/api/v1/scope/hosts/{id}', { params: { path: { id } } })),
  });

export const servicesQuery = (host_id: string) =>
  pages(['scope', 'services', host_id], (after) =>
    ask(api.GET('/api/v1/scope/services', { params: { query: { host_id, state: 'all', after } } })),
  );

export const changesQuery = (filter: { host_id?: string; scan_id?: string }) =>
  pages(['scope', 'changes', filter], (after) =>
    ask(api.GET('/api/v1/scope/changes', { params: { query: { ...filter, after } } })),
  );

export const findingsQuery = (filter: FindingFilter) =>
  pages(['scope', 'findings', filter], (after) =>
    ask(api.GET('/api/v1/scope/findings', { params: { query: { ...filter, after } } })),
  );

export const scansQuery = pages(['scope', 'scans'], (after) =>
  ask(api.GET('/api/v1/scope/scans', { params: { query: { after } } })),
);

export const subnetsQuery = pages(['scope', 'subnets'], (after) =>
  ask(api.GET('/api/v1/scope/subnets', { params: { query: { after, limit: 20 } } })),
);

const changed = () => queryClient.invalidateQueries({ queryKey: ['scope'] });

export function useUpdateHost(id: string) {
  return useMutation({
    mutationFn: (body: Body<'updateScopeHost'>) =>
      ask(api.PATCH('/api/v1/scope/hosts/{id}', { params: { path: { id } }, body })),
    onSuccess: changed,
  });
}

export function useImportScan() {
  return useMutation({
    mutationFn: (file: File) =>
      ask(
        api.POST('/api/v1/scope/import', {
          body: file as unknown as string,
          bodySerializer: (body) => body as unknown as BodyInit,
          headers: { 'Content-Type': 'application/octet-stream' },
        }),
      ),
    onSuccess: changed,
  });
}

export function useDeleteHost() {
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/api/v1/scope/hosts/{id}', { params: { path: { id } } })),
    onSuccess: changed,
  });
}

export function usePromoteHost(id: string) {
  return useMutation({
    mutationFn: (body: Body<'promoteScopeHost'>) =>
      ask(api.POST('/api/v1/scope/hosts/{id}/promote', { params: { path: { id } }, body })),
    onSuccess: () => Promise.all([changed(), queryClient.invalidateQueries({ queryKey: ['servers'] })]),
  });
}

export function useDecideFinding() {
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Body<'decideScopeFinding'> }) =>
      ask(api.PATCH('/api/v1/scope/findings/{id}', { params: { path: { id } }, body })),
    onSuccess: changed,
  });
}

/** What people call a host: their own word, else its name, else its address. */
export function nameOf(host: { label: string | null; names: string[]; address: string }): string {
  return host.label ?? host.names[0] ?? host.address;
}

export function severityWord(severity: ScopeFinding['severity']): string {
  return { low: _('Low'), medium: _('Medium'), high: _('High'), critical: _('Critical') }[severity];
}

export function changeText(change: ScopeChange): string {
  const port = `${change.port}/${change.protocol}`;
  const { before, after } = change;
  switch (change.kind) {
    case 'host_new':
      return _('A new host');
    case 'host_gone':
      return _('It does not answer any more');
    case 'host_back':
      return _('It answers again');
    case 'port_opened':
      return after ? _('{port} is open: {service}', { port, service: after }) : _('{port} is open', { port });
    case 'port_closed':
      return before ? _('{port} is closed: was {service}', { port, service: before }) : _('{port} is closed', { port });
    case 'service_changed':
      return _('{port}: {before} became {after}', { port, before: before ?? '–', after: after ?? '–' });
    case 'mac_changed':
      return _('Another network card: {before} became {after}', { before: before ?? '–', after: after ?? '–' });
    case 'os_changed':
      return _('Another system: {before} became {after}', { before: before ?? '–', after: after ?? '–' });
  }
}

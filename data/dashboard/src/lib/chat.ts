// SPDX-License-Identifier: MIT
import { type InfiniteData, queryOptions, useMutation } from '@tanstack/react-query';
import { api, ask } from './client';
import { pages, queryClient } from './query';
import type { Body, Call, Live, Message, Page, Run, Session } from './types';

const path = (id: string) => ({ path: { id } });

export const sessionsQuery = pages<Session>(['sessions'], (after) =>
  ask(api.GET('/api/v1/sessions', { params: { query: { after, limit: 50 } } })),
);

export const sessionQuery = (id: string) =>
  queryOptions({
    queryKey: ['session', id],
    queryFn: () => ask(api.GET('/api/v1/sessions/{id}', { params: path(id) })),
  });

/** Pages go back in time, and each is oldest first. */
export const messagesQuery = (id: string) =>
  pages<Message>(
    ['messages', id],
    (after) =>
      ask(
        api.GET('/api/v1/sessions/{id}/messages', { params: { ...path(id), query: { after, limit: 50 } } }),
      ) as Promise<Page<Message>>,
  );

export type RunFilter = NonNullable<NonNullable<Parameters<typeof listRuns>[0]>['state']>;

function listRuns(query?: { state?: Run['state'] | 'live'; session_id?: string; after?: string; limit?: number }) {
  return ask(api.GET('/api/v1/runs', { params: { query } }));
}

export const runsQuery = (state?: RunFilter) =>
  pages<Run>(['runs', state ?? 'all'], (after) => listRuns({ state, after }));

export const sessionRunsQuery = (id: string) =>
  pages<Run>(['session-runs', id], (after) => listRuns({ session_id: id, after, limit: 50 }));

export const callsQuery = (runId: string) =>
  queryOptions({
    queryKey: ['calls', runId],
    queryFn: async () => (await ask(api.GET('/api/v1/runs/{id}/calls', { params: path(runId) }))).items,
  });

export function fetchLive(id: string): Promise<Live> {
  return ask(api.GET('/api/v1/sessions/{id}/live', { params: path(id) })) as Promise<Live>;
}

export function useCreateSession() {
  return useMutation({
    mutationFn: (body: Body<'createSession'>) => ask(api.POST('/api/v1/sessions', { body })),
    onSuccess: (session) => queryClient.setQueryData(['session', session.id], session),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['sessions'] }),
  });
}

export function useRenameSession() {
  return useMutation({
    mutationFn: ({ id, title }: { id: string; title: string }) =>
      ask(api.PATCH('/api/v1/sessions/{id}', { params: path(id), body: { title } })),
    onSuccess: (session) => {
      queryClient.setQueryData(['session', session.id], session);
      return queryClient.invalidateQueries({ queryKey: ['sessions'] });
    },
  });
}

export function useDeleteSession() {
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/api/v1/sessions/{id}', { params: path(id) })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['sessions'] }),
  });
}

export function useSendMessage() {
  return useMutation({
    mutationFn: ({ sessionId, text, attachments }: { sessionId: string; text: string; attachments?: string[] }) =>
      ask(
        api.POST('/api/v1/sessions/{id}/messages', {
          params: path(sessionId),
          body: { text, ...(attachments?.length ? { attachments } : {}) },
        }),
      ),
    onSuccess: (run) => {
      putRun(run);
      return Promise.all([
        queryClient.invalidateQueries({ queryKey: ['messages', run.session_id] }),
        queryClient.invalidateQueries({ queryKey: ['sessions'] }),
      ]);
    },
  });
}

export function useStopRun() {
  return useMutation({
    mutationFn: (id: string) => ask(api.POST('/api/v1/runs/{id}/stop', { params: path(id) })),
    onSuccess: putRun,
    onError: () => queryClient.invalidateQueries({ queryKey: ['runs'] }),
  });
}

type Paged<T> = InfiniteData<Page<T>, string | undefined>;

export function isLive(run: Pick<Run, 'state'>): boolean {
  return run.state === 'routing' || run.state === 'asking' || run.state === 'resolving';
}

type Stored = { id: string; updated_at?: string };

/** What came by one way may be older than what has come by another: an answer to a POST, than the live socket. */
function newer<T extends Stored>(known: T, item: T): T {
  return known.updated_at && item.updated_at && known.updated_at > item.updated_at ? known : item;
}

/** Replaces an item by id where it is, or puts it where new ones belong. A list that was not fetched stays so. */
export function putItem<T extends Stored>(data: Paged<T> | undefined, item: T, at: 'first' | 'last') {
  if (!data) return undefined;
  let isKnown = false;
  const changed = data.pages.map((page) => {
    if (!page.items.some((other) => other.id === item.id)) return page;
    isKnown = true;
    return { ...page, items: page.items.map((other) => (other.id === item.id ? newer(other, item) : other)) };
  });
  if (isKnown) return { ...data, pages: changed };
  const [newest, ...rest] = data.pages;
  if (!newest) return data;
  const items = at === 'first' ? [item, ...newest.items] : [...newest.items, item];
  return { ...data, pages: [{ ...newest, items }, ...rest] };
}

/** Whether a message goes on with what is shown, rather than with another branch. */
function isNext(data: Paged<Message>, message: Message): boolean {
  if (data.pages.some((page) => page.items.some((other) => other.id === message.id))) return true;
  return (data.pages[0]?.items.at(-1)?.id ?? null) === message.parent_id;
}

export function putMessage(message: Message): void {
  const key = ['messages', message.session_id];
  const data = queryClient.getQueryData<Paged<Message>>(key);
  if (data && isNext(data, message)) queryClient.setQueryData(key, putItem(data, message, 'last'));
  else void queryClient.invalidateQueries({ queryKey: key });
}

export function putRun(run: Run): void {
  queryClient.setQueryData<Paged<Run>>(['session-runs', run.session_id], (data) => putItem(data, run, 'first'));
  queryClient.setQueryData<Run>(['run', run.id], (known) => (known ? newer(known, run) : run));
}

export function putCall(call: Call): void {
  queryClient.setQueryData<Call[]>(['calls', call.run_id], (calls) => {
    if (!calls) return undefined;
    return calls.some((other) => other.id === call.id)
      ? calls.map((other) => (other.id === call.id ? call : other))
      : [...calls, call];
  });
}

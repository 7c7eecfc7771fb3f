// SPDX-License-Identifier: MIT
import { useInfiniteQuery, useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { callsQuery, isLive, messagesQuery, sessionRunsQuery } from './chat';
import { useReplyStream } from './hooks';
import { flatten } from './query';
import { buildTurns, liveRun } from './transcript';
import type { Call, Message, Run } from './types';

/** Runs whose calls the transcript shows: those that made any, and the one that runs now. */
function runsWithCalls(messages: Message[], runs: Run[]): string[] {
  const ids = new Set(runs.filter(isLive).map((run) => run.id));
  for (const message of messages)
    if (message.run_id && (message.content.calls?.length ?? 0) > 0) ids.add(message.run_id);
  return [...ids];
}

function combineCalls(results: { data?: Call[] | undefined }[]): Call[] {
  return results.flatMap((result) => result.data ?? []);
}

/** All that a chat shows, kept fresh by the live socket. */
export function useSession(id: string) {
  const messages = useInfiniteQuery(messagesQuery(id));
  const runPages = useInfiniteQuery(sessionRunsQuery(id));
  const stream = useReplyStream(id);
  const list = useMemo(
    () => [...(messages.data?.pages ?? [])].reverse().flatMap((page) => page.items),
    [messages.data],
  );
  const runs = useMemo(() => flatten(runPages.data), [runPages.data]);
  const ids = useMemo(() => runsWithCalls(list, runs), [list, runs]);
  const calls = useQueries({ queries: ids.map((run) => callsQuery(run)), combine: combineCalls });
  const turns = useMemo(() => buildTurns(list, runs, calls), [list, runs, calls]);
  return { messages, turns, calls, runs, stream, live: liveRun(runs) };
}

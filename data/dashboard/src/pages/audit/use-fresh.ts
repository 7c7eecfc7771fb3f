// SPDX-License-Identifier: MIT
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { live } from '../../lib/live';
import { flatten, queryClient } from '../../lib/query';
import { AUDIT_PAGE, type AuditFilter, auditQuery, newestAuditQuery } from '../../lib/system';

const PACE = 1000; // ms: records may come by the hundred

/** The number of the newest record, soon after one comes; of what came before one was told of it, too. */
function useNewest(): number {
  const [newest, setNewest] = useState(0);
  useEffect(() => {
    let known = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const learn = (seq: number) => {
      known = Math.max(known, seq);
      timer ??= setTimeout(() => {
        timer = undefined;
        setNewest(known);
      }, PACE);
    };
    const end = live.subscribe(['audit'], () => {
      const query = queryClient.fetchQuery({ ...newestAuditQuery({}, 1), staleTime: 0 });
      query.then(([record]) => record && learn(record.seq)).catch(() => undefined);
    });
    const endEvents = live.onEvent(({ event, data }) => {
      if (event === 'audit.appended') learn((data as { seq: number }).seq);
    });
    return () => {
      end();
      endEvents();
      clearTimeout(timer);
    };
  }, []);
  return newest;
}

/**
 * Counts records that come while one reads, of those that the filter lets through, instead of moving what is being read. The daemon is asked for
 * them until there is a page of them: how many more there are makes no difference.
 */
export function useFresh(filter: AuditFilter): number {
  const newest = useNewest();
  const { data } = useInfiniteQuery(auditQuery(filter));
  const listed = data ? (flatten(data)[0]?.seq ?? 0) : Number.POSITIVE_INFINITY;
  const isFiltered = Object.keys(filter).length > 0;
  const { data: matching, refetch } = useQuery({ ...newestAuditQuery(filter), enabled: false });
  const n = isFiltered ? (matching ?? []).filter(({ seq }) => seq > listed).length : Math.max(newest - listed, 0);
  const mustAsk = isFiltered && n < AUDIT_PAGE && newest > listed;
  useEffect(() => {
    if (mustAsk && newest > 0) void refetch();
  }, [mustAsk, newest, refetch]);
  return n;
}

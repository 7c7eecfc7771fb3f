// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Square } from 'lucide-react';
import { Button } from '../../components/button';
import { RunState } from '../../components/run-state';
import { ErrorNote } from '../../components/states';
import { Duration, Time } from '../../components/time';
import { approvalsQuery } from '../../lib/approvals';
import { useCan, useMe } from '../../lib/auth';
import { isLive, useStopRun } from '../../lib/chat';
import { _ } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { whoseRun } from '../../lib/runs';
import type { Run } from '../../lib/types';

/** A run with what it is at, how long, and a way to it and to its end. */
export function RunRow({ run }: { run: Run }) {
  const stop = useStopRun();
  const approvals = useInfiniteQuery(approvalsQuery('pending'));
  const me = useMe();
  const isAdministrator = useCan('administrator');
  const canStop = isLive(run) && (isAdministrator || me?.user.id === run.user_id);
  return (
    <li className="run-row">
      <span className="grow clip words">
        <span className="muted" title={run.routing_reason ?? undefined}>
          {whoseRun(run)}
          {' · '}
        </span>
        <Link to="/tasks/$runId" params={{ runId: run.id }}>
          {run.question || _('No words')}
        </Link>
        {run.error?.message && <span className="wrong-text"> {run.error.message}</span>}
      </span>
      <RunState run={run} isWaiting={flatten(approvals.data).some((approval) => approval.run_id === run.id)} />
      <span className="small muted">
        <Duration from={run.created_at} to={run.ended_at} />
      </span>
      <span className="small muted">
        <Time at={run.created_at} />
      </span>
      {canStop && (
        <Button look="danger" small busy={stop.isPending} onClick={() => stop.mutate(run.id)}>
          <Square className="icon" aria-hidden /> {_('Stop')}
        </Button>
      )}
      <ErrorNote error={stop.error} />
    </li>
  );
}

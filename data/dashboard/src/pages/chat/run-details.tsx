// SPDX-License-Identifier: MIT
import { Link } from '@tanstack/react-router';
import { Activity } from 'lucide-react';
import { CopyButton } from '../../components/button';
import { LevelBadge } from '../../components/level';
import { RunState } from '../../components/run-state';
import { Empty } from '../../components/states';
import { Duration, Time } from '../../components/time';
import { CallState } from '../../components/tool-card';
import { _ } from '../../lib/i18n';
import { whoseRun } from '../../lib/runs';
import type { Call, Run } from '../../lib/types';
import { tokensOf } from '../../lib/usage';

function RunFacts({ run, calls }: { run: Run; calls: Call[] }) {
  return (
    <section className="stack tight run-facts">
      <div className="row between">
        <RunState run={run} />
        <Duration from={run.created_at} to={run.ended_at} />
      </div>
      <dl className="facts small">
        <dt>{_('Operator')}</dt>
        <dd>{whoseRun(run)}</dd>
        <dt>{_('Chosen because')}</dt>
        <dd>{run.routing_reason ?? '–'}</dd>
        <dt>{_('Started')}</dt>
        <dd>
          <Time at={run.created_at} />
        </dd>
        <dt>{_('Turns')}</dt>
        <dd>{run.turns}</dd>
        {run.usage && (
          <>
            <dt>{_('Tokens')}</dt>
            <dd>
              {_('{input} in, {output} out', {
                input: tokensOf(run.usage.input_tokens, run.usage.estimated),
                output: tokensOf(run.usage.output_tokens, run.usage.estimated),
              })}
            </dd>
          </>
        )}
        <dt>{_('Id')}</dt>
        <dd className="row tight">
          <code className="clip">{run.id}</code>
          <CopyButton bare text={run.id} label={_('Copy run id')} />
        </dd>
      </dl>
      {calls.length > 0 && (
        <ol className="stack tight">
          {calls.map((call) => (
            <li key={call.id} className="row small">
              <span className="mono">{call.tool}</span>
              <LevelBadge level={call.level} />
              <CallState call={call} result={null} />
            </li>
          ))}
        </ol>
      )}
      <Link to="/audit" search={{ run_id: run.id }} className="small">
        {_('In the audit log')}
      </Link>
    </section>
  );
}

export function RunDetails({ runs, calls }: { runs: Run[]; calls: Call[] }) {
  if (runs.length === 0)
    return (
      <Empty icon={Activity} title={_('Nothing has run yet')}>
        <p>{_('Each message starts a run; its state, cost and tool calls are shown here.')}</p>
      </Empty>
    );
  return (
    <div className="stack">
      {runs.map((run) => (
        <RunFacts key={run.id} run={run} calls={calls.filter((call) => call.run_id === run.id)} />
      ))}
    </div>
  );
}

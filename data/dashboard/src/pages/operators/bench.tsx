// SPDX-License-Identifier: MIT
// Trying an Operator, step by step: how a request is routed, what its model is told, which tools it is offered, what it calls and what the
// guard says to each. Nothing above read happens unless somebody approves it.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FlaskConical } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { Button } from '../../components/button';
import { AreaField } from '../../components/form';
import { RunState } from '../../components/run-state';
import { ErrorNote, Loaded, Note } from '../../components/states';
import { ToolCard } from '../../components/tool-card';
import { callsQuery, isLive, useStopRun } from '../../lib/chat';
import { runMessagesQuery } from '../../lib/delegation';
import { _ } from '../../lib/i18n';
import { live } from '../../lib/live';
import { promptQuery, runQuery, useTest, useTryRoute } from '../../lib/operators';
import { queryClient } from '../../lib/query';
import { buildTurns } from '../../lib/transcript';
import type { Operator, RouteTrial, Run } from '../../lib/types';
import { PlanCard } from '../chat/plan';
import { EntryView } from '../chat/turn';
import { ApprovalById } from '../shared/approval';

const withheldReasons = (): Record<string, string> => ({
  missing: _('there is no such tool at the moment'),
  ceiling: _('above its permission level'),
  'working-directory': _('it has no working directory'),
  'not-now': _('brought in by a search'),
});

function Told({ operator }: { operator: Operator }) {
  const query = useQuery(promptQuery(operator.id));
  const reasons = withheldReasons();
  return (
    <details>
      <summary>{_('What its model is told')}</summary>
      <Loaded query={query}>
        {(told) => (
          <div className="stack tight">
            <p className="small muted">{_('Model: {model}', { model: told.model })}</p>
            <pre className="preview">{told.prompt}</pre>
            <p className="small">
              {_('Tools it is offered:')} <span className="mono">{told.tools.join(', ') || _('none')}</span>
            </p>
            {told.withheld.map(({ name, reason }) => (
              <p key={name} className="small muted">
                <span className="mono">{name}</span>: {reasons[reason]}
              </p>
            ))}
          </div>
        )}
      </Loaded>
    </details>
  );
}

function Routed({ trial, operator }: { trial: RouteTrial; operator: Operator | null }) {
  const isOther = operator !== null && trial.operator !== operator.name;
  return (
    <div className="stack tight">
      {trial.plan ? (
        <PlanCard plan={trial.plan} />
      ) : (
        <Note kind={isOther || !trial.operator ? 'wait' : 'good'}>
          {trial.operator
            ? _('The orchestrator would choose {name}. {reason}', { name: trial.operator, reason: trial.reason ?? '' })
            : (trial.answer ?? _('Nobody would be chosen.'))}
        </Note>
      )}
      {trial.prompt && (
        <details>
          <summary>{_('What the orchestrator is told')}</summary>
          <pre className="preview">{trial.prompt}</pre>
        </details>
      )}
    </div>
  );
}

function Verdicts({ run }: { run: Run }) {
  const calls = useQuery(callsQuery(run.id));
  const messages = useQuery(runMessagesQuery(run.id));
  const turns = buildTurns(messages.data ?? [], [run], calls.data ?? []);
  const entries = turns.flatMap((turn) => turn.entries);
  return (
    <ol className="stack">
      {entries.map((entry) => (
        <li key={entry.type === 'call' ? entry.key : entry.message.id}>
          {entry.type === 'call' && entry.call?.decision && (
            <p className="small muted">
              {_('Verdict: {verdict} ({rule})', {
                verdict: entry.call.decision.verdict ?? '',
                rule: entry.call.decision.rule ?? '',
              })}
              {entry.call.decision.reason && `: ${entry.call.decision.reason}`}
            </p>
          )}
          {entry.type === 'call' ? (
            <ToolCard call={entry.call} declared={entry.declared} result={entry.result} output={undefined}>
              {entry.call?.approval_id && (
                <ApprovalById id={entry.call.approval_id} isRunning={entry.call.state === 'running'} />
              )}
            </ToolCard>
          ) : (
            <EntryView entry={entry} outputs={{}} />
          )}
        </li>
      ))}
    </ol>
  );
}

/** What happens in the run's conversation is heard only while somebody listens; what came before is fetched. */
function useLiveRun(run: Run) {
  useEffect(() => {
    const fetchAll = () => {
      for (const key of ['calls', 'run-messages', 'run'])
        void queryClient.invalidateQueries({ queryKey: [key, run.id] });
    };
    fetchAll();
    return live.subscribe([`session:${run.session_id}`], fetchAll);
  }, [run.id, run.session_id]);
}

function TestRun({ run: begun }: { run: Run }) {
  const query = useQuery(runQuery(begun.id));
  useLiveRun(begun);
  const stop = useStopRun();
  return (
    <Loaded query={query}>
      {(run) => (
        <section className="stack" aria-label={_('Test run')}>
          <div className="row between">
            <span className="row">
              <strong>{run.operator_name ?? _('Routing')}</strong> <RunState run={run} />
            </span>
            <span className="row">
              {isLive(run) && (
                <Button small busy={stop.isPending} onClick={() => stop.mutate(run.id)}>
                  {_('Stop')}
                </Button>
              )}
              <Link to="/chat/$sessionId" params={{ sessionId: run.session_id }} className="small">
                {_('Open as a conversation')}
              </Link>
            </span>
          </div>
          <Verdicts run={run} />
          {run.error && <Note kind="bad">{run.error.message}</Note>}
        </section>
      )}
    </Loaded>
  );
}

/** `operator` null: the orchestrator is tried. */
export function TestBench({ operator }: { operator: Operator | null }) {
  const [text, setText] = useState('');
  const route = useTryRoute();
  const test = useTest();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    test.mutate({ text, operator_id: operator?.id ?? null });
  };
  return (
    <section className="card stack" aria-labelledby="bench">
      <h2 id="bench" className="row">
        <FlaskConical className="icon" aria-hidden /> {_('Test bench')}
      </h2>
      <form className="stack" onSubmit={submit}>
        <AreaField
          label={_('Request')}
          hint={_('Nothing above read happens unless you approve it, also where the trust mode is lenient.')}
          rows={2}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="row">
          <Button disabled={!text.trim()} busy={route.isPending} onClick={() => route.mutate(text)}>
            {_('Who would take it?')}
          </Button>
          <Button look="primary" type="submit" disabled={!text.trim()} busy={test.isPending}>
            {_('Run it here')}
          </Button>
        </div>
      </form>
      <ErrorNote error={route.error ?? test.error} />
      {route.data && <Routed trial={route.data} operator={operator} />}
      {operator && <Told operator={operator} />}
      {test.data && <TestRun key={test.data.id} run={test.data} />}
    </section>
  );
}

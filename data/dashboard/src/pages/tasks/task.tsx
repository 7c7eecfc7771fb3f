// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ChevronLeft, Square } from 'lucide-react';
import { useEffect } from 'react';
import { Button } from '../../components/button';
import { RunState } from '../../components/run-state';
import { ErrorNote, Loaded, Note } from '../../components/states';
import { Duration, Time } from '../../components/time';
import { useCan, useMe } from '../../lib/auth';
import { callsQuery, isLive, useStopRun } from '../../lib/chat';
import { runMessagesQuery } from '../../lib/delegation';
import { unframe } from '../../lib/frame';
import { _, ngettext } from '../../lib/i18n';
import { live } from '../../lib/live';
import { queryClient } from '../../lib/query';
import { runQuery, whoseRun } from '../../lib/runs';
import type { Call, Message, Run } from '../../lib/types';
import { tokensOf } from '../../lib/usage';
import { RunAgain } from '../shared/run-again';
import { Step } from './step';

/** Steps of a run that goes on come by its conversation's topic; what is shown is fetched again. */
function useFresh(run: Run | undefined) {
  const id = run?.id;
  const session = run && isLive(run) ? run.session_id : null;
  useEffect(() => {
    if (!session) return;
    const topic = `session:${session}`;
    const fetchAll = () => {
      for (const key of ['run-messages', 'calls', 'run']) void queryClient.invalidateQueries({ queryKey: [key, id] });
    };
    const end = live.subscribe([topic], fetchAll);
    const stop = live.onEvent((event) => {
      if (event.topic === topic && (event.event === 'message.added' || event.event === 'run.changed')) fetchAll();
    });
    return () => {
      stop();
      end();
    };
  }, [id, session]);
}

function Facts({ run }: { run: Run }) {
  return (
    <dl className="facts small">
      <dt>{_('Operator')}</dt>
      <dd>{whoseRun(run)}</dd>
      <dt>{_('Chosen because')}</dt>
      <dd>{run.routing_reason ?? '–'}</dd>
      <dt>{_('Started')}</dt>
      <dd>
        <Time at={run.created_at} />
      </dd>
      <dt>{_('Took')}</dt>
      <dd>
        <Duration from={run.created_at} to={run.ended_at} />
      </dd>
      <dt>{_('Turns')}</dt>
      <dd>{run.turns}</dd>
      <dt>{_('Tokens')}</dt>
      <dd>
        {_('{input} in, {output} out', {
          input: tokensOf(run.usage.input_tokens, run.usage.estimated),
          output: tokensOf(run.usage.output_tokens, run.usage.estimated),
        })}
      </dd>
      {run.origin_id && (
        <>
          <dt>{run.origin === 'continue' ? _('Goes on with') : _('Runs again')}</dt>
          <dd>
            <Link to="/tasks/$runId" params={{ runId: run.origin_id }}>
              {_('an earlier task')}
            </Link>
          </dd>
        </>
      )}
    </dl>
  );
}

function Actions({ run }: { run: Run }) {
  const stop = useStopRun();
  const me = useMe();
  const isAdministrator = useCan('administrator');
  return (
    <>
      <div className="row">
        {isLive(run) && (isAdministrator || me?.user.id === run.user_id) && (
          <Button look="danger" small busy={stop.isPending} onClick={() => stop.mutate(run.id)}>
            <Square className="icon" aria-hidden /> {_('Stop')}
          </Button>
        )}
        <RunAgain run={run} />
        <Link to="/chat/$sessionId" params={{ sessionId: run.session_id }} className="small">
          {_('Conversation')}
        </Link>
        <Link to="/audit" search={{ run_id: run.id }} className="small">
          {_('In the audit log')}
        </Link>
      </div>
      <ErrorNote error={stop.error} />
    </>
  );
}

function Steps({ steps, calls, run }: { steps: Message[]; calls: Call[]; run: Run }) {
  const shown = steps.filter((step) => step.kind !== 'tools');
  return (
    <ol className="steps" aria-label={_('Steps')}>
      {shown.map((step, index) => (
        <Step
          key={step.id}
          step={step}
          before={shown[index - 1] ?? null}
          calls={calls.filter((call) => call.message_id === step.id)}
          run={run}
        />
      ))}
    </ol>
  );
}

export default function TaskPage() {
  const { runId } = useParams({ from: '/shell/tasks/$runId' });
  const query = useQuery(runQuery(runId));
  const steps = useQuery(runMessagesQuery(runId));
  const calls = useQuery(callsQuery(runId)).data ?? [];
  useFresh(query.data);
  const question = steps.data?.find((step) => step.kind === 'user')?.content.text;
  const words = question === undefined ? undefined : unframe(question);
  return (
    <>
      <Link to="/tasks" className="back small">
        <ChevronLeft className="icon" aria-hidden /> {_('Tasks')}
      </Link>
      <header className="page-head">
        <h1 className="clip-lines">{words ?? _('Task')}</h1>
      </header>
      <Loaded query={query}>
        {(run) => (
          <>
            <section className="card stack">
              <div className="row between">
                <RunState run={run} />
                <span className="small muted">{ngettext('{count} tool call', '{count} tool calls', calls.length)}</span>
              </div>
              <Facts run={run} />
              {run.error && <Note kind="bad">{run.error.message}</Note>}
              <Actions run={run} />
            </section>
            <h2>{_('Step by step')}</h2>
            <Loaded query={steps}>{(list) => <Steps steps={list} calls={calls} run={run} />}</Loaded>
          </>
        )}
      </Loaded>
    </>
  );
}

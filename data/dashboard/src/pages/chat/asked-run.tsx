// SPDX-License-Identifier: MIT
// A call of operators.ask: whom it asked, how that one's run stands, and, unfolded, what it did.
import { useQuery } from '@tanstack/react-query';
import { Bot } from 'lucide-react';
import { useState } from 'react';
import { RichText } from '../../components/rich-text';
import { RunState } from '../../components/run-state';
import { ErrorNote } from '../../components/states';
import { CallState } from '../../components/tool-card';
import { callsQuery } from '../../lib/chat';
import { childrenQuery, runMessagesQuery, useChildText } from '../../lib/delegation';
import { unframe } from '../../lib/frame';
import { _ } from '../../lib/i18n';
import { buildTurns, type Entry } from '../../lib/transcript';
import type { Call, Run } from '../../lib/types';
import { EntryView } from './turn';

export const ASK_TOOL = 'operators.ask';

const noOutputs: Record<string, string> = {};

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function ChildEntries({ run }: { run: Run }) {
  const messages = useQuery(runMessagesQuery(run.id));
  const calls = useQuery(callsQuery(run.id));
  const streaming = useChildText(run.id);
  const turns = buildTurns(messages.data ?? [], [run], calls.data ?? []);
  return (
    <div className="asked-body">
      <ErrorNote error={messages.error ?? calls.error} />
      {turns.flatMap((turn) =>
        turn.entries.map((entry) => (
          <EntryView key={entry.type === 'call' ? entry.key : entry.message.id} entry={entry} outputs={noOutputs} />
        )),
      )}
      {streaming && <RichText text={streaming} isGrowing />}
      {run.error && <p className="wrong-text small">{run.error.message}</p>}
    </div>
  );
}

/** What waits for a person stands open; the rest is folded. */
function isWaiting(calls: Call[] | undefined): boolean {
  return calls?.some((call) => call.state === 'waiting') ?? false;
}

export function AskedRun({ entry }: { entry: Extract<Entry, { type: 'call' }> }) {
  const { call, declared, result } = entry;
  const [isOpen, setOpen] = useState<boolean | null>(null);
  const children = useQuery({ ...childrenQuery(call?.run_id ?? ''), enabled: call !== null });
  const run = children.data?.find((child) => child.parent_call_id === call?.id) ?? null;
  const calls = useQuery({ ...callsQuery(run?.id ?? ''), enabled: run !== null && run.ended_at === null });
  const asked = call?.arguments ?? declared?.arguments ?? {};
  const task = unframe(text(asked.task));
  const isShown = isOpen ?? isWaiting(calls.data);
  return (
    <details
      className="asked-run"
      open={isShown}
      onToggle={(event) => event.currentTarget.open !== isShown && setOpen(event.currentTarget.open)}
    >
      <summary>
        <Bot className="icon" aria-hidden />
        <strong>{run?.operator_name ?? text(asked.operator)}</strong>
        <span className="clip grow small muted">{task.split('\n', 1)[0]}</span>
        {run ? <RunState run={run} /> : <CallState call={call} result={result} />}
      </summary>
      <p className="asked-task small">{task}</p>
      {run ? (
        <ChildEntries run={run} />
      ) : (
        <p className="small muted">{call?.decision?.reason ?? result?.text ?? _('Not begun yet.')}</p>
      )}
    </details>
  );
}

// SPDX-License-Identifier: MIT
import { ArrowRight, CircleStop, Info, LoaderCircle, Pencil, TriangleAlert } from 'lucide-react';
import { memo, useState } from 'react';
import { Button, CopyButton } from '../../components/button';
import { RichText } from '../../components/rich-text';
import { Note } from '../../components/states';
import { Time } from '../../components/time';
import { ToolCard } from '../../components/tool-card';
import { useCan } from '../../lib/auth';
import { isLive } from '../../lib/chat';
import { _ } from '../../lib/i18n';
import { stopNote } from '../../lib/stop';
import type { StreamState } from '../../lib/stream';
import type { Entry, Turn } from '../../lib/transcript';
import type { Message, Run } from '../../lib/types';
import { ApprovalById } from '../shared/approval';
import { UndoCall } from '../shared/undo';
import { ASK_TOOL, AskedRun } from './asked-run';
import { BranchSwitch, EditMessage, Regenerate } from './branches';
import { PlanCard } from './plan';

function UserWords({ message }: { message: Message }) {
  const [isEdited, setEdited] = useState(false);
  const canAsk = useCan('approver');
  if (isEdited) return <EditMessage message={message} onClose={() => setEdited(false)} />;
  return (
    <div className="user-words">
      <p>{message.content.text}</p>
      <div className="user-tools small muted">
        <Time at={message.created_at} />
        {canAsk && (
          <Button look="quiet" small square aria-label={_('Edit message')} onClick={() => setEdited(true)}>
            <Pencil className="icon" aria-hidden />
          </Button>
        )}
        <BranchSwitch message={message} />
      </div>
    </div>
  );
}

function RoutingLine({ run }: { run: Run }) {
  if (!run.operator_name && run.state === 'routing')
    return (
      <p className="routing">
        <LoaderCircle className="icon spin" aria-hidden /> {_('Choosing an Operator …')}
      </p>
    );
  if (!run.operator_name) return null;
  return (
    <p className="routing">
      <ArrowRight className="icon" aria-hidden />
      <span>
        <strong>{run.operator_name}</strong>
        {run.routing_reason && `: ${run.routing_reason}`}
      </span>
    </p>
  );
}

function Thinking({ text, open = false }: { text: string; open?: boolean }) {
  if (!text) return null;
  return (
    <details className="thinking" open={open}>
      <summary>{_('Thinking')}</summary>
      <p>{text}</p>
    </details>
  );
}

const Reply = memo(function Reply({ message }: { message: Message }) {
  const { text, reasoning, refusal } = message.content;
  const note = stopNote(message.content);
  return (
    <div className="reply">
      <Thinking text={reasoning ?? ''} />
      {text && <RichText text={text} />}
      {refusal && <p>{refusal}</p>}
      {note && <p className="small muted">{note}</p>}
      {text && (
        <div className="reply-tools small muted">
          <CopyButton text={text} bare label={_('Copy reply')} />
          <Time at={message.created_at} />
        </div>
      )}
    </div>
  );
});

export function EntryView({ entry, outputs }: { entry: Entry; outputs: Record<string, string> }) {
  if (entry.type === 'reply') return <Reply message={entry.message} />;
  if (entry.type === 'notice' && entry.message.content.plan) return <PlanCard plan={entry.message.content.plan} />;
  if (entry.type === 'notice')
    return (
      <p className="notice">
        <Info className="icon" aria-hidden /> {entry.message.content.text}
      </p>
    );
  const { call, declared, result } = entry;
  if ((call?.tool ?? declared?.name) === ASK_TOOL) return <AskedRun entry={entry} />;
  return (
    <ToolCard
      call={call}
      declared={declared}
      result={result}
      output={call ? outputs[call.id] : undefined}
      footer={call?.state === 'done' && call.level === 'write' && <UndoCall callId={call.id} />}
    >
      {call?.approval_id && <ApprovalById id={call.approval_id} isRunning={call.state === 'running'} />}
    </ToolCard>
  );
}

/** What is being written now. Screen readers hear the finished reply rather than each piece. */
function Streaming({ stream, run }: { stream: StreamState; run: Run }) {
  if (!stream.text && !stream.reasoning) {
    if (run.state !== 'asking') return null;
    return (
      <p className="routing">
        <LoaderCircle className="icon spin" aria-hidden /> {_('Thinking …')}
      </p>
    );
  }
  return (
    <div className="reply streaming" aria-busy="true">
      <Thinking text={stream.reasoning} open={!stream.text} />
      {stream.text && <RichText text={stream.text} />}
    </div>
  );
}

function RunEnd({ run }: { run: Run }) {
  if (run.state === 'stopped')
    return (
      <p className="notice">
        <CircleStop className="icon" aria-hidden /> {_('Stopped.')} {run.error?.message}
      </p>
    );
  if (run.state !== 'failed') return null;
  return (
    <Note kind="bad">
      <TriangleAlert className="sr" aria-hidden />
      {run.error?.message ?? _('The run failed.')}
    </Note>
  );
}

/** What can be done with an answer as a whole, however many replies it has. */
function TurnEnd({ turn }: { turn: Turn }) {
  const answer = turn.answer ?? turn.user;
  if (!answer) return null;
  return (
    <div className="turn-end small muted">
      <Regenerate messageId={answer.id} />
      {turn.answer && <BranchSwitch message={turn.answer} />}
    </div>
  );
}

interface Props {
  turn: Turn;
  stream: StreamState | null;
  outputs: Record<string, string>;
}

export function TurnView({ turn, stream, outputs }: Props) {
  const { run } = turn;
  return (
    <li className="turn">
      {turn.user && <UserWords message={turn.user} />}
      {run && <RoutingLine run={run} />}
      {turn.entries.map((entry) => (
        <EntryView key={entry.type === 'call' ? entry.key : entry.message.id} entry={entry} outputs={outputs} />
      ))}
      {run && stream && isLive(run) && <Streaming stream={stream} run={run} />}
      {run && <RunEnd run={run} />}
      {run && !isLive(run) && <TurnEnd turn={turn} />}
    </li>
  );
}

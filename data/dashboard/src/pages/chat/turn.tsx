// SPDX-License-Identifier: MIT
import { ArrowRight, CircleStop, LoaderCircle, Pencil, TriangleAlert } from 'lucide-react';
import { memo, type ReactNode, useState } from 'react';
import { Button, CopyButton } from '../../components/button';
import { RichText } from '../../components/rich-text';
import { Note } from '../../components/states';
import { Time } from '../../components/time';
import { ToolCard } from '../../components/tool-card';
import { useCan } from '../../lib/auth';
import { isLive } from '../../lib/chat';
import { _, ngettext } from '../../lib/i18n';
import { stopNote } from '../../lib/stop';
import type { StreamState } from '../../lib/stream';
import type { Entry, Turn } from '../../lib/transcript';
import type { Message, Run } from '../../lib/types';
import { costOf, countOf } from '../../lib/usage';
import { ApprovalById } from '../shared/approval';
import { NoticeLine } from '../shared/notice-line';
import { mayBeKept, UndoCall } from '../shared/undo';
import { WholeOutput } from '../shared/whole-output';
import { ASK_TOOL, AskedRun } from './asked-run';
import { SentAttachments } from './attachments';
import { BranchSwitch, EditMessage, Regenerate } from './branches';
import { PlanCard } from './plan';

function UserWords({ message }: { message: Message }) {
  const [isEdited, setEdited] = useState(false);
  const canAsk = useCan('approver');
  if (isEdited) return <EditMessage message={message} onClose={() => setEdited(false)} />;
  return (
    <div className="user-words">
      <SentAttachments items={message.content.attachments} />
      <p dir="auto">{message.content.text}</p>
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

/** A reply, while it is written and after: the same element, so that what was parsed stays. */
const Reply = memo(function Reply({ message, stream }: { message: Message | null; stream: StreamState | null }) {
  const { text, reasoning, refusal } = message?.content ?? { ...stream };
  if (!message)
    return (
      <div className="reply streaming" aria-busy="true">
        <Thinking text={reasoning ?? ''} open={!text} />
        {text && <RichText text={text} isGrowing />}
      </div>
    );
  const note = stopNote(message.content);
  return (
    <div className="reply" id={`m-${message.id}`}>
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
  if (entry.type === 'reply') return <Reply message={entry.message} stream={null} />;
  if (entry.type === 'notice' && entry.message.content.plan) return <PlanCard plan={entry.message.content.plan} />;
  if (entry.type === 'notice') return <NoticeLine message={entry.message} />;
  const { call, declared, result } = entry;
  if ((call?.tool ?? declared?.name) === ASK_TOOL) return <AskedRun entry={entry} />;
  return (
    <ToolCard
      call={call}
      declared={declared}
      result={result}
      output={call ? outputs[call.id] : undefined}
      footer={
        <>
          {call?.state === 'done' && mayBeKept(call.level) && <UndoCall callId={call.id} />}
          {call?.result?.truncated && <WholeOutput call={call} />}
        </>
      }
    >
      {call?.approval_id && <ApprovalById id={call.approval_id} isRunning={call.state === 'running'} />}
    </ToolCard>
  );
}

/** Whether the stream has what no message of the turn has yet; what the run before it said may still be in there. */
function isWriting(stream: StreamState | null, turn: Turn): stream is StreamState {
  if (!stream || stream.runId !== turn.run?.id || (!stream.text && !stream.reasoning)) return false;
  const { settledBy } = stream;
  return !turn.entries.some((entry) => entry.type === 'reply' && entry.message.id === settledBy);
}

/** What came of the question, and what is being written now; why the run ended is said once, at its end. Screen readers hear the finished reply rather than each piece. */
function entriesOf(turn: Turn, stream: StreamState | null, outputs: Record<string, string>): ReactNode[] {
  let replies = 0;
  const nodes: ReactNode[] = turn.entries.map((entry) => {
    if (entry.type === 'notice' && turn.run?.error && entry.message.content.text === turn.run.error.message)
      return null;
    if (entry.type === 'reply') return <Reply key={`reply-${replies++}`} message={entry.message} stream={null} />;
    const key = entry.type === 'call' ? entry.key : entry.message.id;
    return <EntryView key={key} entry={entry} outputs={outputs} />;
  });
  if (isWriting(stream, turn)) nodes.push(<Reply key={`reply-${replies}`} message={null} stream={stream} />);
  else if (stream && turn.run?.state === 'asking')
    nodes.push(
      <p className="routing" key="thinking">
        <LoaderCircle className="icon spin" aria-hidden /> {_('Thinking …')}
      </p>,
    );
  return nodes;
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
function TurnEnd({ turn, run }: { turn: Turn; run: Run }) {
  const answer = turn.answer ?? turn.user;
  if (!answer) return null;
  const tokens = (run.usage.input_tokens ?? 0) + (run.usage.output_tokens ?? 0);
  return (
    <div className="turn-end small muted">
      <Regenerate messageId={answer.id} />
      {turn.answer && <BranchSwitch message={turn.answer} />}
      {tokens > 0 && !run.usage.estimated && <span>{ngettext('One token', '{count} tokens', tokens)}</span>}
      {!!run.usage.estimated && <span>{_('about {count} tokens', { count: countOf(tokens) })}</span>}
      {(!!run.usage.cost_micros || !!run.usage.unpriced) && <span>· {costOf(run.usage)}</span>}
    </div>
  );
}

interface Props {
  turn: Turn;
  stream: StreamState | null;
  outputs: Record<string, string>;
}

export const TurnView = memo(function TurnView({ turn, stream, outputs }: Props) {
  const { run } = turn;
  return (
    <li className="turn" id={turn.user ? `m-${turn.user.id}` : undefined}>
      {turn.user && <UserWords message={turn.user} />}
      {run && <RoutingLine run={run} />}
      {entriesOf(turn, run && isLive(run) ? stream : null, outputs)}
      {run && <RunEnd run={run} />}
      {run && !isLive(run) && <TurnEnd turn={turn} run={run} />}
    </li>
  );
});

// SPDX-License-Identifier: MIT
import { RichText } from '../../components/rich-text';
import { Duration, Time } from '../../components/time';
import { ToolCard } from '../../components/tool-card';
import { unframe } from '../../lib/frame';
import { _ } from '../../lib/i18n';
import type { Call, Message, Run } from '../../lib/types';
import { costOf, tokensOf } from '../../lib/usage';
import { ASK_TOOL } from '../chat/asked-run';
import { ApprovalById } from '../shared/approval';
import { NoticeLine } from '../shared/notice-line';
import { mayBeKept, UndoCall } from '../shared/undo';
import { WholeOutput } from '../shared/whole-output';

function who(step: Message): string {
  if (step.kind === 'user') return _('Asked');
  if (step.kind === 'notice') return _('Note');
  return step.operator_name ?? 'Vigilus';
}

function Used({ step }: { step: Message }) {
  const { usage, cost_micros, unpriced } = step.content;
  if (step.kind !== 'assistant' || !usage) return null;
  return (
    <span>
      {_('{input} in, {output} out', {
        input: tokensOf(usage.input_tokens, usage.estimated),
        output: tokensOf(usage.output_tokens, usage.estimated),
      })}
      {(!!cost_micros || unpriced) && ` · ${costOf({ cost_micros, unpriced })}`}
    </span>
  );
}

/** An Operator is asked in words, which may hold what others found. */
function forPeople(call: Call): Call {
  const given: Record<string, unknown> = call.arguments ?? {};
  if (call.tool !== ASK_TOOL || typeof given.task !== 'string') return call;
  return { ...call, arguments: { ...given, task: unframe(given.task) } as unknown as Call['arguments'] };
}

interface Props {
  step: Message;
  before: Message | null;
  calls: Call[];
  run: Run;
}

/** One step: who, when, how long since the one before, and all of what was said, called and returned. */
export function Step({ step, before, calls }: Props) {
  const { text, reasoning, refusal } = step.content;
  return (
    <li className={`step ${step.kind}`}>
      <header className="row small muted">
        <strong>{who(step)}</strong>
        <Time at={step.created_at} />
        {before && (
          <span>
            {_('after')} <Duration from={before.created_at} to={step.created_at} />
          </span>
        )}
        <Used step={step} />
      </header>
      {reasoning && (
        <details className="thinking">
          <summary>{_('Thinking')}</summary>
          <p>{reasoning}</p>
        </details>
      )}
      {step.kind === 'notice' && <NoticeLine message={step} />}
      {step.kind === 'user' && <p className="pre-line">{unframe(text ?? '')}</p>}
      {step.kind === 'assistant' && text && <RichText text={text} />}
      {refusal && <p>{refusal}</p>}
      {calls.map((call) => (
        <ToolCard
          key={call.id}
          call={forPeople(call)}
          declared={null}
          result={null}
          output={undefined}
          footer={
            <>
              {call.state === 'done' && mayBeKept(call.level) && <UndoCall callId={call.id} />}
              {call.result?.truncated && <WholeOutput call={call} />}
            </>
          }
        >
          {call.approval_id && <ApprovalById id={call.approval_id} isRunning={call.state === 'running'} />}
        </ToolCard>
      ))}
    </li>
  );
}

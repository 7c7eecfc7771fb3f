// SPDX-License-Identifier: MIT
import { Ban, Check, Clock, ShieldQuestion } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { useNow } from '../lib/hooks';
import { _, ngettext } from '../lib/i18n';
import { showTarget } from '../lib/target';
import { formatCountdown } from '../lib/time';
import type { Approval, Body } from '../lib/types';
import { Arguments } from './arguments';
import { Button, CopyButton } from './button';
import { TextField } from './form';
import { LevelIcon, levelMeaning, levelWord } from './level';
import { cleanOutput, Diff, Output } from './output';
import { ErrorNote } from './states';
import { Time } from './time';
import { commandOf } from './tool-card';

export type Decision = Body<'decideApproval'>;

interface Props {
  approval: Approval;
  canDecide: boolean;
  busy: boolean;
  error: Error | null;
  minutes: number;
  maxMinutes: number;
  decide: (decision: Decision) => void;
  /** Inside the card of its call, which says the level and the target already. */
  nested?: boolean;
}

/** What the approval is about: the target, or else the command. */
function headline(approval: Approval): string {
  if (approval.resource) return showTarget(approval.resource);
  return cleanOutput(commandOf(approval.tool, approval.arguments) ?? approval.tool);
}

function Preview({ approval }: { approval: Approval }) {
  const { preview, tool } = approval;
  const command = commandOf(tool, approval.arguments);
  if (preview?.text && preview.kind === 'diff') return <Diff text={preview.text} />;
  if (preview?.text && preview.kind === 'command') return <Output text={preview.text} look="terminal" />;
  if (preview?.text) return <Output text={preview.text} />;
  return command ? <Output text={command} look="terminal" /> : null;
}

function verdict(approval: Approval): { icon: typeof Check; text: string; look: string } {
  const by = approval.decided_by ?? '';
  switch (approval.status) {
    case 'approved':
      return {
        icon: Check,
        look: 'good',
        text:
          approval.mode === 'timed'
            ? ngettext('Allowed for one minute by {by}', 'Allowed for {count} minutes by {by}', approval.minutes ?? 0, {
                by,
              })
            : _('Allowed once by {by}', { by }),
      };
    case 'denied':
      return { icon: Ban, look: 'bad', text: _('Denied by {by}', { by }) };
    case 'expired':
      return { icon: Clock, look: 'wait', text: _('Nobody decided in time. It did not run.') };
    default:
      return { icon: Ban, look: 'wait', text: _('Withdrawn, because the run ended.') };
  }
}

function Decided({ approval }: { approval: Approval }) {
  const { icon: Icon, text, look } = verdict(approval);
  return (
    <div className={`note ${look}`} role="status">
      <Icon className="icon" aria-hidden />
      <div className="grow">
        {text} {approval.decided_at && <Time at={approval.decided_at} />}
        {approval.deny_reason && <p className="small">“{approval.deny_reason}”</p>}
      </div>
    </div>
  );
}

function Countdown({ until }: { until: string }) {
  const now = useNow(1000);
  const left = Date.parse(until) - now;
  return (
    <span className="countdown" role="timer">
      <Clock className="icon" aria-hidden />
      {left > 0 ? _('{time} left', { time: formatCountdown(left) }) : _('Expired')}
    </span>
  );
}

/** The buttons come alive a moment after the card is there, so that a click meant for something else decides nothing. */
function useArmed(): boolean {
  const [isArmed, setArmed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setArmed(true), 500);
    return () => clearTimeout(timer);
  }, []);
  return isArmed;
}

function Buttons({ approval, busy, minutes, maxMinutes, decide }: Props) {
  const [mode, setMode] = useState<'' | 'timed' | 'deny'>('');
  const [time, setTime] = useState(String(minutes));
  const [reason, setReason] = useState('');
  const isArmed = useArmed();
  const wanted = Number(time);
  const isTimeRight = Number.isInteger(wanted) && wanted >= 1 && wanted <= maxMinutes;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (mode === 'deny') decide(reason.trim() ? { decision: 'deny', reason: reason.trim() } : { decision: 'deny' });
    else if (isTimeRight) decide({ decision: 'approve', mode: 'timed', minutes: wanted });
  };
  return (
    <form className="stack tight" onSubmit={submit}>
      {mode === 'timed' && (
        <TextField
          label={_('Minutes')}
          className="narrow"
          type="number"
          min={1}
          max={maxMinutes}
          value={time}
          autoFocus
          wrong={isTimeRight ? null : _('From 1 to {n}.', { n: maxMinutes })}
          hint={_('Covers {tool} on {target} by {operator}, as often as asked.', {
            tool: approval.tool,
            target: approval.resource ? showTarget(approval.resource) : _('any target'),
            operator: approval.operator_name,
          })}
          onChange={(event) => setTime(event.target.value)}
        />
      )}
      {mode === 'deny' && (
        <TextField
          label={_('Why not? (the Operator is told)')}
          value={reason}
          maxLength={2000}
          autoFocus
          onChange={(event) => setReason(event.target.value)}
        />
      )}
      <div className="row">
        {mode === '' ? (
          <>
            <Button
              look="primary"
              disabled={!isArmed}
              busy={busy}
              onClick={() => decide({ decision: 'approve', mode: 'once' })}
            >
              {_('Allow once')}
            </Button>
            <Button disabled={!isArmed || busy} onClick={() => setMode('timed')}>
              {_('Allow for …')}
            </Button>
            <Button look="danger" disabled={busy} onClick={() => setMode('deny')}>
              {_('Deny')}
            </Button>
          </>
        ) : (
          <>
            <Button type="submit" look={mode === 'deny' ? 'danger filled' : 'primary'} busy={busy}>
              {mode === 'deny' ? _('Deny') : _('Allow for {n} min', { n: time || '…' })}
            </Button>
            <Button look="quiet" onClick={() => setMode('')}>
              {_('Back')}
            </Button>
          </>
        )}
      </div>
    </form>
  );
}

/** What it is about: the preview, the call to the letter, and the model's reason. */
function Asked({ approval }: { approval: Approval }) {
  const isPending = approval.status === 'pending';
  return (
    <>
      <Preview approval={approval} />
      <details open={isPending && !approval.preview?.text}>
        <summary>{_('The exact call')}</summary>
        <Arguments value={approval.arguments} />
        <p className="small muted digest">
          SHA-256 <code>{approval.arguments_sha256.slice(0, 16)}…</code>
          <CopyButton bare text={approval.arguments_sha256} label={_('Copy the digest of the arguments')} />
        </p>
      </details>
      {approval.reason && (
        <blockquote className="model-words">
          <span className="small">{_('In the model’s own words, unchecked:')}</span>
          <p>{approval.reason}</p>
        </blockquote>
      )}
    </>
  );
}

function Record({ approval }: { approval: Approval }) {
  return (
    <details className="approval-record">
      <summary>{_('What was asked')}</summary>
      <div className="record">
        <Asked approval={approval} />
      </div>
    </details>
  );
}

/** The same card wherever something waits for a person. It stays after the decision, with who and when. */
export function ApprovalCard(props: Props) {
  const { approval, canDecide, error } = props;
  const isPending = approval.status === 'pending';
  if (props.nested && !isPending)
    return (
      <>
        <Decided approval={approval} />
        <Record approval={approval} />
      </>
    );
  return (
    <section
      className={`approval level-${approval.level} ${isPending ? 'pending' : 'decided'}`}
      aria-label={_('Approval for {tool}', { tool: approval.tool })}
    >
      <header>
        <span className="ask">
          <ShieldQuestion className="icon" aria-hidden />
          {isPending
            ? _('{operator} asks for your approval', { operator: approval.operator_name })
            : approval.operator_name}
        </span>
        {isPending ? <Countdown until={approval.expires_at} /> : <Time at={approval.created_at} />}
      </header>
      <div className="headline">
        <span className="level-word">
          <LevelIcon level={approval.level} />
          {levelWord(approval.level)}
        </span>
        <span className="target mono">{headline(approval)}</span>
      </div>
      <p className="small muted">
        <span className="mono">{approval.tool}</span> · {levelMeaning(approval.level)}
      </p>
      {isPending ? <Asked approval={approval} /> : <Record approval={approval} />}
      <ErrorNote error={error} />
      {isPending && canDecide && <Buttons {...props} />}
      {isPending && !canDecide && <p className="muted">{_('Somebody who may approve has to decide this.')}</p>}
      {!isPending && <Decided approval={approval} />}
    </section>
  );
}

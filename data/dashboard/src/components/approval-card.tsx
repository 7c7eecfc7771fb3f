// SPDX-License-Identifier: MIT
import { Ban, Check, Clock, ShieldQuestion, TriangleAlert, Users } from 'lucide-react';
import { useNow } from '../lib/hooks';
import { _, ngettext } from '../lib/i18n';
import { showTarget } from '../lib/target';
import { formatCountdown } from '../lib/time';
import type { Approval } from '../lib/types';
import { ApprovalButtons, type Decision } from './approval-buttons';
import { Arguments } from './arguments';
import { Button, CopyButton } from './button';
import { LevelIcon, levelMeaning, levelWord } from './level';
import { Output, PreviewView, revealHidden } from './output';
import { ErrorNote } from './states';
import { Time } from './time';
import { commandOf } from './tool-card';

export type { Decision } from './approval-buttons';

interface Me {
  id: string;
  name: string;
}

interface Props {
  approval: Approval;
  canDecide: boolean;
  busy: boolean;
  error: Error | null;
  minutes: number;
  maxMinutes: number;
  standingDays: number;
  decide: (decision: Decision) => void;
  /** Who looks at it: not everybody may be the second of two approvers. */
  me?: Me | null;
  /** Ends a grant, and the call that runs under it. */
  revoke?: (grantId: string) => void;
  isRevoking?: boolean;
  isRunning?: boolean;
  /** Inside the card of its call, which says the level and the target already. */
  nested?: boolean;
}

/** What the approval is about: the target, or else the command. */
function headline(approval: Approval): string {
  if (approval.resource) return revealHidden(showTarget(approval.resource));
  return revealHidden(commandOf(approval.tool, approval.arguments) ?? approval.tool);
}

function Preview({ approval }: { approval: Approval }) {
  const { preview, tool } = approval;
  const command = commandOf(tool, approval.arguments);
  if (preview?.text) return <PreviewView preview={preview} />;
  return command ? <Output text={revealHidden(command)} look="terminal" /> : null;
}

/** "once", "for 15 minutes": what somebody chose, in the middle of a sentence. */
function howWord(mode: string | null | undefined, minutes: number | null | undefined): string {
  if (mode === 'timed') return ngettext('for one minute', 'for {count} minutes', minutes ?? 0);
  if (mode === 'conversation') return _('in this conversation');
  return mode === 'standing' ? _('exactly this, from now on') : _('once');
}

function allowedWord(approval: Approval, by: string): string {
  switch (approval.mode) {
    case 'timed':
      return ngettext('Allowed for one minute by {by}', 'Allowed for {count} minutes by {by}', approval.minutes ?? 0, {
        by,
      });
    case 'conversation':
      return _('Allowed in this conversation by {by}', { by });
    case 'standing':
      return _('Allowed from now on, exactly so, by {by}', { by });
    default:
      return _('Allowed once by {by}', { by });
  }
}

function verdict(approval: Approval): { icon: typeof Check; text: string; look: string } {
  const by = approval.decided_by ?? '';
  switch (approval.status) {
    case 'approved':
      return {
        icon: Check,
        look: 'good',
        text: allowedWord(approval, by),
      };
    case 'denied':
      return { icon: Ban, look: 'bad', text: _('Denied by {by}', { by }) };
    case 'expired':
      return { icon: Clock, look: 'wait', text: _('Nobody decided in time. It did not run.') };
    default:
      return { icon: Ban, look: 'wait', text: _('Withdrawn, because the run ended.') };
  }
}

/** How long the grant still holds, and the way to end it, with what runs under it. */
function GrantLeft({
  approval,
  isRunning,
  revoke,
  isRevoking,
}: Pick<Props, 'approval' | 'isRunning' | 'revoke' | 'isRevoking'>) {
  const { grant } = approval;
  const now = useNow(1000, grant !== null && !grant.revoked_at);
  if (!grant) return null;
  if (grant.revoked_at)
    return (
      <p className="small">
        {_('The grant was revoked.')} <Time at={grant.revoked_at} />
      </p>
    );
  const left = Date.parse(grant.expires_at) - now;
  const isLive = left > 0 && !(approval.mode === 'once' && grant.used_at);
  if (!isLive && !isRunning) return null;
  return (
    <p className="row grant-left">
      {isLive && (
        <span className="countdown" role="timer">
          <Clock className="icon" aria-hidden />
          {_('The grant ends in {time}', { time: formatCountdown(left) })}
        </span>
      )}
      {revoke && (
        <Button look="danger" small busy={isRevoking} onClick={() => revoke(grant.id)}>
          {isRunning ? _('Revoke it and end the call') : _('Revoke the grant')}
        </Button>
      )}
    </p>
  );
}

function Decided(props: Props) {
  const { approval } = props;
  const { icon: Icon, text, look } = verdict(approval);
  const by = approval.first_by && approval.status === 'approved' ? approval.first_by : null;
  return (
    <div className={`note ${look}`} role="status">
      <Icon className="icon" aria-hidden />
      <div className="grow">
        {text} {approval.decided_at && <Time at={approval.decided_at} />}
        {by && <p className="small">{_('{who} was the first of the two who allowed it.', { who: by })}</p>}
        {approval.deny_reason && <p className="small">“{approval.deny_reason}”</p>}
        {approval.edited_arguments && (
          <div className="stack tight">
            <p className="small">{_('With arguments that {by} changed:', { by: approval.decided_by ?? '' })}</p>
            <Arguments value={approval.edited_arguments} />
          </div>
        )}
        <GrantLeft {...props} />
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

/** Where the words came from that may have talked the model into this. */
function Taint({ approval }: { approval: Approval }) {
  const { taint } = approval;
  if (!taint) return null;
  const more = taint.n - taint.sources.length;
  return (
    <div className="note wait">
      <TriangleAlert className="icon" aria-hidden />
      <div className="grow">
        {_('This conversation has read text from outside, which may have talked the model into this:')}
        <ul className="taint">
          {taint.sources.map((source) => (
            <li key={source.call_id}>
              <span className="mono">{source.tool}</span>
              {source.resource && (
                <>
                  {' · '}
                  <span className="mono wrap">{revealHidden(showTarget(source.resource))}</span>
                </>
              )}{' '}
              <Time at={source.at} />
            </li>
          ))}
        </ul>
        {more > 0 && <p className="small">{ngettext('and one more source', 'and {count} more sources', more)}</p>}
      </div>
    </div>
  );
}

/** Two have to approve: who did, what they chose, and who may be the second. */
function Second({ approval, me }: { approval: Approval; me: Me | null }) {
  if (approval.approvers_needed < 2) return null;
  if (!approval.first_by) return <p className="small muted">{_('Two people have to allow this.')}</p>;
  const terms = approval.first_terms;
  return (
    <div className="note wait" role="status">
      <Users className="icon" aria-hidden />
      <div className="grow">
        {_('{who} has allowed it ({how}).', { who: approval.first_by, how: howWord(terms?.mode, terms?.minutes) })}{' '}
        {approval.first_at && <Time at={approval.first_at} />}
        {terms?.resource && <p className="small mono wrap">{revealHidden(showTarget(terms.resource))}</p>}
        {terms?.arguments && <Arguments value={terms.arguments} />}
        <p className="small">
          {mayConfirm(approval, me)
            ? _('You can confirm exactly this, or deny it.')
            : _('Another person, who did not ask for it either, has to confirm it.')}
        </p>
      </div>
    </div>
  );
}

function mayConfirm(approval: Approval, me: Me | null): boolean {
  return !approval.first_by || (approval.first_by !== me?.name && approval.user_id !== me?.id);
}

/** What asks always, or says so already: the trust mode, and text from outside. */
const plain = ['strict', 'tainted', 'outward'];

/** Which rule wants a person to decide, and why. */
function Because({ approval }: { approval: Approval }) {
  const { rule, because } = approval;
  if (!because || !rule || plain.includes(rule)) return null;
  return <p className="small because">{_('Why you are asked: {reason}', { reason: revealHidden(because) })}</p>;
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
        <Because approval={approval} />
        <Taint approval={approval} />
        <Asked approval={approval} />
      </div>
    </details>
  );
}

/** The same card wherever something waits for a person. It stays after the decision, with who and when. */
export function ApprovalCard(props: Props) {
  const { approval, canDecide, error, me = null } = props;
  const isPending = approval.status === 'pending';
  if (props.nested && !isPending)
    return (
      <>
        <Decided {...props} />
        {approval.status === 'approved' && approval.preview?.kind === 'diff' && (
          <PreviewView preview={approval.preview} />
        )}
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
        <span className="mono">{approval.tool}</span> · {levelMeaning(approval.level)} ·{' '}
        {_('asked for by {who}', { who: approval.user_name })}
      </p>
      {isPending && <Because approval={approval} />}
      {isPending && <Taint approval={approval} />}
      {isPending ? <Asked approval={approval} /> : <Record approval={approval} />}
      <ErrorNote error={error} />
      {isPending && <Second approval={approval} me={me} />}
      {isPending && approval.times_approved > 0 && (
        <p className="small muted">
          {ngettext(
            'Exactly this was allowed once before.',
            'Exactly this was allowed {count} times before.',
            approval.times_approved,
          )}
        </p>
      )}
      {isPending && canDecide && mayConfirm(approval, me) && <ApprovalButtons {...props} />}
      {isPending && !canDecide && <p className="muted">{_('Somebody who may approve has to decide this.')}</p>}
      {!isPending && <Decided {...props} />}
    </section>
  );
}

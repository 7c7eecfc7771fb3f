// SPDX-License-Identifier: MIT
import { type FormEvent, type KeyboardEvent, useEffect, useState } from 'react';
import { _, ngettext } from '../lib/i18n';
import { showTarget } from '../lib/target';
import type { Approval, Body } from '../lib/types';
import { Button } from './button';
import { AreaField, ChoiceField, TextField } from './form';

export type Decision = Body<'decideApproval'>;

interface Props {
  approval: Approval;
  busy: boolean;
  minutes: number;
  maxMinutes: number;
  standingDays: number;
  decide: (decision: Decision) => void;
}

type Mode = '' | 'timed' | 'edit' | 'standing' | 'deny';

/** The buttons come alive a moment after the card is there, so that a click meant for something else decides nothing. */
function useArmed(): boolean {
  const [isArmed, setArmed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setArmed(true), 500);
    return () => clearTimeout(timer);
  }, []);
  return isArmed;
}

function Submit({
  label,
  look = 'primary',
  busy,
  back,
}: {
  label: string;
  look?: 'primary' | 'danger filled';
  busy: boolean;
  back: () => void;
}) {
  return (
    <div className="row">
      <Button type="submit" look={look} busy={busy}>
        {label}
      </Button>
      <Button look="quiet" disabled={busy} onClick={back}>
        {_('Back')}
      </Button>
    </div>
  );
}

type FormProps = Props & { back: () => void };

/** As often as asked, for a time or in this conversation; the target can be made narrower. */
function TimedForm({ approval, busy, minutes, maxMinutes, decide, back }: FormProps) {
  const [scope, setScope] = useState<'timed' | 'conversation'>('timed');
  const [time, setTime] = useState(String(minutes));
  const [target, setTarget] = useState(approval.resource ?? '');
  const wanted = Number(time);
  const isTimeRight = Number.isInteger(wanted) && wanted >= 1 && wanted <= maxMinutes;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (scope === 'timed' && !isTimeRight) return;
    const narrowed = target.trim();
    decide({
      decision: 'approve',
      mode: scope,
      ...(scope === 'timed' && { minutes: wanted }),
      ...(narrowed && narrowed !== approval.resource && { resource: narrowed }),
    });
  };
  return (
    <form className="stack tight" onSubmit={submit}>
      <ChoiceField
        legend={_('For how long')}
        value={scope}
        onChange={(value) => setScope(value as 'timed' | 'conversation')}
        choices={[
          {
            value: 'timed',
            label: _('For a time'),
            hint: _(
              'From the moment you allow it, in every conversation of {operator}, also where it has read text from outside.',
              { operator: approval.operator_name },
            ),
          },
          {
            value: 'conversation',
            label: _('In this conversation'),
            hint: ngettext(
              'Nowhere else, and for at most one minute.',
              'Nowhere else, and for at most {count} minutes.',
              maxMinutes,
            ),
          },
        ]}
      />
      {scope === 'timed' && (
        <TextField
          label={_('Minutes')}
          className="narrow"
          type="number"
          min={1}
          max={maxMinutes}
          value={time}
          autoFocus
          wrong={isTimeRight ? null : _('From 1 to {n}.', { n: maxMinutes })}
          onChange={(event) => setTime(event.target.value)}
        />
      )}
      {approval.resource && (
        <TextField
          label={_('Target')}
          className="mono"
          value={target}
          hint={_('Only ever narrower than what was asked. A * stands for any text within one part of a path.')}
          onChange={(event) => setTarget(event.target.value)}
        />
      )}
      <p className="small muted">
        {_('Covers {tool} on {target} by {operator}, as often as asked.', {
          tool: approval.tool,
          target: approval.resource ? showTarget(target || approval.resource) : _('exactly these arguments'),
          operator: approval.operator_name,
        })}
      </p>
      <Submit
        label={scope === 'timed' ? _('Allow for {n} min', { n: time || '…' }) : _('Allow in this conversation')}
        busy={busy}
        back={back}
      />
    </form>
  );
}

/** One field an argument: texts as they are, all else as JSON. */
function EditForm({ approval, busy, decide, back }: FormProps) {
  const entries = Object.entries(approval.arguments as Record<string, unknown>);
  const [texts, setTexts] = useState<Record<string, string>>(() =>
    Object.fromEntries(
      entries.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value, null, 2)]),
    ),
  );
  const [wrongs, setWrongs] = useState<Record<string, string>>({});
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found: Record<string, string> = {};
    const values: Record<string, unknown> = {};
    for (const [name, value] of entries) {
      const text = texts[name] ?? '';
      try {
        values[name] = typeof value === 'string' ? text : JSON.parse(text);
      } catch {
        found[name] = _('This is not valid JSON.');
      }
    }
    setWrongs(found);
    if (Object.keys(found).length === 0)
      decide({ decision: 'approve', mode: 'once', arguments: values as Decision['arguments'] });
  };
  return (
    <form className="stack tight" onSubmit={submit}>
      <p className="small muted">
        {_('What you change is checked as any call is, stands in the record as yours, and the Operator is told.')}
      </p>
      {entries.map(([name], index) => (
        <AreaField
          key={name}
          label={name}
          className="input mono"
          spellCheck={false}
          autoFocus={index === 0}
          rows={Math.min(12, (texts[name] ?? '').split('\n').length)}
          value={texts[name]}
          wrong={wrongs[name]}
          onChange={(event) => setTexts({ ...texts, [name]: event.target.value })}
        />
      ))}
      <Submit label={_('Allow once with these')} busy={busy} back={back} />
    </form>
  );
}

function StandingForm({ approval, busy, standingDays, decide, back }: FormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    decide({ decision: 'approve', mode: 'standing' });
  };
  return (
    <form className="stack tight" onSubmit={submit}>
      <p>
        {ngettext(
          'For one day {operator} may make exactly this call without asking, in every conversation, and no other.',
          'For {count} days {operator} may make exactly this call without asking, in every conversation, and no other.',
          standingDays,
          { operator: approval.operator_name },
        )}
      </p>
      <Submit label={_('Allow it from now on')} busy={busy} back={back} />
    </form>
  );
}

function DenyForm({ busy, decide, back }: FormProps) {
  const [reason, setReason] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    decide(reason.trim() ? { decision: 'deny', reason: reason.trim() } : { decision: 'deny' });
  };
  return (
    <form className="stack tight" onSubmit={submit}>
      <TextField
        label={_('Why not? (the Operator is told)')}
        value={reason}
        maxLength={2000}
        autoFocus
        onChange={(event) => setReason(event.target.value)}
      />
      <Submit label={_('Deny')} look="danger filled" busy={busy} back={back} />
    </form>
  );
}

/** For the second of two people: yes to what the first one chose, or no. */
function SecondButtons({ busy, decide, setMode }: Props & { setMode: (mode: Mode) => void }) {
  const isArmed = useArmed();
  return (
    <div className="row">
      <Button look="primary" disabled={!isArmed} busy={busy} onClick={() => decide({ decision: 'approve' })}>
        {_('Confirm')}
      </Button>
      <Button look="danger" disabled={busy} onClick={() => setMode('deny')}>
        {_('Deny')}
      </Button>
    </div>
  );
}

function FirstButtons({ approval, busy, decide, setMode }: Props & { setMode: (mode: Mode) => void }) {
  const isArmed = useArmed();
  const hasArguments = Object.keys(approval.arguments).length > 0;
  return (
    <div className="row">
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
      {approval.offer_standing && (
        <Button disabled={!isArmed || busy} onClick={() => setMode('standing')}>
          {_('Always allow exactly this …')}
        </Button>
      )}
      {hasArguments && (
        <Button disabled={!isArmed || busy} onClick={() => setMode('edit')}>
          {_('Edit …')}
        </Button>
      )}
      <Button look="danger" disabled={busy} onClick={() => setMode('deny')}>
        {_('Deny')}
      </Button>
    </div>
  );
}

const forms = { timed: TimedForm, edit: EditForm, standing: StandingForm, deny: DenyForm };

export function ApprovalButtons(props: Props) {
  const [mode, setMode] = useState<Mode>('');
  if (mode !== '') {
    const Form = forms[mode];
    const back = () => setMode('');
    const onKeyDown = (event: KeyboardEvent) => event.key === 'Escape' && !props.busy && back();
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions: Esc does what the button Back does
      <div onKeyDown={onKeyDown}>
        <Form {...props} back={back} />
      </div>
    );
  }
  return props.approval.first_by ? (
    <SecondButtons {...props} setMode={setMode} />
  ) : (
    <FirstButtons {...props} setMode={setMode} />
  );
}

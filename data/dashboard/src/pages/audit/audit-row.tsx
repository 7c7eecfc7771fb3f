// SPDX-License-Identifier: MIT
import { Link } from '@tanstack/react-router';
import { ChevronDown } from 'lucide-react';
import { useId, useState } from 'react';
import { Arguments } from '../../components/arguments';
import { Button, CopyButton } from '../../components/button';
import { LevelBadge } from '../../components/level';
import { Time } from '../../components/time';
import { _ } from '../../lib/i18n';
import { showTarget } from '../../lib/target';
import { formatDuration, formatExact } from '../../lib/time';
import type { AuditRecord } from '../../lib/types';
import { mayBeKept, UndoCall } from '../shared/undo';

const looks: Record<string, string> = {
  success: 'good',
  failed: 'bad',
  denied: 'bad',
  interrupted: 'wait',
  unknown: 'wait',
};

function Outcome({ record }: { record: AuditRecord }) {
  const word = record.outcome ?? record.decision;
  if (!word) return null;
  return <span className={`badge ${looks[word] ?? ''}`}>{word}</span>;
}

function Fact({ name, value }: { name: string; value: string | null }) {
  if (!value) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Id({
  name,
  value,
  member,
}: {
  name: string;
  value: string | null;
  member: 'run_id' | 'call_id' | 'session_id';
}) {
  if (!value) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd className="row tight">
        <Link to="/audit" search={{ [member]: value }} className="mono clip">
          {value}
        </Link>
        <CopyButton bare text={value} label={_('Copy id')} />
      </dd>
    </>
  );
}

function Details({ record }: { record: AuditRecord }) {
  return (
    <div className="stack tight">
      <dl className="facts small">
        <Fact name={_('Exactly')} value={formatExact(record.at)} />
        <Fact name={_('Number')} value={String(record.seq)} />
        <Fact name={_('Decision')} value={record.decision} />
        <Fact name={_('Rule')} value={record.rule} />
        <Fact name={_('Reason')} value={record.reason} />
        <Fact name={_('Error')} value={record.error} />
        <Fact name={_('Took')} value={record.duration_us === null ? null : formatDuration(record.duration_us / 1000)} />
        <Id name={_('Run')} value={record.run_id} member="run_id" />
        <Id name={_('Call')} value={record.call_id} member="call_id" />
        <Id name={_('Conversation')} value={record.session_id} member="session_id" />
      </dl>
      {record.arguments && <Arguments value={record.arguments} />}
      {record.detail && <Arguments value={record.detail} />}
      {record.call_id && mayBeKept(record.level) && <UndoCall callId={record.call_id} />}
      {record.session_id && (
        <Link to="/chat/$sessionId" params={{ sessionId: record.session_id }} className="small">
          {_('See it in its conversation')}
        </Link>
      )}
    </div>
  );
}

/** What an event without a tool is about. */
function subjectOf({ tool, detail }: AuditRecord): string | null {
  const name = detail && !tool ? (detail as Record<string, unknown>).name : null;
  return typeof name === 'string' && name !== '' ? name : null;
}

export function AuditRow({ record }: { record: AuditRecord }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      <tr>
        <td>
          <Time at={record.at} />
        </td>
        <td className="mono">{record.event}</td>
        <td>
          {[record.user_name, record.operator_name].filter(Boolean).join(' → ') || (
            <span className="muted">{_('the daemon')}</span>
          )}
        </td>
        <td>
          {record.tool && (
            <span className="row">
              <span className="mono">{record.tool}</span> <LevelBadge level={record.level} />
            </span>
          )}
          {subjectOf(record)}
          {record.resource && <span className="mono small wrap muted">{showTarget(record.resource)}</span>}
        </td>
        <td>
          <Outcome record={record} />
        </td>
        <td>
          <Button
            look="quiet"
            small
            square
            aria-expanded={isOpen}
            aria-controls={id}
            aria-label={_('Details of record {n}', { n: record.seq })}
            onClick={() => setOpen(!isOpen)}
          >
            <ChevronDown className={`icon ${isOpen ? 'turned' : ''}`} aria-hidden />
          </Button>
        </td>
      </tr>
      {isOpen && (
        <tr id={id} className="audit-details">
          <td colSpan={6}>
            <Details record={record} />
          </td>
        </tr>
      )}
    </>
  );
}

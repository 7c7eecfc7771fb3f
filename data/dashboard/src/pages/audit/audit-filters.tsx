// SPDX-License-Identifier: MIT
import { Search, X } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { levelNames, levelWord } from '../../components/level';
import { _ } from '../../lib/i18n';
import type { AuditFilter } from '../../lib/system';
import { formatExact } from '../../lib/time';

type Member = keyof AuditFilter;

const names = (): Record<Member, string> => ({
  text: _('Text'),
  event: _('Event'),
  user_name: _('Person'),
  operator_name: _('Operator'),
  tool: _('Tool'),
  level: _('Level'),
  outcome: _('Outcome'),
  from: _('From'),
  until: _('Until'),
  run_id: _('Run'),
  session_id: _('Conversation'),
  call_id: _('Call'),
});

const more: Member[] = ['event', 'user_name', 'operator_name', 'tool', 'outcome'];
const outcomes = ['success', 'failed', 'denied', 'interrupted', 'unknown'];

function clean(filter: AuditFilter): AuditFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value));
}

/** `datetime-local` speaks of the viewer's zone, the daemon of UTC. */
function toLocal(iso: string | undefined): string {
  if (!iso || Number.isNaN(Date.parse(iso))) return '';
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function toIso(local: string): string | undefined {
  return local ? new Date(local).toISOString() : undefined;
}

function show(member: Member, value: string): string {
  if (member === 'level') return levelWord(value);
  return (member === 'from' || member === 'until') && toLocal(value) ? formatExact(value) : value;
}

export function AuditFilters({ filter, apply }: { filter: AuditFilter; apply: (filter: AuditFilter) => void }) {
  const [draft, setDraft] = useState(filter);
  const set = (member: Member, value: string | undefined) => setDraft({ ...draft, [member]: value });
  const isMoreUsed = [...more, 'from', 'until', 'level'].some((member) => filter[member as Member]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    apply(clean(draft));
  };
  return (
    <form className="stack tight" onSubmit={submit}>
      <div className="row">
        <label className="filter-field grow">
          <Search className="icon" aria-hidden />
          <input
            type="search"
            className="input"
            aria-label={_('Search the log')}
            placeholder={_('Words in the log; ngin* finds nginx')}
            value={draft.text ?? ''}
            onChange={(event) => set('text', event.target.value)}
          />
        </label>
        <Button type="submit">{_('Search')}</Button>
      </div>
      <details open={isMoreUsed}>
        <summary className="small">{_('More filters')}</summary>
        <div className="filters">
          {more.map((member) => (
            <label key={member} className="small">
              {names()[member]}
              <input
                className="input"
                list={member === 'outcome' ? 'outcomes' : undefined}
                value={draft[member] ?? ''}
                onChange={(event) => set(member, event.target.value)}
              />
            </label>
          ))}
          <datalist id="outcomes">
            {outcomes.map((outcome) => (
              <option key={outcome} value={outcome} />
            ))}
          </datalist>
          <label className="small">
            {_('Level')}
            <select className="input" value={draft.level ?? ''} onChange={(event) => set('level', event.target.value)}>
              <option value="">{_('All levels')}</option>
              {levelNames.map((level) => (
                <option key={level} value={level}>
                  {levelWord(level)}
                </option>
              ))}
            </select>
          </label>
          {(['from', 'until'] as const).map((member) => (
            <label key={member} className="small">
              {names()[member]}
              <input
                type="datetime-local"
                className="input"
                value={toLocal(draft[member])}
                onChange={(event) => set(member, toIso(event.target.value))}
              />
            </label>
          ))}
        </div>
      </details>
      {Object.keys(filter).length > 0 && (
        <div className="row">
          {(Object.entries(filter) as [Member, string][]).map(([member, value]) => (
            <Button key={member} small onClick={() => apply(clean({ ...filter, [member]: undefined }))}>
              {names()[member]}: <span className="clip chip">{show(member, value)}</span>
              <X className="icon" aria-hidden />
              <span className="sr">{_('take away')}</span>
            </Button>
          ))}
          <Button look="quiet" small onClick={() => apply({})}>
            {_('Take all away')}
          </Button>
        </div>
      )}
    </form>
  );
}

// SPDX-License-Identifier: MIT
import { _, currentLanguage } from '../lib/i18n';
import { formatBytes, isRow, isTime, type Row } from '../lib/result';
import { cleanOutput } from './output';
import { Time } from './time';

/** A member's name, for people: what is known in their language, else the name without its underscores and unit. */
export function nameOf(member: string): string {
  const known: Record<string, string> = {
    action: _('Action'),
    address: _('Address'),
    container: _('Container'),
    containers: _('Containers'),
    cpu_percent: _('Processor'),
    created_at: _('Created'),
    environment: _('Environment'),
    events: _('Events'),
    exit_code: _('Exit code'),
    host: _('Host'),
    hosts: _('Hosts'),
    id: _('Id'),
    image: _('Image'),
    images: _('Images'),
    labels: _('Labels'),
    looked_at: _('Looked at'),
    memory_bytes: _('Memory'),
    memory_limit_bytes: _('Memory limit'),
    memory_percent: _('Memory'),
    name: _('Name'),
    networks: _('Networks'),
    port: _('Port'),
    ports: _('Ports'),
    processes: _('Processes'),
    project: _('Project'),
    server: _('Server'),
    servers: _('Servers'),
    service: _('Service'),
    services: _('Services'),
    size_bytes: _('Size'),
    state: _('State'),
    status: _('Status'),
    system: _('System'),
    tags: _('Tags'),
    time: _('Time'),
    type: _('Type'),
    value: _('Value'),
  };
  return known[member] ?? member.replace(/_(bytes|percent|at)$/, '').replaceAll('_', ' ');
}

export function isNumberColumn(member: string, values: unknown[]): boolean {
  return !member.endsWith('_percent') && values.every((value) => typeof value === 'number' || value === null);
}

function Percent({ value }: { value: number }) {
  return (
    <span className="percent">
      <span className="percent-bar" aria-hidden>
        <span style={{ inlineSize: `${Math.min(100, Math.max(0, value))}%` }} data-high={value >= 90 || undefined} />
      </span>
      {new Intl.NumberFormat(currentLanguage(), { maximumFractionDigits: 1 }).format(value)} %
    </span>
  );
}

/** What a thing in a cell consists of; in a list of such things their values speak for themselves. */
function Members({ row, named }: { row: Row; named: boolean }) {
  const members = Object.entries(row).filter(([, value]) => value !== null && value !== '');
  return (
    <>
      {members.map(([member, value], index) => (
        <span key={member}>
          {index > 0 && (named ? ', ' : ' ')}
          {named && <span className="muted">{nameOf(member)} </span>}
          <Value member={member} value={value} />
        </span>
      ))}
    </>
  );
}

/** One value, by its type and the unit that its name ends in. */
export function Value({ member, value }: { member: string; value: unknown }) {
  if (value === null || value === undefined || value === '') return <span className="muted">–</span>;
  if (typeof value === 'boolean') return <>{value ? _('yes') : _('no')}</>;
  if (typeof value === 'number' && member.endsWith('_bytes')) return <>{formatBytes(value, currentLanguage())}</>;
  if (typeof value === 'number' && member.endsWith('_percent')) return <Percent value={value} />;
  if (typeof value === 'number') return <>{new Intl.NumberFormat(currentLanguage()).format(value)}</>;
  if (isTime(value)) return <Time at={value} />;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    return <>{value.length > 0 ? cleanOutput(value.join(', ')) : <span className="muted">–</span>}</>;
  if (typeof value === 'string') return <>{cleanOutput(value)}</>;
  if (isRow(value)) return <Members row={value} named />;
  if (Array.isArray(value) && value.every(isRow))
    return (
      <>
        {value.map((row, index) => (
          <div key={index}>
            <Members row={row} named={false} />
          </div>
        ))}
      </>
    );
  return <code>{cleanOutput(JSON.stringify(value))}</code>;
}

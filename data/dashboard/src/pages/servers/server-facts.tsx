// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Sparkline } from '../../components/sparkline';
import { useSeen } from '../../lib/hooks';
import { _ } from '../../lib/i18n';
import { chartQuery } from '../../lib/servers';
import type { Server } from '../../lib/types';

type Known = NonNullable<Server['facts']>;

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function showBytes(bytes: number): string {
  const power = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10)) : 0;
  const value = bytes / 1024 ** power;
  return `${value.toFixed(power > 0 && value < 10 ? 1 : 0)} ${units[power]}`;
}

function showUptime(seconds: number): string {
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor((seconds % 86400) / 3600);
  if (days > 0) return _('{days} d {hours} h', { days, hours });
  return _('{hours} h {minutes} min', { hours, minutes: Math.floor((seconds % 3600) / 60) });
}

function Meter({ label, used, total }: { label: string; used: number; total: number }) {
  const percent = total > 0 ? Math.round((used / total) * 100) : 0;
  return (
    <div className="meter-row small">
      <span className="mono ellipsis" title={label}>
        {label}
      </span>
      <meter min={0} max={100} high={85} optimum={0} value={percent} aria-label={label} />
      <span className="muted">{_('{percent} % of {total}', { percent, total: showBytes(total) })}</span>
    </div>
  );
}

function Charts({ server }: { server: Server }) {
  const [ref, seen] = useSeen<HTMLDivElement>();
  const points = useQuery({ ...chartQuery(server.id), enabled: seen }).data?.points ?? [];
  const cpus = server.facts?.cpus || 1;
  const part = (value: number | null, whole: number) => (value === null ? null : value / whole);
  const charts = [
    { name: _('Load'), values: points.map(({ load }) => part(load, 1000 * cpus)) },
    { name: _('Memory'), values: points.map(({ memory }) => part(memory, 1000)) },
    { name: _('Fullest disk'), values: points.map(({ disk }) => part(disk, 1000)) },
    { name: _('Reachable'), values: points.map(({ is_up }) => (is_up ? 1 : 0)) },
  ];
  return (
    <div className="charts" ref={ref}>
      {charts
        .filter(() => points.length > 1)
        .filter(({ values }) => values.some((value) => value !== null))
        .map(({ name, values }) => (
          <figure key={name}>
            <Sparkline label={_('{name} over the last day', { name })} values={values} />
            <figcaption className="small muted">{name}</figcaption>
          </figure>
        ))}
    </div>
  );
}

function Numbers({ facts }: { facts: Known }) {
  return (
    <dl className="facts small">
      {facts.uptime != null && (
        <>
          <dt>{_('Uptime')}</dt>
          <dd>{showUptime(facts.uptime)}</dd>
        </>
      )}
      {facts.load && (
        <>
          <dt>{_('Load')}</dt>
          <dd>
            {facts.load.map((value) => (value / 1000).toFixed(2)).join('  ')}
            {facts.cpus ? ` (${_('{n} processors', { n: facts.cpus })})` : ''}
          </dd>
        </>
      )}
    </dl>
  );
}

/** How the server is, as the last check that went well found it, and over the last day. */
export function ServerFacts({ server }: { server: Server }) {
  const { facts } = server;
  return (
    <>
      {facts && <Numbers facts={facts} />}
      {facts && (
        <div className="stack tight">
          {facts.memory && <Meter label={_('Memory')} {...facts.memory} />}
          {(facts.disks ?? []).map(({ mount, used, total }) => (
            <Meter key={mount} label={mount ?? '?'} used={used} total={total} />
          ))}
        </div>
      )}
      <Charts server={server} />
    </>
  );
}

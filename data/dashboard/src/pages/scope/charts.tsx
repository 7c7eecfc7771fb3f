// SPDX-License-Identifier: MIT
import { _ } from '../../lib/i18n';
import { severityWord } from '../../lib/scope';
import type { ScopeSummary } from '../../lib/types';

interface Row {
  name: string;
  count: number;
  look?: string;
}

/** Bars with their numbers beside them: a list that also shows. */
function Bars({ title, rows, empty }: { title: string; rows: Row[]; empty: string }) {
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <section className="card stack tight">
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p className="muted">{empty}</p>
      ) : (
        <ul className="bars">
          {rows.map(({ name, count, look = '' }) => (
            <li key={name}>
              <span className="clip">{name}</span>
              <svg className={`bar ${look}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect width={(100 * count) / most} height="10" />
              </svg>
              <span className="number">{count}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const day = 86_400_000;

/** The last 30 days, those without changes among them. */
function lastDays(days: ScopeSummary['days']) {
  const known = new Map(days.map((row) => [row.day, row]));
  return Array.from({ length: 30 }, (_unused, index) => {
    const name = new Date(Date.now() - (29 - index) * day).toISOString().slice(0, 10);
    const row = known.get(name);
    return { name, up: (row?.opened ?? 0) + (row?.came ?? 0), down: (row?.closed ?? 0) + (row?.went ?? 0) };
  });
}

/** What came above the line, what went below it. */
function Changes({ days }: { days: ScopeSummary['days'] }) {
  const rows = lastDays(days);
  const most = Math.max(1, ...rows.map(({ up, down }) => Math.max(up, down)));
  const came = rows.reduce((sum, { up }) => sum + up, 0);
  const went = rows.reduce((sum, { down }) => sum + down, 0);
  return (
    <section className="card stack tight">
      <h2>{_('Changes in 30 days')}</h2>
      <svg
        className="day-chart"
        viewBox="0 0 300 84"
        role="img"
        aria-label={_('{came} came or opened, {went} went or closed', { came, went })}
      >
        {rows.map(({ name, up, down }, index) => (
          <g key={name}>
            <title>{`${name}: +${up} −${down}`}</title>
            <rect className="came" x={index * 10 + 1} width="8" y={42 - (40 * up) / most} height={(40 * up) / most} />
            <rect className="went" x={index * 10 + 1} width="8" y="42" height={(40 * down) / most} />
          </g>
        ))}
        <line x1="0" x2="300" y1="42" y2="42" />
      </svg>
      <p className="small muted">{_('{came} came or opened, {went} went or closed', { came, went })}</p>
    </section>
  );
}

const severityLooks = { low: 'low', medium: 'wait', high: 'bad', critical: 'bad' };

export function Charts({ summary }: { summary: ScopeSummary }) {
  const findings = summary.severities.map(({ severity, count }) => ({
    name: severityWord(severity),
    count,
    look: severityLooks[severity],
  }));
  return (
    <div className="charts">
      <Bars title={_('Open findings')} rows={findings} empty={_('Nothing insecure is open.')} />
      <Bars title={_('Most common services')} rows={summary.services} empty={_('No open ports are known yet.')} />
      <Changes days={summary.days} />
    </div>
  );
}

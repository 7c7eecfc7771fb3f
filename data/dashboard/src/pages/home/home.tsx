// SPDX-License-Identifier: MIT
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Coffee, MessagesSquare } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { buttonClass } from '../../components/button';
import { ServerStatus } from '../../components/server-status';
import { Empty, Loaded } from '../../components/states';
import { Time } from '../../components/time';
import { approvalsQuery } from '../../lib/approvals';
import { useCan } from '../../lib/auth';
import { runsQuery } from '../../lib/chat';
import { _, ngettext } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { serversQuery } from '../../lib/servers';
import type { Server, UsageTotal } from '../../lib/types';
import { costOf, countOf, daysBack, usageTotalsQuery } from '../../lib/usage';
import { NoProvider } from '../shared/no-provider';
import { RunRow } from '../shared/run-row';
import { StayingApprovals } from '../shared/staying-approvals';

function Part({ title, more, children }: { title: string; more: ReactNode; children: ReactNode }) {
  return (
    <section className="stack tight">
      <div className="row between">
        <h2>{title}</h2>
        <span className="small">{more}</span>
      </div>
      {children}
    </section>
  );
}

function Waits() {
  const query = useInfiniteQuery(approvalsQuery('pending'));
  return (
    <Part title={_('Waits for you')} more={<Link to="/approvals">{_('All approvals')}</Link>}>
      <Loaded query={query} rows={2}>
        {(data) => (
          <StayingApprovals
            pending={flatten(data).slice(0, 3)}
            empty={
              <div className="card">
                <Empty icon={Coffee} title={_('Nothing waits for you')}>
                  <p>{_('When an Operator wants to change something, it asks here first.')}</p>
                </Empty>
              </div>
            }
          />
        )}
      </Loaded>
    </Part>
  );
}

/** A few of them in a frame, or a line that says that there are none. */
function Some<Data, Item>({
  query,
  items,
  none,
  children,
}: {
  query: ComponentProps<typeof Loaded<Data>>['query'];
  items: (data: Data) => Item[];
  none: ReactNode;
  children: (items: Item[]) => ReactNode;
}) {
  return (
    <div className="card flush">
      <Loaded query={query} rows={2}>
        {(data) => {
          const all = items(data);
          return all.length === 0 ? <p className="muted pad">{none}</p> : <ul className="rows">{children(all)}</ul>;
        }}
      </Loaded>
    </div>
  );
}

function Runs({ title, state, none }: { title: string; state: 'live' | 'failed'; none: string }) {
  const more = (
    <Link to="/tasks" search={{ state }}>
      {_('Show all')}
    </Link>
  );
  return (
    <Part title={title} more={more}>
      <Some query={useInfiniteQuery(runsQuery(state))} items={(data) => flatten(data)} none={none}>
        {(runs) => runs.slice(0, 5).map((run) => <RunRow key={run.id} run={run} />)}
      </Some>
    </Part>
  );
}

function Servers() {
  return (
    <Part title={_('Servers')} more={<Link to="/servers">{_('Show all')}</Link>}>
      <Some query={useQuery(serversQuery)} items={(servers) => servers} none={<NoServers />}>
        {(servers) => <ServerRows servers={servers} />}
      </Some>
    </Part>
  );
}

function NoServers() {
  return (
    <>
      {_('None yet: Operators look after this machine alone.')}{' '}
      {useCan('administrator') && (
        <Link to="/servers" search={{ add: true }}>
          {_('Add a server')}
        </Link>
      )}
    </>
  );
}

/** What can't be reached comes first, for it wants to be seen. */
function ServerRows({ servers }: { servers: Server[] }) {
  const order = { failed: 0, unknown: 1, up: 2 };
  const shown = [...servers].sort((one, other) => order[one.status] - order[other.status]).slice(0, 5);
  return (
    <>
      {shown.map((server) => (
        <li key={server.id} className="run-row">
          <ServerStatus status={server.status} />
          <span className="grow wrap">
            <Link to="/servers" search={{ q: server.name }}>
              {server.name}
            </Link>
          </span>
          {server.last_seen_at && (
            <span className="small muted">
              <Time at={server.last_seen_at} />
            </span>
          )}
        </li>
      ))}
      {servers.length > shown.length && (
        <li className="pad small muted">
          {ngettext('and one more', 'and {count} more', servers.length - shown.length)}
        </li>
      )}
    </>
  );
}

/** What models took today and in a week, of one's own requests. */
function Cost() {
  const query = useQuery(usageTotalsQuery('day', { days: 7, everybody: false }));
  return (
    <Part title={_('Cost')} more={<Link to="/usage">{_('Usage')}</Link>}>
      <div className="card">
        <Loaded query={query} rows={2}>
          {(totals) => (
            <dl className="facts">
              <dt>{_('Today')}</dt>
              <dd>{spent(totals.filter(({ name }) => name === daysBack(1)[0]))}</dd>
              <dt>{_('Last 7 days')}</dt>
              <dd>{spent(totals)}</dd>
            </dl>
          )}
        </Loaded>
      </div>
    </Part>
  );
}

function spent(days: UsageTotal[]): string {
  const sum = (count: (day: UsageTotal) => number) => days.reduce((total, day) => total + count(day), 0);
  const tokens = sum((day) => day.input_tokens + day.output_tokens);
  if (tokens === 0) return _('nothing');
  const cost_micros = sum((day) => day.cost_micros);
  const unpriced = sum((day) => day.unpriced);
  const words = ngettext('one token', '{n} tokens', tokens, { n: countOf(tokens) });
  return cost_micros > 0 || unpriced > 0 ? `${costOf({ cost_micros, unpriced })} · ${words}` : words;
}

export default function HomePage() {
  return (
    <>
      <header className="page-head">
        <h1>{_('Home')}</h1>
        <Link to="/chat" className={buttonClass('primary')}>
          <MessagesSquare className="icon" aria-hidden /> {_('New conversation')}
        </Link>
      </header>
      <NoProvider />
      <div className="home">
        <Waits />
        <div className="stack">
          <Runs title={_('Runs now')} state="live" none={_('Nothing runs. Ask for something in the chat.')} />
          <Runs title={_('Failed lately')} state="failed" none={_('Nothing has failed.')} />
          <Servers />
          <Cost />
        </div>
      </div>
    </>
  );
}

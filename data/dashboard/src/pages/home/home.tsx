// SPDX-License-Identifier: MIT
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Coffee, MessagesSquare } from 'lucide-react';
import type { ReactNode } from 'react';
import { buttonClass } from '../../components/button';
import { Empty, Loaded } from '../../components/states';
import { Time } from '../../components/time';
import { approvalsQuery } from '../../lib/approvals';
import { runsQuery } from '../../lib/chat';
import { _, ngettext } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { statusQuery } from '../../lib/system';
import { formatDuration } from '../../lib/time';
import type { Status } from '../../lib/types';
import { DecidableApproval } from '../shared/approval';
import { NoProvider } from '../shared/no-provider';
import { RunRow } from '../shared/run-row';

function Part({ title, more, children }: { title: string; more?: ReactNode; children: ReactNode }) {
  return (
    <section className="stack tight">
      <div className="row between">
        <h2>{title}</h2>
        {more}
      </div>
      {children}
    </section>
  );
}

function Waits() {
  const query = useInfiniteQuery(approvalsQuery('pending'));
  return (
    <Part
      title={_('Waits for you')}
      more={
        <Link to="/approvals" className="small">
          {_('All approvals')}
        </Link>
      }
    >
      <Loaded query={query} rows={2}>
        {(data) => {
          const approvals = flatten(data);
          if (approvals.length === 0)
            return (
              <div className="card">
                <Empty icon={Coffee} title={_('Nothing waits for you')}>
                  <p>{_('When an Operator wants to change something, it asks here first.')}</p>
                </Empty>
              </div>
            );
          return approvals.slice(0, 3).map((approval) => <DecidableApproval key={approval.id} approval={approval} />);
        }}
      </Loaded>
    </Part>
  );
}

function Runs({ title, state, empty }: { title: string; state: 'live' | 'failed'; empty: string }) {
  const query = useInfiniteQuery(runsQuery(state));
  return (
    <Part
      title={title}
      more={
        <Link to="/tasks" search={{ state }} className="small">
          {_('Show all')}
        </Link>
      }
    >
      <div className="card flush">
        <Loaded query={query} rows={2}>
          {(data) => {
            const runs = flatten(data).slice(0, 5);
            if (runs.length === 0) return <p className="muted pad">{empty}</p>;
            return (
              <ul className="rows">
                {runs.map((run) => (
                  <RunRow key={run.id} run={run} />
                ))}
              </ul>
            );
          }}
        </Loaded>
      </div>
    </Part>
  );
}

function Daemon({ status }: { status: Status }) {
  return (
    <dl className="facts">
      <dt>{_('Version')}</dt>
      <dd>{status.version}</dd>
      <dt>{_('Running since')}</dt>
      <dd>
        <Time at={status.started_at} /> ({formatDuration(status.uptime_seconds * 1000)})
      </dd>
      <dt>{_('Secret')}</dt>
      <dd>{{ ok: _('in order'), missing: _('missing'), changed: _('changed') }[status.secret]}</dd>
      <dt>{_('At work')}</dt>
      <dd>{ngettext('one run', '{count} runs', status.runs_live)}</dd>
    </dl>
  );
}

export default function HomePage() {
  const status = useQuery(statusQuery);
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
          <Runs title={_('Runs now')} state="live" empty={_('Nothing runs. Ask for something in the chat.')} />
          <Runs title={_('Failed lately')} state="failed" empty={_('Nothing has failed.')} />
          <Part title={_('The daemon')}>
            <div className="card">
              <Loaded query={status} rows={3}>
                {(data) => <Daemon status={data} />}
              </Loaded>
            </div>
          </Part>
        </div>
      </div>
    </>
  );
}

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Radar } from 'lucide-react';
import { useCallback } from 'react';
import { buttonClass } from '../../components/button';
import { Empty, Loaded } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { Time } from '../../components/time';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { type HostFilter, summaryQuery } from '../../lib/scope';
import type { ScopeFinding, ScopeSummary } from '../../lib/types';
import { Charts } from './charts';
import { Hosts } from './hosts';
import { ImportScan } from './import-scan';
import { Changes, Findings, Scans } from './lists';
import { Topology } from './topology';

const tabs = () => [
  { tab: undefined, name: _('Overview') },
  { tab: 'hosts', name: _('Hosts') },
  { tab: 'findings', name: _('Findings') },
  { tab: 'changes', name: _('Changes') },
  { tab: 'scans', name: _('Scans') },
];

function Numbers({ summary }: { summary: ScopeSummary }) {
  const tiles = [
    { name: _('Hosts'), value: summary.n_hosts, hint: _('{n} answer', { n: summary.n_up }) },
    { name: _('Servers'), value: summary.n_servers, hint: _('of the inventory') },
    { name: _('Open ports'), value: summary.n_open },
    { name: _('Open findings'), value: summary.n_findings },
  ];
  return (
    <dl className="tiles">
      {tiles.map(({ name, value, hint }) => (
        <div key={name} className="card">
          <dt>{name}</dt>
          <dd>{value}</dd>
          {hint && <dd className="small muted">{hint}</dd>}
        </div>
      ))}
    </dl>
  );
}

function Nothing() {
  const canEdit = useCan('administrator');
  return (
    <div className="card">
      <Empty icon={Radar} title={_('Nothing has been scanned yet')}>
        <p>
          {_(
            'Say which networks may be scanned, give an Operator the tool nmap.scan, and ask it in the chat which hosts are there.',
          )}
        </p>
        <div className="row">
          {canEdit && (
            <Link to="/settings/$tab" params={{ tab: 'tools' }} className={buttonClass('primary')}>
              {_('Choose networks')}
            </Link>
          )}
          <Link to="/chat" className={buttonClass()}>
            {_('Open the chat')}
          </Link>
        </div>
      </Empty>
    </div>
  );
}

const states: (ScopeFinding['state'] | undefined)[] = ['open', 'accepted', 'resolved'];

function FindingsTab({ state }: { state: ScopeFinding['state'] }) {
  const navigate = useNavigate({ from: '/scope' });
  const words = { open: _('Open'), accepted: _('Accepted'), resolved: _('Resolved') };
  return (
    <>
      <label className="row">
        {_('Show')}
        <select
          className="input auto"
          value={state}
          onChange={(event) => void navigate({ search: { tab: 'findings', state: event.target.value } })}
        >
          {Object.entries(words).map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <div className="card flush">
        <Findings filter={{ state }} />
      </div>
    </>
  );
}

function HostsTab() {
  const { text, subnet, service, status } = useSearch({ from: '/shell/scope' });
  const navigate = useNavigate({ from: '/scope' });
  const apply = useCallback(
    (filter: HostFilter) => void navigate({ search: { tab: 'hosts', ...filter }, replace: true }),
    [navigate],
  );
  const known = status === 'up' || status === 'gone' ? status : undefined;
  return <Hosts filter={{ text, subnet, service, status: known }} apply={apply} />;
}

function Tab({ summary }: { summary: ScopeSummary }) {
  const { tab, state, scan } = useSearch({ from: '/shell/scope' });
  if (tab === 'hosts') return <HostsTab />;
  if (tab === 'findings') return <FindingsTab state={states.find((one) => one === state) ?? 'open'} />;
  if (tab === 'changes')
    return (
      <div className="card flush">
        <Changes filter={scan ? { scan_id: scan } : {}} />
      </div>
    );
  if (tab === 'scans')
    return (
      <div className="card flush">
        <Scans />
      </div>
    );
  return (
    <>
      <Numbers summary={summary} />
      <Charts summary={summary} />
      <Topology />
    </>
  );
}

export default function ScopePage() {
  const { tab } = useSearch({ from: '/shell/scope' });
  const query = useQuery(summaryQuery);
  const last = query.data?.last_scan_at;
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{_('Scope')}</h1>
          <p>{_('What is on your network, as scans have found it.')}</p>
        </div>
        <div className="row">
          {last && (
            <span className="small muted">
              {_('Last scan:')} <Time at={last} />
            </span>
          )}
          <ImportScan />
        </div>
      </header>
      <Tabs label={_('Scope')} to="/scope" tabs={tabs()} current={tab} />
      <Loaded query={query}>{(summary) => (summary.last_scan_at ? <Tab summary={summary} /> : <Nothing />)}</Loaded>
    </>
  );
}

// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Search, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../../components/button';
import { FilterField } from '../../components/filter-field';
import { ScrollX } from '../../components/scroll-x';
import { Empty, Loaded, LoadMore } from '../../components/states';
import { Time } from '../../components/time';
import { _ } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { type HostFilter, hostsQuery, nameOf } from '../../lib/scope';
import type { ScopeHost } from '../../lib/types';
import { HostStatus, SeverityBadge } from './parts';

function HostRow({ host }: { host: ScopeHost }) {
  return (
    <tr>
      <td>
        <Link to="/scope/$hostId" params={{ hostId: host.id }}>
          {nameOf(host)}
        </Link>
      </td>
      <td className="mono">{host.address}</td>
      <td>
        <HostStatus status={host.status} />
      </td>
      <td>{host.ports_scanned_at ? host.n_open : <span className="muted">{_('not scanned')}</span>}</td>
      <td>{host.severity ? <SeverityBadge severity={host.severity} count={host.n_findings} /> : '–'}</td>
      <td>{host.os ?? host.vendor ?? '–'}</td>
      <td>{host.server_name ?? '–'}</td>
      <td>
        <Time at={host.last_seen_at} />
      </td>
    </tr>
  );
}

function Filters({ filter, apply }: { filter: HostFilter; apply: (filter: HostFilter) => void }) {
  const [text, setText] = useState(filter.text ?? '');
  useEffect(() => {
    if (text === (filter.text ?? '')) return;
    const timer = setTimeout(() => apply({ ...filter, text: text || undefined }), 250);
    return () => clearTimeout(timer);
  }, [text, filter, apply]);
  const chips = (['subnet', 'service'] as const).filter((name) => filter[name]);
  return (
    <div className="row">
      <FilterField label={_('Address, name, system …')} value={text} onChange={setText} />
      <label className="row">
        {_('Show')}
        <select
          className="input auto"
          value={filter.status ?? ''}
          onChange={(event) => apply({ ...filter, status: (event.target.value || undefined) as HostFilter['status'] })}
        >
          <option value="">{_('all hosts')}</option>
          <option value="up">{_('those that answer')}</option>
          <option value="gone">{_('those that are gone')}</option>
        </select>
      </label>
      {chips.map((name) => (
        <Button key={name} small onClick={() => apply({ ...filter, [name]: undefined })}>
          {filter[name]} <X className="icon" aria-label={_('Take the filter away')} />
        </Button>
      ))}
    </div>
  );
}

export function Hosts({ filter, apply }: { filter: HostFilter; apply: (filter: HostFilter) => void }) {
  const query = useInfiniteQuery(hostsQuery(filter));
  return (
    <>
      <Filters filter={filter} apply={apply} />
      <div className="card flush">
        <Loaded query={query} rows={8}>
          {(data) => {
            const hosts = flatten(data);
            if (hosts.length === 0)
              return (
                <Empty icon={Search} title={_('No host is like that')}>
                  <p>{_('Widen the filter, or take it away.')}</p>
                </Empty>
              );
            return (
              <>
                <ScrollX label={_('Hosts')}>
                  <table className="table">
                    <thead>
                      <tr>
                        <th>{_('Host')}</th>
                        <th>{_('Address')}</th>
                        <th>{_('State')}</th>
                        <th>{_('Open ports')}</th>
                        <th>{_('Findings')}</th>
                        <th>{_('System')}</th>
                        <th>{_('Server')}</th>
                        <th>{_('Last seen')}</th>
                      </tr>
                    </thead>
                    <tbody>
                      {hosts.map((host) => (
                        <HostRow key={host.id} host={host} />
                      ))}
                    </tbody>
                  </table>
                </ScrollX>
                <LoadMore query={query} label={_('More hosts')} />
              </>
            );
          }}
        </Loaded>
      </div>
    </>
  );
}

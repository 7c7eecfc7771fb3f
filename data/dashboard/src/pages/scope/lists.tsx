// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { History, Radar, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { AreaField } from '../../components/form';
import { ScrollX } from '../../components/scroll-x';
import { Empty, ErrorNote, Loaded, LoadMore, Note } from '../../components/states';
import { Time } from '../../components/time';
import { useCan } from '../../lib/auth';
import { _, ngettext } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import {
  changesQuery,
  changeText,
  type FindingFilter,
  findingsQuery,
  nameOf,
  scansQuery,
  useDecideFinding,
} from '../../lib/scope';
import type { ScopeFinding, ScopeScan } from '../../lib/types';
import { SeverityBadge } from './parts';

function HostLink({ host }: { host: { host_id: string; label: string | null; names: string[]; address: string } }) {
  return (
    <Link to="/scope/$hostId" params={{ hostId: host.host_id }}>
      {nameOf(host)}
    </Link>
  );
}

export function Changes({
  filter,
  showHost = true,
}: {
  filter: { host_id?: string; scan_id?: string };
  showHost?: boolean;
}) {
  const query = useInfiniteQuery(changesQuery(filter));
  return (
    <Loaded query={query}>
      {(data) => {
        const changes = flatten(data);
        if (changes.length === 0)
          return (
            <Empty icon={History} title={_('Nothing has changed')}>
              <p>{_('What a later scan finds different from an earlier one is listed here.')}</p>
            </Empty>
          );
        return (
          <>
            <ol className="rows">
              {changes.map((change) => (
                <li key={change.seq} className="run-row">
                  <span className="grow wrap">
                    {showHost && (
                      <>
                        <HostLink host={change} />{' '}
                      </>
                    )}
                    {changeText(change)}
                  </span>
                  <span className="muted small">
                    <Time at={change.created_at} />
                  </span>
                </li>
              ))}
            </ol>
            <LoadMore query={query} label={_('Earlier changes')} />
          </>
        );
      }}
    </Loaded>
  );
}

function AcceptDialog({ finding, onClose }: { finding: ScopeFinding; onClose: () => void }) {
  const [note, setNote] = useState('');
  const decide = useDecideFinding();
  const accept = () =>
    decide.mutate({ id: finding.id, body: { state: 'accepted', note: note.trim() || null } }, { onSuccess: onClose });
  return (
    <Dialog title={_('Accept this finding?')} onClose={onClose}>
      <div className="stack">
        <p>{_('It is no longer counted, as long as the service stays. You can open it again.')}</p>
        <AreaField
          label={_('Why it may stay')}
          rows={3}
          maxLength={1000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        <ErrorNote error={decide.error} />
        <div className="actions">
          <Button onClick={onClose}>{_('Cancel')}</Button>
          <Button look="primary" busy={decide.isPending} onClick={accept}>
            {_('Accept')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function FindingRow({ finding, showHost }: { finding: ScopeFinding; showHost: boolean }) {
  const [isAccepting, setAccepting] = useState(false);
  const decide = useDecideFinding();
  const canDecide = useCan('administrator') && finding.state !== 'resolved';
  const open = () => decide.mutate({ id: finding.id, body: { state: 'open' } });
  return (
    <li className="run-row">
      <SeverityBadge severity={finding.severity} />
      <span className="grow wrap">
        <strong>{_(finding.title)}</strong>{' '}
        {showHost && (
          <>
            <HostLink host={finding} />{' '}
          </>
        )}
        <span className="mono small">
          {finding.port}/{finding.protocol}
        </span>
        <br />
        <span className="small muted">{_(finding.advice)}</span>
        {finding.note && (
          <span className="small">
            {' '}
            {_('Accepted by {name}: {note}', { name: finding.decided_by ?? '–', note: finding.note })}
          </span>
        )}
      </span>
      <span className="muted small">
        <Time at={finding.resolved_at ?? finding.first_seen_at} />
      </span>
      {canDecide &&
        (finding.state === 'open' ? (
          <Button small onClick={() => setAccepting(true)}>
            {_('Accept')}
          </Button>
        ) : (
          <Button small busy={decide.isPending} onClick={open}>
            {_('Open again')}
          </Button>
        ))}
      <ErrorNote error={decide.error} />
      {isAccepting && <AcceptDialog finding={finding} onClose={() => setAccepting(false)} />}
    </li>
  );
}

export function Findings({ filter, showHost = true }: { filter: FindingFilter; showHost?: boolean }) {
  const query = useInfiniteQuery(findingsQuery(filter));
  return (
    <Loaded query={query}>
      {(data) => {
        const findings = flatten(data);
        if (findings.length === 0)
          return (
            <Empty icon={ShieldCheck} title={_('No findings here')}>
              <p>
                {_(
                  'Services that should not be open to a network, such as Telnet, are listed here when a scan sees them.',
                )}
              </p>
            </Empty>
          );
        return (
          <>
            <ul className="rows">
              {findings.map((finding) => (
                <FindingRow key={finding.id} finding={finding} showHost={showHost} />
              ))}
            </ul>
            <LoadMore query={query} />
          </>
        );
      }}
    </Loaded>
  );
}

function profileWord(profile: ScopeScan['profile']): string {
  return { discovery: _('Hosts'), ports: _('Ports'), services: _('Services'), os: _('Systems') }[profile];
}

function ScanRow({ scan }: { scan: ScopeScan }) {
  return (
    <tr>
      <td>
        <Time at={scan.created_at} />
      </td>
      <td>
        {profileWord(scan.profile)}
        {scan.protocol === 'udp' && ' (UDP)'}
      </td>
      <td className="mono wrap">{scan.targets.join(' ')}</td>
      <td>
        {ngettext('one host', '{count} hosts', scan.n_hosts)},{' '}
        {scan.profile === 'discovery'
          ? _('ports not scanned')
          : ngettext('one open port', '{count} open ports', scan.n_open)}
        {!scan.complete && <Note kind="wait">{_('Not complete: {problem}', { problem: scan.problem ?? '–' })}</Note>}
      </td>
      <td>
        {scan.n_changes > 0 ? (
          <Link to="/scope" search={{ tab: 'changes', scan: scan.id }}>
            {scan.n_changes}
          </Link>
        ) : (
          '0'
        )}
      </td>
      <td>
        {scan.session_id ? (
          <Link to="/chat/$sessionId" params={{ sessionId: scan.session_id }}>
            {scan.operator_name ?? '–'}
          </Link>
        ) : (
          (scan.operator_name ?? '–')
        )}
      </td>
    </tr>
  );
}

export function Scans() {
  const query = useInfiniteQuery(scansQuery);
  return (
    <Loaded query={query}>
      {(data) => {
        const scans = flatten(data);
        if (scans.length === 0)
          return (
            <Empty icon={Radar} title={_('There were no scans')}>
              <p>{_('Ask an Operator that has the tool nmap.scan to scan your network.')}</p>
            </Empty>
          );
        return (
          <>
            <ScrollX label={_('Scans')}>
              <table className="table">
                <thead>
                  <tr>
                    <th>{_('When')}</th>
                    <th>{_('What')}</th>
                    <th>{_('Where')}</th>
                    <th>{_('Found')}</th>
                    <th>{_('Changes')}</th>
                    <th>{_('By')}</th>
                  </tr>
                </thead>
                <tbody>
                  {scans.map((scan) => (
                    <ScanRow key={scan.id} scan={scan} />
                  ))}
                </tbody>
              </table>
            </ScrollX>
            <LoadMore query={query} label={_('Earlier scans')} />
          </>
        );
      }}
    </Loaded>
  );
}

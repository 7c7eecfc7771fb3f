// SPDX-License-Identifier: MIT
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Radio, ScrollText } from 'lucide-react';
import { Button, buttonClass } from '../../components/button';
import { ScrollX } from '../../components/scroll-x';
import { Empty, Loaded, LoadMore } from '../../components/states';
import { useLiveState } from '../../lib/hooks';
import { _, ngettext } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { AUDIT_PAGE, type AuditFilter, auditQuery } from '../../lib/system';
import { AuditFilters } from './audit-filters';
import { AuditProofCard } from './audit-proof';
import { AuditRow } from './audit-row';
import { useFresh } from './use-fresh';

function LiveBadge({ filter }: { filter: AuditFilter }) {
  const isOpen = useLiveState() === 'open';
  const fresh = useFresh(filter);
  const client = useQueryClient();
  if (fresh > 0)
    return (
      <Button look="primary" small onClick={() => void client.resetQueries({ queryKey: ['audit'] })}>
        {fresh < AUDIT_PAGE
          ? ngettext('Show one new record', 'Show {count} new records', fresh)
          : _('Show {count}+ new records', { count: AUDIT_PAGE })}
      </Button>
    );
  return (
    <span className={`badge ${isOpen ? 'good' : ''}`}>
      <Radio className="icon" aria-hidden /> {isOpen ? _('Live') : _('Not live')}
    </span>
  );
}

function AuditTable({ filter }: { filter: AuditFilter }) {
  const query = useInfiniteQuery(auditQuery(filter));
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <Loaded query={query} rows={10}>
      {(data) => {
        const records = flatten(data);
        if (records.length === 0)
          return (
            <div className="card">
              <Empty icon={ScrollText} title={isFiltered ? _('No record is like that') : _('The log is empty')}>
                <p>
                  {isFiltered
                    ? _('Widen the filter, or take it away.')
                    : _(
                        'Every sign-in, change and tool call, allowed or denied, is written here. Ask for something to see it.',
                      )}
                </p>
                {isFiltered && (
                  <Link to="/audit" className={buttonClass()}>
                    {_('Take the filter away')}
                  </Link>
                )}
              </Empty>
            </div>
          );
        return (
          <div className="card flush">
            <ScrollX label={_('Records')}>
              <table className="table audit">
                <thead>
                  <tr>
                    <th>{_('When')}</th>
                    <th>{_('What')}</th>
                    <th>{_('Who')}</th>
                    <th>{_('Tool and target')}</th>
                    <th>{_('Outcome')}</th>
                    <th>
                      <span className="sr">{_('Details')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {records.map((record) => (
                    <AuditRow key={record.id} record={record} />
                  ))}
                </tbody>
              </table>
            </ScrollX>
            <LoadMore query={query} label={_('Older records')} />
          </div>
        );
      }}
    </Loaded>
  );
}

export default function AuditPage() {
  const filter = useSearch({ from: '/shell/audit' }) as AuditFilter;
  const navigate = useNavigate({ from: '/audit' });
  const asked = JSON.stringify(filter);
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{_('Audit log')}</h1>
          <p>{_('What was asked, decided and done. Nothing here can be changed.')}</p>
        </div>
        <LiveBadge key={asked} filter={filter} />
      </header>
      <AuditProofCard filter={filter} />
      <AuditFilters
        key={asked}
        filter={filter}
        apply={(next) => void navigate({ search: next as Record<string, string> })}
      />
      <AuditTable filter={filter} />
    </>
  );
}

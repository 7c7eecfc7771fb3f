// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { ShieldCheck, ShieldQuestion } from 'lucide-react';
import { buttonClass } from '../../components/button';
import { Empty, Loaded, LoadMore } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { type ApprovalStatus, approvalsQuery } from '../../lib/approvals';
import { _ } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { DecidableApproval } from '../shared/approval';
import { StayingApprovals } from '../shared/staying-approvals';
import { Grants } from './grants';

function Nothing() {
  return (
    <div className="card">
      <Empty icon={ShieldCheck} title={_('Nothing waits for you')}>
        <p>{_('An Operator that wants to write, run a command or gain access asks here, and in its chat.')}</p>
        <Link to="/chat" className={buttonClass('primary')}>
          {_('Open the chat')}
        </Link>
      </Empty>
    </div>
  );
}

function Inbox() {
  const query = useInfiniteQuery(approvalsQuery('pending'));
  return (
    <Loaded query={query}>
      {(data) => (
        <>
          <StayingApprovals
            pending={flatten(data)}
            empty={<Nothing />}
            more={({ session_id }) => <ToChat id={session_id} />}
          />
          <LoadMore query={query} />
        </>
      )}
    </Loaded>
  );
}

function ToChat({ id }: { id: string }) {
  return (
    <Link to="/chat/$sessionId" params={{ sessionId: id }} className="small">
      {_('See it in its conversation')}
    </Link>
  );
}

const closed: ApprovalStatus[] = ['approved', 'denied', 'expired', 'cancelled'];

function History() {
  const query = useInfiniteQuery(approvalsQuery());
  return (
    <Loaded query={query}>
      {(data) => {
        const approvals = flatten(data).filter((approval) => closed.includes(approval.status));
        if (approvals.length === 0)
          return (
            <div className="card">
              <Empty icon={ShieldQuestion} title={_('Nothing has been decided yet')}>
                <p>{_('What you allow or deny is kept here, with who and when.')}</p>
              </Empty>
            </div>
          );
        return (
          <>
            {approvals.map((approval) => (
              <DecidableApproval key={approval.id} approval={approval} />
            ))}
            <LoadMore query={query} />
          </>
        );
      }}
    </Loaded>
  );
}

export default function ApprovalsPage() {
  const { tab } = useSearch({ from: '/shell/approvals' });
  const tabs = [
    { tab: undefined, name: _('Pending') },
    { tab: 'history', name: _('History') },
    { tab: 'grants', name: _('Grants') },
  ];
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{_('Approvals')}</h1>
          <p>{_('What Operators want to change, what you decided, and what that covers.')}</p>
        </div>
      </header>
      <Tabs label={_('Which approvals')} to="/approvals" tabs={tabs} current={tab} />
      {tab === 'grants' ? (
        <Grants />
      ) : (
        <div className="stack reading">{tab === 'history' ? <History /> : <Inbox />}</div>
      )}
    </>
  );
}

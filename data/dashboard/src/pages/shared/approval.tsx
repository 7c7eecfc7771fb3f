// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { ApprovalCard } from '../../components/approval-card';
import { Loaded } from '../../components/states';
import { approvalQuery, useDecide } from '../../lib/approvals';
import { useCan } from '../../lib/auth';
import { settingsQuery } from '../../lib/system';
import type { Approval } from '../../lib/types';

/** The card with what it needs to decide. */
export function DecidableApproval({ approval, nested = false }: { approval: Approval; nested?: boolean }) {
  const canDecide = useCan('approver');
  const settings = useQuery(settingsQuery).data;
  const decide = useDecide();
  return (
    <ApprovalCard
      approval={approval}
      nested={nested}
      canDecide={canDecide}
      busy={decide.isPending}
      error={decide.error}
      minutes={settings?.grant_minutes_default ?? 15}
      maxMinutes={settings?.grant_minutes_max ?? 60}
      decide={(body) => decide.mutate({ id: approval.id, body })}
    />
  );
}

/** As it stands in the card of its call. */
export function ApprovalById({ id }: { id: string }) {
  const query = useQuery(approvalQuery(id));
  return (
    <Loaded query={query} rows={3}>
      {(approval) => <DecidableApproval approval={approval} nested />}
    </Loaded>
  );
}

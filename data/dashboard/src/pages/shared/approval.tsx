// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { ApprovalCard } from '../../components/approval-card';
import { Loaded } from '../../components/states';
import { approvalQuery, useDecide, useRevoke } from '../../lib/approvals';
import { useCan, useMe } from '../../lib/auth';
import { settingsQuery } from '../../lib/system';
import type { Approval, Body } from '../../lib/types';
import { ProofWhenAsked, unlessProof } from './second-factor';

/** The card with what it needs to decide. A decision that needs a proof is sent again once that is given. */
export function DecidableApproval({
  approval,
  nested = false,
  isRunning = false,
}: {
  approval: Approval;
  nested?: boolean;
  isRunning?: boolean;
}) {
  const canDecide = useCan('approver');
  const settings = useQuery(settingsQuery).data;
  const decide = useDecide();
  const revoke = useRevoke();
  const me = useMe()?.user ?? null;
  const send = (body: Body<'decideApproval'>) => decide.mutate({ id: approval.id, body });
  const sent = decide.variables?.body;
  return (
    <>
      <ApprovalCard
        approval={approval}
        nested={nested}
        canDecide={canDecide}
        busy={decide.isPending}
        error={unlessProof(decide.error) ?? revoke.error}
        me={me}
        isRunning={isRunning}
        isRevoking={revoke.isPending}
        revoke={canDecide ? (id) => revoke.mutate(id) : undefined}
        standingDays={settings?.standing_grant_days ?? 30}
        minutes={settings?.grant_minutes_default ?? 15}
        maxMinutes={settings?.grant_minutes_max ?? 60}
        decide={send}
      />
      <ProofWhenAsked error={decide.error} reset={decide.reset} retry={() => sent && send(sent)} />
    </>
  );
}

/** As it stands in the card of its call. */
export function ApprovalById({ id, isRunning }: { id: string; isRunning: boolean }) {
  const query = useQuery(approvalQuery(id));
  return (
    <Loaded query={query} rows={3}>
      {(approval) => <DecidableApproval approval={approval} nested isRunning={isRunning} />}
    </Loaded>
  );
}

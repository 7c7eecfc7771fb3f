// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useRef } from 'react';
import { approvalQuery } from '../../lib/approvals';
import type { Approval } from '../../lib/types';
import { DecidableApproval } from './approval';

interface Props {
  pending: Approval[];
  /** What stands there where nothing waits, and nothing did since the page is open. */
  empty: ReactNode;
  more?: (approval: Approval) => ReactNode;
}

function Staying({ id, pending, more }: { id: string; pending: Approval | undefined; more: Props['more'] }) {
  const query = useQuery({ ...approvalQuery(id), enabled: !pending });
  const approval = pending ?? query.data;
  if (!approval) return null;
  return (
    <div className="stack tight">
      <DecidableApproval approval={approval} />
      {more?.(approval)}
    </div>
  );
}

/** What waits, newest first. As long as the page is open a card stays after its decision, with who and when. */
export function StayingApprovals({ pending, empty, more }: Props) {
  const seen = useRef(new Set<string>());
  for (const { id } of pending) seen.current.add(id);
  const ids = [...seen.current].sort().reverse();
  if (ids.length === 0) return empty;
  return ids.map((id) => (
    <Staying key={id} id={id} pending={pending.find((approval) => approval.id === id)} more={more} />
  ));
}

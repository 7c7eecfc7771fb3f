// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { AskButton } from '../../components/dialog';
import { LevelBadge } from '../../components/level';
import { ScrollX } from '../../components/scroll-x';
import { Empty, Loaded, LoadMore } from '../../components/states';
import { Time } from '../../components/time';
import { grantsQuery, useRevoke } from '../../lib/approvals';
import { useCan } from '../../lib/auth';
import { useNow } from '../../lib/hooks';
import { _ } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { showTarget } from '../../lib/target';
import type { Grant } from '../../lib/types';

function grantState(grant: Grant, now: number): { word: string; isLive: boolean } {
  if (grant.revoked_at) return { word: _('Revoked'), isLive: false };
  if (Date.parse(grant.expires_at) <= now) return { word: _('Expired'), isLive: false };
  if (grant.mode === 'once' && grant.used_at) return { word: _('Used'), isLive: false };
  return { word: _('Live'), isLive: true };
}

function coverWord(grant: Grant): string {
  switch (grant.mode) {
    case 'once':
      return _('One exact call');
    case 'conversation':
      return _('One conversation');
    case 'standing':
      return _('Exactly this call, always');
    default:
      return grant.resource ? _('For a time') : _('Exactly this call, for a time');
  }
}

function GrantRow({ grant }: { grant: Grant }) {
  const revoke = useRevoke();
  const canRevoke = useCan('approver');
  const { word, isLive } = grantState(grant, useNow(10_000));
  return (
    <tr>
      <td>
        <span className={`badge ${isLive ? 'good' : ''}`}>{word}</span>
      </td>
      <td>{grant.operator_name}</td>
      <td>
        <span className="row">
          <span className="mono">{grant.tool}</span> <LevelBadge level={grant.level} />
        </span>
      </td>
      <td className="mono wrap">{grant.resource ? showTarget(grant.resource) : '–'}</td>
      <td>{coverWord(grant)}</td>
      <td>{grant.granted_by}</td>
      <td>
        <Time at={grant.revoked_at ?? grant.expires_at} />
      </td>
      <td>
        {isLive && canRevoke && (
          <AskButton
            look="danger"
            small
            label={_('Revoke')}
            title={_('Revoke the grant?')}
            action={_('Revoke {tool} for {operator}', { tool: grant.tool, operator: grant.operator_name })}
            busy={revoke.isPending}
            error={revoke.error}
            onConfirm={(close) => revoke.mutate(grant.id, { onSuccess: close })}
          >
            <p>
              {_('From now on it has to ask again. What runs under it now is ended; what already ran is not undone.')}
            </p>
          </AskButton>
        )}
      </td>
    </tr>
  );
}

export function Grants() {
  const query = useInfiniteQuery(grantsQuery(false));
  return (
    <Loaded query={query}>
      {(data) => {
        const grants = flatten(data);
        if (grants.length === 0)
          return (
            <div className="card">
              <Empty icon={KeyRound} title={_('There are no grants')}>
                <p>
                  {_('Allowing something makes a grant: signed, short-lived, for one target. You can revoke it here.')}
                </p>
              </Empty>
            </div>
          );
        return (
          <ScrollX label={_('Grants')} className="card flush">
            <table className="table grants">
              <thead>
                <tr>
                  <th>{_('State')}</th>
                  <th>{_('Operator')}</th>
                  <th>{_('Tool')}</th>
                  <th>{_('Target')}</th>
                  <th>{_('Covers')}</th>
                  <th>{_('Granted by')}</th>
                  <th>{_('Ends')}</th>
                  <th>
                    <span className="sr">{_('Actions')}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {grants.map((grant) => (
                  <GrantRow key={grant.id} grant={grant} />
                ))}
              </tbody>
            </table>
            <LoadMore query={query} />
          </ScrollX>
        );
      }}
    </Loaded>
  );
}

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { OctagonX } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button';
import { Confirm, Dialog } from '../../components/dialog';
import { TextField } from '../../components/form';
import { ErrorNote, Note } from '../../components/states';
import { Time } from '../../components/time';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { statusQuery, useFreeze, useUnfreeze } from '../../lib/system';

function PanicDialog({ onClose }: { onClose: () => void }) {
  const [reason, setReason] = useState('');
  const freeze = useFreeze();
  return (
    <Dialog title={_('Stop everything?')} onClose={onClose}>
      <p>
        {_(
          'All runs, tools and their processes are killed at once, all grants are revoked and all requests cancelled. Nothing runs until an administrator unfreezes Vigilus.',
        )}
      </p>
      <TextField
        label={_('Reason (optional)')}
        value={reason}
        maxLength={2000}
        onChange={(event) => setReason(event.target.value)}
      />
      <ErrorNote error={freeze.error} />
      <div className="actions">
        <Button onClick={onClose}>{_('Cancel')}</Button>
        <Button
          look="danger filled"
          busy={freeze.isPending}
          onClick={() => freeze.mutate(reason, { onSuccess: onClose })}
        >
          <OctagonX className="icon" aria-hidden /> {_('Stop everything now')}
        </Button>
      </div>
    </Dialog>
  );
}

/** The panic switch: on every page, at most one dialog away. */
export function PanicButton() {
  const [isAsking, setAsking] = useState(false);
  const isFrozen = useQuery(statusQuery).data?.frozen != null;
  const canFreeze = useCan('approver');
  if (!canFreeze || isFrozen) return null;
  return (
    <>
      <Button
        look="danger"
        square
        small
        aria-label={_('Stop everything')}
        title={_('Stop everything')}
        onClick={() => setAsking(true)}
      >
        <OctagonX className="icon" aria-hidden />
      </Button>
      {isAsking && <PanicDialog onClose={() => setAsking(false)} />}
    </>
  );
}

/** Seen everywhere for as long as nothing may run. */
export function FrozenBanner() {
  const [isAsking, setAsking] = useState(false);
  const frozen = useQuery(statusQuery).data?.frozen;
  const unfreeze = useUnfreeze();
  const canUnfreeze = useCan('administrator');
  if (!frozen) return null;
  return (
    <Note kind="bad">
      <div className="row between">
        <span>
          <strong>{_('Vigilus is frozen: nothing runs.')}</strong> {_('{name} stopped everything', { name: frozen.by })}{' '}
          <Time at={frozen.at} />
          {frozen.reason && `: ${frozen.reason}`}. {!canUnfreeze && _('An administrator can unfreeze it.')}
        </span>
        {canUnfreeze && (
          <Button small onClick={() => setAsking(true)}>
            {_('Unfreeze')}
          </Button>
        )}
      </div>
      {isAsking && (
        <Confirm
          title={_('Let Vigilus work again?')}
          action={_('Unfreeze Vigilus')}
          keep={_('Leave it frozen')}
          busy={unfreeze.isPending}
          error={unfreeze.error}
          onConfirm={() => unfreeze.mutate(undefined, { onSuccess: () => setAsking(false) })}
          onClose={() => setAsking(false)}
        >
          <p>
            {_('Runs can be started again. What was stopped stays stopped, and grants that were revoked stay revoked.')}
          </p>
        </Confirm>
      )}
    </Note>
  );
}

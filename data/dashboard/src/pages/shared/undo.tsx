// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import { Button } from '../../components/button';
import { Confirm } from '../../components/dialog';
import { ErrorNote } from '../../components/states';
import { Time } from '../../components/time';
import { useCan } from '../../lib/auth';
import { canOverride, changeQuery, useUndo } from '../../lib/changes';
import { _ } from '../../lib/i18n';
import { say } from '../../lib/toasts';
import type { Change } from '../../lib/types';

function Override({ change, error, undo }: { change: Change; error: Error; undo: ReturnType<typeof useUndo> }) {
  return (
    <Confirm
      title={_('Changed since: undo all the same?')}
      action={_('Undo all the same')}
      busy={undo.isPending}
      onConfirm={() => undo.mutate({ id: change.id, override: true }, { onSuccess: () => say(_('Undone')) })}
      onClose={undo.reset}
    >
      <p>{error.message}</p>
      <p className="muted">{_('What is there now is kept, so that this can be undone in turn.')}</p>
    </Confirm>
  );
}

function Kept({ change }: { change: Change }) {
  const undo = useUndo();
  const canUndo = useCan('approver');
  if (!canUndo) return <p className="small muted undo">{_('This can be undone by an approver.')}</p>;
  return (
    <div className="row undo">
      <Button
        small
        busy={undo.isPending}
        onClick={() => undo.mutate({ id: change.id, override: false }, { onSuccess: () => say(_('Undone')) })}
      >
        <Undo2 className="icon" aria-hidden /> {_('Undo')}
      </Button>
      {undo.error && canOverride(undo.error) && <Override change={change} error={undo.error} undo={undo} />}
      {undo.error && !canOverride(undo.error) && <ErrorNote error={undo.error} />}
    </div>
  );
}

/** One click puts back what a call changed: the bytes, owner and mode of its files. */
/** Of calls that change files, what was there before is kept; the others need not be asked about. */
export function mayBeKept(level: string | null | undefined) {
  return level === 'write' || level === 'elevate';
}

export function UndoCall({ callId }: { callId: string }) {
  const change = useQuery(changeQuery(callId)).data;
  if (!change) return null;
  if (change.state === 'kept') return <Kept change={change} />;
  if (change.state === 'expired')
    return (
      <p className="small muted undo">{_('What was there before is not kept any more, so it can’t be undone.')}</p>
    );
  return (
    <p className="small muted undo">
      <Undo2 className="icon" aria-hidden /> {_('Undone by {name}', { name: change.undone_by ?? '' })}{' '}
      {change.undone_at && <Time at={change.undone_at} />}
    </p>
  );
}

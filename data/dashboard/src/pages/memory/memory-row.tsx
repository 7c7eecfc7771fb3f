// SPDX-License-Identifier: MIT
import { Link } from '@tanstack/react-router';
import { Check, Pencil, Trash2, TriangleAlert, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button';
import { Confirm } from '../../components/dialog';
import { ErrorNote } from '../../components/states';
import { Time } from '../../components/time';
import { useCan, useMe } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { useDecideMemory, useDeleteMemory } from '../../lib/memories';
import type { Memory } from '../../lib/types';

function scopeWord(memory: Memory, name: string | undefined): string {
  if (memory.scope === 'everyone') return _('Every Operator, always');
  if (memory.scope === 'person') return _('Every Operator, when {name} asks', { name: name ?? '' });
  return _('Only {name}', { name: memory.operator_name ?? _('an Operator that is gone') });
}

function isExpired(memory: Memory): boolean {
  return memory.expires_at !== null && Date.parse(memory.expires_at) < Date.now();
}

function Facts({ memory }: { memory: Memory }) {
  const me = useMe();
  return (
    <p className="small muted row">
      <span>{scopeWord(memory, me?.user.name)}</span>
      <span>
        {memory.source === 'operator'
          ? _('proposed by {name}', { name: memory.source_name })
          : _('written by {name}', { name: memory.source_name })}
        {memory.source === 'operator' && memory.status === 'accepted' && memory.decided_by && (
          <>, {_('accepted by {name}', { name: memory.decided_by })}</>
        )}
      </span>
      <Time at={memory.created_at} />
      {memory.expires_at && (
        <span>
          {isExpired(memory) ? _('expired') : _('until')} <Time at={memory.expires_at} />
        </span>
      )}
      {memory.session_id && memory.source === 'operator' && (
        <Link to="/chat/$sessionId" params={{ sessionId: memory.session_id }}>
          {_('Conversation')}
        </Link>
      )}
    </p>
  );
}

function Decide({ memory, edit }: { memory: Memory; edit: () => void }) {
  const decide = useDecideMemory();
  return (
    <>
      <div className="row">
        <Button small busy={decide.isPending} onClick={() => decide.mutate({ id: memory.id, decision: 'accept' })}>
          <Check className="icon" aria-hidden /> {_('Accept')}
        </Button>
        <Button small onClick={edit}>
          <Pencil className="icon" aria-hidden /> {_('Edit and accept')}
        </Button>
        <Button
          small
          look="danger"
          busy={decide.isPending}
          onClick={() => decide.mutate({ id: memory.id, decision: 'reject' })}
        >
          <X className="icon" aria-hidden /> {_('Reject')}
        </Button>
      </div>
      <ErrorNote error={decide.error} />
    </>
  );
}

function Keep({ memory, edit }: { memory: Memory; edit: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const remove = useDeleteMemory();
  return (
    <div className="row">
      <Button look="quiet" small square aria-label={_('Edit')} title={_('Edit')} onClick={edit}>
        <Pencil className="icon" aria-hidden />
      </Button>
      <Button look="quiet" small square aria-label={_('Forget')} title={_('Forget')} onClick={() => setAsking(true)}>
        <Trash2 className="icon" aria-hidden />
      </Button>
      {isAsking && (
        <Confirm
          title={_('Forget this?')}
          action={_('Forget')}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(memory.id, { onSuccess: () => setAsking(false) })}
          onClose={() => setAsking(false)}
        >
          <p>{memory.text}</p>
        </Confirm>
      )}
    </div>
  );
}

export function MemoryRow({ memory, edit }: { memory: Memory; edit: () => void }) {
  const isAdministrator = useCan('administrator');
  const isApprover = useCan('approver');
  const canEdit = isAdministrator || (isApprover && memory.scope === 'person');
  return (
    <li className="card stack tight">
      <div className="row between top-row">
        <p className="grow memory-text">{memory.text}</p>
        {canEdit && memory.status !== 'proposed' && <Keep memory={memory} edit={edit} />}
      </div>
      {memory.reason && <p className="small">{_('Why: {reason}', { reason: memory.reason })}</p>}
      {memory.is_tainted && (
        <p className="small wait-text">
          <TriangleAlert className="icon" aria-hidden />{' '}
          {_('That conversation had read text from outside: it may come from there.')}
        </p>
      )}
      <Facts memory={memory} />
      {canEdit && memory.status === 'proposed' && <Decide memory={memory} edit={edit} />}
    </li>
  );
}

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { AreaField, ChoiceField, SelectField, TextField } from '../../components/form';
import { ErrorNote } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { useDecideMemory, useSaveMemory } from '../../lib/memories';
import { operatorsQuery } from '../../lib/operators';
import { say } from '../../lib/toasts';
import type { Body, Memory } from '../../lib/types';
import { check, type Wrongs, wrongsOf } from '../../lib/validate';

type Draft = Body<'createMemory'>;

function draftOf(memory: Memory | null, canEditAll: boolean): Draft {
  if (memory)
    return {
      text: memory.text,
      scope: memory.scope,
      operator_id: memory.operator_id,
      expires_at: memory.expires_at,
    };
  return { text: '', scope: canEditAll ? 'everyone' : 'person', operator_id: null, expires_at: null };
}

/** A day in this browser's zone ends at midnight there. */
function endOfDay(day: string): string | null {
  return day ? new Date(`${day}T23:59:59`).toISOString() : null;
}

function dayOf(time: string | null | undefined): string {
  if (!time) return '';
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

interface PartProps {
  draft: Draft;
  wrongs: Wrongs;
  set: (change: Partial<Draft>) => void;
}

function Scope({ draft, wrongs, set }: PartProps) {
  const canEditAll = useCan('administrator');
  const operators = useQuery(operatorsQuery).data ?? [];
  return (
    <>
      <ChoiceField
        legend={_('Who is told')}
        value={draft.scope}
        onChange={(scope) => set({ scope: scope as Draft['scope'] })}
        choices={[
          {
            value: 'everyone',
            label: _('Every Operator, always'),
            disabled: !canEditAll,
            hint: canEditAll ? undefined : _('Administrators decide this.'),
          },
          { value: 'person', label: _('Every Operator, when I ask') },
          { value: 'operator', label: _('One Operator'), disabled: !canEditAll },
        ]}
      />
      {draft.scope === 'operator' && (
        <SelectField
          label={_('Operator')}
          value={draft.operator_id ?? ''}
          wrong={wrongs.operator_id}
          onChange={(event) => set({ operator_id: event.target.value || null })}
        >
          <option value="">{_('Choose one')}</option>
          {operators.map((operator) => (
            <option key={operator.id} value={operator.id}>
              {operator.name}
            </option>
          ))}
        </SelectField>
      )}
    </>
  );
}

/** Writes a memory, changes one, or accepts one that an Operator proposed, with changes. */
export function MemoryDialog({ memory, onClose }: { memory: Memory | null; onClose: () => void }) {
  const canEditAll = useCan('administrator');
  const [draft, setDraft] = useState(() => draftOf(memory, canEditAll));
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const save = useSaveMemory(memory?.id ?? null);
  const decide = useDecideMemory();
  const isProposal = memory?.status === 'proposed';
  const part = { draft, wrongs, set: (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change })) };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = check('createMemory', draft);
    if (draft.scope === 'operator' && !draft.operator_id) found.operator_id = _('This is needed.');
    setWrongs(found);
    if (Object.keys(found).length > 0) return;
    const sent = isProposal
      ? decide.mutateAsync({ id: memory.id, decision: 'accept', ...draft })
      : save.mutateAsync(draft);
    const saved = await sent.catch((error: Error) => setWrongs(wrongsOf(error, Object.keys(draft))));
    if (!saved) return;
    say(isProposal ? _('Accepted.') : _('Saved.'));
    onClose();
  };
  return (
    <Dialog title={memory ? _('Edit memory') : _('New memory')} onClose={onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <AreaField
          label={_('What to keep in mind')}
          hint={_('One fact or wish in plain sentences. No passwords or keys: it is sent to models.')}
          rows={4}
          value={draft.text}
          wrong={wrongs.text}
          onChange={(event) => part.set({ text: event.target.value })}
        />
        <Scope {...part} />
        <TextField
          type="date"
          label={_('Until')}
          hint={_('It is forgotten after this day. Empty: it holds for good.')}
          value={dayOf(draft.expires_at)}
          wrong={wrongs.expires_at}
          onChange={(event) => part.set({ expires_at: endOfDay(event.target.value) })}
        />
        <ErrorNote error={save.error ?? decide.error} />
        <div className="actions">
          <Button onClick={onClose}>{_('Cancel')}</Button>
          <Button look="primary" type="submit" busy={save.isPending || decide.isPending}>
            {isProposal ? _('Accept') : _('Save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

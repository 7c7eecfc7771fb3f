// SPDX-License-Identifier: MIT
import { ChevronLeft, ChevronRight, RefreshCw } from 'lucide-react';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { Button } from '../../components/button';
import { ErrorNote } from '../../components/states';
import { useCan } from '../../lib/auth';
import { placeOf, useRegenerate, useResend, useShowBranch } from '../../lib/branches';
import { _ } from '../../lib/i18n';
import type { Message } from '../../lib/types';

/** Steps through the alternatives of a message; nothing where there is only one. */
export function BranchSwitch({ message }: { message: Message }) {
  const show = useShowBranch();
  const { number, count, before, after } = placeOf(message);
  if (count < 2) return null;
  return (
    <fieldset className="branch-switch">
      <legend className="sr">{_('Alternatives')}</legend>
      <Button
        look="quiet"
        small
        square
        disabled={!before || show.isPending}
        aria-label={_('Earlier alternative')}
        onClick={() => before && show.mutate(before)}
      >
        <ChevronLeft className="icon" aria-hidden />
      </Button>
      <span aria-live="polite">{_('{number} of {count}', { number, count })}</span>
      <Button
        look="quiet"
        small
        square
        disabled={!after || show.isPending}
        aria-label={_('Later alternative')}
        onClick={() => after && show.mutate(after)}
      >
        <ChevronRight className="icon" aria-hidden />
      </Button>
    </fieldset>
  );
}

/** Asks the question of a reply again. */
export function Regenerate({ messageId }: { messageId: string }) {
  const regenerate = useRegenerate();
  if (!useCan('approver')) return null;
  return (
    <>
      <Button
        look="quiet"
        small
        square
        busy={regenerate.isPending}
        aria-label={_('Answer again')}
        title={_('Answer again')}
        onClick={() => regenerate.mutate(messageId)}
      >
        {!regenerate.isPending && <RefreshCw className="icon" aria-hidden />}
      </Button>
      <ErrorNote error={regenerate.error} />
    </>
  );
}

/** A person's words as a form: sent, they begin a branch beside the old ones. */
export function EditMessage({ message, onClose }: { message: Message; onClose: () => void }) {
  const [text, setText] = useState(message.content.text ?? '');
  const resend = useResend();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '') resend.mutate({ message, text: text.trim() }, { onSuccess: onClose });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLFormElement>) => {
    if (event.key === 'Escape') onClose();
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
  };
  return (
    <form className="edit-message stack tight" onSubmit={submit} onKeyDown={onKeyDown}>
      <textarea
        className="input"
        aria-label={_('Edited message')}
        value={text}
        rows={Math.min(12, text.split('\n').length + 1)}
        maxLength={100_000}
        // biome-ignore lint/a11y/noAutofocus: the person has just asked to write here
        autoFocus
        onChange={(event) => setText(event.target.value)}
      />
      <ErrorNote error={resend.error} />
      <div className="actions">
        <Button small onClick={onClose}>
          {_('Cancel')}
        </Button>
        <Button small look="primary" type="submit" busy={resend.isPending} disabled={text.trim() === ''}>
          {_('Ask as a new branch')}
        </Button>
      </div>
    </form>
  );
}

// SPDX-License-Identifier: MIT
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { _ } from '../lib/i18n';
import { say } from '../lib/toasts';
import { Button } from './button';
import { ErrorNote } from './states';

interface DialogProps {
  title: string;
  onClose: () => void;
  className?: string;
  children: ReactNode;
}

/** The platform's modal dialog: its first field has the focus, Esc closes it, and the focus goes back to where it was. */
export function Dialog({ title, onClose, className, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>('input:checked, input:not([type="radio"]), select, textarea')?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes it; the click is on the backdrop
    <dialog
      ref={ref}
      className={className}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === ref.current && onClose()}
    >
      <div className="body">
        <div className="row between">
          <h2 id={id}>{title}</h2>
          <Button look="quiet" small square aria-label={_('Close')} onClick={onClose}>
            <X className="icon" aria-hidden />
          </Button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  action: string;
  /** What the other button says. */
  keep?: string;
  error?: Error | null;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
}

/** Asks before what can't be undone; the action names what it destroys. */
export function Confirm({
  title,
  action,
  keep = _('Keep it'),
  error,
  busy,
  onConfirm,
  onClose,
  children,
}: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <ErrorNote error={error ?? null} />
      <div className="actions">
        <Button onClick={onClose}>{keep}</Button>
        <Button look="danger filled" busy={busy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}

interface AskButtonProps extends Omit<ConfirmProps, 'onConfirm' | 'onClose'> {
  label: string;
  look?: 'plain' | 'danger';
  small?: boolean;
  onConfirm: (close: () => void) => void;
}

/** A button that asks before it does something. What goes away with what it did needs no close. */
export function AskButton({ label, look, small, onConfirm, ...confirm }: AskButtonProps) {
  const [isAsking, setAsking] = useState(false);
  const close = () => setAsking(false);
  return (
    <>
      <Button look={look} small={small} onClick={() => setAsking(true)}>
        {label}
      </Button>
      {isAsking && <Confirm {...confirm} onConfirm={() => onConfirm(close)} onClose={close} />}
    </>
  );
}

interface DeleteButtonProps {
  id: string;
  name: string;
  remove: {
    isPending: boolean;
    error: Error | null;
    mutate: (id: string, options: { onSuccess: () => void }) => void;
  };
  children: ReactNode;
}

/** Deletes one of a list, after it has said what goes with it. */
export function DeleteButton({ id, name, remove, children }: DeleteButtonProps) {
  return (
    <AskButton
      look="danger"
      small
      label={_('Delete')}
      title={_('Delete {name}?', { name })}
      action={_('Delete {name}', { name })}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(id, { onSuccess: () => say(_('{name} is deleted.', { name })) })}
    >
      {children}
    </AskButton>
  );
}

// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { LoaderCircle, Pencil, Pin, PinOff, Plus, Trash2 } from 'lucide-react';
import { type FormEvent, useDeferredValue, useState } from 'react';
import { Button, buttonClass } from '../../components/button';
import { Confirm, Dialog } from '../../components/dialog';
import { FilterField } from '../../components/filter-field';
import { TextField } from '../../components/form';
import { ErrorNote, Loaded, LoadMore } from '../../components/states';
import { Time } from '../../components/time';
import { useDeleteSession, useRenameSession } from '../../lib/chat';
import { sessionsQueryOf, usePinSession } from '../../lib/conversations';
import { _ } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import type { Session } from '../../lib/types';
import { SessionSearch } from './session-search';

function RenameDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const [title, setTitle] = useState(session.title);
  const rename = useRenameSession();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rename.mutate({ id: session.id, title: title.trim() }, { onSuccess: onClose });
  };
  return (
    <Dialog title={_('Rename conversation')} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <TextField
          label={_('Title')}
          value={title}
          maxLength={200}
          required
          autoFocus
          onChange={(event) => setTitle(event.target.value)}
        />
        <ErrorNote error={rename.error} />
        <div className="actions">
          <Button look="primary" type="submit" busy={rename.isPending} disabled={title.trim() === ''}>
            {_('Rename')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function DeleteDialog({ session, isCurrent, onClose }: { session: Session; isCurrent: boolean; onClose: () => void }) {
  const remove = useDeleteSession();
  const navigate = useNavigate();
  const confirm = () =>
    remove.mutate(session.id, {
      onSuccess: () => {
        onClose();
        if (isCurrent) void navigate({ to: '/chat' });
      },
    });
  return (
    <Confirm
      title={_('Delete “{title}”?', { title: session.title })}
      action={_('Delete conversation')}
      error={remove.error}
      busy={remove.isPending}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>{_('Its messages are gone for good. What it did stays in the audit log.')}</p>
    </Confirm>
  );
}

function PinButton({ session }: { session: Session }) {
  const pin = usePinSession();
  const Icon = session.pinned ? PinOff : Pin;
  const label = session.pinned
    ? _('Unpin “{title}”', { title: session.title })
    : _('Pin “{title}”', { title: session.title });
  return (
    <Button
      look="quiet"
      small
      square
      aria-label={label}
      onClick={() => pin.mutate({ id: session.id, pinned: !session.pinned })}
    >
      <Icon className="icon" aria-hidden />
    </Button>
  );
}

function SessionRow({
  session,
  isCurrent,
  onChoose,
}: {
  session: Session;
  isCurrent: boolean;
  onChoose?: (() => void) | undefined;
}) {
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  return (
    <li className="session" data-current={isCurrent || undefined}>
      <Link
        to="/chat/$sessionId"
        params={{ sessionId: session.id }}
        aria-current={isCurrent ? 'page' : undefined}
        onClick={onChoose}
      >
        <span className="clip">{session.title || _('Untitled')}</span>
        {session.run_state && <LoaderCircle className="icon spin" aria-label={_('Running')} />}
      </Link>
      <span className="small muted">
        <Time at={session.updated_at} />
      </span>
      <span className="session-tools">
        <PinButton session={session} />
        <Button
          look="quiet"
          small
          square
          aria-label={_('Rename “{title}”', { title: session.title })}
          onClick={() => setDialog('rename')}
        >
          <Pencil className="icon" aria-hidden />
        </Button>
        <Button
          look="quiet"
          small
          square
          aria-label={_('Delete “{title}”', { title: session.title })}
          onClick={() => setDialog('delete')}
        >
          <Trash2 className="icon" aria-hidden />
        </Button>
      </span>
      {dialog === 'rename' && <RenameDialog session={session} onClose={() => setDialog(null)} />}
      {dialog === 'delete' && <DeleteDialog session={session} isCurrent={isCurrent} onClose={() => setDialog(null)} />}
    </li>
  );
}

type ListProps = { current: string | undefined; onChoose?: (() => void) | undefined };

function Rows({ sessions, current, onChoose }: ListProps & { sessions: Session[] }) {
  return (
    <ol className="sessions">
      {sessions.map((session) => (
        <SessionRow key={session.id} session={session} isCurrent={session.id === current} onChoose={onChoose} />
      ))}
    </ol>
  );
}

function Pinned({ current, onChoose }: ListProps) {
  const query = useInfiniteQuery(sessionsQueryOf(true));
  const sessions = flatten(query.data);
  if (sessions.length === 0) return null;
  return (
    <section aria-label={_('Pinned')}>
      <h2 className="sessions-head small muted">{_('Pinned')}</h2>
      <Rows sessions={sessions} current={current} onChoose={onChoose} />
      <LoadMore query={query} label={_('Older pinned ones')} />
    </section>
  );
}

function All({ current, onChoose }: ListProps) {
  const query = useInfiniteQuery(sessionsQueryOf(false));
  return (
    <>
      <Pinned current={current} onChoose={onChoose} />
      <Loaded query={query} rows={6}>
        {(data) => {
          const sessions = flatten(data);
          if (sessions.length === 0)
            return <p className="muted small pad">{_('Your conversations will be listed here.')}</p>;
          return <Rows sessions={sessions} current={current} onChoose={onChoose} />;
        }}
      </Loaded>
      <LoadMore query={query} label={_('Older conversations')} />
    </>
  );
}

export function SessionsList({ current, onChoose }: ListProps) {
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text.trim());
  return (
    <div className="stack tight">
      <Link to="/chat" className={buttonClass('plain')} onClick={onChoose}>
        <Plus className="icon" aria-hidden /> {_('New conversation')}
      </Link>
      <FilterField label={_('Search conversations')} value={text} onChange={setText} />
      {/[\p{L}\p{N}]/u.test(wanted) ? (
        <SessionSearch text={wanted} onChoose={onChoose} />
      ) : (
        <All current={current} onChoose={onChoose} />
      )}
    </div>
  );
}

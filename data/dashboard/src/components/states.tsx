// SPDX-License-Identifier: MIT
import { CircleAlert, CircleCheck, FileQuestion, Info, type LucideIcon, RotateCw, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '../lib/client';
import { _ } from '../lib/i18n';
import { Button } from './button';

export function Skeleton({ rows = 4 }: { rows?: number }) {
  return (
    <div className="stack tight" role="status" aria-label={_('Loading')}>
      {Array.from({ length: rows }, (_unused, row) => (
        <span key={row} className={`skeleton w${row % 4}`} />
      ))}
    </div>
  );
}

export function Empty({ icon: Icon, title, children }: { icon: LucideIcon; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon aria-hidden />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

const noteIcons = { bad: CircleAlert, wait: TriangleAlert, good: CircleCheck, plain: Info };

export function Note({ kind = 'plain', children }: { kind?: keyof typeof noteIcons; children: ReactNode }) {
  const Icon = noteIcons[kind];
  return (
    <div className={`note ${kind}`} role={kind === 'bad' ? 'alert' : undefined}>
      <Icon className="icon" aria-hidden />
      <div className="grow">{children}</div>
    </div>
  );
}

/** As a sentence begins, unless with a name of ours or a path. */
function sentence(message: string): string {
  return /^[a-z]+[ ,:]/.test(message) ? message.charAt(0).toUpperCase() + message.slice(1) : message;
}

export function ErrorNote({ error, retry }: { error: Error | null; retry?: () => void }) {
  if (!error) return null;
  return (
    <Note kind="bad">
      <div className="row between">
        <span>{sentence(error.message)}</span>
        {retry && (
          <Button small onClick={retry}>
            <RotateCw className="icon" aria-hidden /> {_('Try again')}
          </Button>
        )}
      </div>
    </Note>
  );
}

interface QueryLike<T> {
  data: T | undefined;
  error: Error | null;
  isPending: boolean;
  refetch: () => unknown;
}

function Gone({ why = _('It was deleted, or the address is wrong.') }: { why?: string }) {
  return (
    <div className="card">
      <Empty icon={FileQuestion} title={_('There is nothing here')}>
        <p>{why}</p>
      </Empty>
    </div>
  );
}

/** Skeleton while loading, error with a retry, else the content. Stale content stays, with the error above it. `gone` says why there may be nothing. */
export function Loaded<T>({
  query,
  rows,
  gone,
  children,
}: {
  query: QueryLike<T>;
  rows?: number;
  gone?: string;
  children: (data: T) => ReactNode;
}) {
  if (query.isPending && query.data === undefined) return <Skeleton rows={rows} />;
  if (query.data === undefined && query.error instanceof ApiError && query.error.code === 'not_found')
    return <Gone why={gone} />;
  return (
    <>
      <ErrorNote error={query.error} retry={() => query.refetch()} />
      {query.data !== undefined && children(query.data)}
    </>
  );
}

interface MoreQuery {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

export function LoadMore({ query, label = _('Show more') }: { query: MoreQuery; label?: string }) {
  if (!query.hasNextPage) return null;
  return (
    <div className="more">
      <Button busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
        {label}
      </Button>
    </div>
  );
}

// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { MessageSquare } from 'lucide-react';
import { Loaded, LoadMore } from '../../components/states';
import { Time } from '../../components/time';
import { useCan } from '../../lib/auth';
import { useShowBranch } from '../../lib/branches';
import { type SearchPage, searchQuery } from '../../lib/conversations';
import { _, ngettext } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import type { SearchHit, Session } from '../../lib/types';

function Hit({ hit, onChoose }: { hit: SearchHit; onChoose?: (() => void) | undefined }) {
  const navigate = useNavigate();
  const show = useShowBranch();
  const canShow = useCan('approver');
  const open = async () => {
    // It may stand on a branch that is not shown.
    if (canShow) await show.mutateAsync(hit.message_id).catch(() => undefined);
    onChoose?.();
    void navigate({ to: '/chat/$sessionId', params: { sessionId: hit.session_id }, hash: `m-${hit.message_id}` });
  };
  return (
    <li>
      <button type="button" className="search-hit" onClick={open}>
        <span className="row between">
          <strong className="clip">{hit.session_title}</strong>
          <span className="small muted">
            <Time at={hit.created_at} />
          </span>
        </span>
        <span className="small">
          {hit.snippet.map((part, index) => (part.hit ? <mark key={index}>{part.text}</mark> : part.text))}
        </span>
      </button>
    </li>
  );
}

function Title({ session, onChoose }: { session: Session; onChoose?: (() => void) | undefined }) {
  const navigate = useNavigate();
  const open = () => {
    onChoose?.();
    void navigate({ to: '/chat/$sessionId', params: { sessionId: session.id } });
  };
  return (
    <li>
      <button type="button" className="search-hit row" onClick={open}>
        <MessageSquare className="icon" aria-hidden /> <strong className="clip">{session.title}</strong>
      </button>
    </li>
  );
}

/** What was found in all conversations: titles first, then messages, newest first. */
export function SessionSearch({ text, onChoose }: { text: string; onChoose?: (() => void) | undefined }) {
  const query = useInfiniteQuery(searchQuery(text));
  return (
    <section aria-label={_('Found')} className="stack tight">
      <Loaded query={query} rows={4}>
        {(data) => {
          const hits = flatten(data);
          const sessions = (data.pages[0] as SearchPage | undefined)?.sessions ?? [];
          const count = hits.length + sessions.length;
          return (
            <>
              <p className="small muted" role="status">
                {count === 0
                  ? _('Nothing was found. Try fewer words, or their beginnings.')
                  : ngettext('One place', '{count} places', count)}
              </p>
              <ol className="sessions">
                {sessions.map((session) => (
                  <Title key={session.id} session={session} onChoose={onChoose} />
                ))}
                {hits.map((hit) => (
                  <Hit key={hit.message_id} hit={hit} onChoose={onChoose} />
                ))}
              </ol>
            </>
          );
        }}
      </Loaded>
      <LoadMore query={query} label={_('Older places')} />
    </section>
  );
}

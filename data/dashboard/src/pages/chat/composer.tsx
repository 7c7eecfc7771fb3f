// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { ArrowUp, Square } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../components/button';
import { useCan } from '../../lib/auth';
import { useMediaQuery } from '../../lib/hooks';
import { _ } from '../../lib/i18n';
import { findMention, insertMention, type Mention, rankNames } from '../../lib/mentions';
import { operatorsQuery } from '../../lib/operators';
import { MentionList } from './mention-list';

interface Props {
  draft: string;
  setDraft: (text: string) => void;
  send: (text: string) => Promise<unknown>;
  busy: boolean;
  stop?: (() => void) | undefined;
  stopping?: boolean;
  focus?: boolean;
}

function useMentions(draft: string, cursor: number, isOff: boolean) {
  const operators = useQuery(operatorsQuery).data ?? [];
  const mention = isOff ? null : findMention(draft, cursor);
  const matches = mention
    ? rankNames(
        operators.filter((operator) => operator.enabled),
        mention.query,
      ).slice(0, 8)
    : [];
  return { mention, matches };
}

function Box({ draft, setDraft, send, busy, stop, stopping, focus }: Props) {
  const box = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const [cursor, setCursor] = useState(draft.length);
  const [chosen, setChosen] = useState(0);
  const [dismissed, setDismissed] = useState<number | null>(null);
  const { mention, matches } = useMentions(draft, cursor, false);
  const isOpen = mention !== null && matches.length > 0 && dismissed !== mention.start;
  const hasKeyboard = useMediaQuery('(pointer: fine)');

  useEffect(() => {
    if (focus && hasKeyboard) box.current?.focus();
  }, [focus, hasKeyboard]);

  const put = (at: Mention, name: string) => {
    const next = insertMention(draft, at, cursor, name);
    setDraft(next.text);
    setCursor(next.cursor);
    requestAnimationFrame(() => {
      box.current?.focus();
      box.current?.setSelectionRange(next.cursor, next.cursor);
    });
  };

  const submit = async () => {
    const text = draft.trim();
    if (text === '' || busy || stop) return;
    setDraft('');
    await send(text).catch(() => setDraft(text));
  };

  const onMentionKey = (event: KeyboardEvent, at: Mention): boolean => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen((chosen + step + matches.length) % matches.length);
    } else if (event.key === 'Enter' || event.key === 'Tab') {
      put(at, matches[chosen % matches.length]?.name ?? '');
    } else if (event.key === 'Escape') {
      setDismissed(at.start);
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (isOpen && mention && onMentionKey(event, mention)) return;
    if (event.key !== 'Enter' || event.shiftKey || !hasKeyboard) return;
    event.preventDefault();
    void submit();
  };

  const moved = () => {
    setCursor(box.current?.selectionStart ?? 0);
    setChosen(0);
  };

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {isOpen && mention && (
        <MentionList id={listId} operators={matches} chosen={chosen} choose={(name) => put(mention, name)} />
      )}
      <div className="composer-grow" data-text={`${draft} `}>
        <textarea
          ref={box}
          rows={1}
          aria-label={_('Message')}
          placeholder={_('Ask for something, or @mention an Operator')}
          value={draft}
          maxLength={100_000}
          role="combobox"
          aria-expanded={isOpen}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={isOpen ? `${listId}-${chosen}` : undefined}
          onChange={(event) => {
            setDraft(event.target.value);
            setCursor(event.target.selectionStart);
            setChosen(0);
            setDismissed(null);
          }}
          onSelect={moved}
          onKeyDown={onKeyDown}
        />
      </div>
      {stop ? (
        <Button className="send" look="danger" busy={stopping} onClick={stop}>
          <Square className="icon" aria-hidden /> {_('Stop')}
        </Button>
      ) : (
        <Button
          className="send"
          look="primary"
          square
          type="submit"
          busy={busy}
          disabled={draft.trim() === ''}
          aria-label={_('Send')}
        >
          {!busy && <ArrowUp className="icon" aria-hidden />}
        </Button>
      )}
    </form>
  );
}

/** Viewers are told why there is nothing to write into. */
export function Composer(props: Props) {
  if (useCan('approver')) return <Box {...props} />;
  return (
    <p className="muted">{_('You may look on: only approvers and administrators ask Operators for something.')}</p>
  );
}

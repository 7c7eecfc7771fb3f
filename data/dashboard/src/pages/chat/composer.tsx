// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { ArrowUp, Square } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../components/button';
import { ErrorNote } from '../../components/states';
import { useAttachments } from '../../lib/attachments';
import { useCan } from '../../lib/auth';
import { commandsQuery, isCommand, matchCommands } from '../../lib/commands';
import { useMediaQuery } from '../../lib/hooks';
import { _ } from '../../lib/i18n';
import { findMention, insertMention, type Mention, rankNames } from '../../lib/mentions';
import { operatorsQuery } from '../../lib/operators';
import { AttachButton, AttachmentChips } from './attachments';
import { CommandList } from './command-list';
import { MentionList } from './mention-list';

interface Props {
  draft: string;
  setDraft: (text: string) => void;
  send: (text: string, attachments: string[]) => Promise<unknown>;
  command: (text: string) => Promise<unknown>;
  /** Whether commands about this conversation have one. */
  hasSession?: boolean;
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

function useCompletion(draft: string, cursor: number, hasSession: boolean) {
  const commands = matchCommands(useQuery(commandsQuery).data ?? [], draft.slice(0, cursor), hasSession);
  const { mention, matches } = useMentions(draft, cursor, commands.length > 0);
  return { commands, mention, matches, count: commands.length || matches.length, at: mention?.start ?? 0 };
}

function Box({ draft, setDraft, send, command, hasSession = false, busy, stop, stopping, focus }: Props) {
  const box = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const [cursor, setCursor] = useState(draft.length);
  const attachments = useAttachments();
  const [chosen, setChosen] = useState(0);
  const [dismissed, setDismissed] = useState<number | null>(null);
  const { commands, mention, matches, count, at } = useCompletion(draft, cursor, hasSession);
  const isOpen = count > 0 && dismissed !== at;
  const hasKeyboard = useMediaQuery('(pointer: fine)');

  useEffect(() => {
    if (focus && hasKeyboard) box.current?.focus();
  }, [focus, hasKeyboard]);

  const put = (next: { text: string; cursor: number }) => {
    setDraft(next.text);
    setCursor(next.cursor);
    requestAnimationFrame(() => {
      box.current?.focus();
      box.current?.setSelectionRange(next.cursor, next.cursor);
    });
  };

  const putCommand = (name: string) => put({ text: `/${name} `, cursor: name.length + 2 });
  const putMention = (to: Mention, name: string) => put(insertMention(draft, to, cursor, name));

  const complete = () => {
    const index = chosen % count;
    if (commands.length > 0) putCommand(commands[index]?.name ?? '');
    else if (mention) putMention(mention, matches[index]?.name ?? '');
  };

  const submit = async () => {
    const text = draft.trim();
    // A space before the slash says that it is no command.
    const isOrder = isCommand(draft);
    if (text === '' || busy || attachments.isPending || (stop && !isOrder)) return;
    setDraft('');
    if (isOrder) {
      await command(text).catch(() => setDraft(text));
      return;
    }
    const { items, put: putBack } = attachments;
    putBack([]);
    await send(
      text,
      items.map((item) => item.id),
    ).catch(() => {
      setDraft(draft);
      putBack(items);
    });
  };

  const onListKey = (event: KeyboardEvent): boolean => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen((chosen + step + count) % count);
    } else if (
      event.key === 'Enter' &&
      commands[chosen % count] &&
      `/${commands[chosen % count]?.name}` === draft.trim()
    ) {
      return false;
    } else if (event.key === 'Enter' || event.key === 'Tab') {
      complete();
    } else if (event.key === 'Escape') {
      setDismissed(at);
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (isOpen && onListKey(event)) return;
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
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void attachments.add([...event.dataTransfer.files]);
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {isOpen && commands.length > 0 && (
        <CommandList id={listId} commands={commands} chosen={chosen % count} choose={putCommand} />
      )}
      {isOpen && commands.length === 0 && mention && (
        <MentionList id={listId} operators={matches} chosen={chosen} choose={(name) => putMention(mention, name)} />
      )}
      {(attachments.items.length > 0 || attachments.error) && (
        <div className="composer-above">
          <ErrorNote error={attachments.error} />
          <AttachmentChips attachments={attachments} />
        </div>
      )}
      <AttachButton attachments={attachments} />
      <div className="composer-grow" data-text={`${draft} `}>
        <textarea
          ref={box}
          rows={1}
          dir="auto"
          aria-label={_('Message')}
          placeholder={_('Ask for something; @ for an Operator, / for a command')}
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
          onPaste={(event) => {
            const files = [...event.clipboardData.files];
            if (files.length === 0) return;
            event.preventDefault();
            void attachments.add(files);
          }}
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

// SPDX-License-Identifier: MIT
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Logo } from '../../components/logo';
import { ErrorNote } from '../../components/states';
import { useCan } from '../../lib/auth';
import { useCreateSession, useSendMessage } from '../../lib/chat';
import { useIsMounted, useStored } from '../../lib/hooks';
import { _ } from '../../lib/i18n';
import { NoProvider } from '../shared/no-provider';
import { CommandNote, useCommands } from './command-answer';
import { Composer } from './composer';

const ideas = () => [
  _('How full are the disks?'),
  _('Write a note to notes.txt: buy disks'),
  _('Show notes.txt'),
  _('What did you do today?'),
];

export function NewConversation({ bar }: { bar: ReactNode }) {
  const create = useCreateSession();
  const send = useSendMessage();
  const navigate = useNavigate();
  const isMounted = useIsMounted();
  const canAsk = useCan('approver');
  const commands = useCommands();
  const [draft, setDraft] = useStored('draft.new', '');

  const submit = async (text: string, attachments: string[]) => {
    const session = await create.mutateAsync({});
    await send.mutateAsync({ sessionId: session.id, text, attachments }).finally(() => {
      // Who went to another page meanwhile is not fetched back.
      if (isMounted()) void navigate({ to: '/chat/$sessionId', params: { sessionId: session.id } });
    });
  };
  return (
    <section className="conversation" aria-label={_('New conversation')}>
      <div className="chat-bar">{bar}</div>
      <div className="welcome">
        <Logo size={44} />
        <h1>{_('What should be looked after?')}</h1>
        <p className="muted">
          {_('Ask in your own words; the right Operator is chosen. Looking is free, changing waits for you.')}
        </p>
        <NoProvider />
        {canAsk && (
          <ul className="ideas" aria-label={_('For example')}>
            {ideas().map((idea) => (
              <li key={idea}>
                <button type="button" onClick={() => setDraft(idea)}>
                  {idea}
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
      <div className="composer-area">
        <CommandNote answer={commands.answer} close={commands.close} />
        <ErrorNote error={create.error ?? send.error ?? commands.error} />
        <Composer
          draft={draft}
          setDraft={setDraft}
          send={submit}
          command={commands.run}
          busy={create.isPending || send.isPending || commands.isPending}
          focus
        />
      </div>
    </section>
  );
}

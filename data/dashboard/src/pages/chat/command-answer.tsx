// SPDX-License-Identifier: MIT
import { useNavigate } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button';
import { RichText } from '../../components/rich-text';
import { useRunCommand } from '../../lib/commands';
import { download } from '../../lib/conversations';
import { _ } from '../../lib/i18n';
import type { CommandAnswer } from '../../lib/types';

/** Runs commands for a composer: `run` does one, `answer` is what is to be shown of it. */
export function useCommands(sessionId?: string) {
  const run = useRunCommand();
  const navigate = useNavigate();
  const [answer, setAnswer] = useState<CommandAnswer | null>(null);
  const take = (done: CommandAnswer) => {
    setAnswer(done.text ? done : null);
    if (done.action === 'download' && done.url) download(done.url);
    if (done.action === 'new') void navigate({ to: '/chat' });
    if (done.action === 'open' && done.session_id)
      void navigate({ to: '/chat/$sessionId', params: { sessionId: done.session_id } });
  };
  return {
    answer,
    close: () => setAnswer(null),
    error: run.error,
    isPending: run.isPending,
    run: async (text: string) => take(await run.mutateAsync({ text, ...(sessionId ? { sessionId } : {}) })),
  };
}

/** What a command said: for the asker alone, and not part of the conversation. */
export function CommandNote({ answer, close }: { answer: CommandAnswer | null; close: () => void }) {
  if (!answer) return null;
  return (
    <section className="command-note" aria-label={`/${answer.command}`} role="status">
      <div className="grow">
        <RichText text={answer.text} />
      </div>
      <Button look="quiet" small square aria-label={_('Close')} onClick={close}>
        <X className="icon" aria-hidden />
      </Button>
    </section>
  );
}

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Download, MessageSquareOff } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { Empty, ErrorNote } from '../../components/states';
import { sessionQuery, useSendMessage, useStopRun } from '../../lib/chat';
import { ApiError } from '../../lib/client';
import { useMediaQuery, useStored } from '../../lib/hooks';
import { _ } from '../../lib/i18n';
import { useSession } from '../../lib/use-session';
import { NoProvider } from '../shared/no-provider';
import { CommandNote, useCommands } from './command-answer';
import { Composer } from './composer';
import { ExportDialog } from './export-dialog';
import { RunDetails } from './run-details';
import { Transcript } from './transcript';

interface Props {
  id: string;
  bar: ReactNode;
  details: boolean;
  closeDetails: () => void;
}

export function Conversation({ id, bar, details, closeDetails }: Props) {
  const session = useQuery(sessionQuery(id));
  const view = useSession(id);
  const send = useSendMessage();
  const stop = useStopRun();
  const commands = useCommands(id);
  const [isExporting, setExporting] = useState(false);
  const isWide = useMediaQuery('(min-width: 1180px)');
  const [draft, setDraft] = useStored(`draft.${id}`, '');
  if (session.error instanceof ApiError && session.error.code === 'not_found')
    return (
      <section className="conversation">
        <div className="chat-bar">{bar}</div>
        <Empty icon={MessageSquareOff} title={_('This conversation is gone')}>
          <p>{_('It was deleted, or it is somebody else’s. Choose another one, or begin anew.')}</p>
        </Empty>
      </section>
    );

  const side = <RunDetails runs={view.runs} calls={view.calls} />;
  return (
    <>
      <section className="conversation" aria-label={_('Conversation')}>
        <div className="chat-bar">
          {bar}
          <h1 className="clip">{session.data?.title ?? ' '}</h1>
          <Button
            className="export"
            look="quiet"
            square
            aria-label={_('Export conversation')}
            onClick={() => setExporting(true)}
          >
            <Download className="icon" aria-hidden />
          </Button>
        </div>
        <Transcript view={view} />
        <div className="composer-area">
          <NoProvider />
          <CommandNote answer={commands.answer} close={commands.close} />
          <ErrorNote error={send.error ?? stop.error ?? commands.error} />
          <Composer
            draft={draft}
            setDraft={setDraft}
            send={(text, attachments) => send.mutateAsync({ sessionId: id, text, attachments })}
            command={commands.run}
            hasSession
            busy={send.isPending || commands.isPending}
            stop={view.live ? () => stop.mutate(view.live?.id ?? '') : undefined}
            stopping={stop.isPending}
            focus
          />
        </div>
      </section>
      {isExporting && <ExportDialog id={id} onClose={() => setExporting(false)} />}
      {details && isWide && (
        <aside className="chat-details" aria-label={_('Run details')}>
          {side}
        </aside>
      )}
      {details && !isWide && (
        <Dialog title={_('Run details')} className="sheet" onClose={closeDetails}>
          {side}
        </Dialog>
      )}
    </>
  );
}

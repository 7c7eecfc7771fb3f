// SPDX-License-Identifier: MIT
import { useParams } from '@tanstack/react-router';
import { PanelLeft, PanelRight } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { prepareRichText } from '../../components/rich-text';
import { useStored } from '../../lib/hooks';
import { _ } from '../../lib/i18n';
import { Conversation } from './conversation';
import { NewConversation } from './new-conversation';
import { SessionsList } from './sessions-list';

/** Conversations left, transcript centre, run details right; the sides are sheets where there is no room. */
export default function ChatPage() {
  const { sessionId } = useParams({ strict: false });
  const [isListOpen, setListOpen] = useState(false);
  const [details, setDetails] = useStored('chat.details', 'closed');
  const areDetailsOpen = details === 'open';
  useEffect(prepareRichText, []);
  const bar = (
    <>
      <Button
        className="narrow-only"
        look="quiet"
        square
        aria-label={_('Conversations')}
        onClick={() => setListOpen(true)}
      >
        <PanelLeft className="icon" aria-hidden />
      </Button>
      {sessionId && (
        <Button
          className="details-toggle"
          look="quiet"
          square
          aria-label={_('Run details')}
          aria-pressed={areDetailsOpen}
          onClick={() => setDetails(areDetailsOpen ? 'closed' : 'open')}
        >
          <PanelRight className="icon" aria-hidden />
        </Button>
      )}
    </>
  );
  return (
    <div className="chat">
      <aside className="chat-list wide-only" aria-label={_('Conversations')}>
        <SessionsList current={sessionId} />
      </aside>
      {isListOpen && (
        <Dialog title={_('Conversations')} className="sheet left" onClose={() => setListOpen(false)}>
          <SessionsList current={sessionId} onChoose={() => setListOpen(false)} />
        </Dialog>
      )}
      {sessionId ? (
        <Conversation
          key={sessionId}
          id={sessionId}
          bar={bar}
          details={areDetailsOpen}
          closeDetails={() => setDetails('closed')}
        />
      ) : (
        <NewConversation bar={bar} />
      )}
    </div>
  );
}

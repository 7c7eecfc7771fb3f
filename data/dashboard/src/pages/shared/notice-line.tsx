// SPDX-License-Identifier: MIT
import { Info, Replace, Shrink } from 'lucide-react';
import { RichText } from '../../components/rich-text';
import { _, ngettext } from '../../lib/i18n';
import type { Message } from '../../lib/types';

function Summary({ message }: { message: Message }) {
  const { summary, n_messages = 0, model } = message.content;
  return (
    <details className="notice-more">
      <summary className="notice">
        <Shrink className="icon" aria-hidden />{' '}
        {ngettext(
          '{count} earlier message was summarised for the model. It still stands here.',
          '{count} earlier messages were summarised for the model. They all still stand here.',
          n_messages,
        )}
      </summary>
      <div className="card stack tight">
        <p className="small muted">
          {model
            ? _('What it is shown in their place, as {model} put it:', { model })
            : _('What it is shown in their place; no model could write it, so it is the beginning of each:')}
        </p>
        <RichText text={summary ?? ''} />
      </div>
    </details>
  );
}

/** What Vigilus itself has to say within a conversation. */
export function NoticeLine({ message }: { message: Message }) {
  const { code, text, provider, error } = message.content;
  if (code === 'compacted') return <Summary message={message} />;
  if (code === 'fallback')
    return (
      <p className="notice">
        <Replace className="icon" aria-hidden />{' '}
        {_('{provider} goes on with this, for the first model could not answer: {error}', {
          provider: provider ?? '',
          error: error ?? '',
        })}
      </p>
    );
  return (
    <p className="notice">
      <Info className="icon" aria-hidden /> {text}
    </p>
  );
}

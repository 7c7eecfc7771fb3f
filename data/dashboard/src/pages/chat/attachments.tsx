// SPDX-License-Identifier: MIT
import { FileText, Image, Paperclip, X } from 'lucide-react';
import { useRef } from 'react';
import { Button } from '../../components/button';
import { ACCEPT, contentUrl, isPicture, MOST, type useAttachments } from '../../lib/attachments';
import { _ } from '../../lib/i18n';
import type { SentAttachment } from '../../lib/types';

type Attachments = ReturnType<typeof useAttachments>;

export function AttachButton({ attachments }: { attachments: Attachments }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={ACCEPT}
        aria-label={_('Files to attach')}
        onChange={(event) => {
          void attachments.add([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      <Button
        look="quiet"
        square
        busy={attachments.isPending}
        disabled={attachments.items.length >= MOST}
        aria-label={_('Attach pictures or texts')}
        title={_('Attach pictures or texts')}
        onClick={() => input.current?.click()}
      >
        {!attachments.isPending && <Paperclip className="icon" aria-hidden />}
      </Button>
    </>
  );
}

/** What will go with the message, each with a way to take it back. */
export function AttachmentChips({ attachments }: { attachments: Attachments }) {
  if (attachments.items.length === 0) return null;
  return (
    <ul className="attachment-chips" aria-label={_('Attachments')}>
      {attachments.items.map((item) => {
        const Icon = isPicture(item) ? Image : FileText;
        return (
          <li key={item.id} className="attachment-chip">
            <Icon className="icon" aria-hidden /> <span className="clip">{item.name}</span>
            <Button
              look="quiet"
              small
              square
              aria-label={_('Remove {name}', { name: item.name })}
              onClick={() => attachments.remove(item)}
            >
              <X className="icon" aria-hidden />
            </Button>
          </li>
        );
      })}
    </ul>
  );
}

/** What went with a message. */
export function SentAttachments({ items }: { items: SentAttachment[] | undefined }) {
  if (!items?.length) return null;
  return (
    <ul className="sent-attachments" aria-label={_('Attachments')}>
      {items.map((item) => (
        <li key={item.id}>
          {isPicture(item) ? (
            <a href={contentUrl(item.id)} target="_blank" rel="noreferrer">
              <img src={contentUrl(item.id)} alt={item.name} loading="lazy" />
            </a>
          ) : (
            <a className="attachment-chip" href={contentUrl(item.id)} download={item.name}>
              <FileText className="icon" aria-hidden /> <span className="clip">{item.name}</span>
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}

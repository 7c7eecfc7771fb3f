// SPDX-License-Identifier: MIT
// What is shown to a model beside the words: pictures and texts, uploaded before they are sent.
import { useState } from 'react';
import { api, ask } from './client';
import type { Attachment, SentAttachment } from './types';

export const MOST = 8;
/** For the file dialog; what counts is what the daemon finds in the file. */
export const ACCEPT = 'image/png,image/jpeg,image/gif,image/webp,text/*,.log,.conf,.yml,.yaml,.json,.toml,.ini,.md';

function upload(file: File): Promise<Attachment> {
  return ask(
    api.POST('/api/v1/attachments', {
      params: { query: { name: file.name.slice(0, 200) } },
      body: file as unknown as string,
      bodySerializer: (body) => body as unknown as BodyInit,
      headers: { 'Content-Type': 'application/octet-stream' },
    }),
  );
}

export function contentUrl(id: string): string {
  return `/api/v1/attachments/${id}/content`;
}

export function isPicture({ media_type }: Pick<SentAttachment, 'media_type'>): boolean {
  return media_type.startsWith('image/');
}

/** The attachments of a message that is being written. */
export function useAttachments() {
  const [items, setItems] = useState<Attachment[]>([]);
  const [error, setError] = useState<Error | null>(null);
  const [pending, setPending] = useState(0);
  const add = async (files: File[]) => {
    setError(null);
    for (const file of files.slice(0, MOST - items.length)) {
      setPending((count) => count + 1);
      await upload(file)
        .then((item) => setItems((all) => [...all, item].slice(0, MOST)))
        .catch(setError);
      setPending((count) => count - 1);
    }
  };
  const remove = (item: Attachment) => {
    setItems((all) => all.filter((other) => other.id !== item.id));
    void ask(api.DELETE('/api/v1/attachments/{id}', { params: { path: { id: item.id } } })).catch(() => undefined);
  };
  return { items, error, isPending: pending > 0, add, remove, put: setItems };
}

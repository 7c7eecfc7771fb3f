// SPDX-License-Identifier: MIT
// Alternatives of what was said: they follow the same message, and one of them is shown.
import { useMutation } from '@tanstack/react-query';
import { putRun } from './chat';
import { api, ask } from './client';
import { queryClient } from './query';
import type { Message, Run } from './types';

const path = (id: string) => ({ path: { id } });

function refresh(sessionId: string) {
  return Promise.all(
    ['messages', 'session-runs', 'session'].map((key) => queryClient.invalidateQueries({ queryKey: [key, sessionId] })),
  );
}

/** Says something else instead of a message, which stays as an alternative. */
export function useResend() {
  return useMutation({
    mutationFn: ({ message, text }: { message: Message; text: string }) =>
      ask(
        api.POST('/api/v1/sessions/{id}/messages', {
          params: path(message.session_id),
          body: {
            text,
            parent_id: message.parent_id,
            attachments: message.content.attachments?.map((item) => item.id) ?? [],
          },
        }),
      ),
    onSuccess: branched,
  });
}

export function useRegenerate() {
  return useMutation({
    mutationFn: (messageId: string) => ask(api.POST('/api/v1/messages/{id}/regenerate', { params: path(messageId) })),
    onSuccess: branched,
  });
}

function branched(run: Run) {
  putRun(run);
  return refresh(run.session_id);
}

export function useShowBranch() {
  return useMutation({
    mutationFn: (messageId: string) => ask(api.POST('/api/v1/messages/{id}/show', { params: path(messageId) })),
    onSuccess: (session) => {
      queryClient.setQueryData(['session', session.id], session);
      return refresh(session.id);
    },
  });
}

/** Which alternative a message is, from 1, and those before and after it. */
export function placeOf(message: Message) {
  const index = message.alternatives.indexOf(message.id);
  return {
    number: index + 1,
    count: message.alternatives.length,
    before: message.alternatives[index - 1],
    after: message.alternatives[index + 1],
  };
}

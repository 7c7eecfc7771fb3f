// SPDX-License-Identifier: MIT
// Slash commands. The daemon says which there are and does them; this only completes their names.
import { queryOptions, useMutation } from '@tanstack/react-query';
import { putRun } from './chat';
import { api, ask } from './client';
import { queryClient } from './query';
import type { Command } from './types';

export const commandsQuery = queryOptions({
  queryKey: ['commands'],
  queryFn: async () => (await ask(api.GET('/api/v1/commands'))).items,
  staleTime: Number.POSITIVE_INFINITY,
});

/** A slash and a word, as the daemon sees it: paths such as /etc/fstab are none. */
export function isCommand(text: string): boolean {
  return /^\/[a-z][a-z-]{0,31}(\s|$)/i.test(text);
}

/** The commands that a half-written name may become; none once the argument has begun. */
export function matchCommands(commands: Command[], text: string, hasSession: boolean): Command[] {
  const name = /^\/([a-z-]*)$/i.exec(text)?.[1]?.toLowerCase();
  if (name === undefined) return [];
  return commands.filter((command) => command.name.startsWith(name) && (hasSession || !command.needs_session));
}

export function useRunCommand() {
  return useMutation({
    mutationFn: ({ text, sessionId }: { text: string; sessionId?: string }) =>
      ask(api.POST('/api/v1/commands', { body: { text, session_id: sessionId ?? null } })),
    onSuccess: (answer) => {
      if (answer.run) putRun(answer.run);
      return queryClient.invalidateQueries({ queryKey: ['sessions'] });
    },
  });
}

// SPDX-License-Identifier: MIT
import { useState } from 'react';
import { _ } from '../../lib/i18n';
import { useCreateCredential, useSaveServer } from '../../lib/servers';
import type { Server } from '../../lib/types';
import { check, type Wrongs, wrongsOf } from '../../lib/validate';
import {
  type DockerDraft,
  dockerBody,
  dockerDraftOf,
  dockerHostOf,
  dockerMembers,
  isAlone,
  lacksAddress,
} from './docker-draft';
import { bodyOf, kindOf, noSecrets, type Secrets, type Source, secretMembers } from './secret-fields';

export interface ServerDraft {
  name: string;
  host: string;
  port: number;
  user_name: string;
  os: string;
  tags: string;
  notes: string;
  operators: string[];
  source: Source | 'stored';
  credential_id: string;
  jump_id: string;
  file_paths: string;
  credential_name: string;
  secrets: Secrets;
  docker: DockerDraft;
}

const members = [
  'name',
  'host',
  'port',
  'user_name',
  'credential_id',
  'jump_id',
  'file_paths',
  'os',
  'tags',
  'notes',
  'operators',
  ...dockerMembers,
];

function draftOf(server: Server | null): ServerDraft {
  return {
    name: server?.name ?? '',
    host: server?.host ?? '',
    port: server?.port ?? 22,
    user_name: server?.user_name ?? '',
    os: server?.os ?? '',
    tags: server?.tags.join(', ') ?? '',
    notes: server?.notes ?? '',
    operators: server?.operators ?? [],
    source: server ? 'stored' : 'key',
    credential_id: server?.credential_id ?? '',
    jump_id: server?.jump_id ?? '',
    file_paths: server?.file_paths.join('\n') ?? '',
    credential_name: '',
    secrets: noSecrets,
    docker: dockerDraftOf(server),
  };
}

export function tagsOf(text: string): string[] {
  const tags = text.split(',').map((tag) => tag.trim());
  return [...new Set(tags)].filter((tag) => tag !== '');
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return [...new Set(lines)].filter((line) => line !== '');
}

const nameOfCredential = (draft: ServerDraft) =>
  draft.credential_name.trim() || `${draft.user_name.trim()}@${draft.host.trim()}`.slice(0, 100);

function credentialBody(draft: ServerDraft, source: Source) {
  return { name: nameOfCredential(draft), kind: kindOf(source), ...bodyOf(source, draft.secrets) };
}

/** The name stands in two forms at once. */
function renamed({ name, ...rest }: Wrongs): Wrongs {
  return name ? { ...rest, credential_name: name } : rest;
}

/** Saves a server, and the credential that was entered with it first. */
export function useServerEditor(server: Server | null) {
  const [draft, setDraft] = useState(() => draftOf(server));
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const saving = useSaveServer(server?.id ?? null);
  const creating = useCreateCredential();

  const body = (credential_id: string | null) => ({
    name: draft.name.trim() || (draft.host.trim() || dockerHostOf(draft.docker)).slice(0, 64),
    host: draft.host.trim(),
    port: draft.port,
    user_name: draft.user_name.trim(),
    os: draft.os.trim() || null,
    tags: tagsOf(draft.tags),
    notes: draft.notes,
    jump_id: draft.jump_id || null,
    file_paths: linesOf(draft.file_paths),
    operators: draft.operators,
    ...dockerBody(draft.docker),
    credential_id,
  });

  const store = async (source: Source) => {
    const credential = await creating.mutateAsync(credentialBody(draft, source)).catch((error: Error) => {
      setWrongs(renamed(wrongsOf(error, ['name', ...secretMembers])));
      return null;
    });
    // It is stored now, also where the server is then refused: the next try takes it.
    if (credential) setDraft((old) => ({ ...old, source: 'stored', credential_id: credential.id, secrets: noSecrets }));
    return credential;
  };

  const save = async () => {
    const source = isAlone(draft) ? 'stored' : draft.source;
    const found: Wrongs = {
      ...(source === 'stored' ? {} : renamed(check('createCredential', credentialBody(draft, source)))),
      ...check(server ? 'updateServer' : 'createServer', body(null)),
    };
    if (!isAlone(draft))
      for (const name of ['host', 'user_name'] as const) if (!draft[name].trim()) found[name] = _('This is needed.');
    // It is called as its hostname then, and that is what is needed.
    if (body(null).name === '') delete found.name;
    if (lacksAddress(draft.docker)) found.docker_endpoint = _('This is needed.');
    setWrongs(found);
    if (Object.keys(found).length > 0) return null;
    const stored = source === 'stored' ? null : await store(source);
    if (source !== 'stored' && !stored) return null;
    const id = stored?.id ?? (draft.credential_id || null);
    const saved = await saving.mutateAsync(body(id)).catch((error: Error) => {
      setWrongs(wrongsOf(error, members));
      return null;
    });
    return saved && { server: saved, line: source === 'generate' ? (stored?.public_key ?? null) : null };
  };

  return {
    draft,
    wrongs,
    save,
    set: (change: Partial<ServerDraft>) => setDraft((old) => ({ ...old, ...change })),
    isSaving: saving.isPending || creating.isPending,
    error: creating.error ?? saving.error,
  };
}

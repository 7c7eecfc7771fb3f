// SPDX-License-Identifier: MIT
import { useState } from 'react';
import { useSaveHttpTool } from '../../lib/http-tools';
import type { Body, HttpTool } from '../../lib/types';
import { check, type Wrongs, wrongsOf } from '../../lib/validate';

export type HttpToolBody = Required<Body<'createHttpTool'>>;
export type Parameter = HttpToolBody['parameters'][number];

export interface PartProps {
  draft: HttpToolBody;
  wrongs: Wrongs;
  set: (change: Partial<HttpToolBody>) => void;
}

const fresh: HttpToolBody = {
  name: '',
  title: '',
  description: '',
  level: 'read',
  enabled: true,
  credential_id: null,
  method: 'GET',
  url: '',
  headers: [],
  parameters: [],
  body_type: 'none',
  body: null,
  auth: 'none',
  auth_name: null,
  auth_user: null,
  ca: null,
  timeout: 30,
};

export const members = Object.keys(fresh);

function draftOf(tool: HttpTool | null): HttpToolBody {
  if (!tool) return fresh;
  const { id: _id, tool: _tool, created_at: _created, updated_at: _updated, ...rest } = tool;
  return { ...fresh, ...rest };
}

const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]{0,63})\}/g;

/** The placeholders that stand somewhere in the request. */
export function placeholdersOf(draft: HttpToolBody): string[] {
  const texts = [
    draft.url,
    ...draft.headers.map(({ value }) => value),
    draft.body_type === 'none' ? '' : (draft.body ?? ''),
  ];
  return [...new Set(texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '')))];
}

/** A parameter for each placeholder, in their order; what was said of one is kept. */
export function withParameters(draft: HttpToolBody): HttpToolBody {
  const path = draft.url.split('?')[0] ?? '';
  const parameters = placeholdersOf(draft).map((name): Parameter => {
    const known = draft.parameters.find((parameter) => parameter.name === name);
    const isInPath = path.includes(`{${name}}`);
    return known
      ? { ...known, required: known.required || isInPath }
      : { name, type: 'string', description: '', required: isInPath };
  });
  return { ...draft, parameters };
}

/** What is sent: nothing that belongs to another choice. */
export function bodyOf(draft: HttpToolBody): HttpToolBody {
  const hasBody = draft.method !== 'GET' && draft.method !== 'HEAD' && draft.body_type !== 'none';
  return {
    ...draft,
    name: draft.name.trim(),
    url: draft.url.trim(),
    body_type: hasBody ? draft.body_type : 'none',
    body: hasBody ? (draft.body ?? '') : null,
    auth_name: draft.auth === 'header' || draft.auth === 'query' ? draft.auth_name : null,
    auth_user: draft.auth === 'basic' ? draft.auth_user : null,
    credential_id: draft.auth === 'none' ? null : draft.credential_id,
    ca: draft.ca?.trim() || null,
  };
}

export function useHttpToolEditor(tool: HttpTool | null) {
  const [draft, setDraft] = useState(() => draftOf(tool));
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const saving = useSaveHttpTool(tool?.id ?? null);
  const set = (change: Partial<HttpToolBody>) => setDraft((old) => withParameters({ ...old, ...change }));
  const checked = () => {
    const body = bodyOf(draft);
    const found = check('createHttpTool', body);
    setWrongs(found);
    return Object.keys(found).length === 0 ? body : null;
  };
  const save = async () => {
    const body = checked();
    if (!body) return null;
    return saving.mutateAsync(body).catch((error: Error) => {
      setWrongs(wrongsOf(error, members));
      return null;
    });
  };
  return { draft, wrongs, set, save, checked, setWrongs, isSaving: saving.isPending, error: saving.error };
}

// SPDX-License-Identifier: MIT
import { QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { api } from '../src/lib/client';
import { queryClient } from '../src/lib/query';
import { tagsOf, useServerEditor } from '../src/pages/servers/use-server-editor';

const sent: { path: string; body: Record<string, unknown> }[] = [];
let refusal: { path: string; field: string } | null = null;

async function daemon(path: string, { body }: { body: Record<string, unknown> }) {
  sent.push({ path, body });
  if (refusal?.path === path) {
    const details = { field: refusal.field };
    return {
      error: { error: { code: 'invalid', message: 'no', details } },
      response: new Response(null, { status: 400 }),
    };
  }
  return {
    data: { ...body, id: `${path}/1`, public_key: 'ssh-ed25519 AAAA' },
    response: new Response(null, { status: 201 }),
  };
}

function edit() {
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
  );
  const { result } = renderHook(() => useServerEditor(null), { wrapper });
  act(() => result.current.set({ name: 'nas', host: 'nas.lan', user_name: 'ada' }));
  return result;
}

beforeEach(() => {
  sent.length = 0;
  refusal = null;
  vi.spyOn(api, 'POST').mockImplementation(daemon as unknown as typeof api.POST);
});

afterEach(() => {
  vi.restoreAllMocks();
  queryClient.clear();
});

test('nothing is sent without a key', async () => {
  const editor = edit();
  await act(async () => void (await editor.current.save()));
  expect(editor.current.wrongs).toEqual({ private_key: 'This is needed.' });
  expect(sent).toEqual([]);
});

test('a key that was stored with a server that is refused is not stored twice', async () => {
  const editor = edit();
  act(() => editor.current.set({ secrets: { private_key: 'KEY', passphrase: '', password: '', secret: '' } }));
  refusal = { path: '/api/v1/servers', field: 'name' };
  await act(async () => void (await editor.current.save()));
  expect(editor.current.wrongs).toEqual({ name: 'no' });
  expect(editor.current.draft.secrets.private_key).toBe('');
  refusal = null;
  await act(async () => void (await editor.current.save()));
  expect(sent.map(({ path }) => path)).toEqual(['/api/v1/credentials', '/api/v1/servers', '/api/v1/servers']);
  expect(sent[0]?.body).toEqual({ name: 'ada@nas.lan', kind: 'ssh_key', private_key: 'KEY' });
  expect(sent[2]?.body).toMatchObject({ name: 'nas', port: 22, credential_id: '/api/v1/credentials/1' });
});

test('who fills in nothing is asked for the hostname, not for the name that may be empty', async () => {
  const editor = edit();
  act(() => editor.current.set({ name: '', host: '', user_name: '', source: 'stored' }));
  await act(async () => void (await editor.current.save()));
  expect(editor.current.wrongs).toEqual({ host: 'This is needed.', user_name: 'This is needed.' });
});

test('what the daemon objects to in the key is marked there, its name apart from the server’s', async () => {
  const editor = edit();
  act(() => editor.current.set({ source: 'generate' }));
  refusal = { path: '/api/v1/credentials', field: 'name' };
  await act(async () => void (await editor.current.save()));
  expect(editor.current.wrongs).toEqual({ credential_name: 'no' });
  refusal = null;
  await act(async () => expect(await editor.current.save()).toMatchObject({ line: 'ssh-ed25519 AAAA' }));
});

test('without a name it is called as its host', async () => {
  const editor = edit();
  act(() => editor.current.set({ name: ' ', source: 'stored' }));
  await act(async () => void (await editor.current.save()));
  expect(sent[0]?.body).toMatchObject({ name: 'nas.lan', host: 'nas.lan' });
});

const noDocker = {
  kind: 'none',
  socket: '/var/run/docker.sock',
  address: '',
  ca: '',
  certificate: '',
  credential_id: '',
  folders: '',
} as const;

test('an Engine that is reached without SSH needs no host, no user and no key', async () => {
  for (const [docker, name, docker_endpoint] of [
    [{ kind: 'unix', folders: ' /srv/stacks\n\n/srv/stacks ' }, 'docker', 'unix:///var/run/docker.sock'],
    [{ kind: 'tcp', address: ' nas.lan:2376 ', folders: '/srv/stacks' }, 'nas.lan', 'tcp://nas.lan:2376'],
  ] as const) {
    sent.length = 0;
    const editor = edit();
    act(() => editor.current.set({ name: ' ', host: ' ', user_name: '', docker: { ...noDocker, ...docker } }));
    await act(async () => void (await editor.current.save()));
    expect(editor.current.wrongs).toEqual({});
    expect(sent.map(({ path }) => path)).toEqual(['/api/v1/servers']);
    expect(sent[0]?.body).toMatchObject({
      name,
      host: '',
      user_name: '',
      credential_id: null,
      docker_endpoint,
      compose_folders: ['/srv/stacks'],
    });
  }
});

test('all else needs a host and a user: also an Engine that is reached by SSH', async () => {
  for (const kind of ['none', 'ssh'] as const) {
    const editor = edit();
    act(() => editor.current.set({ host: '', user_name: '', source: 'stored', docker: { ...noDocker, kind } }));
    await act(async () => void (await editor.current.save()));
    expect(editor.current.wrongs).toMatchObject({ host: 'This is needed.', user_name: 'This is needed.' });
  }
  expect(sent).toEqual([]);
});

test('an Engine without an address is sent back, and with SSH beside it a key is still needed', async () => {
  const editor = edit();
  act(() => editor.current.set({ host: '', user_name: '', docker: { ...noDocker, kind: 'tcp' } }));
  await act(async () => void (await editor.current.save()));
  expect(editor.current.wrongs.docker_endpoint).toBe('This is needed.');
  act(() => editor.current.set({ host: 'nas.lan', user_name: 'ada', docker: { ...noDocker, kind: 'unix' } }));
  await act(async () => void (await editor.current.save()));
  expect(editor.current.wrongs).toEqual({ private_key: 'This is needed.' });
  expect(sent).toEqual([]);
});

test('tags are parted by commas', () => {
  expect(tagsOf(' storage,, cellar ,storage')).toEqual(['storage', 'cellar']);
});

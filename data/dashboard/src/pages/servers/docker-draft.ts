// SPDX-License-Identifier: MIT
import type { Server } from '../../lib/types';

export type DockerKind = 'none' | 'unix' | 'ssh' | 'tcp';

/** A server's Docker endpoint as a form has it. */
export interface DockerDraft {
  kind: DockerKind;
  socket: string;
  address: string;
  ca: string;
  certificate: string;
  credential_id: string;
  folders: string;
}

export const dockerMembers = [
  'docker_endpoint',
  'docker_ca',
  'docker_certificate',
  'docker_credential_id',
  'compose_folders',
];

const SOCKET = '/var/run/docker.sock';

function kindOf(endpoint: string | null | undefined): DockerKind {
  const scheme = endpoint?.split('://')[0];
  return scheme === 'unix' || scheme === 'ssh' || scheme === 'tcp' ? scheme : 'none';
}

export function dockerDraftOf(server: Server | null): DockerDraft {
  const kind = kindOf(server?.docker_endpoint);
  const rest = server?.docker_endpoint?.split('://')[1] ?? '';
  return {
    kind,
    socket: kind !== 'tcp' && rest ? rest : SOCKET,
    address: kind === 'tcp' ? rest : '',
    ca: server?.docker_ca ?? '',
    certificate: server?.docker_certificate ?? '',
    credential_id: server?.docker_credential_id ?? '',
    folders: server?.compose_folders?.join('\n') ?? '',
  };
}

/** An Engine that is reached without SSH, where no SSH was entered. */
export function isAlone({
  docker,
  host,
  user_name,
}: {
  docker: DockerDraft;
  host: string;
  user_name: string;
}): boolean {
  return (docker.kind === 'unix' || docker.kind === 'tcp') && (host.trim() === '' || user_name.trim() === '');
}

/** What such a server is called that has no name. */
export function dockerHostOf({ kind, address }: DockerDraft): string {
  if (kind === 'tcp') return address.trim().replace(/:\d+$/, '');
  return kind === 'unix' ? 'docker' : '';
}

export function lacksAddress({ kind, socket, address }: DockerDraft): boolean {
  return kind !== 'none' && (kind === 'tcp' ? address : socket).trim() === '';
}

function endpointOf({ kind, socket, address }: DockerDraft): string | null {
  if (kind === 'none') return null;
  return `${kind}://${kind === 'tcp' ? address.trim() : socket.trim()}`;
}

/** What the API is sent: only what belongs to the chosen kind. */
export function dockerBody(draft: DockerDraft) {
  const isTcp = draft.kind === 'tcp';
  const folders = draft.kind === 'none' ? [] : draft.folders.split('\n').map((folder) => folder.trim());
  return {
    docker_endpoint: endpointOf(draft),
    docker_ca: (isTcp && draft.ca.trim()) || null,
    docker_certificate: (isTcp && draft.certificate.trim()) || null,
    docker_credential_id: (isTcp && draft.credential_id) || null,
    compose_folders: [...new Set(folders)].filter((folder) => folder !== ''),
  };
}

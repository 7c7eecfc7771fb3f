// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { AreaField, SelectField, TextField } from '../../components/form';
import { _ } from '../../lib/i18n';
import { credentialsQuery } from '../../lib/servers';
import type { Wrongs } from '../../lib/validate';
import type { DockerDraft, DockerKind } from './docker-draft';

interface Props {
  draft: DockerDraft;
  wrongs: Wrongs;
  set: (change: Partial<DockerDraft>) => void;
}

function Tls({ draft, wrongs, set }: Props) {
  const credentials = useQuery(credentialsQuery).data ?? [];
  const pem = { className: 'input mono', rows: 3, spellCheck: false, placeholder: '-----BEGIN CERTIFICATE-----' };
  return (
    <>
      <AreaField
        label={_('Certificate authority')}
        {...pem}
        value={draft.ca}
        wrong={wrongs.docker_ca}
        hint={_('What the Engine’s certificate must be from (ca.pem). Empty: those that the system trusts.')}
        onChange={(event) => set({ ca: event.target.value })}
      />
      <AreaField
        label={_('Client certificate')}
        {...pem}
        value={draft.certificate}
        wrong={wrongs.docker_certificate}
        hint={_('cert.pem; its private key (key.pem) is a credential.')}
        onChange={(event) => set({ certificate: event.target.value })}
      />
      <SelectField
        label={_('Private key of the client certificate')}
        value={draft.credential_id}
        wrong={wrongs.docker_credential_id}
        hint={_('Add the key under Credentials first: PEM, without a passphrase.')}
        onChange={(event) => set({ credential_id: event.target.value })}
      >
        <option value="">{_('None')}</option>
        {credentials
          .filter(({ kind }) => kind === 'ssh_key')
          .map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
      </SelectField>
    </>
  );
}

/** Where containers are looked after, and which Compose projects. */
export function DockerFields(props: Props) {
  const { draft, wrongs, set } = props;
  const { kind } = draft;
  return (
    <>
      <SelectField
        label={_('Docker')}
        value={kind}
        hint={_(
          'Whoever reaches Docker can do anything on that machine: Operators need approval for what changes anything.',
        )}
        onChange={(event) => set({ kind: event.target.value as DockerKind })}
      >
        <option value="none">{_('None')}</option>
        <option value="unix">{_('On the machine of Vigilus, by its socket')}</option>
        <option value="ssh">{_('On this server, through its SSH connection')}</option>
        <option value="tcp">{_('Over the network, with TLS')}</option>
      </SelectField>
      {(kind === 'unix' || kind === 'ssh') && (
        <TextField
          label={_('Socket')}
          className="mono"
          value={draft.socket}
          wrong={wrongs.docker_endpoint}
          spellCheck={false}
          autoCapitalize="off"
          hint={
            kind === 'ssh'
              ? _(
                  'On the server; the user who signs in there must be allowed to use it (group docker). Podman’s is usually /run/podman/podman.sock.',
                )
              : _('Podman’s is usually /run/podman/podman.sock.')
          }
          onChange={(event) => set({ socket: event.target.value })}
        />
      )}
      {kind === 'tcp' && (
        <>
          <TextField
            label={_('Address of the Engine')}
            className="mono"
            value={draft.address}
            wrong={wrongs.docker_endpoint}
            placeholder="nas.home.arpa:2376"
            spellCheck={false}
            autoCapitalize="off"
            hint={_('Host and port. Without TLS nothing is sent.')}
            onChange={(event) => set({ address: event.target.value })}
          />
          <Tls {...props} />
        </>
      )}
      {kind !== 'none' && (
        <AreaField
          label={_('Folders of Compose projects')}
          className="input mono"
          rows={2}
          value={draft.folders}
          wrong={wrongs.compose_folders}
          placeholder="/srv/stacks"
          spellCheck={false}
          hint={_('On the machine of Vigilus, one a line. Operators manage no project elsewhere.')}
          onChange={(event) => set({ folders: event.target.value })}
        />
      )}
    </>
  );
}

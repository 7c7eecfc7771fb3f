// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { AreaField, CheckField, ChoiceField, SelectField, TextField } from '../../components/form';
import { _ } from '../../lib/i18n';
import { operatorsQuery } from '../../lib/operators';
import { credentialsQuery, serversQuery } from '../../lib/servers';
import type { Wrongs } from '../../lib/validate';
import { dockerHostOf } from './docker-draft';
import { SecretFields, sourceChoices } from './secret-fields';
import type { ServerDraft } from './use-server-editor';

export interface PartProps {
  draft: ServerDraft;
  wrongs: Wrongs;
  set: (change: Partial<ServerDraft>) => void;
  /** The one that is edited, or none. */
  id?: string;
}

export function Address({ draft, wrongs, set }: PartProps) {
  return (
    <>
      <TextField
        label={_('Name')}
        value={draft.name}
        wrong={wrongs.name}
        maxLength={64}
        placeholder={draft.host || dockerHostOf(draft.docker)}
        hint={_('What Operators and you call it. Empty: the hostname.')}
        onChange={(event) => set({ name: event.target.value })}
      />
      <div className="row top-aligned">
        <div className="grow">
          <TextField
            label={_('Hostname')}
            value={draft.host}
            wrong={wrongs.host}
            placeholder="nas.home.arpa"
            spellCheck={false}
            autoCapitalize="off"
            hint={_('A host name or an address. Empty where there is Docker alone.')}
            onChange={(event) => set({ host: event.target.value })}
          />
        </div>
        <TextField
          label={_('Port')}
          className="narrow"
          type="number"
          value={Number.isNaN(draft.port) ? '' : draft.port}
          wrong={wrongs.port}
          onChange={(event) => set({ port: event.target.valueAsNumber })}
        />
      </div>
      <TextField
        label={_('Username')}
        value={draft.user_name}
        wrong={wrongs.user_name}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        hint={_('Operators can do on the server what this user can do.')}
        onChange={(event) => set({ user_name: event.target.value })}
      />
    </>
  );
}

export function CredentialChoice({ draft, wrongs, set }: PartProps) {
  const credentials = (useQuery(credentialsQuery).data ?? []).filter(
    ({ kind }) => kind === 'ssh_key' || kind === 'password',
  );
  const { key, generate, password } = sourceChoices();
  const stored = { value: 'stored', label: _('A stored credential') };
  return (
    <>
      <ChoiceField
        legend={_('How to sign in')}
        value={draft.source}
        choices={[key, stored, generate, password]}
        onChange={(source) => set({ source: source as ServerDraft['source'] })}
      />
      {draft.source === 'stored' ? (
        <SelectField
          label={_('Credential')}
          value={draft.credential_id}
          wrong={wrongs.credential_id}
          hint={credentials.length === 0 ? _('None is stored yet.') : undefined}
          onChange={(event) => set({ credential_id: event.target.value })}
        >
          <option value="">{_('None yet')}</option>
          {credentials.map((credential) => (
            <option key={credential.id} value={credential.id}>
              {credential.name}
            </option>
          ))}
        </SelectField>
      ) : (
        <>
          <SecretFields
            source={draft.source}
            secrets={draft.secrets}
            wrongs={wrongs}
            onChange={(secrets) => set({ secrets })}
          />
          <TextField
            label={_('Name of the credential')}
            value={draft.credential_name}
            wrong={wrongs.credential_name}
            maxLength={100}
            placeholder={_('user@host')}
            hint={_('Other servers can use it too.')}
            onChange={(event) => set({ credential_name: event.target.value })}
          />
        </>
      )}
    </>
  );
}

function JumpField({ draft, wrongs, set, id }: PartProps) {
  const servers = useQuery(serversQuery).data ?? [];
  return (
    <SelectField
      label={_('Jump host')}
      value={draft.jump_id}
      wrong={wrongs.jump_id}
      hint={_('A server through which this one is reached.')}
      onChange={(event) => set({ jump_id: event.target.value })}
    >
      <option value="">{_('None: straight from here')}</option>
      {servers
        .filter((server) => server.id !== id)
        .map((server) => (
          <option key={server.id} value={server.id}>
            {server.name}
          </option>
        ))}
    </SelectField>
  );
}

function PathsField({ draft, wrongs, set }: PartProps) {
  return (
    <AreaField
      label={_('Folders for files')}
      rows={2}
      value={draft.file_paths}
      wrong={wrongs.file_paths}
      placeholder="/srv/files"
      spellCheck={false}
      hint={_('Where Operators may read and write files there, one path a line. With none they may not.')}
      onChange={(event) => set({ file_paths: event.target.value })}
    />
  );
}

function OperatorsField({ draft, set }: PartProps) {
  const operators = useQuery(operatorsQuery).data ?? [];
  const toggle = (id: string, isOn: boolean) =>
    set({ operators: isOn ? [...draft.operators, id] : draft.operators.filter((other) => other !== id) });
  return (
    <fieldset className="choices">
      <legend>{_('Which Operators may use it')}</legend>
      <p className="small muted">{draft.operators.length === 0 ? _('None chosen: all may.') : _('Only these may.')}</p>
      {operators.map(({ id, name }) => (
        <CheckField
          key={id}
          label={name}
          checked={draft.operators.includes(id)}
          onChange={(event) => toggle(id, event.target.checked)}
        />
      ))}
    </fieldset>
  );
}

export function More(props: PartProps) {
  const { draft, wrongs, set, id } = props;
  const found = useQuery(serversQuery).data?.find((server) => server.id === id)?.system;
  return (
    <>
      <JumpField {...props} />
      <PathsField {...props} />
      <TextField
        label={_('OS')}
        value={draft.os}
        wrong={wrongs.os}
        maxLength={128}
        placeholder={found ?? undefined}
        hint={_('Empty: as a check finds it.')}
        onChange={(event) => set({ os: event.target.value })}
      />
      <TextField
        label={_('Tags')}
        value={draft.tags}
        wrong={wrongs.tags}
        placeholder={_('storage, cellar')}
        hint={_('Separated by commas.')}
        onChange={(event) => set({ tags: event.target.value })}
      />
      <AreaField
        label={_('Notes')}
        rows={3}
        value={draft.notes}
        wrong={wrongs.notes}
        onChange={(event) => set({ notes: event.target.value })}
      />
      <OperatorsField {...props} />
      {wrongs.operators && <p className="wrong-text">{wrongs.operators}</p>}
    </>
  );
}

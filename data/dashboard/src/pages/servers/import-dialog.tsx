// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { type ChangeEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { AreaField, CheckField, SelectField, TextField } from '../../components/form';
import { ErrorNote, Note } from '../../components/states';
import { _ } from '../../lib/i18n';
import { credentialsQuery, useImportServers, usePreviewImport } from '../../lib/servers';

type Planned = NonNullable<ReturnType<typeof usePreviewImport>['data']>['servers'][number];

interface TextProps {
  label: string;
  hint: string;
  text: string;
  set: (text: string) => void;
}

/** A text that is pasted, or taken from a file. */
function TextOrFile({ label, hint, text, set }: TextProps) {
  const take = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    if (file) set(await file.text());
  };
  return (
    <div className="stack tight">
      <AreaField
        label={label}
        rows={6}
        className="input mono"
        spellCheck={false}
        value={text}
        hint={hint}
        onChange={(event) => set(event.target.value)}
      />
      <input type="file" aria-label={_('{label}: choose a file', { label })} onChange={take} />
    </div>
  );
}

function PlannedRow({ server, isOn, toggle }: { server: Planned; isOn: boolean; toggle: (isOn: boolean) => void }) {
  const address = `${server.user_name ? `${server.user_name}@` : ''}${server.host}:${server.port}`;
  return (
    <li className="stack tight">
      <CheckField
        label={`${server.name} – ${address}`}
        checked={isOn}
        disabled={server.exists}
        onChange={(event) => toggle(event.target.checked)}
      />
      <ul className="small muted advice">
        {server.exists && <li>{_('A server of this name exists already.')}</li>}
        {server.jump_name && <li>{_('Through {name}', { name: server.jump_name })}</li>}
        {server.host_key && <li>{_('Its host key is known and will be pinned.')}</li>}
        {server.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </li>
  );
}

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [texts, setTexts] = useState({ config: '', known_hosts: '' });
  const [chosen, setChosen] = useState<string[]>([]);
  const [userName, setUserName] = useState('');
  const [credential, setCredential] = useState('');
  const credentials = useQuery(credentialsQuery).data ?? [];
  const preview = usePreviewImport();
  const running = useImportServers();
  const planned = preview.data?.servers;
  const needsUser = (planned ?? []).some(({ name, user_name }) => chosen.includes(name) && !user_name);

  const look = () =>
    preview.mutate(texts, {
      onSuccess: ({ servers }) => setChosen(servers.filter(({ exists }) => !exists).map(({ name }) => name)),
    });
  const run = () =>
    running.mutate({
      ...texts,
      names: chosen,
      user_name: userName.trim() || 'root',
      credential_id: credential || null,
    });

  if (running.data) {
    const { created, skipped } = running.data;
    return (
      <Dialog title={_('Import servers')} onClose={onClose}>
        <Note kind="good">{_('{n} servers are added.', { n: created.length })}</Note>
        {skipped.map(({ name, reason }) => (
          <p key={name} className="wrap">
            {name}: {reason}
          </p>
        ))}
        <div className="actions">
          <Button look="primary" onClick={onClose}>
            {_('Done')}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={_('Import servers')} className="wide" onClose={onClose}>
      <TextOrFile
        label={_('SSH configuration')}
        hint={_('The text of ~/.ssh/config. Nothing in it is run, opened or included.')}
        text={texts.config}
        set={(config) => setTexts({ ...texts, config })}
      />
      <TextOrFile
        label={_('Known hosts')}
        hint={_('The text of ~/.ssh/known_hosts, if you like: its keys are pinned.')}
        text={texts.known_hosts}
        set={(known_hosts) => setTexts({ ...texts, known_hosts })}
      />
      {planned && planned.length === 0 && <Note>{_('No host is named in it without wildcards.')}</Note>}
      {planned && planned.length > 0 && (
        <>
          <ul className="stack tight" aria-label={_('What would be added')}>
            {planned.map((server) => (
              <PlannedRow
                key={server.name}
                server={server}
                isOn={chosen.includes(server.name)}
                toggle={(isOn) =>
                  setChosen(isOn ? [...chosen, server.name] : chosen.filter((name) => name !== server.name))
                }
              />
            ))}
          </ul>
          {needsUser && (
            <TextField
              label={_('Username where none is given')}
              value={userName}
              placeholder="root"
              spellCheck={false}
              onChange={(event) => setUserName(event.target.value)}
            />
          )}
          <SelectField
            label={_('Credential for all of them')}
            value={credential}
            onChange={(event) => setCredential(event.target.value)}
          >
            <option value="">{_('None yet')}</option>
            {credentials.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </SelectField>
        </>
      )}
      <ErrorNote error={preview.error ?? running.error} />
      <div className="actions">
        <Button onClick={onClose}>{_('Cancel')}</Button>
        <Button
          look={planned ? undefined : 'primary'}
          busy={preview.isPending}
          disabled={!texts.config.trim()}
          onClick={look}
        >
          {_('Preview')}
        </Button>
        {planned && planned.length > 0 && (
          <Button look="primary" busy={running.isPending} disabled={chosen.length === 0} onClick={run}>
            {_('Import {n} servers', { n: chosen.length })}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

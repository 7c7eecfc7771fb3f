// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { DeleteButton, Dialog } from '../../components/dialog';
import { ChoiceField } from '../../components/form';
import { Empty, ErrorNote, Loaded, Note } from '../../components/states';
import { _, ngettext } from '../../lib/i18n';
import { credentialsQuery, useDeleteCredential, useUpdateCredential } from '../../lib/servers';
import { say } from '../../lib/toasts';
import type { Credential } from '../../lib/types';
import { check, type Wrongs, wrongsOf } from '../../lib/validate';
import { AddCredential } from './credential-dialog';
import {
  bodyOf,
  kindName,
  noSecrets,
  PublicKey,
  SecretFields,
  type Source,
  secretMembers,
  sourceChoices,
} from './secret-fields';

function ReplaceDialog({ credential, onClose }: { credential: Credential; onClose: () => void }) {
  const isKey = credential.kind === 'ssh_key';
  const [source, setSource] = useState<Source>(credential.kind === 'ssh_key' ? 'key' : credential.kind);
  const [secrets, setSecrets] = useState(noSecrets);
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const update = useUpdateCredential();
  const { key, generate } = sourceChoices();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = bodyOf(source, secrets);
    const found = check('updateCredential', body);
    setWrongs(found);
    if (Object.keys(found).length > 0) return;
    update.mutate(
      { id: credential.id, body },
      {
        onSuccess: () => {
          say(_('The new secret of {name} is stored.', { name: credential.name }));
          onClose();
        },
        onError: (error) => setWrongs(wrongsOf(error, secretMembers)),
      },
    );
  };
  return (
    <Dialog title={_('Replace the secret of {name}', { name: credential.name })} className="wide" onClose={onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <p>{_('The old one is gone for good; the new one counts for all that use it.')}</p>
        {isKey && (
          <ChoiceField
            legend={_('The new key')}
            value={source}
            choices={[key, generate]}
            onChange={(value) => setSource(value as Source)}
          />
        )}
        <SecretFields source={source} secrets={secrets} wrongs={wrongs} onChange={setSecrets} />
        <ErrorNote error={update.error} />
        <div className="actions">
          <Button onClick={onClose}>{_('Cancel')}</Button>
          <Button look="primary" type="submit" busy={update.isPending}>
            {_('Replace')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function DeleteCredential({ credential }: { credential: Credential }) {
  return (
    <DeleteButton id={credential.id} name={credential.name} remove={useDeleteCredential()}>
      <p>{_('Its secret is gone for good. Servers and tools that use it have to be changed first.')}</p>
    </DeleteButton>
  );
}

function usersOf({ servers, tools }: Credential): string {
  const all = [...servers, ...tools];
  const some = all.slice(0, 12).join(', ') || _('nothing');
  return all.length > 12 ? `${some}, ${ngettext('and one more', 'and {count} more', all.length - 12)}` : some;
}

function CredentialCard({ credential }: { credential: Credential }) {
  const [isReplacing, setReplacing] = useState(false);
  return (
    <li className="card stack tight">
      <div className="row">
        <h2>{credential.name}</h2>
        <span className="badge">{kindName(credential.kind)}</span>
      </div>
      {!credential.readable && (
        <Note kind="wait">
          {_('It can’t be decrypted, because VIGILUS_SECRET has changed since it was stored: enter it again.')}
        </Note>
      )}
      <dl className="facts small">
        {credential.fingerprint && (
          <>
            <dt>{_('Fingerprint')}</dt>
            <dd className="mono">{credential.fingerprint}</dd>
          </>
        )}
        <dt>{_('Used by')}</dt>
        <dd>{usersOf(credential)}</dd>
        <dt>{_('Secret')}</dt>
        <dd>{credential.readable ? _('stored, encrypted') : _('stored, unreadable')}</dd>
      </dl>
      {credential.public_key && (
        <details>
          <summary className="small">{_('The line for authorized_keys')}</summary>
          <PublicKey line={credential.public_key} />
        </details>
      )}
      <div className="row">
        <Button small onClick={() => setReplacing(true)}>
          {_('Replace secret')}
        </Button>
        <DeleteCredential credential={credential} />
      </div>
      {isReplacing && <ReplaceDialog credential={credential} onClose={() => setReplacing(false)} />}
    </li>
  );
}

export function Credentials() {
  const query = useQuery(credentialsQuery);
  const [isAdding, setAdding] = useState(false);
  const add = (
    <Button onClick={() => setAdding(true)}>
      <Plus className="icon" aria-hidden /> {_('Add credential')}
    </Button>
  );
  return (
    <Loaded query={query}>
      {(credentials) => (
        <>
          {credentials.length === 0 ? (
            <div className="card">
              <Empty icon={KeyRound} title={_('There are no credentials')}>
                <p>{_('What servers and HTTP tools sign in with. A key can also be stored while you add a server.')}</p>
                {add}
              </Empty>
            </div>
          ) : (
            <div className="stack">
              <div className="row">{add}</div>
              <ul className="stack">
                {credentials.map((credential) => (
                  <CredentialCard key={credential.id} credential={credential} />
                ))}
              </ul>
            </div>
          )}
          {isAdding && <AddCredential onClose={() => setAdding(false)} />}
        </>
      )}
    </Loaded>
  );
}

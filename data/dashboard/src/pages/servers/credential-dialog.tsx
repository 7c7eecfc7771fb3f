// SPDX-License-Identifier: MIT
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { ChoiceField, TextField, useFocusOnWrong } from '../../components/form';
import { ErrorNote } from '../../components/states';
import { _ } from '../../lib/i18n';
import { useCreateCredential } from '../../lib/servers';
import { say } from '../../lib/toasts';
import { check, unlessAtField, type Wrongs, wrongsOf } from '../../lib/validate';
import { bodyOf, kindOf, noSecrets, SecretFields, type Source, secretMembers, sourceChoices } from './secret-fields';

/** Stores a credential by itself: what a server or an HTTP tool is to sign in with later. */
export function AddCredential({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [source, setSource] = useState<Source>('key');
  const [secrets, setSecrets] = useState(noSecrets);
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const form = useFocusOnWrong(wrongs);
  const create = useCreateCredential();
  const { key, generate, password, api_key, token } = sourceChoices();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = { name: name.trim(), kind: kindOf(source), ...bodyOf(source, secrets) };
    const found = check('createCredential', body);
    setWrongs(found);
    if (Object.keys(found).length > 0) return;
    create.mutate(body, {
      onSuccess: () => {
        say(_('{name} is stored.', { name: body.name }));
        onClose();
      },
      onError: (error) => setWrongs(wrongsOf(error, ['name', ...secretMembers])),
    });
  };
  return (
    <Dialog title={_('Add credential')} className="wide" onClose={onClose}>
      <form ref={form} className="stack" onSubmit={submit} noValidate>
        <TextField
          label={_('Name')}
          value={name}
          wrong={wrongs.name}
          maxLength={100}
          hint={_('Servers and tools choose it by this.')}
          onChange={(event) => setName(event.target.value)}
        />
        <ChoiceField
          legend={_('Kind')}
          value={source}
          choices={[key, generate, password, api_key, token]}
          onChange={(value) => setSource(value as Source)}
        />
        <SecretFields source={source} secrets={secrets} wrongs={wrongs} onChange={setSecrets} />
        <ErrorNote error={unlessAtField(create.error, wrongs)} />
        <div className="actions">
          <Button onClick={onClose}>{_('Cancel')}</Button>
          <Button look="primary" type="submit" busy={create.isPending}>
            {_('Store')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

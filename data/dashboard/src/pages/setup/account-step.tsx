// SPDX-License-Identifier: MIT
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { TextField, useFocusOnWrong } from '../../components/form';
import { SecretField } from '../../components/secret-input';
import { ErrorNote } from '../../components/states';
import { useCreateOwner } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { check, unlessAtField, type Wrongs, wrongsOf } from '../../lib/validate';
import { TokenField, type TokenProps } from './token-field';

export function AccountStep({ next, ...shared }: TokenProps & { next: () => void }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const form = useFocusOnWrong(wrongs);
  const create = useCreateOwner();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const body = { name, password, ...(shared.needsToken ? { setup_token: shared.token } : {}) };
    const found = check('createOwner', body);
    setWrongs(found);
    if (Object.keys(found).length > 0) return;
    const login = await create.mutateAsync(body).catch((error: Error) => setWrongs(wrongsOf(error, Object.keys(body))));
    if (login) next();
  };
  return (
    <form ref={form} className="stack" onSubmit={submit} noValidate>
      <h2>{_('Create your account')}</h2>
      <p>{_('You become the owner: you approve, you set the rules, and your name stands in the audit log.')}</p>
      <TextField
        label={_('Name')}
        value={name}
        wrong={wrongs.name}
        autoComplete="username"
        autoCapitalize="off"
        spellCheck={false}
        hint={_('Letters, digits, dot, dash and underscore.')}
        onChange={(event) => setName(event.target.value)}
      />
      <SecretField
        label={_('Password')}
        value={password}
        wrong={wrongs.password}
        autoComplete="new-password"
        hint={_('At least 10 characters. A few words in a row are easy to remember and hard to guess.')}
        onChange={(event) => setPassword(event.target.value)}
      />
      <TokenField {...shared} wrong={wrongs.setup_token} />
      <ErrorNote error={unlessAtField(create.error, wrongs)} />
      <div className="row end">
        <Button look="primary" type="submit" busy={create.isPending}>
          {_('Create account')}
        </Button>
      </div>
    </form>
  );
}

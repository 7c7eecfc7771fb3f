// SPDX-License-Identifier: MIT
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { SecretField } from '../../components/secret-input';
import { ErrorNote } from '../../components/states';
import { useChangePassword, useMe } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { say } from '../../lib/toasts';
import { check, type Wrongs } from '../../lib/validate';
import { roleWord } from './role';
import { SecondFactors } from './second-factors';
import { SignIns } from './sign-ins';
import { Tokens } from './tokens';

function Password() {
  const [current, setCurrent] = useState('');
  const [wanted, setWanted] = useState('');
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const change = useChangePassword();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = { current_password: current, new_password: wanted };
    const found = check('changePassword', body);
    setWrongs(found);
    if (Object.keys(found).length > 0) return;
    change.mutate(body, {
      onSuccess: () => {
        setCurrent('');
        setWanted('');
        say(_('The password is changed. Your other sign-ins have ended.'));
      },
    });
  };
  return (
    <form className="card stack" onSubmit={submit} noValidate>
      <h2>{_('Change password')}</h2>
      <SecretField
        label={_('Present password')}
        autoComplete="current-password"
        value={current}
        wrong={wrongs.current_password}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <SecretField
        label={_('New password')}
        autoComplete="new-password"
        value={wanted}
        wrong={wrongs.new_password}
        hint={_('At least 10 characters. All your other sign-ins end.')}
        onChange={(event) => setWanted(event.target.value)}
      />
      <ErrorNote error={change.error} />
      <div className="row end">
        <Button look="primary" type="submit" busy={change.isPending}>
          {_('Change password')}
        </Button>
      </div>
    </form>
  );
}

export function Account() {
  const me = useMe();
  return (
    <div className="stack reading">
      {me && (
        <p>
          {_('Signed in as')} <strong>{me.user.name}</strong> <span className="badge">{roleWord(me.user.role)}</span>
        </p>
      )}
      <SecondFactors />
      <SignIns />
      <Password />
      <Tokens />
    </div>
  );
}

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Logo } from '../../components/logo';
import { SecretField } from '../../components/secret-input';
import { ErrorNote, Loaded } from '../../components/states';
import { _ } from '../../lib/i18n';
import { invitationQuery, useAcceptInvitation } from '../../lib/people';
import { say } from '../../lib/toasts';
import { check, type Wrongs, wrongsOf } from '../../lib/validate';

function Choose({ token, name }: { token: string; name: string }) {
  const [password, setPassword] = useState('');
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const accept = useAcceptInvitation();
  const navigate = useNavigate();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = { token, password };
    const found = check('acceptInvitation', body);
    setWrongs(found);
    if (Object.keys(found).length > 0) return;
    accept.mutate(body, {
      onError: (error) => setWrongs(wrongsOf(error, ['password'])),
      onSuccess: async () => {
        say(_('Your password is set. Sign in with it.'));
        await navigate({ to: '/login', replace: true });
      },
    });
  };
  return (
    <form className="card stack" onSubmit={submit} noValidate>
      <p>{_('You are {name} here. Choose your password.', { name })}</p>
      <input type="text" hidden autoComplete="username" value={name} readOnly />
      <SecretField
        label={_('New password')}
        autoComplete="new-password"
        autoFocus
        value={password}
        wrong={wrongs.password}
        hint={_('At least 10 characters.')}
        onChange={(event) => setPassword(event.target.value)}
      />
      {!wrongs.password && <ErrorNote error={accept.error} />}
      <Button look="primary" type="submit" busy={accept.isPending}>
        {_('Set the password')}
      </Button>
    </form>
  );
}

export default function InvitationPage() {
  const [token] = useState(() => window.location.hash.slice(1));
  const query = useQuery(invitationQuery(token));
  return (
    <main className="door narrow" id="main">
      <header className="row">
        <Logo size={40} />
        <h1>{_('Welcome to Vigilus')}</h1>
      </header>
      <Loaded
        query={query}
        rows={3}
        gone={_('This invitation has been used, has expired or never was. Ask for a new one.')}
      >
        {({ name }) => <Choose token={token} name={name} />}
      </Loaded>
    </main>
  );
}

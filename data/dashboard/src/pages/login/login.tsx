// SPDX-License-Identifier: MIT
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { TextField } from '../../components/form';
import { Logo } from '../../components/logo';
import { SecretField } from '../../components/secret-input';
import { ErrorNote } from '../../components/states';
import { useLogin } from '../../lib/auth';
import { _ } from '../../lib/i18n';

export default function LoginPage() {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const login = useLogin();
  const navigate = useNavigate();
  const { next } = useSearch({ from: '/login' });

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const answer = await login.mutateAsync({ name, password }).catch(() => null);
    if (answer && 'user' in answer) await navigate({ href: next ?? '/', replace: true });
  };
  return (
    <main className="door narrow" id="main">
      <header className="row">
        <Logo size={40} />
        <h1>{_('Sign in to Vigilus')}</h1>
      </header>
      <form className="card stack" onSubmit={submit}>
        <TextField
          label={_('Name')}
          value={name}
          required
          autoFocus
          autoComplete="username"
          autoCapitalize="off"
          spellCheck={false}
          onChange={(event) => setName(event.target.value)}
        />
        <SecretField
          label={_('Password')}
          value={password}
          required
          autoComplete="current-password"
          onChange={(event) => setPassword(event.target.value)}
        />
        <ErrorNote error={login.error} />
        <Button look="primary" type="submit" busy={login.isPending}>
          {_('Sign in')}
        </Button>
      </form>
    </main>
  );
}

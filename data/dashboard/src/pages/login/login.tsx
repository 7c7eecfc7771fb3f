// SPDX-License-Identifier: MIT
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { TextField } from '../../components/form';
import { Logo } from '../../components/logo';
import { SecretField } from '../../components/secret-input';
import { ErrorNote } from '../../components/states';
import { useLogin, useLoginSecond } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import type { SecondFactorAsked } from '../../lib/types';
import { SecondFactorForm } from '../shared/second-factor';

/** A ticket that is used up or too old leads back to the password. */
function SecondStep({ asked, onDone, onBack }: { asked: SecondFactorAsked; onDone: () => void; onBack: () => void }) {
  const second = useLoginSecond();
  return (
    <section className="card stack">
      <h2>{_('Second factor')}</h2>
      <SecondFactorForm
        asked={asked}
        busy={second.isPending}
        error={second.error}
        onAnswer={({ password: _unused, ...answer }) =>
          second.mutate({ ticket: asked.ticket, ...answer }, { onSuccess: onDone })
        }
      />
      <Button look="quiet" small onClick={onBack}>
        {_('Begin again')}
      </Button>
    </section>
  );
}

export default function LoginPage() {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const login = useLogin();
  const [asked, setAsked] = useState<SecondFactorAsked | null>(null);
  const navigate = useNavigate();
  const { next } = useSearch({ from: '/login' });

  const enter = () => navigate({ href: next ?? '/', replace: true });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const answer = await login.mutateAsync({ name, password }).catch(() => null);
    if (answer && 'user' in answer) await enter();
    else if (answer) setAsked(answer);
  };
  return (
    <main className="door narrow" id="main">
      <header className="row">
        <Logo size={40} />
        <h1>{_('Sign in to Vigilus')}</h1>
      </header>
      {asked && (
        <SecondStep
          asked={asked}
          onDone={() => void enter()}
          onBack={() => {
            setAsked(null);
            setPassword('');
          }}
        />
      )}
      <form className="card stack" onSubmit={submit} hidden={asked !== null}>
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

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { TextField } from '../../components/form';
import { SecretField } from '../../components/secret-input';
import { ErrorNote, Loaded } from '../../components/states';
import { _ } from '../../lib/i18n';
import { answerPasskey } from '../../lib/passkeys';
import { needsProof, proofQuery, useProve } from '../../lib/people';
import type { Body, SecondFactorAsked } from '../../lib/types';

type Answer = Omit<Body<'prove'>, 'ticket'>;
type Method = SecondFactorAsked['methods'][number];

const methodName = (method: Method): string =>
  ({
    passkey: _('Passkey'),
    totp: _('Authenticator app'),
    recovery_code: _('Recovery code'),
    password: _('Password'),
  })[method];

interface Props {
  asked: SecondFactorAsked;
  busy: boolean;
  error: Error | null;
  onAnswer: (answer: Answer) => void;
}

function Passkey({ asked, busy, onAnswer }: Props) {
  const [error, setError] = useState<Error | null>(null);
  const use = async () => {
    setError(null);
    if (!asked.passkey) return;
    try {
      onAnswer({ passkey: await answerPasskey(asked.passkey) });
    } catch (cause) {
      setError(cause as Error);
    }
  };
  return (
    <>
      <ErrorNote error={error} />
      <Button look="primary" busy={busy} onClick={use}>
        <KeyRound className="icon" aria-hidden /> {_('Use the passkey')}
      </Button>
    </>
  );
}

function Typed({ method, busy, onAnswer }: Props & { method: Exclude<Method, 'passkey'> }) {
  const [text, setText] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === '') return;
    if (method === 'password') onAnswer({ password: text });
    else onAnswer(method === 'totp' ? { code: text } : { recovery_code: text });
    setText('');
  };
  return (
    <form className="stack tight" onSubmit={submit}>
      {method === 'password' ? (
        <SecretField
          label={_('Password')}
          autoComplete="current-password"
          autoFocus
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      ) : (
        <TextField
          label={method === 'totp' ? _('Code of your authenticator app') : _('One of your recovery codes')}
          autoFocus
          value={text}
          inputMode={method === 'totp' ? 'numeric' : 'text'}
          autoComplete={method === 'totp' ? 'one-time-code' : 'off'}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      <Button look="primary" type="submit" busy={busy}>
        {_('Continue')}
      </Button>
    </form>
  );
}

/** Asks for what was asked: one way at a time, the others behind buttons. */
export function SecondFactorForm(props: Props) {
  const { asked, error } = props;
  const [method, setMethod] = useState<Method | undefined>(asked.methods[0]);
  return (
    <div className="stack tight">
      {method === 'passkey' && <Passkey {...props} />}
      {method && method !== 'passkey' && <Typed key={method} {...props} method={method} />}
      {!method && (
        <p>{_('None of your second factors works at this address. Open the dashboard where you set it up.')}</p>
      )}
      <ErrorNote error={error} />
      <div className="row">
        {asked.methods
          .filter((other) => other !== method)
          .map((other) => (
            <Button key={other} look="quiet" small onClick={() => setMethod(other)}>
              {_('Use: {method}', { method: methodName(other) })}
            </Button>
          ))}
      </div>
    </div>
  );
}

function ProofDialog({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const query = useQuery(proofQuery);
  const prove = useProve();
  return (
    <Dialog title={_('Show that it is you')} onClose={onClose}>
      <p>{_('This needs a fresh proof of who you are.')}</p>
      <Loaded query={query} rows={2}>
        {(asked) => (
          <SecondFactorForm
            asked={asked}
            busy={prove.isPending}
            error={prove.error}
            onAnswer={(answer) => prove.mutate({ ticket: asked.ticket, ...answer }, { onSuccess: onDone })}
          />
        )}
      </Loaded>
    </Dialog>
  );
}

/** Opens when what was tried needs a proof, and tries it again once that is given. */
export function ProofWhenAsked({ error, retry, reset }: { error: Error | null; retry: () => void; reset: () => void }) {
  if (!needsProof(error)) return null;
  return (
    <ProofDialog
      onClose={reset}
      onDone={() => {
        reset();
        retry();
      }}
    />
  );
}

export const unlessProof = (error: Error | null): Error | null => (needsProof(error) ? null : error);

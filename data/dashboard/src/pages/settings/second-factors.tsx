// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { Button, CopyButton } from '../../components/button';
import { AskButton, Dialog } from '../../components/dialog';
import { TextField } from '../../components/form';
import { ErrorNote, Loaded, Note } from '../../components/states';
import { Time } from '../../components/time';
import { _ } from '../../lib/i18n';
import { canUsePasskeys } from '../../lib/passkeys';
import {
  secondFactorsQuery,
  useAddPasskey,
  useConfirmTotp,
  useRemoveFactor,
  useRenewCodes,
  useStartTotp,
} from '../../lib/people';
import type { SecondFactor } from '../../lib/types';
import { ProofWhenAsked, unlessProof } from '../shared/second-factor';

function Codes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  return (
    <Dialog title={_('Your recovery codes')} onClose={onClose}>
      <p>
        {_(
          'Each opens the door once, when your other second factors are lost. Keep them away from this device: they are shown this once.',
        )}
      </p>
      <output className="mono secret-box codes">{codes.join('\n')}</output>
      <div className="actions">
        <CopyButton text={codes.join('\n')} label={_('Copy the codes')} />
        <Button look="primary" onClick={onClose}>
          {_('I have kept them')}
        </Button>
      </div>
    </Dialog>
  );
}

/** Drawn here: the secret goes to nobody. The code for it is loaded when it is needed. */
function QrCode({ text }: { text: string }) {
  const [path, setPath] = useState<{ d: string; size: number } | null>(null);
  useEffect(() => {
    let isOver = false;
    void import('qrcode-generator').then(({ default: qrcode }) => {
      const code = qrcode(0, 'M');
      code.addData(text);
      code.make();
      const size = code.getModuleCount();
      const rows = Array.from({ length: size }, (_row, y) =>
        Array.from({ length: size }, (_column, x) => (code.isDark(y, x) ? `M${x + 4} ${y + 4}h1v1h-1z` : '')).join(''),
      );
      if (!isOver) setPath({ d: rows.join(''), size: size + 8 });
    });
    return () => {
      isOver = true;
    };
  }, [text]);
  if (!path) return <span className="skeleton qr" />;
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${path.size} ${path.size}`}
      role="img"
      aria-label={_('QR code for the authenticator app')}
    >
      <rect width={path.size} height={path.size} fill="#fff" />
      <path d={path.d} fill="#000" />
    </svg>
  );
}

function TotpDialog({
  started,
  onAdded,
  onClose,
}: {
  started: { ticket: string; secret: string; uri: string };
  onAdded: (codes: string[] | null) => void;
  onClose: () => void;
}) {
  const [code, setCode] = useState('');
  const [name, setName] = useState(_('Authenticator app'));
  const confirm = useConfirmTotp();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate(
      { ticket: started.ticket, code, name: name.trim() },
      { onSuccess: ({ recovery_codes }) => onAdded(recovery_codes) },
    );
  };
  return (
    <Dialog title={_('Set up an authenticator app')} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p>{_('Scan this with the app, or type the secret into it. Then type the code that it shows.')}</p>
        <QrCode text={started.uri} />
        <div className="secret-box">
          <output className="mono">{started.secret.replace(/(.{4})(?=.)/g, '$1 ')}</output>
          <CopyButton text={started.secret} label={_('Copy the secret')} />
        </div>
        <TextField
          label={_('Name')}
          value={name}
          required
          maxLength={64}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label={_('Code')}
          value={code}
          required
          inputMode="numeric"
          autoComplete="one-time-code"
          onChange={(event) => setCode(event.target.value)}
        />
        <ErrorNote error={confirm.error} />
        <div className="actions">
          <Button look="primary" type="submit" busy={confirm.isPending}>
            {_('Confirm')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function FactorRow({ factor }: { factor: SecondFactor }) {
  const remove = useRemoveFactor();
  return (
    <li className="row between">
      <span>
        <strong>{factor.name}</strong>{' '}
        <span className="muted small">
          {factor.kind === 'totp' ? _('Authenticator app') : _('Passkey for {host}', { host: factor.rp_id ?? '' })} ·{' '}
          {factor.last_used_at ? <Time at={factor.last_used_at} /> : _('not used yet')}
        </span>
      </span>
      <AskButton
        look="danger"
        small
        label={_('Remove')}
        title={_('Remove {name}?', { name: factor.name })}
        action={_('Remove {name}', { name: factor.name })}
        busy={remove.isPending}
        error={unlessProof(remove.error)}
        onConfirm={() => remove.mutate(factor.id)}
      >
        <p>{_('Signing in no longer asks for it.')}</p>
      </AskButton>
      <ProofWhenAsked error={remove.error} reset={remove.reset} retry={() => remove.mutate(factor.id)} />
    </li>
  );
}

function AddPasskey({ isAvailable, onAdded }: { isAvailable: boolean; onAdded: (codes: string[] | null) => void }) {
  const [name, setName] = useState('');
  const add = useAddPasskey();
  const run = () =>
    add.mutate(name.trim() || _('Passkey'), {
      onSuccess: ({ recovery_codes }) => {
        setName('');
        onAdded(recovery_codes);
      },
    });
  if (!isAvailable || !canUsePasskeys())
    return (
      <Note>
        {_('Passkeys need HTTPS or localhost, and a host name: open the dashboard by a name instead of an address.')}
      </Note>
    );
  return (
    <form
      className="row top-aligned"
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      <div className="grow">
        <TextField
          label={_('Name of the new passkey')}
          value={name}
          maxLength={64}
          placeholder={_('Laptop, security key …')}
          onChange={(event) => setName(event.target.value)}
        />
        <ErrorNote error={unlessProof(add.error)} />
      </div>
      <Button type="submit" busy={add.isPending}>
        {_('Add a passkey')}
      </Button>
      <ProofWhenAsked error={add.error} reset={add.reset} retry={run} />
    </form>
  );
}

export function SecondFactors() {
  const query = useQuery(secondFactorsQuery);
  const [codes, setCodes] = useState<string[] | null>(null);
  const start = useStartTotp();
  const renew = useRenewCodes();
  const renewNow = () => renew.mutate(undefined, { onSuccess: ({ recovery_codes }) => setCodes(recovery_codes) });
  return (
    <section className="card stack">
      <div>
        <h2>{_('Second factor')}</h2>
        <p className="muted small">
          {_('Asked for after the password, and again before approvals where the settings say so.')}
        </p>
      </div>
      <Loaded query={query} rows={2}>
        {({ items, recovery_codes_left, passkeys }) => (
          <>
            {items.length > 0 ? (
              <ul className="plain stack tight">
                {items.map((factor) => (
                  <FactorRow key={factor.id} factor={factor} />
                ))}
              </ul>
            ) : (
              <p>{_('You have none: whoever learns your password is in. Add an authenticator app or a passkey.')}</p>
            )}
            {!items.some((factor) => factor.kind === 'totp') && (
              <div className="row">
                <Button busy={start.isPending} onClick={() => start.mutate()}>
                  {_('Add an authenticator app')}
                </Button>
              </div>
            )}
            <AddPasskey isAvailable={passkeys.available} onAdded={setCodes} />
            {items.length > 0 && (
              <div className="row between">
                <span className="small">{_('Recovery codes left: {n}', { n: recovery_codes_left })}</span>
                <Button small busy={renew.isPending} onClick={renewNow}>
                  {_('Make new recovery codes')}
                </Button>
              </div>
            )}
          </>
        )}
      </Loaded>
      <ErrorNote error={unlessProof(start.error) ?? unlessProof(renew.error)} />
      <ProofWhenAsked error={start.error} reset={start.reset} retry={() => start.mutate()} />
      <ProofWhenAsked error={renew.error} reset={renew.reset} retry={renewNow} />
      {start.data && (
        <TotpDialog
          started={start.data}
          onClose={start.reset}
          onAdded={(made) => {
            start.reset();
            setCodes(made);
          }}
        />
      )}
      {codes && <Codes codes={codes} onClose={() => setCodes(null)} />}
    </section>
  );
}

// SPDX-License-Identifier: MIT
import { type FormEvent, useState } from 'react';
import { Button, CopyButton } from '../../components/button';
import { CheckField, ChoiceField } from '../../components/form';
import { SecretField } from '../../components/secret-input';
import { ErrorNote, Note } from '../../components/states';
import { useSetSecret } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { check, type Wrongs } from '../../lib/validate';
import { TokenField, type TokenProps } from './token-field';

type Keep = 'keyring' | 'file' | 'nowhere';

function keepChoices(keyring: boolean) {
  return [
    {
      value: 'keyring',
      label: _('In the system keyring'),
      hint: keyring ? _('Unlocked with your login.') : _('No keyring answers on this host.'),
      disabled: !keyring,
    },
    {
      value: 'file',
      label: _('In a file in the data directory'),
      hint: _('Readable by the daemon’s user only. Starts without being asked.'),
    },
    {
      value: 'nowhere',
      label: _('Nowhere'),
      hint: _('You set VIGILUS_SECRET yourself, or type it here after every start.'),
    },
  ];
}

function Generated({ secret, next }: { secret: string; next: () => void }) {
  const [isKept, setKept] = useState(false);
  return (
    <>
      <h2>{_('Your secret')}</h2>
      <p>{_('It is shown this once. Without it, stored keys can’t be decrypted on another machine.')}</p>
      <div className="secret-box">
        <output className="mono">{secret}</output>
        <CopyButton text={secret} label={_('Copy secret')} />
      </div>
      <CheckField
        label={_('I have put it somewhere safe')}
        checked={isKept}
        onChange={(event) => setKept(event.target.checked)}
      />
      <div className="row end">
        <Button look="primary" disabled={!isKept} onClick={next}>
          {_('Continue')}
        </Button>
      </div>
    </>
  );
}

export function SecretStep({ keyring, next, ...shared }: TokenProps & { keyring: boolean; next: () => void }) {
  const [how, setHow] = useState('generate');
  const [typed, setTyped] = useState('');
  const [keep, setKeep] = useState<Keep>(keyring ? 'keyring' : 'file');
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const set = useSetSecret();
  const generated = set.data?.generated;
  if (generated) return <Generated secret={generated} next={next} />;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const secret = how === 'generate' ? null : typed;
    const body = { secret, keep, ...(shared.needsToken ? { setup_token: shared.token } : {}) };
    const found = check('setSecret', body);
    setWrongs(found);
    if (Object.keys(found).length > 0) return;
    const answer = await set.mutateAsync(body).catch(() => null);
    if (answer && !answer.generated) next();
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <h2>{_('Set a secret')}</h2>
      <p>
        {_('Everything confidential that Vigilus stores is encrypted with it: API keys, passwords, SSH keys.')}{' '}
        <strong>{_('Keep it safe: if it changes, what is stored can’t be decrypted.')}</strong>
      </p>
      <ChoiceField
        legend={_('Where it comes from')}
        value={how}
        onChange={setHow}
        choices={[
          { value: 'generate', label: _('Generate one for me'), hint: _('Recommended: 256 bits of randomness.') },
          { value: 'type', label: _('Type my own'), hint: _('For example the one of an earlier installation.') },
        ]}
      />
      {how === 'type' && (
        <SecretField
          label={_('Secret')}
          value={typed}
          wrong={wrongs.secret}
          autoComplete="new-password"
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      <ChoiceField
        legend={_('Where it is kept')}
        value={keep}
        onChange={(value) => setKeep(value as Keep)}
        choices={keepChoices(keyring)}
      />
      {keep === 'nowhere' && (
        <Note kind="wait">{_('After a restart, nothing works until the secret is there again.')}</Note>
      )}
      <TokenField {...shared} wrong={wrongs.setup_token} />
      <ErrorNote error={set.error} />
      <div className="row end">
        <Button look="primary" type="submit" busy={set.isPending}>
          {_('Set the secret')}
        </Button>
      </div>
    </form>
  );
}

// SPDX-License-Identifier: MIT
import { CopyButton } from '../../components/button';
import { AreaField } from '../../components/form';
import { SecretField } from '../../components/secret-input';
import { _ } from '../../lib/i18n';
import type { Credential } from '../../lib/types';
import type { Wrongs } from '../../lib/validate';

/** Where a secret comes from. */
export type Source = 'key' | 'password' | 'generate' | 'api_key' | 'token';

export interface Secrets {
  private_key: string;
  passphrase: string;
  password: string;
  secret: string;
}

export const secretMembers = ['private_key', 'passphrase', 'password', 'secret'];

export const noSecrets: Secrets = { private_key: '', passphrase: '', password: '', secret: '' };

export function kindOf(source: Source): Credential['kind'] {
  return source === 'key' || source === 'generate' ? 'ssh_key' : source;
}

export function kindName(kind: Credential['kind']): string {
  return { ssh_key: _('SSH key'), password: _('Password'), api_key: _('API key'), token: _('Token') }[kind];
}

/** What is sent of it. */
export function bodyOf(source: Source, secrets: Secrets) {
  if (source === 'generate') return { generate: true };
  if (source === 'password') return { password: secrets.password };
  if (source === 'api_key' || source === 'token') return { secret: secrets.secret };
  const { private_key, passphrase } = secrets;
  return passphrase === '' ? { private_key } : { private_key, passphrase };
}

export function sourceChoices() {
  return {
    key: {
      value: 'key',
      label: _('Paste a private key'),
      hint: _('The key is checked, and stored encrypted; it is never shown again.'),
    },
    generate: {
      value: 'generate',
      label: _('Generate a key'),
      hint: _('Vigilus makes one, and shows the line that the server has to know.'),
    },
    password: { value: 'password', label: _('Password'), hint: _('Where the server takes no keys. Stored encrypted.') },
    api_key: {
      value: 'api_key',
      label: _('API key'),
      hint: _('That HTTP tools send in a header or the address. Stored encrypted.'),
    },
    token: { value: 'token', label: _('Token'), hint: _('That HTTP tools send as a bearer token. Stored encrypted.') },
  };
}

export function SecretFields({
  source,
  secrets,
  wrongs,
  onChange,
}: {
  source: Source;
  secrets: Secrets;
  wrongs: Wrongs;
  onChange: (secrets: Secrets) => void;
}) {
  const set = (member: keyof Secrets) => (event: { target: { value: string } }) =>
    onChange({ ...secrets, [member]: event.target.value });
  if (source === 'generate') return null;
  if (source === 'api_key' || source === 'token')
    return (
      <SecretField
        label={kindName(source)}
        autoComplete="off"
        value={secrets.secret}
        wrong={wrongs.secret}
        onChange={set('secret')}
      />
    );
  if (source === 'password')
    return (
      <SecretField
        label={_('Password')}
        autoComplete="off"
        value={secrets.password}
        wrong={wrongs.password}
        onChange={set('password')}
      />
    );
  return (
    <>
      <AreaField
        label={_('Private key')}
        className="input mono"
        rows={6}
        autoComplete="off"
        spellCheck={false}
        placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
        value={secrets.private_key}
        wrong={wrongs.private_key}
        onChange={set('private_key')}
      />
      <SecretField
        label={_('Passphrase (only if the key has one)')}
        autoComplete="off"
        value={secrets.passphrase}
        wrong={wrongs.passphrase}
        onChange={set('passphrase')}
      />
    </>
  );
}

/** The line that the server has to know, to be copied there. */
export function PublicKey({ line }: { line: string }) {
  return (
    <div className="secret-box">
      <output className="mono small">{line}</output>
      <CopyButton text={line} label={_('Copy the line')} />
    </div>
  );
}

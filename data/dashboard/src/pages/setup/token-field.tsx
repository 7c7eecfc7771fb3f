// SPDX-License-Identifier: MIT
import { TextField } from '../../components/form';
import { _ } from '../../lib/i18n';

export interface TokenProps {
  token: string;
  setToken: (token: string) => void;
  needsToken: boolean;
}

/** Somebody who is not at the host itself proves with the printed token that it is theirs. */
export function TokenField({ token, setToken, needsToken, wrong }: TokenProps & { wrong?: string | undefined }) {
  if (!needsToken) return null;
  return (
    <TextField
      label={_('Set-up token')}
      hint={_('Printed in the terminal (or the journal) where vigilusd was started.')}
      value={token}
      wrong={wrong}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => setToken(event.target.value.trim())}
    />
  );
}

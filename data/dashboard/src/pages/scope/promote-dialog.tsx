// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { SelectField, TextField } from '../../components/form';
import { ErrorNote } from '../../components/states';
import { _ } from '../../lib/i18n';
import { nameOf, usePromoteHost } from '../../lib/scope';
import { credentialsQuery } from '../../lib/servers';
import { say } from '../../lib/toasts';
import type { ScopeHost } from '../../lib/types';
import { check, type Wrongs, wrongsOf } from '../../lib/validate';

const members = ['name', 'port', 'user_name', 'credential_id'];

/** A host becomes a server of the inventory, with what Operators need to reach it. */
export function PromoteDialog({ host, onClose }: { host: ScopeHost; onClose: () => void }) {
  const [draft, setDraft] = useState({ name: nameOf(host), user_name: '', port: '22', credential_id: '' });
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const credentials = useQuery(credentialsQuery).data ?? [];
  const promote = usePromoteHost(host.id);
  const set = (member: keyof typeof draft) => (event: { target: { value: string } }) =>
    setDraft((old) => ({ ...old, [member]: event.target.value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = {
      name: draft.name.trim(),
      user_name: draft.user_name.trim(),
      port: Number(draft.port),
      credential_id: draft.credential_id || null,
    };
    const found = check('promoteScopeHost', body);
    setWrongs(found);
    if (Object.keys(found).length > 0) return;
    promote.mutate(body, {
      onSuccess: () => {
        say(_('{name} is a server now.', { name: body.name }));
        onClose();
      },
      onError: (error) => setWrongs(wrongsOf(error, members)),
    });
  };
  return (
    <Dialog title={_('Make {name} a server', { name: nameOf(host) })} onClose={onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <p>{_('It joins the inventory under its address {address}.', { address: host.address })}</p>
        <TextField label={_('Name')} value={draft.name} wrong={wrongs.name} onChange={set('name')} />
        <TextField
          label={_('Username')}
          autoComplete="off"
          value={draft.user_name}
          wrong={wrongs.user_name}
          onChange={set('user_name')}
        />
        <TextField
          label={_('Port')}
          inputMode="numeric"
          value={draft.port}
          wrong={wrongs.port}
          onChange={set('port')}
        />
        <SelectField
          label={_('Credential')}
          hint={_('Can be chosen later, too.')}
          value={draft.credential_id}
          wrong={wrongs.credential_id}
          onChange={set('credential_id')}
        >
          <option value="">{_('None yet')}</option>
          {credentials.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
        <ErrorNote error={promote.error} />
        <div className="actions">
          <Button onClick={onClose}>{_('Cancel')}</Button>
          <Button look="primary" type="submit" busy={promote.isPending}>
            {_('Make it a server')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

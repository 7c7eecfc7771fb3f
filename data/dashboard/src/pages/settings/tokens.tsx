// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button, CopyButton } from '../../components/button';
import { AskButton } from '../../components/dialog';
import { SelectField, TextField } from '../../components/form';
import { ScrollX } from '../../components/scroll-x';
import { ErrorNote, Loaded } from '../../components/states';
import { Time } from '../../components/time';
import { tokensQuery, useCreateToken, useDeleteToken, useMe } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import type { ApiToken, Body, Role } from '../../lib/types';
import { check, type Wrongs } from '../../lib/validate';
import { ProofWhenAsked, unlessProof } from '../shared/second-factor';
import { roleWord } from './role';

const roles: Role[] = ['viewer', 'approver', 'administrator', 'owner'];
const groups = [
  'chat',
  'memories',
  'approvals',
  'audit',
  'changes',
  'operators',
  'scope',
  'servers',
  'http-tools',
  'providers',
  'plugins',
  'policy',
  'settings',
  'people',
  'system',
] as const;

function TokenRow({ token }: { token: ApiToken }) {
  const remove = useDeleteToken();
  return (
    <tr>
      <td>{token.name}</td>
      <td>
        {roleWord(token.role)}
        {token.read_only && `, ${_('reads')}`}
        {token.groups && `, ${token.groups.join(', ')}`}
      </td>
      <td>
        <Time at={token.created_at} />
      </td>
      <td>
        <Time at={token.expires_at} />
      </td>
      <td>{token.last_used_at ? <Time at={token.last_used_at} /> : _('never')}</td>
      <td>
        <AskButton
          look="danger"
          small
          label={_('Revoke')}
          title={_('Revoke {name}?', { name: token.name })}
          action={_('Revoke {name}', { name: token.name })}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(token.id)}
        >
          <p>{_('Whatever uses this token is locked out at once.')}</p>
        </AskButton>
      </td>
    </tr>
  );
}

function NewToken() {
  const [name, setName] = useState('');
  const [days, setDays] = useState(90);
  const [role, setRole] = useState<Role>('viewer');
  const [isReadOnly, setReadOnly] = useState(false);
  const [group, setGroup] = useState('');
  const me = useMe();
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const create = useCreateToken();
  const [tried, setTried] = useState<Body<'createToken'> | null>(null);
  const run = (body: Body<'createToken'>) => {
    setTried(body);
    create.mutate(body, { onSuccess: () => setName('') });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body: Body<'createToken'> = {
      name: name.trim(),
      days,
      role,
      read_only: isReadOnly,
      groups: group ? [group as (typeof groups)[number]] : null,
    };
    const found = check('createToken', body);
    setWrongs(found);
    if (Object.keys(found).length === 0) run(body);
  };
  return (
    <form className="stack tight" onSubmit={submit} noValidate>
      <div className="row top-aligned">
        <div className="grow">
          <TextField
            label={_('Name')}
            value={name}
            wrong={wrongs.name}
            placeholder={_('backup script')}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <TextField
          label={_('Days it lives')}
          className="narrow"
          type="number"
          value={Number.isNaN(days) ? '' : days}
          wrong={wrongs.days}
          onChange={(event) => setDays(event.target.valueAsNumber)}
        />
      </div>
      <div className="two">
        <SelectField label={_('Role')} value={role} onChange={(event) => setRole(event.target.value as Role)}>
          {roles.slice(0, roles.indexOf(me?.user.role ?? 'viewer') + 1).map((one) => (
            <option key={one} value={one}>
              {roleWord(one)}
            </option>
          ))}
        </SelectField>
        <SelectField label={_('For')} value={group} onChange={(event) => setGroup(event.target.value)}>
          <option value="">{_('everything')}</option>
          {groups.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </SelectField>
      </div>
      <label className="row">
        <input type="checkbox" checked={isReadOnly} onChange={(event) => setReadOnly(event.target.checked)} />
        {_('It only reads')}
      </label>
      <div className="row end">
        <Button look="primary" type="submit" busy={create.isPending}>
          {_('Create token')}
        </Button>
      </div>
      <ErrorNote error={unlessProof(create.error)} />
      <ProofWhenAsked error={create.error} reset={create.reset} retry={() => tried && run(tried)} />
      {create.data && (
        <div role="status" className="stack tight">
          <p>{_('Copy it now: it is shown this once.')}</p>
          <div className="secret-box">
            <output className="mono">{create.data.token}</output>
            <CopyButton text={create.data.token} label={_('Copy token')} />
          </div>
        </div>
      )}
    </form>
  );
}

export function Tokens() {
  const query = useQuery(tokensQuery);
  return (
    <section className="card stack">
      <div>
        <h2>{_('API tokens')}</h2>
        <p className="muted small">
          {_('For scripts: sent as “Authorization: Bearer”. A token never does more than you may.')}
        </p>
      </div>
      <NewToken />
      <Loaded query={query} rows={2}>
        {(tokens) =>
          tokens.length > 0 && (
            <ScrollX label={_('API tokens')}>
              <table className="table">
                <thead>
                  <tr>
                    <th>{_('Name')}</th>
                    <th>{_('May')}</th>
                    <th>{_('Created')}</th>
                    <th>{_('Expires')}</th>
                    <th>{_('Last used')}</th>
                    <th>
                      <span className="sr">{_('Actions')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {tokens.map((token) => (
                    <TokenRow key={token.id} token={token} />
                  ))}
                </tbody>
              </table>
            </ScrollX>
          )
        }
      </Loaded>
    </section>
  );
}

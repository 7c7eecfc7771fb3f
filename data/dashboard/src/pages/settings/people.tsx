// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Users } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button, CopyButton } from '../../components/button';
import { Confirm, Dialog } from '../../components/dialog';
import { SelectField, TextField } from '../../components/form';
import { ScrollX } from '../../components/scroll-x';
import { Empty, ErrorNote, Loaded } from '../../components/states';
import { Time } from '../../components/time';
import { useCan, useMe } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import {
  type UserAction,
  useCreateUser,
  useInviteUser,
  usersQuery,
  useUpdateUser,
  useUserAction,
} from '../../lib/people';
import type { Role, User } from '../../lib/types';
import { check, type Wrongs, wrongsOf } from '../../lib/validate';
import { ProofWhenAsked, unlessProof } from '../shared/second-factor';
import { roleWord } from './role';

type GivenRole = Exclude<Role, 'owner'>;
const given: GivenRole[] = ['viewer', 'approver', 'administrator'];

const meaning = (role: Role): string =>
  ({
    owner: _('Everything, and the only one of that kind.'),
    administrator: _('Changes settings, Operators, providers, approvers and viewers.'),
    approver: _('Talks to Operators, approves and denies.'),
    viewer: _('Looks, also at prompts, memories, notes of servers and the audit log, and changes nothing.'),
  })[role];

interface Invited {
  name: string;
  token: string;
  isReset: boolean;
}

/** The link holds the token behind "#", which no server or proxy writes down. */
function InvitationDialog({ name, token, isReset, onClose }: Invited & { onClose: () => void }) {
  const link = `${window.location.origin}/invitation#${token}`;
  return (
    <Dialog title={_('Invitation for {name}', { name })} onClose={onClose}>
      <p>
        {_('Give them this link. Whoever has it chooses the password, once, within 7 days. It is shown this once.')}
      </p>
      {isReset && (
        <p>
          {_(
            'Once they choose it, their sign-ins end and their API tokens are deleted: somebody else may have had them.',
          )}
        </p>
      )}
      <div className="secret-box">
        <output className="mono">{link}</output>
        <CopyButton text={link} label={_('Copy the link')} />
      </div>
      <div className="actions">
        <Button look="primary" onClick={onClose}>
          {_('Done')}
        </Button>
      </div>
    </Dialog>
  );
}

function NewUser({ roles, onInvited }: { roles: GivenRole[]; onInvited: (invited: Invited) => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<GivenRole>('viewer');
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const create = useCreateUser();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = { name: name.trim(), role };
    const found = check('createUser', body);
    setWrongs(found);
    if (Object.keys(found).length > 0) return;
    create.mutate(body, {
      onError: (error) => setWrongs(wrongsOf(error, ['name'])),
      onSuccess: ({ user, invitation }) => {
        setName('');
        onInvited({ name: user.name, token: invitation.token, isReset: false });
      },
    });
  };
  return (
    <form className="card stack" onSubmit={submit} noValidate>
      <h2>{_('Invite somebody')}</h2>
      <div className="two">
        <TextField
          label={_('Name')}
          value={name}
          wrong={wrongs.name}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
        <SelectField
          label={_('Role')}
          hint={meaning(role)}
          value={role}
          onChange={(event) => setRole(event.target.value as GivenRole)}
        >
          {roles.map((one) => (
            <option key={one} value={one}>
              {roleWord(one)}
            </option>
          ))}
        </SelectField>
      </div>
      {!wrongs.name && <ErrorNote error={create.error} />}
      <div className="row end">
        <Button look="primary" type="submit" busy={create.isPending}>
          {_('Invite')}
        </Button>
      </div>
    </form>
  );
}

const warnings = (user: User): Record<UserAction, { title: string; action: string; text: string }> => ({
  delete: {
    title: _('Delete {name}?', { name: user.name }),
    action: _('Delete {name}', { name: user.name }),
    text: _(
      'Their chats go with them. The audit log keeps what they did. To keep the chats, disable the account instead.',
    ),
  },
  end: {
    title: _('End all sign-ins of {name}?', { name: user.name }),
    action: _('End sign-ins'),
    text: _('They have to sign in again, everywhere.'),
  },
  reset: {
    title: _('Remove the second factors of {name}?', { name: user.name }),
    action: _('Remove second factors'),
    text: _('For who has lost theirs: then the password alone opens the account. Their sign-ins end.'),
  },
  transfer: {
    title: _('Make {name} the owner?', { name: user.name }),
    action: _('Give the ownership away'),
    text: _('You become an administrator, and you both have to sign in again. Only the new owner can undo this.'),
  },
});

function Actions({
  user,
  isOwner,
  onInvited,
}: {
  user: User;
  isOwner: boolean;
  onInvited: (invited: Invited) => void;
}) {
  const [asking, setAsking] = useState<UserAction | null>(null);
  const act = useUserAction();
  const invite = useInviteUser();
  const update = useUpdateUser();
  const error = invite.error ?? update.error;
  const run = (action: UserAction) => act.mutate({ id: user.id, action }, { onSuccess: () => setAsking(null) });
  return (
    <>
      <div className="row">
        <Button
          small
          busy={invite.isPending}
          onClick={() =>
            invite.mutate(user.id, {
              onSuccess: ({ token }) => onInvited({ name: user.name, token, isReset: !user.invited }),
            })
          }
        >
          {user.invited ? _('New invitation') : _('New password')}
        </Button>
        <Button
          small
          busy={update.isPending}
          onClick={() => update.mutate({ id: user.id, body: { disabled: !user.disabled } })}
        >
          {user.disabled ? _('Enable') : _('Disable')}
        </Button>
        <Button small onClick={() => setAsking('end')}>
          {_('End sign-ins')}
        </Button>
        {user.second_factor && (
          <Button small onClick={() => setAsking('reset')}>
            {_('Remove second factors')}
          </Button>
        )}
        {isOwner && !user.invited && !user.disabled && (
          <Button small onClick={() => setAsking('transfer')}>
            {_('Make owner')}
          </Button>
        )}
        <Button small look="danger" onClick={() => setAsking('delete')}>
          {_('Delete')}
        </Button>
      </div>
      <ErrorNote error={error} />
      {asking && (
        <Confirm
          title={warnings(user)[asking].title}
          action={warnings(user)[asking].action}
          busy={act.isPending}
          error={unlessProof(act.error)}
          onConfirm={() => run(asking)}
          onClose={() => {
            act.reset();
            setAsking(null);
          }}
        >
          <p>{warnings(user)[asking].text}</p>
        </Confirm>
      )}
      <ProofWhenAsked error={act.error} reset={act.reset} retry={() => asking && run(asking)} />
    </>
  );
}

function RoleCell({ user, roles, canChange }: { user: User; roles: GivenRole[]; canChange: boolean }) {
  const update = useUpdateUser();
  if (!canChange) return <span className="badge">{roleWord(user.role)}</span>;
  return (
    <>
      <select
        className="input"
        aria-label={_('Role of {name}', { name: user.name })}
        value={user.role}
        disabled={update.isPending}
        onChange={(event) => update.mutate({ id: user.id, body: { role: event.target.value as GivenRole } })}
      >
        {roles.map((role) => (
          <option key={role} value={role}>
            {roleWord(role)}
          </option>
        ))}
      </select>
      <ErrorNote error={update.error} />
    </>
  );
}

function stateOf(user: User): string {
  if (user.disabled) return _('disabled');
  if (user.invited) return _('invited');
  return user.second_factor ? _('with a second factor') : _('password only');
}

export function People() {
  const query = useQuery(usersQuery);
  const me = useMe();
  const isOwner = useCan('owner');
  const isAdministrator = useCan('administrator');
  const [invited, setInvited] = useState<Invited | null>(null);
  const roles = isOwner ? given : given.filter((role) => role !== 'administrator');
  if (!isAdministrator)
    return (
      <Empty icon={Users} title={_('For administrators')}>
        <p>{_('Ask one of them to invite or change people. Your own password and second factor are under Account.')}</p>
      </Empty>
    );
  const canChange = (user: User) => user.id !== me?.user.id && (roles as Role[]).includes(user.role);
  return (
    <div className="stack">
      <Loaded query={query} rows={3}>
        {(users) => (
          <ScrollX label={_('People')} className="card flush">
            <table className="table">
              <thead>
                <tr>
                  <th>{_('Name')}</th>
                  <th>{_('Role')}</th>
                  <th>{_('State')}</th>
                  <th>{_('Last sign-in')}</th>
                  <th>{_('Actions')}</th>
                </tr>
              </thead>
              <tbody>
                {users.map((user) => (
                  <tr key={user.id}>
                    <td>
                      {user.name} {user.id === me?.user.id && <span className="badge">{_('you')}</span>}
                    </td>
                    <td>
                      <RoleCell user={user} roles={roles} canChange={canChange(user)} />
                    </td>
                    <td>{stateOf(user)}</td>
                    <td>{user.last_login_at ? <Time at={user.last_login_at} /> : _('never')}</td>
                    <td>{canChange(user) && <Actions user={user} isOwner={isOwner} onInvited={setInvited} />}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollX>
        )}
      </Loaded>
      <NewUser roles={roles} onInvited={setInvited} />
      {invited && <InvitationDialog {...invited} onClose={() => setInvited(null)} />}
    </div>
  );
}

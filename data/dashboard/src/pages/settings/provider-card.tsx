// SPDX-License-Identifier: MIT
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button';
import { AskButton } from '../../components/dialog';
import { typeTitle } from '../../components/provider-form';
import { ErrorNote } from '../../components/states';
import { TestResult } from '../../components/test-result';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { useDeleteProvider, useTestProvider, useUpdateProvider } from '../../lib/providers';
import { say } from '../../lib/toasts';
import type { Provider, ProviderType } from '../../lib/types';

function Unreadable({ provider }: { provider: Provider }) {
  const [key, setKey] = useState('');
  const update = useUpdateProvider();
  return (
    <form
      className="unreadable stack tight"
      onSubmit={(event) => {
        event.preventDefault();
        update.mutate(
          { id: provider.id, body: { api_key: key } },
          { onSuccess: () => say(_('The key of {name} is stored.', { name: provider.name })) },
        );
      }}
    >
      <h3>{_("Stored API key can't be decrypted")}</h3>
      <p>
        {_(
          'VIGILUS_SECRET has changed since it was stored. Start Vigilus with the earlier secret, or enter the key again: it is then stored with the present one.',
        )}
      </p>
      <div className="row">
        <input
          className="input grow"
          type="password"
          autoComplete="off"
          aria-label={_('API key of {name}', { name: provider.name })}
          placeholder={_('API key')}
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <Button look="primary" type="submit" busy={update.isPending} disabled={key === ''}>
          {_('Store key')}
        </Button>
      </div>
      <ErrorNote error={update.error} />
    </form>
  );
}

function DeleteProvider({ provider }: { provider: Provider }) {
  const remove = useDeleteProvider();
  return (
    <AskButton
      look="danger"
      small
      label={_('Delete')}
      title={_('Delete {name}?', { name: provider.name })}
      action={_('Delete {name}', { name: provider.name })}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={(close) => remove.mutate(provider.id, { onSuccess: close })}
    >
      <p>{_('Its stored API key is gone for good. Operators that use it have to be changed first.')}</p>
    </AskButton>
  );
}

function KeyState({ provider, type }: { provider: Provider; type: ProviderType | undefined }) {
  if (type?.key === 'none') return <span className="muted">{_('needs none')}</span>;
  if (!provider.key.set) return <span className="muted">{_('none stored')}</span>;
  return (
    <span className="row">
      <KeyRound className="icon" aria-hidden />{' '}
      {provider.key.readable ? _('stored, encrypted') : _('stored, unreadable')}
    </span>
  );
}

function Actions({ provider, edit }: { provider: Provider; edit: () => void }) {
  const test = useTestProvider();
  const update = useUpdateProvider();
  const change = (body: { enabled?: boolean; is_default?: boolean }) => update.mutate({ id: provider.id, body });
  return (
    <>
      <div className="row">
        <Button small busy={test.isPending} onClick={() => test.mutate(provider.id)}>
          {_('Test connection')}
        </Button>
        <Button small onClick={edit}>
          {_('Edit')}
        </Button>
        {!provider.is_default && (
          <Button small disabled={update.isPending} onClick={() => change({ is_default: true })}>
            {_('Make default')}
          </Button>
        )}
        <Button small disabled={update.isPending} onClick={() => change({ enabled: !provider.enabled })}>
          {provider.enabled ? _('Switch off') : _('Switch on')}
        </Button>
        <DeleteProvider provider={provider} />
      </div>
      <TestResult test={test} offline={provider.type === 'offline'} />
      <ErrorNote error={update.error} />
    </>
  );
}

export function ProviderCard({
  provider,
  type,
  edit,
}: {
  provider: Provider;
  type: ProviderType | undefined;
  edit: () => void;
}) {
  const canEdit = useCan('administrator');
  return (
    <li className="card stack tight">
      <div className="row">
        <h2>{provider.name}</h2>
        {provider.is_default && <span className="badge busy">{_('Default')}</span>}
        {!provider.enabled && <span className="badge">{_('Off')}</span>}
        <span className="muted small">{type ? typeTitle(type) : provider.type}</span>
      </div>
      {provider.key.set && !provider.key.readable && <Unreadable provider={provider} />}
      <dl className="facts small">
        {provider.base_url && (
          <>
            <dt>{_('Endpoint URL')}</dt>
            <dd className="mono">{provider.base_url}</dd>
          </>
        )}
        <dt>{_('Default model')}</dt>
        <dd className="mono">{provider.default_model ?? '–'}</dd>
        <dt>{_('API key')}</dt>
        <dd>
          <KeyState provider={provider} type={type} />
        </dd>
      </dl>
      {canEdit && <Actions provider={provider} edit={edit} />}
    </li>
  );
}

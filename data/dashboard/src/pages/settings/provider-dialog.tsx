// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { CheckField } from '../../components/form';
import { FoundServers } from '../../components/found-servers';
import { ModelField, ProviderFields, ProviderTypeChoice } from '../../components/provider-form';
import { ErrorNote } from '../../components/states';
import { TestResult } from '../../components/test-result';
import { _ } from '../../lib/i18n';
import { foundServersQuery } from '../../lib/providers';
import { say } from '../../lib/toasts';
import type { Provider, ProviderType } from '../../lib/types';
import { useProviderEditor } from './use-provider-editor';

interface Props {
  provider: Provider | null;
  types: ProviderType[];
  onClose: () => void;
}

export function ProviderDialog({ provider, types, onClose }: Props) {
  const editor = useProviderEditor(provider, types);
  const found = useQuery({ ...foundServersQuery, enabled: provider === null });
  const [isDefault, setDefault] = useState(provider?.is_default ?? false);
  const { draft, type, wrongs, test } = editor;
  const isOffline = draft.type === 'offline';

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const saved = await editor.save(isDefault === (provider?.is_default ?? false) ? {} : { is_default: isDefault });
    if (!saved) return;
    say(_('{name} is saved. It is now available for Operators.', { name: saved.name }));
    onClose();
  };
  return (
    <Dialog
      title={provider ? _('Edit {name}', { name: provider.name }) : _('Add Provider')}
      className="wide"
      onClose={onClose}
    >
      <form className="stack" onSubmit={submit} noValidate>
        {!provider && <FoundServers servers={found.data ?? []} onChoose={editor.chooseFound} />}
        {!provider && <ProviderTypeChoice types={types} value={draft.type} onChange={editor.choose} />}
        {type && (
          <>
            <ProviderFields
              type={type}
              draft={draft}
              wrongs={wrongs}
              onChange={editor.change}
              keyIsSet={provider?.key.set === true && provider.key.readable}
            />
            {!isOffline && (
              <ModelField
                value={draft.default_model}
                models={test.data?.models ?? []}
                wrong={wrongs.default_model}
                onChange={(default_model) => editor.change({ ...draft, default_model })}
              />
            )}
            <CheckField
              label={_('Default provider')}
              hint={_('For Operators that name none, and for routing.')}
              checked={isDefault}
              disabled={provider?.is_default === true}
              onChange={(event) => setDefault(event.target.checked)}
            />
          </>
        )}
        <TestResult test={test} offline={isOffline} />
        <ErrorNote error={editor.error} />
        <div className="actions">
          <Button busy={test.isPending} disabled={!type} onClick={editor.runTest}>
            {_('Test connection')}
          </Button>
          <Button look="primary" type="submit" busy={editor.isSaving} disabled={!type}>
            {_('Save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

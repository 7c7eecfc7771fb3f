// SPDX-License-Identifier: MIT
import type { FormEvent } from 'react';
import { useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { CheckField, useFocusOnWrong } from '../../components/form';
import { _ } from '../../lib/i18n';
import { say } from '../../lib/toasts';
import type { Provider, ProviderType } from '../../lib/types';
import { ProviderBody } from './provider-body';
import { useProviderEditor } from './use-provider-editor';

interface Props {
  provider: Provider | null;
  types: ProviderType[];
  onClose: () => void;
}

export function ProviderDialog({ provider, types, onClose }: Props) {
  const editor = useProviderEditor(provider, types);
  const form = useFocusOnWrong(editor.wrongs);
  const [isDefault, setDefault] = useState(provider?.is_default ?? false);

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
      <form ref={form} className="stack" onSubmit={submit} noValidate>
        <ProviderBody editor={editor} types={types} provider={provider}>
          <CheckField
            label={_('Default provider')}
            hint={_('For Operators that name none, and for routing.')}
            checked={isDefault}
            disabled={provider?.is_default === true}
            onChange={(event) => setDefault(event.target.checked)}
          />
        </ProviderBody>
        {editor.type && (
          <div className="actions">
            <Button look="primary" type="submit" busy={editor.isSaving}>
              {_('Save')}
            </Button>
          </div>
        )}
      </form>
    </Dialog>
  );
}

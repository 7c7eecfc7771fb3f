// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { Button } from '../../components/button';
import { useFocusOnWrong } from '../../components/form';
import { Loaded } from '../../components/states';
import { _ } from '../../lib/i18n';
import { providerTypesQuery } from '../../lib/providers';
import type { ProviderType } from '../../lib/types';
import { ProviderBody } from '../settings/provider-body';
import { useProviderEditor } from '../settings/use-provider-editor';

function ProviderForm({ types, next }: { types: ProviderType[]; next: () => void }) {
  const editor = useProviderEditor(null, types);
  const form = useFocusOnWrong(editor.wrongs);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await editor.save({ is_default: true })) next();
  };
  return (
    <form ref={form} className="stack" onSubmit={submit} noValidate>
      <ProviderBody editor={editor} types={types} />
      <div className="row end">
        <Button look="quiet" onClick={next}>
          {_('Skip for now')}
        </Button>
        {editor.type && (
          <Button look="primary" type="submit" busy={editor.isSaving}>
            {_('Save provider')}
          </Button>
        )}
      </div>
    </form>
  );
}

export function ProviderStep({ next }: { next: () => void }) {
  const query = useQuery(providerTypesQuery);
  return (
    <div className="stack">
      <h2>{_('Add a provider')}</h2>
      <p>{_('Where the thinking comes from: your own machine, a cloud, or no model at all to begin with.')}</p>
      <Loaded query={query}>{(types) => <ProviderForm types={types} next={next} />}</Loaded>
    </div>
  );
}

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { Button } from '../../components/button';
import { FoundServers } from '../../components/found-servers';
import { ModelField, ProviderFields, ProviderTypeChoice } from '../../components/provider-form';
import { ErrorNote, Loaded } from '../../components/states';
import { TestResult } from '../../components/test-result';
import { _ } from '../../lib/i18n';
import { foundServersQuery, providerTypesQuery } from '../../lib/providers';
import type { ProviderType } from '../../lib/types';
import { useProviderEditor } from '../settings/use-provider-editor';

function ProviderForm({ types, next }: { types: ProviderType[]; next: () => void }) {
  const editor = useProviderEditor(null, types, types[0]?.type);
  const found = useQuery(foundServersQuery);
  const isOffline = editor.draft.type === 'offline';
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await editor.save({ is_default: true })) next();
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <FoundServers servers={found.data ?? []} onChoose={editor.chooseFound} />
      <ProviderTypeChoice types={types} value={editor.draft.type} onChange={editor.choose} />
      {editor.type && (
        <ProviderFields type={editor.type} draft={editor.draft} wrongs={editor.wrongs} onChange={editor.change} />
      )}
      {!isOffline && (
        <ModelField
          value={editor.draft.default_model}
          models={editor.test.data?.models ?? []}
          wrong={editor.wrongs.default_model}
          onChange={(default_model) => editor.change({ ...editor.draft, default_model })}
        />
      )}
      <TestResult test={editor.test} offline={isOffline} />
      <ErrorNote error={editor.error} />
      <div className="row end">
        <Button look="quiet" onClick={next}>
          {_('Skip for now')}
        </Button>
        <Button busy={editor.test.isPending} disabled={!editor.type} onClick={editor.runTest}>
          {_('Test connection')}
        </Button>
        <Button look="primary" type="submit" busy={editor.isSaving} disabled={!editor.type}>
          {_('Save provider')}
        </Button>
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

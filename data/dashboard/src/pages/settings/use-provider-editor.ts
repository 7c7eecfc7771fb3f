// SPDX-License-Identifier: MIT
import { useState } from 'react';
import { emptyDraft, type ProviderDraft } from '../../components/provider-form';
import { useCreateProvider, useTestSettings, useUpdateProvider } from '../../lib/providers';
import { chosenValues, draftOf as optionsOf, settingRules } from '../../lib/setting-draft';
import type { FoundServer, Provider, ProviderType } from '../../lib/types';
import { check, type Wrongs, wrongsOf } from '../../lib/validate';

const members = ['name', 'type', 'base_url', 'api_key', 'default_model', 'options'];

function draftOf(provider: Provider, types: ProviderType[]): ProviderDraft {
  const type = types.find((other) => other.type === provider.type);
  return {
    type: provider.type,
    name: provider.name,
    base_url: provider.base_url ?? '',
    api_key: '',
    default_model: provider.default_model ?? '',
    options: optionsOf(settingRules(type?.options_schema), provider.options),
  };
}

/** What both the wizard and Settings do with a provider: choose a type, fill in, test, save. */
export function useProviderEditor(provider: Provider | null, types: ProviderType[]) {
  const [draft, setDraft] = useState(() => (provider ? draftOf(provider, types) : emptyDraft(undefined)));
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const test = useTestSettings();
  const create = useCreateProvider();
  const update = useUpdateProvider();
  const type = types.find((other) => other.type === draft.type);
  const key = draft.api_key === '' ? {} : { api_key: draft.api_key };

  const options = chosenValues(settingRules(type?.options_schema), draft.options);

  const begin = (next: ProviderDraft) => {
    setDraft(next);
    setWrongs({});
    test.reset();
    create.reset();
  };

  const body = () => ({
    name: draft.name.trim(),
    base_url: draft.base_url.trim() || null,
    default_model: draft.default_model.trim() || null,
    options,
    ...key,
  });

  const runTest = async () => {
    const stored = provider ? { provider_id: provider.id } : {};
    const result = await test
      .mutateAsync({ type: draft.type, base_url: draft.base_url.trim() || null, options, ...key, ...stored })
      .catch(() => null);
    const first = result?.models[0];
    if (first && draft.default_model === '') setDraft((old) => ({ ...old, default_model: first.id }));
  };

  const save = async (extra: { is_default?: boolean } = {}): Promise<Provider | null> => {
    const found = check(provider ? 'updateProvider' : 'createProvider', { ...body(), type: draft.type });
    setWrongs(found);
    if (Object.keys(found).length > 0) return null;
    const request = provider
      ? update.mutateAsync({ id: provider.id, body: { ...body(), ...extra } })
      : create.mutateAsync({ ...body(), ...extra, type: draft.type });
    return request.catch((error: Error) => {
      setWrongs(wrongsOf(error, members));
      return null;
    });
  };

  return {
    draft,
    type,
    wrongs,
    test,
    runTest,
    save,
    isSaving: create.isPending || update.isPending,
    error: create.error ?? update.error,
    change: (next: ProviderDraft) => {
      setDraft(next);
      if (next.base_url !== draft.base_url || next.api_key !== draft.api_key) test.reset();
    },
    chooseFound: (server: FoundServer) =>
      begin({ ...emptyDraft(types.find((other) => other.type === server.type)), base_url: server.base_url }),
    choose: (next: ProviderType) => begin(emptyDraft(next)),
    chooseAgain: () => begin(emptyDraft(undefined)),
  };
}

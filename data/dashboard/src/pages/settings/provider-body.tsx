// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from '../../components/button';
import { ModelField } from '../../components/model-field';
import { ProviderFields, ProviderOptions } from '../../components/provider-form';
import { ChosenKind, ProviderKinds } from '../../components/provider-kinds';
import { ErrorNote } from '../../components/states';
import { TestResult } from '../../components/test-result';
import { _ } from '../../lib/i18n';
import { foundServersQuery } from '../../lib/providers';
import type { Provider, ProviderType } from '../../lib/types';
import { unlessAtField } from '../../lib/validate';
import type { useProviderEditor } from './use-provider-editor';

interface Props {
  editor: ReturnType<typeof useProviderEditor>;
  types: ProviderType[];
  provider?: Provider | null;
  /** What else may be set. */
  children?: ReactNode;
}

/** Choose, fill in, test, pick a model: what the wizard and Settings have in common. Changing a provider begins with the second step. */
export function ProviderBody({ editor, types, provider = null, children }: Props) {
  const { draft, type, wrongs, test, change } = editor;
  const found = useQuery({ ...foundServersQuery, enabled: provider === null });
  const isOffline = draft.type === 'offline';
  if (!type)
    return (
      <ProviderKinds
        types={types}
        found={found.data ?? []}
        onChoose={editor.choose}
        onChooseFound={editor.chooseFound}
      />
    );
  return (
    <>
      <ChosenKind type={type} onBack={provider ? undefined : editor.chooseAgain} />
      <ProviderFields
        type={type}
        draft={draft}
        wrongs={wrongs}
        onChange={change}
        keyIsSet={provider?.key.set === true && provider.key.readable}
      />
      <div>
        <Button busy={test.isPending} onClick={editor.runTest}>
          {_('Test connection')}
        </Button>
      </div>
      <TestResult test={test} offline={isOffline} />
      {!isOffline && (
        <ModelField
          value={draft.default_model}
          models={test.data?.models ?? []}
          wrong={wrongs.default_model}
          onChange={(default_model) => change({ ...draft, default_model })}
        />
      )}
      <ProviderOptions type={type} draft={draft} wrongs={wrongs} onChange={change}>
        {children}
      </ProviderOptions>
      <ErrorNote error={unlessAtField(editor.error, wrongs)} />
    </>
  );
}

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { SelectField, TextField } from '../../components/form';
import { _ } from '../../lib/i18n';
import { providersQuery } from '../../lib/providers';
import type { Wrongs } from '../../lib/validate';

interface Second {
  fallback_provider_id?: string | null;
  fallback_model?: string | null;
}

interface Props {
  draft: Second;
  wrongs: Wrongs;
  none: string;
  set: (change: Second) => void;
}

/** The model that is asked where the first one can't be reached, is overloaded or refuses its key. */
export function SecondModel({ draft, wrongs, none, set }: Props) {
  const providers = useQuery(providersQuery).data ?? [];
  return (
    <div className="two">
      <SelectField
        label={_('Second provider')}
        hint={_('Asked where the first can’t be reached, is overloaded, over its quota or refuses its key.')}
        value={draft.fallback_provider_id ?? ''}
        wrong={wrongs.fallback_provider_id}
        onChange={(event) => set({ fallback_provider_id: event.target.value || null, fallback_model: null })}
      >
        <option value="">{none}</option>
        {providers.map((provider) => (
          <option key={provider.id} value={provider.id}>
            {provider.name}
          </option>
        ))}
      </SelectField>
      {draft.fallback_provider_id && (
        <TextField
          label={_('Its model')}
          placeholder={_('The provider’s default')}
          value={draft.fallback_model ?? ''}
          wrong={wrongs.fallback_model}
          onChange={(event) => set({ fallback_model: event.target.value.trim() || null })}
        />
      )}
    </div>
  );
}

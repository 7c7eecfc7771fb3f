// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plug, Plus } from 'lucide-react';
import { Button } from '../../components/button';
import { Empty, Loaded } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { providersQuery, providerTypesQuery } from '../../lib/providers';
import type { Provider } from '../../lib/types';
import { ProviderCard } from './provider-card';
import { ProviderDialog } from './provider-dialog';

function AddButton({ onClick }: { onClick: () => void }) {
  if (!useCan('administrator')) return null;
  return (
    <Button look="primary" onClick={onClick}>
      <Plus className="icon" aria-hidden /> {_('Add Provider')}
    </Button>
  );
}

export function Providers() {
  const query = useQuery(providersQuery);
  const types = useQuery(providerTypesQuery).data;
  const { add, edit } = useSearch({ from: '/shell/settings/$tab' });
  const navigate = useNavigate({ from: '/settings/$tab' });
  const open = (search: { add?: boolean; edit?: string }) => void navigate({ search });
  const edited = query.data?.find((provider) => provider.id === edit);
  return (
    <>
      <div className="row between">
        <p className="muted">{_('Where models come from. Each Operator can use another one.')}</p>
        <AddButton onClick={() => open({ add: true })} />
      </div>
      <Loaded query={query}>
        {(providers: Provider[]) =>
          providers.length === 0 ? (
            <div className="card">
              <Empty icon={Plug} title={_('There are no providers')}>
                <p>{_('Add a cloud model with its key, a local server such as Ollama, or try without a model.')}</p>
                <AddButton onClick={() => open({ add: true })} />
              </Empty>
            </div>
          ) : (
            <ul className="stack">
              {providers.map((provider) => (
                <ProviderCard
                  key={provider.id}
                  provider={provider}
                  type={types?.find((type) => type.type === provider.type)}
                  edit={() => open({ edit: provider.id })}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
      {types && (add || edited) && (
        <ProviderDialog key={edited?.id ?? 'new'} provider={edited ?? null} types={types} onClose={() => open({})} />
      )}
    </>
  );
}

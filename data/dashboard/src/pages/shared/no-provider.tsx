// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { buttonClass } from '../../components/button';
import { Note } from '../../components/states';
import { _ } from '../../lib/i18n';
import { providersQuery } from '../../lib/providers';

/** Without a provider nobody can answer: says so, and where to go. */
export function NoProvider() {
  const providers = useQuery(providersQuery);
  if (!providers.data || providers.data.some((provider) => provider.enabled)) return null;
  return (
    <Note kind="wait">
      <div className="row between">
        <span className="grow">
          {_(
            'There is no provider yet, so nobody can answer. Add a model’s key, a local server, or try without a model.',
          )}
        </span>
        <Link
          to="/settings/$tab"
          params={{ tab: 'providers' }}
          search={{ add: true }}
          className={buttonClass('plain', true)}
        >
          {_('Add Provider')}
        </Link>
      </div>
    </Note>
  );
}

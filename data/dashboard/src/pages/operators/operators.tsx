// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Bot, Plus } from 'lucide-react';
import { buttonClass } from '../../components/button';
import { FilterField } from '../../components/filter-field';
import { LevelBadge } from '../../components/level';
import { Empty, Loaded } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _, ngettext } from '../../lib/i18n';
import { rankNames } from '../../lib/mentions';
import { operatorsQuery } from '../../lib/operators';
import { providersQuery } from '../../lib/providers';
import type { Operator } from '../../lib/types';

export function trustWord(mode: Operator['trust_mode']): string {
  return { inherit: _('As in Settings'), strict: _('Strict'), lenient: _('Lenient') }[mode];
}

function OperatorCard({ operator, provider }: { operator: Operator; provider: string }) {
  return (
    <li className="card operator-card">
      <div className="row between">
        <h2>
          <Link to="/operators/$operatorId" params={{ operatorId: operator.id }}>
            {operator.name}
          </Link>
        </h2>
        {operator.enabled ? (
          <LevelBadge level={operator.permission_level} />
        ) : (
          <span className="badge">{_('Off')}</span>
        )}
      </div>
      <p className="muted">{operator.description || _('No description')}</p>
      <p className="small row">
        <span>{ngettext('One tool', '{count} tools', operator.tools.length)}</span>
        <span>{operator.model ? `${provider} · ${operator.model}` : provider}</span>
        <span>{_('Trust: {mode}', { mode: trustWord(operator.trust_mode) })}</span>
      </p>
      {!operator.working_directory && (
        <p className="small muted">{_('No working directory: tools of this host are denied.')}</p>
      )}
    </li>
  );
}

function CreateLink() {
  if (!useCan('administrator')) return null;
  return (
    <Link to="/operators/$operatorId" params={{ operatorId: 'new' }} className={buttonClass('primary')}>
      <Plus className="icon" aria-hidden /> {_('Create Operator')}
    </Link>
  );
}

export default function OperatorsPage() {
  const query = useQuery(operatorsQuery);
  const providers = useQuery(providersQuery).data ?? [];
  const { q = '' } = useSearch({ from: '/shell/operators' });
  const navigate = useNavigate({ from: '/operators' });
  const nameOf = (id: string | null) =>
    providers.find((provider) => (id ? provider.id === id : provider.is_default))?.name ?? _('Default provider');
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{_('Operators')}</h1>
          <p>{_('Who does what, with which tools, and how far they may go.')}</p>
        </div>
        <CreateLink />
      </header>
      <Loaded query={query}>
        {(operators) => {
          if (operators.length === 0)
            return (
              <div className="card">
                <Empty icon={Bot} title={_('There are no Operators')}>
                  <p>
                    {_(
                      'An Operator has a purpose, a model, tools and a permission level. Create one to have somebody to ask.',
                    )}
                  </p>
                  <CreateLink />
                </Empty>
              </div>
            );
          const shown = q ? rankNames(operators, q) : operators;
          return (
            <>
              <FilterField
                label={_('Filter Operators')}
                value={q}
                onChange={(value) => void navigate({ search: value ? { q: value } : {}, replace: true })}
              />
              <ul className="cards">
                {shown.map((operator) => (
                  <OperatorCard key={operator.id} operator={operator} provider={nameOf(operator.provider_id)} />
                ))}
              </ul>
              {shown.length === 0 && <p className="muted">{_('No Operator is called that.')}</p>}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

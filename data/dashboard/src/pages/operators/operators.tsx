// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Bot, Hourglass, LoaderCircle, Plus, Upload } from 'lucide-react';
import { useState } from 'react';
import { Button, buttonClass } from '../../components/button';
import { FilterField } from '../../components/filter-field';
import { LevelBadge } from '../../components/level';
import { Empty, Loaded } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _, ngettext } from '../../lib/i18n';
import { rankNames } from '../../lib/mentions';
import { operatorStatusQuery, operatorsQuery, toolsQuery } from '../../lib/operators';
import { providersQuery } from '../../lib/providers';
import type { Operator, OperatorStatus } from '../../lib/types';
import { TestBench } from './bench';
import { ImportDialog } from './import-dialog';

export function trustWord(mode: Operator['trust_mode']): string {
  return { inherit: _('As in Settings'), strict: _('Strict'), lenient: _('Lenient') }[mode];
}

function Activity({ status }: { status: OperatorStatus | undefined }) {
  if (!status) return null;
  const isWaiting = status.waiting > 0;
  const word = status.tool ? _('Running: {tool}', { tool: status.tool }) : _('Thinking');
  return (
    <span className={`badge ${isWaiting ? 'wait' : 'busy'}`}>
      {isWaiting ? <Hourglass className="icon" aria-hidden /> : <LoaderCircle className="icon spin" aria-hidden />}
      {isWaiting ? _('Waits for approval') : word}
    </span>
  );
}

function OperatorCard({
  operator,
  provider,
  status,
}: {
  operator: Operator;
  provider: string;
  status: OperatorStatus | undefined;
}) {
  const tools = useQuery(toolsQuery).data ?? [];
  const needsDirectory = tools.some((tool) => tool.host && operator.tools.includes(tool.name));
  return (
    <li className="card operator-card">
      <div className="row between">
        <h2>
          <Link to="/operators/$operatorId" params={{ operatorId: operator.id }}>
            {operator.name}
          </Link>
        </h2>
        <Activity status={status} />
        {operator.enabled ? (
          <LevelBadge level={operator.permission_level} />
        ) : (
          <span className="badge">{_('Off')}</span>
        )}
      </div>
      <p className="muted wrap">{operator.description || _('No description')}</p>
      <p className="small row">
        <span>{ngettext('One tool', '{count} tools', operator.tools.length)}</span>
        <span>{operator.model ? `${provider} · ${operator.model}` : provider}</span>
        <span>{_('Trust: {mode}', { mode: trustWord(operator.trust_mode) })}</span>
        {operator.builtin && (
          <span>{operator.builtin.edited.length > 0 ? _('Came with Vigilus, edited') : _('Came with Vigilus')}</span>
        )}
      </p>
      {!operator.working_directory && needsDirectory && (
        <p className="small muted">{_('No working directory: tools of this host are denied.')}</p>
      )}
    </li>
  );
}

function CreateLink() {
  const [isImporting, setImporting] = useState(false);
  if (!useCan('administrator')) return null;
  return (
    <div className="row">
      <Button onClick={() => setImporting(true)}>
        <Upload className="icon" aria-hidden /> {_('Import')}
      </Button>
      <Link to="/operators/$operatorId" params={{ operatorId: 'new' }} className={buttonClass('primary')}>
        <Plus className="icon" aria-hidden /> {_('Create Operator')}
      </Link>
      {isImporting && <ImportDialog onClose={() => setImporting(false)} />}
    </div>
  );
}

export default function OperatorsPage() {
  const query = useQuery(operatorsQuery);
  const providers = useQuery(providersQuery).data ?? [];
  const statuses = useQuery(operatorStatusQuery).data ?? [];
  const canTry = useCan('approver');
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
                  <OperatorCard
                    key={operator.id}
                    operator={operator}
                    provider={nameOf(operator.provider_id)}
                    status={statuses.find((status) => status.operator_id === operator.id)}
                  />
                ))}
              </ul>
              {shown.length === 0 && <p className="muted">{_('No Operator is called that.')}</p>}
              {canTry && <TestBench operator={null} />}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

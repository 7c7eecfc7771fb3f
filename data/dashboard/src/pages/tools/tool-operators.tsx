// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CheckField } from '../../components/form';
import { levelNames } from '../../components/level';
import { ErrorNote } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { operatorsQuery, useSaveOperator } from '../../lib/operators';
import type { Operator, Tool } from '../../lib/types';

function trouble(tool: Tool, operator: Operator): string | null {
  if (levelNames.indexOf(tool.level) > levelNames.indexOf(operator.permission_level))
    return _('Above the permission level: it would be denied.');
  return tool.host && !operator.working_directory ? _('Needs a working directory.') : null;
}

function Assign({ tool, operator }: { tool: Tool; operator: Operator }) {
  const save = useSaveOperator(operator.id);
  const isOn = operator.tools.includes(tool.name);
  const tools = isOn ? operator.tools.filter((name) => name !== tool.name) : [...operator.tools, tool.name];
  return (
    <>
      <CheckField
        checked={save.isPending ? !isOn : isOn}
        disabled={save.isPending}
        onChange={() => save.mutate({ tools } as Parameters<typeof save.mutate>[0])}
        label={operator.name}
        hint={isOn ? trouble(tool, operator) : undefined}
      />
      <ErrorNote error={save.error} />
    </>
  );
}

/** Which Operators have the tool; administrators choose here. */
export function ToolOperators({ tool }: { tool: Tool }) {
  const operators = useQuery(operatorsQuery).data ?? [];
  const canEdit = useCan('administrator');
  const users = operators.filter((operator) => operator.tools.includes(tool.name));
  if (canEdit)
    return (
      <fieldset className="choices">
        <legend>{_('Assigned to')}</legend>
        {operators.map((operator) => (
          <Assign key={operator.id} tool={tool} operator={operator} />
        ))}
      </fieldset>
    );
  return (
    <p className="small">
      {_('Assigned to')}: {users.length === 0 && _('nobody yet')}
      {users.map((operator, index) => (
        <span key={operator.id}>
          {index > 0 && ', '}
          <Link to="/operators/$operatorId" params={{ operatorId: operator.id }}>
            {operator.name}
          </Link>
        </span>
      ))}
    </p>
  );
}

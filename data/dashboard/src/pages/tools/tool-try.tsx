// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { SelectField } from '../../components/form';
import { SchemaForm } from '../../components/schema-form';
import { ErrorNote, Note } from '../../components/states';
import { useTryTool } from '../../lib/http-tools';
import { _ } from '../../lib/i18n';
import { operatorsQuery } from '../../lib/operators';
import { membersOf, readValues } from '../../lib/schema-values';
import type { Tool } from '../../lib/types';

/** Makes one call without a model, and shows it where all calls are shown. */
export function ToolTry({ tool, onClose }: { tool: Tool; onClose: () => void }) {
  const operators = (useQuery(operatorsQuery).data ?? []).filter(
    (operator) => operator.enabled && operator.tools.includes(tool.name),
  );
  const [chosen, setChosen] = useState('');
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [isTried, setTried] = useState(false);
  const members = membersOf(tool.input_schema);
  const read = readValues(members, texts);
  const navigate = useNavigate();
  const attempt = useTryTool();
  const operatorId = chosen || operators[0]?.id || '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(read.wrongs).length > 0 || !operatorId) return;
    attempt.mutate(
      { name: tool.name, operator_id: operatorId, arguments: read.values },
      {
        onSuccess: (run) => void navigate({ to: '/chat/$sessionId', params: { sessionId: run.session_id } }),
      },
    );
  };
  return (
    <Dialog title={_('Try {tool}', { tool: tool.name })} className="wide" onClose={onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <p>
          {_(
            'It really runs, once: judged, approved and recorded as a call of the Operator, and shown in a new conversation.',
          )}
        </p>
        {operators.length === 0 ? (
          <Note kind="wait">{_('No Operator has this tool yet. Assign it to one first.')}</Note>
        ) : (
          <SelectField
            label={_('As which Operator')}
            value={operatorId}
            onChange={(event) => setChosen(event.target.value)}
          >
            {operators.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </SelectField>
        )}
        <SchemaForm members={members} texts={texts} wrongs={isTried ? read.wrongs : {}} onChange={setTexts} />
        <ErrorNote error={attempt.error} />
        <div className="actions">
          <Button onClick={onClose}>{_('Cancel')}</Button>
          <Button look="primary" type="submit" busy={attempt.isPending} disabled={operators.length === 0}>
            {_('Try it')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

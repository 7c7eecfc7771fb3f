// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import { AskButton } from '../../components/dialog';
import { Loaded } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { operatorQuery, useDeleteOperator } from '../../lib/operators';
import { say } from '../../lib/toasts';
import type { Operator } from '../../lib/types';
import { TestBench } from './bench';
import { BuiltinNote, OperatorActions } from './operator-actions';
import { OperatorForm } from './operator-form';
import { Versions } from './versions';

function Delete({ operator }: { operator: Operator }) {
  const remove = useDeleteOperator();
  const navigate = useNavigate();
  const confirm = () =>
    remove.mutate(operator.id, {
      onSuccess: () => {
        say(_('{name} is deleted.', { name: operator.name }));
        void navigate({ to: '/operators' });
      },
    });
  return (
    <AskButton
      look="danger"
      label={_('Delete {name}', { name: operator.name })}
      title={_('Delete {name}?', { name: operator.name })}
      action={_('Delete {name}', { name: operator.name })}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={confirm}
    >
      <p>{_('Its prompt and tool assignment are gone for good. Its runs and audit records keep its name.')}</p>
    </AskButton>
  );
}

function Back() {
  return (
    <Link to="/operators" className="back small">
      <ChevronLeft className="icon" aria-hidden /> {_('Operators')}
    </Link>
  );
}

function Existing({ id }: { id: string }) {
  const query = useQuery(operatorQuery(id));
  const canEdit = useCan('administrator');
  const canTry = useCan('approver');
  return (
    <Loaded query={query} rows={8}>
      {(operator) => (
        <>
          <header className="page-head">
            <h1>{operator.name}</h1>
            <div className="row">
              <OperatorActions operator={operator} canEdit={canEdit} />
              {canEdit && <Delete operator={operator} />}
            </div>
          </header>
          <BuiltinNote operator={operator} canEdit={canEdit} />
          <OperatorForm key={`${operator.id}/${operator.updated_at}`} operator={operator} canEdit={canEdit} />
          <div className="stack">
            {canTry && <TestBench operator={operator} />}
            <Versions operator={operator} canEdit={canEdit} />
          </div>
        </>
      )}
    </Loaded>
  );
}

export default function OperatorPage() {
  const { operatorId } = useParams({ from: '/shell/operators/$operatorId' });
  const canEdit = useCan('administrator');
  return (
    <>
      <Back />
      {operatorId === 'new' ? (
        <>
          <header className="page-head">
            <h1>{_('Create Operator')}</h1>
          </header>
          <OperatorForm operator={null} canEdit={canEdit} />
        </>
      ) : (
        <Existing id={operatorId} />
      )}
    </>
  );
}

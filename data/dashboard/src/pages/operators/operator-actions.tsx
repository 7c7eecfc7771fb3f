// SPDX-License-Identifier: MIT
import { useNavigate } from '@tanstack/react-router';
import { Copy, Download, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button';
import { Confirm } from '../../components/dialog';
import { ErrorNote, Note } from '../../components/states';
import { _ } from '../../lib/i18n';
import { exportOperator, useDuplicateOperator, useResetOperator } from '../../lib/operators';
import { say } from '../../lib/toasts';
import type { Operator } from '../../lib/types';

function save(name: string, value: unknown): void {
  const url = URL.createObjectURL(new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name.replace(/[^\p{L}\p{N}]+/gu, '-').toLowerCase()}.operator.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export function OperatorActions({ operator, canEdit }: { operator: Operator; canEdit: boolean }) {
  const [error, setError] = useState<Error | null>(null);
  const duplicate = useDuplicateOperator(operator.id);
  const navigate = useNavigate();
  const copy = () =>
    duplicate.mutate(undefined, {
      onSuccess: (made) => {
        say(_('{name} is made.', { name: made.name }));
        void navigate({ to: '/operators/$operatorId', params: { operatorId: made.id } });
      },
    });
  return (
    <div className="stack tight">
      <div className="row">
        <Button
          onClick={() => {
            setError(null);
            exportOperator(operator.id).then((file) => save(operator.name, file), setError);
          }}
        >
          <Download className="icon" aria-hidden /> {_('Export')}
        </Button>
        {canEdit && (
          <Button busy={duplicate.isPending} onClick={copy}>
            <Copy className="icon" aria-hidden /> {_('Duplicate')}
          </Button>
        )}
      </div>
      <ErrorNote error={error ?? duplicate.error} />
    </div>
  );
}

/** A built-in one says so, and what a newer version will leave alone. */
export function BuiltinNote({ operator, canEdit }: { operator: Operator; canEdit: boolean }) {
  const [isAsking, setAsking] = useState(false);
  const reset = useResetOperator(operator.id);
  if (!operator.builtin) return null;
  const { edited } = operator.builtin;
  if (edited.length === 0)
    return <Note>{_('It came with Vigilus, and follows newer versions as long as nobody edits it.')}</Note>;
  return (
    <Note>
      <div className="row between">
        <span>
          {_('It came with Vigilus. You have edited {members}; newer versions leave that as it is.', {
            members: edited.join(', '),
          })}
        </span>
        {canEdit && (
          <Button small onClick={() => setAsking(true)}>
            <RotateCcw className="icon" aria-hidden /> {_('As it came')}
          </Button>
        )}
      </div>
      {isAsking && (
        <Confirm
          title={_('Take back what was edited?')}
          action={_('Take it back')}
          busy={reset.isPending}
          error={reset.error}
          onConfirm={() => reset.mutate(undefined, { onSuccess: () => setAsking(false) })}
          onClose={() => setAsking(false)}
        >
          <p>
            {_('{members} will be as they came. What they are now stays under Versions.', {
              members: edited.join(', '),
            })}
          </p>
        </Confirm>
      )}
    </Note>
  );
}

// SPDX-License-Identifier: MIT
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { TextField } from '../../components/form';
import { LevelBadge } from '../../components/level';
import { ErrorNote, Note } from '../../components/states';
import { _, ngettext } from '../../lib/i18n';
import { useImportOperator } from '../../lib/operators';
import { say } from '../../lib/toasts';
import type { OperatorFile } from '../../lib/types';

const MOST_BYTES = 300_000;

/** The daemon checks it strictly; here it only has to be shown. */
async function read(file: File): Promise<OperatorFile> {
  if (file.size > MOST_BYTES) throw new Error(_('{name} is too large for an Operator’s file.', { name: file.name }));
  let value: unknown;
  try {
    value = JSON.parse(await file.text());
  } catch {
    throw new Error(_('{name} is not JSON, so it is no Operator’s file.', { name: file.name }));
  }
  if (typeof value !== 'object' || value === null || !('vigilus_operator' in value))
    throw new Error(_('{name} is no Operator’s file: export one to see what it looks like.', { name: file.name }));
  return value as OperatorFile;
}

function Preview({ file }: { file: OperatorFile }) {
  return (
    <div className="stack tight">
      <p className="row">
        <LevelBadge level={file.permission_level ?? 'read'} />
        <span className="small">{ngettext('One tool', '{count} tools', file.tools?.length ?? 0)}</span>
        <span className="small mono">{file.tools?.join(', ')}</span>
      </p>
      {file.trust_mode === 'lenient' && (
        <Note kind="wait">
          {_('It is lenient: its elevations are approved at once. Change that if you did not write it.')}
        </Note>
      )}
      <p className="muted">{file.description}</p>
      <pre className="preview">{file.system_prompt}</pre>
    </div>
  );
}

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<OperatorFile | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const load = useImportOperator();
  const navigate = useNavigate();
  const choose = (chosen: File | undefined) => {
    setFile(null);
    setError(null);
    load.reset();
    if (chosen) read(chosen).then(setFile, setError);
  };
  const submit = () => {
    if (!file) return;
    load.mutate(file, {
      onSuccess: ({ operator, notes }) => {
        say([_('{name} is imported.', { name: operator.name }), ...notes].join(' '));
        onClose();
        void navigate({ to: '/operators/$operatorId', params: { operatorId: operator.id } });
      },
    });
  };
  return (
    <Dialog title={_('Import an Operator')} onClose={onClose}>
      <label className="field">
        <span>{_('File')}</span>
        <input type="file" accept=".json,application/json" onChange={(event) => choose(event.target.files?.[0])} />
      </label>
      {file && (
        <>
          <TextField
            label={_('Name')}
            value={file.name}
            onChange={(event) => setFile({ ...file, name: event.target.value })}
          />
          <Preview file={file} />
        </>
      )}
      <ErrorNote error={error ?? load.error} />
      <div className="actions">
        <Button onClick={onClose}>{_('Cancel')}</Button>
        <Button look="primary" disabled={!file} busy={load.isPending} onClick={submit}>
          {_('Import')}
        </Button>
      </div>
    </Dialog>
  );
}

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Button } from '../../components/button';
import { TextField } from '../../components/form';
import { ErrorNote } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { modelsQuery } from '../../lib/providers';

interface Props {
  providerId: string | null;
  model: string | null;
  wrong?: string | undefined;
  onChange: (model: string | null) => void;
}

/** Which models there are is asked of the provider only when wanted: it may be slow, or asleep. */
export function ModelChoice({ providerId, model, wrong, onChange }: Props) {
  const canAsk = useCan('administrator');
  const models = useQuery({ ...modelsQuery(providerId ?? ''), enabled: false });
  return (
    <>
      <TextField
        label={_('Model')}
        value={model ?? ''}
        wrong={wrong}
        list="operator-models"
        placeholder={_('The provider’s default')}
        onChange={(event) => onChange(event.target.value.trim() || null)}
      />
      <datalist id="operator-models">
        {models.data?.map((item) => (
          <option key={item.id} value={item.id} />
        ))}
      </datalist>
      {canAsk && providerId && (
        <div className="row">
          <Button small busy={models.isFetching} onClick={() => models.refetch()}>
            {_('List its models')}
          </Button>
          {models.data && <span className="small muted">{_('Choose in the field above.')}</span>}
        </div>
      )}
      <ErrorNote error={models.error} />
    </>
  );
}

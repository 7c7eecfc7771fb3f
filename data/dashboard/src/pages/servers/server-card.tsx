// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Button } from '../../components/button';
import { DeleteButton } from '../../components/dialog';
import { ServerStatus } from '../../components/server-status';
import { ErrorNote } from '../../components/states';
import { Time } from '../../components/time';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { operatorsQuery } from '../../lib/operators';
import { useDeleteServer, useTestServer } from '../../lib/servers';
import type { Server } from '../../lib/types';
import { AcceptHostKey, ForgetHostKey, hasOtherKey, LastFailure, TestReport } from './server-check';
import { ServerFacts } from './server-facts';

function DeleteServer({ server }: { server: Server }) {
  return (
    <DeleteButton id={server.id} name={server.name} remove={useDeleteServer()}>
      <p>
        {_(
          'Its address, notes and pinned host key are gone for good, and Operators no longer reach it. Its credential stays.',
        )}
      </p>
    </DeleteButton>
  );
}

function Facts({ server }: { server: Server }) {
  const operators = useQuery(operatorsQuery).data ?? [];
  const named = operators.filter(({ id }) => server.operators.includes(id)).map(({ name }) => name);
  return (
    <dl className="facts small">
      {server.user_name && (
        <>
          <dt>{_('Address')}</dt>
          <dd className="mono">
            {server.user_name}@{server.host}:{server.port}
          </dd>
        </>
      )}
      {server.jump_name && (
        <>
          <dt>{_('Jump host')}</dt>
          <dd>{server.jump_name}</dd>
        </>
      )}
      <dt>{_('Credential')}</dt>
      <dd>{server.credential_name ?? _('None yet')}</dd>
      <dt>{_('Last seen')}</dt>
      <dd>{server.last_seen_at ? <Time at={server.last_seen_at} /> : _('never')}</dd>
      {(server.os ?? server.system) && (
        <>
          <dt>{_('OS')}</dt>
          <dd>{server.os ?? server.system}</dd>
        </>
      )}
      {server.host_key_fingerprint && (
        <>
          <dt>{_('Host key')}</dt>
          <dd className="mono">{server.host_key_fingerprint}</dd>
        </>
      )}
      {server.docker_endpoint && (
        <>
          <dt>{_('Docker')}</dt>
          <dd>
            <span className="mono">{server.docker_endpoint}</span>
            {server.docker_message && <> · {server.docker_message}</>}
          </dd>
        </>
      )}
      <dt>{_('Operators')}</dt>
      <dd>{server.operators.length === 0 ? _('all') : named.join(', ') || '–'}</dd>
      {server.notes && (
        <>
          <dt>{_('Notes')}</dt>
          <dd>{server.notes}</dd>
        </>
      )}
    </dl>
  );
}

export function ServerCard({ server, edit }: { server: Server; edit: () => void }) {
  const canEdit = useCan('administrator');
  const test = useTestServer();
  // A report is of what was tested: what has been changed or checked since has another one.
  const report = test.data && test.data.server.updated_at === server.updated_at ? test.data : null;
  return (
    <li className="card stack tight">
      <div className="row">
        <h2>{server.name}</h2>
        <ServerStatus status={server.status} />
        {server.tags.map((tag) => (
          <span key={tag} className="badge">
            {tag}
          </span>
        ))}
      </div>
      <Facts server={server} />
      <ServerFacts server={server} />
      {report ? <TestReport report={report} /> : <LastFailure server={server} />}
      <ErrorNote error={test.error} />
      {canEdit && (
        <div className="row">
          <Button small busy={test.isPending} onClick={() => test.mutate(server.id)}>
            {_('Test connection')}
          </Button>
          <Button small onClick={edit}>
            {_('Edit')}
          </Button>
          {hasOtherKey(server) && <AcceptHostKey server={server} />}
          {hasOtherKey(server) && <ForgetHostKey server={server} />}
          <DeleteServer server={server} />
        </div>
      )}
    </li>
  );
}

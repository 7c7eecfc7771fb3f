// SPDX-License-Identifier: MIT
import { useState } from 'react';
import { Button } from '../../components/button';
import { Confirm } from '../../components/dialog';
import { ErrorNote, Note } from '../../components/states';
import { _ } from '../../lib/i18n';
import { useForgetHostKey, type useTestServer } from '../../lib/servers';
import { say } from '../../lib/toasts';
import type { Server } from '../../lib/types';

type Report = NonNullable<ReturnType<typeof useTestServer>['data']>;

function stepName(step: NonNullable<Report['step']>): string {
  return {
    name: _('Looking up the hostname'),
    tcp: _('Connecting to the port'),
    host_key: _('Checking the host key'),
    authentication: _('Signing in'),
    command: _('Running a command'),
  }[step];
}

/** What a test found; said aloud when it arrives. */
export function TestReport({ report }: { report: Report }) {
  const { ok, step, message, advice, system, server } = report;
  if (!ok)
    return (
      <Note kind="bad">
        <strong>{step ? _('It failed at: {step}', { step: stepName(step) }) : _('It failed.')}</strong>
        <p className="wrap">{message}</p>
        {advice.length > 0 && (
          <ul className="advice">
            {advice.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
      </Note>
    );
  return (
    <div role="status">
      <Note kind="good">
        <p>{system ? _('It answers: {system}', { system }) : _('It answers.')}</p>
        {server.host_key_fingerprint && (
          <p className="small wrap">
            {_('Pinned host key:')} <code>{server.host_key_fingerprint}</code>{' '}
            {_(
              'The key of the first connection is trusted; if the server ever shows another one, nothing is sent to it.',
            )}
          </p>
        )}
      </Note>
    </div>
  );
}

export function hasOtherKey(server: Server): boolean {
  return server.host_key !== null && (server.status_message ?? '').startsWith('Host key verification failed');
}

/** Where the server shows another key than the pinned one: the message has both fingerprints. */
export function ForgetHostKey({ server }: { server: Server }) {
  const [isAsking, setAsking] = useState(false);
  const forget = useForgetHostKey();
  const confirm = () =>
    forget.mutate(server.id, {
      onSuccess: () => {
        say(_('The host key of {name} is forgotten. Test the connection to pin the new one.', { name: server.name }));
        setAsking(false);
      },
    });
  return (
    <>
      <Button look="danger" small onClick={() => setAsking(true)}>
        {_('Forget the old host key')}
      </Button>
      {isAsking && (
        <Confirm
          title={_('Forget the host key of {name}?', { name: server.name })}
          action={_('Forget the host key of {name}', { name: server.name })}
          busy={forget.isPending}
          error={forget.error}
          onConfirm={confirm}
          onClose={() => setAsking(false)}
        >
          <p className="wrap">
            {_('The pinned key is gone for good:')} <code>{server.host_key_fingerprint}</code>
          </p>
          <p>
            {_(
              'The next connection trusts whatever key it finds. Do this only if you know why it changed, such as after a reinstallation; else somebody may stand between you and the server.',
            )}
          </p>
        </Confirm>
      )}
    </>
  );
}

/** The last check's failure, as long as no newer report stands there. */
export function LastFailure({ server }: { server: Server }) {
  if (server.status !== 'failed' || !server.status_message) return null;
  return <ErrorNote error={new Error(server.status_message)} />;
}

// SPDX-License-Identifier: MIT
import { AskButton } from '../../components/dialog';
import { ErrorNote, Note } from '../../components/states';
import { _ } from '../../lib/i18n';
import { useAcceptHostKey, useForgetHostKey, useTestServer } from '../../lib/servers';
import { say } from '../../lib/toasts';
import type { Body, Server } from '../../lib/types';

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

function Failure({ report: { step, message, advice } }: { report: Report }) {
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
}

function Success({ report: { system, banner, server } }: { report: Report }) {
  return (
    <div role="status">
      <Note kind="good">
        <p>{system ? _('It answers: {system}', { system }) : _('It answers.')}</p>
        {banner && (
          <>
            <p className="small muted">{_('It says before anybody signs in:')}</p>
            <pre className="small wrap">{banner}</pre>
          </>
        )}
        {server.host_key_fingerprint && (
          <p className="small wrap">
            {_('Pinned host key:')} <code>{server.host_key_fingerprint}</code>
            <br />
            {_(
              'The key of the first connection is trusted; if the server ever shows another one, nothing is sent to it.',
            )}
          </p>
        )}
      </Note>
    </div>
  );
}

/** What the server's Docker endpoint said, where its entry names one. */
function DockerReport({ docker }: { docker: NonNullable<Report['docker']> }) {
  if (docker.ok)
    return (
      <div role="status">
        <Note kind="good">
          <p>{_('Docker answers: {version}', { version: docker.message })}</p>
        </Note>
      </div>
    );
  return (
    <Note kind="bad">
      <strong>
        {docker.step === 'answer'
          ? _('It failed at: {step}', { step: _('Speaking with Docker') })
          : _('It failed at: {step}', { step: _('Connecting to Docker') })}
      </strong>
      <p className="wrap">{docker.message}</p>
    </Note>
  );
}

/** What a test found; said aloud when it arrives. */
export function TestReport({ report }: { report: Report }) {
  return (
    <>
      {report.server.user_name && (report.ok ? <Success report={report} /> : <Failure report={report} />)}
      {report.docker && <DockerReport docker={report.docker} />}
    </>
  );
}

export function hasOtherKey(server: Server): boolean {
  return server.host_key !== null && (server.status_message ?? '').startsWith('Host key verification failed');
}

/** The kind and fingerprint of the key that the server showed instead of the pinned one. */
function shownKey(server: Server): Body<'acceptServerHostKey'> | null {
  const found = /shows (SHA256:\S+) \(([a-z0-9-]+)\)/.exec(server.status_message ?? '');
  return found ? { fingerprint: found[1] as string, type: found[2] as Body<'acceptServerHostKey'>['type'] } : null;
}

/** Trusts the very key that was shown, and no other. */
export function AcceptHostKey({ server }: { server: Server }) {
  const accept = useAcceptHostKey();
  const test = useTestServer();
  const key = shownKey(server);
  if (!key) return null;
  const confirm = (close: () => void) =>
    accept.mutate(
      { id: server.id, body: key },
      {
        onSuccess: () => {
          say(_('The new host key of {name} is accepted.', { name: server.name }));
          close();
          test.mutate(server.id);
        },
      },
    );
  return (
    <AskButton
      look="danger"
      small
      label={_('Accept the new host key')}
      title={_('Accept the new host key of {name}?', { name: server.name })}
      action={_('Accept this key')}
      keep={_('Cancel')}
      busy={accept.isPending}
      error={accept.error}
      onConfirm={confirm}
    >
      <p className="wrap">
        {_('Pinned until now:')} <code>{server.host_key_fingerprint}</code>
      </p>
      <p className="wrap">
        {_('Shown by the server:')} <code>{key.fingerprint}</code> ({key.type})
      </p>
      <p>
        {_(
          'Compare it with what the server itself says: ssh-keygen -lf on its host key file. Accept it only if you know why it changed, such as after a reinstallation.',
        )}
      </p>
    </AskButton>
  );
}

/** Where the server shows another key than the pinned one: the message has both fingerprints. */
export function ForgetHostKey({ server }: { server: Server }) {
  const forget = useForgetHostKey();
  const confirm = (close: () => void) =>
    forget.mutate(server.id, {
      onSuccess: () => {
        say(_('The host key of {name} is forgotten. Test the connection to pin the new one.', { name: server.name }));
        close();
      },
    });
  return (
    <AskButton
      look="danger"
      small
      label={_('Forget the old host key')}
      title={_('Forget the host key of {name}?', { name: server.name })}
      action={_('Forget the host key of {name}', { name: server.name })}
      busy={forget.isPending}
      error={forget.error}
      onConfirm={confirm}
    >
      <p className="wrap">
        {_('The pinned key is gone for good:')} <code>{server.host_key_fingerprint}</code>
      </p>
      <p>
        {_(
          'The next connection trusts whatever key it finds. Do this only if you know why it changed, such as after a reinstallation; else somebody may stand between you and the server.',
        )}
      </p>
    </AskButton>
  );
}

/** The last check's failure, as long as no newer report stands there. */
export function LastFailure({ server }: { server: Server }) {
  if (server.status !== 'failed' || !server.status_message) return null;
  return <ErrorNote error={new Error(server.status_message)} />;
}

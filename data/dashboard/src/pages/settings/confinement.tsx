// SPDX-License-Identifier: MIT
import { _ } from '../../lib/i18n';
import type { Confinement as State } from '../../lib/types';

const tests = (): Record<State['self_test']['tests'][number]['name'], string> => ({
  'works-inside': _('Works in its own directory'),
  'read-outside': _('Reads no other files'),
  'write-outside': _('Writes no other files'),
  'change-outside': _('Changes no modes and sizes of other files'),
  network: _('Reaches no network'),
  'local-sockets': _('Reaches no other daemon of this machine'),
  signals: _('Signals no other process'),
  privileges: _('Gains no privileges'),
  namespaces: _('Makes no namespaces'),
  tracing: _('Looks into no other process'),
});

const holds = (): Record<State['file_tools'], string> => ({
  all: _('held to their folders by the kernel'),
  reading: _('held to their folders by the kernel where they only read'),
  none: _('held to their folders by how they open files'),
});

function describeGroups(cgroup: State['cgroup']): string {
  if (!cgroup.kill) return _('none; the limits per user and per process hold');
  return cgroup.pids && cgroup.memory ? _('with limits on processes and memory') : _('without all limits');
}

function Facts({ state }: { state: State }) {
  return (
    <dl className="facts">
      <dt>{_('Landlock')}</dt>
      <dd>{state.landlock_abi > 0 ? `ABI ${state.landlock_abi}` : _('missing')}</dd>
      <dt>{_('Filter of system calls')}</dt>
      <dd>{state.seccomp ? _('yes') : _('no')}</dd>
      <dt>{_('Commands run as')}</dt>
      <dd>{state.identity}</dd>
      <dt>{_('File tools')}</dt>
      <dd>{holds()[state.file_tools]}</dd>
      <dt>{_('Control groups')}</dt>
      <dd>{describeGroups(state.cgroup)}</dd>
      <dt>{_('Namespaces')}</dt>
      <dd>
        {state.namespaces.length > 0
          ? state.namespaces.join(', ')
          : _('none; the filter of system calls does their work')}
      </dd>
      {state.missing.length > 0 && (
        <>
          <dt>{_('Left to other means')}</dt>
          <dd>{state.missing.join(', ')}</dd>
        </>
      )}
    </dl>
  );
}

/** What commands of the host are confined with, as the self-test at the daemon's start found it. */
export function Confinement({ state }: { state: State }) {
  const names = tests();
  return (
    <section className="card stack">
      <div>
        <h2>{_('Confinement')}</h2>
        <p className="muted small">
          {_('What this machine confines commands and plugins with, tried out when Vigilus started.')}
        </p>
      </div>
      {!state.usable && (
        <p role="alert">
          {_('Commands cannot be confined on this machine, so none runs. The log says what is missing.')}
        </p>
      )}
      <Facts state={state} />
      <h3>{_('Self-test')}</h3>
      <ul className="plain stack tight">
        {state.self_test.tests.map((test) => (
          <li key={test.name}>
            {test.held ? '✓' : '✗'} {names[test.name]}
            {!test.held && <strong> {_('(failed)')}</strong>}
          </li>
        ))}
      </ul>
    </section>
  );
}

// SPDX-License-Identifier: MIT
import { _ } from '../../lib/i18n';
import type { Status } from '../../lib/types';

/** Root's part of Vigilus on this host: whether there is one, and the key that it must know. */
export function Helper({ helper }: { helper: Status['helper'] }) {
  return (
    <section className="card stack">
      <div>
        <h2>{_('Privileged helper')}</h2>
        <p className="muted small">
          {_(
            'Services, packages, users and the firewall of this host, by the tool host.elevate. Off until the owner of the machine writes helper.conf and enables vigilus-helper.socket.',
          )}
        </p>
      </div>
      <dl className="facts">
        <dt>{_('State')}</dt>
        <dd>{helper.installed ? _('installed') : _('not installed')}</dd>
        <dt>{_('Public key')}</dt>
        <dd className="mono">{helper.public_key ?? _('not known while the secret is missing')}</dd>
      </dl>
    </section>
  );
}

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Loaded } from '../../components/states';
import { Time } from '../../components/time';
import { _ } from '../../lib/i18n';
import { statusQuery } from '../../lib/system';
import { formatDuration } from '../../lib/time';
import { Confinement } from './confinement';
import { Helper } from './helper';

export function About() {
  const query = useQuery(statusQuery);
  return (
    <Loaded query={query}>
      {(status) => (
        <div className="stack reading">
          <section className="card stack">
            <h2>Vigilus {status.version}</h2>
            <dl className="facts">
              <dt>{_('Running since')}</dt>
              <dd>
                <Time at={status.started_at} /> ({formatDuration(status.uptime_seconds * 1000)})
              </dd>
              <dt>{_('Data directory')}</dt>
              <dd className="mono">{status.data_dir}</dd>
              <dt>{_('Database')}</dt>
              <dd className="mono">{status.database}</dd>
              <dt>{_('Secret')}</dt>
              <dd>
                {
                  { loading: _('being read'), ok: _('in order'), missing: _('missing'), changed: _('changed') }[
                    status.secret
                  ]
                }
              </dd>
            </dl>
          </section>
          <Confinement state={status.confinement} />
          <Helper helper={status.helper} />
          <section className="card stack">
            <h2>{_('For programs')}</h2>
            <p>
              <a href="/docs">{_('API, to try out (Swagger UI)')}</a> · <a href="/redoc">{_('API, to read (ReDoc)')}</a>{' '}
              · <a href="/openapi.json">openapi.json</a>
            </p>
          </section>
        </div>
      )}
    </Loaded>
  );
}

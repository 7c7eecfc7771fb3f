// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Puzzle, RotateCw } from 'lucide-react';
import { Button, CopyButton } from '../../components/button';
import { AskButton } from '../../components/dialog';
import { Empty, ErrorNote, Loaded, Note } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { pluginsQuery, useAllowPlugin, useDisallowPlugin, useRescan } from '../../lib/system';
import type { Plugin } from '../../lib/types';

function stateBadge(state: Plugin['state']) {
  const look = { loaded: 'good', refused: 'bad', crashed: 'bad', quarantined: 'wait' }[state];
  const word = { loaded: _('Loaded'), refused: _('Refused'), crashed: _('Crashed'), quarantined: _('Quarantined') }[
    state
  ];
  return <span className={`badge ${look}`}>{word}</span>;
}

function permissionText(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function AllowButton({ plugin }: { plugin: Plugin }) {
  const allow = useAllowPlugin();
  return (
    <AskButton
      small
      label={_('Allow in process')}
      title={_('Allow {name} in process?', { name: plugin.name })}
      action={_('Allow {name}', { name: plugin.name })}
      busy={allow.isPending}
      error={allow.error}
      onConfirm={(close) => allow.mutate({ id: plugin.id, sha256: plugin.sha256 }, { onSuccess: close })}
    >
      <p>
        {_(
          'It then runs with all that the daemon may do, and can read every stored secret. The permission is bound to exactly this file:',
        )}
      </p>
      <code className="wrap">{plugin.sha256}</code>
    </AskButton>
  );
}

function PluginCard({ plugin, canEdit }: { plugin: Plugin; canEdit: boolean }) {
  const disallow = useDisallowPlugin();
  const permissions = Object.entries(plugin.permissions ?? {});
  const isRefused = plugin.state !== 'loaded';
  return (
    <li className="card stack tight">
      <div className="row">
        <h2>{plugin.name || plugin.id}</h2>
        {stateBadge(plugin.state)}
        <span className="badge">{plugin.isolation === 'process' ? _('Own process') : _('In process')}</span>
        <span className="muted small">{plugin.version}</span>
      </div>
      {plugin.description && <p className="muted">{plugin.description}</p>}
      {plugin.reason && <Note kind={isRefused ? 'bad' : 'plain'}>{plugin.reason}</Note>}
      <details>
        <summary className="small muted">{_('More')}</summary>
        <dl className="facts small">
          <dt>{_('Provides')}</dt>
          <dd>{plugin.provides.join(', ') || '–'}</dd>
          <dt>{_('Tools')}</dt>
          <dd className="mono">{plugin.tools.join(', ') || '–'}</dd>
          {permissions.map(([name, value]) => (
            <div key={name} className="contents">
              <dt>{name}</dt>
              <dd className="mono">{permissionText(value)}</dd>
            </div>
          ))}
          <dt>{_('File')}</dt>
          <dd className="mono">{plugin.path}</dd>
          <dt>SHA-256</dt>
          <dd className="row tight">
            <code className="clip">{plugin.sha256}</code>
            <CopyButton bare text={plugin.sha256} label={_('Copy SHA-256')} />
          </dd>
        </dl>
        {canEdit && (
          <div className="row">
            {plugin.state === 'refused' && plugin.sha256 && <AllowButton plugin={plugin} />}
            {plugin.state === 'loaded' && (
              <Button small busy={disallow.isPending} onClick={() => disallow.mutate(plugin.id)}>
                {_('Withdraw permission at the next start')}
              </Button>
            )}
          </div>
        )}
        <ErrorNote error={disallow.error} />
      </details>
    </li>
  );
}

export function Plugins() {
  const query = useQuery(pluginsQuery);
  const rescan = useRescan();
  const canEdit = useCan('administrator');
  return (
    <>
      <div className="row between">
        <p className="muted">{_('Where tools, providers and checks come from. A refused one says why.')}</p>
        {canEdit && (
          <Button busy={rescan.isPending} onClick={() => rescan.mutate()}>
            <RotateCw className="icon" aria-hidden /> {_('Rescan')}
          </Button>
        )}
      </div>
      <ErrorNote error={rescan.error} />
      <Loaded query={query}>
        {(plugins) =>
          plugins.length === 0 ? (
            <div className="card">
              <Empty icon={Puzzle} title={_('No plugins were found')}>
                <p>{_('Put a plugin and its manifest into the plugins folder of the data directory, then rescan.')}</p>
              </Empty>
            </div>
          ) : (
            <ul className="plugin-cards">
              {plugins.map((plugin) => (
                <PluginCard key={`${plugin.id}/${plugin.path}`} plugin={plugin} canEdit={canEdit} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  );
}

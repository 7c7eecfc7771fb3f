// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plus, RefreshCw, Server as ServerIcon, Upload } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button';
import { FilterField } from '../../components/filter-field';
import { Empty, Loaded } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { serversQuery, useCheckServers } from '../../lib/servers';
import { say } from '../../lib/toasts';
import type { Server } from '../../lib/types';
import { Credentials } from './credentials';
import { ImportDialog } from './import-dialog';
import { KnownHosts } from './known-hosts';
import { ServerCard } from './server-card';
import { ServerDialog } from './server-dialog';

function AddButton({ onClick }: { onClick: () => void }) {
  if (!useCan('administrator')) return null;
  return (
    <Button look="primary" onClick={onClick}>
      <Plus className="icon" aria-hidden /> {_('Add Server')}
    </Button>
  );
}

function CheckButton({ isShown }: { isShown: boolean }) {
  const check = useCheckServers();
  const canEdit = useCan('administrator');
  if (!canEdit || !isShown) return null;
  return (
    <Button
      busy={check.isPending}
      onClick={() => check.mutate(undefined, { onSuccess: () => say(_('All servers are being checked.')) })}
    >
      <RefreshCw className="icon" aria-hidden /> {_('Check all')}
    </Button>
  );
}

const tabs = () => [
  { tab: undefined, name: _('Servers') },
  { tab: 'credentials', name: _('Credentials') },
  { tab: 'known-hosts', name: _('Known hosts') },
];

/** Whether name, address or a tag has these letters in it. */
function isLike({ name, host, tags }: Server, letters: string): boolean {
  return [name, host, ...tags].some((text) => text.toLowerCase().includes(letters.trim().toLowerCase()));
}

function List({ add, edit }: { add: () => void; edit: (id: string) => void }) {
  const query = useQuery(serversQuery);
  const { q = '' } = useSearch({ from: '/shell/servers' });
  const navigate = useNavigate({ from: '/servers' });
  const canEdit = useCan('administrator');
  return (
    <Loaded query={query}>
      {(servers) =>
        servers.length === 0 ? (
          <div className="card">
            <Empty icon={ServerIcon} title={_('There are no servers')}>
              <p>
                {canEdit
                  ? _('Add one with its hostname, a user and a private key: Operators then look after it over SSH.')
                  : _('An administrator can add one: Operators then look after it over SSH.')}
              </p>
              <AddButton onClick={add} />
            </Empty>
          </div>
        ) : (
          <>
            <FilterField
              label={_('Filter servers')}
              value={q}
              onChange={(value) => void navigate({ search: value ? { q: value } : {}, replace: true })}
            />
            <ul className="stack">
              {servers
                .filter((server) => isLike(server, q))
                .map((server) => (
                  <ServerCard key={server.id} server={server} edit={() => edit(server.id)} />
                ))}
            </ul>
          </>
        )
      }
    </Loaded>
  );
}

export default function ServersPage() {
  const { tab, add, edit } = useSearch({ from: '/shell/servers' });
  const navigate = useNavigate({ from: '/servers' });
  const servers = useQuery(serversQuery).data;
  const canEdit = useCan('administrator');
  const open = (search: { add?: boolean; edit?: string }) => void navigate({ search });
  const [isImporting, setImporting] = useState(false);
  const edited = servers?.find((server) => server.id === edit);
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{_('Servers')}</h1>
          <p>{_('Machines that Operators reach over SSH, and what they sign in with.')}</p>
        </div>
        <div className="row">
          <CheckButton isShown={(servers ?? []).length > 0} />
          {canEdit && (
            <Button onClick={() => setImporting(true)}>
              <Upload className="icon" aria-hidden /> {_('Import')}
            </Button>
          )}
          <AddButton onClick={() => open({ add: true })} />
        </div>
      </header>
      {canEdit && <Tabs label={_('Servers and credentials')} to="/servers" tabs={tabs()} current={tab} />}
      {canEdit && tab === 'known-hosts' ? (
        <KnownHosts />
      ) : canEdit && tab === 'credentials' ? (
        <Credentials />
      ) : (
        <List add={() => open({ add: true })} edit={(id) => open({ edit: id })} />
      )}
      {isImporting && <ImportDialog onClose={() => setImporting(false)} />}
      {canEdit && (add || edited) && (
        <ServerDialog key={edited?.id ?? 'new'} server={edited ?? null} onClose={() => open({})} />
      )}
    </>
  );
}

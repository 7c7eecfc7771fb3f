// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { Empty, Loaded } from '../../components/states';
import { _ } from '../../lib/i18n';
import { serversQuery } from '../../lib/servers';
import { ForgetHostKey } from './server-check';

/** The host keys that are pinned, one a server. */
export function KnownHosts() {
  return (
    <Loaded query={useQuery(serversQuery)}>
      {(servers) => {
        const known = servers.filter(({ host_key }) => host_key !== null);
        if (known.length === 0)
          return (
            <div className="card">
              <Empty icon={KeyRound} title={_('No host key is pinned')}>
                <p>{_('The first connection to a server pins its key. Test a connection, and it stands here.')}</p>
              </Empty>
            </div>
          );
        return (
          <ul className="stack">
            {known.map((server) => (
              <li key={server.id} className="card stack tight">
                <div className="row">
                  <h2>{server.name}</h2>
                  <span className="mono small muted">
                    {server.host}:{server.port}
                  </span>
                </div>
                <p className="mono small wrap">{server.host_key_fingerprint}</p>
                <p className="mono small muted wrap">{server.host_key}</p>
                <div className="row">
                  <ForgetHostKey server={server} />
                </div>
              </li>
            ))}
          </ul>
        );
      }}
    </Loaded>
  );
}

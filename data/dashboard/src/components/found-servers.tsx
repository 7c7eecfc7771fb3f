// SPDX-License-Identifier: MIT
import { _, ngettext } from '../lib/i18n';
import type { FoundServer } from '../lib/types';
import { Button } from './button';
import { Note } from './states';

function described(server: FoundServer): string {
  if (server.needs_key) return _('{title} runs on this machine. It wants a key.', { title: server.title });
  return ngettext(
    '{title} runs on this machine, with {count} model.',
    '{title} runs on this machine, with {count} models.',
    server.n_models,
    { title: server.title },
  );
}

/** Servers of models that were found on the daemon's own machine: one press fills in the form. */
export function FoundServers({
  servers,
  onChoose,
}: {
  servers: FoundServer[];
  onChoose: (server: FoundServer) => void;
}) {
  if (servers.length === 0) return null;
  return (
    <Note>
      {servers.map((server) => (
        <div className="row between" key={server.type}>
          <span className="grow">{described(server)}</span>
          <Button onClick={() => onChoose(server)}>{_('Use {title}', { title: server.title })}</Button>
        </div>
      ))}
    </Note>
  );
}

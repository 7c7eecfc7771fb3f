// SPDX-License-Identifier: MIT
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Activity } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { Empty, Loaded, LoadMore } from '../../components/states';
import { runsQuery } from '../../lib/chat';
import { _ } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { statusQuery } from '../../lib/system';
import { RunRow } from './run-row';

function Panel({ close }: { close: () => void }) {
  const query = useInfiniteQuery(runsQuery('live'));
  return (
    <Dialog title={_('Running tasks')} className="sheet running" onClose={close}>
      <Loaded query={query} rows={2}>
        {(data) => {
          const runs = flatten(data);
          if (runs.length === 0)
            return (
              <Empty icon={Activity} title={_('Nothing runs')}>
                <p>{_('What you ask for in the chat shows up here, and can be stopped.')}</p>
              </Empty>
            );
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: closes when a link in it is followed, by key too
            <ul className="rows" onClick={(event) => (event.target as HTMLElement).closest('a') && close()}>
              {runs.map((run) => (
                <RunRow key={run.id} run={run} />
              ))}
            </ul>
          );
        }}
      </Loaded>
      <LoadMore query={query} />
      <Link to="/tasks" className="small" onClick={close}>
        {_('All tasks')}
      </Link>
    </Dialog>
  );
}

/** What runs now, from any page, each with its Stop. */
export function RunningButton() {
  const [isOpen, setOpen] = useState(false);
  const count = useQuery(statusQuery).data?.runs_live ?? 0;
  const label = count > 0 ? _('Running tasks: {n}', { n: count }) : _('Running tasks');
  return (
    <>
      <Button look="quiet" square small aria-label={label} title={label} onClick={() => setOpen(true)}>
        <Activity className={`icon ${count > 0 ? 'is-live' : ''}`} aria-hidden />
      </Button>
      {isOpen && <Panel close={() => setOpen(false)} />}
    </>
  );
}

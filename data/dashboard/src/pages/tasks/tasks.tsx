// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { ListChecks } from 'lucide-react';
import { buttonClass } from '../../components/button';
import { Empty, Loaded, LoadMore } from '../../components/states';
import { TabList } from '../../components/tabs';
import { type RunFilter, runsQuery } from '../../lib/chat';
import { _ } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { RunRow } from '../shared/run-row';

const filters = (): { state: RunFilter | undefined; name: string }[] => [
  { state: 'live', name: _('Running') },
  { state: undefined, name: _('All') },
  { state: 'done', name: _('Done') },
  { state: 'failed', name: _('Failed') },
  { state: 'stopped', name: _('Stopped') },
];

function emptyText(state: RunFilter | undefined): string {
  if (state === 'live')
    return _('Nothing runs at the moment. What you ask for in the chat shows up here, and can be stopped.');
  if (state === undefined) return _('Ask for something in the chat: each request becomes a task.');
  return _('No task has ended like that.');
}

export default function TasksPage() {
  const search = useSearch({ from: '/shell/tasks' });
  const state = filters().find((filter) => filter.state === search.state)?.state;
  const query = useInfiniteQuery(runsQuery(state));
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{_('Tasks')}</h1>
          <p>{_('What Operators were asked for, and what became of it.')}</p>
        </div>
      </header>
      <TabList label={_('Which tasks')}>
        {filters().map((filter) => (
          <Link
            key={filter.name}
            to="/tasks"
            search={filter.state ? { state: filter.state } : {}}
            activeOptions={{ exact: true, includeSearch: true }}
            aria-current={filter.state === state ? 'page' : undefined}
          >
            {filter.name}
          </Link>
        ))}
      </TabList>
      <div className="card flush">
        <Loaded query={query}>
          {(data) => {
            const runs = flatten(data);
            if (runs.length === 0)
              return (
                <Empty icon={ListChecks} title={_('No tasks here')}>
                  <p>{emptyText(state)}</p>
                  <Link to="/chat" className={buttonClass('primary')}>
                    {_('Open the chat')}
                  </Link>
                </Empty>
              );
            return (
              <ul className="rows">
                {runs.map((run) => (
                  <RunRow key={run.id} run={run} />
                ))}
              </ul>
            );
          }}
        </Loaded>
        <LoadMore query={query} />
      </div>
    </>
  );
}

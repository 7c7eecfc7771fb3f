// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { BookMarked, Plus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button';
import { Empty, Loaded, LoadMore } from '../../components/states';
import { TabList } from '../../components/tabs';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { type MemoryStatus, memoriesQuery } from '../../lib/memories';
import { flatten } from '../../lib/query';
import type { Memory } from '../../lib/types';
import { MemoryDialog } from './memory-dialog';
import { MemoryRow } from './memory-row';

const tabs = (): { status: MemoryStatus; name: string; empty: string }[] => [
  {
    status: 'accepted',
    name: _('Kept'),
    empty: _(
      'Write down what Operators should always know: where things run, what you prefer, what they must not touch.',
    ),
  },
  {
    status: 'proposed',
    name: _('Proposed'),
    empty: _('An Operator with the tool memory.propose can suggest what is worth keeping. You decide here.'),
  },
  { status: 'rejected', name: _('Rejected'), empty: _('What you rejected stays here until you delete it.') },
];

function Tabs({ status }: { status: MemoryStatus }) {
  return (
    <TabList label={_('Which memories')}>
      {tabs().map((tab) => (
        <Link
          key={tab.status}
          to="/memory"
          search={tab.status === 'accepted' ? {} : { status: tab.status }}
          activeOptions={{ exact: true, includeSearch: true }}
          aria-current={tab.status === status ? 'page' : undefined}
        >
          {tab.name}
        </Link>
      ))}
    </TabList>
  );
}

export default function MemoryPage() {
  const search = useSearch({ from: '/shell/memory' });
  const tab = tabs().find((one) => one.status === search.status) ?? tabs()[0];
  const status = tab?.status ?? 'accepted';
  const query = useInfiniteQuery(memoriesQuery(status));
  const [edited, setEdited] = useState<Memory | 'new' | null>(null);
  const canWrite = useCan('approver');
  const add = canWrite && (
    <Button look="primary" onClick={() => setEdited('new')}>
      <Plus className="icon" aria-hidden /> {_('New memory')}
    </Button>
  );
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{_('Memory')}</h1>
          <p>{_('What Operators are told in every conversation, besides their prompts.')}</p>
        </div>
        {add}
      </header>
      <Tabs status={status} />
      <Loaded query={query}>
        {(data) => {
          const memories = flatten(data);
          if (memories.length === 0)
            return (
              <div className="card">
                <Empty icon={BookMarked} title={_('Nothing here')}>
                  <p>{tab?.empty}</p>
                  {status === 'accepted' && add}
                </Empty>
              </div>
            );
          return (
            <ul className="stack">
              {memories.map((memory) => (
                <MemoryRow key={memory.id} memory={memory} edit={() => setEdited(memory)} />
              ))}
            </ul>
          );
        }}
      </Loaded>
      <LoadMore query={query} />
      {edited && <MemoryDialog memory={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </>
  );
}

// SPDX-License-Identifier: MIT
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';

/** A row of tabs. Where there are more than fit, it begins with the current one in view. */
export function TabList({ label, children }: { label: string; children: ReactNode }) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const row = ref.current;
    const tab = row?.querySelector<HTMLElement>('[aria-current="page"]');
    if (row && tab) row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }, []);
  return (
    <nav ref={ref} className="tabs" aria-label={label}>
      {children}
    </nav>
  );
}

export interface Tab {
  /** As in the address; undefined: the first, which the bare address shows. */
  tab: string | undefined;
  name: string;
}

/** The parts of a page that its address names as `?tab=`. */
export function Tabs({
  label,
  to,
  tabs,
  current,
}: {
  label: string;
  to: '/approvals' | '/scope' | '/servers' | '/tools';
  tabs: Tab[];
  current: string | undefined;
}) {
  const shown = tabs.find(({ tab }) => tab === current)?.tab;
  return (
    <TabList label={label}>
      {tabs.map(({ tab, name }) => (
        <Link
          key={name}
          to={to}
          search={tab ? { tab } : {}}
          activeOptions={{ exact: true, includeSearch: true }}
          aria-current={tab === shown ? 'page' : undefined}
        >
          {name}
        </Link>
      ))}
    </TabList>
  );
}

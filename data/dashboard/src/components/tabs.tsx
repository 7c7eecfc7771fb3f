// SPDX-License-Identifier: MIT
import { Link } from '@tanstack/react-router';

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
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(({ tab, name }) => (
        <Link
          key={name}
          to={to}
          search={tab ? { tab } : {}}
          activeOptions={{ exact: true, includeSearch: true }}
          aria-current={tab === current ? 'page' : undefined}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}

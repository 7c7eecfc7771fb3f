// SPDX-License-Identifier: MIT
import { Link, useParams } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import { TabList } from '../../components/tabs';
import { _ } from '../../lib/i18n';
import { About } from './about';
import { Account } from './account';
import { People } from './people';
import { Plugins } from './plugins';
import { Policy } from './policy';
import { Providers } from './providers';
import { ToolsSettings } from './tool-settings';
import { Trust } from './trust';
import { Web } from './web';

const tabs = (): { tab: string; name: string; page: ComponentType }[] => [
  { tab: 'providers', name: _('Providers'), page: Providers },
  { tab: 'trust', name: _('Trust & limits'), page: Trust },
  { tab: 'policy', name: _('Policy'), page: Policy },
  { tab: 'web', name: _('Web'), page: Web },
  { tab: 'tools', name: _('Tools'), page: ToolsSettings },
  { tab: 'plugins', name: _('Plugins'), page: Plugins },
  { tab: 'people', name: _('People'), page: People },
  { tab: 'account', name: _('Account & tokens'), page: Account },
  { tab: 'about', name: _('About'), page: About },
];

export default function SettingsPage() {
  const { tab } = useParams({ from: '/shell/settings/$tab' });
  const current = tabs().find((item) => item.tab === tab) ?? tabs()[0];
  const Page = current?.page ?? Providers;
  return (
    <>
      <header className="page-head">
        <h1>{_('Settings')}</h1>
      </header>
      <TabList label={_('Settings')}>
        {tabs().map((item) => (
          <Link
            key={item.tab}
            to="/settings/$tab"
            params={{ tab: item.tab }}
            aria-current={item === current || item.tab === current?.tab ? 'page' : undefined}
          >
            {item.name}
          </Link>
        ))}
      </TabList>
      <Page />
    </>
  );
}

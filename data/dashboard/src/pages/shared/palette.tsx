// SPDX-License-Identifier: MIT
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Bot, Link2, type LucideIcon, MessageSquare, Plus, Server, SunMoon } from 'lucide-react';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { Dialog } from '../../components/dialog';
import { sessionsQuery } from '../../lib/chat';
import { _ } from '../../lib/i18n';
import { rankNames } from '../../lib/mentions';
import { operatorsQuery } from '../../lib/operators';
import { flatten } from '../../lib/query';
import { serversQuery } from '../../lib/servers';
import { setTheme, useTheme } from '../../lib/theme';
import { pagesOfApp } from './sidebar';

interface Item {
  key: string;
  name: string;
  kind: string;
  icon: LucideIcon;
  /** What is pressed after g. */
  shortcut?: string;
  run: () => void;
}

function useItems(): Item[] {
  const navigate = useNavigate();
  const theme = useTheme();
  const operators = useQuery(operatorsQuery).data ?? [];
  const servers = useQuery(serversQuery).data ?? [];
  const sessions = flatten(useInfiniteQuery(sessionsQuery).data);
  const go = (href: string) => () => void navigate({ href });
  const action = _('Action');
  return [
    ...pagesOfApp().map(({ to, name, icon, key }) => ({
      key: to,
      name,
      kind: _('Page'),
      icon,
      shortcut: key,
      run: go(to),
    })),
    { key: 'new', name: _('New conversation'), kind: action, icon: Plus, run: go('/chat') },
    { key: 'operator', name: _('Create Operator'), kind: action, icon: Plus, run: go('/operators/new') },
    { key: 'provider', name: _('Add Provider'), kind: action, icon: Plus, run: go('/settings/providers?add=true') },
    { key: 'server', name: _('Add Server'), kind: action, icon: Plus, run: go('/servers?add=true') },
    {
      key: 'theme',
      name: _('Switch between light and dark'),
      kind: action,
      icon: SunMoon,
      run: () => setTheme(theme === 'dark' ? 'light' : 'dark'),
    },
    { key: 'docs', name: _('API documentation'), kind: _('Page'), icon: Link2, run: () => location.assign('/docs') },
    ...operators.map(({ id, name }) => ({
      key: id,
      name,
      kind: _('Operator'),
      icon: Bot,
      run: go(`/operators/${id}`),
    })),
    ...servers.map(({ id, name }) => ({
      key: id,
      name,
      kind: _('Server'),
      icon: Server,
      run: go(`/servers?q=${encodeURIComponent(name)}`),
    })),
    ...sessions.map(({ id, title }) => ({
      key: id,
      name: title,
      kind: _('Conversation'),
      icon: MessageSquare,
      run: go(`/chat/${id}`),
    })),
  ];
}

export function Palette({ close }: { close: () => void }) {
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const items = useItems();
  const matches = (query === '' ? items : rankNames(items, query)).slice(0, 12);
  const current = matches[Math.min(chosen, matches.length - 1)];

  useEffect(() => {
    document.getElementById(`palette-${current?.key}`)?.scrollIntoView({ block: 'nearest' });
  }, [current?.key]);

  const take = (item: Item | undefined) => {
    if (!item) return;
    close();
    item.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) setChosen((chosen + step + matches.length) % Math.max(1, matches.length));
    else if (event.key === 'Enter') take(current);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={_('Go to')} className="palette" onClose={close}>
      <input
        className="input"
        autoFocus
        aria-label={_('Page, Operator, server, conversation or action')}
        placeholder={_('Page, Operator, server, conversation or action')}
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={current ? `palette-${current.key}` : undefined}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id="palette-list" role="listbox" aria-label={_('Results')} className="palette-list">
        {matches.map((item) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text box, as in every combobox
          // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the text box takes the chosen one
          <div
            key={item.key}
            id={`palette-${item.key}`}
            role="option"
            aria-selected={item === current}
            onClick={() => take(item)}
          >
            <item.icon className="icon" aria-hidden /> <span className="grow clip">{item.name}</span>
            <span className="small muted">{item.kind}</span>
            {item.shortcut && <kbd aria-hidden>g {item.shortcut}</kbd>}
          </div>
        ))}
      </div>
      {matches.length === 0 && <p className="muted">{_('Nothing is called that.')}</p>}
    </Dialog>
  );
}

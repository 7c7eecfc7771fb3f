// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import {
  BookMarked,
  Bot,
  ChartColumn,
  House,
  ListChecks,
  LogOut,
  type LucideIcon,
  MessagesSquare,
  Monitor,
  Moon,
  Radar,
  ScrollText,
  Search,
  Server,
  Settings,
  ShieldQuestion,
  Sun,
  Wrench,
} from 'lucide-react';
import { Button } from '../../components/button';
import { Logo } from '../../components/logo';
import { signedOut, useLogout, useMe } from '../../lib/auth';
import { _, ngettext } from '../../lib/i18n';
import { statusQuery } from '../../lib/system';
import { setTheme, type Theme, useTheme } from '../../lib/theme';
import { PanicButton } from './panic';
import { RunningButton } from './running-panel';

export const pagesOfApp = (): { to: string; name: string; icon: LucideIcon; key: string }[] => [
  { to: '/', name: _('Home'), icon: House, key: 'h' },
  { to: '/chat', name: _('Chat'), icon: MessagesSquare, key: 'c' },
  { to: '/approvals', name: _('Approvals'), icon: ShieldQuestion, key: 'a' },
  { to: '/tasks', name: _('Tasks'), icon: ListChecks, key: 't' },
  { to: '/operators', name: _('Operators'), icon: Bot, key: 'o' },
  { to: '/memory', name: _('Memory'), icon: BookMarked, key: 'm' },
  { to: '/servers', name: _('Servers'), icon: Server, key: 'v' },
  { to: '/scope', name: _('Scope'), icon: Radar, key: 'n' },
  { to: '/tools', name: _('Tools'), icon: Wrench, key: 'w' },
  { to: '/audit', name: _('Audit log'), icon: ScrollText, key: 'l' },
  { to: '/usage', name: _('Usage'), icon: ChartColumn, key: 'u' },
  { to: '/settings', name: _('Settings'), icon: Settings, key: 's' },
];

function Waiting({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <span className="count">
      {count}
      <span className="sr"> {ngettext('waits', 'wait', count)}</span>
    </span>
  );
}

const themes: Record<Theme, { next: Theme; icon: LucideIcon; label: () => string }> = {
  system: { next: 'light', icon: Monitor, label: () => _('Theme: as the system') },
  light: { next: 'dark', icon: Sun, label: () => _('Theme: light') },
  dark: { next: 'system', icon: Moon, label: () => _('Theme: dark') },
};

function ThemeButton() {
  const { next, icon: Icon, label } = themes[useTheme()];
  return (
    <Button look="quiet" square small aria-label={label()} title={label()} onClick={() => setTheme(next)}>
      <Icon className="icon" aria-hidden />
    </Button>
  );
}

export function Sidebar({ onChoose, openPalette }: { onChoose?: () => void; openPalette: () => void }) {
  const status = useQuery(statusQuery).data;
  const me = useMe();
  const logout = useLogout();
  const navigate = useNavigate();
  const leave = async () => {
    await logout.mutateAsync().catch(() => undefined);
    await navigate({ to: '/login' });
    signedOut();
  };
  return (
    <nav aria-label={_('Main')}>
      <Link to="/" className="brand" onClick={onChoose}>
        <Logo /> <span>Vigilus</span>
      </Link>
      <button type="button" className="palette-button" onClick={openPalette}>
        <Search className="icon" aria-hidden /> <span className="grow">{_('Go to …')}</span> <kbd>Ctrl K</kbd>
      </button>
      <ul>
        {pagesOfApp().map(({ to, name, icon: Icon }) => (
          <li key={to}>
            <Link to={to} activeOptions={{ exact: to === '/', includeSearch: false }} onClick={onChoose}>
              <Icon className="icon" aria-hidden /> <span className="grow">{name}</span>
              {to === '/approvals' && <Waiting count={status?.approvals_pending ?? 0} />}
              {to === '/tasks' && (status?.runs_live ?? 0) > 0 && (
                <span className="count calm">{status?.runs_live}</span>
              )}
            </Link>
          </li>
        ))}
      </ul>
      <div className="who">
        <Link to="/settings/$tab" params={{ tab: 'account' }} className="clip grow" onClick={onChoose}>
          {me?.user.name}
        </Link>
        <RunningButton />
        <PanicButton />
        <ThemeButton />
        <Button look="quiet" square small aria-label={_('Sign out')} title={_('Sign out')} onClick={leave}>
          <LogOut className="icon" aria-hidden />
        </Button>
      </div>
    </nav>
  );
}

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { Menu, Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { Logo } from '../../components/logo';
import { Note } from '../../components/states';
import { Toasts } from '../../components/toasts';
import { useLiveState, useNow } from '../../lib/hooks';
import { _ } from '../../lib/i18n';
import { startLiveSync } from '../../lib/live-sync';
import { useShortcuts } from '../../lib/shortcuts';
import { statusQuery } from '../../lib/system';
import { ApprovalAlarm } from './approval-alarm';
import { Palette } from './palette';
import { FrozenBanner, PanicButton } from './panic';
import { RunningButton } from './running-panel';
import { pagesOfApp, Sidebar } from './sidebar';

function ConnectionLine() {
  const state = useLiveState();
  const [since, setSince] = useState(Date.now);
  const now = useNow(1000, state !== 'open');
  useEffect(() => setSince(state === 'open' ? 0 : Date.now()), [state]);
  const isLong = state === 'lost' || (state === 'connecting' && now - since > 4000);
  return (
    <div role="status" className="connection">
      {isLong && <p>{_('The connection is lost; trying again. What you see may be old.')}</p>}
    </div>
  );
}

function SecretBanner() {
  const status = useQuery(statusQuery).data;
  if (status?.secret === 'missing')
    return (
      <Note kind="wait">
        {_('The secret is missing, so stored keys can’t be used.')} <Link to="/setup">{_('Enter it')}</Link>
      </Note>
    );
  if (status?.secret !== 'changed') return null;
  return (
    <Note kind="wait">
      {_(
        'The secret is another than the one that keys were stored with. Start with the earlier one, or enter the keys again.',
      )}{' '}
      <Link to="/settings/$tab" params={{ tab: 'providers' }}>
        {_('Settings → Providers')}
      </Link>
    </Note>
  );
}

/** After a change of page the focus is at its beginning, as after a load. */
function useFocusOnPage(path: string) {
  const first = useRef(path);
  useEffect(() => {
    if (first.current === path) return;
    first.current = path;
    if (!document.activeElement || document.activeElement === document.body || document.activeElement.closest('nav'))
      document.getElementById('main')?.focus();
  }, [path]);
}

export function Shell() {
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const { pathname } = useLocation();
  useEffect(startLiveSync, []);
  useShortcuts(pagesOfApp(), () => setPaletteOpen(true));
  useFocusOnPage(pathname);
  return (
    <div className="shell">
      <a href="#main" className="skip">
        {_('Skip to the content')}
      </a>
      <header className="top narrow-only">
        <Button look="quiet" square aria-label={_('Menu')} onClick={() => setMenuOpen(true)}>
          <Menu className="icon" aria-hidden />
        </Button>
        <Logo size={24} />
        <strong>Vigilus</strong>
        <span className="grow" />
        <RunningButton />
        <PanicButton />
        <Button look="quiet" square aria-label={_('Search and commands')} onClick={() => setPaletteOpen(true)}>
          <Search className="icon" aria-hidden />
        </Button>
      </header>
      <div className="sidebar wide-only">
        <Sidebar openPalette={() => setPaletteOpen(true)} />
      </div>
      {isMenuOpen && (
        <Dialog title={_('Menu')} className="sheet left" onClose={() => setMenuOpen(false)}>
          <Sidebar
            onChoose={() => setMenuOpen(false)}
            openPalette={() => {
              setMenuOpen(false);
              setPaletteOpen(true);
            }}
          />
        </Dialog>
      )}
      <div className="content">
        <ConnectionLine />
        <div className="banners">
          <FrozenBanner />
          <SecretBanner />
        </div>
        <main id="main" tabIndex={-1} className={pathname.startsWith('/chat') ? 'full' : 'page'}>
          <Outlet />
        </main>
      </div>
      {isPaletteOpen && <Palette close={() => setPaletteOpen(false)} />}
      <ApprovalAlarm />
      <Toasts />
    </div>
  );
}

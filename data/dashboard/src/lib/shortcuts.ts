// SPDX-License-Identifier: MIT
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Ctrl+K opens the palette; g and a letter goes to a page. */
export function useShortcuts(pages: { to: string; key: string }[], openPalette: () => void): void {
  const navigate = useNavigate();
  const open = useRef(openPalette);
  open.current = openPalette;
  const known = useRef(pages);
  known.current = pages;
  useEffect(() => {
    let pressedG = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        open.current();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]')) return;
      const page = known.current.find(({ key }) => key === event.key);
      if (Date.now() - pressedG < 1200 && page) {
        event.preventDefault();
        void navigate({ href: page.to });
      }
      pressedG = event.key === 'g' ? Date.now() : 0;
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate]);
}

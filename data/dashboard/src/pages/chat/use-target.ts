// SPDX-License-Identifier: MIT
import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';

interface Pages {
  hasNextPage: boolean;
  isFetching: boolean;
  fetchNextPage: () => unknown;
}

const MOST_PAGES = 40;

/** Brings the message that the address names into view, fetching earlier ones until it is there. True: one is named. */
export function useTarget(pages: Pages, mark: unknown): boolean {
  const hash = useLocation({ select: (location) => location.hash });
  const done = useRef({ hash: '', pages: 0 });
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when there is more to look through
  useEffect(() => {
    if (!hash.startsWith('m-') || done.current.hash === hash) return;
    const element = document.getElementById(hash);
    if (element) {
      done.current = { hash, pages: 0 };
      element.scrollIntoView({ block: 'center' });
      element.classList.add('found');
    } else if (pages.hasNextPage && !pages.isFetching && done.current.pages < MOST_PAGES) {
      done.current.pages += 1;
      pages.fetchNextPage();
    }
  }, [hash, mark, pages.isFetching]);
  return hash.startsWith('m-');
}

// SPDX-License-Identifier: MIT
import type { ReactNode } from 'react';

/** A table that may be wider than its place: scrolled by keyboard, too. */
export function ScrollX({
  label,
  className = '',
  children,
}: {
  label: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard
    <div className={`scroll-x ${className}`} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

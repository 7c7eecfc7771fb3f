// SPDX-License-Identifier: MIT
import { useNow } from '../lib/hooks';
import { formatDuration, formatExact, formatRelative, span } from '../lib/time';

/** A relative time that ages; the exact one with its zone shows on hover and focus. */
export function Time({ at }: { at: string }) {
  const now = useNow(20_000);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users read the exact time on focus
    <time className="time" dateTime={at} data-exact={formatExact(at)} tabIndex={0}>
      {formatRelative(at, now)}
      <span className="sr"> ({formatExact(at)})</span>
    </time>
  );
}

/** How long something took, or has taken so far: then it ticks. */
export function Duration({ from, to }: { from: string; to: string | null }) {
  const now = useNow(to ? 60_000 : 1000, to === null);
  return <span className="duration">{formatDuration(Math.max(0, span(from, to, now)))}</span>;
}

// SPDX-License-Identifier: MIT
import { Check, CircleStop, Hourglass, LoaderCircle, type LucideIcon, X } from 'lucide-react';
import { _ } from '../lib/i18n';
import type { Run } from '../lib/types';

const states: Record<Run['state'], { icon: LucideIcon; word: () => string; look: string }> = {
  routing: { icon: LoaderCircle, word: () => _('Routing'), look: 'busy' },
  asking: { icon: LoaderCircle, word: () => _('Thinking'), look: 'busy' },
  resolving: { icon: LoaderCircle, word: () => _('Using tools'), look: 'busy' },
  done: { icon: Check, word: () => _('Done'), look: 'good' },
  failed: { icon: X, word: () => _('Failed'), look: 'bad' },
  stopped: { icon: CircleStop, word: () => _('Stopped'), look: '' },
};

const waiting = { icon: Hourglass, word: () => _('Waits for approval'), look: 'wait' };

export function RunState({ run, isWaiting = false }: { run: Pick<Run, 'state'>; isWaiting?: boolean }) {
  const { icon: Icon, word, look } = isWaiting && run.state === 'resolving' ? waiting : states[run.state];
  return (
    <span className={`badge ${look}`}>
      <Icon className={`icon ${Icon === LoaderCircle ? 'spin' : ''}`} aria-hidden />
      {word()}
    </span>
  );
}

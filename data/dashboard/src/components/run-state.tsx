// SPDX-License-Identifier: MIT
import { Check, CircleStop, LoaderCircle, type LucideIcon, X } from 'lucide-react';
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

export function RunState({ run }: { run: Pick<Run, 'state'> }) {
  const { icon: Icon, word, look } = states[run.state];
  return (
    <span className={`badge ${look}`}>
      <Icon className={`icon ${Icon === LoaderCircle ? 'spin' : ''}`} aria-hidden />
      {word()}
    </span>
  );
}

// SPDX-License-Identifier: MIT
import { CircleAlert, CircleCheck, CircleDashed } from 'lucide-react';
import { _ } from '../lib/i18n';
import type { Server } from '../lib/types';

export function ServerStatus({ status }: { status: Server['status'] }) {
  const {
    look,
    icon: Icon,
    word,
  } = {
    up: { look: 'good', icon: CircleCheck, word: _('Reachable') },
    failed: { look: 'bad', icon: CircleAlert, word: _('Failed') },
    unknown: { look: '', icon: CircleDashed, word: _('Not tested') },
  }[status];
  return (
    <span className={`badge ${look}`}>
      <Icon className="icon" aria-hidden /> {word}
    </span>
  );
}

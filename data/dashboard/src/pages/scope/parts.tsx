// SPDX-License-Identifier: MIT
import { CircleCheck, CircleSlash, ShieldAlert } from 'lucide-react';
import { _ } from '../../lib/i18n';
import { severityWord } from '../../lib/scope';
import type { ScopeFinding, ScopeHost } from '../../lib/types';

const looks = { low: '', medium: 'wait', high: 'bad', critical: 'bad' };

export function SeverityBadge({ severity, count }: { severity: ScopeFinding['severity']; count?: number }) {
  return (
    <span className={`badge ${looks[severity]}`}>
      <ShieldAlert className="icon" aria-hidden /> {severityWord(severity)}
      {count !== undefined && count > 1 && ` · ${count}`}
    </span>
  );
}

export function HostStatus({ status }: { status: ScopeHost['status'] }) {
  const isUp = status === 'up';
  const Icon = isUp ? CircleCheck : CircleSlash;
  return (
    <span className={`badge ${isUp ? 'good' : ''}`}>
      <Icon className="icon" aria-hidden /> {isUp ? _('Answers') : _('Gone')}
    </span>
  );
}

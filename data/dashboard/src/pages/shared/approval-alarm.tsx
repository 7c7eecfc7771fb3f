// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { levelWord } from '../../components/level';
import { approvalsQuery } from '../../lib/approvals';
import { _ } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { showTarget } from '../../lib/target';

/** Says at once, and in the window's title, that something waits. */
export function ApprovalAlarm() {
  const query = useInfiniteQuery(approvalsQuery('pending'));
  const { pathname } = useLocation();
  const known = useRef<Set<string> | null>(null);
  const [words, setWords] = useState('');
  useEffect(() => {
    if (!query.data) return;
    const pending = flatten(query.data);
    const fresh = pending.filter((approval) => known.current && !known.current.has(approval.id));
    known.current = new Set(pending.map((approval) => approval.id));
    const first = fresh[0];
    if (first)
      setWords(
        _('{operator} asks for approval: {level} on {target}', {
          operator: first.operator_name,
          level: levelWord(first.level),
          target: first.resource ? showTarget(first.resource) : first.tool,
        }),
      );
  }, [query.data]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a page may have set its own title
  useEffect(() => {
    const count = flatten(query.data).length;
    document.title = count > 0 ? `(${count}) Vigilus` : 'Vigilus';
  }, [query.data, pathname]);
  return (
    <div className="sr" aria-live="assertive" role="alert">
      {words}
    </div>
  );
}

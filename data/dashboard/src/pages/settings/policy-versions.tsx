// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { Diff } from '../../components/output';
import { Loaded, LoadMore } from '../../components/states';
import { Time } from '../../components/time';
import { _ } from '../../lib/i18n';
import { policyVersionsQuery } from '../../lib/policy';
import { diffRules } from '../../lib/rule-diff';
import type { Policy } from '../../lib/types';

/** One version, and what it changed from the one before it. */
function Version({ version, before }: { version: Policy; before: Policy | undefined }) {
  const diff = diffRules(before?.rules ?? [], version.rules);
  return (
    <li>
      <details className="card">
        <summary>
          {_('Version {n}', { n: version.version })}
          {version.note && `: ${version.note}`}{' '}
          <span className="muted small">
            {version.user_name} {version.created_at && <Time at={version.created_at} />}
          </span>
        </summary>
        {diff ? <Diff text={diff} /> : <p>{_('It changed no rule.')}</p>}
      </details>
    </li>
  );
}

/** Every version that ever counted: decisions on record name theirs. */
export function PolicyVersions() {
  const query = useInfiniteQuery(policyVersionsQuery);
  return (
    <section className="stack">
      <h2>{_('Versions')}</h2>
      <Loaded query={query} rows={2}>
        {({ pages }) => {
          const versions = pages.flatMap((page) => page.items);
          const isWhole = pages.at(-1)?.next === null;
          const shown = isWhole ? versions : versions.slice(0, -1);
          if (shown.length === 0)
            return <p className="muted">{_('None yet: the first is made when rules are saved.')}</p>;
          return (
            <>
              <ol className="plain stack tight" reversed>
                {shown.map((version, index) => (
                  <Version key={version.version} version={version} before={versions[index + 1]} />
                ))}
              </ol>
              <LoadMore query={query} label={_('Older versions')} />
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

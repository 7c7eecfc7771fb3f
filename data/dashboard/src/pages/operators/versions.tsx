// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { AskButton } from '../../components/dialog';
import { Loaded, LoadMore } from '../../components/states';
import { Time } from '../../components/time';
import { diffLines } from '../../lib/diff';
import { _ } from '../../lib/i18n';
import { useRestoreVersion, versionsQuery } from '../../lib/operators';
import { flatten } from '../../lib/query';
import { say } from '../../lib/toasts';
import type { Operator, OperatorVersion } from '../../lib/types';

type Content = OperatorVersion['content'];

const words = (): Record<string, string> => ({
  name: _('Name'),
  description: _('Description'),
  system_prompt: _('System prompt'),
  soul: _('Soul'),
  provider_id: _('Provider'),
  model: _('Model'),
  permission_level: _('Permission level'),
  trust_mode: _('Trust mode'),
  working_directory: _('Working directory'),
  enabled: _('Enabled'),
  tools: _('Tools'),
});

function show(value: unknown): string {
  if (Array.isArray(value)) return value.join('\n');
  return value === null || value === undefined ? '' : String(value);
}

/** What changed from `before` to `after`, member by member. */
function Difference({ before, after }: { before: Content; after: Content }) {
  const names = words();
  const changed = Object.keys(names).filter(
    (name) => show(before[name as keyof Content]) !== show(after[name as keyof Content]),
  );
  if (changed.length === 0) return <p className="small muted">{_('Nothing differs.')}</p>;
  return (
    <dl className="difference">
      {changed.map((name) => (
        <div key={name}>
          <dt className="small">{names[name]}</dt>
          <dd>
            {diffLines(show(before[name as keyof Content]), show(after[name as keyof Content])).map((line, index) => (
              <span key={index} className={`diff-line ${line.kind}`}>
                {line.kind !== 'same' && (
                  <span className="sr">{line.kind === 'added' ? _('Added:') : _('Removed:')}</span>
                )}
                {line.text || ' '}
              </span>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface RowProps {
  operator: Operator;
  version: OperatorVersion;
  before: OperatorVersion | undefined;
  isNewest: boolean;
  canEdit: boolean;
}

function Restore({ operator, version }: Pick<RowProps, 'operator' | 'version'>) {
  const restore = useRestoreVersion(operator.id);
  const confirm = (close: () => void) =>
    restore.mutate(version.version, {
      onSuccess: () => {
        close();
        say(_('{name} is as it was in version {version}.', { name: operator.name, version: version.version }));
      },
    });
  return (
    <AskButton
      small
      label={_('Restore')}
      title={_('Restore version {version}?', { version: version.version })}
      action={_('Restore version {version}', { version: version.version })}
      busy={restore.isPending}
      error={restore.error}
      onConfirm={confirm}
    >
      <p>{_('What it is now stays in the list. This would change:')}</p>
      <Difference before={operator as Content} after={version.content} />
    </AskButton>
  );
}

function VersionRow({ operator, version, before, isNewest, canEdit }: RowProps) {
  return (
    <li>
      <details>
        <summary className="row">
          <strong>{_('Version {version}', { version: version.version })}</strong>
          <span className="small muted grow">
            {version.user_name}, <Time at={version.created_at} />
            {version.note && ` · ${version.note}`}
          </span>
          {isNewest && <span className="badge good">{_('Now')}</span>}
        </summary>
        {before ? (
          <Difference before={before.content} after={version.content} />
        ) : (
          <p className="small muted">{_('The first that is kept.')}</p>
        )}
        {canEdit && !isNewest && <Restore operator={operator} version={version} />}
      </details>
    </li>
  );
}

export function Versions({ operator, canEdit }: { operator: Operator; canEdit: boolean }) {
  const query = useInfiniteQuery(versionsQuery(operator.id));
  return (
    <section className="card stack" aria-labelledby="versions">
      <h2 id="versions">{_('Versions')}</h2>
      <Loaded query={query}>
        {(data) => {
          const versions = flatten(data);
          if (versions.length === 0)
            return <p className="muted">{_('None yet: the first change keeps what it was before.')}</p>;
          return (
            <ol className="versions">
              {versions.map((version, index) => (
                <VersionRow
                  key={version.version}
                  operator={operator}
                  version={version}
                  before={versions[index + 1]}
                  isNewest={index === 0}
                  canEdit={canEdit}
                />
              ))}
            </ol>
          );
        }}
      </Loaded>
      <LoadMore query={query} label={_('Older versions')} />
    </section>
  );
}

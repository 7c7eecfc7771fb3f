// SPDX-License-Identifier: MIT
import { _ } from '../lib/i18n';
import { revealHidden } from './output';

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** The arguments of a call, each by name; long ones in a box of their own. */
export function Arguments({ value }: { value: Record<string, unknown> | null | undefined }) {
  const entries = Object.entries(value ?? {});
  if (entries.length === 0) return <p className="muted small">{_('No arguments')}</p>;
  return (
    <dl className="facts arguments">
      {entries.map(([name, argument]) => (
        <div key={name} className="fact">
          <dt className="mono">{name}</dt>
          <dd>
            <code>{revealHidden(show(argument))}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}

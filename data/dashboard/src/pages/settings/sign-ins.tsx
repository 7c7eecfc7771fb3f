// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Button } from '../../components/button';
import { ScrollX } from '../../components/scroll-x';
import { ErrorNote, Loaded } from '../../components/states';
import { Time } from '../../components/time';
import { _ } from '../../lib/i18n';
import { signInsQuery, useEndSignIn } from '../../lib/people';

/** "Firefox on Linux", as far as the header says. */
export function browserOf(agent: string | null): string {
  const name = /(Firefox|Edg|OPR|Chrome|Safari|curl)\//.exec(agent ?? '')?.[1];
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(agent ?? '')?.[1];
  const known = { Edg: 'Edge', OPR: 'Opera' }[name ?? ''] ?? name;
  if (known && system) return _('{browser} on {system}', { browser: known, system });
  return known ?? agent?.slice(0, 40) ?? _('unknown');
}

export function SignIns() {
  const query = useQuery(signInsQuery);
  const end = useEndSignIn();
  return (
    <section className="card stack">
      <div>
        <h2>{_('Where you are signed in')}</h2>
        <p className="muted small">{_('A browser you don’t know? End it, and change the password.')}</p>
      </div>
      <Loaded query={query} rows={2}>
        {(rows) => (
          <>
            <ScrollX label={_('Where you are signed in')}>
              <table className="table">
                <thead>
                  <tr>
                    <th>{_('Browser')}</th>
                    <th>{_('Address')}</th>
                    <th>{_('Since')}</th>
                    <th>{_('Last used')}</th>
                    <th>
                      <span className="sr">{_('Actions')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row) => (
                    <tr key={row.id}>
                      <td>{browserOf(row.user_agent)}</td>
                      <td className="mono">{row.address ?? '–'}</td>
                      <td>
                        <Time at={row.created_at} />
                      </td>
                      <td>{row.last_used_at ? <Time at={row.last_used_at} /> : '–'}</td>
                      <td>
                        {row.current ? (
                          <span className="badge">{_('this one')}</span>
                        ) : (
                          <Button look="danger" small busy={end.isPending} onClick={() => end.mutate(row.id)}>
                            {_('End')}
                          </Button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </ScrollX>
            {rows.length > 1 && (
              <div className="row end">
                <Button look="danger" busy={end.isPending} onClick={() => end.mutate(null)}>
                  {_('End all others')}
                </Button>
              </div>
            )}
          </>
        )}
      </Loaded>
      <ErrorNote error={end.error} />
    </section>
  );
}

// SPDX-License-Identifier: MIT
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { ChartColumn } from 'lucide-react';
import { buttonClass } from '../../components/button';
import { CheckField, SelectField } from '../../components/form';
import { ScrollX } from '../../components/scroll-x';
import { Empty, Loaded, LoadMore } from '../../components/states';
import { TabList } from '../../components/tabs';
import { Time } from '../../components/time';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import type { UsageTotal } from '../../lib/types';
import {
  costOf,
  countOf,
  daysBack,
  fillDays,
  tokensOf,
  type UsageFilter,
  type UsageKey,
  usageEntriesQuery,
  usageTotalsQuery,
} from '../../lib/usage';
import { DayChart } from './day-chart';

type Tab = UsageKey | 'answers';

const tabs = (): { tab: Tab; name: string }[] => [
  { tab: 'day', name: _('By day') },
  { tab: 'operator', name: _('By Operator') },
  { tab: 'model', name: _('By model') },
  { tab: 'answers', name: _('Single answers') },
];

function nameOf(by: UsageKey, name: string): string {
  if (name !== '') return name;
  return by === 'operator' ? _('Orchestrator') : _('not known');
}

const heads: Record<UsageKey, () => string> = {
  day: () => _('Day'),
  operator: () => _('Operator'),
  model: () => _('Model'),
};

function TotalsTable({ by, totals }: { by: UsageKey; totals: UsageTotal[] }) {
  return (
    <ScrollX label={_('Totals')}>
      <table className="table numbers">
        <thead>
          <tr>
            <th>{heads[by]()}</th>
            <th>{_('Answers')}</th>
            <th>{_('Tokens in')}</th>
            <th>{_('of them cached')}</th>
            <th>{_('Tokens out')}</th>
            <th>{_('Cost')}</th>
          </tr>
        </thead>
        <tbody>
          {totals.map((total) => (
            <tr key={total.name}>
              <th scope="row">{nameOf(by, total.name)}</th>
              <td>{countOf(total.answers)}</td>
              <td>{tokensOf(total.input_tokens, total.estimated)}</td>
              <td>{countOf(total.cached_tokens)}</td>
              <td>{tokensOf(total.output_tokens, total.estimated)}</td>
              <td>{costOf(total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

function Nothing() {
  return (
    <Empty icon={ChartColumn} title={_('No model was asked in this time')}>
      <p>{_('What each answer takes is counted here. Ask for something, or choose a longer time.')}</p>
      <Link to="/chat" className={buttonClass('primary')}>
        {_('Open the chat')}
      </Link>
    </Empty>
  );
}

function Totals({ by, filter }: { by: UsageKey; filter: UsageFilter }) {
  const query = useQuery(usageTotalsQuery(by, filter));
  return (
    <div className="card flush">
      <Loaded query={query}>
        {(totals) =>
          totals.length === 0 ? (
            <Nothing />
          ) : (
            <>
              {by === 'day' && <DayChart days={fillDays(totals, daysBack(filter.days))} />}
              <TotalsTable by={by} totals={totals} />
            </>
          )
        }
      </Loaded>
    </div>
  );
}

function Answers({ filter }: { filter: UsageFilter }) {
  const query = useInfiniteQuery(usageEntriesQuery(filter));
  return (
    <div className="card flush">
      <Loaded query={query}>
        {(data) => {
          const entries = flatten(data);
          if (entries.length === 0) return <Nothing />;
          return (
            <ScrollX label={_('Answers')}>
              <table className="table numbers">
                <thead>
                  <tr>
                    <th>{_('When')}</th>
                    <th>{_('Operator')}</th>
                    <th>{_('Model')}</th>
                    <th>{_('Tokens in')}</th>
                    <th>{_('Tokens out')}</th>
                    <th>{_('Cost')}</th>
                  </tr>
                </thead>
                <tbody>
                  {entries.map((entry, index) => (
                    <tr key={`${entry.at}/${index}`}>
                      <td>
                        {entry.session_id ? (
                          <Link to="/chat/$sessionId" params={{ sessionId: entry.session_id }}>
                            <Time at={entry.at} />
                          </Link>
                        ) : (
                          <Time at={entry.at} />
                        )}
                      </td>
                      <td>{nameOf('operator', entry.operator_name ?? '')}</td>
                      <td>{nameOf('model', entry.model ?? '')}</td>
                      <td>{tokensOf(entry.input_tokens, entry.estimated)}</td>
                      <td>{tokensOf(entry.output_tokens, entry.estimated)}</td>
                      <td>{costOf(entry)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </ScrollX>
          );
        }}
      </Loaded>
      <LoadMore query={query} label={_('Older answers')} />
    </div>
  );
}

export default function UsagePage() {
  const search = useSearch({ from: '/shell/usage' });
  const navigate = useNavigate({ from: '/usage' });
  const canSeeAll = useCan('administrator');
  const tab = tabs().find((one) => one.tab === search.by)?.tab ?? 'day';
  const filter = { days: Number(search.days ?? 30) || 30, everybody: canSeeAll && search.who === 'everybody' };
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{_('Usage')}</h1>
          <p>
            {_('What models took. Prices are under Settings; without one, only the tokens of a model are counted.')}{' '}
            {_(
              'A server at home counts as free until it has a price, also if it passes questions on to one that costs.',
            )}{' '}
            {_('Where a server tells no tokens, they are estimated by the length of the text: “about”.')}
          </p>
        </div>
      </header>
      <div className="row usage-filter">
        <SelectField
          label={_('Time')}
          value={String(filter.days)}
          onChange={(event) => void navigate({ search: { ...search, days: event.target.value } })}
        >
          <option value="7">{_('7 days')}</option>
          <option value="30">{_('30 days')}</option>
          <option value="90">{_('90 days')}</option>
        </SelectField>
        {canSeeAll && (
          <CheckField
            label={_('Everybody’s')}
            checked={filter.everybody}
            onChange={(event) =>
              void navigate({ search: { ...search, who: event.target.checked ? 'everybody' : undefined } })
            }
          />
        )}
      </div>
      <TabList label={_('Of what')}>
        {tabs().map((one) => (
          <Link
            key={one.tab}
            to="/usage"
            search={{ ...search, by: one.tab }}
            aria-current={one.tab === tab ? 'page' : undefined}
          >
            {one.name}
          </Link>
        ))}
      </TabList>
      {tab === 'answers' ? <Answers filter={filter} /> : <Totals by={tab} filter={filter} />}
    </>
  );
}

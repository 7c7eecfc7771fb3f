// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Wrench } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Button, buttonClass } from '../../components/button';
import { FilterField } from '../../components/filter-field';
import { SelectField } from '../../components/form';
import { LevelBadge, levelNames, levelWord } from '../../components/level';
import { ScrollX } from '../../components/scroll-x';
import { Empty, ErrorNote, Loaded } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { useCan } from '../../lib/auth';
import { _, ngettext } from '../../lib/i18n';
import { describeSchema } from '../../lib/json-schema';
import { toolsQuery } from '../../lib/operators';
import { floorsQuery, useSetFloor } from '../../lib/policy';
import type { Tool } from '../../lib/types';
import { HttpTools } from './http-tools';
import { ToolOperators } from './tool-operators';
import { ToolTry } from './tool-try';

function Schema({ tool }: { tool: Tool }) {
  const rows = describeSchema(tool.input_schema);
  if (rows.length === 0) return <p className="muted small">{_('Takes no arguments.')}</p>;
  return (
    <ScrollX label={_('Arguments of {tool}', { tool: tool.name })}>
      <table className="table small">
        <thead>
          <tr>
            <th>{_('Argument')}</th>
            <th>{_('Type')}</th>
            <th>{_('Limits')}</th>
            <th>{_('Meaning')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.path}>
              <td className="mono">
                {row.path}
                {row.isRequired && <span className="badge">{_('needed')}</span>}
              </td>
              <td className="mono">{row.type}</td>
              <td className="mono">{row.limits}</td>
              <td>{row.description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

/** Tools that tell what each call does may count as less than the worst they can do, if an administrator says so. */
function Floor({ tool }: { tool: Tool }) {
  const floor = (useQuery(floorsQuery).data ?? []).find((item) => item.tool === tool.name);
  const canEdit = useCan('administrator');
  const set = useSetFloor();
  const lower = levelNames.slice(0, levelNames.indexOf(tool.level));
  if (tool.level === 'read' || tool.level === 'elevate') return null;
  return (
    <>
      <SelectField
        label={_('A call counts at least as')}
        hint={_(
          'Lower it to let calls that only read, as “df -h”, run without approval. Each is still judged by what it does.',
        )}
        value={floor?.level ?? ''}
        disabled={!canEdit || set.isPending}
        onChange={(event) =>
          set.mutate({ name: tool.name, level: (event.target.value || null) as 'read' | 'write' | 'exec' | null })
        }
      >
        <option value="">{_('{level}, as the tool says', { level: levelWord(tool.level) })}</option>
        {lower.map((name) => (
          <option key={name} value={name}>
            {levelWord(name)}
          </option>
        ))}
      </SelectField>
      <ErrorNote error={set.error} />
    </>
  );
}

function TryButton({ tool }: { tool: Tool }) {
  const [isOpen, setOpen] = useState(false);
  if (!useCan('approver') || !tool.available) return null;
  return (
    <div>
      <Button small onClick={() => setOpen(true)}>
        {_('Try it …')}
      </Button>
      {isOpen && <ToolTry tool={tool} onClose={() => setOpen(false)} />}
    </div>
  );
}

function ToolItem({ tool, isOpen }: { tool: Tool; isOpen: boolean }) {
  const ref = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isOpen) ref.current?.scrollIntoView();
  }, [isOpen]);
  return (
    <li ref={ref}>
      <details className="tool-item" open={isOpen}>
        <summary>
          <span className="mono name">{tool.name}</span>
          <LevelBadge level={tool.level} />
          {!tool.available && <span className="badge bad">{_('Not available')}</span>}
          <span className="muted grow clip">{tool.description}</span>
        </summary>
        <div className="stack tight">
          <p>{tool.description}</p>
          <Schema tool={tool} />
          <Floor tool={tool} />
          <dl className="facts small">
            <dt>{_('From')}</dt>
            <dd>{tool.plugin}</dd>
            <dt>{_('Time limit')}</dt>
            <dd>{ngettext('one second', '{count} seconds', tool.timeout)}</dd>
            <dt>{_('Works')}</dt>
            <dd>{tool.host ? _('in the Operator’s working directory on this host') : _('outside the host’s files')}</dd>
          </dl>
          <ToolOperators tool={tool} />
          <TryButton tool={tool} />
        </div>
      </details>
    </li>
  );
}

const tabs = () => [
  { tab: undefined, name: _('All tools') },
  { tab: 'http', name: _('HTTP tools') },
];

export default function ToolsPage() {
  const { tab } = useSearch({ from: '/shell/tools' });
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{_('Tools')}</h1>
          <p>{_('What Operators can do, once a tool is assigned to them.')}</p>
        </div>
      </header>
      <Tabs label={_('Tools')} to="/tools" tabs={tabs()} current={tab} />
      {tab === 'http' ? <HttpTools /> : <AllTools />}
    </>
  );
}

function AllTools() {
  const query = useQuery(toolsQuery);
  const search = useSearch({ from: '/shell/tools' });
  const navigate = useNavigate({ from: '/tools' });
  const { q = '', level } = search;
  const matches = (tool: Tool) =>
    (!level || tool.level === level) &&
    `${tool.name} ${tool.title} ${tool.description}`.toLowerCase().includes(q.toLowerCase());
  return (
    <>
      <div className="row">
        <FilterField
          label={_('Filter tools')}
          value={q}
          onChange={(value) => void navigate({ search: { ...search, q: value || undefined }, replace: true })}
        />
        <select
          className="input auto"
          aria-label={_('Level')}
          value={level ?? ''}
          onChange={(event) => void navigate({ search: { ...search, level: event.target.value || undefined } })}
        >
          <option value="">{_('All levels')}</option>
          {levelNames.map((name) => (
            <option key={name} value={name}>
              {levelWord(name)}
            </option>
          ))}
        </select>
      </div>
      <Loaded query={query}>
        {(tools) => {
          const shown = tools.filter(matches);
          if (tools.length === 0)
            return (
              <div className="card">
                <Empty icon={Wrench} title={_('There are no tools')}>
                  <p>{_('Tools come from plugins. See which are loaded, and why others are not.')}</p>
                  <Link to="/settings/$tab" params={{ tab: 'plugins' }} className={buttonClass('primary')}>
                    {_('Settings → Plugins')}
                  </Link>
                </Empty>
              </div>
            );
          if (shown.length === 0) return <p className="muted">{_('No tool is like that. Change the filter.')}</p>;
          return (
            <ul className="card flush rows">
              {shown.map((tool) => (
                <ToolItem key={tool.name} tool={tool} isOpen={tool.name === search.tool} />
              ))}
            </ul>
          );
        }}
      </Loaded>
    </>
  );
}

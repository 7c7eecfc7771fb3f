// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { FilterField } from '../../components/filter-field';
import { CheckField } from '../../components/form';
import { LevelBadge, levelNames } from '../../components/level';
import { Loaded } from '../../components/states';
import { _, ngettext } from '../../lib/i18n';
import { toolsQuery } from '../../lib/operators';
import type { Level, Operator, Tool } from '../../lib/types';

type Assigning = Pick<Operator, 'tools' | 'permission_level' | 'working_directory'>;

function warning(tool: Tool, draft: Assigning): string | null {
  const rank = (level: Level) => levelNames.indexOf(level);
  if (!tool.available) return _('Not available at the moment.');
  if (rank(tool.level) > rank(draft.permission_level)) return _('Above the permission level: it would be denied.');
  if (tool.host && !draft.working_directory) return _('Needs a working directory.');
  return null;
}

function ToolRow({ tool, draft, toggle }: { tool: Tool; draft: Assigning; toggle: (isOn: boolean) => void }) {
  const isOn = draft.tools.includes(tool.name);
  const trouble = isOn ? warning(tool, draft) : null;
  return (
    <li>
      <CheckField
        checked={isOn}
        onChange={(event) => toggle(event.target.checked)}
        label={
          <span className="row">
            <span className="mono">{tool.name}</span> <LevelBadge level={tool.level} />
          </span>
        }
        hint={
          <>
            {tool.description}
            {trouble && <span className="wrong-text"> {trouble}</span>}
          </>
        }
      />
    </li>
  );
}

export function ToolsField({ draft, set }: { draft: Assigning; set: (tools: string[]) => void }) {
  const query = useQuery(toolsQuery);
  const [filter, setFilter] = useState('');
  const toggle = (name: string) => (isOn: boolean) =>
    set(isOn ? [...draft.tools, name] : draft.tools.filter((other) => other !== name));
  return (
    <section className="card stack">
      <div className="row between">
        <h2>{_('Tools')}</h2>
        <span className="small muted">{ngettext('One assigned', '{count} assigned', draft.tools.length)}</span>
      </div>
      <Loaded query={query}>
        {(tools) => {
          const gone = draft.tools.filter((name) => !tools.some((tool) => tool.name === name));
          const shown = tools.filter((tool) =>
            `${tool.name} ${tool.description}`.toLowerCase().includes(filter.toLowerCase()),
          );
          return (
            <>
              {tools.length > 8 && <FilterField label={_('Filter tools')} value={filter} onChange={setFilter} />}
              <ul className="stack tool-checks">
                {shown.map((tool) => (
                  <ToolRow key={tool.name} tool={tool} draft={draft} toggle={toggle(tool.name)} />
                ))}
                {gone.map((name) => (
                  <li key={name}>
                    <CheckField
                      checked
                      onChange={() => toggle(name)(false)}
                      label={<span className="mono">{name}</span>}
                      hint={<span className="wrong-text">{_('There is no such tool at the moment.')}</span>}
                    />
                  </li>
                ))}
              </ul>
              {tools.length === 0 && <p className="muted">{_('No plugin offers a tool. See Settings → Plugins.')}</p>}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { FileDown, Globe, Plus } from 'lucide-react';
import { Button } from '../../components/button';
import { DeleteButton } from '../../components/dialog';
import { LevelBadge } from '../../components/level';
import { Empty, Loaded } from '../../components/states';
import { useCan } from '../../lib/auth';
import { httpToolsQuery, useDeleteHttpTool } from '../../lib/http-tools';
import { _ } from '../../lib/i18n';
import type { HttpTool } from '../../lib/types';
import { HttpImport } from './http-import';
import { HttpToolDialog } from './http-tool-dialog';

function DeleteTool({ tool }: { tool: HttpTool }) {
  return (
    <DeleteButton id={tool.id} name={tool.tool} remove={useDeleteHttpTool()}>
      <p>{_('Operators that have it can’t call it any more. What it did stays on record.')}</p>
    </DeleteButton>
  );
}

function Row({ tool, edit }: { tool: HttpTool; edit: () => void }) {
  const canEdit = useCan('administrator');
  return (
    <li className="http-tool">
      <div className="row">
        <span className="mono name">{tool.tool}</span>
        <LevelBadge level={tool.level} />
        {!tool.enabled && <span className="badge">{_('Not offered')}</span>}
      </div>
      <p className="mono small clip">
        {tool.method} {tool.url}
      </p>
      <p className="small muted">{tool.description}</p>
      {canEdit && (
        <div className="row">
          <Button small onClick={edit}>
            {_('Edit and try')}
          </Button>
          <DeleteTool tool={tool} />
        </div>
      )}
    </li>
  );
}

function AddButtons({ open }: { open: (what: string) => void }) {
  if (!useCan('administrator')) return null;
  return (
    <div className="row">
      <Button look="primary" onClick={() => open('new')}>
        <Plus className="icon" aria-hidden /> {_('Add HTTP tool')}
      </Button>
      <Button onClick={() => open('import')}>
        <FileDown className="icon" aria-hidden /> {_('Import from OpenAPI')}
      </Button>
    </div>
  );
}

/** Endpoints of services at home that people have described as tools. */
export function HttpTools() {
  const query = useQuery(httpToolsQuery);
  const { edit } = useSearch({ from: '/shell/tools' });
  const navigate = useNavigate({ from: '/tools' });
  const canEdit = useCan('administrator');
  const open = (what?: string) => void navigate({ search: { tab: 'http', ...(what ? { edit: what } : {}) } });
  const edited = query.data?.find((tool) => tool.id === edit);
  return (
    <>
      <Loaded query={query}>
        {(tools) =>
          tools.length === 0 ? (
            <div className="card">
              <Empty icon={Globe} title={_('There are no HTTP tools')}>
                <p>
                  {_(
                    'Describe an endpoint of a service at home, or import many from its OpenAPI document: Operators then use it as a tool.',
                  )}
                </p>
                <AddButtons open={open} />
              </Empty>
            </div>
          ) : (
            <>
              <AddButtons open={open} />
              <ul className="card flush rows">
                {tools.map((tool) => (
                  <Row key={tool.id} tool={tool} edit={() => open(tool.id)} />
                ))}
              </ul>
            </>
          )
        }
      </Loaded>
      {canEdit && edit === 'import' && <HttpImport onClose={() => open()} />}
      {canEdit && (edit === 'new' || edited) && (
        <HttpToolDialog key={edited?.id ?? 'new'} tool={edited ?? null} onClose={() => open()} />
      )}
    </>
  );
}

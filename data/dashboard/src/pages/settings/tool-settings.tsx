// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { SlidersHorizontal } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { SettingField } from '../../components/setting-field';
import { Empty, ErrorNote, Loaded, Note } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { type Draft, draftOf, settingRules, valueFor } from '../../lib/setting-draft';
import { say } from '../../lib/toasts';
import {
  type SettingsValues,
  toolSettingsQuery,
  useSaveToolSettings,
  useTestToolSettings,
} from '../../lib/tool-settings';
import type { ToolSettings } from '../../lib/types';
import { type Wrongs, wrongsOf } from '../../lib/validate';

const rulesOf = (tool: ToolSettings) => settingRules(tool.schema);

/** What is sent: a secret only where it was entered. */
function bodyOf(tool: ToolSettings, draft: Draft): SettingsValues {
  const sent = rulesOf(tool).filter(([name, rule]) => !rule.writeOnly || draft[name] !== '');
  return Object.fromEntries(sent.map(([name, rule]) => [name, valueFor(rule, draft[name] ?? '')]));
}

function TestReport({ report }: { report: { ok: boolean; message: string; advice: string[] } }) {
  return (
    <div role="status">
      <Note kind={report.ok ? 'good' : 'bad'}>
        <p className="wrap">{report.message}</p>
        {report.advice.length > 0 && (
          <ul className="advice">
            {report.advice.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
      </Note>
    </div>
  );
}

function ToolCard({ tool }: { tool: ToolSettings }) {
  const [draft, setDraft] = useState(() => draftOf(rulesOf(tool), tool.settings));
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const saving = useSaveToolSettings(tool.id);
  const testing = useTestToolSettings(tool.id);
  const members = rulesOf(tool).map(([name]) => name);
  const onError = (error: Error) => setWrongs(wrongsOf(error, members));
  const set = (name: string) => (value: string | boolean) => setDraft((old) => ({ ...old, [name]: value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWrongs({});
    testing.reset();
    saving.mutate(bodyOf(tool, draft), {
      onSuccess: (saved) => {
        setDraft(draftOf(rulesOf(saved), saved.settings));
        say(_('{name} is saved.', { name: _(tool.title) }));
      },
      onError,
    });
  };
  const test = () => {
    setWrongs({});
    saving.reset();
    testing.mutate(bodyOf(tool, draft), { onError });
  };
  return (
    <section className="card stack" aria-label={_(tool.title)}>
      <h2>{_(tool.title)}</h2>
      <p className="muted">{_(tool.description)}</p>
      {!tool.readable && (
        <Note kind="wait">
          {_(
            'Its secrets can’t be decrypted, because VIGILUS_SECRET has changed since they were stored: enter them again.',
          )}
        </Note>
      )}
      <form className="stack" onSubmit={submit} noValidate>
        {rulesOf(tool).map(([name, rule]) => (
          <SettingField
            key={name}
            name={name}
            rule={rule}
            value={draft[name] ?? ''}
            wrong={wrongs[name]}
            isStored={tool.secrets.includes(name)}
            onChange={set(name)}
          />
        ))}
        <ErrorNote error={saving.error ?? testing.error} />
        {testing.data && <TestReport report={testing.data} />}
        <div className="actions">
          {tool.can_test && (
            <Button busy={testing.isPending} onClick={test}>
              {_('Test connection')}
            </Button>
          )}
          <Button look="primary" type="submit" busy={saving.isPending}>
            {_('Save')}
          </Button>
        </div>
      </form>
    </section>
  );
}

function List() {
  const query = useQuery(toolSettingsQuery);
  return (
    <Loaded query={query}>
      {(tools) =>
        tools.length === 0 ? (
          <div className="card">
            <Empty icon={SlidersHorizontal} title={_('No tool has settings')}>
              <p>{_('Look under Plugins whether one was refused.')}</p>
            </Empty>
          </div>
        ) : (
          <div className="two top-aligned">
            {tools.map((tool) => (
              <ToolCard key={tool.id} tool={tool} />
            ))}
          </div>
        )
      }
    </Loaded>
  );
}

export function ToolsSettings() {
  if (!useCan('administrator')) return <p className="muted">{_('An administrator can set what tools may reach.')}</p>;
  return <List />;
}

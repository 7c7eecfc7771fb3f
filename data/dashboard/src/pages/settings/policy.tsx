// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Plus, ShieldCheck } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { TextField } from '../../components/form';
import { Empty, ErrorNote, Loaded, Note } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _, ngettext } from '../../lib/i18n';
import { policyQuery, useSavePolicy, useTryPolicy } from '../../lib/policy';
import { say } from '../../lib/toasts';
import type { PolicyRule, PolicyTrial, Policy as PolicyVersion } from '../../lib/types';
import { RuleCard } from './policy-rule';
import { PolicyVersions } from './policy-versions';

function Trial({ trial }: { trial: PolicyTrial }) {
  const changes = [
    [trial.newly_denied, _('would be denied')],
    [trial.newly_asked, _('would newly ask a person')],
    [trial.no_longer_denied, _('would no longer be denied')],
    [trial.no_longer_asked, _('would no longer ask')],
  ].filter(([count]) => count !== 0);
  return (
    <Note>
      <p>
        {ngettext('Last week one call was made.', 'Last week {count} calls were made.', trial.calls)}{' '}
        {changes.length === 0
          ? _('The rules would have changed none of them.')
          : `${changes.map(([count, words]) => `${count} ${words}`).join(', ')}.`}
        {trial.cut && ` ${_('There were more, which were not looked at.')}`}
      </p>
      {trial.examples.length > 0 && (
        <ul className="small">
          {trial.examples.map((example) => (
            <li key={example.call_id}>
              <span className="mono">{example.tool}</span> {example.resource ?? ''} ({example.operator_name}
              {', '}
              {example.before} → {example.after}
              {example.rule > 0 && `, ${_('rule {n}', { n: example.rule })}`})
            </li>
          ))}
        </ul>
      )}
    </Note>
  );
}

let lastKey = 0;
const newKey = () => ++lastKey;

interface Draft {
  key: number;
  rule: PolicyRule;
}

function PolicyForm({ policy, canEdit }: { policy: PolicyVersion; canEdit: boolean }) {
  const [drafts, setDrafts] = useState<Draft[]>(() => policy.rules.map((rule) => ({ key: newKey(), rule })));
  const [note, setNote] = useState('');
  const [isChanged, setChanged] = useState(false);
  const save = useSavePolicy();
  const trial = useTryPolicy();
  const rules = drafts.map(({ rule }) => rule);
  const change = (next: Draft[]) => {
    setDrafts(next);
    setChanged(true);
    trial.reset();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const saved = await save.mutateAsync({ version: policy.version, rules, note }).catch(() => null);
    if (!saved) return;
    setChanged(false);
    setNote('');
    say(_('Version {n} counts from now on.', { n: saved.version }));
  };
  return (
    <form onSubmit={submit} className="stack">
      <fieldset className="plain stack" disabled={!canEdit}>
        {drafts.length === 0 && (
          <div className="card">
            <Empty icon={ShieldCheck} title={_('There are no rules')}>
              <p>
                {_(
                  'Levels and approvals decide alone. Add a rule to deny, or to ask a person, by tool, place or time.',
                )}
              </p>
            </Empty>
          </div>
        )}
        {drafts.map(({ key, rule }, index) => (
          <RuleCard
            key={key}
            number={index + 1}
            rule={rule}
            onChange={(next) => change(drafts.map((draft) => (draft.key === key ? { key, rule: next } : draft)))}
            onRemove={() => change(drafts.filter((draft) => draft.key !== key))}
          />
        ))}
        {canEdit && (
          <div className="row">
            <Button
              onClick={() =>
                change([...drafts, { key: newKey(), rule: { name: _('New rule'), effect: 'ask', enabled: true } }])
              }
            >
              <Plus aria-hidden /> {_('Add a rule')}
            </Button>
            <Button busy={trial.isPending} onClick={() => trial.mutate({ rules, days: 7 })}>
              {_('Try against last week')}
            </Button>
          </div>
        )}
        <ErrorNote error={trial.error ?? save.error} />
        {trial.data && <Trial trial={trial.data} />}
        {canEdit && isChanged && (
          <div className="save-bar">
            <TextField
              label={_('Why')}
              value={note}
              maxLength={300}
              onChange={(event) => setNote(event.target.value)}
            />
            <Button look="primary" type="submit" busy={save.isPending}>
              {_('Save as version {n}', { n: policy.version + 1 })}
            </Button>
          </div>
        )}
      </fieldset>
    </form>
  );
}

export function Policy() {
  const query = useQuery(policyQuery);
  const canEdit = useCan('administrator');
  return (
    <div className="stack reading">
      <p className="muted">
        {_(
          'Of the rules that match a call, a deny wins, then an allow, then an ask. An allow is an exception from what other rules ask: it gives no permission.',
        )}
      </p>
      <Loaded query={query}>{(policy) => <PolicyForm policy={policy} canEdit={canEdit} />}</Loaded>
      <PolicyVersions />
    </div>
  );
}

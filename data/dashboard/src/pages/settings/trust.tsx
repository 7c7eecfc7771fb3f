// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { AreaField, CheckField, ChoiceField, SelectField, TextField, useFocusOnWrong } from '../../components/form';
import { levelWord } from '../../components/level';
import { ErrorNote, Loaded, Note } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { providersQuery } from '../../lib/providers';
import { settingsQuery, useUpdateSettings } from '../../lib/system';
import { say } from '../../lib/toasts';
import type { Settings } from '../../lib/types';
import { unpricedModels, usageTotalsQuery } from '../../lib/usage';
import { check, type Wrongs, wrongsOf } from '../../lib/validate';
import { ProofWhenAsked, unlessProof } from '../shared/second-factor';
import { SecondModel } from '../shared/second-model';

type NumberMember = { [K in keyof Settings]: Settings[K] extends number ? K : never }[keyof Settings];

const numbers = (): { member: NumberMember; label: string; hint: string }[] => [
  {
    member: 'grant_minutes_default',
    label: _('Usual length of a timed grant (minutes)'),
    hint: _('What “Allow for …” begins with.'),
  },
  { member: 'grant_minutes_max', label: _('Longest grant (minutes)'), hint: _('Nobody can allow for longer.') },
  {
    member: 'approval_wait_minutes',
    label: _('How long an approval waits (minutes)'),
    hint: _('Then it expires, and the call is denied.'),
  },
  {
    member: 'approval_wait_minutes_unattended',
    label: _('The same, where nobody sat before it (minutes)'),
    hint: _('For what an API token or a schedule has started.'),
  },
  {
    member: 'standing_grant_after',
    label: _('Offer a standing grant after so many approvals'),
    hint: _('Of exactly the same call; never for elevate. 0: do not offer it.'),
  },
  {
    member: 'standing_grant_days',
    label: _('How long a standing grant holds (days)'),
    hint: _('It can be revoked at any time.'),
  },
  {
    member: 'second_factor_minutes',
    label: _('How long a second factor counts (minutes)'),
    hint: _('For approvals that ask for it again.'),
  },
  { member: 'run_max_turns', label: _('Turns per run'), hint: _('How often a run may ask its model.') },
  {
    member: 'run_max_minutes',
    label: _('Time per run (minutes)'),
    hint: _('Waiting for a person does not count.'),
  },
  {
    member: 'run_max_tokens',
    label: _('Tokens per run'),
    hint: _('In and out, over all turns. 0: no limit.'),
  },
  {
    member: 'run_max_cents',
    label: _('Cost per run (cents)'),
    hint: _(
      'By the prices below. A model whose price isn’t known can’t be held to it; the run then says so. 0: no limit.',
    ),
  },
  {
    member: 'output_limit',
    label: _('Tool output for the model (bytes)'),
    hint: _('What is longer is cut in the middle; the model can read on in what is kept.'),
  },
  {
    member: 'output_keep_kb',
    label: _('Tool output kept whole (KiB)'),
    hint: _('Of one call, where it is more than the model is shown. 0: nothing more is kept.'),
  },
  {
    member: 'output_keep_days',
    label: _('Kept output: how long (days)'),
    hint: _('Then only what the model was shown stays.'),
  },
  {
    member: 'output_keep_total_mb',
    label: _('Kept output: in all (MiB)'),
    hint: _('The oldest goes first.'),
  },
  {
    member: 'context_tokens',
    label: _('Context of unknown models (tokens)'),
    hint: _(
      'Where a provider does not tell how much its model holds. Earlier messages are summarised before it is full.',
    ),
  },
  {
    member: 'undo_days',
    label: _('Undo: how long (days)'),
    hint: _('What calls changed can be undone for so long.'),
  },
  {
    member: 'undo_total_mb',
    label: _('Undo: kept in all (MiB)'),
    hint: _('The oldest goes first.'),
  },
  {
    member: 'undo_file_mb',
    label: _('Undo: largest file (MiB)'),
    hint: _('A larger file can’t be kept, so tools don’t change it.'),
  },
  {
    member: 'server_check_minutes',
    label: _('Servers: check every (minutes)'),
    hint: _('Whether they answer, and how they are. 0: never by itself.'),
  },
  {
    member: 'server_sample_days',
    label: _('Servers: charts go back (days)'),
    hint: _('Older results of checks are removed.'),
  },
];

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

type SecondLevel = Settings['second_approver_levels'][number];

const secondLevels: SecondLevel[] = ['write', 'exec', 'elevate'];

function SecondApprover({
  levels,
  wrong,
  onChange,
}: {
  levels: SecondLevel[];
  wrong: string | undefined;
  onChange: (levels: SecondLevel[]) => void;
}) {
  return (
    <fieldset className="choices">
      <legend>{_('Where two people have to approve')}</legend>
      {secondLevels.map((level) => (
        <CheckField
          key={level}
          label={levelWord(level)}
          checked={levels.includes(level)}
          onChange={(event) =>
            onChange(secondLevels.filter((one) => (one === level ? event.target.checked : levels.includes(one))))
          }
        />
      ))}
      <p className="small muted">
        {_('The second is somebody else, and not who asked. Needs two people who may approve.')}
      </p>
      {wrong && <span className="wrong">{wrong}</span>}
    </fieldset>
  );
}

/** What the limit on cost can't hold, where there is one. */
function Unpriced({ draft }: { draft: Settings }) {
  const totals = useQuery(usageTotalsQuery('model', { days: 30, everybody: true })).data ?? [];
  const models = unpricedModels(totals, draft.model_prices ?? '');
  if (!draft.run_max_cents || models.length === 0) return null;
  return (
    <Note kind="wait">
      {_(
        'The limit on cost can’t hold these models, which answered in the last 30 days, for no price of them is known: {models}. Give each a line here; 0 0 where it costs nothing.',
        { models: models.join(', ') },
      )}
    </Note>
  );
}

function changesOf(draft: Settings, settings: Settings): Partial<Settings> {
  const names = Object.keys(draft) as (keyof Settings)[];
  return Object.fromEntries(
    names.filter((name) => !isSame(draft[name], settings[name])).map((name) => [name, draft[name]]),
  );
}

function TrustForm({ settings, canEdit }: { settings: Settings; canEdit: boolean }) {
  const [draft, setDraft] = useState(settings);
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const form = useFocusOnWrong(wrongs);
  const providers = useQuery(providersQuery).data ?? [];
  const update = useUpdateSettings();
  const set = (change: Partial<Settings>) => setDraft({ ...draft, ...change });
  const changes = changesOf(draft, settings);
  const isChanged = Object.keys(changes).length > 0;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save();
  };
  const save = async () => {
    const found = check('updateSettings', changes);
    setWrongs(found);
    if (Object.keys(found).length > 0) return;
    const before = Object.fromEntries(Object.keys(changes).map((name) => [name, settings[name as keyof Settings]]));
    const saved = await update
      .mutateAsync(changes)
      .catch((error: Error) => setWrongs(wrongsOf(error, Object.keys(draft))));
    if (!saved) return;
    setDraft(saved);
    say(_('Saved.'), () => update.mutate(before, { onSuccess: setDraft }));
  };
  return (
    <form ref={form} onSubmit={submit} noValidate>
      <fieldset className="plain stack reading" disabled={!canEdit}>
        <section className="card stack">
          <h2>{_('Trust mode')}</h2>
          <ChoiceField
            legend={_('What happens when an Operator wants to change something')}
            value={draft.trust_mode}
            onChange={(mode) => set({ trust_mode: mode as Settings['trust_mode'] })}
            choices={[
              {
                value: 'strict',
                label: _('Strict'),
                hint: _('It waits until a person allows or denies it. Nothing runs without you.'),
              },
              {
                value: 'lenient',
                label: _('Lenient'),
                hint: _('It is approved at once, up to the Operator’s permission level, and logged for you to review.'),
              },
            ]}
          />
          <CheckField
            label={_('Lenient is strict once a conversation has read text from outside')}
            hint={_('What a tool, a web page or an MCP server returns may try to talk the model into something.')}
            checked={draft.taint_is_strict}
            onChange={(event) => set({ taint_is_strict: event.target.checked })}
          />
          <SecondApprover
            levels={draft.second_approver_levels}
            wrong={wrongs.second_approver_levels}
            onChange={(levels) => set({ second_approver_levels: levels })}
          />
        </section>
        <section className="card stack">
          <h2>{_('Second factor')}</h2>
          <SelectField
            label={_('Ask for it again before approving')}
            hint={_('Who has none cannot approve these then; nor can API tokens.')}
            value={draft.second_factor_approvals}
            onChange={(event) =>
              set({ second_factor_approvals: event.target.value as Settings['second_factor_approvals'] })
            }
          >
            <option value="never">{_('nothing')}</option>
            <option value="elevate">{_('elevate')}</option>
            <option value="exec">{_('exec and elevate')}</option>
          </SelectField>
        </section>
        <section className="card stack">
          <h2>{_('Limits')}</h2>
          <div className="two">
            {numbers().map(({ member, label, hint }) => (
              <TextField
                key={member}
                type="number"
                label={label}
                hint={hint}
                value={Number.isNaN(draft[member]) ? '' : draft[member]}
                wrong={wrongs[member]}
                onChange={(event) => set({ [member]: event.target.valueAsNumber })}
              />
            ))}
          </div>
          <AreaField
            label={_('Prices of models')}
            hint={_(
              'A line each: name (* stands for anything), price of a million tokens in, and out; then, where they differ, of tokens read from a cache and written to one. Without a line, what the provider itself tells counts.',
            )}
            placeholder="claude-sonnet-* 3 15"
            rows={4}
            value={draft.model_prices ?? ''}
            wrong={wrongs.model_prices}
            onChange={(event) => set({ model_prices: event.target.value || null })}
          />
          {canEdit && <Unpriced draft={draft} />}
        </section>
        <section className="card stack">
          <h2>{_('Orchestrator')}</h2>
          <div className="two">
            <SelectField
              label={_('Provider that routes')}
              hint={_('It chooses the Operator for each request.')}
              value={draft.routing_provider_id ?? ''}
              onChange={(event) => set({ routing_provider_id: event.target.value || null })}
            >
              <option value="">{_('The default provider')}</option>
              {providers.map((provider) => (
                <option key={provider.id} value={provider.id}>
                  {provider.name}
                </option>
              ))}
            </SelectField>
            <TextField
              label={_('Model that routes')}
              placeholder={_('The provider’s default')}
              value={draft.routing_model ?? ''}
              wrong={wrongs.routing_model}
              onChange={(event) => set({ routing_model: event.target.value.trim() || null })}
            />
          </div>
          <SecondModel draft={draft} wrongs={wrongs} none={_('None')} set={set} />
          <CheckField
            label={_('Conversations get their titles from the model that routes')}
            hint={_('Asked once after the first answer. Otherwise the first words of the question are the title.')}
            checked={draft.model_titles}
            onChange={(event) => set({ model_titles: event.target.checked })}
          />
          <AreaField
            label={_('What it should know')}
            hint={_(
              'Told to the orchestrator beside the Operators’ prompts: names of machines, house rules. What it does is fixed.',
            )}
            placeholder={_('“The cottage” is the server garden-pi. Everything about films goes to Containers.')}
            rows={3}
            value={draft.orchestrator_prompt ?? ''}
            wrong={wrongs.orchestrator_prompt}
            onChange={(event) => set({ orchestrator_prompt: event.target.value || null })}
          />
        </section>
        <ErrorNote error={unlessProof(update.error)} />
        <ProofWhenAsked error={update.error} reset={update.reset} retry={() => void save()} />
        {canEdit && (
          <div className="save-bar">
            <Button disabled={!isChanged} onClick={() => setDraft(settings)}>
              {_('Take back')}
            </Button>
            <Button look="primary" type="submit" busy={update.isPending} disabled={!isChanged}>
              {_('Save changes')}
            </Button>
          </div>
        )}
      </fieldset>
    </form>
  );
}

export function Trust() {
  const query = useQuery(settingsQuery);
  const canEdit = useCan('administrator');
  return <Loaded query={query}>{(settings) => <TrustForm settings={settings} canEdit={canEdit} />}</Loaded>;
}

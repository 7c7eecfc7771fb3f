// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { AreaField, CheckField, ChoiceField, SelectField, TextField, useFocusOnWrong } from '../../components/form';
import { LevelBadge, levelMeaning, levelNames } from '../../components/level';
import { ErrorNote } from '../../components/states';
import { _ } from '../../lib/i18n';
import { useSaveOperator } from '../../lib/operators';
import { providersQuery } from '../../lib/providers';
import { say } from '../../lib/toasts';
import type { Body, Operator } from '../../lib/types';
import { check, type Wrongs, wrongsOf } from '../../lib/validate';
import { SecondModel } from '../shared/second-model';
import { ModelChoice } from './model-choice';
import { ToolsField } from './tools-field';

type Draft = Required<Body<'createOperator'>>;

const fresh: Draft = {
  name: '',
  description: '',
  system_prompt: '',
  soul: '',
  provider_id: null,
  model: null,
  fallback_provider_id: null,
  fallback_model: null,
  permission_level: 'read',
  trust_mode: 'inherit',
  working_directory: null,
  enabled: true,
  tools: [],
};

function draftOf(operator: Operator): Draft {
  const { name, description, system_prompt, soul, provider_id, model } = operator;
  const { fallback_provider_id, fallback_model } = operator;
  const { permission_level, trust_mode, working_directory, enabled, tools } = operator;
  return {
    name,
    description,
    system_prompt,
    soul,
    provider_id,
    model,
    fallback_provider_id,
    fallback_model,
    permission_level,
    trust_mode,
    working_directory,
    enabled,
    tools,
  };
}

const levelChoices = () =>
  levelNames.map((level) => ({
    value: level,
    label: <LevelBadge level={level} />,
    hint:
      level === 'read'
        ? _('Looks, changes nothing. No approval needed.')
        : _('Also {what}; each such call needs approval.', { what: levelMeaning(level) }),
  }));

const trustChoices = () => [
  { value: 'inherit', label: _('As in Settings'), hint: _('Follows the trust mode of the whole installation.') },
  { value: 'strict', label: _('Strict'), hint: _('Every elevation waits for a person.') },
  {
    value: 'lenient',
    label: _('Lenient'),
    hint: _('Elevations up to the permission level are approved at once, and logged.'),
  },
];

interface PartProps {
  draft: Draft;
  wrongs: Wrongs;
  set: (change: Partial<Draft>) => void;
}

function Purpose({ draft, wrongs, set }: PartProps) {
  return (
    <section className="card stack">
      <h2>{_('Purpose')}</h2>
      <TextField
        label={_('Name')}
        value={draft.name}
        wrong={wrongs.name}
        hint={_('Also how it is mentioned: @name.')}
        onChange={(event) => set({ name: event.target.value })}
      />
      <TextField
        label={_('Description')}
        value={draft.description}
        wrong={wrongs.description}
        hint={_('One sentence; requests are routed by it.')}
        onChange={(event) => set({ description: event.target.value })}
      />
      <AreaField
        label={_('System prompt')}
        rows={6}
        value={draft.system_prompt}
        wrong={wrongs.system_prompt}
        placeholder={_('Monitor all infrastructure servers and report anomalies.')}
        onChange={(event) => set({ system_prompt: event.target.value })}
      />
      <AreaField
        label={_('Soul')}
        rows={3}
        value={draft.soul}
        wrong={wrongs.soul}
        hint={_('Its manner: always told to the model first, with the system prompt.')}
        onChange={(event) => set({ soul: event.target.value })}
      />
      <CheckField
        label={_('Enabled')}
        hint={_('Off: requests are not routed to it.')}
        checked={draft.enabled}
        onChange={(event) => set({ enabled: event.target.checked })}
      />
    </section>
  );
}

function Limits({ draft, wrongs, set }: PartProps) {
  return (
    <section className="card stack">
      <h2>{_('Limits')}</h2>
      <ChoiceField
        legend={_('Permission level')}
        value={draft.permission_level}
        choices={levelChoices()}
        onChange={(level) => set({ permission_level: level as Draft['permission_level'] })}
      />
      <p className="small muted">{_('A hard ceiling: no approval lifts it.')}</p>
      <ChoiceField
        legend={_('Trust mode')}
        value={draft.trust_mode}
        choices={trustChoices()}
        onChange={(mode) => set({ trust_mode: mode as Draft['trust_mode'] })}
      />
      <TextField
        label={_('Working directory')}
        className="mono"
        value={draft.working_directory ?? ''}
        wrong={wrongs.working_directory}
        placeholder="/srv/notes"
        spellCheck={false}
        hint={_('Tools of this host stay inside it. Empty: they are denied.')}
        onChange={(event) => set({ working_directory: event.target.value.trim() || null })}
      />
    </section>
  );
}

function Brain({ draft, wrongs, set }: PartProps) {
  const providers = useQuery(providersQuery).data ?? [];
  const byDefault = providers.find((provider) => provider.is_default);
  return (
    <section className="card stack">
      <h2>{_('Model')}</h2>
      <SelectField
        label={_('Provider')}
        value={draft.provider_id ?? ''}
        wrong={wrongs.provider_id}
        onChange={(event) => set({ provider_id: event.target.value || null, model: null })}
      >
        <option value="">{byDefault ? _('Default ({name})', { name: byDefault.name }) : _('Default provider')}</option>
        {providers.map((provider) => (
          <option key={provider.id} value={provider.id}>
            {provider.name}
          </option>
        ))}
      </SelectField>
      <ModelChoice
        providerId={draft.provider_id ?? byDefault?.id ?? null}
        model={draft.model}
        wrong={wrongs.model}
        onChange={(model) => set({ model })}
      />
      <SecondModel draft={draft} wrongs={wrongs} none={_('The one under Settings')} set={set} />
    </section>
  );
}

export function OperatorForm({ operator, canEdit }: { operator: Operator | null; canEdit: boolean }) {
  const [draft, setDraft] = useState<Draft>(() => (operator ? draftOf(operator) : fresh));
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const form = useFocusOnWrong(wrongs);
  const hasWrongs = Object.keys(wrongs).length > 0;
  const save = useSaveOperator(operator?.id ?? null);
  const navigate = useNavigate();
  const part = { draft, wrongs, set: (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change })) };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = check(operator ? 'updateOperator' : 'createOperator', draft);
    setWrongs(found);
    if (Object.keys(found).length > 0) return;
    const saved = await save.mutateAsync(draft).catch((error: Error) => setWrongs(wrongsOf(error, Object.keys(draft))));
    if (!saved) return;
    say(_('{name} is saved.', { name: saved.name }));
    if (!operator) void navigate({ to: '/operators' });
  };
  return (
    <form ref={form} onSubmit={submit} noValidate>
      <fieldset className="plain operator-form" disabled={!canEdit}>
        <div className="stack">
          <Purpose {...part} />
          <ToolsField draft={draft} set={(tools) => part.set({ tools })} />
        </div>
        <div className="stack">
          <Brain {...part} />
          <Limits {...part} />
        </div>
      </fieldset>
      {canEdit && (
        <div className="save-bar">
          {hasWrongs ? (
            <p className="wrong-text">{_('Something above needs another look.')}</p>
          ) : (
            <ErrorNote error={save.error} />
          )}
          <Button look="primary" type="submit" busy={save.isPending}>
            {operator ? _('Save changes') : _('Create Operator')}
          </Button>
        </div>
      )}
    </form>
  );
}

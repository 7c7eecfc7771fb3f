// SPDX-License-Identifier: MIT
import { Cloud, KeyRound, Server } from 'lucide-react';
import type { ReactNode } from 'react';
import { _, currentLanguage } from '../lib/i18n';
import type { ProviderType } from '../lib/types';
import type { Wrongs } from '../lib/validate';
import { ChoiceField, TextField } from './form';
import { SecretField } from './secret-input';

export interface ProviderDraft {
  type: string;
  name: string;
  base_url: string;
  api_key: string;
  default_model: string;
}

export function emptyDraft(type: ProviderType | undefined): ProviderDraft {
  return {
    type: type?.type ?? '',
    name: type ? typeTitle(type) : '',
    base_url: type?.default_base_url ?? '',
    api_key: '',
    default_model: type?.default_model ?? '',
  };
}

export function typeTitle(type: ProviderType): string {
  return type.type === 'offline' ? _('Offline') : type.title;
}

function typeLabel(type: ProviderType): ReactNode {
  const Icon = type.type === 'offline' ? Server : type.key === 'required' ? KeyRound : Cloud;
  const title = type.type === 'offline' ? _('Try without a model') : type.title;
  return (
    <span className="row">
      <Icon className="icon" aria-hidden /> <strong>{title}</strong>
    </span>
  );
}

function typeHint(type: ProviderType): string {
  if (type.type !== 'offline') return type.description;
  return _('Works at once, with no key and no network: it picks tools by the words you use. Plain, but real.');
}

export function ProviderTypeChoice({
  types,
  value,
  onChange,
}: {
  types: ProviderType[];
  value: string;
  onChange: (type: ProviderType) => void;
}) {
  const choose = (name: string) => {
    const type = types.find((other) => other.type === name);
    if (type) onChange(type);
  };
  const choices = types.map((type) => ({ value: type.type, label: typeLabel(type), hint: typeHint(type) }));
  return <ChoiceField legend={_('Provider type')} value={value} choices={choices} onChange={choose} />;
}

function keyHint(type: ProviderType): ReactNode {
  if (!type.help_url) return _('Stored encrypted; never shown again.');
  return (
    <>
      {_('Stored encrypted; never shown again.')}{' '}
      <a href={type.help_url} target="_blank" rel="noreferrer">
        {_('Where to get one')}
      </a>
    </>
  );
}

export function ProviderFields({
  type,
  draft,
  wrongs,
  onChange,
  keyIsSet = false,
}: {
  type: ProviderType;
  draft: ProviderDraft;
  wrongs: Wrongs;
  onChange: (draft: ProviderDraft) => void;
  keyIsSet?: boolean;
}) {
  const set = (member: keyof ProviderDraft) => (event: { target: { value: string } }) =>
    onChange({ ...draft, [member]: event.target.value });
  return (
    <>
      <TextField label={_('Name')} value={draft.name} wrong={wrongs.name} onChange={set('name')} maxLength={64} />
      {type.type !== 'offline' && (
        <TextField
          label={_('Endpoint URL')}
          hint={
            type.needs_base_url
              ? _('For example http://localhost:11434/v1')
              : _('Leave as it is unless you use a proxy.')
          }
          type="url"
          value={draft.base_url}
          placeholder={type.default_base_url ?? 'http://…'}
          wrong={wrongs.base_url}
          onChange={set('base_url')}
        />
      )}
      {type.key !== 'none' && (
        <SecretField
          label={type.key === 'optional' ? _('API key (optional)') : _('API key')}
          hint={keyHint(type)}
          autoComplete="off"
          value={draft.api_key}
          placeholder={keyIsSet ? _('Unchanged') : ''}
          wrong={wrongs.api_key}
          onChange={set('api_key')}
        />
      )}
    </>
  );
}

export interface ModelChoice {
  id: string;
  context_length: number | null;
  input_price: number | null;
  output_price: number | null;
}

/** What there is to know before choosing: how much it can look at, and what it costs. */
function modelFacts(model: ModelChoice): string {
  const number = new Intl.NumberFormat(currentLanguage(), { maximumSignificantDigits: 3 });
  const facts = [];
  if (model.context_length) facts.push(_('{count} tokens of context', { count: number.format(model.context_length) }));
  if (model.input_price !== null && model.output_price !== null)
    facts.push(
      _('{input} in, {output} out, in dollars for a million tokens', {
        input: number.format(model.input_price),
        output: number.format(model.output_price),
      }),
    );
  return facts.join(' · ');
}

export function ModelField({
  value,
  models,
  wrong,
  onChange,
}: {
  value: string;
  models: ModelChoice[];
  wrong?: string;
  onChange: (model: string) => void;
}) {
  const chosen = models.find((model) => model.id === value);
  return (
    <>
      <TextField
        label={_('Default model')}
        hint={
          models.length > 0 ? chosen && modelFacts(chosen) : _('Test the connection to see which models there are.')
        }
        value={value}
        list="provider-models"
        wrong={wrong}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id="provider-models">
        {models.map((model) => (
          <option key={model.id} value={model.id} label={modelFacts(model) || undefined} />
        ))}
      </datalist>
    </>
  );
}

// SPDX-License-Identifier: MIT
import type { ReactNode } from 'react';
import { _ } from '../lib/i18n';
import { type Draft, draftOf, settingRules } from '../lib/setting-draft';
import type { ProviderType } from '../lib/types';
import type { Wrongs } from '../lib/validate';
import { MoreOptions, TextField } from './form';
import { SecretField } from './secret-input';
import { SettingField } from './setting-field';

export interface ProviderDraft {
  type: string;
  name: string;
  base_url: string;
  api_key: string;
  default_model: string;
  options: Draft;
}

export function emptyDraft(type: ProviderType | undefined): ProviderDraft {
  return {
    type: type?.type ?? '',
    name: type ? typeTitle(type) : '',
    base_url: type?.default_base_url ?? '',
    api_key: '',
    default_model: type?.default_model ?? '',
    options: draftOf(settingRules(type?.options_schema), {}),
  };
}

export function typeTitle(type: ProviderType): string {
  return type.type === 'offline' ? _('Offline') : type.title;
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

interface FieldsProps {
  type: ProviderType;
  draft: ProviderDraft;
  wrongs: Wrongs;
  onChange: (draft: ProviderDraft) => void;
}

/** Where the server is comes first where only its owner knows it, and last where everybody's is the same. */
const isEverybodys = (type: ProviderType) => type.key === 'required' && !type.needs_base_url;

function urlHint(type: ProviderType): string {
  if (type.needs_base_url) return _('For example http://localhost:11434/v1');
  if (isEverybodys(type)) return _('Leave as it is unless you use a proxy.');
  return _('Where it listens; change it if it runs on another machine.');
}

function UrlField({ type, draft, wrongs, onChange }: FieldsProps) {
  return (
    <TextField
      label={_('Endpoint URL')}
      hint={urlHint(type)}
      type="url"
      value={draft.base_url}
      placeholder={type.default_base_url ?? 'http://…'}
      wrong={wrongs.base_url}
      onChange={(event) => onChange({ ...draft, base_url: event.target.value })}
    />
  );
}

export function ProviderFields({ keyIsSet = false, ...props }: FieldsProps & { keyIsSet?: boolean }) {
  const { type, draft, wrongs, onChange } = props;
  const set = (member: 'name' | 'api_key') => (event: { target: { value: string } }) =>
    onChange({ ...draft, [member]: event.target.value });
  return (
    <>
      <TextField label={_('Name')} value={draft.name} wrong={wrongs.name} onChange={set('name')} maxLength={64} />
      {type.type !== 'offline' && !isEverybodys(type) && <UrlField {...props} />}
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

export function ProviderOptions({ children, ...props }: FieldsProps & { children?: ReactNode }) {
  const { type, draft, wrongs, onChange } = props;
  const rules = settingRules(type.options_schema);
  const hasUrl = type.type !== 'offline' && isEverybodys(type);
  const isOpen = Boolean(wrongs.options || wrongs.base_url) || Object.values(draft.options).some(Boolean);
  if (!hasUrl && rules.length === 0) return <>{children}</>;
  return (
    <MoreOptions isOpen={isOpen}>
      {rules.map(([name, rule]) => (
        <SettingField
          key={name}
          name={name}
          rule={rule}
          value={draft.options[name] ?? ''}
          wrong={wrongs.options?.includes(`/${name}`) ? wrongs.options : undefined}
          onChange={(value) => onChange({ ...draft, options: { ...draft.options, [name]: value } })}
        />
      ))}
      {hasUrl && <UrlField {...props} />}
      {children}
    </MoreOptions>
  );
}

// SPDX-License-Identifier: MIT
import { _ } from '../lib/i18n';
import type { SettingRule } from '../lib/tool-settings';
import { AreaField, CheckField, SelectField, TextField } from './form';
import { SecretField } from './secret-input';

function choiceLabel(choice: string): string {
  const words: Record<string, string> = {
    off: _('Off'),
    low: _('Low'),
    medium: _('Medium'),
    high: _('High'),
    chat: 'Chat Completions',
    responses: 'Responses',
  };
  return words[choice] ?? choice;
}

/** One setting, as its JSON Schema describes it. */
export function SettingField({
  name,
  rule,
  value,
  wrong,
  isStored = false,
  onChange,
}: {
  name: string;
  rule: SettingRule;
  value: string | boolean;
  wrong?: string | undefined;
  isStored?: boolean;
  onChange: (value: string | boolean) => void;
}) {
  const label = _(rule.title ?? name);
  const hint = rule.description ? _(rule.description) : undefined;
  if (typeof value === 'boolean')
    return (
      <CheckField label={label} hint={hint} checked={value} onChange={(event) => onChange(event.target.checked)} />
    );
  const common = {
    label,
    hint,
    wrong,
    value,
    autoComplete: 'off',
    spellCheck: false,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  if (rule.writeOnly) return <SecretField {...common} placeholder={isStored ? _('stored, encrypted') : undefined} />;
  if (rule.type === 'array' || rule['x-lines']) return <AreaField {...common} className="input mono" rows={4} />;
  if (rule.enum)
    return (
      <SelectField {...common}>
        <option value="">{_('Not set')}</option>
        {rule.enum.map((choice) => (
          <option key={choice} value={choice}>
            {choiceLabel(choice)}
          </option>
        ))}
      </SelectField>
    );
  return <TextField {...common} inputMode={rule.type === 'integer' ? 'numeric' : undefined} />;
}

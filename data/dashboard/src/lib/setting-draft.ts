// SPDX-License-Identifier: MIT
// A form made from the JSON Schema of settings: what it holds, and the values that the schema asks for.
import type { SettingRule, SettingsValues } from './tool-settings';

/** What the form holds: texts and flags; a list is its lines. */
export type Draft = Record<string, string | boolean>;

export type Rules = [string, SettingRule][];

export function settingRules(schema: unknown): Rules {
  return Object.entries((schema as { properties?: Record<string, SettingRule> } | null)?.properties ?? {});
}

export function draftOf(rules: Rules, values: unknown): Draft {
  const stored = (values ?? {}) as SettingsValues;
  return Object.fromEntries(
    rules.map(([name, { type }]) => {
      const value = stored[name];
      if (type === 'boolean') return [name, value === true];
      if (Array.isArray(value)) return [name, value.join('\n')];
      return [name, value === undefined || value === null ? '' : String(value)];
    }),
  );
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

export function valueFor(rule: SettingRule, entered: string | boolean): SettingsValues[string] {
  if (typeof entered === 'boolean') return entered;
  if (rule.type === 'array') return linesOf(entered);
  const text = entered.trim();
  if (text === '') return null;
  return rule.type === 'integer' && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Only what was chosen: nothing is a choice, too. */
export function chosenValues(rules: Rules, draft: Draft): Record<string, unknown> {
  const values = rules.map(([name, rule]) => [name, valueFor(rule, draft[name] ?? '')] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== null));
}

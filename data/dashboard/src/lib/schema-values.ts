// SPDX-License-Identifier: MIT
// A form made from a JSON Schema holds text; this turns it into the values that the schema asks for.
import { _ } from './i18n';

export interface Member {
  name: string;
  kind: 'text' | 'long' | 'number' | 'boolean' | 'choice' | 'json';
  isRequired: boolean;
  description: string;
  choices: string[];
  maxLength: number | undefined;
}

interface Schema {
  type?: string | string[];
  enum?: unknown[];
  description?: string;
  maxLength?: number;
  properties?: Record<string, Schema>;
  required?: string[];
}

const LONG = 300;

function kindOf(name: string, schema: Schema): Member['kind'] {
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type;
  if (schema.enum?.every((value) => typeof value === 'string')) return 'choice';
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'boolean';
  if (type !== 'string') return 'json';
  return (schema.maxLength ?? 0) > LONG && /content|body|text|patch/.test(name) ? 'long' : 'text';
}

export function membersOf(schema: Schema): Member[] {
  return Object.entries(schema.properties ?? {}).map(([name, member]) => ({
    name,
    kind: kindOf(name, member),
    isRequired: schema.required?.includes(name) ?? false,
    description: member.description ?? '',
    choices: (member.enum ?? []).map(String),
    maxLength: member.maxLength,
  }));
}

function readOne({ kind }: Member, text: string): unknown {
  if (kind === 'number') return Number(text);
  if (kind === 'boolean') return text === 'true';
  return kind === 'json' ? (JSON.parse(text) as unknown) : text;
}

function wrongOf(member: Member, text: string): string | null {
  if (text === '') return member.isRequired ? _('This is needed.') : null;
  if (member.kind === 'number' && !Number.isFinite(Number(text))) return _('A number.');
  if (member.kind !== 'json') return null;
  try {
    JSON.parse(text);
    return null;
  } catch {
    return _('This must be JSON, as ["a", "b"].');
  }
}

/** The values, or what is wrong with them; what is left empty is not sent. */
export function readValues(members: Member[], texts: Record<string, string>) {
  const wrongs: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  for (const member of members) {
    const text = texts[member.name] ?? '';
    const wrong = wrongOf(member, text);
    if (wrong) wrongs[member.name] = wrong;
    else if (text !== '') values[member.name] = readOne(member, text);
  }
  return { values, wrongs };
}

// SPDX-License-Identifier: MIT
// Makes a JSON Schema readable: one row a member, nested ones with their path.

export interface SchemaRow {
  path: string;
  type: string;
  isRequired: boolean;
  description: string;
  limits: string;
}

interface Schema {
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

function typeOf(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'any');
  return type === 'array' && schema.items ? `${typeOf(schema.items)}[]` : type;
}

function range(low: number | undefined, high: number | undefined, unit: string): string {
  if (low === undefined && high === undefined) return '';
  if (low === undefined) return `≤ ${high}${unit}`;
  return high === undefined ? `≥ ${low}${unit}` : `${low}–${high}${unit}`;
}

function limitsOf(schema: Schema): string {
  return [
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, ' chars'),
    schema.pattern ? `/${schema.pattern}/` : '',
    schema.format ?? '',
    schema.default !== undefined ? `= ${JSON.stringify(schema.default)}` : '',
  ]
    .filter(Boolean)
    .join(', ');
}

export function describeSchema(schema: Schema, prefix = ''): SchemaRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = prefix ? `${prefix}.${name}` : name;
    const row = {
      path,
      type: typeOf(member),
      isRequired: schema.required?.includes(name) ?? false,
      description: member.description ?? '',
      limits: limitsOf(member),
    };
    const inner = member.type === 'array' ? (member.items ?? {}) : member;
    return [row, ...describeSchema(inner, member.type === 'array' ? `${path}[]` : path)];
  });
}

// SPDX-License-Identifier: MIT
// Checks what a form holds against the API's own schema of the request, before it is sent.
import { ApiError } from './client';
import bodies from './gen/bodies.json';
import { _ } from './i18n';

interface Rule {
  type?: string | string[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
}

const rules = bodies as unknown as Record<string, { properties: Record<string, Rule>; required: string[] }>;

export type Wrongs = Record<string, string>;

function checkText(text: string, rule: Rule): string | null {
  const length = [...text].length;
  if (rule.minLength && length === 0) return _('This is needed.');
  if (rule.minLength && length < rule.minLength) return _('At least {n} characters.', { n: rule.minLength });
  if (rule.maxLength && length > rule.maxLength) return _('At most {n} characters.', { n: rule.maxLength });
  if (rule.pattern && !new RegExp(rule.pattern, 'u').test(text))
    return _('Some of these characters can’t be used here.');
  return null;
}

function checkNumber(value: number, rule: Rule): string | null {
  if (!Number.isInteger(value)) return _('A whole number.');
  if (rule.minimum !== undefined && value < rule.minimum) return _('At least {n}.', { n: rule.minimum });
  if (rule.maximum !== undefined && value > rule.maximum) return _('At most {n}.', { n: rule.maximum });
  return null;
}

/** What is wrong, by member; empty when the body may be sent. */
export function check(operation: string, body: object): Wrongs {
  const wrongs: Wrongs = {};
  const { properties, required } = rules[operation] ?? { properties: {}, required: [] };
  for (const [name, rule] of Object.entries(properties)) {
    const value = (body as Record<string, unknown>)[name];
    let wrong: string | null = null;
    if (value === undefined) wrong = required.includes(name) ? _('This is needed.') : null;
    else if (typeof value === 'string') wrong = checkText(value, rule);
    else if (typeof value === 'number') wrong = checkNumber(value, rule);
    if (wrong) wrongs[name] = wrong;
  }
  return wrongs;
}

/** An error that stands at its field is not said twice. */
export function unlessAtField(error: Error | null, wrongs: Wrongs): Error | null {
  return Object.keys(wrongs).length > 0 ? null : error;
}

/** The daemon's objection at the member it names, if it names one that the form has; the path to it is for programs. */
export function wrongsOf(error: Error | null, members: string[]): Wrongs {
  const field = error instanceof ApiError ? error.field : null;
  return error && field && members.includes(field) ? { [field]: error.message.replace(/^\/\S+: /, '') } : {};
}

// SPDX-License-Identifier: MIT
import type { PolicyRule } from './types';

/** A rule as lines, in an order that does not depend on who wrote it. */
function linesOf(rule: PolicyRule, number: number): string[] {
  const { name, ...rest } = rule;
  const members = Object.entries(rest)
    .filter(([, value]) => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0))
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([member, value]) => `  ${member}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [`${number}. ${name}`, ...members];
}

const textOf = (rules: PolicyRule[]): string[] => rules.flatMap((rule, index) => linesOf(rule, index + 1));

/** How long the longest common rest is from each pair of places on. */
function commonLengths(before: string[], after: string[]): Uint32Array[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = lengths[i] as Uint32Array;
      const below = lengths[i + 1] as Uint32Array;
      row[j] = before[i] === after[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  return lengths;
}

/** What a version changed, as lines with "+", "-" or a space before them; "" where the rules are the same. */
export function diffRules(before: PolicyRule[], after: PolicyRule[]): string {
  const old = textOf(before);
  const fresh = textOf(after);
  const lengths = commonLengths(old, fresh);
  const out: string[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      out.push(` ${old[i]}`);
      i += 1;
      j += 1;
    } else if (j >= fresh.length || (i < old.length && (lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0))) {
      out.push(`-${old[i]}`);
      i += 1;
    } else {
      out.push(`+${fresh[j]}`);
      j += 1;
    }
  }
  return out.some((line) => !line.startsWith(' ')) ? out.join('\n') : '';
}

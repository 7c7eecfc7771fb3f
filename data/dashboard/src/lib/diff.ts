// SPDX-License-Identifier: MIT
// What differs between two texts, line by line: the longest common subsequence, which is what people expect of a diff.

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** Over this many cells a diff is not worth the wait: all old lines go, all new ones come. */
const MOST_CELLS = 4_000_000;

function lengths(before: string[], after: string[]): Uint32Array[] {
  const table = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--) {
      const row = table[i] as Uint32Array;
      const below = table[i + 1] as Uint32Array;
      row[j] = before[i] === after[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  return table;
}

function all(kind: DiffLine['kind'], lines: string[]): DiffLine[] {
  return lines.map((text) => ({ kind, text }));
}

export function diffLines(old: string, now: string): DiffLine[] {
  const before = old.split('\n');
  const after = now.split('\n');
  if (before.length * after.length > MOST_CELLS) return [...all('removed', before), ...all('added', after)];
  const table = lengths(before, after);
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      lines.push({ kind: 'same', text: before[i++] as string });
      j++;
    } else if ((table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))
      lines.push({ kind: 'removed', text: before[i++] as string });
    else lines.push({ kind: 'added', text: after[j++] as string });
  }
  return [...lines, ...all('removed', before.slice(i)), ...all('added', after.slice(j))];
}

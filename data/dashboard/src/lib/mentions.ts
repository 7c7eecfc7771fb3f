// SPDX-License-Identifier: MIT
// The @mention that is being typed: what stands between an @ at the start of a word and the cursor.

export interface Mention {
  start: number;
  query: string;
}

export function findMention(text: string, cursor: number): Mention | null {
  const before = text.slice(0, cursor);
  const start = before.lastIndexOf('@');
  if (start < 0 || (start > 0 && !/\s/.test(before[start - 1] ?? ''))) return null;
  const query = before.slice(start + 1);
  return query.length > 64 || /[\n@]/.test(query) ? null : { start, query };
}

/** Names that the query begins, or begins a word of; better ones first. */
export function rankNames<T extends { name: string }>(items: T[], query: string): T[] {
  const wanted = query.toLowerCase();
  const rank = (name: string) => {
    const lower = name.toLowerCase();
    if (lower.startsWith(wanted)) return 0;
    if (lower.split(/[\s_.-]+/).some((word) => word.startsWith(wanted))) return 1;
    return wanted !== '' && lower.includes(wanted) ? 2 : 3;
  };
  return items
    .filter((item) => rank(item.name) < 3)
    .sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
}

export function insertMention(text: string, mention: Mention, cursor: number, name: string) {
  const after = text.slice(cursor).replace(/^ /, '');
  const head = `${text.slice(0, mention.start)}@${name} `;
  return { text: head + after, cursor: head.length };
}

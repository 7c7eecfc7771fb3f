// SPDX-License-Identifier: MIT
// Cuts Markdown where a cut can't change its meaning, so that what is finished is parsed once while the
// rest still streams in.

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const TOP_FENCE = /^(?:`{3,}|~{3,})/;
const CONTINUES = /^(\s|[-*+]\s|\d{1,9}[.)]\s|>|\|)/;
const TOP_ITEM = /^(?:[-*+]\s|(?:[2-9]|\d{2,9})[.)]\s)/;
const DEFINITION = /^ {0,3}\[[^\]]+\]:/;
const TABLE_RULE = /^\|[\s:|-]+$/;
const LONG = 3000;

/**
 * A list that goes on for pages is cut between its items: the numbers go on, and only the last part is parsed again. So is a table between its rows:
 * each part has the head again.
 */
function isLongList(size: number, first: string | undefined, line: string): boolean {
  return size > LONG && first !== undefined && CONTINUES.test(first) && !/^[\s>|]/.test(first) && TOP_ITEM.test(line);
}

interface Part {
  /** As it stands in the text. */
  raw: string;
  /** The head of the table whose rows it begins with; empty: none. */
  head: string;
}

const shownOf = ({ raw, head }: Part): string => (head ? `${head}\n${raw}` : raw);

const isTableRule = (line: string): boolean => TABLE_RULE.test(line) && line.includes('-');

/** `given`: the head of the table that the text goes on with. */
function splitParts(text: string, given: string): Part[] {
  const parts: Part[] = [];
  let current: string[] = [];
  let size = 0;
  let fence = '';
  let isAfterBlank = false;
  let isAfterFence = false;
  let table = given;
  let head = given;
  let before = '';

  for (const line of text.split('\n')) {
    if (fence === '' && DEFINITION.test(line)) return [{ raw: text, head: given }];
    const rowsOf = fence === '' && line.startsWith('|') ? table : '';
    const isLongTable = rowsOf !== '' && size > LONG;
    const begins =
      fence === '' &&
      line !== '' &&
      (isAfterFence ||
        TOP_FENCE.test(line) ||
        (isAfterBlank && !CONTINUES.test(line)) ||
        isLongTable ||
        isLongList(size, current[0], line));
    if (begins && current.length > 0) {
      parts.push({ raw: current.join('\n'), head });
      head = isLongTable ? rowsOf : '';
      current = [];
      size = 0;
    }
    const fenceBefore = fence;
    fence = nextFence(fence, line);
    isAfterFence = fenceBefore !== '' && fence === '' && TOP_FENCE.test(current[0] ?? '');
    isAfterBlank = line.trim() === '';
    table = fence === '' && isTableRule(line) && before.startsWith('|') ? `${before}\n${line}` : rowsOf;
    before = line;
    current.push(line);
    size += line.length + 1;
  }
  if (current.length > 0) parts.push({ raw: current.join('\n'), head });
  return parts;
}

function nextFence(fence: string, line: string): string {
  const mark = FENCE.exec(line)?.[1];
  if (!mark) return fence;
  if (fence === '') return mark;
  return mark[0] === fence[0] && mark.length >= fence.length && line.trim() === mark ? '' : fence;
}

export interface Split {
  blocks: string[];
  /** What is not looked at yet, to be shown as it is. */
  tail: string;
}

/** Of a long block that can't be cut: it is looked at again once it has grown by so much. */
const GROWTH = 1 / 8;

/** Splits a text that grows at its end, looking only at what may still change. */
export class BlockSplitter {
  #done: string[] = [];
  #prefix = '';
  #head = '';
  #seen = '';
  #blocks: string[] = [];
  #patience = 0;

  /** While a text grows: a long block with no place for a cut (a nested list) would be parsed whole for each piece, so its end waits as the tail. */
  splitGrowing(text: string): Split {
    const grown = text.length - this.#seen.length;
    if (grown >= 0 && grown < this.#patience && text.startsWith(this.#seen))
      return { blocks: this.#blocks, tail: text.slice(this.#seen.length) };
    const blocks = this.split(text);
    const open = blocks.at(-1) ?? '';
    const end = open.lastIndexOf('\n') + 1;
    if (open.length <= LONG || end === 0 || TOP_FENCE.test(open)) {
      this.#patience = 0;
      return { blocks, tail: '' };
    }
    this.#patience = open.length * GROWTH;
    this.#seen = text.slice(0, text.length - (open.length - end));
    this.#blocks = [...blocks.slice(0, -1), open.slice(0, end)];
    return { blocks: this.#blocks, tail: open.slice(end) };
  }

  split(text: string): string[] {
    if (!text.startsWith(this.#prefix)) {
      this.#done = [];
      this.#prefix = '';
      this.#head = '';
    }
    const rest = splitParts(text.slice(this.#prefix.length), this.#head);
    const blocks = [...this.#done, ...rest.map(shownOf)];
    // The line that ends a block may itself be half written, and go on with that block once it is whole.
    const open = (rest.at(-1)?.raw ?? '').includes('\n') ? 1 : 2;
    const finished = Math.max(0, rest.length - open);
    for (const part of rest.slice(0, finished)) {
      this.#done.push(shownOf(part));
      this.#prefix += `${part.raw}\n`;
    }
    if (finished > 0) this.#head = rest[finished]?.head ?? '';
    return blocks;
  }
}

export interface Code {
  language: string | undefined;
  text: string;
}

/** A block that is nothing but fenced code, finished or still open: that needs no parser. */
export function codeOf(block: string): Code | null {
  const mark = TOP_FENCE.exec(block)?.[0];
  if (!mark) return null;
  const [head = '', ...lines] = block.split('\n');
  const info = head.slice(mark.length).trim();
  if (info.includes('`') || info.includes('\\') || info.includes('&')) return null;
  const end = lines.findIndex((line) => nextFence(mark, line) === '');
  if (end >= 0 && lines.slice(end + 1).some((line) => line.trim() !== '')) return null;
  return { language: info.split(/\s/)[0] || undefined, text: (end >= 0 ? lines.slice(0, end) : lines).join('\n') };
}

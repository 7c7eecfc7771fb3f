// SPDX-License-Identifier: MIT
// Cuts Markdown where a cut can't change its meaning, so that what is finished is parsed once while the
// rest still streams in.

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const TOP_FENCE = /^(?:`{3,}|~{3,})/;
const CONTINUES = /^(\s|[-*+]\s|\d{1,9}[.)]\s|>|\|)/;
const TOP_ITEM = /^(?:[-*+]\s|(?:[2-9]|\d{2,9})[.)]\s)/;
const DEFINITION = /^ {0,3}\[[^\]]+\]:/;
const LONG = 3000;

/** A list that goes on for pages is cut between its items: the numbers go on, and only the last part is parsed again. */
function isLongList(size: number, first: string | undefined, line: string): boolean {
  return size > LONG && first !== undefined && CONTINUES.test(first) && !/^[\s>|]/.test(first) && TOP_ITEM.test(line);
}

export function splitBlocks(text: string): string[] {
  const blocks: string[] = [];
  let current: string[] = [];
  let size = 0;
  let fence = '';
  let isAfterBlank = false;
  let isAfterFence = false;

  for (const line of text.split('\n')) {
    if (fence === '' && DEFINITION.test(line)) return [text];
    const begins =
      fence === '' &&
      line !== '' &&
      (isAfterFence ||
        TOP_FENCE.test(line) ||
        (isAfterBlank && !CONTINUES.test(line)) ||
        isLongList(size, current[0], line));
    if (begins && current.length > 0) {
      blocks.push(current.join('\n'));
      current = [];
      size = 0;
    }
    const before = fence;
    fence = nextFence(fence, line);
    isAfterFence = before !== '' && fence === '' && TOP_FENCE.test(current[0] ?? '');
    isAfterBlank = line.trim() === '';
    current.push(line);
    size += line.length + 1;
  }
  if (current.length > 0) blocks.push(current.join('\n'));
  return blocks;
}

function nextFence(fence: string, line: string): string {
  const mark = FENCE.exec(line)?.[1];
  if (!mark) return fence;
  if (fence === '') return mark;
  return mark[0] === fence[0] && mark.length >= fence.length && line.trim() === mark ? '' : fence;
}

/** Splits a text that grows at its end, looking only at what may still change. */
export class BlockSplitter {
  #done: string[] = [];
  #prefix = '';

  split(text: string): string[] {
    if (!text.startsWith(this.#prefix)) {
      this.#done = [];
      this.#prefix = '';
    }
    const rest = splitBlocks(text.slice(this.#prefix.length));
    const blocks = [...this.#done, ...rest];
    // The line that ends a block may itself be half written, and go on with that block once it is whole.
    const open = (rest.at(-1) ?? '').includes('\n') ? 1 : 2;
    for (const block of rest.slice(0, Math.max(0, rest.length - open))) {
      this.#done.push(block);
      this.#prefix += `${block}\n`;
    }
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

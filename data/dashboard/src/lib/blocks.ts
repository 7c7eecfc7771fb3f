// SPDX-License-Identifier: MIT
// Cuts Markdown where a cut can't change its meaning, so that what is finished is parsed once while the
// rest still streams in.

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const CONTINUES = /^(\s|[-*+]\s|\d{1,9}[.)]\s|>|\|)/;
const DEFINITION = /^ {0,3}\[[^\]]+\]:/m;

export function splitBlocks(text: string): string[] {
  if (DEFINITION.test(text)) return [text];
  const blocks: string[] = [];
  let current: string[] = [];
  let fence = '';
  let isAfterBlank = false;

  for (const line of text.split('\n')) {
    if (isAfterBlank && fence === '' && line !== '' && !CONTINUES.test(line)) {
      blocks.push(current.join('\n'));
      current = [];
    }
    fence = nextFence(fence, line);
    isAfterBlank = line.trim() === '';
    current.push(line);
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

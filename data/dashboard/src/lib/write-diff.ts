// SPDX-License-Identifier: MIT

const MOST = 400;

/** The text behind base64, or null: it is none, or not text. */
function decode(content: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** What a call that writes text does to its file, as a diff: what was there before is not known here, so what is written is shown as added. */
export function diffOfWrite(tool: string, value: Record<string, unknown> | null | undefined): string | undefined {
  const path = value?.path;
  if (!/\.write$/.test(tool) || typeof path !== 'string' || typeof value?.content !== 'string') return undefined;
  if (value.mode === 'patch') return value.content;
  const content = value.encoding === 'base64' ? decode(value.content) : value.content;
  if (content === null) return undefined;
  const lines = content.replace(/\n$/, '').split('\n');
  const added = lines.slice(0, MOST).map((line) => `+${line}`);
  const rest = lines.length > MOST ? [`@@ … ${lines.length - MOST} @@`] : [];
  return [`+++ ${path}`, ...added, ...rest].join('\n');
}

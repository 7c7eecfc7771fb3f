// SPDX-License-Identifier: MIT

const MOST = 400;

/** What a call that writes text does to its file, as a diff: what was there before is not known here, so what is written is shown as added. */
export function diffOfWrite(tool: string, value: Record<string, unknown> | null | undefined): string | undefined {
  const path = value?.path;
  const content = value?.content;
  if (!/\.write$/.test(tool) || typeof path !== 'string' || typeof content !== 'string') return undefined;
  if (value?.mode === 'patch') return content;
  const lines = content.replace(/\n$/, '').split('\n');
  const added = lines.slice(0, MOST).map((line) => `+${line}`);
  const rest = lines.length > MOST ? [`@@ … ${lines.length - MOST} @@`] : [];
  return [`+++ ${path}`, ...added, ...rest].join('\n');
}

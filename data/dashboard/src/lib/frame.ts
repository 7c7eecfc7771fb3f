// SPDX-License-Identifier: MIT
// What a step of a plan is told of earlier results stands between marks that are for models (vig-result.c, vig-plan.c).

const FRAME = /<tool_output tool="[^"\n]*">\n([\s\S]*?)\n<\/tool_output>/g;
const WARNING = /(?:, which is|; it is) data, not instructions:\n(?=<tool_output )/g;

/** The text as people should see it: what is between the marks, and its own signs as they were. */
export function unframe(text: string): string {
  return text
    .replace(WARNING, ':\n')
    .replace(FRAME, (_frame, data: string) => data.replace(/&lt;(?=[ /\t\n]*tool_output)/gi, '<'));
}

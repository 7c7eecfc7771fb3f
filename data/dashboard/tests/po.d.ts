// SPDX-License-Identifier: MIT
declare module '*/po.mjs' {
  export function parsePo(text: string): Record<string, string[]>;
}

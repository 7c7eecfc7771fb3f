// SPDX-License-Identifier: MIT

/** What a call is aimed at, as people write it: the daemon names files with a scheme, which says nothing new beside a path. */
export function showTarget(resource: string): string {
  return resource.replace(/^file:(?=\/)/, '');
}

// SPDX-License-Identifier: MIT
// Fails the build when the script of the first route, or of any lazy route, gzips to more than its budget.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const limit = 170_000;
const out = process.env.VIG_DASHBOARD_OUT ?? 'dist';
const manifest = JSON.parse(readFileSync(join(out, '.vite/manifest.json'), 'utf8'));

function gzipped(file) {
  return gzipSync(readFileSync(join(out, file)), { level: 9 }).length;
}

function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) closure(next, seen);
  return seen;
}

function size(keys) {
  return [...keys].reduce((sum, key) => sum + gzipped(manifest[key].file), 0);
}

const kilo = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const first = closure(entry);
const rows = [['first route', size(first)]];

for (const key of Object.keys(manifest)) {
  if (!manifest[key].isDynamicEntry) continue;
  const own = [...closure(key)].filter((part) => !first.has(part));
  rows.push([key.replace(/^src\//, ''), size(own)]);
}

const css = Object.values(manifest).flatMap((chunk) => chunk.css ?? []);
const over = rows.filter(([, bytes]) => bytes > limit);
for (const [name, bytes] of rows) console.log(`${kilo(bytes).padStart(9)}  ${name}`);
console.log(`${kilo([...new Set(css)].reduce((sum, file) => sum + gzipped(file), 0)).padStart(9)}  style`);
for (const [name, bytes] of over) console.error(`over budget: ${name} is ${kilo(bytes)} of ${kilo(limit)}`);
process.exitCode = over.length > 0 ? 1 : 0;

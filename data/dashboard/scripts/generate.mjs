// SPDX-License-Identifier: MIT
// Makes src/lib/gen from data/api and po: the typed client's types, the request schemas that forms
// check against, and the translations. Nothing of it is committed, so it can't drift.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { parsePo } from './po.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const api = join(here, '../../api');
const po = join(here, '../../../po');
const gen = join(here, '../src/lib/gen');
const locales = join(here, '../src/locales');

function merge(target, part, path) {
  for (const [key, value] of Object.entries(part)) {
    const both = typeof value === 'object' && value !== null && typeof target[key] === 'object';
    if (both) merge(target[key], value, `${path}/${key}`);
    else if (key in target) throw new Error(`${path}/${key} is defined twice`);
    else target[key] = value;
  }
}

function readDescription() {
  const document = JSON.parse(readFileSync(join(api, 'openapi.json'), 'utf8'));
  const parts = readdirSync(api).filter((name) => name.endsWith('.json') && name !== 'openapi.json');
  for (const name of parts.sort()) merge(document, JSON.parse(readFileSync(join(api, name), 'utf8')), '#');
  return document;
}

function resolve(document, schema) {
  if (!schema?.$ref) return schema;
  return schema.$ref
    .replace('#/', '')
    .split('/')
    .reduce((at, key) => at[key], document);
}

function collectBodies(document) {
  const bodies = {};
  for (const operations of Object.values(document.paths))
    for (const operation of Object.values(operations)) {
      const schema = resolve(document, operation.requestBody?.content?.['application/json']?.schema);
      if (schema?.properties)
        bodies[operation.operationId] = { properties: schema.properties, required: schema.required ?? [] };
    }
  return bodies;
}

function listCatalogues() {
  try {
    return readdirSync(po).filter((name) => name.endsWith('.po'));
  } catch {
    return [];
  }
}

const document = readDescription();
mkdirSync(gen, { recursive: true });
mkdirSync(locales, { recursive: true });
writeFileSync(join(gen, 'api.d.ts'), `// Generated from data/api.\n${astToString(await openapiTS(document))}`);
writeFileSync(join(gen, 'bodies.json'), JSON.stringify(collectBodies(document)));
for (const name of listCatalogues()) {
  const catalogue = parsePo(readFileSync(join(po, name), 'utf8'));
  writeFileSync(join(locales, name.replace(/\.po$/, '.json')), JSON.stringify(catalogue));
}

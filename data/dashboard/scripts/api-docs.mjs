// SPDX-License-Identifier: MIT
// Copies Swagger UI and ReDoc beside the dashboard, so that /docs and /redoc load nothing from other hosts.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const out = join(process.env.VIG_DASHBOARD_OUT ?? 'dist', 'api-docs');
const swagger = dirname(require.resolve('swagger-ui-dist/package.json'));
const redoc = dirname(require.resolve('redoc/package.json'));

mkdirSync(out, { recursive: true });
for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-standalone-preset.js'])
  copyFileSync(join(swagger, name), join(out, name));
// ReDoc's only address elsewhere: the logo of its maker.
const logo = 'https://cdn.redoc.ly/redoc/logo-mini.svg';
const script = readFileSync(join(redoc, 'bundles/redoc.standalone.js'), 'utf8');
if (!script.includes(logo)) throw new Error(`redoc.standalone.js no longer loads ${logo}: see what it loads now`);
writeFileSync(join(out, 'redoc.standalone.js'), script.replaceAll(logo, '/favicon.svg'));

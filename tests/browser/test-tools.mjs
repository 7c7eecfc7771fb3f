// SPDX-License-Identifier: MIT
// Tools: describe an HTTP tool, try it, save it, assign it, try it as an Operator; import several from an OpenAPI document; what the web is reached by.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Daemon, ask, checkAccess, enter, run, send, shoot } from './lib.mjs';

const key = 'k3y-that-nobody-sees';

/** A service at home, and what it was asked. */
async function serve() {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url, key: request.headers['x-api-key'] });
    const answer = request.url === '/openapi.json' ? describe(server) : { disk: request.url.split('/').pop(), free: 42, echo: key };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { server, seen, url: `http://127.0.0.1:${server.address().port}`, start: async function () { return this; }, stop: async () => server.close() };
}

function describe(server) {
  const get = (operationId, summary) => ({ get: { operationId, summary } });
  return {
    openapi: '3.1.0',
    info: { title: 'The shed', version: '1' },
    servers: [{ url: `http://127.0.0.1:${server.address().port}` }],
    paths: { '/temperature': get('getTemperature', 'How warm it is'), '/light': { put: { operationId: 'setLight', summary: 'Switch the light',
      requestBody: { content: { 'application/json': { schema: { type: 'object', required: ['on'], properties: { on: { type: 'boolean' } } } } } } } },
      '/picture': { put: { requestBody: { required: true, content: { 'image/png': {} } } } } },
  };
}

async function ready({ keep, open }, options) {
  const daemon = await keep(new Daemon({ secret: 'a-secret-for-tests' }));
  const home = await keep(await serve());
  const page = await open(daemon.url, options);
  await enter(page, daemon);
  return { daemon, home, page };
}

async function describeOne(helpers) {
  const { daemon, home, page } = await ready(helpers);
  await page.goto(`${daemon.url}/servers?tab=credentials`);
  await ask(page, 'POST', '/api/v1/credentials', { name: 'nas key', kind: 'password', password: key });
  await page.goto(`${daemon.url}/tools?tab=http`);
  await page.getByRole('heading', { name: 'There are no HTTP tools' }).waitFor();
  await shoot(page, 'http-tools-empty');
  await page.getByRole('button', { name: 'Add HTTP tool' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add HTTP tool' });
  await dialog.getByLabel('Name', { exact: true }).fill('nas.disk');
  await dialog.getByLabel('What it does, and when to use it').fill('How full a disk is');
  await dialog.getByLabel('Address').fill(`${home.url}/disks/{disk}`);
  await dialog.getByText('{disk}', { exact: true }).waitFor();
  await dialog.getByLabel('How it signs in').selectOption('header');
  await dialog.getByLabel('Name of the header').fill('X-Api-Key');
  await dialog.getByLabel('Credential').selectOption({ label: 'nas key' });
  await dialog.getByLabel('disk', { exact: true }).fill('sd a');
  await dialog.getByRole('button', { name: 'Send' }).click();
  await dialog.getByText(/It works/).waitFor();
  assert.deepEqual(home.seen.at(-1), { url: '/disks/sd%20a', key });
  assert.ok(!(await dialog.innerText()).includes(key), 'the key is not shown');
  await shoot(page, 'http-tool-tried');
  await checkAccess(page, 'the dialog of an HTTP tool');
  await dialog.getByRole('button', { name: 'Add HTTP tool' }).click();
  await page.getByText('http.nas.disk is saved.').waitFor();
  await page.goto(`${daemon.url}/tools?tool=http.nas.disk`);
  const item = page.locator('.tool-item', { hasText: 'http.nas.disk' });
  await item.getByLabel('Infrastructure').click();
  await item.getByRole('checkbox', { name: 'Infrastructure', checked: true }).waitFor();
  await shoot(page, 'tool-assigned');
  await item.getByRole('button', { name: 'Try it' }).click();
  const trial = page.getByRole('dialog', { name: 'Try http.nas.disk' });
  await trial.getByRole('button', { name: 'Try it' }).click();
  await trial.getByText('This is needed.').waitFor();
  await trial.getByLabel('disk', { exact: true }).fill('sdb');
  await shoot(page, 'tool-try');
  await checkAccess(page, 'the form of a tool');
  await trial.getByRole('button', { name: 'Try it' }).click();
  await page.getByRole('region', { name: 'Tool call http.nas.disk' }).getByText('Done').waitFor();
  assert.equal(home.seen.at(-1).url, '/disks/sdb');
  await shoot(page, 'tool-tried');
}

async function importSome(helpers) {
  const { daemon, home, page } = await ready(helpers, { colorScheme: 'dark' });
  await page.goto(`${daemon.url}/tools?tab=http`);
  await page.getByRole('button', { name: 'Import from OpenAPI' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import from OpenAPI' });
  await dialog.getByLabel('Address of the document').fill(`${home.url}/openapi.json`);
  await dialog.getByLabel('Names begin with').fill('shed');
  await dialog.getByRole('button', { name: 'Read it' }).click();
  await dialog.getByText('The shed at').waitFor();
  assert.ok(await dialog.getByLabel(/PUT \/picture/).isDisabled(), 'what cannot be sent cannot be chosen');
  await dialog.getByLabel(/GET \/temperature/).check();
  await dialog.getByLabel(/PUT \/light/).check();
  await shoot(page, 'http-import');
  await checkAccess(page, 'the import');
  await dialog.getByRole('button', { name: 'Add 2 tools' }).click();
  await page.getByText('http.shed.set_light').waitFor();
  await shoot(page, 'http-tools');
  await checkAccess(page, 'the list of HTTP tools');

  await page.getByRole('button', { name: 'Delete', exact: true }).first().click();
  await page.getByRole('button', { name: /^Delete http\.shed\./ }).click();
  await page.getByText(/^http\.shed\.\w+ is deleted\.$/).waitFor();
  assert.equal((await ask(page, 'GET', '/api/v1/http-tools')).items.length, 1);
}

async function small(helpers) {
  const { daemon, page } = await ready(helpers, { viewport: { width: 320, height: 700 } });
  for (const path of ['/tools', '/tools?tab=http&edit=new', '/tools?tab=http&edit=import', '/settings/web']) {
    await page.goto(daemon.url + path);
    await page.locator('main h1').waitFor();
    await page.waitForLoadState('networkidle');
    await page.waitForFunction(() => !document.querySelector('.skeleton'));
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 320, `${path} is ${width} wide`);
    await shoot(page, `small${path.replaceAll(/\W+/g, '-')}`);
  }
  await page.getByLabel('SearXNG server').fill('http://searx.home:8888');
  await page.getByLabel(/Private networks/).fill('127.0.0.0/8');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText(/127.0.0.0\/8 is no private network/).first().waitFor();
  await page.getByLabel(/Private networks/).fill('192.168.1.0/24');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Saved.').waitFor();
}

async function writeAsDiff(helpers) {
  const { daemon, page } = await ready(helpers);
  await ask(page, 'PATCH', '/api/v1/settings', { trust_mode: 'lenient' });
  const place = join(daemon.directory, 'workspace');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'notes.txt'), 'buy milk\n');
  await page.goto(`${daemon.url}/chat`);
  await send(page, 'append a line to notes.txt: buy disks');
  const diff = page.locator('.tool-card .diff');
  await diff.filter({ hasText: '+buy disks' }).filter({ hasText: 'buy milk' }).waitFor();
  assert.match(await diff.textContent(), /^--- /, 'against what was there');
  await shoot(page, 'write-as-diff');
}

async function listAsTable(helpers) {
  const { daemon, page } = await ready(helpers);
  const place = join(daemon.directory, 'workspace');
  mkdirSync(join(place, 'photos'), { recursive: true });
  writeFileSync(join(place, 'notes.txt'), 'buy milk\n');
  await page.goto(`${daemon.url}/chat`);
  await send(page, 'which files are in the working directory?');
  const table = page.locator('.tool-card').getByRole('table');
  await table.getByRole('row', { name: /notes.txt file .*9 B/ }).waitFor();
  await table.getByRole('row', { name: /photos directory/ }).waitFor();
}

await run([
  ['an HTTP tool is described, tried, saved, assigned and called', describeOne],
  ['several are imported from a document, and one is deleted', importSome],
  ['a write that nobody was asked about is shown as a diff', writeAsDiff],
  ['what is in a directory is shown as a table', listAsTable],
  ['all of it at 320 pixels', small],
]);

// SPDX-License-Identifier: MIT
// A Docker endpoint in a server's entry, and what its tools answer: a table, a log, bars. The Engine is one that answers as recorded.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon, Models, ask, checkAccess, enter, run, send, shoot } from './lib.mjs';

const recorded = JSON.parse(readFileSync(new URL('../data/docker/recorded-engine-20.10.json', import.meta.url)));
const byName = (name) => recorded.find((exchange) => exchange.name === name);
const calls = [
  ['docker.list', { server: 'nas', all: true }],
  ['docker.logs', { server: 'nas', container: 'tty1' }],
  ['docker.stats', { server: 'nas' }],
];

function framed(count) {
  const lines = Array.from({ length: count }, (_unused, n) => `2026-11-23T19:37:${10 + n}.941442290Z ${n === 7 ? 'error: no space' : `line ${n}`}\r\n`);
  return Buffer.from(lines.join(''));
}

function bodyOf(path) {
  if (path.endsWith('/containers/json')) {
    const list = byName('list all').json;
    return list.map((one) => (one.Names[0] === '/web1' ? { ...one, State: 'running', Status: 'Up 3 hours (healthy)' } : one));
  }
  if (path.endsWith('/stats')) return byName('stats').json;
  if (path.endsWith('/logs')) return framed(40);
  if (path.endsWith('/version')) return byName('version').json;
  return byName('inspect tty1').json;
}

class Engine {
  async start() {
    this.folder = mkdtempSync(join(tmpdir(), 'vigilus-engine-'));
    this.socket = join(this.folder, 'docker.sock');
    this.server = createServer((request, response) => {
      const path = new URL(request.url, 'http://docker').pathname;
      response.setHeader('Api-Version', '1.41');
      const body = path === '/_ping' ? 'OK' : bodyOf(path);
      response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    });
    await new Promise((done) => this.server.listen(this.socket, done));
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function withServer({ keep, open }) {
  const engine = await keep(new Engine());
  const script = calls.map(([name, args]) => ({ when: { user: name, results: false }, calls: [{ name, arguments: args }] }));
  const models = await keep(new Models({ script: [...script, { when: { results: true }, text: 'There you are.' }] }));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url, { reducedMotion: 'reduce' });
  await enter(page, daemon, { name: 'Scripted', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'any' });
  await ask(page, 'POST', '/api/v1/operators', { name: 'Keeper', tools: calls.map(([name]) => name), permission_level: 'read' });
  return { engine, daemon, page };
}

async function addServer(page, daemon, engine) {
  await page.goto(`${daemon.url}/servers`);
  await page.getByRole('button', { name: 'Add Server' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('nas');
  await dialog.getByLabel('Hostname').fill('127.0.0.1');
  await dialog.getByLabel('Port').fill('1');
  await dialog.getByLabel('Username').fill('ada');
  await dialog.getByLabel('A stored credential').check();
  await dialog.getByText('More options').click();
  await dialog.getByLabel('Docker', { exact: true }).selectOption('tcp');
  await dialog.getByLabel('Certificate authority').waitFor();
  await dialog.getByLabel('Address of the Engine').scrollIntoViewIfNeeded();
  await shoot(page, 'server-docker-tls');
  await dialog.getByLabel('Docker', { exact: true }).selectOption('ssh');
  await dialog.getByText(/the user who signs in there/).waitFor();
  await dialog.getByLabel('Docker', { exact: true }).selectOption('unix');
  await dialog.getByLabel('Socket').fill('docker.sock');
  await dialog.getByRole('button', { name: 'Add Server' }).click();
  await dialog.getByText(/absolute path/).waitFor();
  await dialog.getByLabel('Socket').fill(engine.socket);
  await dialog.getByLabel('Folders of Compose projects').fill('/srv/stacks\n');
  await checkAccess(page, 'the fields of a Docker endpoint');
  await dialog.getByRole('button', { name: 'Add Server' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText(`unix://${engine.socket}`).waitFor();
  await page.getByRole('button', { name: 'Test connection' }).click();
  await page.getByText('It failed at: Connecting to the port').waitFor();
  await page.getByText('Docker answers: Docker 20.10.24+dfsg1, API 1.41').waitFor();
  await checkAccess(page, 'the report of a test');
  await shoot(page, 'server-docker-tested');
}

async function answersAreShownAsWhatTheyAre(tools) {
  const { engine, daemon, page } = await withServer(tools);
  await addServer(page, daemon, engine);
  for (const [name] of calls) {
    await page.goto(`${daemon.url}/chat`);
    await send(page, `@Keeper ${name}`);
    await page.getByText('There you are.').waitFor();
    const card = page.getByRole('region', { name: `Tool call ${name}` });
    if (name === 'docker.list') {
      await card.getByRole('row').filter({ hasText: 'web1' }).getByText('Up 3 hours (healthy)').waitFor();
      assert.equal(await card.getByRole('columnheader', { name: 'Image' }).count(), 1);
    } else if (name === 'docker.logs') {
      const lines = card.getByRole('region', { name: 'Log' }).getByRole('listitem');
      await card.getByRole('searchbox', { name: 'Filter the log' }).fill('ERROR');
      await lines.nth(1).waitFor({ state: 'detached' });
      assert.equal(await lines.count(), 1);
      await card.getByRole('searchbox').fill('');
    } else await card.getByRole('cell', { name: '3.6 %' }).first().waitFor();
    await shoot(page, name);
    await checkAccess(page, `the card of ${name}`);
  }
  await page.setViewportSize({ width: 320, height: 700 });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320, 'nothing is wider than a narrow screen');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'docker.stats-narrow-dark');
}

await run([['a Docker endpoint, and answers shown by their shape', answersAreShownAsWhatTheyAre]]);

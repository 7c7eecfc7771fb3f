// SPDX-License-Identifier: MIT
// What a call does is shown as what it is: a terminal with what a command says while it runs, the change of a file, the lines of a log.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Daemon, Models, ask, checkAccess, enter, run, send, shoot } from './lib.mjs';
import { Sshd } from './sshd.mjs';

class Folder {
  start() {
    this.path = mkdtempSync(join(tmpdir(), 'vigilus-cards-'));
    return this;
  }

  async stop() {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The stand-in for Wazuh of the other suites. */
class Wazuh {
  async start() {
    const file = join(dirname(fileURLToPath(import.meta.url)), '../lib/wazuh_standin.py');
    this.child = spawn('/usr/bin/python3', [file], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.settings = JSON.parse((await this.lines.next()).value);
    return this;
  }

  async hold(indices) {
    this.child.stdin.write(`${JSON.stringify(indices)}\n`);
    await this.lines.next();
  }

  async stop() {
    this.child.stdin.end();
    await new Promise((done) => this.child.once('exit', done));
  }
}

const waiting = (folder, status) => `echo beg""un; while [ ! -e ${folder}/go ]; do sleep 0.1; done; echo ov""er; echo wr""ong >&2; exit ${status}`;

/** A page whose model makes the calls that @calls names, and servers nas and twin behind one sshd. */
async function ready({ keep, open }, callsOf) {
  const folder = await keep(new Folder());
  const calls = callsOf(folder.path);
  const script = calls.map(([word, name, args]) => ({ when: { user: word, results: false }, calls: [{ name, arguments: args }] }));
  const models = await keep(new Models({ script: [...script, { when: { results: true }, text: 'There you are.' }] }));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url, { reducedMotion: 'reduce' });
  await enter(page, daemon, { name: 'Scripted', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'any' });
  const tools = [...new Set(calls.map(([, name]) => name))];
  const keeper = { name: 'Keeper', tools, permission_level: 'exec', trust_mode: 'lenient', working_directory: folder.path };
  await ask(page, 'POST', '/api/v1/operators', keeper);
  return { folder: folder.path, daemon, page };
}

async function addServers(page, sshd, folder) {
  const key = { name: 'key', kind: 'ssh_key', private_key: sshd.key };
  const { id } = await ask(page, 'POST', '/api/v1/credentials', key);
  await sshd.allow();
  for (const name of ['nas', 'twin']) {
    const body = { name, host: '127.0.0.1', port: sshd.port, user_name: sshd.user, credential_id: id, file_paths: [folder] };
    await ask(page, 'POST', '/api/v1/servers', body);
  }
}

async function tell({ page, daemon }, word, tool) {
  await page.goto(`${daemon.url}/chat`);
  await send(page, `@Keeper ${word}`);
  return page.getByRole('region', { name: `Tool call ${tool}` });
}

/** While it runs the card says what has come so far, and afterwards all of it, once. */
async function follow({ page, folder }, card, terminals, name) {
  const begun = card.getByRole('region', { name: 'Output' }).filter({ hasText: 'begun' });
  await begun.first().waitFor();
  await card.getByText('Running').waitFor();
  assert.match(await begun.first().innerText(), /^\$ echo beg/, 'the command line stands before what it says');
  assert.doesNotMatch(await card.innerText(), /\bover\b/);
  await shoot(page, `${name}-runs`);
  writeFileSync(join(folder, 'go'), '');
  await page.getByText('There you are.').waitFor();
  const done = card.locator('.output.terminal').filter({ hasText: 'over' });
  await done.nth(terminals - 1).waitFor();
  assert.equal(await done.count(), terminals);
  for (const text of await done.allInnerTexts()) assert.match(text, /^\$ echo beg[\s\S]*begun\nover\nwrong/);
  await checkAccess(page, `the card of ${name}`);
  await shoot(page, name);
}

const commands = (folder) => [
  ['single', 'ssh.exec', { server: 'nas', command: waiting(folder, 3) }],
  ['several', 'ssh.exec', { servers: ['nas', 'twin'], command: waiting(folder, 0) }],
  ['here', 'shell.exec', { command: 'echo beg""un; echo wr""ong >&2; exit 4' }],
];

async function aCommandIsATerminal(kit) {
  const all = await ready(kit, commands);
  await addServers(all.page, await kit.keep(new Sshd()), all.folder);
  const single = await tell(all, 'single', 'ssh.exec');
  await follow(all, single, 1, 'ssh.exec');
  await single.getByText('Exit status 3').waitFor();
  const here = await tell(all, 'here', 'shell.exec');
  await here.getByText('Exit status 4').waitFor();
  const output = here.locator('.output.terminal');
  assert.match(await output.innerText(), /^\$ echo beg[\s\S]*begun\nwrong/);
}

async function oneCommandOnSeveralServers(kit) {
  const all = await ready(kit, commands);
  await addServers(all.page, await kit.keep(new Sshd()), all.folder);
  const card = await tell(all, 'several', 'ssh.exec');
  await card.getByText('twin: begun').waitFor();
  await follow(all, card, 2, 'ssh.exec-several');
  for (const name of ['nas', 'twin']) await card.getByRole('heading', { name, exact: true }).waitFor();
  assert.equal(await card.getByText(/Exit status/).count(), 0, 'all went well');
}

async function aWriteIsADiff(kit) {
  const write = (folder) => ({ server: 'nas', path: `${folder}/hosts`, content: 'one\nthree\n' });
  const all = await ready(kit, (folder) => [['change', 'ssh.write', write(folder)]]);
  await addServers(all.page, await kit.keep(new Sshd()), all.folder);
  const file = join(all.folder, 'hosts');
  writeFileSync(file, 'one\ntwo\n');
  const card = await tell(all, 'change', 'ssh.write');
  await all.page.getByText('There you are.').waitFor();
  assert.equal(readFileSync(file, 'utf8'), 'one\nthree\n');
  const diff = card.getByRole('region', { name: 'Changes' });
  await diff.first().waitFor();
  assert.equal(await diff.count(), 1);
  assert.deepEqual(await diff.locator('.removed').allInnerTexts().then((texts) => texts.map((text) => text.trim())), ['-two']);
  assert.deepEqual(await diff.locator('.added').allInnerTexts().then((texts) => texts.map((text) => text.trim())), ['+three']);
  await checkAccess(all.page, 'the card of ssh.write');
  await shoot(all.page, 'ssh.write');
}

async function logsAreALog(kit) {
  const all = await ready(kit, () => [['logs', 'wazuh.query', { what: 'logs' }]]);
  const wazuh = await kit.keep(new Wazuh());
  const events = Array.from({ length: 20 }, (_unused, number) => ({
    id: `1785000000.${number}`,
    timestamp: `2026-08-01T11:00:${10 + number}.000+0000`,
    agent: { id: '001', name: 'nas' },
    location: '/var/log/syslog',
    full_log: number === 7 ? 'kernel: disk on fire' : `kernel: event ${number}`,
  }));
  await wazuh.hold({ 'wazuh-archives-4.x-2026.08.01': events });
  await ask(all.page, 'PATCH', '/api/v1/tool-settings/wazuh', { settings: wazuh.settings });
  const card = await tell(all, 'logs', 'wazuh.query');
  const lines = card.getByRole('region', { name: 'Log' }).getByRole('listitem');
  await lines.nth(19).waitFor();
  const texts = await lines.allInnerTexts();
  assert.equal(texts.length, 20);
  assert.ok(texts[0].includes('nas: kernel: event 0') && texts[19].includes('event 19'), 'the newest last');
  assert.equal(await lines.first().locator('time').getAttribute('datetime'), events[0].timestamp);
  await card.getByRole('searchbox', { name: 'Filter the log' }).fill('FIRE');
  await lines.nth(1).waitFor({ state: 'detached' });
  assert.equal(await lines.count(), 1);
  await card.getByRole('searchbox').fill('');
  await checkAccess(all.page, 'the card of wazuh.query');
  await shoot(all.page, 'wazuh.query-logs');
}

await run([
  ['a command is a terminal: here, and on a server while it runs', aCommandIsATerminal],
  ['one command on several servers is a terminal of each', oneCommandOnSeveralServers],
  ['a file written on a server is a diff', aWriteIsADiff],
  ['what Wazuh logged is a log', logsAreALog],
]);

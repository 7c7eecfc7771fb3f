// SPDX-License-Identifier: MIT
// The guide "Connect your first server", word for word, against a real sshd; a changed host key; known hosts; an import.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Daemon, checkAccess, enter, run, shoot } from './lib.mjs';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A real sshd that the test helper of the other suites runs. */
class Sshd {
  async start() {
    this.folder = mkdtempSync(join(tmpdir(), 'vigilus-ssh-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-f', join(this.folder, 'vigilus_key'), '-N', '']);
    this.key = readFileSync(join(this.folder, 'vigilus_key'), 'utf8');
    this.child = spawn('/usr/bin/python3', [join(top, 'tests/lib/sshd.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    Object.assign(this, await this.hear());
    return this;
  }

  async hear() {
    return JSON.parse((await this.lines.next()).value);
  }

  async tell(line) {
    this.child.stdin.write(`${line}\n`);
    Object.assign(this, await this.hear());
  }

  allow() {
    return this.tell(`allow ${readFileSync(join(this.folder, 'vigilus_key.pub'), 'utf8').trim()}`);
  }

  async stop() {
    this.child.stdin.end();
    await new Promise((done) => this.child.once('exit', done));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function ready({ keep, open }, options) {
  const sshd = await keep(new Sshd());
  const daemon = await keep(new Daemon({ secret: 'a-secret-for-tests' }));
  const page = await open(daemon.url, options);
  await enter(page, daemon);
  return { sshd, daemon, page };
}

/** Servers, Add Server: hostname, port, username, private key. */
async function add({ page, daemon, sshd }) {
  await page.goto(`${daemon.url}/servers`);
  await page.getByRole('button', { name: 'Add Server' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add Server' });
  await dialog.getByLabel('Name', { exact: true }).fill('nas');
  await dialog.getByLabel('Hostname').fill('127.0.0.1');
  await dialog.getByLabel('Port').fill(String(sshd.port));
  await dialog.getByLabel('Username').fill(sshd.user);
  await dialog.getByRole('textbox', { name: 'Private key' }).fill(sshd.key);
  await shoot(page, 'server-add');
  await checkAccess(page, 'the dialog Add Server');
  await dialog.getByRole('button', { name: 'Add Server' }).click();
  await page.getByRole('heading', { name: 'nas' }).waitFor();
}

async function guide(helpers) {
  const all = await ready(helpers);
  const { page, sshd } = all;
  await add(all);
  const test = page.getByRole('button', { name: 'Test connection' });
  await test.click();
  await page.getByText('SSH authentication failed').first().waitFor();
  await page.getByText("The SSH public key is in the target server's ~/.ssh/authorized_keys.").waitFor();
  await shoot(page, 'server-no-key');
  await sshd.allow();
  await test.click();
  await page.getByText('It answers', { exact: false }).waitFor();
  assert.ok((await page.getByText(sshd.fingerprint).count()) > 0, 'the fingerprint is shown');
  await page.getByText('Uptime').waitFor();
  await shoot(page, 'server-answers');
  await checkAccess(page, 'a server that answers');
}

async function changedKey(helpers) {
  const all = await ready(helpers, { colorScheme: 'dark' });
  const { page, sshd, daemon } = all;
  await sshd.allow();
  await add(all);
  const test = page.getByRole('button', { name: 'Test connection' });
  await test.click();
  await page.getByText('It answers', { exact: false }).waitFor();
  const old = sshd.fingerprint;
  await sshd.tell('change');
  await test.click();
  const failure = page.getByText('Host key verification failed').first();
  await failure.waitFor();
  const words = await failure.innerText();
  assert.ok(words.includes(old) && words.includes(sshd.fingerprint), words);
  await page.getByRole('button', { name: 'Accept the new host key' }).click();
  const dialog = page.getByRole('dialog', { name: /Accept the new host key of nas/ });
  await shoot(page, 'server-accept-key');
  await checkAccess(page, 'the question before a key is accepted');
  await dialog.getByRole('button', { name: 'Accept this key' }).click();
  await page.getByText('Reachable').first().waitFor();
  await page.goto(`${daemon.url}/servers?tab=credentials`);
  await page.getByRole('button', { name: 'Add credential' }).click();
  const adding = page.getByRole('dialog', { name: 'Add credential' });
  await adding.getByLabel('Name').fill('pihole');
  await adding.getByLabel('API key').first().check();
  await adding.getByRole('button', { name: 'Store' }).click();
  await adding.getByText('This is needed.').waitFor();
  await adding.getByRole('textbox', { name: 'API key' }).fill('a-key-of-pihole');
  await shoot(page, 'credential-add');
  await checkAccess(page, 'a new credential');
  await adding.getByRole('button', { name: 'Store' }).click();
  await page.getByRole('heading', { name: 'pihole' }).waitFor();
  assert.ok(!(await page.content()).includes('a-key-of-pihole'));
  await shoot(page, 'credentials');
  await page.goto(`${daemon.url}/servers?tab=known-hosts`);
  await page.getByText(sshd.fingerprint).waitFor();
  await shoot(page, 'known-hosts');
  await checkAccess(page, 'the known hosts');
}

async function importing(helpers) {
  const { page, daemon } = await ready(helpers, { viewport: { width: 320, height: 800 } });
  await page.goto(`${daemon.url}/servers`);
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Import servers' });
  await dialog.getByLabel('SSH configuration', { exact: true }).fill('Host bastion\n  HostName b.example\n  User ops\nHost nas\n  ProxyJump bastion\n  ProxyCommand touch /tmp/x\n');
  await dialog.getByRole('button', { name: 'Preview' }).click();
  await dialog.getByText('Through bastion').waitFor();
  await dialog.getByText(/proxycommand is left out/).waitFor();
  await shoot(page, 'servers-import');
  await checkAccess(page, 'the import');
  await dialog.getByRole('button', { name: 'Import 2 servers' }).click();
  await dialog.getByText('2 servers are added.').waitFor();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('heading', { name: 'bastion' }).waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing sticks out at 320 px');
  await shoot(page, 'servers-narrow');
}

await run([
  ['the first server, as the guide says', guide],
  ['a changed host key is looked at and accepted', changedKey],
  ['an import is previewed, then done, also on a telephone', importing],
]);

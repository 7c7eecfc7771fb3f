// SPDX-License-Identifier: MIT
// What browser tests share: the real daemon on a directory of its own, a server of language models, Chromium, and TAP output.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.VIG_BUILD ?? join(top, 'build');
const shots = join(process.env.VIG_OUTPUT ?? join(top, 'tests/output'), 'screenshots');
export const password = 'correct horse battery';

function firstMatch(child, pattern, what) {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`${what} did not start: ${text}`)), 120_000);
    child.stdout.on('data', (piece) => {
      text += piece;
      const match = pattern.exec(text);
      if (!match) return;
      clearTimeout(timer);
      resolve(match);
    });
    child.on('exit', (code) => reject(new Error(`${what} ended with ${code}: ${text}`)));
  });
}

/** Below those that the kernel gives to whoever connects: a daemon that starts again finds its own still free. */
export function freePort() {
  return Number(execFileSync('/usr/bin/python3', ['-c', 'import ports; print(ports.free_port())'], { cwd: join(top, 'tests/lib') }));
}

function ended(child) {
  return child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((done) => child.once('exit', done));
}

export class Daemon {
  constructor({ secret, dashboard = process.env.VIG_DASHBOARD ?? join(build, 'dashboard') } = {}) {
    this.directory = mkdtempSync(join(tmpdir(), 'vigilus-browser-'));
    this.secret = secret;
    this.dashboard = dashboard;
    this.port = freePort();
  }

  async start() {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VIGILUS_')));
    if (this.secret) env.VIGILUS_SECRET = this.secret;
    const args = ['--host=127.0.0.1', `--port=${this.port}`, '--dbus=none', `--data-dir=${this.directory}`];
    const program = join(build, 'root/bin/vigilusd');
    this.child = spawn(program, [...args, `--dashboard-dir=${this.dashboard}`], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [, port] = await firstMatch(this.child, /http:\/\/[^:/\s]+:(\d+)[\s\S]*^Ready$/m, 'vigilusd');
    this.port = Number(port);
    this.url = `http://127.0.0.1:${port}`;
    return this;
  }

  async kill(signal = 'SIGKILL') {
    this.child.kill(signal);
    await ended(this.child);
  }

  /** Changes the database while it runs. */
  edit(statement) {
    execFileSync('sqlite3', ['-cmd', '.timeout 60000', join(this.directory, 'vigilus.db'), statement]);
  }

  async stop() {
    await this.kill('SIGTERM');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class Models {
  constructor(script, port = 0) {
    this.port = port;
    this.control = join(mkdtempSync(join(tmpdir(), 'vigilus-models-')), 'control.json');
    writeFileSync(this.control, JSON.stringify(script));
  }

  async start() {
    const args = [join(top, 'tests/lib/replay_server.py'), '--port', String(this.port), this.control];
    this.child = spawn('/usr/bin/python3', args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PYTHONUNBUFFERED: '1' } });
    const [url] = await firstMatch(this.child, /http:\/\/\S+/, 'the server of models');
    this.url = url;
    return this;
  }

  /** Changes how it answers; tests/lib/replay_server.py says what there is. */
  async tell(values) {
    const answer = await fetch(`${this.url}/__control`, { method: 'POST', body: JSON.stringify(values) });
    assert.equal(answer.status, 200);
  }

  async stop() {
    this.child.kill('SIGKILL');
    await ended(this.child);
    rmSync(dirname(this.control), { recursive: true, force: true });
  }
}

/** What the signed-in page asks of the API; what it answers. */
export async function ask(page, method, path, body) {
  return page.evaluate(
    async ([method, path, body]) => {
      const { csrf_token } = await (await fetch('/api/v1/me')).json();
      const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf_token };
      const answer = await fetch(path, { method, headers: method === 'GET' ? {} : headers, body: body && JSON.stringify(body) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(text);
      return text ? JSON.parse(text) : null;
    },
    [method, path, body],
  );
}

/** Waits until @check throws nothing, for what the page shows a moment later; answers what it answers. */
export async function eventually(check, seconds = 120) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

let browser;

/** A page in a context of its own that fails the test on script errors, refusals by the content policy, and requests to other hosts. */
export async function openPage(url, options = {}) {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run'],
  });
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted|Uncaught/i.test(message.text())) page.faults.push(message.text());
  });
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(url)) page.faults.push(`asked another host: ${request.url()}`);
  });
  return page;
}

export async function shoot(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** No violation of WCAG 2.2 A and AA that axe can see. */
export async function checkAccess(page, where) {
  // What is out of view is not painted (content-visibility), and what is not painted has colours that axe takes for others.
  await page.evaluate(() => {
    for (const block of document.querySelectorAll('.turn, .prose-part')) block.style.contentVisibility = 'visible';
  });
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  const found = violations.map((rule) => `${rule.id} (${rule.impact}): ${rule.nodes.map((node) => node.target.join(' ')).join(', ')}`);
  assert.deepEqual(found, [], `axe on ${where}`);
}

/** First launch, as the checklist says: secret, account. Ends at the wizard's provider step. */
export async function setUp(page, daemon) {
  await page.goto(daemon.url);
  await page.getByRole('heading', { name: 'Set a secret' }).waitFor();
  await page.getByRole('radio', { name: /In a file in the data directory/ }).check();
  await page.getByRole('button', { name: 'Set the secret' }).click();
  const secret = await page.locator('.secret-box output').innerText();
  assert.ok(secret.length >= 32, 'a secret of some length');
  assert.ok(await page.getByRole('button', { name: 'Continue' }).isDisabled(), 'not before it is kept');
  await page.getByLabel('I have put it somewhere safe').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: 'Add a provider' }).waitFor();
}

/** Past the wizard by the API, for tests of what comes after it; signed in, with a provider. */
export async function enter(page, daemon, provider = { name: 'Offline', type: 'offline' }) {
  await page.goto(`${daemon.url}/login`);
  await page.evaluate(
    async ([password, provider]) => {
      const post = async (path, body, token) => {
        const headers = { 'Content-Type': 'application/json', ...(token ? { 'X-CSRF-Token': token } : {}) };
        const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
        if (!answer.ok) throw new Error(await answer.text());
        return answer.json();
      };
      const login = await post('/api/v1/setup/owner', { name: 'ada', password });
      if (provider) await post('/api/v1/providers', provider, login.csrf_token);
    },
    [password, provider],
  );
}

export async function send(page, text) {
  const box = page.getByRole('combobox', { name: 'Message' });
  await box.fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

export async function waitForReply(page, text) {
  await page.locator('.reply', { hasText: text }).last().waitFor();
  await page.getByRole('button', { name: 'Send' }).waitFor();
}

/** Runs the tests (those whose name has one of the words of the command line), each with daemons and pages that it is given to register; prints TAP. */
export async function run(all) {
  const wanted = process.argv.slice(2);
  const tests = wanted.length > 0 ? all.filter(([name]) => wanted.some((word) => name.includes(word))) : all;
  let failed = 0;
  console.log(`TAP version 13\n1..${tests.length}`);
  for (const [index, [name, test]] of tests.entries()) {
    const ends = [];
    const keep = async (thing) => {
      const started = await thing.start();
      ends.push(() => started.stop());
      return started;
    };
    const begin = Date.now();
    let page;
    const open = async (url, options) => {
      page = await openPage(url, options);
      ends.push(() => page.context().close());
      return page;
    };
    try {
      await test({ keep, open });
      assert.deepEqual(page?.faults ?? [], [], 'the page is without faults');
      console.log(`ok ${index + 1} - ${name} # ${((Date.now() - begin) / 1000).toFixed(1)} s`);
    } catch (error) {
      failed += 1;
      console.log(`not ok ${index + 1} - ${name}`);
      console.log(String(error.stack ?? error).replace(/^/gm, '# '));
      if (page) await shoot(page, `failed-${index + 1}`).catch(() => undefined);
    }
    for (const end of ends.reverse()) await end().catch((error) => console.log(`# ${error}`));
  }
  await browser?.close();
  process.exitCode = failed > 0 ? 1 : 0;
}

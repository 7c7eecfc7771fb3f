// SPDX-License-Identifier: MIT
// Scope from the first network that may be scanned to a host that becomes a server, with real scans of loopback; light, dark, on a phone, by keyboard.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { Daemon, Models, ask, checkAccess, enter, run, send, shoot } from './lib.mjs';

const script = [
  { when: { results: true }, text: 'The scan is over.' },
  { when: { user: 'again' }, calls: [{ name: 'nmap.scan', arguments: { targets: ['127.0.0.1-24'], ports: '5900,6379', names: false } }] },
  { when: { user: 'scan' }, calls: [{ name: 'nmap.scan', arguments: { targets: ['127.0.0.1-24', '127.0.1.1-80'], ports: '5900,6379', names: false } }] },
];

/** A service that only accepts, at an address and port of loopback. */
class Listener {
  constructor(address, port) {
    Object.assign(this, { address, port });
  }

  start() {
    this.server = createServer((socket) => socket.destroy());
    return new Promise((done, fail) => {
      this.server.once('error', fail);
      this.server.listen(this.port, this.address, () => done(this));
    });
  }

  stop() {
    return new Promise((done) => this.server.close(done));
  }
}

async function begin({ keep, open }, options) {
  const models = await keep(new Models({ script }));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url, { reducedMotion: 'reduce', ...options });
  await enter(page, daemon, { name: 'P', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'm' });
  await ask(page, 'POST', '/api/v1/operators', { name: 'Recon', tools: ['nmap.scan', 'scope.query'], permission_level: 'exec', trust_mode: 'lenient' });
  return { daemon, page };
}

async function allow(page, daemon) {
  await page.goto(`${daemon.url}/settings/tools`);
  const networks = page.getByLabel('Networks that may be scanned');
  await networks.fill('127.0.0.0/33');
  const card = page.getByRole('region', { name: 'Network scans' });
  await card.getByRole('button', { name: 'Save' }).click();
  await card.getByText('is no network').first().waitFor();
  await networks.fill('127.0.0.0/8');
  await card.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Network scans is saved.').waitFor();
}

async function scan(page, daemon, words) {
  await page.goto(`${daemon.url}/chat`);
  await send(page, `@Recon ${words}`);
  await page.locator('.reply', { hasText: 'The scan is over.' }).last().waitFor();
}

async function isStill(page) {
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(() => !document.querySelector('.skeleton'));
}

async function look(page, name) {
  await isStill(page);
  await shoot(page, name);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${name} scrolls sideways by ${over} px`);
  await checkAccess(page, name);
}

/** From home to a host in the picture, in the dark. */
async function walkByKeyboard(page, daemon) {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(daemon.url);
  await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('n');
  await page.getByRole('heading', { name: '127.0.0.0/24' }).waitFor();
  await look(page, 'scope-dark');
  await page.locator('.topology a').first().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /^127\.0\.0\.|Screen/, level: 1 }).waitFor();
}

async function discover(kit) {
  const redis = await kit.keep(new Listener('127.0.0.7', 6379));
  await kit.keep(new Listener('127.0.0.9', 5900));
  const { daemon, page } = await begin(kit);
  await page.goto(`${daemon.url}/scope`);
  await page.getByRole('heading', { name: 'Nothing has been scanned yet' }).waitFor();
  await look(page, 'scope-empty');
  await page.getByRole('link', { name: 'Choose networks' }).click();
  await allow(page, daemon);
  await look(page, 'scope-settings');
  await scan(page, daemon, 'scan');

  await page.goto(`${daemon.url}/scope`);
  await page.getByRole('heading', { name: '127.0.0.0/24' }).waitFor();
  assert.match(await page.locator('.tiles').innerText(), /Hosts\s+104/);
  for (const [chart, words] of [['Most common services', /redis/], ["Open findings", /medium|high|critical/i]]) {
    const card = page.locator('section, .card', { has: page.getByRole('heading', { name: chart }) }).last();
    assert.match(await card.innerText(), words, chart);
  }
  await look(page, 'scope-overview');
  await page.getByRole('link', { name: '20 more hosts' }).click();
  await page.getByRole('table').waitFor();
  await page.getByRole('link', { name: 'Findings' }).click();
  await page.getByText('Redis open to the network').waitFor();
  await look(page, 'scope-findings');
  await page.getByRole('link', { name: '127.0.0.9' }).click();
  await page.getByRole('heading', { name: '127.0.0.9', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.getByLabel('Why it may stay').fill('only on loopback');
  await page.getByRole('dialog').getByRole('button', { name: 'Accept' }).click();
  await page.getByText('Accepted by ada: only on loopback').waitFor();
  await page.getByLabel('What you call it').fill('Screen');
  await page.getByLabel('Notes').fill('in the hall');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Screen', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Make it a server' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make it a server' }).click();
  await page.getByText('This is needed.').waitFor();
  await page.getByLabel('Username').fill('root');
  await shoot(page, 'scope-promote');
  await page.getByRole('dialog').getByRole('button', { name: 'Make it a server' }).click();
  await page.getByRole('link', { name: 'Screen' }).waitFor();
  await page.reload();
  assert.equal(await page.getByLabel('Notes').inputValue(), 'in the hall');
  await look(page, 'scope-host');

  await redis.stop();
  redis.stop = async () => undefined;
  await scan(page, daemon, 'again');
  await page.goto(`${daemon.url}/scope?tab=changes`);
  await page.getByText('6379/tcp is closed: was redis').waitFor();
  await look(page, 'scope-changes');
  await page.getByRole('link', { name: 'Scans' }).click();
  await page.getByRole('cell', { name: '24 hosts, one open port' }).waitFor();
  await look(page, 'scope-scans');
  await walkByKeyboard(page, daemon);
}

const file = (text) => ({ name: 'scan.xml', mimeType: 'text/xml', buffer: Buffer.from(text) });

/** A scan that somebody has made elsewhere. */
async function importing(page, daemon) {
  await page.goto(`${daemon.url}/scope`);
  await page.getByRole('button', { name: 'Import' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import a scan' });
  await dialog.getByLabel('File').setInputFiles(file('<html/>'));
  await dialog.getByRole('button', { name: 'Import' }).click();
  await dialog.getByText('it is not written by nmap').waitFor();
  await look(page, 'scope-phone-import');
  const host = '<host><status state="up" reason="arp-response"/><address addr="10.9.8.7" addrtype="ipv4"/></host>';
  const end = '<runstats><finished exit="success"/><hosts up="1" down="0" total="1"/></runstats>';
  await dialog.getByLabel('File').setInputFiles(file(`<nmaprun scanner="nmap" version="7.95" args="nmap -sn 10.9.8.0/24">${host}${end}</nmaprun>`));
  await dialog.getByRole('button', { name: 'Import' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.goto(`${daemon.url}/scope?tab=hosts&text=10.9.8.7`);
  await page.getByRole('row', { name: /10\.9\.8\.7/ }).getByRole('cell', { name: 'not scanned' }).waitFor();
  await page.getByRole('link', { name: '10.9.8.7' }).click();
  await page.getByText('Its ports were not scanned').waitFor();
}

async function elsewhere(kit) {
  await kit.keep(new Listener('127.0.0.7', 6379));
  const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true, colorScheme: 'dark' };
  const { daemon, page } = await begin(kit, phone);
  await allow(page, daemon);
  await look(page, 'scope-phone-settings');
  await scan(page, daemon, 'scan');
  for (const tab of ['', 'hosts', 'findings', 'changes', 'scans']) {
    await page.goto(`${daemon.url}/scope${tab && `?tab=${tab}`}`);
    await look(page, `scope-phone-${tab || 'overview'}`);
  }
  await page.goto(`${daemon.url}/scope?tab=hosts&text=127.0.0.7`);
  await page.getByRole('link', { name: '127.0.0.7' }).click();
  await page.getByText('Redis open to the network').waitFor();
  await look(page, 'scope-phone-host');
  await importing(page, daemon);
}

await run([
  ['a network is allowed, scanned, looked at, and a host becomes a server', discover],
  ['the same on a phone', elsewhere],
]);

// SPDX-License-Identifier: MIT
// The guide "Connect your first server", word for word, against a real sshd; a changed host key; known hosts; an import.
import assert from 'node:assert/strict';
import { Daemon, ask, checkAccess, enter, eventually, run, shoot } from './lib.mjs';
import { Sshd } from './sshd.mjs';

async function ready({ keep, open }, options) {
  const sshd = await keep(new Sshd());
  const daemon = await keep(new Daemon({ secret: 'a-secret-for-tests' }));
  const page = await open(daemon.url, options);
  await enter(page, daemon);
  return { sshd, daemon, page };
}

/** Servers, Add Server: hostname, port, username, private key, and nothing else. */
async function add({ page, daemon, sshd }) {
  await page.goto(`${daemon.url}/servers`);
  await page.getByRole('button', { name: 'Add Server' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add Server' });
  await dialog.getByLabel('Hostname').fill('127.0.0.1');
  await dialog.getByLabel('Port').fill(String(sshd.port));
  await dialog.getByLabel('Username').fill(sshd.user);
  await dialog.getByRole('textbox', { name: 'Private key' }).fill(sshd.key);
  await shoot(page, 'server-add');
  await checkAccess(page, 'the dialog Add Server');
  await dialog.getByRole('button', { name: 'Add Server' }).click();
  await page.getByRole('heading', { name: '127.0.0.1' }).waitFor();
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
  await page.getByText(sshd.fingerprint).first().waitFor();
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
  const dialog = page.getByRole('dialog', { name: /Accept the new host key of 127/ });
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

async function keysAndCharts(helpers) {
  const { page, daemon, sshd } = await ready(helpers);
  await page.goto(`${daemon.url}/servers?tab=credentials`);
  await page.getByRole('button', { name: 'Add credential' }).click();
  const adding = page.getByRole('dialog', { name: 'Add credential' });
  await adding.getByLabel('Name').fill('made here');
  await adding.getByLabel('Generate a key').check();
  await adding.getByRole('button', { name: 'Store' }).click();
  const card = page.getByRole('listitem').filter({ hasText: 'made here' });
  const readLine = async () => {
    if (!(await card.locator('details[open]').count())) await card.getByText('The line for authorized_keys').click();
    const line = await card.locator('output').textContent();
    assert.match(line, /^ssh-ed25519 AAAA/);
    return line;
  };
  const first = await readLine();
  await sshd.tell(`allow ${first}`);
  for (const name of ['nas', 'pi'])
    await ask(page, 'POST', '/api/v1/servers', { name, host: '127.0.0.1', port: sshd.port, user_name: sshd.user, credential_id: (await ask(page, 'GET', '/api/v1/credentials')).items[0].id });
  const test = async (name, words) => {
    await page.goto(`${daemon.url}/servers`);
    const server = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });
    await server.getByRole('button', { name: 'Test connection' }).click();
    await server.getByText(words).first().waitFor();
    return server;
  };
  await (await test('nas', /It answers/)).getByText(/Last seen/).waitFor();
  await test('pi', /It answers/);

  // Replaced in one place, it is another for both.
  await page.goto(`${daemon.url}/servers?tab=credentials`);
  await card.getByText('nas, pi').waitFor();
  await card.getByRole('button', { name: 'Replace secret' }).click();
  const replacing = page.getByRole('dialog', { name: 'Replace the secret of made here' });
  await replacing.getByLabel('Generate a key').check();
  await shoot(page, 'credential-replace');
  await replacing.getByRole('button', { name: 'Replace' }).click();
  await replacing.waitFor({ state: 'detached' });
  const second = await eventually(async () => {
    const line = await readLine();
    assert.notEqual(line, first);
    return line;
  });
  for (const name of ['nas', 'pi']) await test(name, /SSH authentication failed/);
  await sshd.tell(`allow ${second}`);
  for (const name of ['nas', 'pi']) await test(name, /It answers/);

  // What was measured over the day, and when it was last seen.
  daemon.edit(`INSERT INTO server_samples SELECT id, (unixepoch() - n * 3600) * 1000000, n <> 3, 500, 400 + n * 50, 900 FROM servers,
    (SELECT value AS n FROM json_each('[2,3,4,5,6]'))`);
  await page.goto(`${daemon.url}/servers`);
  const nas = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'nas', exact: true }) });
  for (const name of ['Load', 'Memory', 'Fullest disk', 'Reachable']) {
    const line = nas.getByRole('img', { name: `${name} over the last day` });
    await line.waitFor();
    const path = await line.locator('path').getAttribute('d');
    assert.ok(path.split(/[ML]/).length >= 6 && !path.includes('NaN'), `${name}: ${path}`);
  }
  assert.ok(await nas.locator('dt', { hasText: 'Last seen' }).locator('xpath=following-sibling::dd[1]').locator('time').count(), 'last seen');
  await nas.getByText(/% of/).first().waitFor();
  await nas.locator('dt', { hasText: /^OS$/ }).locator('xpath=following-sibling::dd[1]').filter({ hasText: /\S/ }).waitFor();
  await nas.getByRole('button', { name: 'Edit' }).click();
  const editing = page.getByRole('dialog', { name: 'Edit nas' });
  await editing.getByText('More options').click();
  await editing.getByRole('textbox', { name: 'OS', exact: true }).fill('OpenWrt 23.05');
  await editing.getByRole('button', { name: 'Save' }).click();
  await nas.getByText('OpenWrt 23.05').waitFor();
  await shoot(page, 'server-charts');
  await checkAccess(page, 'a server with charts');

  await page.goto(`${daemon.url}/servers?tab=known-hosts`);
  const known = page.getByRole('listitem').filter({ hasText: 'nas' });
  await known.getByText(sshd.fingerprint).waitFor();
  await known.getByRole('button', { name: 'Forget the old host key' }).click();
  const sure = page.getByRole('dialog', { name: 'Forget the host key of nas?' });
  await sure.getByText(sshd.fingerprint).waitFor();
  await checkAccess(page, 'the question before a host key is forgotten');
  await sure.getByRole('button', { name: 'Forget the host key of nas' }).click();
  await known.waitFor({ state: 'detached' });
  assert.equal((await ask(page, 'GET', '/api/v1/servers')).items.find(({ name }) => name === 'nas').host_key, null);
  assert.equal((await ask(page, 'GET', '/api/v1/audit?event=server.host_key_forgotten')).items.length, 1);
  await test('nas', /It answers/);
}

await run([
  ['the first server, as the guide says', guide],
  ['a changed host key is looked at and accepted', changedKey],
  ['a key is made and replaced in one place; charts; a host key is forgotten', keysAndCharts],
  ['an import is previewed, then done, also on a telephone', importing],
]);

// SPDX-License-Identifier: MIT
// One's own account: sign-ins that are listed and ended, a password change, API tokens; and a policy that is tried before it is saved.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Daemon, checkAccess, enter, openPage, password, run, send, shoot, waitForReply } from './lib.mjs';

const firefox = { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };

async function account({ keep, open }) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/settings/account`);
  return { daemon, page };
}

async function signIn(page, url, word = password) {
  await page.goto(`${url}/login`);
  await page.getByLabel('Name', { exact: true }).fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(word);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
}

/** Another browser that is signed in, with its live socket open. */
async function another(daemon, options = {}, word = password) {
  const page = await openPage(daemon.url, options);
  await signIn(page, daemon.url, word);
  return page;
}

const me = (page) => page.evaluate(async () => (await fetch('/api/v1/me')).status);
const isOut = (page) => page.getByRole('heading', { name: 'Sign in to Vigilus' }).waitFor();

async function signIns(kit) {
  const { daemon, page } = await account(kit);
  const pages = [await another(daemon, firefox), await another(daemon)];
  try {
    await page.reload();
    const table = page.getByRole('region', { name: 'Where you are signed in' }).getByRole('table');
    await table.getByRole('row').nth(3).waitFor();
    assert.equal(await table.getByText('this one').count(), 1);
    const row = table.getByRole('row', { name: /Firefox on Linux/ });
    assert.match(await row.innerText(), /127\.0\.0\.1/);
    await checkAccess(page, 'sign-ins');
    await shoot(page, 'account-sign-ins');
    await row.getByRole('button', { name: 'End' }).click();
    await row.waitFor({ state: 'detached' });
    await isOut(pages[0]);
    assert.deepEqual([await me(pages[0]), await me(pages[1]), await me(page)], [401, 200, 200]);
    await page.getByRole('button', { name: 'End all others' }).click();
    await table.getByRole('row').nth(2).waitFor({ state: 'detached' });
    await isOut(pages[1]);
    assert.deepEqual([await me(pages[1]), await me(page)], [401, 200]);
  } finally {
    for (const one of pages) await one.context().close();
  }
}

async function passwordChange(kit) {
  const { daemon, page } = await account(kit);
  const other = await another(daemon);
  try {
    await page.getByLabel('Present password', { exact: true }).fill('not the password');
    await page.getByLabel('New password', { exact: true }).fill('another good password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('alert').waitFor();
    assert.equal(await me(other), 200, 'a wrong one ends nothing');
    await page.getByLabel('Present password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText(/The password is changed\. Your other sign-ins have ended/).waitFor();
    await isOut(other);
    assert.deepEqual([await me(other), await me(page)], [401, 200]);
    await signIn(other, daemon.url, 'another good password');
  } finally {
    await other.context().close();
  }
}

/** What the API answers to the token alone, without the browser's cookie. */
async function ask(daemon, token, path, body) {
  const method = body ? 'POST' : 'GET';
  const headers = { Authorization: `Bearer ${token}`, ...(body ? { 'Content-Type': 'application/json' } : {}) };
  return (await fetch(`${daemon.url}/api/v1/${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })).status;
}

async function createToken(page, name, { role = 'viewer', group = '', reads = false } = {}) {
  const form = page.locator('form', { has: page.getByRole('button', { name: 'Create token' }) });
  await form.getByLabel('Name', { exact: true }).fill(name);
  await form.getByLabel('Days it lives').fill('1');
  await form.getByLabel('Role', { exact: true }).selectOption(role);
  await form.getByLabel('For', { exact: true }).selectOption(group);
  await form.getByLabel('It only reads').setChecked(reads);
  await form.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('row', { name: new RegExp(name) }).waitFor();
  return page.getByText('Copy it now: it is shown this once.').locator('..').locator('output').innerText();
}

async function tokens(kit) {
  const { daemon, page } = await account(kit);
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('This is needed.').waitFor();
  const watching = await createToken(page, 'watching', { group: 'audit' });
  const chatting = await createToken(page, 'chatting', { role: 'approver', group: 'chat' });
  const reading = await createToken(page, 'reading', { role: 'owner', reads: true });
  assert.equal(new Set([watching, chatting, reading]).size, 3);
  await checkAccess(page, 'tokens');
  await shoot(page, 'account-tokens');
  for (const [token, path, body, status] of [
    [watching, 'audit', null, 200],
    [watching, 'operators', null, 403],
    [chatting, 'sessions', {}, 201],
    [chatting, 'audit', null, 403],
    [reading, 'operators', null, 200],
    [reading, 'sessions', {}, 403],
    [reading, 'freeze', {}, 403],
  ])
    assert.equal(await ask(daemon, token, path, body), status, `${path} with ${body ? 'POST' : 'GET'}`);

  await page.reload();
  await page.getByRole('row', { name: /watching/ }).waitFor();
  const shown = await page.content();
  for (const token of [watching, chatting, reading]) assert.ok(!shown.includes(token), 'shown once, and never again');
  const row = page.getByRole('row', { name: /chatting/ });
  await row.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('button', { name: 'Revoke chatting' }).click();
  await row.waitFor({ state: 'detached' });
  assert.deepEqual([await ask(daemon, chatting, 'sessions'), await ask(daemon, watching, 'audit')], [401, 200]);

  await daemon.kill('SIGTERM');
  const past = `UPDATE tokens SET expires_at = ${(Date.now() - 1000) * 1000} WHERE name = 'watching'`;
  execFileSync('sqlite3', [join(daemon.directory, 'vigilus.db'), past]);
  await daemon.start();
  assert.deepEqual([await ask(daemon, watching, 'audit'), await ask(daemon, reading, 'audit')], [401, 200], 'one is over');
}

async function trial({ keep, open }) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/chat`);
  await send(page, 'how full are the disks?');
  await page.getByRole('button', { name: 'Allow once' }).click();
  await waitForReply(page, 'Filesystem');
  await send(page, '@Files list the files here');
  await page.locator('.turn-end').nth(1).waitFor();

  await page.goto(`${daemon.url}/settings/policy`);
  for (const [number, effect, tools] of [[1, 'deny', 'shell.*'], [2, 'ask', 'filesystem.list']]) {
    await page.getByRole('button', { name: 'Add a rule' }).click();
    const rule = page.getByRole('region', { name: `Rule ${number}` });
    await rule.getByRole('combobox', { name: 'Then' }).selectOption(effect);
    await rule.getByLabel('Tools').fill(tools);
  }
  await page.getByRole('button', { name: 'Try against last week' }).click();
  await page.getByText(/Last week 2 calls were made\. 1 would be denied, 1 would newly ask a person\./).waitFor();
  await page.getByRole('listitem').filter({ hasText: /shell\.exec.*(ask|allow) → deny, rule 1/ }).waitFor();
  await page.getByRole('listitem').filter({ hasText: /filesystem\.list.*allow → ask, rule 2/ }).waitFor();
  await checkAccess(page, 'the trial of a policy');
  await shoot(page, 'policy-trial');
  const version = () => page.evaluate(async () => (await (await fetch('/api/v1/policy')).json()).version);
  assert.equal(await version(), 0, 'a trial stores nothing');
  await page.getByRole('button', { name: 'Save as version 1' }).click();
  await page.getByText('Version 1 counts from now on.').waitFor();
  assert.equal(await version(), 1);
}

await run([
  ['sign-ins are listed, and end at once', signIns],
  ['a changed password ends the others', passwordChange],
  ['API tokens: shown once, with their scope, until they are revoked or over', tokens],
  ['a policy is tried against what was before it is saved', trial],
]);

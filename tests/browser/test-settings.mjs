// SPDX-License-Identifier: MIT
// The guides of the documentation, as they are written, and a secret that has changed.
import assert from 'node:assert/strict';
import { Daemon, Models, ask, enter, eventually, password, run, send, shoot, waitForReply } from './lib.mjs';

async function addProvider({ keep, open }) {
  const models = await keep(new Models({ script: [{ text: 'All is well.' }], key: 'key-for-tests' }));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon, null);
  await page.goto(`${daemon.url}/chat`);
  await page.getByText(/There is no provider yet/).waitFor();
  await shoot(page, 'chat-no-provider');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('link', { name: 'Providers' }).click();
  await page.getByRole('button', { name: 'Add Provider' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add Provider' });
  await dialog.getByRole('button', { name: /OpenAI-compatible/ }).click();
  await dialog.getByLabel('Name', { exact: true }).fill('Kitchen server');
  await dialog.getByLabel('Endpoint URL').fill('not an address');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText(/URL|address/i).first().waitFor();
  assert.equal(await dialog.getByLabel('Endpoint URL').inputValue(), 'not an address', 'what was typed stays');
  await dialog.getByLabel('Endpoint URL').fill(`${models.url}/v1`);
  await dialog.getByLabel(/^API key/).fill('key-for-tests');
  await dialog.getByLabel('Default model').fill('gpt-4o-mini');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'Kitchen server' }).waitFor();
  return { daemon, page };
}

async function createOperator(kit) {
  const { page } = await addProvider(kit);
  await page.getByRole('link', { name: 'Operators' }).click();
  await page.getByRole('link', { name: 'Create Operator' }).click();
  await page.getByRole('button', { name: 'Create Operator' }).click();
  await page.getByText('This is needed.').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Watcher');
  await page.getByLabel('Description').fill('Says how things are.');
  await page.getByLabel('System prompt').fill('Monitor all infrastructure servers and report anomalies.');
  await page.getByRole('combobox', { name: 'Provider', exact: true }).selectOption({ label: 'Kitchen server' });
  await page.getByRole('checkbox', { name: /filesystem\.read/ }).check();
  await page.getByRole('radio', { name: /Strict/ }).check();
  await page.getByRole('textbox', { name: 'Working directory' }).fill('/srv');
  await page.getByRole('button', { name: 'Create Operator' }).click();
  await page.getByRole('link', { name: 'Watcher' }).click();
  assert.equal(await page.getByRole('textbox', { name: 'Working directory' }).inputValue(), '/srv');
  assert.ok(await page.getByRole('checkbox', { name: /filesystem\.read/ }).isChecked());
  await page.getByRole('link', { name: 'Chat', exact: true }).click();
  await send(page, '@Watcher how is it?');
  await waitForReply(page, 'All is well.');
  await page.getByRole('link', { name: 'Operators' }).click();
  await page.getByRole('link', { name: 'Watcher' }).click();
  await page.getByRole('button', { name: 'Delete Watcher' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete Watcher' }).click();
  await page.getByRole('heading', { name: 'Operators', level: 1 }).waitFor();
  await page.getByRole('link', { name: 'Watcher' }).waitFor({ state: 'detached' });
}

async function changedSecret(kit) {
  const { daemon, page } = await addProvider(kit);
  await daemon.kill('SIGTERM');
  daemon.secret = 'quite another secret';
  await daemon.start();
  await page.goto(`${daemon.url}/settings/providers`);
  await page.getByRole('heading', { name: "Stored API key can't be decrypted" }).waitFor();
  await page.getByText(/secret is another than the one/).waitFor();
  await shoot(page, 'secret-changed');
  await page.getByLabel('API key of Kitchen server').fill('key-for-tests');
  await page.getByRole('button', { name: 'Store key' }).click();
  await page.getByRole('heading', { name: "Stored API key can't be decrypted" }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Test connection' }).click();
  await page.getByText(/It answers/).waitFor();
}

async function signIn(page, word = password) {
  await page.getByRole('heading', { name: 'Sign in to Vigilus' }).waitFor();
  await page.getByLabel('Name', { exact: true }).fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(word);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function account({ keep, open }) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/settings/account`);
  await page.getByLabel('Present password', { exact: true }).fill(password);
  await page.getByLabel('New password', { exact: true }).fill('another good password');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText(/The password is changed/).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn(page);
  await page.getByRole('alert').waitFor();
  await page.goto(`${daemon.url}/settings/trust`);
  await signIn(page, 'another good password');
  await page.getByRole('heading', { name: 'Trust mode' }).waitFor();
  await page.getByLabel('Turns per run').fill('0');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('At least 1.').waitFor();
  await page.getByLabel('Turns per run').fill('7');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('button', { name: 'Undo' }).waitFor();
  await page.reload();
  assert.equal(await page.getByLabel('Turns per run').inputValue(), '7');
  const counts = { answers: 2, input_tokens: 9, output_tokens: 9, cached_tokens: 0, reasoning_tokens: 0, cost_micros: 0 };
  const items = [{ name: 'costly-9', ...counts, unpriced: 2 }, { name: 'known-1', ...counts, unpriced: 0 }];
  await page.route('**/api/v1/usage/totals*', (route) => route.fulfill({ json: { items, next: null } }));
  await page.reload();
  const hint = page.getByText(/limit on cost can’t hold these models.*: costly-9\. /);
  await page.getByLabel('Cost per run (cents)').fill('50');
  await hint.waitFor();
  await page.getByLabel('Prices of models').fill('costly-* 1 2');
  await hint.waitFor({ state: 'detached' });
}

async function policy({ keep, open }) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/settings/policy`);
  await page.getByText('There are no rules').waitFor();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  const rule = page.getByRole('region', { name: 'Rule 1' });
  await rule.getByLabel('Name', { exact: true }).fill('No nights');
  await rule.getByRole('combobox', { name: 'Then' }).selectOption('deny');
  await rule.getByLabel('Tools').fill('shell.*');
  await rule.getByRole('button', { name: /Only at some times/ }).click();
  await rule.getByLabel('From').fill('22:00');
  await rule.getByLabel('Until').fill('06:00');
  await rule.getByLabel('Time zone').fill('Mars/Base');
  await page.getByRole('button', { name: 'Try against last week' }).click();
  await page.getByText(/there is no such time zone/).waitFor();
  await rule.getByLabel('Time zone').fill('Europe/Berlin');
  await page.getByRole('button', { name: 'Try against last week' }).click();
  await page.getByText(/would have changed none/).waitFor();
  await shoot(page, 'policy');
  await page.getByRole('button', { name: 'Save as version 1' }).click();
  await page.getByText('Version 1 counts from now on.').waitFor();
  await page.reload();
  assert.equal(await rule.getByLabel('Until').inputValue(), '06:00');
  await page.goto(`${daemon.url}/tools?tool=shell.exec`);
  const floor = page.getByRole('combobox', { name: 'A call counts at least as' }).first();
  await floor.waitFor();
  await shoot(page, 'tool-floor');
}

/** Chosen here, kept, and what the models' servers are then asked. */
async function orchestrator({ keep, open }) {
  const route = { calls: [{ name: 'delegate', arguments: { operator: 'Network', reason: 'it fits' } }] };
  const router = await keep(new Models({ script: [{ ...route, when: { system: 'The cottage is garden-pi' } }, { text: 'A title' }] }));
  const models = await keep(new Models({ script: [{ text: 'All is well.' }] }));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon, { name: 'Main', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'main-1' });
  await ask(page, 'POST', '/api/v1/providers', { name: 'Router', type: 'openai-compatible', base_url: `${router.url}/v1`, default_model: 'router-1' });
  await page.goto(`${daemon.url}/settings/trust`);
  const provider = page.getByRole('combobox', { name: 'Provider that routes' });
  await page.getByRole('option', { name: 'Router' }).first().waitFor({ state: 'attached' });
  await provider.selectOption({ label: 'Router' });
  await page.getByRole('textbox', { name: 'Model that routes' }).fill('router-9');
  await page.getByLabel('What it should know').fill('The cottage is garden-pi.');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('button', { name: 'Undo' }).waitFor();
  await page.reload();
  await page.getByRole('option', { name: 'Router' }).first().waitFor({ state: 'attached' });
  await eventually(async () => assert.equal(await provider.locator('option:checked').innerText(), 'Router'));
  assert.equal(await page.getByRole('textbox', { name: 'Model that routes' }).inputValue(), 'router-9');
  assert.equal(await page.getByLabel('What it should know').inputValue(), 'The cottage is garden-pi.');
  await page.goto(`${daemon.url}/chat`);
  await send(page, 'how is the cottage?');
  await waitForReply(page, 'All is well.');
  await page.locator('.routing', { hasText: 'Network' }).waitFor();
  const { requests } = await (await fetch(`${router.url}/__control`)).json();
  const routed = requests.filter((one) => one.body?.tools?.some((tool) => tool.function.name === 'delegate'));
  assert.deepEqual(routed.map((one) => one.body.model), ['router-9']);
}

await run([
  ['who routes, with which model and what it should know, is chosen in Settings', orchestrator],
  ['Operators → Create Operator, after Settings → Providers → Add Provider', createOperator],
  ['a changed secret says so, and takes the key again', changedSecret],
  ['rules of the policy, and floors', policy],
  ['password, sign-in, limits', account],
]);

// SPDX-License-Identifier: MIT
// Providers: choose a kind, fill in its key, test, pick a model; what is wrong in words; options; a key that is never shown again.
import assert from 'node:assert/strict';
import { Daemon, Models, checkAccess, enter, run, shoot } from './lib.mjs';

const KEY = 'key-for-tests';
const names = Array.from({ length: 30 }, (_, i) => `claude-test-${i}`);

async function ask(models) {
  return (await (await fetch(`${models.url}/__control`)).json()).requests;
}

async function looks(page, name) {
  await shoot(page, `${name}-light`);
  await checkAccess(page, name);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await shoot(page, `${name}-dark`);
  await checkAccess(page, `${name}, dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 320, height: 700 });
  await shoot(page, `${name}-phone`);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wider, 0, `${name} fits on 320 pixels`);
  await page.setViewportSize({ width: 1360, height: 860 });
}

async function wizard({ keep, open }) {
  const models = await keep(new Models({ key: KEY, models: names, script: [{ text: 'All is well.' }] }));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon, null);
  await page.goto(`${daemon.url}/settings/providers?add=true`);
  const dialog = page.getByRole('dialog', { name: 'Add Provider' });
  await dialog.getByRole('region', { name: 'In the cloud, with a key' }).waitFor();
  await looks(page, 'provider-kinds');
  await dialog.getByRole('button', { name: /^Ollama/ }).click();
  await dialog.getByRole('button', { name: 'Choose another' }).click();
  await dialog.getByRole('button', { name: /^Anthropic/ }).click();
  await dialog.getByText('More options').click();
  await dialog.getByLabel('Endpoint URL').fill(models.url);
  await dialog.getByLabel('Reasoning').selectOption({ label: 'High' });
  await dialog.getByLabel('API key', { exact: true }).fill('sk-wrong');
  await dialog.getByRole('button', { name: 'Test connection' }).click();
  await dialog.getByRole('alert').filter({ hasText: 'enter a valid key' }).waitFor();
  await shoot(page, 'provider-wrong-key');
  await dialog.getByLabel('API key', { exact: true }).fill(KEY);
  await dialog.getByRole('button', { name: 'Test connection' }).click();
  await dialog.getByText('It answers, with 30 models.').waitFor();
  await dialog.getByLabel('Default model').fill('test-7');
  await dialog.getByRole('radio').nth(1).waitFor({ state: 'detached' });
  assert.equal(await dialog.getByRole('radio').count(), 1, 'a part of a name narrows the list down');
  await dialog.getByRole('radio', { name: 'claude-test-7' }).check();
  assert.equal(await dialog.getByLabel('Default model').inputValue(), 'claude-test-7');
  await looks(page, 'provider-models');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Edit' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit Anthropic' });
  assert.equal(await edit.getByLabel('API key', { exact: true }).inputValue(), '', 'a stored key is not shown');
  assert.equal(await edit.getByLabel('API key', { exact: true }).getAttribute('placeholder'), 'Unchanged');
  assert.equal(await edit.getByLabel('Reasoning').inputValue(), 'high');
  assert.ok(!(await page.content()).includes(KEY), 'the key is nowhere in the page');
  await edit.getByLabel('Reasoning').selectOption({ label: 'Off' });
  await edit.getByLabel('Name', { exact: true }).fill('Claude');
  await edit.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Claude', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Test connection' }).click();
  await page.getByText(/It answers/).waitFor();
  assert.ok((await ask(models)).at(-1).headers['x-api-key'], 'the stored key is still sent');
}

async function found({ keep, open }) {
  const models = await keep(new Models({ models: ['qwen3:4b'] }, 11434));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon, null);
  await page.goto(`${daemon.url}/settings/providers?add=true`);
  const dialog = page.getByRole('dialog', { name: 'Add Provider' });
  await dialog.getByRole('button', { name: /Use Ollama/ }).click();
  assert.match(await dialog.getByLabel('Endpoint URL').inputValue(), /:11434$/);
  await dialog.getByText('More options').click();
  await dialog.getByLabel('Context').fill('12');
  await dialog.getByRole('button', { name: 'Test connection' }).click();
  await dialog.getByRole('alert').filter({ hasText: /context_length/ }).waitFor();
  await dialog.getByLabel('Context').fill('8192');
  await dialog.getByRole('button', { name: 'Test connection' }).click();
  await dialog.getByText(/It answers/).waitFor();
  await dialog.getByRole('radio', { name: /qwen3:4b/ }).check();
  await shoot(page, 'provider-found');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Ollama' }).waitFor();
  assert.ok((await ask(models)).some((one) => one.path === '/api/tags'));
}

await run([
  ['choose, key, test, pick a model; then edit', wizard],
  ['a server on this machine is found and offered', found],
]);

// SPDX-License-Identifier: MIT
// From an empty data directory through the first-run checklist to an approved call in the audit log.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { Daemon, Models, checkAccess, run, send, setUp, shoot, waitForReply } from './lib.mjs';

function noteIn(daemon) {
  const path = execFileSync('find', [daemon.directory, '-name', 'notes.txt'], { encoding: 'utf8' }).trim();
  return path && existsSync(path) ? readFileSync(path, 'utf8') : null;
}

async function approveAndCheck(page, daemon, prefix) {
  const card = page.locator('.approval.pending');
  await card.waitFor();
  assert.equal(noteIn(daemon), null, 'nothing is written before the approval');
  assert.match(await card.innerText(), /Write/);
  assert.match(await card.innerText(), /notes\.txt/);
  assert.match(await card.innerText(), /buy disks/);
  const focus = await page.evaluate(() => document.activeElement?.textContent ?? '');
  assert.doesNotMatch(focus, /Allow/, 'the focus is not on Allow');
  await shoot(page, `${prefix}-approval`);
  await page.reload();
  await card.waitFor();
  await card.getByRole('button', { name: 'Allow once' }).click();
  await page.getByText(/Allowed once by ada/).waitFor();
  await page.getByRole('button', { name: 'Send' }).waitFor();
  assert.match(noteIn(daemon) ?? '', /buy disks/);
  await shoot(page, `${prefix}-answer`);
}

async function checkAudit(page, prefix) {
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('cell', { name: 'call.outcome' }).first().waitFor();
  for (const event of ['approval.requested', 'approval.decided', 'call.declared', 'call.outcome'])
    assert.ok((await page.getByRole('cell', { name: event, exact: true }).count()) > 0, `${event} stands in the log`);
  const row = page.getByRole('row').filter({ hasText: 'call.outcome' }).filter({ hasText: 'filesystem.write' });
  assert.match(await row.first().innerText(), /success/);
  await row.first().getByRole('button', { name: /Details/ }).click();
  await page.locator('.audit-details').getByText('notes.txt').first().waitFor();
  await shoot(page, `${prefix}-audit`);
  await checkAccess(page, 'the audit log');
}

async function offline({ keep, open }) {
  const daemon = await keep(new Daemon());
  const page = await open(daemon.url);
  await setUp(page, daemon);
  const rows = await page.locator('.wizard-steps li').evaluateAll((steps) => steps.map((step) => step.getBoundingClientRect().top));
  assert.deepEqual(new Set(rows).size, 1, 'the steps stand beside each other where there is room');
  await page.getByRole('button', { name: /Try without a model/ }).click();
  await page.getByRole('button', { name: 'Test connection' }).click();
  await page.getByText(/It answers/).waitFor();
  await shoot(page, 'offline-provider');
  await checkAccess(page, 'the wizard');
  await page.getByRole('button', { name: 'Save provider' }).click();
  await page.getByRole('button', { name: 'Open the chat' }).click();
  await send(page, 'write a note to notes.txt: buy disks');
  await page.locator('.routing', { hasText: 'Files' }).waitFor();
  await approveAndCheck(page, daemon, 'offline');
  await checkAccess(page, 'the chat');
  await send(page, 'show notes.txt');
  await waitForReply(page, 'buy disks');
  await checkAudit(page, 'offline');
}

const script = {
  script: [
    { when: { results: true }, text: ['The note ', 'is **written**', ':\n\n| file | says |\n|---|---|\n| notes.txt | buy disks |\n'] },
    { when: { user: 'notes.txt' }, text: 'I write it down.', calls: [{ name: 'filesystem.write', arguments: { path: 'notes.txt', content: 'buy disks\n' } }] },
  ],
  key: 'key-for-tests',
  delay: 0.02,
};

/** With a model behind the real wire format of @type. */
function withModel(type, title, path, model) {
  return async ({ keep, open }) => {
    const models = await keep(new Models(script));
    const daemon = await keep(new Daemon());
    const page = await open(daemon.url);
    await setUp(page, daemon);
    await page.getByRole('button', { name: title }).click();
    if (type === 'anthropic') await page.getByText('More options').click();
    await page.getByLabel('Endpoint URL').fill(models.url + path);
    await page.getByLabel(/^API key/).fill('wrong');
    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.getByRole('alert').filter({ hasText: /key/i }).waitFor();
    await page.getByLabel(/^API key/).fill('key-for-tests');
    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.getByText(/It answers/).waitFor();
    await page.getByLabel('Default model').fill(model);
    await page.getByRole('button', { name: 'Save provider' }).click();
    await page.getByRole('button', { name: 'Open the chat' }).click();
    await send(page, '@Files write a note to notes.txt: buy disks');
    await approveAndCheck(page, daemon, type);
    await page.locator('.reply table').getByText('buy disks').waitFor();
    await checkAudit(page, type);
  };
}

await run([
  ['from nothing to an approved call, offline', offline],
  ['from nothing to an approved call, with Anthropic', withModel('anthropic', /Anthropic/, '', 'claude-sonnet-4-5')],
  ['from nothing to an approved call, with OpenAI’s format', withModel('openai', /OpenAI-compatible server/, '/v1', 'gpt-4o-mini')],
]);

// SPDX-License-Identifier: MIT
// Branches of a conversation: edit and send again, answer again, switch; two viewers see the same.
import assert from 'node:assert/strict';
import { Daemon, Models, checkAccess, enter, run, send, shoot, waitForReply } from './lib.mjs';

const script = [
  { when: { user: 'one' }, text: 'First answer.', times: 1 },
  { when: { user: 'one' }, text: 'Second answer.' },
  { when: { user: 'disks' }, text: 'The disks are half full.' },
];

async function chat({ keep, open }) {
  const models = await keep(new Models({ script }));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon, { name: 'Model', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'gpt-4o-mini' });
  await page.goto(`${daemon.url}/chat`);
  await send(page, '@Files one');
  await waitForReply(page, 'First answer.');
  return { page, daemon };
}

async function answerAgain(kit) {
  const { page } = await chat(kit);
  const second = await page.context().newPage();
  await second.goto(page.url());
  await second.getByText('First answer.').waitFor();
  await page.getByRole('button', { name: 'Answer again' }).click();
  for (const viewer of [page, second]) {
    await viewer.getByText('Second answer.').waitFor();
    await viewer.getByText('2 of 2').waitFor();
    await viewer.getByText('First answer.').waitFor({ state: 'detached' });
  }
  await page.getByRole('button', { name: 'Earlier alternative' }).click();
  for (const viewer of [page, second]) {
    await viewer.getByText('First answer.').waitFor();
    await viewer.getByText('1 of 2').waitFor();
    await viewer.getByText('Second answer.').waitFor({ state: 'detached' });
  }
  await page.reload();
  await page.getByText('First answer.').waitFor();
}

async function edit(kit) {
  const { page } = await chat(kit);
  await page.getByRole('button', { name: 'Edit message' }).focus();
  await page.keyboard.press('Enter');
  const box = page.getByRole('textbox', { name: 'Edited message' });
  assert.equal(await box.inputValue(), '@Files one');
  await shoot(page, 'chat-edit');
  await box.press('Escape');
  await box.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Edit message' }).click();
  await box.fill('@Files how full are the disks?');
  await box.press('Control+Enter');
  await waitForReply(page, 'half full');
  await page.locator('.user-tools').getByText('2 of 2').waitFor();
  await checkAccess(page, 'a conversation with branches');
  await shoot(page, 'chat-branches');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 320, height: 640 });
  await shoot(page, 'chat-branches-narrow');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing is cut off at 320 px');
  await page.getByRole('button', { name: 'Earlier alternative' }).click();
  await page.getByText('First answer.').waitFor();
}

await run([
  ['an answer is made again, and both viewers switch between the two', answerAgain],
  ['a message is edited by keyboard and sent as a branch', edit],
]);

// SPDX-License-Identifier: MIT
// Finding and keeping conversations, slash commands, export, and what models took.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Daemon, Models, checkAccess, enter, run, send, shoot, waitForReply } from './lib.mjs';

const script = [
  { when: { user: 'disks' }, text: 'The disks are **half full**.' },
  { when: { user: 'cellar' }, text: 'The meter in the cellar runs.' },
];

async function chat({ keep, open }) {
  const models = await keep(new Models({ script }));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon, { name: 'Model', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'gpt-4o-mini' });
  await page.goto(`${daemon.url}/chat`);
  await send(page, '@Files how full are the disks?');
  await waitForReply(page, 'half full');
  await page.getByRole('link', { name: 'New conversation' }).click();
  await send(page, '@Files how is the cellar?');
  await waitForReply(page, 'meter');
  return { page, daemon };
}

async function find(kit) {
  const { page } = await chat(kit);
  const list = page.getByRole('complementary', { name: 'Conversations' });
  await list.getByRole('button', { name: 'Pin “how full are the disks?”' }).click();
  await list.getByRole('region', { name: 'Pinned' }).getByText('how full').waitFor();
  const box = list.getByRole('searchbox', { name: 'Search conversations' });
  await box.fill('half ful');
  await list.getByText('One place').waitFor();
  assert.equal(await list.locator('mark').allInnerTexts().then((texts) => texts.join(' ')), 'half full');
  await checkAccess(page, 'a search over conversations');
  await shoot(page, 'chat-search');
  await list.locator('.search-hit').click();
  await page.locator('.reply.found', { hasText: 'half full' }).waitFor();
  await box.fill('nowhere');
  await list.getByText('Nothing was found').waitFor();
}

/** What the list of conversations can do, for a second viewer too; and both files of the export. */
async function keep(kit) {
  const { page } = await chat(kit);
  const second = await page.context().newPage();
  await second.goto(page.url());
  const lists = [page, second].map((viewer) => viewer.getByRole('complementary', { name: 'Conversations' }));
  const [list] = lists;
  const all = async (check) => {
    for (const one of lists) await check(one);
  };
  await list.getByRole('button', { name: 'Pin “how is the cellar?”' }).click();
  await all((one) => one.getByRole('region', { name: 'Pinned' }).getByText('how is the cellar').waitFor());
  await list.getByRole('button', { name: 'Rename “how is the cellar?”' }).click();
  await page.getByRole('dialog').getByLabel('Title').fill('The cellar');
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await all((one) => one.getByRole('region', { name: 'Pinned' }).getByText('The cellar').waitFor());
  await list.getByRole('button', { name: 'Unpin “The cellar”' }).click();
  await all((one) => one.getByRole('region', { name: 'Pinned' }).waitFor({ state: 'detached' }));

  const texts = {};
  for (const format of ['Markdown', 'JSON']) {
    await page.getByRole('button', { name: 'Export conversation' }).click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('dialog').getByRole('link', { name: format }).click()]);
    texts[file.suggestedFilename()] = readFileSync(await file.path(), 'utf8');
  }
  assert.deepEqual(Object.keys(texts), ['the-cellar.md', 'the-cellar.json']);
  assert.match(texts['the-cellar.md'], /^# The cellar[\s\S]*how is the cellar\?[\s\S]*The meter in the cellar runs\./);
  const whole = JSON.parse(texts['the-cellar.json']);
  assert.deepEqual(whole.messages.map((message) => message.kind), ['user', 'assistant']);
  assert.equal(whole.runs.length, 1);

  await list.getByRole('button', { name: /^Delete “how full/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete conversation' }).click();
  await all((one) => one.getByRole('link', { name: /how full/ }).waitFor({ state: 'detached' }));
  await list.getByRole('searchbox', { name: 'Search conversations' }).fill('half full');
  await list.getByText('Nothing was found').waitFor();
}

async function commands(kit) {
  const { page } = await chat(kit);
  const box = page.getByRole('combobox', { name: 'Message' });
  await box.pressSequentially('/ti');
  await page.getByRole('option', { name: /\/title/ }).waitFor();
  await box.press('Tab');
  assert.equal(await box.inputValue(), '/title ');
  await box.pressSequentially('The cellar');
  await box.press('Enter');
  await page.getByRole('heading', { name: 'The cellar' }).waitFor();
  await box.fill('/he');
  await page.getByRole('listbox', { name: 'Commands' }).waitFor();
  await shoot(page, 'chat-commands');
  await box.press('Tab');
  await box.press('Enter');
  const note = page.getByRole('status', { name: '/help' });
  await note.getByText('Shows the commands').waitFor();
  await checkAccess(page, 'the answer of a command');
  await page.setViewportSize({ width: 320, height: 640 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'chat-help-narrow');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing is cut off at 320 px');
  await note.getByRole('button', { name: 'Close' }).click();
  await box.fill('/dance');
  await box.press('Enter');
  await page.getByText(/There is no command \/dance/).waitFor();
  assert.equal(await box.inputValue(), '/dance');
  const [file] = await Promise.all([page.waitForEvent('download'), box.fill('/export json').then(() => box.press('Enter'))]);
  assert.equal(file.suggestedFilename(), 'the-cellar.json');
  assert.equal(JSON.parse(readFileSync(await file.path(), 'utf8')).messages.length, 2);
}

async function usage(kit) {
  const { page, daemon } = await chat(kit);
  await page.locator('.turn-end').getByText('40 tokens').waitFor();
  await page.goto(`${daemon.url}/usage`);
  await page.getByRole('cell', { name: '50', exact: true }).first().waitFor();
  await checkAccess(page, 'usage');
  await shoot(page, 'usage');
  await page.getByRole('link', { name: 'By Operator' }).click();
  await page.getByRole('rowheader', { name: 'Files' }).waitFor();
  await page.getByRole('link', { name: 'Single answers' }).click();
  await page.getByRole('row').nth(2).waitFor();
  await page.getByRole('link', { name: 'By day' }).click();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 320, height: 640 });
  await page.locator('.day-chart').waitFor();
  await shoot(page, 'usage-narrow');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing is cut off at 320 px');
}

await run([
  ['a conversation is pinned, found by its words, and opened where they stand', find],
  ['conversations are pinned, renamed, exported and deleted, for every viewer', keep],
  ['commands are completed, done, refused; a conversation is exported', commands],
  ['what models took is shown by day, Operator and answer', usage],
]);

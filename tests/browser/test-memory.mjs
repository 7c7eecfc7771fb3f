// SPDX-License-Identifier: MIT
// Memories: written, proposed, accepted with changes, rejected, told to whom they are for, forgotten; and expired ones.
import assert from 'node:assert/strict';
import { Daemon, Models, ask, checkAccess, enter, run, send, shoot, waitForReply } from './lib.mjs';

const proposal = { text: 'Backups run at 02:00.', reason: 'It was asked twice.', scope: 'everyone' };
const script = [
  { when: { user: 'remember', results: false }, calls: [{ name: 'memory.propose', arguments: proposal }] },
  { when: { results: true }, text: 'I have noted it.' },
  { text: 'Hello.' },
];

async function begin({ keep, open }) {
  const models = await keep(new Models({ script }));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url, { reducedMotion: 'reduce' });
  await enter(page, daemon, { name: 'Model', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'm' });
  for (const name of ['Keeper', 'Other']) await ask(page, 'POST', '/api/v1/operators', { name, tools: ['memory.propose'] });
  await page.goto(`${daemon.url}/memory`);
  return { models, daemon, page };
}

/** What the model was told before its last answer. */
async function told(kit, name) {
  const { page, daemon, models } = kit;
  await page.goto(`${daemon.url}/chat`);
  await send(page, `@${name} hello`);
  await waitForReply(page, 'Hello.');
  const { requests } = await (await fetch(`${models.url}/__control`)).json();
  return requests.at(-1).body.messages[0].content;
}

const dialogOf = (page) => page.getByRole('dialog');
const card = (page, text) => page.locator('li.card', { hasText: text });
const tab = (page, name) => page.getByRole('navigation', { name: 'Which memories' }).getByRole('link', { name }).click();

async function write(page, text, fill = async () => undefined) {
  await page.getByRole('button', { name: 'New memory' }).first().click();
  await dialogOf(page).getByLabel('What to keep in mind').fill(text);
  await fill(dialogOf(page));
  await dialogOf(page).getByRole('button', { name: 'Save' }).click();
  await dialogOf(page).waitFor({ state: 'detached' });
  await card(page, text).waitFor();
}

async function written(tools) {
  const kit = await begin(tools);
  const { page, daemon } = kit;
  await page.getByText('Nothing here').waitFor();
  const other = await page.context().newPage();
  await other.goto(`${daemon.url}/memory`);
  await other.getByText('Nothing here').waitFor();

  await page.getByRole('button', { name: 'New memory' }).first().click();
  await dialogOf(page).getByRole('button', { name: 'Save' }).click();
  await dialogOf(page).locator('.wrong').first().waitFor();
  await checkAccess(page, 'a new memory');
  await dialogOf(page).getByRole('button', { name: 'Cancel' }).click();

  await write(page, 'The NAS is in the cellar.');
  await card(other, 'The NAS is in the cellar.').waitFor();
  await write(page, 'Keeper counts beans.', async (dialog) => {
    await dialog.getByLabel('One Operator').check();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('This is needed.').waitFor();
    await dialog.getByRole('combobox', { name: 'Operator' }).selectOption({ label: 'Keeper' });
  });
  await write(page, 'Ada likes short answers.', (dialog) => dialog.getByLabel('Every Operator, when I ask').check());
  await write(page, 'Guests are here.', (dialog) => dialog.getByLabel('Until').fill('2099-12-31'));
  await card(page, 'Keeper counts beans.').getByText('Only Keeper').waitFor();
  await card(page, 'Ada likes short').getByText('when ada asks').waitFor();
  await card(page, 'Guests are here.').getByText('until').waitFor();
  await card(page, 'The NAS is').getByText('written by ada').waitFor();
  await shoot(page, 'memory');
  const keeper = await told(kit, 'Keeper');
  for (const text of ['The NAS is', 'Keeper counts', 'Ada likes', 'Guests are']) assert.ok(keeper.includes(text), `${text}: ${keeper}`);
  const others = await told(kit, 'Other');
  assert.ok(others.includes('The NAS is') && !others.includes('Keeper counts'), others);

  await page.goto(`${daemon.url}/memory`);
  await card(page, 'Guests are here.').getByRole('button', { name: 'Edit' }).click();
  await dialogOf(page).getByLabel('Until').fill('2020-01-01');
  await dialogOf(page).getByRole('button', { name: 'Save' }).click();
  await card(page, 'Guests are here.').getByText('expired').waitFor();
  await card(page, 'The NAS is').getByRole('button', { name: 'Forget' }).click();
  await dialogOf(page).getByRole('button', { name: 'Forget' }).click();
  await card(page, 'The NAS is').waitFor({ state: 'detached' });
  await card(other, 'The NAS is').waitFor({ state: 'detached' });
  const after = await told(kit, 'Keeper');
  assert.ok(!after.includes('Guests are') && !after.includes('The NAS is') && after.includes('Ada likes'), after);
}

async function proposed(tools) {
  const kit = await begin(tools);
  const { page, daemon } = kit;
  const inbox = await page.context().newPage();
  await inbox.goto(`${daemon.url}/memory?status=proposed`);
  await inbox.getByText('Nothing here').waitFor();
  await page.goto(`${daemon.url}/chat`);
  for (let number = 0; number < 2; number++) {
    await send(page, `@Keeper remember when backups run (${number})`);
    await page.locator('.turn').nth(number).getByText('I have noted it.').waitFor();
    await page.getByRole('button', { name: 'Send' }).waitFor();
  }
  const rows = card(inbox, 'Backups run at 02:00.');
  await rows.nth(1).waitFor();
  await rows.first().getByText('proposed by Keeper').waitFor();
  await rows.first().getByText('Why: It was asked twice.').waitFor();
  await checkAccess(inbox, 'proposed memories');
  await shoot(inbox, 'memory-proposed');
  assert.ok(!(await told(kit, 'Other')).includes('Backups run'), 'nothing is told before a person accepts it');

  await rows.first().getByRole('button', { name: 'Reject' }).click();
  await rows.nth(1).waitFor({ state: 'detached' });
  await rows.first().getByRole('button', { name: 'Edit and accept' }).click();
  await dialogOf(inbox).getByLabel('What to keep in mind').fill('Backups run at 03:00.');
  await dialogOf(inbox).getByRole('button', { name: 'Accept' }).click();
  await dialogOf(inbox).waitFor({ state: 'detached' });
  await inbox.getByText('Nothing here').waitFor();
  await tab(inbox, 'Rejected');
  await card(inbox, 'Backups run at 02:00.').waitFor();
  await tab(inbox, 'Kept');
  await card(inbox, 'Backups run at 03:00.').getByText('accepted by ada').waitFor();
  const after = await told(kit, 'Other');
  assert.ok(after.includes('Backups run at 03:00.') && !after.includes('02:00'), after);
}

await run([
  ['memories are written, scoped, expire and are forgotten, for every viewer', written],
  ['what an Operator proposes is told once a person has accepted it', proposed],
]);

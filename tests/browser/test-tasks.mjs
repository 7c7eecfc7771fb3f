// SPDX-License-Identifier: MIT
// Tasks: what runs now, for every viewer; each one that has ended, step by step; run again, gone on with; what it took and what the model thought.
import assert from 'node:assert/strict';
import { Daemon, Models, ask, checkAccess, enter, eventually, run, send, shoot, waitForReply } from './lib.mjs';

const words = (number) => Array.from({ length: number }, (_, index) => `word${index} `);

async function begin({ keep, open }, control) {
  const models = control && (await keep(new Models(control)));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url, { reducedMotion: 'reduce' });
  const provider = models && { name: 'Model', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'm' };
  await enter(page, daemon, provider ?? undefined);
  await page.goto(`${daemon.url}/chat`);
  return { daemon, page, models };
}

const panelOf = (page) => page.getByRole('dialog', { name: 'Running tasks' });

async function openPanel(page) {
  await page.getByRole('button', { name: /^Running tasks/ }).click();
  await panelOf(page).waitFor();
  return panelOf(page);
}

/** The panel of a page that looks on from elsewhere: it is told, not reloaded. */
async function panel(kit) {
  const { page, daemon } = await begin(kit);
  const other = await page.context().newPage();
  await other.goto(`${daemon.url}/servers`);
  const seen = await openPanel(other);
  await seen.getByText('Nothing runs').waitFor();

  await send(page, 'write a note to notes.txt: buy disks');
  const own = await openPanel(page);
  for (const shown of [own, seen]) {
    const row = shown.locator('.run-row', { hasText: 'write a note to notes.txt: buy disks' });
    await row.getByText('Waits for approval').waitFor();
    await row.locator('.duration').waitFor();
    assert.ok(await row.locator('.words').evaluate((words) => words.scrollWidth <= words.clientWidth), 'the request is not cut');
  }
  await checkAccess(other, 'the panel of running tasks');
  await shoot(other, 'tasks-panel');
  await seen.getByRole('button', { name: 'Stop', exact: true }).click();
  for (const shown of [own, seen]) await shown.getByText('Nothing runs').waitFor();
  await own.getByRole('button', { name: 'Close' }).click();
  await page.getByText('Stopped.', { exact: true }).waitFor();
}

/** One task goes through its states before the eyes of a viewer. */
async function progress(kit) {
  const { page, daemon, models } = await begin(kit, { script: [{ text: words(60) }], upto: 10 });
  const other = await page.context().newPage();
  await other.goto(`${daemon.url}/`);
  await send(page, '@Files count');
  await other.getByRole('button', { name: 'Running tasks: 1' }).waitFor();
  const seen = await openPanel(other);
  await seen.locator('.run-row').getByText('Thinking').waitFor();
  await seen.locator('.run-row', { hasText: 'Files' }).getByRole('link', { name: '@Files count' }).click();
  await seen.waitFor({ state: 'detached' });
  await other.getByRole('heading', { name: '@Files count' }).waitFor();
  await models.tell({ upto: null });
  await waitForReply(page, 'word59');
  await other.locator('.badge', { hasText: 'Done' }).waitFor();
  await other.getByRole('list', { name: 'Steps' }).getByText('word59').waitFor();
  await other.getByRole('button', { name: 'Running tasks', exact: true }).waitFor();
}

const openTask = async (page, daemon, filter, words) => {
  await page.goto(`${daemon.url}/tasks`);
  await page.getByRole('navigation', { name: 'Which tasks' }).getByRole('link', { name: filter, exact: true }).click();
  await page.getByRole('link', { name: words }).first().click();
  await page.getByRole('heading', { name: words }).waitFor();
  return page.getByRole('list', { name: 'Steps' });
};

/** What a task says of itself, in the order in which it happened. */
async function stepsOf(list) {
  await list.locator('.step').first().waitFor();
  return list.locator('.step > header strong').allInnerTexts();
}

const listing = { calls: [{ name: 'filesystem.list', arguments: { path: '.' } }], when: { user: 'list', results: false } };

async function inspectDone(kit) {
  const { page, daemon } = await begin(kit, { script: [{ ...listing, reasoning: 'They want a list.' }, { when: { results: true }, text: 'It is empty.' }] });
  await ask(page, 'PATCH', '/api/v1/settings', { model_prices: 'm 2000 10000' });
  await send(page, '@Files list the files');
  await waitForReply(page, 'It is empty.');
  const list = await openTask(page, daemon, 'Done', '@Files list the files');
  assert.deepEqual(await stepsOf(list), ['Asked', 'Files', 'Files']);
  const card = list.locator('.tool-card', { hasText: 'filesystem.list' });
  await card.waitFor();
  await page.getByText('One tool call').or(page.getByText('1 tool call')).waitFor();
  const steps = list.locator('.step');
  await steps.nth(1).getByText('Thinking').click();
  await steps.nth(1).getByText('They want a list.').waitFor();
  for (const number of [1, 2]) assert.match(await steps.nth(number).locator('> header').innerText(), /25 in, 15 out[\s\S]*0\.2/, 'tokens and cost of a step');
  await checkAccess(page, 'a task');
  await shoot(page, 'tasks-step-by-step');
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByRole('combobox', { name: 'Message' }).waitFor();
  await page.getByText('2 of 2').waitFor();
  await page.goto(`${daemon.url}/tasks`);
  await page.locator('.run-row').nth(1).waitFor();
  assert.equal(await page.locator('.run-row').count(), 2);
  await page.locator('.run-row').first().getByRole('link').click();
  await page.getByRole('link', { name: 'an earlier task' }).waitFor();
}

async function inspectFailed(kit) {
  const { page, daemon } = await begin(kit, { script: [{ text: 'Now it works.' }], key: 'right-key' });
  await send(page, '@Files hello');
  await page.locator('.note.bad, .turn [role=alert]').first().waitFor();
  const list = await openTask(page, daemon, 'Failed', '@Files hello');
  assert.deepEqual(await stepsOf(list), ['Asked', 'Note']);
  await page.locator('.badge', { hasText: 'Failed' }).waitFor();
  await page.getByText(/API key/).first().waitFor();
  await shoot(page, 'tasks-failed');
  const [provider] = (await ask(page, 'GET', '/api/v1/providers')).items;
  await ask(page, 'PATCH', `/api/v1/providers/${provider.id}`, { api_key: 'right-key' });
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('Go on from where you stopped.').waitFor();
  await waitForReply(page, 'Now it works.');
  await openTask(page, daemon, 'Failed', '@Files hello');
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByText('Now it works.').waitFor();
}

async function inspectStopped(kit) {
  const note = { calls: [{ name: 'filesystem.write', arguments: { path: 'a.txt', content: 'a' } }], when: { results: false } };
  const { page, daemon } = await begin(kit, { script: [note, { text: 'Written.', when: { results: true } }] });
  await send(page, '@Files write a note');
  await page.locator('.approval.pending').waitFor();
  const list = await openTask(page, daemon, 'Running', '@Files write a note');
  await list.locator('.approval.pending').waitFor();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.locator('.badge', { hasText: 'Stopped' }).waitFor();
  assert.deepEqual(await stepsOf(list), ['Asked', 'Files']);
  await list.locator('.tool-card', { hasText: 'filesystem.write' }).waitFor();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('Go on from where you stopped.').waitFor(); // not what the task that was stopped asked for
  await page.locator('.approval.pending').getByRole('button', { name: 'Allow once' }).click();
  await waitForReply(page, 'Written.');
  await page.goto(`${daemon.url}/tasks?state=done`);
  await page.getByRole('link', { name: 'Go on from where you stopped.' }).click();
  await page.getByText('Goes on with', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'an earlier task' }).click();
  await page.getByRole('heading', { name: '@Files write a note' }).waitFor();
}

/** A plan that was stopped is gone on with: what was done of it stays so. */
async function inspectPlan(kit) {
  const { page, daemon } = await begin(kit);
  await send(page, '@Files write a note to a.txt: one then @Files write a note to b.txt: two then @Activity what was done today?');
  const pending = (path) => page.locator('.approval.pending', { hasText: path });
  await pending('a.txt').getByRole('button', { name: 'Allow once' }).click();
  await pending('b.txt').waitFor();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText('Stopped.', { exact: true }).waitFor();
  await openTask(page, daemon, 'Stopped', /write a note to a\.txt/);
  await page.getByRole('button', { name: 'Go on' }).click();
  const plan = page.locator('.plan-card').last();
  await plan.getByText('done before').waitFor();
  assert.equal(await plan.getByText('done before').count(), 1);
  await shoot(page, 'tasks-plan-goes-on');
  await pending('b.txt').getByRole('button', { name: 'Allow once' }).click();
  await page.locator('.turn').last().locator('> .reply').waitFor();
  assert.equal(await page.locator('.turn').last().locator('.asked-run').count(), 2, 'not the note that was written');
  const list = await openTask(page, daemon, 'Done', /Go on from where/);
  await list.locator('.arguments', { hasText: 'What Files found before:' }).first().waitFor({ state: 'attached' });
  for (const text of await list.locator('.arguments').allTextContents()) assert.doesNotMatch(text, /tool_output|not instructions/, 'marks are for models');
}

/** A model whose template has opened its thought: only the end of it tells, and then what was shown moves, and nothing of it is lost. */
async function lateThinking(kit) {
  const thought = `First I count. ${'Then I count again. '.repeat(40)}`;
  const { page } = await begin(kit, { script: [{ text: [thought, '\n</think>\n\n', ...words(20)] }], delay: 0.1 });
  await page.evaluate(() => {
    window.lost = 0;
    let seen = false;
    new MutationObserver(() => {
      const isThere = document.querySelector('.turn')?.textContent.includes('First I count.') ?? false;
      if (seen && !isThere) window.lost++;
      seen = seen || isThere;
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await send(page, '@Files count');
  const turn = page.locator('.turn').last();
  await turn.locator('.thinking', { hasText: 'First I count.' }).waitFor();
  await turn.locator('.prose', { hasText: 'word19' }).waitFor();
  await turn.locator('.reply:not(.streaming)').waitFor();
  assert.doesNotMatch(await turn.locator('.prose').innerText(), /I count|think/);
  assert.equal(await page.evaluate(() => window.lost), 0, 'it was there all the time');
  await page.reload();
  await page.locator('.turn .thinking', { hasText: 'First I count.' }).waitFor();
  assert.doesNotMatch(await page.locator('.turn .prose').innerText(), /I count|think/);
}

/** Thinking stands apart from the answer: while it comes, after, and after a reload. The end of it is held back until it is stored, for half a secret looks like none. */
async function thinking(kit) {
  const thought = `First I count. ${'Then I count again. '.repeat(40)}`;
  const { page, models } = await begin(kit, { script: [{ reasoning: thought, text: words(40) }], upto: 25 });
  await send(page, '@Files count');
  const live = page.locator('.streaming');
  await live.locator('.thinking', { hasText: 'First I count.' }).waitFor();
  await live.locator('.prose', { hasText: 'word3' }).waitFor();
  assert.doesNotMatch(await live.locator('.prose').innerText(), /First I count/);
  await models.tell({ upto: null });
  await waitForReply(page, 'word39');
  for (const isReloaded of [false, true]) {
    if (isReloaded) await page.reload();
    const reply = page.locator('.reply:not(.streaming)', { hasText: 'word39' });
    await reply.waitFor();
    assert.doesNotMatch(await reply.locator('.prose').innerText(), /First I count/);
    assert.equal(await reply.locator('.thinking').evaluate((element) => element.open), false, 'it stands closed');
    await reply.getByText('Thinking').click();
    await reply.getByText('First I count.').waitFor();
  }
}

/** Prices are set in the browser; then there is a cost of the message, of the Operator and of the day. */
async function cost(kit) {
  const { page, daemon } = await begin(kit, { script: [{ text: 'Here.' }] });
  await page.goto(`${daemon.url}/settings/trust`);
  await page.getByLabel('Prices of models').fill('m 2000 10000');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('button', { name: 'Undo' }).waitFor();
  await page.goto(`${daemon.url}/chat`);
  await send(page, '@Files hello');
  await waitForReply(page, 'Here.');
  // 25 in at 2000 and 15 out at 10000 a million: 0.05 + 0.15.
  await page.locator('.turn-end', { hasText: '40 tokens' }).getByText(/0\.20/).waitFor();
  await send(page, '@Network hello');
  await page.locator('.turn-end').nth(1).waitFor();
  await page.goto(`${daemon.url}/usage`);
  const row = (name) => page.getByRole('row', { name });
  const numbers = async (name) => (await row(name).getByRole('cell').allInnerTexts()).join(' ');
  const today = page.getByRole('table').getByRole('row').nth(1);
  await today.waitFor();
  assert.match((await today.getByRole('cell').allInnerTexts()).join(' '), /^2 50 \d+ 30 .*0\.40/, 'the day');
  await page.getByRole('link', { name: 'By Operator' }).click();
  await row(/^Files/).waitFor();
  for (const name of [/^Files/, /^Network/]) assert.match(await numbers(name), /^1 25 \d+ 15 .*0\.20/, 'each Operator');
  await page.getByRole('link', { name: 'By model' }).click();
  await row(/^m /).waitFor();
  assert.match(await numbers(/^m /), /^2 50 \d+ 30 .*0\.40/);
  await page.getByRole('link', { name: 'Single answers' }).click();
  await page.getByRole('row').nth(2).waitFor();
  for (const number of [1, 2]) assert.match(await page.getByRole('row').nth(number).innerText(), /25\s+15\s+.*0\.20/, 'each answer');
}

await run([
  ['the panel shows what runs to every viewer, and stops it', panel],
  ['a task is followed to its end from another page', progress],
  ['a task that is done is inspected step by step, and run again', inspectDone],
  ['a task that failed is inspected, gone on with and run again', inspectFailed],
  ['a task that was stopped is inspected and gone on with', inspectStopped],
  ['what is left of a plan is done when it is gone on with', inspectPlan],
  ['thinking that only its end tells moves there from the text', lateThinking],
  ['thinking is shown apart', thinking],
  ['cost and tokens of a message, an Operator and a day', cost],
]);

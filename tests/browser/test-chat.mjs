// SPDX-License-Identifier: MIT
// The chat: late viewers, lost connections, crashes, Stop, mentions, and what a model may not do to a page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Daemon, Models, enter, run, send, shoot, waitForReply } from './lib.mjs';

const words = Array.from({ length: 40 }, (_, index) => `word${index} `);
const whole = words.join('').trim();

function provider(models) {
  return { name: 'Model', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'gpt-4o-mini' };
}

async function chatWith({ keep, open }, control) {
  const models = await keep(new Models(control));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon, provider(models));
  await page.goto(`${daemon.url}/chat`);
  return { daemon, page, models };
}

async function reloadWhileStreaming(kit) {
  const { page, models } = await chatWith(kit, { script: [{ text: words }], upto: 10 });
  await send(page, '@Files count');
  await page.locator('.streaming', { hasText: 'word5' }).waitFor();
  await page.reload();
  await page.locator('.streaming', { hasText: 'word0 word1 word2' }).waitFor();
  const second = await page.context().newPage();
  await second.goto(page.url());
  await second.locator('.streaming', { hasText: 'word0 word1' }).waitFor();
  await models.tell({ upto: null });
  for (const viewer of [page, second]) {
    await viewer.locator('.reply:not(.streaming)', { hasText: 'word39' }).waitFor();
    assert.equal(await viewer.locator('.reply .prose').innerText(), whole);
  }
  await shoot(page, 'chat-streamed');
}

async function stop(kit) {
  const { page } = await chatWith(kit, { script: [{ text: words }], upto: 10 });
  await send(page, '@Files count');
  await page.locator('.streaming', { hasText: 'word1' }).waitFor();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText('Stopped.').waitFor();
  await page.getByRole('button', { name: 'Send' }).waitFor();
  assert.doesNotMatch(await page.locator('.transcript').innerText(), /word39/);
}

async function crashWithApprovalOpen(kit) {
  const daemon = await kit.keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await kit.open(daemon.url);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/chat`);
  await send(page, 'write a note to notes.txt: buy disks');
  const card = page.locator('.approval.pending');
  await card.waitFor();
  const tasks = await page.context().newPage();
  await tasks.goto(`${daemon.url}/tasks`);
  const row = tasks.locator('.run-row', { has: tasks.getByRole('link', { name: 'write a note to notes.txt: buy disks' }) });
  await row.getByText('Waits for approval').waitFor();
  await tasks.close();
  await daemon.kill();
  await page.getByText(/The connection is lost/).waitFor();
  await shoot(page, 'chat-lost');
  await daemon.start();
  await page.getByText(/The connection is lost/).waitFor({ state: 'detached' });
  await card.getByRole('button', { name: 'Allow once' }).click();
  await page.getByText(/Allowed once by ada/).waitFor();
  await page.getByRole('button', { name: 'Send' }).waitFor();
  await send(page, 'show notes.txt');
  await waitForReply(page, 'buy disks');
}

/** The message is accepted only once the inbox is open; its conversation must not take its place then. */
async function goAwayWhileSending(page, text) {
  let letGo = () => {};
  const isAway = new Promise((resolve) => {
    letGo = resolve;
  });
  await page.route('**/messages', async (route) => {
    await isAway;
    await route.continue();
  });
  await send(page, text);
  await page.getByRole('link', { name: /Approvals/ }).click();
  await page.getByRole('heading', { name: 'Approvals' }).waitFor();
  const accepted = page.waitForResponse('**/messages');
  letGo();
  await accepted;
}

async function deny(kit) {
  const daemon = await kit.keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await kit.open(daemon.url);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/chat`);
  await goAwayWhileSending(page, 'write a note to notes.txt: buy disks');
  const card = page.locator('.approval.pending');
  await card.getByRole('button', { name: 'Deny' }).click();
  await card.getByLabel(/Why not/).fill('not today');
  await card.getByRole('button', { name: 'Deny' }).click();
  await page.locator('.approval.decided').getByText('Denied by ada').waitFor();
  await page.getByRole('link', { name: 'History' }).click();
  await page.getByText('Denied by ada').waitFor();
  await page.getByText('not today').waitFor();
}

async function mention(kit) {
  const { page } = await chatWith(kit, { script: [{ text: 'Here.' }] });
  const box = page.getByRole('combobox', { name: 'Message' });
  await box.pressSequentially('@inf');
  await page.getByRole('option', { name: /@Infrastructure/ }).waitFor();
  await box.press('Tab');
  assert.equal(await box.inputValue(), '@Infrastructure ');
  await box.pressSequentially('hello');
  await page.goto(page.url());
  assert.equal(await box.inputValue(), '@Infrastructure hello', 'the draft outlives a reload');
  await box.press('Enter');
  await waitForReply(page, 'Here.');
  await page.locator('.routing', { hasText: 'Infrastructure' }).waitFor();
}

/** Every payload of the collection, in chunks, as what a model says; no script runs and nothing foreign is asked. */
async function payloads(kit) {
  const file = new URL('../../data/dashboard/test-data/xss-payloads.json', import.meta.url);
  const rows = JSON.parse(readFileSync(file, 'utf8')).map((row) => row.payload);
  const size = 66;
  const chunks = Array.from({ length: Math.ceil(rows.length / size) }, (_, index) => rows.slice(index * size, (index + 1) * size));
  const script = chunks.map((chunk, index) => ({ when: { user: `part ${index} ` }, text: `${chunk.join('\n\n')}\n\nend of part ${index}` }));
  const { page } = await chatWith(kit, { script });
  let dialogs = 0;
  page.on('dialog', (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });
  for (const [index, chunk] of chunks.entries()) {
    await send(page, `@Files part ${index} ${chunk[0].slice(0, 200)}`);
    await page.locator('.reply:not(.streaming)', { hasText: `end of part ${index}` }).waitFor();
    await page.getByRole('button', { name: 'Send' }).waitFor();
  }
  const bad = await page.evaluate(() => {
    const box = document.querySelector('.transcript');
    const foreign = [...box.querySelectorAll('script, iframe, object, embed, form, base, img, video, audio, link, meta, style')];
    const handlers = [...box.querySelectorAll('*')].filter((one) => [...one.attributes].some(({ name }) => name.startsWith('on')));
    const links = [...box.querySelectorAll('a')].filter((link) => !/^(https?|mailto):/.test(link.protocol));
    return [...foreign, ...handlers, ...links].map((one) => one.outerHTML.slice(0, 200));
  });
  assert.deepEqual(bad, []);
  assert.equal(dialogs, 0);
}

async function cutShort(kit) {
  const script = [
    { when: { user: 'weapons' }, text: 'First you', stop: 'content_filter' },
    { when: { user: 'novel' }, text: 'It was a dark', stop: 'length' },
    { when: { user: 'nothing' }, text: '', stop: 'content_filter' },
  ];
  const { page } = await chatWith(kit, { script });
  for (const [word, begun, told] of [
    ['weapons', 'First you', 'The provider’s filter stopped this answer.'],
    ['novel', 'It was a dark', 'Cut short: the model reached its length limit.'],
  ]) {
    await send(page, `@Files ${word}`);
    const reply = page.locator('.reply:not(.streaming)', { hasText: begun });
    await reply.getByText(told).waitFor();
    await page.getByRole('button', { name: 'Send' }).waitFor();
  }
  await send(page, '@Files nothing');
  await page.getByText("The provider's filter stopped the answer before it began.").first().waitFor();
  await shoot(page, 'chat-cut-short');
}

await run([
  ['a reload and a second viewer in the middle of a reply see all of it, once', reloadWhileStreaming],
  ['Stop ends the reply', stop],
  ['an approval outlives a crash of the daemon, and the page comes back by itself', crashWithApprovalOpen],
  ['a denial in the inbox reaches the Operator', deny],
  ['a mention is completed, and chooses the Operator', mention],
  ['what a model says runs nothing', payloads],
  ['a person is told why a reply is not whole', cutShort],
]);

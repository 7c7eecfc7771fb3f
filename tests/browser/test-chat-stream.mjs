// SPDX-License-Identifier: MIT
// A long reply at 200 tokens a second: nothing lost when the socket drops, the same for two viewers, and the page stays quick.
// VIG_TOKENS says how many (20000: 100 seconds); the default is what fits into a short run. What is looked at is the processor time of each task: by
// the clock a busy machine makes any task long.
import assert from 'node:assert/strict';
import { Daemon, Models, enter, run, send } from './lib.mjs';

const count = Number(process.env.VIG_TOKENS ?? 1600);
const PAUSE = Number(process.env.VIG_PAUSE ?? 0.005); // seconds between tokens
const LIMIT = process.env.VIG_MEASURE ? 50 : 200; // milliseconds; where something else runs, more comes between two looks

/** Prose, lists, tables and code, as models write them, in pieces of a token each; a table of pages first. */
function tokensOf(number) {
  const rows = Array.from({ length: 400 }, (_, index) => `| host${index}.example.org | 10.0.${index >> 8}.${index & 255} | **up** | \`${index} days\` |\n`);
  const tokens = ['| name | address | state | since |\n|---|---|---|---|\n', ...rows, '\n'];
  for (let part = 1; tokens.length < number; part++) {
    tokens.push(`## Part ${part}\n\n`, ...Array.from({ length: 60 }, (_, index) => `word${part}x${index} `), '\n\n');
    for (let item = 1; item <= 6; item++) tokens.push(`${item}. `, 'item ', 'with ', '**bold** ', 'and ', '`code`', '\n');
    tokens.push('\n```sh\n', ...Array.from({ length: 20 }, (_, index) => `echo ${index}\n`), '```\n\n');
    tokens.push('| a | b |\n|---|---|\n', ...Array.from({ length: 8 }, (_, index) => `| ${part} | ${index} |\n`), '\n');
  }
  return tokens.slice(0, number - 1).concat('\n\nThe very end.');
}

async function chat({ keep, open }, tokens, control = { delay: PAUSE }) {
  const models = await keep(new Models({ script: [{ text: tokens }], ...control }));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon, { name: 'Model', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'gpt-4o-mini' });
  await page.goto(`${daemon.url}/chat`);
  return { page, daemon, models };
}

/** The tasks of the page's main thread by the processor time that they took, in milliseconds, longest first. */
async function traceTasks(page, work) {
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['disabled-by-default-devtools.timeline', '__metadata'], excludedCategories: ['*'] } });
  await work();
  const done = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await done;
  const main = new Set(events.filter((event) => event.name === 'thread_name' && event.args.name === 'CrRendererMain').map((event) => `${event.pid}/${event.tid}`));
  const tasks = events.filter((event) => event.name === 'RunTask' && main.has(`${event.pid}/${event.tid}`));
  return tasks.map((event) => (event.tdur ?? event.dur) / 1000).sort((a, b) => b - a);
}

async function quick(kit) {
  const tokens = tokensOf(count);
  const { page } = await chat(kit, tokens);
  await send(page, '@Files hello');
  await page.locator('.streaming .prose').waitFor();
  await page.evaluate(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => Math.round(entry.duration)))).observe({ type: 'longtask' });
  });
  const begin = Date.now();
  // A locator would read the whole text in the page, which is a long task of its own.
  const isThere = () => document.querySelector('.reply:not(.streaming)') !== null;
  const tasks = await traceTasks(page, () => page.waitForFunction(isThere, null, { polling: 500, timeout: count * 40 + 240_000 }));
  const seen = await page.evaluate(() => window.longTasks);
  console.log(`# ${count} tokens in ${((Date.now() - begin) / 1000).toFixed(1)} s; ${tasks.length} tasks; the longest by processor time: ${tasks.slice(0, 5).map((time) => time.toFixed(1)).join(', ')} ms; long tasks by the clock: ${seen.length} (${seen.sort((a, b) => b - a).slice(0, 5).join(', ')} ms)`);
  const text = await page.locator('.reply .prose').textContent();
  assert.match(text, /The very end\.$/);
  for (const part of [1, Math.max(1, Math.floor((count - 450) / 150))]) assert.match(text, new RegExp(`word${part}x59`));
  assert.ok(tasks.length > 100, 'there are tasks to look at');
  assert.ok(tasks[0] < LIMIT, `the longest task took ${tasks[0]} ms of processor time`);
}

/** Pieces come faster than all of it can be shown: then it is shown in steps, and not only at its end. */
async function catchingUp(kit) {
  const much = tokensOf(8000).join('');
  const { page } = await chat(kit, [much, ...Array.from({ length: 1200 }, (_, index) => `late${index}x `)]);
  await send(page, '@Files hello');
  await page.locator('.streaming .prose').waitFor();
  await page.evaluate(() => {
    window.seen = new Set();
    const look = () => {
      const text = document.querySelector('.streaming .prose')?.textContent.slice(-4000) ?? '';
      for (const [, number] of [...text.matchAll(/late(\d+)x/g)].slice(-1)) window.seen.add(number);
    };
    new MutationObserver(look).observe(document.querySelector('.transcript'), { subtree: true, childList: true, characterData: true });
  });
  await page.locator('.reply:not(.streaming)', { hasText: 'late1199x' }).waitFor({ timeout: 240_000 });
  const seen = await page.evaluate(() => window.seen.size);
  assert.ok(seen >= 3, `it was shown ${seen} times while it grew`);
}

/** Cuts the live socket of a page, and every new one for a while. */
async function breakable(page) {
  const sockets = new Set();
  let isCut = false;
  await page.routeWebSocket('**/api/v1/live', (socket) => {
    if (isCut) {
      socket.close();
      return;
    }
    socket.connectToServer();
    sockets.add(socket);
  });
  return {
    cut: async () => {
      isCut = true;
      for (const socket of sockets) await socket.close();
      sockets.clear();
    },
    mend: () => {
      isCut = false;
    },
  };
}

const words = Array.from({ length: 120 }, (_, index) => `word${index} `);

/** A reply in the middle, seen by two viewers; the line of the first can be cut. */
async function inTheMiddle(kit) {
  const { page, models } = await chat(kit, words, { upto: 20 });
  const line = await breakable(page);
  await page.reload();
  await send(page, '@Files count');
  await page.locator('.streaming', { hasText: 'word5' }).waitFor();
  const second = await page.context().newPage();
  await second.goto(page.url());
  await second.locator('.streaming', { hasText: 'word5' }).waitFor();
  return { page, models, line, second };
}

async function dropped(kit) {
  const { page, models, line, second } = await inTheMiddle(kit);
  await line.cut();
  await lost(page).waitFor();
  await models.tell({ upto: 60 });
  await second.locator('.streaming', { hasText: 'word50' }).waitFor();
  line.mend();
  await lost(page).waitFor({ state: 'detached' });
  await page.locator('.streaming', { hasText: 'word50' }).waitFor();
  await models.tell({ upto: null });
  await seeAllOnce([page, second]);
}

const lost = (viewer) => viewer.getByText(/The connection is lost/);

async function seeAllOnce(viewers) {
  for (const viewer of viewers) {
    await viewer.locator('.reply:not(.streaming)', { hasText: words.at(-1).trim() }).waitFor();
    // What is out of view is not laid out, so it has no inner text.
    const texts = await viewer.locator('.reply .prose').allTextContents();
    assert.deepEqual(texts.map((text) => text.trim()), [words.join('').trim()], 'all of it, once, in order');
  }
}

/** The browser itself is without a network for a while: sockets are gone, and whatever it asks fails. */
async function offline(kit) {
  const { page, models, line, second } = await inTheMiddle(kit);
  await page.context().setOffline(true);
  await line.cut();
  await lost(page).waitFor();
  assert.equal(await page.evaluate(() => fetch('/api/v1/me').then((answer) => answer.status, () => 'no network')), 'no network');
  await models.tell({ upto: 60 });
  line.mend();
  await page.context().setOffline(false);
  await lost(page).waitFor({ state: 'detached' });
  await models.tell({ upto: null });
  await seeAllOnce([page, second]);
}

/** The daemon dies in the middle of a reply: the model is asked again, and nobody sees the first half twice. */
async function killed(kit) {
  const { page, daemon, models } = await chat(kit, words, { upto: 20 });
  await send(page, '@Files count');
  await page.locator('.streaming', { hasText: 'word5' }).waitFor();
  const second = await page.context().newPage();
  await second.goto(page.url());
  await second.locator('.streaming', { hasText: 'word5' }).waitFor();
  await daemon.kill();
  for (const viewer of [page, second]) await lost(viewer).waitFor();
  await daemon.start();
  for (const viewer of [page, second]) await lost(viewer).waitFor({ state: 'detached' });
  await models.tell({ upto: null });
  await seeAllOnce([page, second]);
  await page.reload();
  await seeAllOnce([page]);
}

await run([
  ['a browser without a network in the middle loses nothing', offline],
  ['a daemon that is killed in the middle loses nothing, and two viewers see the same', killed],
  ['a socket that drops in the middle loses nothing, and two viewers see the same', dropped],
  ['a reply that comes faster than it can be shown grows on the page', catchingUp],
  [`${count} tokens at 200 a second make no task of ${LIMIT} ms`, quick],
]);

// SPDX-License-Identifier: MIT
// A long reply at 200 tokens a second: nothing lost when the socket drops, the same for two viewers, and the page stays quick.
// VIG_TOKENS says how many (20000: 100 seconds); the default is what fits into a short run. What is looked at is the processor time of each task: by
// the clock a busy machine makes any task long.
import assert from 'node:assert/strict';
import { Daemon, Models, enter, run, send } from './lib.mjs';

const count = Number(process.env.VIG_TOKENS ?? 1600);
const PAUSE = Number(process.env.VIG_PAUSE ?? 0.005); // seconds between tokens
const LIMIT = 50; // milliseconds

/** Prose, lists, tables and code, as models write them, in pieces of a token each. */
function tokensOf(number) {
  const tokens = [];
  for (let part = 1; tokens.length < number; part++) {
    tokens.push(`## Part ${part}\n\n`, ...Array.from({ length: 60 }, (_, index) => `word${part}x${index} `), '\n\n');
    for (let item = 1; item <= 6; item++) tokens.push(`${item}. `, 'item ', 'with ', '**bold** ', 'and ', '`code`', '\n');
    tokens.push('\n```sh\n', ...Array.from({ length: 20 }, (_, index) => `echo ${index}\n`), '```\n\n');
    tokens.push('| a | b |\n|---|---|\n', ...Array.from({ length: 8 }, (_, index) => `| ${part} | ${index} |\n`), '\n');
  }
  return tokens.slice(0, number - 1).concat('\n\nThe very end.');
}

async function chat({ keep, open }, tokens, pause = PAUSE) {
  const models = await keep(new Models({ script: [{ text: tokens }], delay: pause }));
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon, { name: 'Model', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'gpt-4o-mini' });
  await page.goto(`${daemon.url}/chat`);
  return { page, daemon };
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
  const tasks = await traceTasks(page, () => page.locator('.reply:not(.streaming)', { hasText: 'The very end.' }).waitFor({ timeout: count * 40 + 60_000 }));
  const seen = await page.evaluate(() => window.longTasks);
  console.log(`# ${count} tokens in ${((Date.now() - begin) / 1000).toFixed(1)} s; ${tasks.length} tasks; the longest by processor time: ${tasks.slice(0, 5).map((time) => time.toFixed(1)).join(', ')} ms; long tasks by the clock: ${seen.length} (${seen.sort((a, b) => b - a).slice(0, 5).join(', ')} ms)`);
  const text = await page.locator('.reply .prose').textContent();
  for (const part of [1, Math.max(1, Math.floor(count / 150))]) assert.match(text, new RegExp(`word${part}x59`));
  assert.ok(tasks.length > 100, 'there are tasks to look at');
  assert.ok(tasks[0] < LIMIT, `the longest task took ${tasks[0]} ms of processor time`);
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

async function dropped(kit) {
  const words = Array.from({ length: 160 }, (_, index) => `word${index} `);
  const { page, daemon } = await chat(kit, words, 0.05);
  const line = await breakable(page);
  await page.reload();
  await send(page, '@Files count');
  await page.locator('.streaming', { hasText: 'word5' }).waitFor();
  const second = await page.context().newPage();
  await second.goto(page.url());
  await line.cut();
  await page.getByText(/The connection is lost/).waitFor();
  await page.waitForTimeout(1000);
  line.mend();
  await page.getByText(/The connection is lost/).waitFor({ state: 'detached' });
  for (const viewer of [page, second]) {
    await viewer.locator('.reply:not(.streaming)', { hasText: 'word159' }).waitFor();
    assert.equal(await viewer.locator('.reply .prose').innerText(), words.join('').trim(), 'all of it, once, in order');
  }
  assert.ok(daemon.url);
}

await run([
  ['a socket that drops in the middle loses nothing, and two viewers see the same', dropped],
  [`${count} tokens at 200 a second make no task of ${LIMIT} ms`, quick],
]);

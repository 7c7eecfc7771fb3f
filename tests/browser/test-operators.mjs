// SPDX-License-Identifier: MIT
// Operators: a request split over several in the chat; versions, duplicates, files; the test bench; what the list shows live.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon, Models, checkAccess, enter, eventually, run, send, shoot, waitForReply } from './lib.mjs';

async function begin({ keep, open }, options) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url, { reducedMotion: 'reduce', ...options });
  await enter(page, daemon);
  return { daemon, page };
}

async function splitInChat(kit) {
  const { daemon, page } = await begin(kit);
  await page.goto(`${daemon.url}/chat`);
  await send(page, '@Files write a note to notes.txt: buy disks then @Activity tell what was done today');
  const plan = page.locator('.plan-card');
  await plan.waitFor();
  assert.match(await plan.innerText(), /Files[\s\S]*Activity[\s\S]*after 1/);
  const asked = page.locator('.asked-run').first();
  await asked.locator('.approval.pending').waitFor();
  assert.equal(await asked.evaluate((element) => element.open), true, 'what waits for a person stands open');
  await shoot(page, 'operators-plan-waits');

  const second = await page.context().newPage();
  await second.goto(`${daemon.url}/operators`);
  await second.locator('.operator-card', { hasText: 'Files' }).getByText('Waits for approval').waitFor();
  await shoot(second, 'operators-live');

  await page.reload();
  await asked.locator('.approval.pending').getByRole('button', { name: 'Allow once' }).click();
  await page.locator('.turn > .reply', { hasText: 'notes.txt' }).waitFor();
  await eventually(async () => assert.equal(await page.locator('.asked-run').count(), 2));
  await page.locator('.asked-run > summary .badge.good').nth(1).waitFor();
  await page.locator('.asked-run > summary').nth(1).click();
  await page.locator('.asked-run').nth(1).locator('.tool-card', { hasText: 'vigilus.activity' }).waitFor();
  await page.locator('.asked-task', { hasText: 'What Files found before:' }).waitFor();
  assert.doesNotMatch(await page.locator('.asked-run').nth(1).innerText(), /tool_output|not instructions/, 'what a step is told, as people should see it');
  assert.doesNotMatch(await page.locator('.asked-run > summary').nth(1).innerText(), /found before/, 'a line says what it shall do');
  await checkAccess(page, 'a plan in the chat');
  await shoot(page, 'operators-plan-done');
  await second.getByText('Waits for approval').waitFor({ state: 'detached' });
}

async function versions(kit) {
  const { daemon, page } = await begin(kit);
  await page.goto(`${daemon.url}/operators`);
  await page.getByRole('link', { name: 'Files', exact: true }).click();
  await page.getByText('It came with Vigilus, and follows newer versions').waitFor();
  await page.getByLabel('System prompt').fill('Answer in verse.');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('You have edited system_prompt').waitFor();
  const newest = page.locator('.versions > li').first();
  await newest.getByText('Version 2').click();
  await newest.locator('.diff-line.added', { hasText: 'Answer in verse.' }).waitFor();
  await shoot(page, 'operators-diff');
  const first = page.locator('.versions > li').nth(1);
  await first.getByText('Version 1').click();
  await first.getByRole('button', { name: 'Restore' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Restore version 1' }).click();
  await page.locator('.versions > li', { hasText: 'Version 3' }).waitFor();
  await eventually(async () => assert.match(await page.getByLabel('System prompt').inputValue(), /^You keep the files/));
  await checkAccess(page, 'an Operator');
}

const openOperator = async (page, daemon, name) => {
  await page.goto(`${daemon.url}/operators`);
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
};

/** What an older Vigilus had made of them: other words in what came with it, and in the Operators. */
const makeOlder = `UPDATE operators SET description = 'Old words.', builtin_version = 0,
  builtin_base = json_set (builtin_base, '$.description', 'Old words.', '$.system_prompt', iif (name = 'Files', 'Old prompt.', system_prompt))
  WHERE name IN ('Files', 'Network');`;

async function upgrade(kit) {
  const { daemon, page } = await begin(kit);
  await openOperator(page, daemon, 'Files');
  const came = await page.getByLabel('System prompt').inputValue();
  await page.getByLabel('System prompt').fill('Answer in verse.');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('You have edited system_prompt').waitFor();
  await daemon.kill('SIGTERM');
  execFileSync('sqlite3', [join(daemon.directory, 'vigilus.db'), makeOlder]);
  await daemon.start();
  await openOperator(page, daemon, 'Files');
  assert.equal(await page.getByLabel('System prompt').inputValue(), 'Answer in verse.', 'what a person wrote stays');
  assert.match(await page.getByLabel('Description').inputValue(), /^Reads, lists/, 'what nobody has touched is new');
  await page.getByText('You have edited system_prompt').waitFor();
  await page.locator('.versions > li').first().getByText('A newer Vigilus brought it').waitFor();
  await page.getByRole('button', { name: 'As it came' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take it back' }).click();
  await page.getByText('follows newer versions as long as nobody edits it').waitFor();
  await eventually(async () => assert.equal(await page.getByLabel('System prompt').inputValue(), came));
  await openOperator(page, daemon, 'Network');
  assert.match(await page.getByLabel('Description').inputValue(), /^Explores the network/);
  await page.locator('.versions > li', { hasText: 'A newer Vigilus brought it' }).waitFor();
}

/** The copy is one of its own; one that is off takes no request; its soul is told first. */
async function copyWithASoul(kit) {
  const models = await kit.keep(new Models({ script: [{ text: 'Here.' }] }));
  const daemon = await kit.keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await kit.open(daemon.url);
  await enter(page, daemon, { name: 'Model', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'm' });
  await openOperator(page, daemon, 'Network');
  const original = await page.getByLabel('System prompt').inputValue();
  await page.getByRole('button', { name: 'Duplicate' }).click();
  await page.getByRole('heading', { name: 'Network copy' }).waitFor();
  await eventually(async () => assert.equal(await page.getByLabel('System prompt').inputValue(), original));
  await page.getByLabel('System prompt').fill('You are the copy.');
  await page.getByLabel('Soul').fill('You are terse.');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Network copy is saved.').waitFor();
  await page.goto(`${daemon.url}/chat`);
  await send(page, '@Network-copy hello');
  await waitForReply(page, 'Here.');
  const { requests } = await (await fetch(`${models.url}/__control`)).json();
  const told = requests.at(-1).body.messages[0].content;
  assert.ok(told.startsWith('You are the copy.') && told.includes('You are terse.') && !told.includes(original), told);

  await openOperator(page, daemon, 'Network copy');
  await page.getByLabel('Enabled').click();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Network copy is saved.').first().waitFor();
  await openOperator(page, daemon, 'Network');
  assert.equal(await page.getByLabel('System prompt').inputValue(), original, 'the original is as it was');
  await page.goto(`${daemon.url}/chat`);
  await send(page, '@Network-copy hello');
  await page.locator('.routing', { hasText: 'Network' }).waitFor();
  assert.doesNotMatch(await page.locator('.routing').last().innerText(), /Network copy/, 'it is off');
}

async function benchToTheEnd(kit) {
  const { daemon, page } = await begin(kit);
  await openOperator(page, daemon, 'Files');
  await page.getByRole('textbox', { name: 'Request' }).fill('write a note to bench.txt: buy disks');
  await page.getByRole('button', { name: 'Run it here' }).click();
  const steps = page.getByRole('region', { name: 'Test run' });
  await steps.locator('.tool-card', { hasText: 'filesystem.write' }).waitFor();
  await steps.getByText('Verdict: ask').waitFor();
  await steps.getByRole('button', { name: 'Allow once' }).click();
  await steps.getByText('Verdict: allow').waitFor();
  await steps.locator('.reply', { hasText: 'bench.txt' }).waitFor();
  await steps.locator('.badge', { hasText: 'Done' }).first().waitFor();
  assert.equal(readFileSync(join(daemon.directory, 'workspace/bench.txt'), 'utf8').trim(), 'buy disks');
}

async function files(kit) {
  const { daemon, page } = await begin(kit);
  await page.goto(`${daemon.url}/operators`);
  await page.getByRole('link', { name: 'Network', exact: true }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export' }).click()]);
  const text = readFileSync(await download.path(), 'utf8');
  const file = JSON.parse(text);
  assert.equal(file.vigilus_operator, 1);
  assert.equal(file.name, 'Network');
  await page.getByRole('button', { name: 'Duplicate' }).click();
  await page.getByRole('heading', { name: 'Network copy' }).waitFor();

  const put = async (name, value) => {
    const path = join(daemon.directory, name);
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
    await page.getByLabel('File', { exact: true }).setInputFiles(path);
  };
  await page.goto(`${daemon.url}/operators`);
  await page.getByRole('button', { name: 'Import' }).click();
  await put('prose.json', 'not JSON');
  await page.getByText('prose.json is not JSON').waitFor();
  await put('odd.json', { ...file, name: 'Odd', colour: 'red' });
  await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByText(/colour/).waitFor();
  await put('good.json', { ...file, name: 'Elsewhere', trust_mode: 'lenient', working_directory: '/not/there' });
  await page.getByText('It is lenient').waitFor();
  await shoot(page, 'operators-import');
  await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('heading', { name: 'Elsewhere' }).waitFor();
  await page.getByText('There is no directory /not/there here').waitFor();
}

async function bench(kit) {
  const { daemon, page } = await begin(kit);
  await page.goto(`${daemon.url}/operators`);
  await page.getByRole('textbox', { name: 'Request' }).fill('how full are the disks?');
  await page.getByRole('button', { name: 'Who would take it?' }).click();
  await page.getByText('The orchestrator would choose Infrastructure.').waitFor();
  await page.getByRole('link', { name: 'Files', exact: true }).click();
  await page.getByText('What its model is told').click();
  await page.locator('pre.preview', { hasText: 'You keep the files of the workspace' }).waitFor();
  await page.getByRole('textbox', { name: 'Request' }).fill('write a note to bench.txt: buy disks');
  await page.getByRole('button', { name: 'Run it here' }).click();
  await page.locator('.approval.pending').waitFor();
  await page.getByText('Verdict: ask').waitFor();
  await page.locator('#bench').scrollIntoViewIfNeeded();
  await shoot(page, 'operators-bench');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('region', { name: 'Test run' }).getByText('Stopped', { exact: true }).waitFor();
}

async function narrow(kit) {
  const { daemon, page } = await begin(kit, { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true, colorScheme: 'dark' });
  await page.goto(`${daemon.url}/chat`);
  await send(page, '@Activity what was done? @Files list the files');
  await page.locator('.plan-card').waitFor();
  await page.locator('.asked-run > summary .badge.good').nth(1).waitFor();
  await shoot(page, 'operators-narrow-plan');
  await page.goto(`${daemon.url}/operators`);
  await page.getByRole('link', { name: 'Files', exact: true }).click();
  await page.getByRole('heading', { name: 'Versions' }).waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, 'nothing scrolls sideways');
  await shoot(page, 'operators-narrow');
}

await run([
  ['a request is split over Operators in the chat', splitInChat],
  ['versions of an Operator', versions],
  ['a newer Vigilus leaves what a person has edited', upgrade],
  ['a copy of an Operator, its soul, and what is off', copyWithASoul],
  ['an Operator as a file', files],
  ['the test bench', bench],
  ['the test bench, to the end', benchToTheEnd],
  ['on a phone', narrow],
]);

// SPDX-License-Identifier: MIT
// The audit log: its proof, its export as a download that vigilus-verify takes, search, and new records while one looks.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Daemon, ask, checkAccess, enter, run, shoot } from './lib.mjs';

const verify = path.resolve(process.env.VIG_BUILD ?? 'build', 'root/bin/vigilus-verify');

async function openLog({ keep, open }) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url, { reducedMotion: 'reduce' });
  await enter(page, daemon);
  await page.goto(`${daemon.url}/audit`);
  await page.getByRole('heading', { name: 'Audit log' }).waitFor();
  return page;
}

async function exportsVerify(tools) {
  const page = await openLog(tools);
  await page.getByText('Proof and export').click();
  await page.getByRole('button', { name: 'Sign now' }).click();
  const key = page.locator('dd .mono', { hasText: /^vigilus\/audit\/.*\+.*\+/ });
  await key.first().waitFor();
  await shoot(page, 'audit-proof');
  await checkAccess(page, 'the proof of the audit log');
  for (const name of ['Export as JSON lines', 'Export as CSV']) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
    const output = execFileSync(verify, ['--key', await key.first().textContent(), await download.path()], { encoding: 'utf8' });
    assert.match(output, /complete and as they were signed/);
  }
}

async function newRecordsAreOffered(tools) {
  const page = await openLog(tools);
  await page.getByText('Live', { exact: true }).waitFor();
  await ask(page, 'POST', '/api/v1/operators', { name: 'Newcomer' });
  await page.getByRole('button', { name: /new record/ }).click();
  const row = page.getByRole('row').filter({ hasText: 'operator.created' });
  assert.match(await row.first().innerText(), /Newcomer/, 'the row names what was created');
}

async function wordsAreFound(tools) {
  const page = await openLog(tools);
  const box = page.getByRole('searchbox', { name: 'Search the log' });
  await box.fill('login');
  await box.press('Enter');
  await page.waitForURL(/text=login/);
  await box.fill('notthere');
  await box.press('Enter');
  await page.getByText('No record is like that').waitFor();
}

const words = (page) => page.locator('table.audit tbody tr td:nth-child(2)');

/** What stands in the table, once it is these events alone. */
async function settled(page, events) {
  await page.waitForFunction((wanted) => {
    const shown = [...document.querySelectorAll('table.audit tbody tr td:nth-child(2)')].map((cell) => cell.textContent);
    return shown.length > 0 && shown.every((event) => wanted.includes(event));
  }, events);
}

async function filtersNarrow(tools) {
  const page = await openLog(tools);
  for (const name of ['Alpha', 'Beta']) await ask(page, 'POST', '/api/v1/operators', { name });
  await ask(page, 'PATCH', '/api/v1/settings', { run_max_turns: 21 });
  await page.reload();
  await page.getByText('More filters').click();
  await page.getByLabel('Event').fill('operator.created');
  await page.getByLabel('Person').fill('ada');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.waitForURL(/event=operator.created/);
  await settled(page, ['operator.created']);
  assert.equal(await words(page).count(), 2);
  // A time in the viewer's own zone stands so in what takes it away, too.
  await page.getByLabel('Until').fill('2020-01-02T03:04');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.getByText('No record is like that').waitFor();
  const until = page.getByRole('button', { name: /^Until:/ });
  assert.match(await until.innerText(), /2 Jan 2020, 03:04:00/);
  await checkAccess(page, 'a filtered audit log');
  await shoot(page, 'audit-filtered');
  await until.click();
  await settled(page, ['operator.created']);
  await page.goBack();
  await page.getByText('No record is like that').waitFor();
  await page.getByRole('button', { name: 'Take all away' }).click();
  await page.getByRole('cell', { name: 'settings.changed' }).first().waitFor();
  assert.equal(new URL(page.url()).search, '');
}

async function olderPages(tools) {
  const page = await openLog(tools);
  for (let turns = 0; turns < 120; turns++) await ask(page, 'PATCH', '/api/v1/settings', { run_max_turns: 20 + (turns % 2) });
  await page.goto(page.url().replace(/audit.*/, 'audit?event=settings.changed'));
  for (const shown of [50, 100, 120]) {
    await page.waitForFunction((n) => document.querySelectorAll('table.audit tbody tr').length === n, shown);
    if (shown < 120) await page.getByRole('button', { name: 'Older records' }).click();
  }
  assert.equal(await page.getByRole('button', { name: 'Older records' }).count(), 0, 'nothing is older');
  await page.getByRole('row').nth(1).getByRole('button', { name: /Details/ }).click();
  const [first] = await ask(page, 'GET', '/api/v1/audit?event=settings.changed&limit=1').then(({ items }) => items);
  assert.match(await page.locator('.audit-details').innerText(), new RegExp(`Number\\s+${first.seq}`));
}

async function filteredExportsHaveTheirRowsAlone(tools) {
  const page = await openLog(tools);
  for (const name of ['=Gamma', 'De"lta', 'Other']) await ask(page, 'POST', '/api/v1/operators', { name });
  await page.goto(page.url().replace(/audit.*/, 'audit?event=operator.created'));
  await settled(page, ['operator.created']);
  const { items } = await ask(page, 'GET', '/api/v1/audit?event=operator.created&limit=200');
  const listed = items.map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)));
  await page.getByText('Proof and export').click();
  const fetched = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()]);
    const key = await page.locator('dd .mono', { hasText: /^vigilus\/audit\/.*\+.*\+/ }).first().textContent();
    const file = await download.path();
    assert.match(execFileSync(verify, ['--key', key, '--excerpt', file], { encoding: 'utf8' }), new RegExp(`each of these ${listed.length} records`));
    return { name: download.suggestedFilename(), text: readFileSync(file, 'utf8') };
  };
  await page.getByRole('button', { name: 'Sign now' }).click();
  const lines = await fetched('Export what is filtered, with proofs');
  assert.equal(lines.name, 'vigilus-audit-excerpt.jsonl');
  const records = lines.text.trim().split('\n').slice(1).map((line) => JSON.parse(JSON.parse(line).record));
  assert.deepEqual(records, listed, 'JSON lines: the rows that are listed, and no others');
  const table = await fetched('The same as CSV');
  assert.equal(table.name, 'vigilus-audit-excerpt.csv');
  const cells = table.text.trim().split('\r\n').slice(2).map((row) => row.match(/"(?:[^"]|"")*"/g).at(-1).slice(1, -1).replaceAll('""', '"'));
  assert.deepEqual(cells.map((cell) => JSON.parse(JSON.parse(cell).record)), listed, 'CSV: the same');
}

async function liveCountsWhatTheFilterLetsThrough(tools) {
  const page = await openLog(tools);
  await page.goto(page.url().replace(/audit.*/, 'audit?event=operator.created'));
  await page.getByText('No record is like that').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await ask(page, 'PATCH', '/api/v1/settings', { run_max_turns: 21 });
  await ask(page, 'POST', '/api/v1/operators', { name: 'Newcomer' });
  await ask(page, 'PATCH', '/api/v1/settings', { run_max_turns: 22 });
  await page.getByRole('button', { name: 'Show one new record' }).click();
  await settled(page, ['operator.created']);
  assert.equal(await words(page).count(), 1);
  await page.getByText('Live', { exact: true }).waitFor();
}

await run([
  ['exports verify', exportsVerify],
  ['new records are offered', newRecordsAreOffered],
  ['words are found', wordsAreFound],
  ['filters narrow', filtersNarrow],
  ['older pages', olderPages],
  ['filtered exports', filteredExportsHaveTheirRowsAlone],
  ['live with a filter', liveCountsWhatTheFilterLetsThrough],
]);

// SPDX-License-Identifier: MIT
// The audit log: its proof, its export as a download that vigilus-verify takes, search, and new records while one looks.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Daemon, checkAccess, enter, run, shoot } from './lib.mjs';

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
  await page.evaluate(async () => {
    const me = await (await fetch('/api/v1/me')).json();
    await fetch('/api/v1/operators', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': me.csrf_token },
      body: JSON.stringify({ name: 'Newcomer' }),
    });
  });
  await page.getByRole('button', { name: /new record/ }).click();
  await page.getByText('operator.created').first().waitFor();
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

await run([
  ['exports verify', exportsVerify],
  ['new records are offered', newRecordsAreOffered],
  ['words are found', wordsAreFound],
]);

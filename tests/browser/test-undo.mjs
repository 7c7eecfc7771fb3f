// SPDX-License-Identifier: MIT
// Undo on a tool's card and in the audit log; the panic switch, its banner, and the way out.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon, checkAccess, enter, run, send, shoot } from './lib.mjs';

async function ready({ keep, open }, options) {
  const daemon = await keep(new Daemon({ secret: 'a-secret-for-tests' }));
  const page = await open(daemon.url, options);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/chat`);
  return { daemon, page, note: join(daemon.directory, 'workspace', 'notes.txt') };
}

async function allow(page) {
  await page.locator('.approval.pending').getByRole('button', { name: 'Allow once' }).click();
  await page.getByRole('button', { name: 'Undo' }).waitFor();
}

async function undo(helpers) {
  const { page, note } = await ready(helpers);
  await send(page, 'write a note to notes.txt: buy disks');
  await allow(page);
  assert.match(readFileSync(note, 'utf8'), /buy disks/);
  await shoot(page, 'undo-card');
  await checkAccess(page, 'a card with Undo');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Undone by ada').waitFor();
  assert.ok(!existsSync(note), 'what was made is gone');
}

async function changedSince(helpers) {
  const { page, note, daemon } = await ready(helpers, { colorScheme: 'dark' });
  writeFileSync(note, 'old');
  await send(page, 'append "buy disks" to notes.txt');
  await allow(page);
  writeFileSync(note, 'by hand');
  await page.goto(`${daemon.url}/audit?event=call.outcome&tool=filesystem.write`);
  await page.getByRole('button', { name: /Details/ }).first().click();
  await page.getByRole('button', { name: 'Undo' }).click();
  const dialog = page.getByRole('dialog', { name: /Changed since/ });
  await dialog.waitFor();
  assert.equal(readFileSync(note, 'utf8'), 'by hand');
  await shoot(page, 'undo-changed-since');
  await checkAccess(page, 'the question before an override');
  await dialog.getByRole('button', { name: 'Undo all the same' }).click();
  await page.getByText('Undone by ada').waitFor();
  assert.equal(readFileSync(note, 'utf8'), 'old');
}

async function panic(helpers) {
  const { page, daemon } = await ready(helpers, { viewport: { width: 320, height: 700 } });
  await send(page, 'write a note to notes.txt: buy disks');
  await page.locator('.approval.pending').waitFor();
  await page.getByRole('button', { name: 'Stop everything' }).click();
  const dialog = page.getByRole('dialog', { name: 'Stop everything?' });
  await dialog.getByLabel(/Reason/).fill('it writes too much');
  await shoot(page, 'panic-dialog');
  await checkAccess(page, 'the panic dialog');
  await dialog.getByRole('button', { name: 'Stop everything now' }).click();
  const banner = page.getByRole('alert').filter({ hasText: 'Vigilus is frozen' });
  await banner.waitFor();
  assert.match(await banner.innerText(), /ada stopped everything[\s\S]*it writes too much/);
  await page.locator('.approval.pending').waitFor({ state: 'detached' }); // nothing waits any more
  const box = await page.getByRole('combobox', { name: 'Message' }).boundingBox();
  assert.ok(box.y + box.height <= 700, 'what is written stays in view below the banner');
  await page.goto(`${daemon.url}/operators`);
  await banner.waitFor();
  await shoot(page, 'panic-banner');
  await checkAccess(page, 'the banner');
  await banner.getByRole('button', { name: 'Unfreeze' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Unfreeze Vigilus' }).click();
  await banner.waitFor({ state: 'detached' });
}

await run([
  ['one click undoes what a call made', undo],
  ['what somebody else changed since is asked about, in the audit log', changedSince],
  ['the panic switch stops everything, and says so everywhere', panic],
]);

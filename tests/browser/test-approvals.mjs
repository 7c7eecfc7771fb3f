// SPDX-License-Identifier: MIT
// The approval card: where tainting words came from, edited arguments, grants for a conversation and their end; on a phone, too.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon, checkAccess, enter, run, send, shoot, waitForReply } from './lib.mjs';

async function chat(kit) {
  const daemon = await kit.keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await kit.open(daemon.url);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/chat`);
  return { daemon, page, card: page.locator('.approval.pending') };
}

async function allowOnce(page) {
  const button = page.getByRole('button', { name: 'Allow once' });
  await button.waitFor();
  assert.ok(!(await button.evaluate((node) => node === document.activeElement)), 'never in focus by itself');
  await button.click();
}

async function edited(kit) {
  const { daemon, page, card } = await chat(kit);
  await send(page, 'how full are the disks?');
  await allowOnce(page);
  await waitForReply(page, 'Filesystem');
  await send(page, '@Files write a note to notes.txt: buy disks');
  await card.waitFor();
  assert.match(await card.innerText(), /has read text from outside[\s\S]*shell\.exec/);
  await page.goto(`${daemon.url}/approvals`);
  await page.setViewportSize({ width: 320, height: 800 });
  await page.getByRole('button', { name: 'Edit …' }).click();
  await page.getByLabel('content').fill('buy TWO disks\n');
  await checkAccess(page, 'the arguments to edit');
  await shoot(page, 'approval-edit-phone');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing runs over the edge');
  await page.getByRole('button', { name: 'Allow once with these' }).click();
  await page.getByText('Nothing waits for you').waitFor();
  await page.goto(`${daemon.url}/approvals?tab=history`);
  await page.getByText('With arguments that ada changed:').waitFor();
  const file = join(daemon.directory, 'workspace', 'notes.txt');
  const end = Date.now() + 10_000;
  while (!existsSync(file) && Date.now() < end) await page.waitForTimeout(50);
  assert.equal(readFileSync(file, 'utf8'), 'buy TWO disks\n');
}

async function conversation(kit) {
  const { page, card } = await chat(kit);
  await send(page, 'append "one" to notes.txt');
  await page.getByRole('button', { name: 'Allow for …' }).click();
  await page.getByLabel(/In this conversation/).check();
  await checkAccess(page, 'the grant to choose');
  await page.getByRole('button', { name: 'Allow in this conversation' }).click();
  await page.getByRole('timer').getByText(/The grant ends in/).first().waitFor();
  await page.getByRole('button', { name: 'Send' }).waitFor();
  await send(page, 'append "two" to notes.txt');
  await page.getByRole('button', { name: 'Send' }).waitFor();
  assert.equal(await card.count(), 0);
  await shoot(page, 'approval-grant');
  await page.getByRole('button', { name: 'Revoke the grant' }).first().click();
  await page.getByText('The grant was revoked.').first().waitFor();
  await send(page, 'append "three" to notes.txt');
  await card.waitFor();
}

await run([
  ['edited arguments run, and stand in the record', edited],
  ['a grant for a conversation holds until it is revoked', conversation],
]);

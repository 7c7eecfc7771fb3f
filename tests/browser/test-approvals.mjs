// SPDX-License-Identifier: MIT
// The approval card: where tainting words came from, edited arguments, grants for a conversation and their end; on a phone, too.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon, checkAccess, enter, eventually, run, send, shoot, waitForReply } from './lib.mjs';

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

/** Waits until the notes in the working directory read so: only then has the call run. */
async function notesAre(daemon, page, wanted) {
  const file = join(daemon.directory, 'workspace', 'notes.txt');
  const read = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  await eventually(() => assert.match(read(), wanted));
}

async function edited(kit) {
  const { daemon, page, card } = await chat(kit);
  await send(page, 'how full are the disks?');
  await allowOnce(page);
  await waitForReply(page, 'Filesystem');
  await page.getByRole('button', { name: 'Revoke the grant' }).waitFor({ state: 'hidden' });
  await send(page, '@Files write a note to notes.txt: buy disks');
  await card.waitFor();
  assert.match(await card.innerText(), /has read text from outside[\s\S]*shell\.exec/);
  assert.equal(await page.locator('.reply.streaming').count(), 0, 'what the run before said is not said again');
  await page.goto(`${daemon.url}/approvals`);
  await page.setViewportSize({ width: 320, height: 800 });
  await page.getByRole('button', { name: 'Edit …' }).click();
  await page.getByLabel('content').fill('buy TWO disks\n');
  await checkAccess(page, 'the arguments to edit');
  await shoot(page, 'approval-edit-phone');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing runs over the edge');
  await page.getByRole('button', { name: 'Allow once with these' }).click();
  await page.locator('.approval.decided').getByText('Allowed once by ada').waitFor(); // it stays, with who and when
  await page.reload();
  await page.getByText('Nothing waits for you').waitFor();
  await page.goto(`${daemon.url}/approvals?tab=history`);
  await page.getByText('With arguments that ada changed:').waitFor();
  await notesAre(daemon, page, /^buy TWO disks\n$/);
}

async function conversation(kit) {
  const { daemon, page, card } = await chat(kit);
  await send(page, 'append "one" to notes.txt');
  await page.getByRole('button', { name: 'Allow for …' }).click();
  await page.getByLabel(/In this conversation/).check();
  await checkAccess(page, 'the grant to choose');
  await page.getByRole('button', { name: 'Allow in this conversation' }).click();
  await page.getByRole('timer').getByText(/The grant ends in/).first().waitFor();
  await notesAre(daemon, page, /one/);
  await page.getByRole('button', { name: 'Send' }).waitFor();
  await send(page, 'append "two" to notes.txt');
  await notesAre(daemon, page, /one[\s\S]*two/);
  await page.getByRole('button', { name: 'Send' }).waitFor();
  assert.equal(await card.count(), 0);
  await shoot(page, 'approval-grant');
  await page.getByRole('button', { name: 'Revoke the grant' }).first().click();
  await page.getByText('The grant was revoked.').first().waitFor();
  await send(page, 'append "three" to notes.txt');
  await card.waitFor();
}

const seconds = (text) => Number(/(\d+):(\d+)/.exec(text)[1]) * 60 + Number(/(\d+):(\d+)/.exec(text)[2]);

/** A card whose target is made narrower, its time from the approval on, and the countdown of both. */
async function narrowed(kit) {
  const { daemon, page, card } = await chat(kit);
  await send(page, 'append "one" to notes.txt');
  await card.waitFor();
  const left = seconds(await card.getByRole('timer').innerText());
  await eventually(async () => assert.ok(seconds(await card.getByRole('timer').innerText()) < left, 'the time to decide runs down'));
  await page.getByRole('button', { name: 'Allow for …' }).click();
  await page.getByRole('spinbutton', { name: 'Minutes' }).fill('30');
  const target = page.getByLabel('Target');
  const asked = await target.inputValue();
  await target.fill('file:/');
  await page.getByRole('button', { name: 'Allow for 30 min' }).click();
  await page.getByText(/must lie within what was asked for/).waitFor();
  await target.fill(`${asked}/inner`);
  await checkAccess(page, 'the grant to narrow');
  await shoot(page, 'approval-narrowed');
  const decided = page.waitForResponse((answer) => answer.url().endsWith('/decision') && answer.ok());
  await page.getByRole('button', { name: 'Allow for 30 min' }).click();
  await decided;
  await page.goto(`${daemon.url}/approvals?tab=history`);
  const ends = page.getByRole('timer').getByText(/The grant ends in/).first();
  await ends.waitFor();
  const first = seconds(await ends.innerText());
  assert.ok(first > 900 && first <= 1800, `thirty minutes from now, not from the request: ${first} s`);
  await eventually(async () => assert.ok(seconds(await ends.innerText()) < first, 'the grant runs down'));
  const grants = await page.evaluate(async () => (await (await fetch('/api/v1/grants?live=true')).json()).items);
  assert.deepEqual(grants.map((grant) => grant.resource), [`${asked}/inner`], daemon.directory);
}

await run([
  ['edited arguments run, and stand in the record', edited],
  ['a narrower grant, and what its time is counted from', narrowed],
  ['a grant for a conversation holds until it is revoked', conversation],
]);

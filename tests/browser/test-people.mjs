// SPDX-License-Identifier: MIT
// People and their accounts: invitations, an authenticator app, recovery codes, passkeys with Chromium's own virtual authenticator; versions of the policy.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Daemon, checkAccess, enter, openPage, password, run, shoot } from './lib.mjs';

const step = 30;

function decodeBase32(text) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const letter of text.replace(/[\s=]/g, '')) bits += alphabet.indexOf(letter).toString(2).padStart(5, '0');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}

/** RFC 6238 with SHA-1 and six digits, @ahead steps from now. */
function totp(secret, ahead = 0) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / step) + ahead));
  const hash = createHmac('sha1', decodeBase32(secret)).update(counter).digest();
  const at = hash[19] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function noScroll(page, where) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${where} scrolls sideways by ${over} px`);
}

/** Light, dark and a phone: a picture of each, checked. */
async function lookAt(page, name) {
  const size = page.viewportSize();
  for (const [view, scheme, width] of [['light', 'light', 1360], ['dark', 'dark', 1360], ['phone', 'dark', 320]]) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: view === 'phone' ? 640 : 860 });
    await page.evaluate(() => {
      window.scrollTo(0, 0);
      return Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
    });
    await shoot(page, `people-${name}-${view}`);
    await noScroll(page, `${name}, ${view}`);
    if (view === 'phone') await checkAccess(page, `${name}, ${view}`);
  }
  await page.setViewportSize(size);
}

async function signIn(page, url, name = 'ada', word = password) {
  await page.context().clearCookies();
  await page.goto(`${url}/login`);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password', { exact: true }).fill(word);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const isIn = (page) => page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();

async function invitation({ keep, open }) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/settings/people`);
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByText('This is needed.').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('bob');
  await page.getByLabel('Role', { exact: true }).selectOption('approver');
  await page.getByRole('button', { name: 'Invite' }).click();
  const dialog = page.getByRole('dialog', { name: 'Invitation for bob' });
  const link = await dialog.locator('output').innerText();
  assert.match(link, /\/invitation#.{40,}/);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('cell', { name: 'invited' }).waitFor();
  await lookAt(page, 'list');

  const his = await openPage(daemon.url);
  try {
    await his.goto(link);
    await his.getByText('You are bob here.').waitFor();
    await his.getByRole('textbox', { name: 'New password' }).fill('short');
    await his.getByRole('button', { name: 'Set the password' }).click();
    await his.locator('[aria-invalid=true]').waitFor();
    await lookAt(his, 'invitation');
    await his.getByRole('textbox', { name: 'New password' }).fill('bobs own password');
    await his.getByRole('button', { name: 'Set the password' }).click();
    await his.getByRole('heading', { name: 'Sign in to Vigilus' }).waitFor();
    await signIn(his, daemon.url, 'bob', 'bobs own password');
    await isIn(his);
    await his.goto(`${daemon.url}/settings/people`);
    await his.getByText('For administrators').waitFor();
    await his.goto(link);
    await his.getByText('This invitation has been used').waitFor(); // once is enough

    await page.reload();
    const row = page.getByRole('row', { name: /bob/ });
    await row.getByRole('combobox').selectOption('viewer');
    await his.goto(daemon.url);
    await his.getByRole('heading', { name: 'Sign in to Vigilus' }).waitFor(); // another role ends sign-ins
    await row.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('cell', { name: 'disabled' }).waitFor();
    await signIn(his, daemon.url, 'bob', 'bobs own password');
    await his.getByRole('alert').waitFor();
    await row.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Delete bob' }).click();
    await row.waitFor({ state: 'detached' });
    assert.deepEqual(his.faults, []);
  } finally {
    await his.context().close();
  }
}

async function takeCodes(page) {
  const dialog = page.getByRole('dialog', { name: /ecovery codes/ });
  await dialog.waitFor();
  const codes = (await dialog.locator('output, .mono').allInnerTexts()).join(' ').match(/[a-z0-9]{4,}(?:-[a-z0-9]{4,})+/gi);
  assert.ok(codes?.length >= 8, `recovery codes: ${codes}`);
  await shoot(page, 'people-codes');
  const kept = dialog.getByRole('checkbox');
  if (await kept.count()) await kept.check();
  await dialog.getByRole('button', { name: /Done|Close|kept|safe/i }).last().click();
  await dialog.waitFor({ state: 'detached' });
  return codes;
}

async function authenticatorApp({ keep, open }) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/settings/account`);
  await page.getByText(/Passkeys need HTTPS or localhost, and a host name/).waitFor();
  await page.getByRole('button', { name: 'Add an authenticator app' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set up an authenticator app' });
  const secret = await dialog.locator('.secret-box output').innerText();
  await dialog.getByRole('img', { name: /QR code/ }).waitFor();
  await lookAt(page, 'authenticator');
  await dialog.getByRole('textbox', { name: 'Code' }).fill('000000');
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByRole('textbox', { name: 'Code' }).fill(totp(secret));
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  const codes = await takeCodes(page);
  await lookAt(page, 'account');

  await signIn(page, daemon.url);
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Sign in' }).isVisible(), false, 'the first step is put away');
  await lookAt(page, 'second-step');
  await page.getByLabel('Code of your authenticator app').fill('123456');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Code of your authenticator app').fill(totp(secret, 1));
  await page.getByRole('button', { name: 'Continue' }).click();
  await isIn(page);

  await signIn(page, daemon.url);
  await page.getByRole('button', { name: 'Use: Recovery code' }).click();
  await page.getByLabel('One of your recovery codes').fill(codes[0]);
  await page.getByRole('button', { name: 'Continue' }).click();
  await isIn(page);
  await page.goto(`${daemon.url}/settings/account`);
  await page.getByText(`Recovery codes left: ${codes.length - 1}`).waitFor();
}

async function passkey({ keep, open }) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const url = daemon.url.replace('127.0.0.1', 'localhost');
  const page = await open(url);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options: { ...options, automaticPresenceSimulation: true } });
  await enter(page, { url });
  await page.goto(`${url}/settings/account`);
  await page.getByLabel('Name of the new passkey').fill('This laptop');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await takeCodes(page);
  await page.getByText('Passkey for localhost').waitFor();
  const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId });
  assert.equal(credentials.length, 1);
  assert.equal(credentials[0].rpId, 'localhost');
  await lookAt(page, 'passkey');

  await signIn(page, url);
  await page.getByRole('button', { name: 'Use the passkey' }).click();
  await isIn(page);

  // Somebody who cannot verify themselves to the authenticator does not come in.
  await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await signIn(page, url);
  await page.getByRole('button', { name: 'Use the passkey' }).click();
  await page.getByRole('alert').waitFor();
  await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
  await page.getByRole('button', { name: 'Use the passkey' }).click();
  await isIn(page);
}

async function policyVersions({ keep, open }) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/settings/policy`);
  await page.getByText('None yet: the first is made').waitFor();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByLabel('Why').fill('nights are quiet');
  await page.getByRole('button', { name: 'Save as version 1' }).click();
  await page.getByText(/Version 1: nights are quiet/).waitFor();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByRole('button', { name: 'Save as version 2' }).click();
  await page.locator('summary', { hasText: 'Version 2' }).click();
  const diff = page.getByRole('region', { name: 'Changes' }).first();
  await diff.getByText('+2. New rule').waitFor();
  await diff.getByText('1. New rule', { exact: false }).first().waitFor();
  await lookAt(page, 'policy');
}

await run([
  ['An invitation, another role, an account that is disabled and deleted', invitation],
  ['An authenticator app and recovery codes', authenticatorApp],
  ['A passkey, with a virtual authenticator', passkey],
  ['Versions of the policy and what they changed', policyVersions],
]);

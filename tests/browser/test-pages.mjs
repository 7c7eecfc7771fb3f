// SPDX-License-Identifier: MIT
// Every page, light and dark, on a phone and at a desk: without faults, without scrolling sideways, and usable with assistive technology.
import assert from 'node:assert/strict';
import { Daemon, ask, checkAccess, enter, eventually, password, run, send, shoot } from './lib.mjs';

const pages = [
  ['Home', '/'],
  ['Chat', '/chat'],
  ['Approvals', '/approvals'],
  ['Approvals history', '/approvals?tab=history'],
  ['Grants', '/approvals?tab=grants'],
  ['Tasks', '/tasks'],
  ['Operators', '/operators'],
  ['Create Operator', '/operators/new'],
  ['Servers', '/servers'],
  ['Add Server', '/servers?add=true'],
  ['Credentials', '/servers?tab=credentials'],
  ['Tools', '/tools?tool=filesystem.write'],
  ['Audit log', '/audit'],
  ['Providers', '/settings/providers'],
  ['Add Provider', '/settings/providers?add=true'],
  ['Trust and limits', '/settings/trust'],
  ['Plugins', '/settings/plugins'],
  ['Account', '/settings/account'],
  ['About', '/settings/about'],
];

// Assistive technology sees no difference between a desk and a wide desk: colours and small screens are what can be wrong.
const views = {
  light: { colorScheme: 'light' },
  phone: { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true, colorScheme: 'dark' },
  wide: { viewport: { width: 2560, height: 1440 }, colorScheme: 'dark' },
};
const accessible = ['light', 'phone'];

const long = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerk';

async function fill(page, daemon) {
  await enter(page, daemon);
  await page.goto(`${daemon.url}/chat`);
  await send(page, 'write a note to notes.txt: buy disks');
  await page.locator('.approval.pending').getByRole('button', { name: 'Allow for …' }).click();
  await page.getByRole('button', { name: /^Allow for \d/ }).click();
  await page.getByRole('button', { name: 'Send' }).waitFor();
  await send(page, 'how full are the disks?');
  await page.locator('.approval.pending').waitFor();
  await ask(page, 'POST', '/api/v1/credentials', { name: long, kind: 'password', password });
  await ask(page, 'POST', '/api/v1/operators', { name: 'Long', description: long });
  return new URL(page.url()).pathname;
}

async function isStill(page) {
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(() => !document.querySelector('.skeleton'));
}

function look(view) {
  return async ({ keep, open }) => {
    const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
    const page = await open(daemon.url, { ...views[view], reducedMotion: 'reduce' });
    const chat = await fill(page, daemon);
    for (const [name, path] of [...pages, ['A chat', chat]]) {
      await page.goto(daemon.url + path);
      await isStill(page);
      await shoot(page, `${view}-${name.toLowerCase().replaceAll(' ', '-')}`);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `${name} scrolls sideways by ${over} px`);
      const isHidden = await page.evaluate(() => {
        const tab = document.querySelector('.tabs [aria-current="page"]')?.getBoundingClientRect();
        return tab ? tab.left < 0 || tab.right > window.innerWidth : false;
      });
      assert.ok(!isHidden, `${name}: the tab that is shown is in view`);
      if (accessible.includes(view)) {
        await checkAccess(page, `${name}, ${view}`);
      }
    }
  };
}

async function keyboard({ keep, open }) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon);
  await page.goto(daemon.url);
  await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate(() => document.activeElement.textContent), /Skip to the content/);
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await page.getByRole('heading', { name: 'Operators', level: 1 }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await page.getByRole('heading', { name: 'Memory', level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  const box = page.getByRole('combobox', { name: /Page, Operator/ });
  await box.waitFor();
  await page.keyboard.type('audit');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Audit log', level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await box.waitFor();
  await page.keyboard.press('Escape');
  await box.waitFor({ state: 'detached' });
}

async function apiPages({ keep, open }) {
  const daemon = await keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await open(daemon.url);
  await enter(page, daemon);
  await page.goto(`${daemon.url}/docs`);
  // Swagger UI paints only what is in view.
  const path = page.locator('.opblock-summary-path', { hasText: 'approvals' }).first();
  await page.locator('.opblock').first().waitFor();
  await eventually(async () => {
    await page.mouse.wheel(0, 400);
    assert.ok(await path.isVisible(), 'the paths of approvals are listed');
  });
  await shoot(page, 'docs');
  await page.goto(`${daemon.url}/redoc`);
  await page.getByRole('heading', { name: /Vigilus/ }).first().waitFor();
  await shoot(page, 'redoc');
}

await run([
  ...Object.keys(views).map((view) => [`every page, ${view}`, look(view)]),
  ['all by keyboard', keyboard],
  ['Swagger UI and ReDoc', apiPages],
]);

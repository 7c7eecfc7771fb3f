// SPDX-License-Identifier: MIT
// Pictures and texts beside the words: chosen, taken back, sent, shown, refused in words.
import assert from 'node:assert/strict';
import { Daemon, Models, checkAccess, enter, run, send, shoot, waitForReply } from './lib.mjs';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGM4oKCABzGMSmNDAM86ZAHR1uXEAAAAAElFTkSuQmCC',
  'base64',
);

async function attach(kit) {
  const models = await kit.keep(new Models({ script: [{ text: 'A red square.' }] }));
  const daemon = await kit.keep(new Daemon({ secret: 'a secret for tests' }));
  const page = await kit.open(daemon.url);
  await enter(page, daemon, { name: 'Model', type: 'openai-compatible', base_url: `${models.url}/v1`, default_model: 'gpt-4o-mini' });
  await page.goto(`${daemon.url}/chat`);
  const input = page.locator('input[type=file]');
  await input.setInputFiles([
    { name: 'square.png', mimeType: 'image/png', buffer: png },
    { name: 'nginx.conf', mimeType: 'text/plain', buffer: Buffer.from('listen 80;\n') },
    { name: 'tool.png', mimeType: 'image/png', buffer: Buffer.from('\x7fELF\0\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1') },
  ]);
  await page.getByText(/neither a picture/).waitFor();
  const chips = page.getByRole('list', { name: 'Attachments' });
  await chips.getByText('square.png').waitFor();
  await chips.getByText('nginx.conf').waitFor();
  await shoot(page, 'chat-attach');
  await checkAccess(page, 'a message with attachments');
  await chips.getByRole('button', { name: 'Remove nginx.conf' }).click();
  await chips.getByText('nginx.conf').waitFor({ state: 'detached' });
  await input.setInputFiles([{ name: 'nginx.conf', mimeType: 'text/plain', buffer: Buffer.from('listen 80;\n') }]);
  await chips.getByText('nginx.conf').waitFor();
  await send(page, '@Files what is this?');
  await waitForReply(page, 'A red square.');
  const picture = page.getByRole('img', { name: 'square.png' });
  await picture.waitFor();
  await page.waitForFunction(() => document.querySelector('.sent-attachments img')?.naturalWidth === 10);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'nginx.conf' }).click()]);
  assert.equal(file.suggestedFilename(), 'nginx.conf');
  await page.setViewportSize({ width: 320, height: 640 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'chat-attached-narrow');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing is cut off at 320 px');
}

await run([['pictures and texts go with a message; what is neither is refused', attach]]);

// Every state of the clerk page in a real browser, in three sizes, light and dark: what must hold on each
// is checked, and each is stored as a picture in the folder TB_PICTURES. TB_STATES=a,b takes only those.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

import { states } from './lib/clerk_messages.mjs';
import { CHROMIUM, startStage } from './lib/clerk_stage.mjs';
import { screenFaults } from './lib/screen_faults.mjs';

const folder = process.env.TB_PICTURES ?? '';
const only = (process.env.TB_STATES ?? '').split(',').filter(Boolean);
const SIZES = [[1024, 600], [800, 480], [1920, 1080]];
const SCHEMES = ['light', 'dark'];

const RULES = { scrolling: '.scroll, .facts', whole: '.facts:not(:has(.details))', strip: '#keys > *, #sum, #lines .quantity' }; // the details scroll

async function play(page, stage, messages) {
  const opened = new Promise((resolve) => { stage.script = (send) => resolve(send); });
  await page.goto(stage.url);
  await opened;
  for (const step of messages) {
    if (typeof step === 'function') {
      await page.waitForSelector('body[data-kind=visit]');
      await step(page);
    }
    if (typeof step !== 'function') stage.say(...step);
  }
  await settle(page);
}

const settle = (page) => page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));

async function look(page, name, [width, height], scheme) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: scheme });
  await settle(page);
  if (folder) await page.screenshot({ path: path.join(folder, `${name}-${width}x${height}-${scheme}.png`) });
  return (await page.evaluate(screenFaults, RULES)).map((fault) => `${name} ${width}x${height} ${scheme}: ${fault}`);
}

async function lookAll(browser, stage, name, messages) {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce' });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
  page.on('console', (message) => { if (message.type() === 'error' && !message.location().url.endsWith('favicon.ico')) faults.push(`${name}: ${message.text()}`); });
  await play(page, stage, messages);
  for (const size of SIZES) for (const scheme of SCHEMES) faults.push(...await look(page, name, size, scheme));
  await context.close();
  return faults;
}

test('every state holds in every size and scheme', async () => {
  if (folder) mkdirSync(folder, { recursive: true });
  const stage = await startStage();
  const browser = await chromium.launch(CHROMIUM);
  const faults = [];
  for (const [name, messages] of Object.entries(states)) {
    if (only.length > 0 && !only.includes(name)) continue;
    faults.push(...await lookAll(browser, stage, name, messages));
  }
  await browser.close();
  await stage.stop();
  assert.deepEqual(faults, []);
});

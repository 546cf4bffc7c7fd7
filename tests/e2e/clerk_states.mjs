// Every state of the clerk page in a real browser, in three sizes, light and dark: what must hold on each
// is checked, WCAG 2.2 AA with axe-core among it, and each is stored as a picture in the folder TB_PICTURES.
// TB_STATES=a,b takes only those, TB_LANGUAGES=de,ar those languages, in one size.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

import { accessibilityFaults } from './lib/axe.mjs';
import { states as dialogs } from './lib/clerk_dialogs.mjs';
import { states as screens } from './lib/clerk_messages.mjs';
import { CHROMIUM, startStage } from './lib/clerk_stage.mjs';
import { isMeant, mend } from './lib/link_states.mjs';
import { screenFaults } from './lib/screen_faults.mjs';
import { LANGUAGES, remembers, speaks, spoken } from './lib/spoken.mjs';

const states = { ...screens, ...dialogs };
const folder = process.env.TB_PICTURES ?? '';
const only = (process.env.TB_STATES ?? '').split(',').filter(Boolean);
const SIGHTS = [[1024, 600, 'light'], [800, 480, 'dark'], [1920, 1080, 'light']];
const JUDGED = 1; // of them, by axe-core; contrast is measured in all

const RULES = { scrolling: '.scroll, .facts, dialog .body', whole: '.facts:not(:has(.details))', strip: '#keys > *, #sum, #lines .quantity' }; // the details scroll

async function play(page, stage, messages) {
  stage.answer = undefined;
  await mend(page, stage, messages);
  const opened = new Promise((resolve) => { stage.script = (send) => resolve(send); });
  await page.goto(stage.url);
  if (!stage.deaf) await opened;
  for (const step of messages) {
    if (typeof step === 'function') {
      if (!stage.deaf) await page.waitForSelector(`body[data-kind=${messages.some((one) => one[0] === 'visit' && one[1].visit) ? 'visit' : 'idle'}]`);
      await step(page, stage);
    }
    if (typeof step !== 'function') stage.say(...step);
  }
  await settle(page);
}

const settle = (page) => page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));

async function look(page, name, [width, height, scheme], judged) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: scheme });
  await settle(page);
  if (folder) await page.screenshot({ path: path.join(folder, `${name}-${width}x${height}-${scheme}.png`) });
  const faults = [...await page.evaluate(screenFaults, RULES), ...(judged ? await accessibilityFaults(page) : [])];
  return faults.map((fault) => `${name} ${width}x${height} ${scheme}: ${fault}`);
}

// One page for all states: each is opened anew in it, as after a reload.
async function openPage(browser, faults) {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('pageerror', (error) => faults.push(`${page.state}: ${error.message}`));
  page.on('console', (message) => { if (message.type() === 'error' && !isMeant(page, message) && !message.location().url.endsWith('favicon.ico')) faults.push(`${page.state}: ${message.text()}`); });
  return page;
}

async function lookAll(page, stage, name, messages, language) {
  const faults = [];
  page.state = `${name} ${language}`;
  await remembers(page, stage, messages, language);
  await play(page, stage, spoken(messages, language)).then(() => speaks(page, language)).catch((error) => faults.push(`${page.state}: ${error.message}`));
  await settle(page);
  const sights = language !== 'en' ? SIGHTS.slice(0, 1) : Object.hasOwn(dialogs, name) ? SIGHTS.slice(0, 2) : SIGHTS; // a dialog grows no further
  const called = language === 'en' ? name : `${name}-${language}`;
  for (const [n, sight] of sights.entries()) faults.push(...await look(page, called, sight, n < JUDGED));
  return faults;
}

test('every state holds in every size and scheme', async () => {
  if (folder) mkdirSync(folder, { recursive: true });
  const stage = await startStage();
  const browser = await chromium.launch(CHROMIUM);
  const faults = [];
  const page = await openPage(browser, faults);
  for (const [name, messages] of Object.entries(states)) {
    if (only.length > 0 && !only.includes(name)) continue;
    for (const language of LANGUAGES) faults.push(...await lookAll(page, stage, name, messages, language));
  }
  await browser.close();
  await stage.stop();
  assert.deepEqual(faults, []);
});

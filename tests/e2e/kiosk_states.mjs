// Every state of the kiosk's page in a real browser, portrait and landscape, light and dark: what must hold on each is
// checked, and each is stored as a picture in the folder TB_PICTURES. TB_STATES=a,b takes only those,
// TB_ALL every size in both schemes, TB_LANGUAGES=de,ar those languages, in one size.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

import { accessibilityFaults } from './lib/axe.mjs';
import { CHROMIUM, startStage } from './lib/clerk_stage.mjs';
import { answerIn, states } from './lib/kiosk_messages.mjs';
import { isMeant, mend } from './lib/link_states.mjs';
import { screenFaults } from './lib/screen_faults.mjs';
import { LANGUAGES, remembers, speaks, spoken } from './lib/spoken.mjs';

const folder = process.env.TB_PICTURES ?? '';
const only = (process.env.TB_STATES ?? '').split(',').filter(Boolean);
const LOOKS = [[1080, 1920, 'light'], [1280, 800, 'dark']];
const MORE_LOOKS = [[1080, 1920, 'dark'], [1280, 800, 'light'], [1920, 1080, 'light'], [1920, 1080, 'dark']]; // with TB_ALL
const looks = process.env.TB_ALL ? [...LOOKS, ...MORE_LOOKS] : LOOKS;
const RULES = { scrolling: '.scroll, .facts, .people, .languages, .what .name, #bar .store' };

const settle = (page) => page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));

// How this stage's agent answers; what a state waits for in vain is never answered.
function answer(name) {
  return ({ method }) => {
    if (name.endsWith('-offline')) return { error: { code: -32000, message: 'no', data: { code: 'retry.offline' } } };
    return { result: answerIn(name, method) };
  };
}

async function play(page, stage, name, messages) {
  const opened = new Promise((resolve) => { stage.script = (send) => resolve(send); });
  stage.answer = answer(name);
  await mend(page, stage, messages);
  stage.silent = name.endsWith('-asking');
  await page.goto(stage.url);
  if (!stage.deaf) await opened;
  let ready = 'body[data-kind=idle]';
  for (const step of messages) {
    if (typeof step !== 'function') {
      stage.say(...step);
      if (step[0] === 'visit' && step[1].visit) ready = 'body[data-kind=cart], body[data-kind=merge]';
      continue;
    }
    if (!stage.deaf) await page.waitForSelector(ready);
    await step(page, stage);
  }
  await settle(page);
}

async function look(page, name, [width, height, scheme]) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: scheme });
  await settle(page);
  if (folder) await page.screenshot({ path: path.join(folder, `${name}-${width}x${height}-${scheme}.png`) });
  return (await page.evaluate(screenFaults, RULES)).map((fault) => `${width}x${height} ${scheme}: ${fault}`);
}

async function lookAll(page, stage, name, messages, language) {
  const faults = [];
  page.faults = faults;
  await remembers(page, stage, messages, language);
  await play(page, stage, name, spoken(messages, language));
  await speaks(page, language);
  await settle(page);
  const called = language === 'en' ? name : `${name}-${language}`;
  for (const one of language === 'en' ? looks : looks.slice(0, 1)) faults.push(...await look(page, called, one));
  faults.push(...await accessibilityFaults(page));
  return faults.map((fault) => `${called}: ${fault}`);
}

async function openPage(browser) {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce', hasTouch: true });
  const page = await context.newPage();
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error' && !isMeant(page, message) && !message.location().url.endsWith('favicon.ico')) page.faults.push(message.text()); });
  return page;
}

test('every state holds in every size and scheme', async () => {
  if (folder) mkdirSync(folder, { recursive: true });
  const stage = await startStage('/kiosk');
  const browser = await chromium.launch(CHROMIUM);
  const page = await openPage(browser);
  const faults = [];
  for (const [name, messages] of Object.entries(states)) {
    if (only.length > 0 && !only.includes(name)) continue;
    for (const language of LANGUAGES) faults.push(...await lookAll(page, stage, name, messages, language));
  }
  await browser.close();
  await stage.stop();
  assert.deepEqual(faults, []);
});

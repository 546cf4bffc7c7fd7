// Every state of the page for IT in a real browser: what must hold on each is checked, WCAG 2.2 AA with axe-core among it,
// and each is stored as a picture in the folder TB_PICTURES. TB_STATES=a,b takes only those, TB_LANGUAGES=de,ar those languages.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

import { accessibilityFaults } from './lib/axe.mjs';
import { CHROMIUM, startStage } from './lib/clerk_stage.mjs';
import { answersOf, states } from './lib/it_messages.mjs';
import { isMeant, mend } from './lib/link_states.mjs';
import { screenFaults } from './lib/screen_faults.mjs';
import { LANGUAGES, remembers, speaks, spoken } from './lib/spoken.mjs';

const folder = process.env.TB_PICTURES ?? '';
const only = (process.env.TB_STATES ?? '').split(',').filter(Boolean);
const LOOKS = [[1280, 900, 'light'], [800, 480, 'dark']];
const JUDGED = ['well', 'readers-gone', 'disk-full', 'lost']; // by axe-core in every language; in English all are
const RULES = { scrolling: '#measures, #outcomes', long: true };

const settle = (page) => page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));

async function play(page, stage, { messages, answers }) {
  const opened = new Promise((resolve) => { stage.script = (send) => resolve(send); });
  stage.answer = ({ method }) => ({ result: answers[method] ?? {} });
  await mend(page, stage, messages);
  await page.goto(stage.url);
  if (!stage.deaf) await opened;
  for (const step of messages) {
    if (typeof step !== 'function') {
      stage.say(...step);
      continue;
    }
    if (!stage.deaf) await page.waitForSelector('#parts > li');
    await step(page, stage);
  }
  if (!messages.some((step) => typeof step === 'function')) await page.waitForSelector('[data-key=version]'); // everything is answered
  await settle(page);
}

async function look(page, name, [width, height, scheme]) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: scheme });
  await settle(page);
  if (folder) await page.screenshot({ path: path.join(folder, `${name}-${width}x${height}-${scheme}.png`), fullPage: true });
  return (await page.evaluate(screenFaults, RULES)).map((fault) => `${width}x${height} ${scheme}: ${fault}`);
}

async function lookAll(page, stage, name, state, language) {
  const faults = [];
  page.faults = faults;
  await remembers(page, stage, state.messages, language);
  await play(page, stage, { messages: spoken(state.messages, language), answers: answersOf(state) });
  await speaks(page, language);
  await settle(page);
  const called = language === 'en' ? name : `${name}-${language}`;
  for (const one of language === 'en' ? LOOKS : LOOKS.slice(0, 1)) faults.push(...await look(page, called, one));
  if (language === 'en' || JUDGED.includes(name)) faults.push(...await accessibilityFaults(page));
  return faults.map((fault) => `${called}: ${fault}`);
}

async function openPage(browser) {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error' && !isMeant(page, message) && !message.location().url.endsWith('favicon.ico')) page.faults.push(message.text()); });
  return page;
}

test('every state holds in every size and scheme', async () => {
  if (folder) mkdirSync(folder, { recursive: true });
  const stage = await startStage('/it');
  const browser = await chromium.launch(CHROMIUM);
  const page = await openPage(browser);
  const faults = [];
  for (const [name, state] of Object.entries(states)) {
    if (only.length > 0 && !only.includes(name)) continue;
    for (const language of LANGUAGES) faults.push(...await lookAll(page, stage, name, state, language));
  }
  await browser.close();
  await stage.stop();
  assert.deepEqual(faults, []);
});

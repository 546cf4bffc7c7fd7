// Every state of a page in a real browser: what must hold on each is checked, WCAG 2.2 AA with axe-core among it, and each
// is stored as a picture in the folder TB_PICTURES. TB_STATES=a,b takes only those, TB_LANGUAGES=de,ar those languages.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

import { accessibilityFaults } from './axe.mjs';
import { CHROMIUM, startStage } from './clerk_stage.mjs';
import { PATIENCE_MS } from './events.mjs';
import { defineTabStops, focusFaults } from './focus_faults.mjs';
import { isMeant } from './link_states.mjs';
import { screenFaults } from './screen_faults.mjs';
import { LANGUAGES, remembers, speaks, spoken } from './spoken.mjs';

const folder = process.env.TB_PICTURES ?? '';
const only = (process.env.TB_STATES ?? '').split(',').filter(Boolean);

export const settle = (page) => page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));

// One page for all states: each is opened anew in it, as after a reload.
async function openPage(browser, options) {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.addInitScript(defineTabStops);
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error' && !isMeant(page, message) && !message.location().url.endsWith('favicon.ico')) page.faults.push(message.text()); });
  return page;
}

async function look(page, name, [width, height, scheme], { rules, fullPage, judged }) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: scheme });
  await settle(page);
  if (folder) await page.screenshot({ path: path.join(folder, `${name}-${width}x${height}-${scheme}.png`), fullPage });
  const faults = [...await page.evaluate(screenFaults, rules), ...(judged ? await accessibilityFaults(page, judged) : [])];
  return faults.map((fault) => `${width}x${height} ${scheme}: ${fault}`);
}

// What axe-core is asked at each sight of a state: once all, in English in the other scheme the colours, too. Colours are the
// same in every language.
function judgementsOf(sights, language) {
  const last = sights.length - 1;
  const other = sights.findIndex(([, , scheme]) => scheme !== sights[last][2]);
  return sights.map((_, n) => (n === last ? (language === 'en' ? 'all' : 'structure') : n === other ? 'colours' : null));
}

// Last, because the focus changes what is shown: where the keyboard stops, in English in both schemes.
async function walk(page, language) {
  const faults = [];
  await page.keyboard.press('Shift'); // a hand is on it: a browser shows the focus to no other
  for (const colorScheme of language === 'en' ? ['light', 'dark'] : ['dark']) {
    await page.emulateMedia({ colorScheme });
    faults.push(...(await page.evaluate(focusFaults)).map((fault) => `focus, ${colorScheme}: ${fault}`));
  }
  return faults;
}

async function lookAll(page, stage, { name, messages, language }, { play, sights, judged, rules, fullPage = false }) {
  page.faults = [];
  try {
    await remembers(page, stage, messages, language);
    await play(page, stage, name, spoken(messages, language));
    await speaks(page, language);
  } catch (error) {
    page.faults.push(error.message);
  }
  await settle(page);
  const called = language === 'en' ? name : `${name}-${language}`;
  const seen = sights(name, language);
  const judgements = judgementsOf(seen, language);
  for (const [n, sight] of seen.entries())
    page.faults.push(...await look(page, called, sight, { rules, fullPage, judged: judged(name) && judgements[n] }));
  if (judged(name)) page.faults.push(...await walk(page, language));
  return page.faults.map((fault) => `${called}: ${fault}`);
}

// at: the page's path. messages(name): what makes the state; play(page, stage, name, messages) plays them.
// sights(name, language): the sizes and schemes to look at, [width, height, scheme] each.
// judged(name): whether it is no other one but for a sentence: axe-core and the keyboard go over it. rules: of screenFaults.
// options: further ones of the browser's context. fullPage: pictures of what is below, too.
export function everyState(at, names, { messages, options, ...how }) {
  test('every state holds in every size and scheme', async () => {
    if (folder) mkdirSync(folder, { recursive: true });
    const stage = await startStage(at);
    const browser = await chromium.launch(CHROMIUM);
    const page = await openPage(browser, options);
    const faults = [];
    for (const name of names.filter((one) => only.length === 0 || only.includes(one)))
      for (const language of LANGUAGES) faults.push(...await lookAll(page, stage, { name, messages: messages(name), language }, how));
    await browser.close();
    await stage.stop();
    assert.deepEqual(faults, []);
  });
}

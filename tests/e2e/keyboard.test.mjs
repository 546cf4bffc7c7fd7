// The keyboard alone: Tab goes through everything that can be used, in the order in which one reads, there and back, and stays
// nowhere; what opens has the focus and gives it back. In two directions of reading. How the focus is seen and that nothing is
// before it, every state's test says (lib/focus_faults.mjs).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

import { credentials, matches, operator, requests } from './lib/clerk_dialogs.mjs';
import * as clerk from './lib/clerk_messages.mjs';
import { CHROMIUM, startStage } from './lib/clerk_stage.mjs';
import { PATIENCE_MS } from './lib/events.mjs';
import { settle } from './lib/every_state.mjs';
import { defineTabStops } from './lib/focus_faults.mjs';
import { answersOf, states as itStates } from './lib/it_messages.mjs';
import * as kiosk from './lib/kiosk_messages.mjs';
import { speaks, spoken } from './lib/spoken.mjs';

const LANGUAGES = ['en', 'ar'];
const stages = {};
let browser;

before(async () => {
  browser = await chromium.launch(CHROMIUM);
  for (const path of ['/clerk', '/kiosk', '/it']) stages[path] = await startStage(path);
});
after(async () => {
  await browser.close();
  for (const stage of Object.values(stages)) await stage.stop();
});

async function openPage(path, language, messages, { answers = {}, viewport = { width: 1280, height: 800 } } = {}) {
  const stage = stages[path];
  const page = await browser.newPage({ viewport, reducedMotion: 'reduce', timezoneId: 'Europe/Berlin' });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.addInitScript(defineTabStops);
  stage.answer = ({ method }) => ({ result: answers[method] ?? {} });
  stage.script = (send) => { for (const message of spoken(messages, language)) send(...message); };
  await page.goto(stage.url);
  await speaks(page, language);
  return page;
}

// Which stop comes next from where the focus is, kept in the page; none behind the last one.
function foresee(back) {
  const stops = globalThis.tabStops();
  const from = document.activeElement;
  const side = back ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING;
  const ahead = from === document.body ? [] : stops.filter((stop) => from !== stop && from.compareDocumentPosition(stop) & side);
  globalThis.next = ahead.at(back ? -1 : 0) ?? null;
  return stops.length;
}

function arrive() {
  const name = (element) => `${element.tagName}#${element.id} ${element.dataset.act ?? element.name ?? ''} "${element.textContent.slice(0, 30)}"`;
  const at = document.activeElement;
  globalThis.reached.add(at);
  return { ok: !globalThis.next || at === globalThis.next, at: name(at), wanted: globalThis.next && name(globalThis.next), left: globalThis.tabStops().filter((stop) => !globalThis.reached.has(stop)).map(name) };
}

// Tab until every stop was reached, and the same back.
async function walk(page, what) {
  for (const key of ['Tab', 'Shift+Tab']) {
    await page.evaluate(() => { globalThis.reached = new Set(); });
    let left;
    for (let n = 0, most = 3; n < most && left?.length !== 0; n++) {
      await settle(page);
      most = 2 * await page.evaluate(foresee, key !== 'Tab') + 3;
      await page.keyboard.press(key);
      const seen = await page.evaluate(arrive);
      assert.ok(seen.ok, `${what}: ${key} went to ${seen.at}, not to ${seen.wanted}`);
      ({ left } = seen);
    }
    assert.deepEqual(left, [], `${what}: not reached by ${key}`);
  }
}

const act = (page) => page.evaluate(() => document.activeElement.dataset.act ?? document.activeElement.tagName);

// What a button opens: gone through, put away, and the button has the focus again.
async function opens(page, button, selector, what) {
  await page.focus(button);
  await page.keyboard.press('Enter');
  await page.waitForSelector(selector);
  await walk(page, what);
  await page.keyboard.press('Escape');
  await page.waitForSelector(selector, { state: 'hidden' });
  await settle(page);
  assert.ok(await page.$eval(button, (element) => element === document.activeElement), `${what}: back at ${await act(page)}`);
}

for (const language of LANGUAGES) {
  test(`the clerk page, ${language}`, async () => {
    const answers = { 'customer.find': { matches }, 'credential.list': { credentials } };
    const page = await openPage('/clerk', language, [['terminal', clerk.terminal()], ['state', clerk.live()], ['operator', operator], ['handovers', { open: requests, own: null }], ['visit', clerk.visit()]], { answers });
    await page.waitForSelector('body[data-kind=visit] #help:not([hidden])');
    await walk(page, 'a visit');
    for (const [button, name] of [['#operator', 'operator'], ['#help', 'requests'], ['#keys [data-act=more]', 'more'], ['#keys [data-act=handover]', 'handover']])
      await opens(page, button, `dialog[open][data-name=${name}]`, name);
    stages['/clerk'].say('visit', { visit: null, reason: 'restart' });
    await page.waitForSelector('#keys [data-act=find]');
    await opens(page, '#keys [data-act=find]', 'dialog[open][data-name=find]', 'find');
    await page.close();
  });

  test(`the kiosk, ${language}`, async () => {
    const page = await openPage('/kiosk', language, [['terminal', kiosk.terminal()], ['state', kiosk.live()], ['visit', kiosk.visit()]], { answers: kiosk.answers });
    await page.waitForSelector('body[data-kind=cart]');
    await walk(page, 'a cart');
    for (const [button, inside] of [['[data-act=language]', '.languages'], ['#foot [data-act=send]', '.code'], ['#foot [data-act=know]', '.facts'], ['#foot [data-act=not_me]', '[data-act=not_me_yes]']])
      await opens(page, button, `#panel:not([hidden]) ${inside}`, inside);
    stages['/kiosk'].say('merge', kiosk.merge());
    await page.waitForSelector('body[data-kind=merge]');
    await walk(page, 'a merge');
    stages['/kiosk'].say('merge', { merge: null });
    stages['/kiosk'].say('choose', kiosk.choose);
    await page.waitForSelector('body[data-kind=choose]');
    await walk(page, 'who is shopping');
    await page.close();
  });

  test(`the page for IT where its tables have no room, ${language}`, async () => {
    const page = await openPage('/it', language, itStates.well.messages, { answers: answersOf(itStates.well), viewport: { width: 320, height: 640 } });
    await page.waitForSelector('[data-key=version]');
    await page.waitForSelector('#outcomes[tabindex]');
    await walk(page, 'tables');
    await page.close();
  });
}

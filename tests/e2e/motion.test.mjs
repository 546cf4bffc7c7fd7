// What moves on a page whose reader has not asked for less of it: nothing for more than five seconds without a way to stop it,
// nothing that blinks more than three times a second (WCAG 2.2.2 and 2.3.1), and the page does what it does without. That
// nothing at all moves for who asked, every state's test says (lib/screen_faults.mjs).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

import { operator } from './lib/clerk_dialogs.mjs';
import * as clerk from './lib/clerk_messages.mjs';
import { CHROMIUM, startStage } from './lib/clerk_stage.mjs';
import { PATIENCE_MS } from './lib/events.mjs';
import * as kiosk from './lib/kiosk_messages.mjs';

const MOVES_MS_MAX = 5_000;
const FLASHES_MAX = 3; // a second
const open = {};
let browser;

before(async () => {
  browser = await chromium.launch(CHROMIUM);
  for (const path of ['/clerk', '/kiosk', '/it']) open[path] = { stage: await startStage(path), names: new Set() };
});
after(async () => {
  await browser.close();
  for (const { stage } of Object.values(open)) await stage.stop();
});

// A page where the time of what moves stands still: whatever takes long, nothing has ended before it was looked at.
async function openPage(path, messages) {
  const { stage } = open[path];
  const page = await browser.newPage({ viewport: { width: 1024, height: 768 }, timezoneId: 'Europe/Berlin' });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.clock.install();
  const debug = await page.context().newCDPSession(page);
  await debug.send('Animation.enable');
  await debug.send('Animation.setPlaybackRate', { playbackRate: 0 });
  stage.requests.length = 0;
  stage.answer = ({ method }) => ({ result: path === '/kiosk' ? kiosk.answers[method] ?? {} : {} });
  stage.script = (send) => { for (const message of messages) send(...message); };
  await page.goto(stage.url);
  return page;
}

// One line per animation that breaks a rule; the names of all are kept.
function moving() {
  return document.getAnimations().map((animation) => {
    const { effect } = animation;
    const { duration, endTime } = effect.getComputedTiming();
    const seen = effect.getKeyframes().map(({ opacity }) => opacity).filter((opacity) => opacity !== undefined).map(Number);
    const steps = seen.slice(1).map((opacity, n) => Math.sign(opacity - seen[n])).filter((sign) => sign !== 0);
    const ups = steps.filter((sign) => sign > 0).length;
    return { name: animation.animationName ?? 'transition', ends_ms: endTime, flashes: (1_000 * Math.max(ups, steps.length > 0 ? 1 : 0)) / duration };
  });
}

// Looks at what moves, lets it end, and the page's time go on: nothing begins again.
async function holds(page, path, wanted) {
  const seen = await page.evaluate(moving);
  assert.deepEqual([...new Set(seen.map(({ name }) => name))].sort(), wanted);
  for (const one of seen) {
    open[path].names.add(one.name);
    assert.ok(one.ends_ms <= MOVES_MS_MAX, JSON.stringify(one));
    assert.ok(one.flashes <= FLASHES_MAX, JSON.stringify(one));
  }
  await page.evaluate(() => { for (const one of document.getAnimations()) one.finish(); });
  await page.clock.runFor(4_000);
  assert.deepEqual(await page.evaluate(moving), []);
}

const has = (page, selector) => page.waitForSelector(selector);
const idle = [['terminal', kiosk.terminal()], ['state', kiosk.live()], ['visit', { visit: null, reason: 'restart' }]];
const till = [['terminal', clerk.terminal()], ['state', clerk.live()], ['operator', operator]];

test('the picture of an idle kiosk comes to rest, and a finger need not wait for it', async () => {
  const page = await openPage('/kiosk', idle);
  await has(page, 'body[data-kind=idle] #attract:not([hidden])');
  await page.click('[data-act=start]');
  await open['/kiosk'].stage.heard('a start', (all) => all.some(({ method }) => method === 'visit.start'));
  await holds(page, '/kiosk', ['card', 'line', 'ok', 'wave']);
  assert.deepEqual(await page.$$eval('#attract :is(.card, .lines path, .waves path)', (all) => [...new Set(all.map((one) => getComputedStyle(one).opacity))]), ['1']);
  await page.close();
});

test('what waits at a kiosk comes to rest: a card that is read, a code that is asked for, a call', async () => {
  const { stage } = open['/kiosk'];
  const page = await openPage('/kiosk', [...idle, ['reading', { reader: 'front' }]]);
  await has(page, 'body[data-kind=reading]');
  await holds(page, '/kiosk', ['ring']);
  stage.say('visit', kiosk.visit());
  await has(page, 'body[data-kind=cart]');
  stage.silent = true;
  await page.click('[data-act=send]');
  await has(page, '#panel .busy');
  await holds(page, '/kiosk', ['hop']);
  await page.keyboard.press('Escape');
  stage.silent = false;
  await page.click('#foot [data-act=help]');
  stage.say('help', { help: { state: 'waiting', since_ms: kiosk.WALL, declined: 0 } });
  await has(page, '.wave[data-tone=busy]');
  await holds(page, '/kiosk', ['ring']);
  await page.close();
});

test('what waits at the till comes to rest: a card that is read, a card that is asked for; a key need not wait for it', async () => {
  const { stage } = open['/clerk'];
  const page = await openPage('/clerk', [...till, ['visit', { visit: null, reason: 'restart' }], ['reading', { reader: 'front' }]]);
  await has(page, 'body[data-kind=reading]');
  await holds(page, '/clerk', ['ring']);
  stage.say('visit', clerk.visit());
  await has(page, 'body[data-kind=visit]');
  for (const key of ['F4', '2']) await page.keyboard.press(key);
  await has(page, 'dialog .picture[data-icon=tap]');
  await page.evaluate(moving).then((all) => assert.ok(all.length > 0));
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'hidden' });
  for (const key of ['F4', '2']) await page.keyboard.press(key);
  await has(page, 'dialog .picture[data-icon=tap]');
  await holds(page, '/clerk', ['ring']);
  await page.close();
});

test('a line that has changed fades', async () => {
  for (const [path, messages, cart] of [['/clerk', [...till, ['visit', clerk.visit()]], clerk], ['/kiosk', [...idle.slice(0, 2), ['visit', kiosk.visit()]], kiosk]]) {
    const page = await openPage(path, messages);
    await has(page, 'body:is([data-kind=visit], [data-kind=cart])');
    open[path].stage.say('cart', { cart: cart.cart([cart.lines[0], { ...cart.lines[1], quantity: 5 }, cart.lines[2]]) });
    await has(page, 'li.changed');
    for (let n = 0; n < 30 && await page.locator('li.changed').count() > 0; n++) await page.clock.runFor(1_000);
    await holds(page, path, ['transition']);
    await page.close();
  }
});

test('nothing else on these pages moves', async () => {
  for (const [path, { stage, names }] of Object.entries(open)) {
    const page = await openPage(path, []);
    const known = await page.evaluate(() => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule instanceof CSSKeyframesRule).map(({ name }) => name));
    assert.deepEqual([...names].filter((name) => name !== 'transition').sort(), known.sort(), path);
    await page.close();
  }
});

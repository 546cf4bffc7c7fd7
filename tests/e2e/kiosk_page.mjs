// The kiosk's page in a real browser: what fingers ask the agent for, the keyboard's way, focus, the count-down, what is
// left after a visit, and losing and finding the agent.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

import { CHROMIUM, startStage, stopTime } from './lib/clerk_stage.mjs';
import { answers, anonymous, cart, choose, ID, lines, live, merge, offline, outcome, terminal, view, visit } from './lib/kiosk_messages.mjs';

let browser;
let stage;

before(async () => {
  browser = await chromium.launch(CHROMIUM);
  stage = await startStage('/kiosk');
});
after(async () => {
  await browser.close();
  await stage.stop();
});

const begin = [['terminal', terminal()], ['state', live()], ['visit', { visit: null, reason: 'restart' }]];
const shown = [...begin.slice(0, 2), ['visit', visit()]];

// still: the page's own time goes on by clock.runFor alone.
async function openPage(messages, { still = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1080, height: 1920 }, reducedMotion: 'reduce', hasTouch: true, timezoneId: 'Europe/Berlin', ...options });
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error' && !/favicon|WebSocket|403/.test(message.text() + message.location().url)) page.errors.push(message.text()); });
  await (still ? stopTime(page) : page.clock.install());
  stage.requests.length = 0;
  stage.answer = ({ method }) => ({ result: answers[method] ?? {} });
  stage.script = (send) => { for (const message of messages) send(...message); };
  await page.goto(stage.url);
  await page.waitForSelector(`body[data-kind=${messages.some(([method, params]) => method === 'visit' && params.visit) ? 'cart' : 'idle'}]`);
  return page;
}

const kind = (page, name) => page.waitForSelector(`body[data-kind=${name}]`);
const panel = (page, name) => page.waitForSelector(`#panel[data-kind=${name}]:not([hidden])`);
const tap = (page, act) => page.locator(`[data-act="${act}"]:visible`).last().tap();
const requests = () => stage.requests.filter(({ method }) => method !== 'visit.touch').map(({ method, params }) => [method, params]);
const asked = async (count) => {
  await stage.heard(`${count} requests`, () => requests().length >= count);
  return requests();
};
const focus = (page) => page.evaluate(() => document.activeElement?.dataset.act ?? document.activeElement?.tagName);
async function close(page) {
  assert.deepEqual(page.errors, []);
  await page.context().close();
}

test('fingers change the cart, and take a change back', async () => {
  const page = await openPage(shown, { still: true });
  const [pen, ink] = lines;
  const row = (n) => page.locator('.cart li').nth(n);
  assert.equal(await row(0).locator('[data-act=minus]').getAttribute('aria-disabled'), 'true');
  await row(0).locator('[data-act=minus]').tap({ force: true });
  await row(1).locator('[data-act=plus]').tap();
  await row(1).locator('[data-act=minus]').tap();
  await row(0).locator('[data-act=remove]').tap();
  assert.deepEqual(await asked(3), [['cart.set_quantity', { line: ink.id, from: 2, to: 3 }], ['cart.set_quantity', { line: ink.id, from: 2, to: 1 }], ['cart.remove', { line: pen.id, from: 1 }]]);
  const top = async () => (await row(1).boundingBox()).y;
  const before = await top();
  stage.say('cart', { cart: cart(lines.slice(1)) });
  await page.waitForSelector('.gone');
  assert.ok(Math.abs(await top() - before) < 1, 'what is below does not come under the finger');
  await page.tap('[data-act=undo]');
  assert.deepEqual((await asked(4))[3], ['cart.add', { visit: ID, gtin: pen.gtin, quantity: 1 }]);
  stage.say('cart', { cart: cart([...lines.slice(1), { ...pen, id: 'f'.repeat(32) }]) });
  await page.waitForFunction(() => document.querySelectorAll('.gone').length === 0);
  assert.match(await row(0).textContent(), /Fountain pen/);
  await close(page);
});

test('everything that is offered is asked of the agent', async () => {
  const page = await openPage(shown);
  for (const act of ['send', 'know']) {
    await tap(page, act);
    await panel(page, act);
    await tap(page, 'close');
  }
  await tap(page, 'not_me');
  await tap(page, 'not_me_yes');
  await tap(page, 'close');
  await tap(page, 'know');
  await tap(page, 'forget');
  await tap(page, 'forget_yes');
  await tap(page, 'close');
  await tap(page, 'help');
  stage.say('help', { help: { state: 'waiting', since_ms: 0, declined: 0 } });
  await tap(page, 'help_cancel');
  await tap(page, 'done');
  assert.deepEqual((await asked(8)).map(([method]) => method), ['send.code', 'visit.know', 'visit.not_me', 'visit.know', 'visit.forget', 'help.call', 'help.cancel', 'visit.end']);
  assert.ok((await asked(8)).every(([, params]) => params.visit === ID));
  await close(page);
});

test('whoever stands there without a cart can call help: a visit begins with the call', async () => {
  for (const before of [begin, [...begin, ['outcome', outcome('unknown', { code: 'lookup.not_found' })]]]) {
    const page = await openPage(before.slice(0, 3));
    for (const message of before.slice(3)) stage.say(...message);
    if (before.length > 3) await kind(page, 'outcome');
    stage.answer = ({ method }) => ({ result: method === 'visit.start' ? { visit: ID } : {} });
    await tap(page, 'help');
    assert.deepEqual(await asked(2), [['visit.start', {}], ['help.call', { visit: ID }]]);
    stage.say('visit', anonymous());
    stage.say('help', { help: { state: 'waiting', since_ms: 0, declined: 0 } });
    await page.waitForSelector('#panel[data-kind=help] .since');
    await kind(page, 'cart');
    await tap(page, 'close');
    assert.match(await page.textContent('.calling'), /We are calling somebody/);
    await close(page);
  }
});

test('the figures are the store’s, whatever is spoken', async () => {
  const page = await openPage([['terminal', terminal({ language: 'de' })], begin[1], ['visit', visit({ view: view({ customer: { name: 'Maria', language: 'en' } }) })]]);
  await page.waitForSelector('.points:has-text("2.480 points")');
  assert.match(await page.textContent('.cart li .total'), /^34,90$/);
  await tap(page, 'language');
  await page.tap('[data-code=ar]');
  await page.waitForSelector('html[lang=ar] .points:has-text("2.480")');
  assert.match(await page.textContent('.sum b'), /^66,50$/);
  await close(page);
});

test('without the line a call begins no visit, and says why nobody comes', async () => {
  const page = await openPage([begin[0], ['state', offline()], begin[2]]);
  await tap(page, 'help');
  await page.waitForSelector('#panel[data-kind=help] [data-act=again]');
  assert.match(await page.textContent('#panel'), /That needs the line, which is down/);
  assert.deepEqual(await asked(0), []);
  stage.say('state', live());
  await page.waitForSelector('#band', { state: 'hidden' });
  await tap(page, 'again');
  assert.equal((await asked(1))[0][0], 'visit.start');
  await close(page);
});

test('the two answers to a merge carry what was unticked', async () => {
  const page = await openPage(shown);
  stage.say('merge', merge());
  await kind(page, 'merge');
  await page.locator('[data-act=tick]').last().tap();
  await page.waitForSelector('[aria-checked=false]');
  await tap(page, 'merge_join');
  await tap(page, 'merge_apart');
  stage.say('merge', { merge: null, undo: true });
  await tap(page, 'merge_undo');
  assert.deepEqual(await asked(3), [['merge.decide', { visit: ID, answer: 'join', exclude: ['2'.repeat(32)] }], ['merge.decide', { visit: ID, answer: 'apart' }], ['merge.undo', { visit: ID }]]);
  await close(page);
});

test('without a card there is a start', async () => {
  const page = await openPage(begin);
  await tap(page, 'start');
  assert.deepEqual(await asked(1), [['visit.start', {}]]);
  stage.say('visit', anonymous());
  await kind(page, 'cart');
  await close(page);
});

test('who is shopping is asked and answered', async () => {
  const page = await openPage(begin);
  stage.say('choose', choose);
  await kind(page, 'choose');
  await page.locator('[data-act=choose]').nth(1).tap();
  await page.locator('[data-act=choose]').last().tap();
  await tap(page, 'not_me');
  assert.deepEqual(await asked(3), [['visit.choose', { choice: choose.choice, customer: 'c2' }], ['visit.start', {}], ['visit.choose', { choice: choose.choice }]]);
  await close(page);
});

test('any touch stops the count-down, and the agent is told at once', async () => {
  const page = await openPage(shown, { still: true });
  stage.say('blank', { in_ms: 10_000 });
  await panel(page, 'blank');
  await page.clock.runFor(4_000);
  assert.equal(await page.textContent('.seconds'), '6');
  await page.touchscreen.tap(40, 1_000);
  await page.waitForSelector('#panel', { state: 'hidden' });
  await stage.heard('a touch', (all) => all.length > 0);
  assert.deepEqual([stage.requests[0].method, stage.requests[0].params], ['visit.touch', { visit: ID }]);
  await close(page);
});

test('the keyboard goes through everything; what opens has the focus and gives it back', async () => {
  const page = await openPage(shown);
  const order = [];
  assert.equal(await focus(page), 'H1');
  for (let n = 0; n < 16; n++) {
    await page.keyboard.press('Tab');
    order.push(await focus(page));
  }
  assert.deepEqual(order.filter((act) => act !== 'BODY'), ['minus', 'plus', 'remove', 'minus', 'plus', 'remove', 'minus', 'plus', 'remove', 'send', 'help', 'know', 'not_me', 'done', 'language']);
  await page.locator('[data-act=send]').focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('.code');
  assert.equal(await focus(page), 'H2');
  await page.keyboard.press('Tab');
  assert.equal(await focus(page), 'close');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#panel', { state: 'hidden' });
  assert.equal(await focus(page), 'send');
  await close(page);
});

test('a change from elsewhere keeps the focus and the button under a finger', async () => {
  const page = await openPage(shown);
  const plus = page.locator('.cart li').nth(1).locator('[data-act=plus]');
  await plus.focus();
  const same = await plus.elementHandle();
  stage.say('cart', { cart: cart([lines[0], { ...lines[1], quantity: 5 }, lines[2]]) });
  await page.waitForSelector('.changed');
  assert.equal(await focus(page), 'plus');
  assert.equal(await same.evaluate((element) => element.isConnected && element === document.activeElement), true);
  await close(page);
});

test('nothing of the customer is left in the page after the visit', async () => {
  const page = await openPage(shown, { still: true });
  await tap(page, 'know');
  await page.waitForSelector('.facts');
  stage.say('visit', { visit: null, reason: 'forget' });
  await kind(page, 'ended');
  assert.match(await page.textContent('#stage'), /This kiosk has forgotten you/);
  const html = await page.content();
  for (const word of ['Maria', 'Gold', 'Fountain', 'points', '66.50', 'Spanish']) assert.equal(html.includes(word), false, word);
  await page.clock.runFor(7_000);
  await kind(page, 'idle');
  await close(page);
});

test('losing the agent is told, the customer is cleared, and the page comes back by itself', async () => {
  const page = await openPage(shown, { still: true });
  stage.accepts = false;
  stage.drop();
  await page.waitForSelector('#band[data-tone=bad]');
  assert.match(await page.textContent('#band'), /This screen has lost its connection.*Nothing that you put in your cart is lost/);
  await page.clock.runFor(6_000);
  await kind(page, 'lost');
  assert.equal((await page.content()).includes('Maria'), false);
  stage.accepts = true;
  stage.script = (send) => { for (const message of begin) send(...message); };
  for (let n = 0; n < 20 && await page.getAttribute('body', 'data-kind') === 'lost'; n++) await page.clock.runFor(1_000);
  await page.clock.resume();
  await kind(page, 'idle');
  await close(page);
});

test('a kiosk that is no longer signed in says that it is closed', async () => {
  const page = await openPage(begin);
  stage.signedIn = false;
  stage.drop();
  await kind(page, 'denied');
  assert.match(await page.textContent('#stage'), /This kiosk is closed/);
  stage.signedIn = true;
  await close(page);
});

test('what a customer’s name holds is text, whatever it is', async () => {
  const page = await openPage(begin);
  stage.say('visit', visit({ view: view({ customer: { name: '<img src=x onerror=alert(1)>', language: 'en' } }) }));
  await kind(page, 'cart');
  assert.equal(await page.textContent('h1'), 'Welcome, <img src=x onerror=alert(1)>');
  assert.equal(await page.locator('h1 img').count(), 0);
  await close(page);
});

test('what changed is announced', async () => {
  const page = await openPage(shown);
  assert.equal(await page.textContent('#live-who'), 'Welcome, Maria · Gold');
  assert.equal(await page.textContent('#live-what'), '4 items · 66.50 EUR');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  await close(page);
});

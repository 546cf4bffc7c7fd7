// The clerk page in a real browser: keys and fingers, what is left after a visit, losing and finding the agent,
// and the same page from the real page server, with a hostile page beside it.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

import { choice, credentials, merge, notes, operator, requests, scannerTypes } from './lib/clerk_dialogs.mjs';
import { cart, claim, line, lines, live, terminal, view, visit, WALL } from './lib/clerk_messages.mjs';
import { CHROMIUM, startStage, stopTime } from './lib/clerk_stage.mjs';
import { control, startServer } from '../integration/counter/lib/server.mjs';

let browser;
let stage;

before(async () => {
  browser = await chromium.launch(CHROMIUM);
  stage = await startStage();
});
after(async () => {
  await browser.close();
  await stage.stop();
});

const begin = [['terminal', terminal()], ['state', live()]];
const shown = [...begin, ['visit', visit()]];

// still: the page's own time goes on by clock.runFor alone.
async function openPage(messages, { still = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1024, height: 600 }, reducedMotion: 'reduce', timezoneId: 'Europe/Berlin', ...options });
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(error.message));
  await (still ? stopTime(page) : page.clock.install());
  stage.requests.length = 0;
  stage.script = (send) => { for (const message of messages) send(...message); };
  await page.goto(stage.url);
  return page;
}

const kind = (page, name) => page.waitForSelector(`body[data-kind=${name}]`);
async function close(page) {
  assert.deepEqual(page.errors, []);
  await page.context().close();
}
const asked = async (count) => {
  await stage.heard(`${count} requests`, (requests) => requests.length >= count);
  return stage.requests.map(({ method, params }) => [method, params]);
};

test('the keyboard does everything', async () => {
  const page = await openPage(shown);
  await kind(page, 'visit');
  for (const key of ['ArrowDown', 'ArrowDown', '+', '-', 'ArrowUp', '-', 'Delete', 'F2', 'Escape']) await page.keyboard.press(key);
  const [pen, ink] = lines;
  assert.deepEqual(await asked(5), [
    ['cart.set_quantity', { line: ink.id, from: 2, to: 3 }],
    ['cart.set_quantity', { line: ink.id, from: 2, to: 1 }],
    ['cart.remove', { line: pen.id, from: 1 }],
    ['details.shown', { visit: visit().visit.id }],
    ['visit.end', { visit: visit().visit.id }],
  ]);
  await close(page);
});

test('so does a finger', async () => {
  const page = await openPage(shown, { hasTouch: true });
  await kind(page, 'visit');
  assert.equal(await page.locator('[data-act=plus]').isDisabled(), true);
  await page.tap('#lines li:nth-child(2)');
  for (const act of ['plus', 'remove', 'details', 'done']) await page.tap(`[data-act=${act}]`);
  assert.deepEqual((await asked(4)).map(([method]) => method), ['cart.set_quantity', 'cart.remove', 'details.shown', 'visit.end']);
  await close(page);
});

test('a search goes with its reason, by its key or button, and not without', async () => {
  const page = await openPage(begin);
  await kind(page, 'idle');
  stage.answer = () => ({ error: { code: -32602, message: 'no', data: { code: 'input.syntax' } } });
  await page.keyboard.press('F3');
  await page.keyboard.press('F5');
  await page.waitForSelector('dialog .note:has-text("fill in")');
  await page.keyboard.type('+49 30 4127', { delay: 60 });
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog .note:has-text("Say why")');
  assert.equal(await page.locator('dialog [type=submit]').isVisible(), false);
  assert.deepEqual(stage.requests, []);
  await page.keyboard.press('F7');
  const sent = (reason) => ['customer.find', { by: 'phone', value: '+49 30 4127', reason }];
  assert.deepEqual(await asked(1), [sent('return')]);
  await page.waitForSelector('dialog .send [aria-disabled=false]');
  await page.getByRole('group', { name: 'Search because' }).getByRole('button', { name: 'card is not read' }).click();
  assert.deepEqual(await asked(2), [sent('return'), sent('unreadable')]);
  stage.answer = undefined;
  await close(page);
});

test('the code of a cart is typed where customers are looked for', async () => {
  const page = await openPage(begin);
  await kind(page, 'idle');
  stage.answer = ({ params }) => ({ error: { code: -32001, message: 'no', data: { code: params.code === '7KM4QX' ? 'refused.not_found' : 'input.checksum' } } });
  await page.keyboard.press('F3');
  await page.keyboard.type('7KM 4QX', { delay: 60 });
  assert.equal(await page.locator('input[name=by]:checked').getAttribute('value'), 'code');
  assert.equal(await page.locator('.send button').first().isVisible(), false);
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog .note:has-text("No cart waits under this code")');
  await page.fill('input[name=value]', '7KM4QY');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog .note:has-text("no such code")');
  stage.answer = () => ({ result: { visit: visit().visit.id } });
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog', { state: 'hidden' });
  assert.deepEqual(await asked(3), ['7KM4QX', '7KM4QY', '7KM4QY'].map((code) => ['handover.fetch', { code }]));
  await close(page);
});

test('the clerk who is signed on is named whole where the name of the store has no room', async () => {
  for (const viewport of [{ width: 800, height: 480 }, { width: 1024, height: 600 }]) {
    const page = await openPage([begin[0], ['state', live()], ['operator', operator], ['handovers', { open: requests }], ['visit', visit()]], { viewport });
    await page.waitForSelector('#operator:not([hidden])');
    const { name, whole, till } = await page.evaluate(() => {
      const [own, where] = ['#operator span', '#till'].map((selector) => document.querySelector(selector));
      const fits = (element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return range.getBoundingClientRect().width <= element.getBoundingClientRect().width; // a fraction of a pixel is enough for an ellipsis
      };
      return { name: own.textContent, whole: fits(own), till: fits(where) };
    });
    assert.deepEqual([name, whole, till], ['Ana Duarte', true, true], `${viewport.width}`);
    await close(page);
  }
});

test('software that wants in leaves what to do with its code on the smallest screen, beside a customer, too', async () => {
  const scopes = ['customer', 'cart', 'checkout', 'identify', 'operator', 'handover', 'device', 'help'];
  for (const language of ['en', 'de', 'fr', 'es', 'ar']) {
    const page = await openPage([['terminal', terminal({ language })], ['state', live()], ['visit', visit()],
      ['pairing', { pairing: { name: 'Harbour POS', scopes, code: '204817', until_ms: WALL + 60_000 } }]], { viewport: { width: 800, height: 480 } });
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language);
    await page.waitForSelector('#pairing .detail:visible');
    const { bar, detail, code } = await page.evaluate(() => {
      const bar = document.querySelector('#pairing');
      const [detail, code] = ['.detail', '.code'].map((part) => bar.querySelector(part));
      return { bar: bar.getBoundingClientRect(), detail: detail.getBoundingClientRect(), code: code.innerText };
    });
    assert.ok(detail.top >= bar.top && detail.bottom <= bar.bottom && detail.right <= bar.right && detail.left >= bar.left, language);
    assert.equal(code, '204817');
    await close(page);
  }
});

test('the ring of the focus leaves the label above a field readable', async () => {
  for (const viewport of [{ width: 800, height: 480 }, { width: 1024, height: 600 }]) {
    const page = await openPage([...begin, ['visit', { visit: null, reason: 'restart' }]], { viewport });
    await kind(page, 'idle');
    await page.keyboard.press('F3');
    await page.waitForSelector('dialog[data-name=find]');
    const gaps = await page.evaluate(() => [...document.querySelectorAll('dialog .field, dialog fieldset')].map((field) => {
      const [label, what] = [field.querySelector('span, legend'), field.querySelector('input:not([type=radio]), .choices, .keys')];
      return what.getBoundingClientRect().top - label.getBoundingClientRect().bottom;
    }));
    for (const gap of gaps) assert.ok(gap >= 5, `${viewport.width}: ${gaps}`);
    await close(page);
  }
});

test('a question about two carts that was put away is one key away, beside the cart', async () => {
  const page = await openPage([...shown, ['merge', merge]]);
  await page.waitForSelector('dialog[open][data-name=merge]');
  await page.clock.fastForward(1_000);
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'hidden' });
  await page.waitForSelector('#tools [data-act=merge]');
  await page.keyboard.press('F1');
  await page.waitForSelector('dialog[open][data-name=merge]');
  await page.keyboard.press('F5');
  assert.deepEqual((await asked(1))[0], ['merge.decide', { visit: visit().visit.id, answer: 'join' }]);
  await page.waitForSelector('dialog', { state: 'hidden' });
  stage.say('merge', { merge: null, undo: true });
  await page.waitForSelector('#tools [data-act=merge]', { state: 'detached' });
  await page.keyboard.press('F1');
  assert.equal(await page.locator('dialog[open]').count(), 0);
  await close(page);
});

test('a change stays marked until it was looked at, and a key says that it was', async () => {
  const page = await openPage(shown, { still: true });
  await kind(page, 'visit');
  stage.say('cart', { cart: cart([lines[0], { ...lines[1], quantity: 5 }, lines[2]]) });
  await page.waitForSelector('#lines li.changed');
  await page.clock.runFor(6_000);
  assert.match(await page.textContent('#lines li.changed'), /\+3 more/);
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.locator('#lines li.changed').count(), 1, 'nothing moves under a hand');
  await page.clock.runFor(3_000);
  await page.waitForSelector('#lines li.changed', { state: 'detached' });
  stage.say('cart', { cart: cart([lines[0], { ...lines[1], quantity: 6 }, lines[2]]) });
  await page.waitForSelector('#lines li.changed');
  assert.match(await page.textContent('#lines li.changed'), /\+1 more/);
  await page.clock.runFor(9_000);
  await page.waitForSelector('#lines li.changed', { state: 'detached' });
  await close(page);
});

test('a refused change is told in words', async () => {
  const page = await openPage(shown);
  await kind(page, 'visit');
  stage.answer = () => ({ error: { code: -32000, message: 'no', data: { code: 'local.io' } } });
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('+');
  await page.waitForSelector('#strip:not([hidden])');
  assert.match(await page.textContent('#strip'), /Not stored: the disk reports an error/);
  stage.answer = undefined;
  await close(page);
});

test('nothing moves under a finger', async () => {
  const page = await openPage(shown, { still: true });
  await kind(page, 'visit');
  const tops = () => page.$$eval('#lines li', (rows) => rows.map((row) => [row.textContent.slice(0, 8), row.getBoundingClientRect().top]));
  const earlier = await tops();
  await page.mouse.move(700, 200);
  stage.say('cart', { cart: cart([lines[2], lines[1], line('Eraser', 1, 120, { new: true })]) });
  await page.waitForSelector('#lines li.gone');
  const now = await tops();
  assert.deepEqual(now.slice(0, 3).map(([, top]) => top), earlier.map(([, top]) => top));
  for (let n = 0; n < 6; n++) {
    await page.mouse.move(700 + n, 200);
    await page.clock.runFor(1_000);
  }
  assert.equal(await page.locator('#lines li').count(), 4);
  await page.clock.runFor(3_000);
  assert.equal(await page.locator('#lines li').count(), 3);
  await close(page);
});

test('being paid elsewhere comes without moving a line under a finger, and goes when the lease runs out', async () => {
  const page = await openPage(shown, { still: true });
  await kind(page, 'visit');
  await page.mouse.move(700, 200);
  stage.say('cart', { cart: cart(lines, { claim: claim(), unsent: 1 }) });
  await page.waitForSelector('#cart-unsent:not(:empty)');
  assert.equal(await page.locator('#claim').isVisible(), false);
  await page.clock.runFor(3_000);
  assert.match(await page.textContent('#claim'), /^Being paid at Till 2 since 09:40\. Changes here are kept/);
  await page.clock.runFor(60_000);
  assert.equal(await page.locator('#claim').isVisible(), false);
  await close(page);
});

test('nothing of the customer is left in the page after the visit', async () => {
  const page = await openPage(shown, { still: true });
  await kind(page, 'visit');
  await page.keyboard.press('F2');
  await page.waitForSelector('.details');
  stage.say('visit', { visit: null, reason: 'done' });
  await kind(page, 'ended');
  assert.equal(await page.textContent('#stage h1'), 'Screen cleared');
  const html = await page.content();
  for (const word of ['Rivera', 'Gold', 'Fountain', 'Pick-up', 'points', '66.50', 'Spanish']) assert.equal(html.includes(word), false, word);
  await page.clock.runFor(5_000);
  await kind(page, 'idle');
  await close(page);
});

test('losing the agent is told, the customer is cleared, and the page comes back by itself', async () => {
  const page = await openPage(shown, { still: true });
  await kind(page, 'visit');
  stage.accepts = false;
  stage.drop();
  await page.waitForSelector('#band[data-tone=bad]');
  assert.match(await page.textContent('#band'), /This page has lost the till’s service.*Nothing that was saved is lost/);
  assert.equal(await page.locator('#customer h1').textContent(), 'Ms Rivera');
  await page.clock.runFor(6_000);
  await kind(page, 'lost');
  assert.equal((await page.content()).includes('Rivera'), false);
  stage.accepts = true;
  stage.script = (send) => { for (const message of [...begin, ['visit', { visit: null, reason: 'restart' }]]) send(...message); };
  for (let n = 0; n < 20 && await page.getAttribute('body', 'data-kind') === 'lost'; n++) await page.clock.runFor(1_000);
  await page.clock.resume();
  await page.waitForSelector('#pill[data-tone=ok]');
  await close(page);
});

test('a page that is no longer signed in says how to go on', async () => {
  const page = await openPage(shown);
  await kind(page, 'visit');
  stage.signedIn = false;
  stage.drop();
  await kind(page, 'denied');
  assert.match(await page.textContent('#stage'), /no longer signed in.*open the clerk page again/);
  assert.equal((await page.content()).includes('Rivera'), false);
  stage.signedIn = true;
  await close(page);
});

test('details stay masked when the look at them cannot be recorded', async () => {
  const page = await openPage(shown);
  await kind(page, 'visit');
  stage.answer = () => ({ error: { code: -32603, message: 'no', data: { code: 'local.io' } } });
  await page.keyboard.press('F2');
  await page.waitForSelector('#strip:not([hidden])');
  assert.equal(await page.locator('.details').count(), 0);
  stage.answer = undefined;
  await close(page);
});

test('a character is a key only where the focus is on a line or its keys', async () => {
  const page = await openPage(shown);
  await kind(page, 'visit');
  await page.keyboard.press('+');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.activeElement.closest('#lines'));
  await page.keyboard.press('+');
  assert.deepEqual((await asked(1)).map(([method]) => method), ['cart.set_quantity']);
  await page.waitForFunction(() => document.title === 'Till 4 – Clerk’s screen');
  await close(page);
});

test('who is quick with Enter does not take a hand-over back', async () => {
  const page = await openPage([...shown, ['handovers', { open: [], own: { state: 'waiting', code: 'K7M2PX', declined_count: 0 } }]]);
  await kind(page, 'visit');
  await page.keyboard.press('F8');
  await page.waitForSelector('dialog[open]');
  assert.equal(await page.evaluate('document.activeElement.dataset.act'), 'close');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog:not([open])', { state: 'attached' });
  await close(page);
});

test('what changed is announced once', async () => {
  const page = await openPage(shown);
  await kind(page, 'visit');
  assert.equal(await page.textContent('#live-who'), 'Recognised · Gold · Ms Rivera');
  assert.equal(await page.textContent('#live-what'), '4 items · 66.50 EUR');
  await close(page);
});

test('the second act of the row that is chosen has a key', async () => {
  const page = await openPage([...shown, ['handovers', { open: requests, own: null }]]);
  await kind(page, 'visit');
  await page.keyboard.press('F9');
  await page.waitForSelector('dialog[open] .rows li');
  assert.deepEqual(await page.$$eval('dialog .acts kbd', (all) => all.map((one) => one.innerText)), ['Del', 'Del']);
  for (const key of ['ArrowDown', 'Delete']) await page.keyboard.press(key);
  assert.deepEqual(await asked(1), [['handover.decline', { handover: requests[1].id }]]);
  stage.say('handovers', { open: [requests[0], { ...requests[1], declined: true }], own: null });
  await page.waitForSelector('dialog .acts:not(:has(kbd))');
  assert.equal(await page.evaluate("document.activeElement.closest('li')?.dataset.row"), requests[1].id);
  await page.keyboard.press('Delete');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog:not([open])', { state: 'attached' });
  stage.answer = ({ method }) => ({ result: method === 'credential.list' ? { credentials } : {} });
  await page.keyboard.press('F3');
  await page.waitForSelector('dialog [data-act="cards.block"]');
  for (const key of ['ArrowDown', 'Delete']) await page.keyboard.press(key);
  await page.waitForSelector('dialog fieldset');
  await page.keyboard.press('F6');
  assert.deepEqual((await asked(3)).slice(1), [['credential.list', { visit: visit().visit.id }],
    ['credential.block', { visit: visit().visit.id, credential: credentials[1].credential, reason: 'stolen' }]]);
  stage.answer = undefined;
  await close(page);
});

test('a card is replaced, or is about to be blocked, with two keys', async () => {
  const page = await openPage(shown);
  await kind(page, 'visit');
  stage.answer = ({ method }) => ({ result: method === 'credential.list' ? { credentials } : {} });
  await page.keyboard.press('F3');
  await page.waitForSelector('dialog .rows button:focus'); // the list is there, and its first row is chosen
  await page.keyboard.press('2');
  await page.waitForSelector('dialog h2:has-text("takes its place")');
  assert.deepEqual((await asked(2))[1], ['credential.capture', { visit: visit().visit.id, purpose: 'replace', credential: credentials[1].credential }]);
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'hidden' });
  await page.keyboard.press('F3');
  await page.waitForSelector('dialog .rows button:focus');
  await page.keyboard.press('Delete');
  await page.waitForSelector('dialog h2:has-text("Block it?")');
  await page.keyboard.press('Enter'); // says no reason: it is left as it was
  await page.waitForSelector('dialog', { state: 'hidden' });
  assert.equal(stage.requests.filter(({ method }) => method === 'credential.block').length, 0);
  stage.answer = undefined;
  await close(page);
});

test('who has moved on in a dialog keeps the focus when what was fetched for it comes', async () => {
  const page = await openPage(shown);
  await kind(page, 'visit');
  let answer;
  stage.answer = () => new Promise((resolve) => { answer = resolve; });
  await page.keyboard.press('F3');
  await page.waitForSelector('dialog[open]');
  await asked(1);
  await page.focus('dialog [data-act=close]');
  answer({ result: { credentials } });
  await page.waitForSelector('dialog [data-act="cards.block"]');
  assert.equal(await page.evaluate('document.activeElement.dataset.act'), 'close');
  stage.answer = undefined;
  await close(page);
});

test('a note is taken away with two keys and the one that says which', async () => {
  const page = await openPage([...begin, ['visit', visit({ view: view({ notes }) })]]);
  await kind(page, 'visit');
  for (const key of ['F4', 'Delete']) await page.keyboard.press(key);
  await page.waitForSelector('dialog h2:has-text("Which note goes?")');
  assert.deepEqual(stage.requests, []);
  await page.keyboard.press('2');
  assert.deepEqual(await asked(1), [['note.remove', { visit: visit().visit.id, note: notes[1].id }]]);
  await page.waitForSelector('#strip[data-tone=good]');
  await close(page);
});

test('a dialog takes the focus, keeps it, and gives it back', async () => {
  const page = await openPage([...shown, ['handovers', { open: requests, own: null }]]);
  await kind(page, 'visit');
  const focused = () => page.evaluate('document.activeElement.textContent');
  await page.focus('#keys [data-act=more]');
  await page.keyboard.press('F9');
  await page.waitForSelector('dialog[open]');
  assert.equal(await focused(), 'I go');
  const seen = [];
  for (let n = 0; n < 5; n++) {
    await page.keyboard.press('Tab');
    seen.push(await focused());
  }
  assert.deepEqual(seen.slice(0, 4), ['Del Not me', 'I go', 'Del Not me', 'EscClose']);
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog:not([open])', { state: 'attached' });
  assert.match(await focused(), /^F4/);
  assert.deepEqual(stage.requests, []);
  await close(page);
});

test('a call that was taken over while another customer came is told to open later', async () => {
  const page = await openPage([...shown, ['handovers', { open: requests, own: null }]]);
  await kind(page, 'visit');
  stage.answer = () => ({ result: { later: true } });
  await page.keyboard.press('F9');
  await page.click('dialog[open] [data-act="request.accept"]');
  await page.waitForSelector('dialog:not([open])', { state: 'attached' });
  await page.waitForSelector('text="You took it: it opens when this customer is done."');
  stage.answer = undefined;
  assert.deepEqual(await asked(1), [['handover.accept', { handover: requests[0].id }]]);
  await close(page);
});

test('loaded again, the first words are in the language of the terminal, before the agent says anything', async () => {
  const page = await openPage([['terminal', terminal({ language: 'de-DE' })], ['state', live()]]);
  await kind(page, 'idle');
  await page.waitForSelector('html[lang=de-DE]');
  stage.script = () => {};
  await page.reload();
  await page.waitForSelector('#stage h1:text-is("Gleich bereit …")');
  assert.equal(await page.getAttribute('html', 'lang'), 'de-DE');
  await close(page);
});

test('a request is taken with two keys', async () => {
  const page = await openPage([...begin, ['visit', { visit: null, reason: 'restart' }], ['handovers', { open: requests, own: null }]]);
  await page.waitForSelector('#help:not([hidden])');
  await page.keyboard.press('F9');
  await page.waitForSelector('dialog[open]');
  await page.keyboard.press('2');
  assert.deepEqual(await asked(1), [['handover.accept', { handover: requests[1].id }]]);
  await close(page);
});

test('software that nobody expects is refused, by key and by finger', async () => {
  const asks = ['pairing', { pairing: { name: 'Harbour POS', scopes: ['customer', 'help'], code: '204817', until_ms: WALL + 60_000 } }];
  const page = await openPage([...shown, asks], { hasTouch: true });
  await page.waitForSelector('#pairing:not([hidden])');
  await page.keyboard.press('F10');
  assert.deepEqual(await asked(1), [['pairing.refuse', {}]]);
  await page.tap('#pairing button');
  assert.deepEqual((await asked(2))[1], ['pairing.refuse', {}]);
  stage.say('pairing', { pairing: null });
  await page.clock.runFor(3_000);
  await page.waitForSelector('#pairing[hidden]', { state: 'attached' });
  await page.keyboard.press('F10'); // there is nothing to refuse
  await page.keyboard.press('Escape');
  assert.deepEqual((await asked(3)).map(([method]) => method), ['pairing.refuse', 'pairing.refuse', 'visit.end']);
  await close(page);
});

test('what a scanner types as a keyboard stays in no field and does nothing', async () => {
  const page = await openPage(begin);
  await kind(page, 'idle');
  await page.keyboard.press('F3');
  await page.waitForSelector('dialog[open]');
  await page.keyboard.type('Mar', { delay: 80 });
  await scannerTypes(page, '4006381333931');
  assert.equal(await page.inputValue('input[name=value]'), 'Mar');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#strip:not([hidden])');
  assert.match(await page.textContent('#strip'), /A scanner typed like a keyboard/);
  assert.deepEqual(stage.requests, []);
  await close(page);
});

test('what opens by itself takes no press that was meant for what was there before', async () => {
  const page = await openPage(shown, { still: true });
  await kind(page, 'visit');
  stage.say('choose', choice);
  await page.waitForSelector('dialog[open]');
  await page.click('dialog .rows button');
  assert.deepEqual(stage.requests, []);
  await page.clock.runFor(1_000);
  await page.click('dialog .rows button');
  assert.deepEqual(await asked(1), [['visit.choose', { choice: choice.choice, customer: choice.people[0].customer }]]);
  await close(page);
});

test('where colours are forced, the line and what changed keep their marks', async () => {
  const page = await openPage(shown, { forcedColors: 'active' });
  await kind(page, 'visit');
  stage.say('cart', { cart: cart([{ ...lines[0], quantity: 2 }, ...lines.slice(1)]) });
  await page.waitForSelector('#lines li.changed');
  const seen = await page.evaluate(() => {
    const style = (selector, pseudo) => getComputedStyle(document.querySelector(selector), pseudo);
    return { changed: style('#lines li.changed').outlineStyle, others: style('#lines li:not(.changed)').outlineStyle, dot: style('#pill i').backgroundColor,
      bullet: style('.benefits li', '::before').backgroundColor, ground: style('#pill').backgroundColor };
  });
  assert.deepEqual([seen.changed, seen.others], ['dashed', 'none']);
  for (const part of ['dot', 'bullet']) assert.notEqual(seen[part], seen.ground, part);
  await close(page);
});

test('the last change is taken back by its key', async () => {
  const page = await openPage(shown);
  await kind(page, 'visit');
  for (const key of ['ArrowDown', 'Delete']) await page.keyboard.press(key);
  await page.waitForSelector('#tools [data-act=undo]:not(:disabled)');
  stage.say('cart', { cart: cart(lines.slice(1)) });
  await page.waitForSelector('#lines li.gone');
  await page.keyboard.press('F6');
  assert.deepEqual((await asked(2))[1], ['cart.add', { visit: visit().visit.id, gtin: lines[0].gtin, quantity: 1 }]);
  await page.waitForSelector('#strip[data-tone=good]');
  await close(page);
});

const withServer = { skip: !process.env.COUNTER_SERVER && 'needs the program counter_server' };

test('the embedded page opens with its token, connects, and loads nothing that the policy forbids', withServer, async () => {
  const server = await startServer();
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = [];
  page.on('console', (message) => { if (message.type() === 'error' && !message.location().url.endsWith('favicon.ico')) errors.push(message.text()); });
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(await control(server, 'token clerk'));
  assert.equal(page.url(), `${server.origin}/clerk`);
  await server.events.next((text) => text === 'opened 1 scope 1');
  await kind(page, 'idle');
  assert.equal(await page.evaluate('document.cookie'), '');
  assert.deepEqual(errors, []);
  await page.reload();
  await server.events.next((text) => text === 'opened 2 scope 1');
  await context.close();
  await server.stop();
});

test('a hostile page in the same browser gets nothing', withServer, async () => {
  const server = await startServer();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(await control(server, 'token clerk'));
  await server.events.next((text) => text === 'opened 1 scope 1');
  const hostile = http.createServer((request, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<title>evil</title>'));
  await new Promise((resolve) => { hostile.listen(0, '127.0.0.1', resolve); });
  const evil = await context.newPage();
  for (const name of ['127.0.0.1', 'localhost']) {
    await evil.goto(`http://${name}:${hostile.address().port}/`);
    const got = await evil.evaluate(async (port) => {
      const socket = (url) => new Promise((resolve) => {
        const one = new WebSocket(url, 'tillbridge-page.v1');
        one.onmessage = (event) => resolve(`said ${event.data}`);
        one.onclose = () => resolve('closed');
      });
      const read = (url, options) => fetch(url, options).then((answer) => answer.text()).catch(() => 'failed');
      const frame = (url) => new Promise((resolve) => {
        const one = document.createElement('iframe');
        one.onload = () => { try { resolve(one.contentDocument ? 'empty' : 'closed'); } catch { resolve('closed'); } };
        one.src = url;
        document.body.append(one);
      });
      return [await socket(`ws://127.0.0.1:${port}/clerk`), await socket(`ws://localhost:${port}/clerk`), await read(`http://127.0.0.1:${port}/clerk`, { credentials: 'include' }),
        await read(`http://127.0.0.1:${port}/clerk/model.js`), await frame(`http://127.0.0.1:${port}/clerk`)];
    }, server.port);
    assert.deepEqual(got, ['closed', 'closed', 'failed', 'failed', 'closed'], name);
  }
  assert.equal(server.events.count(/^opened/), 0);
  hostile.closeAllConnections();
  hostile.close();
  await context.close();
  await server.stop();
});

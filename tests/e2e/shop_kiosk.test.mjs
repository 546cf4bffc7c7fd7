// Two browsers at once: the web shop on somebody's phone, and the kiosk in the store that she stands before.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { qrPath } from '../../agent/web/lib/qr.js';
import { accessibilityFaults } from './lib/axe.mjs';
import { defineTabStops, focusFaults } from './lib/focus_faults.mjs';
import { KioskShopper } from './lib/kiosk_shopper.mjs';
import { lastingPort } from './lib/ports.mjs';
import { screenFaults } from './lib/screen_faults.mjs';
import { Shopper } from './lib/shopper.mjs';
import { memberUri, Till } from './lib/till.mjs';

const kiosk = Till.make({ device: 'kiosk-0421-7' });
let there; // the kiosk's page
let phone; // the shop's
let rivera;
let pen;
let ink;
let book;

before(async () => {
  kiosk.shop_port = await lastingPort();
  await kiosk.start();
  await kiosk.startShop();
  [rivera] = kiosk.customers;
  [pen, ink, book] = kiosk.products;
  there = await KioskShopper.open(await kiosk.pageUrl('shopper'));
  phone = await Shopper.open(there.browser, kiosk.shop.origin, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await phone.signIn(rivera.name);
});

after(async () => {
  await there?.close();
  await kiosk.end();
  assert.deepEqual([...there.faults, ...phone.faults], []);
});

async function picture({ page }, name) {
  if (!process.env.TB_PICTURES) return;
  mkdirSync(process.env.TB_PICTURES, { recursive: true });
  await page.screenshot({ path: join(process.env.TB_PICTURES, `${name}.png`) });
}

// What holds on every page holds here, in each language and both schemes: axe-core goes over all in English, and over all but
// the colours, which are the same, in the others.
const LANGUAGES = ['en', 'de', 'fr', 'es', 'ar'];
const SCHEMES = { en: ['light', 'dark'], de: ['light'], fr: ['dark'], es: ['light'], ar: ['dark'] };

async function looks(shopper, state, language) {
  const { page } = shopper;
  const faults = [];
  await page.evaluate(defineTabStops);
  await page.keyboard.press('Shift'); // a hand is on the keyboard: a browser shows the focus to no other
  for (const [n, colorScheme] of SCHEMES[language].entries()) {
    await page.emulateMedia({ colorScheme });
    await picture(shopper, `phone-${state}-${language}-${colorScheme}`);
    const found = [...await page.evaluate(screenFaults, { scrolling: '.skip', long: true }), ...await page.evaluate(focusFaults),
      ...await accessibilityFaults(page, n > 0 ? 'colours' : language === 'en' ? 'all' : 'structure')];
    faults.push(...found.map((fault) => `${state} ${language} ${colorScheme}: ${fault}`));
  }
  assert.deepEqual(faults, []);
}

// The switch may be behind a dialog, where no finger reaches it.
async function speak({ page }, language) {
  await page.$eval('#language', (select, wanted) => { Object.assign(select, { value: wanted }).dispatchEvent(new Event('change')); }, language);
  await page.waitForSelector(`html[lang|=${language}][dir=${language === 'ar' ? 'rtl' : 'ltr'}]`);
}

async function looksInAll(shopper, state, prepare = () => {}) {
  for (const language of [...LANGUAGES.slice(1), 'en']) {
    await speak(shopper, language);
    await prepare(shopper.page);
    await looks(shopper, state, language);
  }
}

async function kioskPicture(name) {
  if (process.env.TB_PICTURES) await there.page.screenshot({ path: join(process.env.TB_PICTURES, `${name}.png`) });
}

const scan = (product) => kiosk.scan(product.gtin.replace(/^0/, ''));
const shows = (what, ...lines) => there.sees(what, `(s) => s.kind === 'cart' && s.lines.length === ${lines.length} && ${JSON.stringify(lines)}.every((line, n) => s.lines[n].includes(line))`);
const items = (count) => there.sees(`${count} items`, `(s) => s.kind === 'cart' && s.items.startsWith('${count} item')`);

test('what she puts in on her phone is on the kiosk as she looks, and the other way round', async () => {
  await phone.add(pen.gtin);
  await phone.isSent();
  await kiosk.scan(memberUri(rivera));
  await shows('her cart from the phone', pen.name);
  await phone.add(ink.gtin);
  await shows('the ink', pen.name, ink.name);
  await there.touch('plus', 1);
  await phone.has(ink.gtin, 2);
  await there.touch('remove', 0);
  await phone.has(pen.gtin, 0);
  await there.touch('undo', 0);
  await phone.has(pen.gtin, 1);
  await scan(book);
  await phone.has(book.gtin, 1);
  assert.match(await phone.page.textContent(`#lines li[data-gtin="${book.gtin}"] .fact`), /added at the kiosk/);
  await items(4); // the phone may have heard of it before the kiosk's page
});

test('both at once: neither change is lost', async () => {
  await Promise.all([phone.button(book.gtin, 'more').tap(), there.touch('plus', 2)]);
  await phone.has(book.gtin, 3);
  await items(6);
  await there.touch('done');
  await there.sees('good-bye', `(s) => s.kind === 'ended' || s.kind === 'idle'`);
  assert.equal((await there.document()).includes(rivera.name), false);
});

test('what she scanned before she said who she is joins her cart, on the phone, too; taken apart it goes from there', async () => {
  await scan(kiosk.products[5]);
  await items(1);
  await kiosk.scan(memberUri(rivera));
  await there.sees('the question', `(s) => s.kind === 'merge'`);
  await there.touch('merge_join');
  await phone.has(kiosk.products[5].gtin, 1);
  await items(7);
  await there.touch('merge_undo');
  await phone.has(kiosk.products[5].gtin, 0);
  await there.touch('merge_apart');
  await items(6);
});

test('what she changed on the way, without a net, is there when the net is', async () => {
  kiosk.shop.cut();
  await phone.isOffline();
  await phone.button(pen.gtin, 'more').tap();
  await phone.button(ink.gtin, 'remove').tap();
  kiosk.shop.cut(false);
  await phone.isBack();
  await phone.isSent();
  // For ten seconds the line that went offers its way back.
  await there.sees('two pens, no ink', `(s) => s.items.startsWith('5 items') && s.lines.every((line) => !line.includes('${ink.name}') || line.startsWith('Removed'))`);
});

// What a phone's camera makes of the kiosk's square: the address that it says.
let code;
async function opened(name, { look = () => {}, ...options } = {}) {
  await there.sees('that it is sent', `(s) => s.lines.length > 0 && !s.lines.some((line) => /sent later/.test(line))`);
  await there.touch('send');
  ({ code } = await there.sees('a code', `(s) => s.dialog === 'send' && /^[0-9A-Z]{6}$/.test(s.code)`));
  const address = `${kiosk.shop.origin}/h/${code}`;
  const modules = JSON.parse(await kiosk.tool('tillbridge', '--json', 'qr', address));
  assert.equal(await there.page.getAttribute('.qr .ink', 'd'), qrPath(modules));
  await kioskPicture('to-phone');
  await there.touch('close');
  const other = await Shopper.open(there.browser, address, { viewport: { width: 390, height: 844 }, hasTouch: true, ...options });
  if (name) {
    await other.page.waitForSelector('#handed:not([hidden])');
    await look(other);
    await other.signIn(name);
  }
  return other;
}

async function asks(shopper, title, ...items) {
  await shopper.page.waitForSelector(`#question[open] :text-is("${title}")`);
  const listed = await shopper.page.locator('#question-lines li span:first-child').allTextContents();
  assert.deepEqual(listed, items);
}

test('what a link brings does not go into her cart unless she says so, with the keyboard alone', async () => {
  await there.touch('done');
  await there.sees('an idle kiosk', `(s) => s.kind === 'ended' || s.kind === 'idle'`);
  await scan(kiosk.products[6]);
  await shows('a stranger’s cart', kiosk.products[6].name);
  const other = await opened(kiosk.customers[3].name, { look: (shopper) => looksInAll(shopper, 'handed') });
  const { page } = other;
  await asks(other, 'Put this item into your cart?', `1 × ${kiosk.products[6].name}`);
  assert.equal(await page.evaluate('document.activeElement.id'), 'question-title'); // Enter agrees to nothing
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await other.wasTold('Nothing was put into your cart');
  await page.goto(`${kiosk.shop.origin}/h/${code}`);
  await asks(other, 'Put this item into your cart?', `1 × ${kiosk.products[6].name}`);
  await scan(kiosk.products[6]); // another cart than she saw
  await shows('two of it', kiosk.products[6].name);
  await there.sees('that it is kept', `(s) => s.items.startsWith('2 items') && !s.lines.some((line) => /sent later/.test(line))`);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.id'), 'question-yes');
  await page.keyboard.press('Enter');
  await asks(other, 'Put these 2 items into your cart?', `2 × ${kiosk.products[6].name}`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await other.wasTold('Nothing was put into your cart');
  assert.deepEqual([await page.locator('#lines li').count(), other.faults], [0, []]);
  await looksInAll(other, 'empty');
  await other.close();
});

test('a cart of nobody’s goes from the kiosk to a phone, and joins hers there', async () => {
  await there.touch('done');
  await there.sees('an idle kiosk', `(s) => s.kind === 'ended' || s.kind === 'idle'`);
  await scan(kiosk.products[7]);
  await shows('a cart of nobody’s', kiosk.products[7].name);
  assert.match(await there.page.textContent('[data-act=send]'), /to a till or your phone/);
  const other = await opened(kiosk.customers[2].name);
  await asks(other, 'Put this item into your cart?', `1 × ${kiosk.products[7].name}`);
  assert.equal(await other.page.locator('#lines li').count(), 0);
  await looksInAll(other, 'question');
  await other.page.tap('#question-yes');
  await other.wasTold('What you had at the kiosk is in your cart now');
  await other.has(kiosk.products[7].gtin, 1);
  await other.isSent();
  assert.equal(new URL(other.page.url()).pathname, '/');
  await there.sees('that the phone has it', `(s) => s.kind === 'ended' && s.title === 'Your cart is on your phone now'`);
  assert.deepEqual(other.faults, []);
  await other.close();
});

test('her own cart is on her phone already; a code is good once', async () => {
  await kiosk.scan(memberUri(rivera));
  await items(5);
  const mine = await opened(undefined, { context: phone.context });
  await mine.wasTold('Your cart from the kiosk is here');
  await mine.has(pen.gtin, 2);
  await mine.page.goto(`${kiosk.shop.origin}/h/${code}`);
  await mine.wasTold('That code has run out, was used already');
  assert.deepEqual(mine.faults, []);
  await mine.page.close();
});

test('the shop is as usable as the pages of the agent, in each of their languages', async () => {
  const { page } = phone;
  await looksInAll(phone, 'cart');
  await looksInAll(phone, 'told', () => page.click(`#products li[data-gtin="${pen.gtin}"] .add`));
  await page.click('#to-shop');
  await page.waitForSelector('#code svg');
  await looksInAll(phone, 'code');
  await page.click('#handover-close');
  await page.click(`#products li[data-gtin="${pen.gtin}"] .look`);
  await page.waitForSelector('#details[open]');
  await looksInAll(phone, 'product');
  await page.click('#details-close');
  kiosk.shop.cut();
  await phone.isOffline();
  await looksInAll(phone, 'offline');
  await phone.button(pen.gtin, 'more').click();
  await page.waitForSelector('#unsent:not(:empty)');
  await looksInAll(phone, 'offline-kept');
  page.once('dialog', (question) => question.accept());
  await page.click('#sign-out');
  await page.waitForSelector('#people button');
  await speak(phone, 'ar');
  await page.reload();
  await page.waitForSelector('html[dir=rtl] #people button'); // what was picked is kept
  await looksInAll(phone, 'sign-in');
});

test('what opens in the shop has the focus, and gives it back', async () => {
  const { page } = phone;
  kiosk.shop.cut(false);
  await phone.signIn(rivera.name);
  for (const [button, dialog] of [[`#products li[data-gtin="${pen.gtin}"] .look`, '#details'], ['#to-shop', '#handover']]) {
    await page.focus(button);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`${dialog}[open]`);
    assert.ok(await page.$eval(dialog, (element) => element.contains(document.activeElement)));
    await page.keyboard.press('Escape');
    await page.waitForSelector(dialog, { state: 'hidden' });
    assert.ok(await page.$eval(button, (element) => element === document.activeElement), button);
  }
});

test('the shop begins in the first of the browser’s languages that it speaks', async () => {
  const other = await Shopper.open(there.browser, kiosk.shop.origin, { locale: 'es-MX' });
  await other.page.waitForSelector('html[lang=es-MX] #people button');
  assert.equal(await other.page.inputValue('#language'), 'es');
  assert.deepEqual(other.faults, []);
  await other.close();
});

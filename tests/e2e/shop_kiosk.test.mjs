// Two browsers at once: the web shop on somebody's phone, and the kiosk in the store that she stands before.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { qrPath } from '../../agent/web/lib/qr.js';
import { accessibilityFaults } from './lib/axe.mjs';
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

async function picture(name) {
  if (!process.env.TB_PICTURES) return;
  mkdirSync(process.env.TB_PICTURES, { recursive: true });
  await phone.page.screenshot({ path: join(process.env.TB_PICTURES, `${name}.png`) });
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
  await there.sees('two pens, no ink', `(s) => s.lines.length === 2 && s.items.startsWith('5 items')`);
});

// What a phone's camera makes of the kiosk's square: the address that it says.
let code;
async function opened(name, options = {}) {
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
    await other.signIn(name);
  }
  return other;
}

async function asks(shopper, title, ...items) {
  await shopper.page.waitForSelector(`#question[open] :text-is("${title}")`);
  const listed = await shopper.page.locator('#question-lines li span:first-child').allTextContents();
  assert.deepEqual(listed, items);
}

async function questionPicture({ page }) {
  if (!process.env.TB_PICTURES) return;
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(process.env.TB_PICTURES, `question-${colorScheme}.png`) });
  }
}

test('what a link brings does not go into her cart unless she says so, with the keyboard alone', async () => {
  await there.touch('done');
  await there.sees('an idle kiosk', `(s) => s.kind === 'ended' || s.kind === 'idle'`);
  await scan(kiosk.products[6]);
  await shows('a stranger’s cart', kiosk.products[6].name);
  const other = await opened(kiosk.customers[3].name);
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
  assert.deepEqual(await accessibilityFaults(other.page), []);
  await questionPicture(other);
  for (const language of ['ar', 'en']) { // the switch is behind the dialog
    await other.page.$eval('#language', (select, wanted) => { Object.assign(select, { value: wanted }).dispatchEvent(new Event('change')); }, language);
    await other.page.waitForSelector(`html[lang=${language}]`);
    assert.deepEqual(await accessibilityFaults(other.page), [], language);
  }
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

// What holds on every page holds here: in two languages axe-core says so, in all of them the screen is looked at.
async function looks(state, language, colorScheme) {
  await phone.page.emulateMedia({ colorScheme });
  const judged = ['en', 'ar'].includes(language);
  const faults = [...await phone.page.evaluate(screenFaults, { scrolling: '.skip', long: true }), ...(judged ? await accessibilityFaults(phone.page) : [])];
  await picture(`phone-${state}-${language}-${colorScheme}`);
  assert.deepEqual(faults, [], `${state} ${language} ${colorScheme}`);
}

const speak = async (language) => {
  await phone.page.selectOption('#language', language);
  await phone.page.waitForSelector(`html[lang|=${language}][dir=${language === 'ar' ? 'rtl' : 'ltr'}]`);
};
const LANGUAGES = ['en', 'de', 'fr', 'es', 'ar'];
const dark = (language) => (language === 'ar' ? 'dark' : 'light');

test('the shop is as usable as the pages of the agent, in each of their languages', async () => {
  for (const language of LANGUAGES) {
    await speak(language);
    await looks('cart', language, 'light');
    await phone.page.click('#to-shop');
    await phone.page.waitForSelector('#code svg');
    await looks('code', language, 'dark');
    await phone.page.click('#handover-close');
    await phone.page.click(`#products li[data-gtin="${pen.gtin}"] .look`);
    await phone.page.waitForSelector('#details[open]');
    await looks('product', language, 'light');
    await phone.page.click('#details-close');
  }
  kiosk.shop.cut();
  await phone.isOffline();
  for (const language of LANGUAGES) {
    await speak(language);
    await looks('offline', language, dark(language));
  }
  await phone.page.click('#sign-out');
  await phone.page.waitForSelector('#people button');
  assert.equal(await phone.page.getAttribute('html', 'dir'), 'rtl', 'what was picked is kept');
  for (const language of LANGUAGES) {
    await speak(language);
    await looks('sign-in', language, dark(language));
  }
});

test('the shop begins in the first of the browser’s languages that it speaks', async () => {
  const other = await Shopper.open(there.browser, kiosk.shop.origin, { locale: 'es-MX' });
  await other.page.waitForSelector('html[lang=es-MX] #people button');
  assert.equal(await other.page.inputValue('#language'), 'es');
  assert.deepEqual(other.faults, []);
  await other.close();
});

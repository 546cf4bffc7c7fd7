// Two browsers at once: the shopper's on the web shop, the clerk's on the clerk page. Pictures of the shop: TB_PICTURES.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { Camera, pgmOf } from './lib/camera.mjs';
import { CHROMIUM } from './lib/clerk_stage.mjs';
import { lastingPort } from './lib/ports.mjs';
import { Shopper } from './lib/shopper.mjs';
import { memberUri, Till } from './lib/till.mjs';

const till = Till.make({ consents: { profiling: '7' } });
const camera = Camera.of(till);
let browser;
let shopper;
let clerk;
let rivera;
let pen;
let ink;
let book;

before(async () => {
  till.shop_port = await lastingPort();
  till.ports = { terminals: await lastingPort(), web: await lastingPort() };
  await till.start();
  await till.startShop();
  [rivera] = till.customers;
  [pen, ink, book] = till.products;
  browser = await chromium.launch(CHROMIUM);
  shopper = await Shopper.open(browser, till.shop.origin);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  clerk = await context.newPage();
  await clerk.goto(await till.pageUrl());
});

after(async () => {
  assert.deepEqual(shopper.faults, []);
  await browser.close();
  camera.close();
  await till.end();
});

async function picture(name) {
  if (!process.env.TB_PICTURES) return;
  mkdirSync(process.env.TB_PICTURES, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    await shopper.page.emulateMedia({ colorScheme });
    await shopper.page.screenshot({ path: join(process.env.TB_PICTURES, `${name}-${colorScheme}.png`) });
  }
}

const clerkLine = (product) => clerk.locator('#lines li:not(.gone)', { hasText: product.name });
const clerkSees = (product, count) => clerkLine(product).locator(`b.quantity:text-is("${count}")`).first().waitFor();
const clerkSeesNo = (product) => clerkLine(product).first().waitFor({ state: 'detached' });
const clerkIsLive = () => clerk.waitForSelector('#pill[data-tone=ok]');

test('she signs in and fills her cart, with the keyboard alone', async () => {
  await shopper.page.waitForSelector('#people button');
  await picture('sign-in');
  await shopper.page.focus('#people li:first-child button');
  await shopper.page.keyboard.press('Enter');
  await shopper.isLive();
  await shopper.page.focus(`#products li[data-gtin="${pen.gtin}"] .add`);
  await shopper.page.keyboard.press('Enter');
  await shopper.page.keyboard.press('Tab'); // the next product's name
  await shopper.page.keyboard.press('Tab');
  await shopper.page.keyboard.press('Space');
  await shopper.has(pen.gtin, 1);
  await shopper.has(ink.gtin, 1);
  await shopper.isSent();
  await picture('cart');
});

test('at the till the clerk sees that cart, and each change of it as it is made', async () => {
  await till.scan(memberUri(rivera));
  await clerkSees(pen, '1');
  await clerkSees(ink, '1');
  await shopper.button(pen.gtin, 'more').click();
  await clerkSees(pen, '2');
  await shopper.add(book.gtin);
  await clerkSees(book, '1');
});

test('what the clerk does is in her cart while she looks, and focus stays where it was', async () => {
  await shopper.button(pen.gtin, 'more').focus();
  await till.scan(till.products[5].ean13);
  await shopper.has(till.products[5].gtin, 1);
  assert.match(await shopper.page.textContent(`#lines li[data-gtin="${till.products[5].gtin}"] .fact`), /added at the till/);
  await clerkLine(ink).first().click();
  await clerk.keyboard.press('Delete');
  await shopper.has(ink.gtin, 0);
  assert.equal(await shopper.page.evaluate('document.activeElement.getAttribute("aria-label")'), `One more of ${pen.name}`);
});

test('taking something out can be undone', async () => {
  await shopper.button(book.gtin, 'remove').click();
  await clerkSeesNo(book);
  await shopper.page.click('#undo');
  await clerkSees(book, '1');
});

test('without a line she goes on; the page may be loaded again; everything arrives once', async () => {
  till.shop.cut();
  await shopper.isOffline();
  await shopper.bandSays(/No connection to our shops\. You can go on/);
  await shopper.button(pen.gtin, 'more').click();
  await shopper.add(ink.gtin);
  await shopper.has(pen.gtin, 3);
  await shopper.has(ink.gtin, 1);
  await shopper.bandSays(/2 changes will be sent/);
  await picture('offline');
  await shopper.isKept();
  await shopper.page.reload();
  await shopper.isOffline();
  await shopper.has(pen.gtin, 3);
  await shopper.has(ink.gtin, 1);
  till.shop.cut(false);
  await shopper.isBack();
  await shopper.isSent();
  await clerkSees(pen, '3');
  await clerkSees(ink, '1');
});

test('two tabs are two devices of one cart; who was closed with something unsent is made up for', async () => {
  const tab = await Shopper.open(browser, till.shop.origin, { context: shopper.context });
  await tab.isLive();
  await tab.button(pen.gtin, 'more').click();
  await shopper.has(pen.gtin, 4);
  till.shop.cut();
  await tab.isOffline();
  await tab.button(pen.gtin, 'more').click();
  await shopper.isOffline();
  await shopper.button(pen.gtin, 'more').click();
  await tab.isKept();
  await tab.page.close();
  till.shop.cut(false);
  await shopper.isBack();
  await shopper.has(pen.gtin, 6);
  await clerkSees(pen, '6');
});

test('the context store goes: both pages say so, and both go on when it is back', async () => {
  await till.store.stop('SIGKILL');
  await shopper.isOffline();
  await clerk.waitForSelector('#band:not([hidden]):not(:empty)');
  await shopper.button(pen.gtin, 'less').click();
  await till.startStore();
  await shopper.isLive();
  await clerkIsLive();
  await clerkSees(pen, '5');
});

test('a code takes her cart to the till', async () => {
  await clerk.keyboard.press('Escape');
  await clerkSeesNo(pen);
  await shopper.page.click('#to-shop');
  const code = await shopper.page.textContent('#code strong');
  await shopper.page.waitForSelector('#code svg');
  await picture('code');
  await shopper.page.keyboard.press('Escape');
  await till.scan(`H:${code}`);
  await clerkSees(pen, '5');
});

test('her phone held before the till’s camera does, too', async () => {
  await clerk.keyboard.press('Escape');
  await clerkSeesNo(pen);
  await shopper.page.click('#to-shop'); // a code is good once
  const square = await shopper.page.locator('#code svg').screenshot();
  await shopper.page.click('#handover-close');
  await camera.sees(await pgmOf(await browser.newPage(), square));
  await clerkSees(pen, '5');
});

test('what she allows is recorded with the version of the text that she reads, the one that clerks ask with', async () => {
  const label = shopper.page.locator('#asked');
  const { clerk: words } = JSON.parse(readFileSync(new URL('../../agent/words/en.json', import.meta.url), 'utf8'));
  assert.equal((await label.textContent()).trim(), words['consent.profiling']);
  await label.click();
  await shopper.isSent();
  const { consents } = JSON.parse(await till.contextctl('export', '--customer', rivera.id, '--database', till.path('store', 'context.db')));
  const { granted, text_version } = consents.findLast(({ consent }) => consent === 'profiling');
  assert.deepEqual([granted, text_version], [true, '7']);
});

test('a product that she looks at is shown in a dialog that the keyboard closes', async () => {
  await shopper.page.click(`#products li[data-gtin="${pen.gtin}"] .look`);
  await shopper.page.waitForSelector('#details[open]');
  assert.equal(await shopper.page.textContent('#details-name'), pen.name);
  await picture('details');
  await shopper.page.keyboard.press('Escape');
  await shopper.page.waitForSelector('#details:not([open])', { state: 'attached' });
});

test('signing out leaves nothing of her in the browser', async () => {
  const kept = () => shopper.page.evaluate(`new Promise((resolve, reject) => {
    const opening = indexedDB.open('tillbridge');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const asking = opening.result.transaction('values').objectStore('values').getAllKeys();
      asking.onsuccess = () => { opening.result.close(); resolve(asking.result); };
    };
  })`);
  assert.notDeepEqual(await kept(), []);
  await shopper.isSent(); // else the shop asks whether she wants to leave it behind
  await shopper.page.click('#sign-out');
  await shopper.page.waitForSelector('#people button');
  assert.deepEqual(await kept(), []);
});

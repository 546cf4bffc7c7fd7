// <tillbridge-customer> in a web POS: a page of another origin under a strict policy, in a real browser, at a running till.
// Pictures of its states: TB_PICTURES.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { accessibilityFaults } from './lib/axe.mjs';
import { CHROMIUM } from './lib/clerk_stage.mjs';
import { memberUri, Till } from './lib/till.mjs';

const MODULES = Object.fromEntries(['/tillbridge-customer.js', '/tillbridge-customer-words.js'].map((name) => [name, ['text/javascript', readFileSync(new URL(`../../include/web${name}`, import.meta.url))]]));
const till = Till.make();
let shop;
let browser;
let page;
let clerk;
let origin;
let token;
const faults = [];

// The element's page has no style, no inline script, and may connect to the agent alone.
const policy = () => `default-src 'none'; script-src 'self'; connect-src http://127.0.0.1:${till.page_port} ws://127.0.0.1:${till.page_port}; `
  + "require-trusted-types-for 'script'";
const html = () => `<!doctype html><html lang="en"><title>A web POS</title><meta name="color-scheme" content="light dark"><main><h1>Checkout</h1>
  <tillbridge-customer url="http://127.0.0.1:${till.page_port}"></tillbridge-customer></main><script type="module" src="/pos.js"></script></html>`;
const POS = "import '/tillbridge-customer.js'; window.heard = [];"
  + "for (const name of ['customer-identified', 'customer-left', 'cart-changed', 'connection']) addEventListener(name, (e) => window.heard.push([name, e.detail]));";

function serve(request, answer) {
  const types = { '/pos.js': ['text/javascript', POS], ...MODULES, '/': ['text/html', html()] };
  const [type, text] = types[request.url] ?? ['text/plain', ''];
  answer.writeHead(types[request.url] ? 200 : 404, { 'Content-Type': `${type}; charset=utf-8`, 'Content-Security-Policy': policy() }).end(text);
}

before(async () => {
  shop = createServer(serve);
  await new Promise((resolve) => { shop.listen(0, '127.0.0.1', resolve); });
  origin = `http://127.0.0.1:${shop.address().port}`;
  till.till_sections = `pos_origin = ${origin}\n`;
  await till.start();
  clerk = await till.workingPage();
  token = (await till.cli('pos', 'grant', 'Web POS', 'customer,cart,checkout,identify', origin)).trim();
  browser = await chromium.launch(CHROMIUM);
  page = await browser.newPage({ viewport: { width: 480, height: 520 } });
  page.on('console', (message) => { if (/Content Security Policy|Trusted/.test(message.text())) faults.push(message.text()); });
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.goto(origin);
});

after(async () => {
  assert.deepEqual(faults, []);
  await browser?.close();
  shop.closeAllConnections();
  await new Promise((resolve) => { shop.close(resolve); });
  await till.end();
});

const element = () => page.locator('tillbridge-customer');
const says = (text) => element().locator(`text=${text}`).waitFor();
const setToken = (value) => element().evaluate((who, secret) => { who.token = secret; }, value);

async function picture(name, shown = page) {
  for (const colorScheme of ['light', 'dark']) {
    await shown.emulateMedia({ colorScheme });
    assert.deepEqual(await accessibilityFaults(shown), [], `${name} ${colorScheme}`);
    if (!process.env.TB_PICTURES) continue;
    mkdirSync(process.env.TB_PICTURES, { recursive: true });
    await shown.screenshot({ path: join(process.env.TB_PICTURES, `${name}-${colorScheme}.png`) });
  }
}

test('it connects with its token and waits for a customer', async () => {
  await says('Connecting to this till');
  await setToken(token);
  await says('Tap a card, hold a phone or scan a code.');
  assert.equal(await element().getAttribute('token'), null);
  await picture('idle');
});

test('a customer and the cart are shown as they come', async () => {
  const [rivera] = till.customers;
  await till.serve(clerk, rivera);
  await says(rivera.name);
  await clerk.add(till.products[0].gtin, 2);
  await says(till.products[0].name);
  const call = await element().evaluate((who) => who.call('cart.add', { visit: who.current.visit.id, gtin: who.current.cart.lines[0].gtin, quantity: 1 }));
  assert.ok(call.seq > 0);
  await clerk.sees('three', () => clerk.lineOf(till.products[0].gtin)?.quantity === 3);
  await element().locator('text=3 items').waitFor();
  await picture('customer');
});

test('words and language are the page\u2019s', async () => {
  const speaks = (lang) => element().evaluate((who, wanted) => { who.lang = wanted; }, lang);
  for (const [lang, text] of [['de-AT', '3 Artikel'], ['fr', '3 articles'], ['es', '3 artículos'], ['ar', '3 أصناف'], ['sv', '3 items']]) {
    await speaks(lang);
    await says(text);
    await picture(`customer-${lang}`);
  }
  await element().evaluate((who) => { who.words = { 'cart.items': { one: '{n} thing', other: '{n} things' } }; });
  await says('3 things');
  await element().evaluate((who) => { who.words = {}; who.removeAttribute('lang'); });
  for (const [lang, text] of [['de', '3 Artikel'], ['en', '3 items']]) { // a clerk chose another one meanwhile
    await element().evaluate((who, wanted) => { who.ownerDocument.documentElement.lang = wanted; }, lang);
    await says(text);
  }
});

test('what the code may not do is refused by its stable code', async () => {
  const code = await element().evaluate((who) => who.call('upos.open', { device: 'Scanner' }).catch((error) => error.code));
  assert.equal(code, 'refused.denied');
});

test('nothing of the customer stays when the visit ends', async () => {
  const { name } = till.customers[0];
  await clerk.clear();
  await says('Tap a card, hold a phone or scan a code.');
  assert.ok(!(await element().evaluate((who) => who.shadowRoot.textContent)).includes(name));
  assert.equal(await element().evaluate((who) => who.current), null);
  const heard = await page.evaluate(() => window.heard.map(([what]) => what));
  assert.ok(heard.includes('customer-identified') && heard.includes('cart-changed') && heard.at(-1) === 'customer-left', heard.join());
});

test('nobody whom somebody knows is somebody, too', async () => {
  const shopper = await till.shopperPage();
  const { result } = await shopper.request('visit.start');
  await says('Nobody known yet');
  await shopper.visitIs(result.visit); // pages hear of it in any order
  await shopper.add(till.products[1].gtin, 1);
  await clerk.sees('the cart', () => clerk.lineOf(till.products[1].gtin)?.quantity === 1);
  await element().locator('text=1 item').first().waitFor();
  assert.deepEqual(await element().evaluate((who) => [who.current.visit.id, who.current.customer, who.current.view]), [result.visit, undefined, null]);
  await picture('nobody');
  shopper.close();
  await clerk.clear();
  await says('Tap a card, hold a phone or scan a code.');
});

test('a line that is down is told whole, in the language of the page', async () => {
  await till.store.stop();
  await says('Searching for customers and handing over do not.');
  await picture('offline');
  await element().evaluate((who) => { who.lang = 'ar'; });
  await says('لا يجيب');
  await picture('offline-ar');
  await element().evaluate((who) => { who.lang = 'en'; });
  await till.startStore();
  await element().locator('text=Working offline').waitFor({ state: 'detached' });
});

test('a token that is revoked, and an agent that is gone, are told apart', async () => {
  await till.cli('pos', 'revoke', '1');
  await says('not paired with the till any more');
  await picture('refused');
  const again = (await till.cli('pos', 'grant', 'Web POS', 'customer', origin)).trim();
  await setToken(again);
  await says('Tap a card');
  const port = till.page_port;
  clerk.close();
  await till.till.stop();
  await says('does not answer');
  await picture('lost');
  await till.startTill({ port });
  await says('Tap a card');
});

test('a token of another origin\u2019s page opens nothing here', async () => {
  const foreign = (await till.cli('pos', 'grant', 'Elsewhere', 'customer', 'https://elsewhere.example')).trim();
  await setToken(foreign);
  await says('not paired with the till any more');
});

// ---- what is shown of facts of any age: an agent of our own tells them ----

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WALL = Date.UTC(2026, 10, 23, 9, 41);
const line = (name, unit_price, days) => ({ id: name, gtin: '09521234567899', name, quantity: 2, unit_price, price_as_of: WALL - days * DAY });

// A page whose element hears this customer; the clock of the page is moved by hand.
async function told({ lines, total, points_days = 1, cart_hours = 0, online = { state: 'live' } }) {
  const shown = await browser.newPage({ viewport: { width: 480, height: 520 } });
  await shown.clock.install({ time: WALL });
  await shown.routeWebSocket(/\/pos\/v1$/, (socket) => {
    const say = (method, params) => socket.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
    say('ready', { api: 1, wall_ms: WALL });
    say('terminal', { tiers: [{ id: 'gold', name: 'Gold', symbol: '★' }], max_age_show_ms: { price: 7 * DAY, stock: DAY, points: 30 * DAY }, wall_ms: WALL });
    say('state', { line: online });
    say('customer.identified', { visit: { id: 'a'.repeat(32) }, customer: 'b'.repeat(32), cart: { id: 'c'.repeat(32), currency: 'EUR', lines, item_count: 2 * lines.length, total, as_of: WALL - cart_hours * HOUR },
      view: { customer: { name: 'Ms Rivera' }, tier: 'gold', points: 2480, as_of: { profile_ms: WALL - points_days * DAY } } });
  });
  await shown.goto(origin);
  const who = shown.locator('tillbridge-customer');
  await who.evaluate((one) => { one.token = 'any'; });
  await who.locator('text=Ms Rivera').waitFor();
  const texts = () => who.evaluate((one) => ['.points', '.lines li > span:last-child', '.total > span:last-child'].flatMap((what) => [...one.shadowRoot.querySelectorAll(what)].map((at) => at.textContent)));
  const ages = () => who.evaluate((one) => [...one.shadowRoot.querySelectorAll('.age')].map((at) => at.textContent));
  return { shown, texts, ages, who };
}

test('what is older than the chain has it shown is not shown, from the moment on when it is', async () => {
  const { shown, texts } = await told({ lines: [line('Pen', 1745, 1), line('Ink', 980, 6)], total: 5450, points_days: 29 });
  assert.deepEqual(await texts(), ['2,480 points', '€34.90', '€19.60', '€54.50']);
  await shown.clock.runFor(DAY + 60_000);
  assert.deepEqual(await texts(), ['not current', '€34.90', 'not current', 'not current']);
  await picture('not-current', shown);
  await shown.close();
});

test('a total that cannot be told is not 0', async () => {
  const { shown, texts } = await told({ lines: [line('Pen', 1745, 1)], total: null });
  assert.deepEqual(await texts(), ['2,480 points', '€34.90', 'not current']);
  await shown.close();
});

test('what is shown tells its age when it is a day old, and goes on counting', async () => {
  const { shown, ages, who } = await told({ lines: [line('Pen', 1745, 0), line('Ink', 980, 2)], total: 5450, points_days: 3 });
  assert.deepEqual(await ages(), ['Profile 3 days old', 'price 2 days old']);
  await picture('ages', shown);
  await shown.clock.runFor(DAY);
  assert.deepEqual(await ages(), ['Profile 4 days old', 'price 1 day old', 'price 3 days old', 'as of yesterday']);
  await who.evaluate((one) => { one.lang = 'ar'; });
  assert.deepEqual(await ages(), ['الملف عمره 4 أيام', 'السعر عمره يوم (1)', 'السعر عمره 3 أيام', 'حال أمس']);
  await picture('ages-ar', shown);
  await shown.close();
});

test('while the line is down an hour is worth a word', async () => {
  const { shown, ages } = await told({ lines: [line('Pen', 1745, 0)], total: 3490, points_days: 0.03, cart_hours: 2, online: { state: 'offline', cause: 'no_route', since_ms: WALL } });
  assert.deepEqual(await ages(), ['as of 2 hours ago']);
  await shown.clock.runFor(HOUR);
  assert.deepEqual(await ages(), ['Profile 1 hour old', 'price 1 hour old', 'as of 3 hours ago']);
  await shown.close();
});

// The shopper's line display, from the tap to the thanks, in both command sets, and what becomes of it when it is unplugged.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Till } from './lib/till.mjs';

const till = Till.make({ policy: ['--display-upper', 'Harbour Street', '--display-lower', 'Open till 8'] });
let page;
let rivera;

before(async () => {
  await till.certificates();
  await till.seed();
  await till.startStore();
  await till.startReaders();
  await till.startDisplay();
  await till.startTill();
  [rivera] = till.customers;
  page = await till.workingPage();
});

after(async () => {
  page?.close();
  await till.end();
});

test('is idle before anybody is here', async () => {
  assert.equal((await till.displayShows('Harbour Street', 'Open till 8')).faults, 0);
});

// Until she, who is on the page, is welcomed with her tier and her points: both lines, which come one behind the other.
function welcomed() {
  const { tier, points } = page.shown.view;
  const name = page.shown.terminal.tiers.find((one) => one.id === tier).name;
  const count = `${points} points`;
  return till.displayShows(`Welcome ${rivera.name}`.slice(0, 20), `${name}${' '.repeat(20 - name.length - count.length)}${count}`);
}

test('welcomes with tier and points, then shows what was added and the total', async () => {
  await till.serve(page, rivera);
  await welcomed();
  const product = till.products[3];
  await till.scan(product.ean13);
  await page.sees('the product', (s) => s.cart?.lines.some((line) => line.gtin === product.gtin));
  const line = page.shown.cart.lines.find((one) => one.gtin === product.gtin);
  const total = `${(page.shown.cart.total / 100).toFixed(2)} ${page.shown.cart.currency}`;
  const price = (line.quantity * line.unit_price / 100).toFixed(2);
  const shown = await till.displayShows(`${line.name.slice(0, 19 - price.length).padEnd(20 - price.length)}${price}`, `Total${total.padStart(15)}`);
  assert.equal(shown.faults, 0);
});

test('thanks at the end, and is idle again', async () => {
  await page.done();
  await till.displayShows('Thank you', '');
  await till.displayShows('Harbour Street', 'Open till 8');
});

test('speaks her language, and writes amounts as the store does', async () => {
  await page.request('customer.create', { name: 'Rosa Lind', language: 'de' });
  await till.displayShows('Willkommen Rosa Lind', 'Member      0 Punkte');
  const product = till.products[3];
  await till.scan(product.ean13);
  await page.sees('the product', (s) => s.cart?.lines.some((line) => line.gtin === product.gtin));
  const price = (product.unit_price / 100).toFixed(2);
  await till.displayShows(`${product.name.slice(0, 19 - price.length).padEnd(20 - price.length)}${price}`, `Summe${`${price} EUR`.padStart(15)}`);
  await page.done();
});

test('is told everything anew when it was unplugged', async () => {
  await till.serve(page, rivera);
  await welcomed();
  const before = await till.displayCommand('show');
  await till.displayCommand('unplug');
  await till.till.lines.next('the display is missed', (line) => / display state .*state=unplugged/.test(line));
  await page.sees('a display that is away', (s) => s.state.display?.state === 'unplugged');
  await till.displayCommand('plug');
  await welcomed();
  assert.equal(await till.displayCommand('show'), before);
  await page.sees('a display that is there', (s) => s.state.display?.state === 'ready');
  await page.done();
});

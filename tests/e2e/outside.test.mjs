// A customer who is outside the store's cohort: the cache does not know her, the context store does.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Till } from './lib/till.mjs';

const till = Till.make({ device: 'till-0422-4' }); // the made-up chain's every third customer is in its cohort
let page;
let outsider;

before(async () => {
  await till.start();
  page = await till.workingPage();
  for (const customer of till.customers) {
    await till.serve(page, customer);
    const { source } = page.shown.visit;
    await page.done();
    await page.sees('nobody', (s) => s.visit === null);
    if (source === 'store') outsider = customer;
    if (outsider) break;
  }
  assert.ok(outsider, 'everybody is in the cohort');
});

after(() => till.end());

test('the context store is asked once; then the cache knows her', async () => {
  await till.serve(page, outsider);
  assert.equal(page.shown.visit.source, 'cache');
  await page.done();
  await page.sees('nobody', (s) => s.visit === null);
});

test('a code that nobody has is unknown, and the reason says who was asked', async () => {
  const { code } = await till.scanned(page, 'https://loyal.example/m/9999999999', 'unknown');
  assert.equal(code, 'lookup.not_found');
});

test('her cart on the web and at the till is one', async () => {
  const web = await till.webChannel(outsider.id);
  const [pen, ink] = till.products;
  await web.add(pen.gtin);
  await till.serve(page, outsider);
  await page.sees('the line from the web', () => page.lineOf(pen.gtin));
  assert.equal((await page.add(ink.gtin, 2)).error, undefined);
  await web.cartWith('the line from the till', (doc) => doc.lines.some((l) => l.gtin === ink.gtin && l.quantity === 2));
  const { id } = page.lineOf(pen.gtin);
  await page.request('cart.set_quantity', { line: id, from: 1, to: 4 });
  await web.cartWith('four pens', (doc) => doc.lines.some((l) => l.gtin === pen.gtin && l.quantity === 4));
  await page.request('cart.remove', { line: page.lineOf(ink.gtin).id, from: 2 });
  await web.cartWith('no ink', (doc) => doc.lines.every((l) => l.gtin !== ink.gtin));
  web.close();
  await page.done();
  await page.sees('nobody', (s) => s.visit === null);
});

test('with the line down she is known from the cache; who is not, cannot be asked for', async () => {
  await till.store.stop('SIGKILL');
  await page.sees('a line that is down', (s) => s.state.line.state !== 'live');
  await till.serve(page, outsider);
  assert.equal(page.shown.visit.source, 'cache');
  await page.done();
  const { code } = await till.scanned(page, 'https://loyal.example/m/9999999999', 'unknown');
  assert.equal(code, 'lookup.offline');
});

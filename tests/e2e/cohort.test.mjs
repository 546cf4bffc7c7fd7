// The cohort of a till that is compared with the context store's every two seconds, while people shop.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Till } from './lib/till.mjs';

const till = Till.make({ policy: ['--checksum-ms', '2000'] });
let page;

before(async () => {
  await till.start();
  page = await till.workingPage();
});

after(() => till.end());

// Either line; what follows a comparison that differs is a repair, which would hide it.
const compared = async () => {
  const line = await till.till.lines.next('a comparison', (l) => / cache (agrees|differs) /.test(l));
  assert.match(line, / cache agrees /, 'till and context store hold the same');
};

test('is the same at the start', compared);

test('is the same after visits, carts from both sides, and an erasure', async () => {
  const [pen, ink] = till.products;
  for (const customer of till.customers.slice(0, 4)) {
    const web = await till.webChannel(customer.id);
    await web.add(pen.gtin);
    await till.serve(page, customer);
    await page.sees('the line from the web', () => page.lineOf(pen.gtin));
    assert.equal((await page.add(ink.gtin, 2)).error, undefined);
    await web.cartWith('the line from the till', (doc) => doc.lines.some((l) => l.gtin === ink.gtin));
    web.close();
    await page.done();
    await page.sees('nobody', (s) => s.visit === null);
  }
  await till.contextctl('erase', '--customer', till.customers[1].id, '--database', till.path('store', 'context.db'));
  for (let i = 0; i < 3; i++) await compared();
});

test('is the same after both were away', async () => {
  await till.store.stop('SIGKILL');
  await page.sees('the line is down', (s) => s.state.line.state === 'offline');
  await till.startStore();
  await page.sees('the line is up', (s) => s.state.line.state === 'live');
  for (let i = 0; i < 2; i++) await compared();
});

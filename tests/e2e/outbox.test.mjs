// What waits in the outbox and what the context store turned down: on the page, on the command line, in the metrics.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Till } from './lib/till.mjs';

const NOWHERE = '00000000000017'; // a product that no store has

const till = Till.make();
let page;
let rivera;

before(async () => {
  await till.start();
  [rivera] = till.customers;
  page = await till.workingPage();
  await till.serve(page, rivera);
});

after(() => till.end());

const outbox = async () => (await till.cli('--json', 'outbox')).trim().split('\n').map((line) => JSON.parse(line));
// That a visit began is told when nothing else is to be done, and may wait as well.
const ofCarts = (lists) => lists.flatMap((list) => list.rows).filter((row) => row.kind.startsWith('cart.'));

test('a change that is turned down is taken back with its reason, and stops nothing', async () => {
  assert.equal((await page.add(NOWHERE)).error, undefined);
  assert.equal((await page.add(till.products[0].gtin)).error, undefined);
  const taken = await page.takenBack();
  assert.deepEqual([taken.change, taken.code, taken.gtin, taken.visit],
    ['cart.add', 'product_unknown', NOWHERE, page.shown.visit.id]);
  await page.sees('the cart without it', () => !page.lineOf(NOWHERE) && page.lineOf(till.products[0].gtin)?.pending === false);
  await page.decided();
  const text = await till.cli('outbox');
  assert.match(text, new RegExp(`^ +${taken.seq}  rejected +cart\\.add +just now +product_unknown: the context store does not know this product$`, 'm'));
  assert.match(text, /^1 change was turned down; the screen has taken them back\.$/m);
  assert.deepEqual(ofCarts(await outbox()).map((row) => [row.seq, row.kind, row.state, row.code]), [[taken.seq, 'cart.add', 'rejected', 'product_unknown']]);
  assert.match(await till.cli('metrics'), /^tillbridge_rejected_total\{channel="till"\} 1$/m);
});

test('what waits is listed without anything of the customer, however much it is', async () => {
  await till.store.stop('SIGKILL');
  await page.sees('an offline line', (s) => s.state.line.state === 'offline');
  for (let i = 0; i < 60; i++) assert.equal((await page.add(till.products[1].gtin)).error, undefined);
  const lists = await outbox();
  assert.equal(lists.length, 2);
  assert.ok(lists[0].waiting >= 60);
  assert.ok(lists[0].waiting_bytes > 60 * 50);
  const rows = ofCarts(lists);
  assert.equal(rows.filter((row) => row.state === 'waiting').length, 60);
  assert.equal(new Set(rows.map((row) => row.seq)).size, 61);
  const text = await till.cli('outbox');
  assert.match(text, /^\d+ changes wait to be sent \([\d,]+ bytes\)\.$/m);
  for (const said of [text, JSON.stringify(lists)])
    for (const secret of [rivera.id, rivera.name, rivera.member, till.products[1].gtin, page.shown.cart.id])
      assert.equal(said.includes(secret), false, secret);
  const console = await till.console();
  assert.equal((await console.code('outbox', { from_seq: 0 })), 'input.range');
  console.close();
  await till.startStore();
  await page.decided();
  assert.deepEqual(ofCarts(await outbox()).map((row) => row.state), ['rejected']);
  await page.done();
});

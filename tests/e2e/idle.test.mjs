// A shopper who walks away: the visit ends by itself as the context store's policy says, and the page, in a real browser,
// holds nothing of her any more.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Clerk } from './lib/clerk.mjs';
import { Till, memberUri } from './lib/till.mjs';

const IDLE_MS = 4000; // long enough for what has to be done before it
const till = Till.make({ policy: ['--idle-ms', String(IDLE_MS)] });
let clerk;
let follower;
let rivera;
let product;

before(async () => {
  await till.start();
  [rivera] = till.customers;
  [, , , product] = till.products;
  (await till.workingPage()).close();
  follower = await till.console();
  await follower.request('tail');
  clerk = await Clerk.open(await till.pageUrl());
});

after(async () => {
  await clerk?.close();
  follower?.close();
  await till.end();
});

// Does it while the screen is watched: what is shown for a while only is seen, however long the one who does it takes.
async function watched(what, matches, act) {
  const seen = clerk.sees(what, matches);
  seen.catch(() => {}); // told where it is waited for
  await act();
  await seen;
}

const comes = () => watched('Ms Rivera', '(s) => /Rivera/.test(s.name)', () => till.scannerCommand(`scan ${memberUri(rivera)}`));

async function hasLeft() {
  const ended = await follower.events.next('the end of the visit', (e) => e.event === 'visit' && e.state === 'ended');
  assert.equal(ended.reason, 'idle');
  await clerk.sees('an idle till', "(s) => !s.visit && s.name === '' && s.lines.length === 0 && s.total === ''");
  const held = await clerk.document();
  for (const of_her of [rivera.name, 'Rivera', rivera.id, String(rivera.points), product.name]) {
    assert.ok(!held.includes(of_her), `the page still holds "${of_her}"`);
  }
  return ended;
}

test('a visit that nobody touches ends, and nothing of the shopper stays on the page', async () => {
  await comes();
  const { took_ms } = await hasLeft();
  assert.ok(took_ms >= IDLE_MS, `it ended after ${took_ms} ms`);
});

test('what is done for the shopper counts as a touch', async () => {
  await comes();
  await watched('the product', `(s) => s.lines.some((line) => line.includes('${product.name}'))`, () => till.scannerCommand(`scan ${product.ean13}`));
  const scanned = await follower.events.next('the scan', (e) => e.event === 'outcome' && e.outcome === 'product'); // stored when the disk has it
  const ended = await hasLeft();
  assert.ok(ended.at_ms - scanned.at_ms >= IDLE_MS - 50, 'the clock began again');
  assert.deepEqual(clerk.faults, []);
});

// A customer has herself erased while her data lies on a till, some of it not sent yet.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Till, memberUri } from './lib/till.mjs';

const till = Till.make({});
let page;
let follow;
let rivera;
let okafor;
let gone; // erased before the till was ever started

const erase = (customer) => till.contextctl('erase', '--database', till.path('store', 'context.db'), '--customer', customer.id);
const erasures = async () => JSON.parse(await till.contextctl('erasures', '--database', till.path('store', 'context.db'), '--json'));

// Looked at again whenever the till heard a verdict: one of them is on its receipt.
async function confirmed() {
  const waits = (entry) => entry.waiting.some(({ device }) => device === 'till-0421-4');
  while ((await erasures()).some(waits)) await follow.events.next('a verdict', (e) => e.event === 'cart' && e.verdict);
}

// Every file of the till's state, with its logs.
function files() {
  const dir = till.path('till', 'state');
  return readdirSync(dir).map((name) => ({ name, bytes: readFileSync(`${dir}/${name}`) }));
}

before(async () => {
  await till.certificates();
  await till.seed();
  gone = till.customers[3];
  await erase(gone);
  await till.startStore();
  await till.startReaders();
  await till.startTill();
  page = await till.workingPage();
  follow = await till.console();
  await follow.request('tail');
  [rivera, okafor] = till.customers;
});

after(() => till.end());

test('a till that is new learns who was erased, and who was not', async () => {
  await till.till.lines.next('the erasure', (l) => / erasures done /.test(l));
  await confirmed();
  await till.scanned(page, memberUri(gone), 'unknown');
  await till.serve(page, till.customers[2]);
  await page.done();
});

test('a till that is connected forgets her at once, and says so', async () => {
  await till.serve(page, okafor);
  await erase(okafor);
  await page.sees('nobody', (s) => s.visit === null);
  await page.sees('nothing to be sent', (s) => s.state.unsent === 0);
  await confirmed();
  await till.scanned(page, memberUri(okafor), 'unknown');
});

test('a till that was away forgets her before it shows anything else; the others are known as before', async () => {
  await till.serve(page, rivera);
  await till.store.stop('SIGKILL');
  await page.sees('a line that is down', (s) => s.state.line.state !== 'live');
  assert.equal((await page.add(till.products[0].gtin, 1)).error, undefined);
  await page.sees('one change to be sent', (s) => s.state.unsent === 1);
  await page.done();
  await erase(rivera);
  await till.startStore();
  await confirmed();
  await page.sees('nothing to be sent', (s) => s.state.unsent === 0 && s.state.line.state === 'live');
  await till.scanned(page, memberUri(rivera), 'unknown');
  const other = till.customers[2];
  await till.serve(page, other);
  await page.done();
});

test('nothing of her is left in the files of the till', async () => {
  follow.close();
  await till.till.stop();
  for (const { name, bytes } of files())
    for (const who of [rivera, okafor, gone])
      assert.ok(!bytes.includes(Buffer.from(who.id, 'hex')) && !bytes.includes(who.name), name);
});

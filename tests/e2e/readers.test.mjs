// A reader that is pulled out, hangs or crashes: the page says which and how, it comes back by itself, and what the other
// reader does in the meantime counts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Till, memberUri } from './lib/till.mjs';

const till = Till.make();
let page;
let rivera;
let okafor;
let lindqvist;

before(async () => {
  await till.start();
  [rivera, okafor, lindqvist] = till.customers;
  await till.card('rivera', `ntag213 uri=${memberUri(rivera)}`);
  await till.card('okafor', `ntag216 uri=${memberUri(okafor)}`);
  await till.card('lindqvist', `type4 uri=${memberUri(lindqvist)}`);
  page = await till.workingPage();
});

after(() => till.end());

async function served(customer) {
  await page.sees(customer.name, (s) => s.visit && s.view.customer.name === customer.name);
  await page.done();
  await page.sees('nobody', (s) => s.visit === null);
}

async function taps(customer, name) {
  await till.tap(name);
  await served(customer);
  await till.takeAway();
}

test('a card reader that is pulled out is missed, and works when it is back', async () => {
  await till.readerCommand('unplug');
  await page.readerIs('nfc', 'unplugged');
  assert.equal(page.reader('scanner'), 'ready');
  await till.scan(memberUri(okafor));
  await served(okafor);
  await till.readerCommand('plug');
  await page.readerIs('nfc', 'ready');
  await taps(rivera, 'rivera');
});

test('a scanner that is pulled out is missed, and works when it is back', async () => {
  await till.scannerCommand('unplug');
  await page.readerIs('scanner', 'unplugged');
  await taps(okafor, 'okafor');
  await till.scannerCommand('plug');
  await page.readerIs('scanner', 'ready');
  await till.scan(memberUri(rivera));
  await served(rivera);
});

test('a card reader that crashes on a card is started again and reads it then', async () => {
  await till.readerCommand('fault status80');
  await till.tap('rivera');
  await page.readerWas('nfc', 'crashed');
  assert.equal((await page.outcome('unreadable')).code, 'reader.lost');
  await page.readerIs('nfc', 'ready');
  await served(rivera);
  await till.takeAway();
});

// The simulator's answer to a look at a card that lies there has more than twenty bytes, a quarter of a second each.
test('while the card reader hangs a scan counts, and it is back by itself', async () => {
  await till.tap('okafor');
  await served(okafor);
  const began_ms = performance.now();
  await till.readerCommand('fault dribble');
  await till.scan(memberUri(rivera));
  await served(rivera);
  await page.readerWas('nfc', 'hung');
  assert.ok(performance.now() - began_ms >= 1400, 'a reader may be silent for a while'); // its last word was up to 0.5 s ago
  await till.takeAway();
  await page.readerIs('nfc', 'ready');
  await taps(lindqvist, 'lindqvist');
});

test('a card in the field of a reader that is lost does not keep its visit for ever', async () => {
  await till.tap('rivera');
  await page.sees(rivera.name, (s) => s.visit && s.view.customer.name === rivera.name);
  await till.readerCommand('unplug');
  await page.readerIs('nfc', 'unplugged');
  await page.sees('nobody, removed', (s) => s.visit === null && s.reason === 'removed');
});

test('a page that comes while a reader is missing is told so', async () => {
  const fresh = await till.page();
  await fresh.readerIs('nfc', 'unplugged');
  fresh.close();
});

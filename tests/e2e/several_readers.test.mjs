// Four readers at one till: a head with a card reader and a scanner, two card readers through libnfc, and a scanner of its
// own, in both ways of the configuration. Each is named, each works while the others do, and each is missed alone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HeadTill, part, partIs } from './lib/head_till.mjs';
import { command } from './lib/simulator.mjs';
import { memberUri } from './lib/till.mjs';

const till = HeadTill.make();
till.readers = `reader = libnfc:pn532_uart:${till.path('sim', 'nfc2')}
reader = head:${till.headLine}
nfc = pn532_uart:${till.path('sim', 'nfc3')}
scanner = ${till.path('sim', 'scanner2')}`;
const NAMED = [['Card reader', 'nfc'], ['Scanner', 'scanner'], ['Card reader 2', 'nfc'], ['Reader head', 'nfc'], ['Reader head', 'scanner']];
const third = (line) => command(till.path('sim', 'nfc3.sock'), line);
const ownScanner = (line) => command(till.path('sim', 'scanner2.sock'), line);
let page;
let customers;

before(async () => {
  await till.start();
  customers = till.customers;
  await till.card('a', `ntag213 uri=${memberUri(customers[0])}`);
  await till.secondReader(`card b type4 uri=${memberUri(customers[1])}`);
  await third(`card c ntag216 uri=${memberUri(customers[2])}`);
  page = await till.workingPage();
  for (const [name, kind] of NAMED) await partIs(page, name, kind, 'ready');
});

after(() => till.end());

// Starts the simulators that the till has more than others.
till.startReaders = async function startReaders() {
  await HeadTill.prototype.startReaders.call(this);
  for (const [program, name] of [['pn532d', 'nfc3'], ['scannerd', 'scanner2']]) {
    const simulator = this.launch(program, ['--line', this.path('sim', name), '--control', this.path('sim', `${name}.sock`)]);
    await simulator.printed('ready');
  }
};

test('all are listed, short forms first', async () => {
  assert.deepEqual(page.shown.state.readers.map((one) => [one.name, one.kind]), NAMED);
  const status = await till.cli('status');
  assert.match(status, /Readers +nfc .* Card reader\n +scanner .* Scanner\n +nfc .* Card reader 2\n +nfc .* Reader head\n +scanner .* Reader head\n/);
});

test('five ways at once end in five outcomes, each with its reader', async () => {
  await Promise.all([till.tap('a'), till.secondReader('tap b'), third('tap c'),
    till.scan(memberUri(customers[3])), ownScanner(`scan ${memberUri(customers[4])}`)]);
  const readers = [];
  for (let i = 0; i < 5; i += 1) readers.push((await page.outcome('recognised')).reader);
  assert.deepEqual(readers.sort(), ['Card reader', 'Card reader 2', 'Reader head', 'Reader head', 'Scanner']);
  await page.sees('one visit, of the last of them', (s) => s.visit);
});

test('one that is away is missed alone', async () => {
  await third('unplug');
  await partIs(page, 'Card reader', 'nfc', 'unplugged');
  for (const [name, kind] of NAMED.slice(1)) assert.equal(part(page, name, kind), 'ready');
  await till.pullHead();
  await partIs(page, 'Reader head', 'nfc', 'unplugged');
  await partIs(page, 'Reader head', 'scanner', 'unplugged');
  assert.equal(part(page, 'Card reader 2', 'nfc'), 'ready');
  assert.equal(part(page, 'Scanner', 'scanner'), 'ready');
  await ownScanner(`scan ${memberUri(customers[5])}`);
  await page.sees(customers[5].name, (s) => s.visit && s.view.customer.name === customers[5].name);
});

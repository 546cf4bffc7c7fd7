// New firmware for a reader head, from the command line through the agent: cards go on being read, what is not for this head
// is refused, and a head that is pulled out in the middle gets the rest when it is back.

import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { imageMake } from '../../firmware/image.mjs';
import { HeadTill, partIs } from './lib/head_till.mjs';
import { attempt } from './lib/program.mjs';
import { memberUri } from './lib/till.mjs';

const HEAD = 'Reader head';
const SLOTS = [0, 65536]; // boards/mcu/host
const RECORDS_SIZE = 2048;
const BODY_AT = 512;
const key = createPrivateKey(readFileSync(fileURLToPath(new URL('../../build/firmware/demo.pem', import.meta.url))));

// Its head has slots, and version 0.1.0 in the first one.
class UpdateTill extends HeadTill {
  async startReaders() {
    this.flash = this.path('flash');
    flashMake(this.flash);
    await super.startReaders();
  }
}

const till = UpdateTill.make();
let page;
let customers;

// What a slot of the host board holds is whatever the kernel can start. size: so that a transfer takes a while.
function program(size) {
  const body = Buffer.alloc(size, '#');
  body.write(`#!/bin/sh\nexec ${join(till.bin, 'tillbridge-head')} "$@"\n`);
  return body;
}

function release(version, { board = 'host', size = 3000, change = (images) => images } = {}) {
  const images = SLOTS.map((address) => imageMake({ key, board, version, address, body: program(size) }));
  const path = till.path(`head-${version}-${board}.tbfw`);
  writeFileSync(path, Buffer.concat(change(images)));
  return path;
}

function flashMake(path) {
  const flash = Buffer.alloc(2 * 65536 + RECORDS_SIZE, 0xff);
  const image = imageMake({ key, board: 'host', version: '0.1.0', address: SLOTS[0], body: program(3000) });
  image.copy(flash, 0, 0, 192);
  image.copy(flash, BODY_AT, 192);
  writeFileSync(path, flash);
}

const words = (...args) => ['--socket', till.path('till', 'run', 'tillbridge.sock'), ...args];
const cli = (...args) => attempt(join(till.bin, 'tillbridge'), words(...args));
const ready = () => partIs(page, HEAD, 'nfc', 'ready');

// A card each time: the same one again is one tap for a while.
async function tapped() {
  const [customer] = customers.splice(0, 1);
  const name = `card${customers.length}`; // another card, with a UID of its own
  await till.card(name, `ntag213 uri=${memberUri(customer)}`);
  await till.tap(name);
  await page.sees(customer.name, (s) => s.visit && s.view.customer.name === customer.name);
  await page.done();
  await page.sees('nobody', (s) => s.visit === null);
  await till.takeAway();
}

before(async () => {
  await till.start();
  customers = till.customers.slice(0, 3);
  page = await till.workingPage();
  await ready();
});

after(() => till.end());

test('a head is told its capability, and takes a new version while a card is read', async () => {
  const { readers } = JSON.parse((await cli('--json', 'reader', 'list')).out);
  assert.ok(readers[0].capabilities.includes('update'), JSON.stringify(readers[0]));
  const update = till.launch('tillbridge', words('reader', 'update', HEAD, release('0.2.0', { size: 60000 })));
  await update.printed('25 %');
  await tapped();
  await update.printed('Reader head now runs version 0.2.0');
  assert.deepEqual(await update.exited, { code: 0, signal: null });
  await ready();
  await tapped();
});

test('the same version is there already, and comes again by force', async () => {
  const path = release('0.2.0', { size: 60000 });
  const again = await cli('reader', 'update', '1', path);
  assert.deepEqual([again.code, again.out], [0, '1 runs version 0.2.0 already; --force installs it again\n']);
  const forced = await cli('--json', '--force', 'reader', 'update', '1', path);
  assert.deepEqual(JSON.parse(forced.out), { reader: '1', version: '0.2.0', already: false });
  await ready();
});

test('what is not for this head is refused, each with its word', async () => {
  const flip = (at) => (images) => images.map((image) => {
    const changed = Buffer.from(image);
    changed[at] ^= 1;
    return changed;
  });
  const refused = async (code, path) => {
    const { out, code: exit } = await cli('--json', 'reader', 'update', HEAD, path);
    assert.deepEqual([exit, JSON.parse(out).error.code], [1, code]);
  };
  await refused('update.board', release('0.3.0', { board: 'stm32f103' }));
  await refused('update.signature', release('0.3.0', { change: flip(130) }));
  await refused('update.digest', release('0.3.0', { change: flip(1500) }));
  await refused('update.older', release('0.1.0'));
  assert.equal((await cli('reader', 'update', HEAD, release('0.3.0'))).code, 0); // so that it was the change each time
  await ready();
});

test('a head that is pulled out in the middle gets it all when it is back', async () => {
  const update = till.launch('tillbridge', words('reader', 'update', HEAD, release('0.4.0', { size: 60000 })));
  await update.printed('25 %');
  await till.pullHead();
  await partIs(page, HEAD, 'nfc', 'unplugged');
  await till.startHead();
  await update.printed('Reader head now runs version 0.4.0');
  assert.deepEqual(await update.exited, { code: 0, signal: null });
  await ready();
  await tapped();
});

test('a reader that takes no firmware says so', async () => {
  const { code, err } = await cli('reader', 'update', '2', release('0.4.0'));
  assert.deepEqual([code, err], [1, 'tillbridge: the agent refused: The reader cannot do that. (refused.unsupported)\n']);
});

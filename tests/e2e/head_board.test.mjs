// The whole way of a card: simulated PN532, the reader head's image on an emulated board, the agent, the clerk's browser.
// TB_MACHINE and TB_IMAGE name the board. Nothing here compares the board's time with ours.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Clerk } from './lib/clerk.mjs';
import { HeadTill } from './lib/head_till.mjs';
import { Issuer } from './lib/pass.mjs';
import { memberUri } from './lib/till.mjs';

const board = { machine: process.env.TB_MACHINE, image: process.env.TB_IMAGE };
const FRAME = '6a01000004'; // before each look
const till = HeadTill.make({ board, polling: FRAME });
let clerk;
let rivera;
let okafor;
let lindqvist;
let second;

const sees = (customer) => clerk.sees(customer.name, `(s) => s.name === ${JSON.stringify(customer.name)}`);

async function done() {
  await clerk.press('Escape');
  await clerk.sees('nobody', '(s) => !s.name && s.title');
}

before(async () => {
  assert.ok(existsSync(board.image), `${board.image} is missing: build it with "./dev firmware"`);
  await till.start();
  [rivera, okafor, lindqvist, second] = till.customers;
  await till.card('rivera', `ntag213 uri=${memberUri(rivera)}`);
  await till.card('lindqvist', `type4 uri=${memberUri(lindqvist)}`);
  await till.card('second', `ntag213 uri=${memberUri(second)}`);
  await till.secondReader(`card okafor ntag216 uri=${memberUri(okafor)}`);
  clerk = await Clerk.open(await till.pageUrl());
  await clerk.sees('a till that waits for a card', "(s) => /Tap a card, hold a phone or scan a code/.test(s.title) && s.band === ''");
});

after(async () => {
  await clerk?.close();
  await till.end();
});

async function list() {
  const console = await till.console();
  const { readers } = await console.request('reader.list');
  console.close();
  return readers;
}

async function stats() {
  const console = await till.console();
  await console.request('reader.stats', { reader: 'Reader head' });
  console.close();
}

test('a card on the head is a customer on the screen', async () => {
  assert.deepEqual((await list())[0].parts.map((part) => part.state), ['ready', 'ready']);
  await till.tap('rivera');
  await sees(rivera);
  await till.takeAway();
  await done();
});

test('so is a phone whose app proves that its pass is its own', async () => {
  const chain = new Issuer('chain-1');
  const database = ['--database', till.path('store', 'context.db')];
  writeFileSync(till.path('chain.pem'), chain.pem);
  await till.contextctl('credential', 'add', '--customer', second.id, '--kind', 'pass', '--value', 'pass-1', ...database);
  await till.contextctl('keys', 'add', '--use', 'token', '--id', 'chain-1', '--key', till.path('chain.pem'), ...database);
  await till.keyArrives('token', 'chain-1');
  await till.card('app', chain.phone('pass-1'));
  await till.tap('app');
  await sees(second);
  await till.takeAway();
  await done();
});

test('so are a Type 4 card, a code, and a card on the reader beside it', async () => {
  await till.tap('lindqvist');
  await sees(lindqvist);
  await till.takeAway();
  await till.secondReader('tap okafor');
  await sees(okafor);
  await till.secondReader('remove');
  await till.scan(memberUri(rivera));
  await sees(rivera);
  await done();
});

test('an agent that starts anew finds the card that lies on the head', async () => {
  await till.tap('rivera');
  await sees(rivera);
  await till.killTill();
  await till.startTill({ port: till.page_port });
  await sees(rivera);
  await till.takeAway();
  await done();
});

test('a head that is reset with a card on it is known to have begun anew, and reads on', async () => {
  await till.tap('lindqvist');
  await sees(lindqvist);
  till.till.lines.forget();
  const before_reset = (await list())[0].starts;
  await till.resetBoard();
  assert.equal((await list())[0].starts, before_reset + 1);
  await done();
  await till.takeAway();
  await stats(); // what was sent to the head before is done when it answers
  await till.readerCommand('log clear');
  await till.tap('rivera');
  await sees(rivera);
  await till.takeAway();
  await done();
  await till.tap('second'); // by now the head has looked for cards, with its frame before each look
  await sees(second);
  assert.match(await till.readerCommand('log rf 200'), new RegExp(`everybody ${FRAME} -> nothing`));
  await till.takeAway();
  await done();
});

test('a head that is pulled out is missed, and works when it is back', async () => {
  await till.pullHead();
  await clerk.sees('that the head is missing', '(s) => /unplugged/.test(s.band)');
  await till.startHead();
  await clerk.sees('that it is back', "(s) => s.band === ''");
  await till.tap('lindqvist');
  await sees(lindqvist);
  await done();
  assert.deepEqual(clerk.faults, []);
});

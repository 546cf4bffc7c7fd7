// The agent as it is cross-built, on Debian's kernel on an emulated arm64 board: a card reader behind a USB serial
// adapter, a reader head behind another one and a scanner that is a USB keyboard, each pulled out and plugged again, and
// the line to a context store outside. What happens is waited for on the board's console and looked at through its
// command line.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { memberUri } from '../e2e/lib/till.mjs';
import { Board, DEVICES } from './lib/board.mjs';

const board = Board.make({ image: process.env.TB_BOARD, head: { machine: process.env.TB_MACHINE, image: process.env.TB_IMAGE } });
let machine;
let rivera;
let okafor;
let lindqvist;

before(async () => {
  await board.start();
  machine = board.machine;
  [rivera, okafor, lindqvist] = board.customers;
  await board.card('rivera', `ntag213 uri=${memberUri(rivera)}`);
  await board.card('lindqvist', `type4 uri=${memberUri(lindqvist)}`);
  await board.secondReader(`card okafor type4 uri=${memberUri(okafor)}`);
});

after(() => board.end());

const reader = (name, state) => new RegExp(`readers state reader="?${name}"? .*state=${state} `);
const recognised = (name) => new RegExp(`identify outcome outcome=recognised .*reader="?${name}"? `);

const ALL_READY = ['Card reader nfc ready', 'Reader head nfc ready', 'Reader head scanner ready', 'Scanner scanner ready'];
const without = (name) => ALL_READY.map((line) => (line.startsWith(name) ? line.replace('ready', 'unplugged') : line));

// As the command line shows it.
async function readers() {
  return (await board.status()).readers.map((r) => `${r.name} ${r.kind} ${r.state}`);
}

const headTap = (card) => () => board.tap(card); // not one card twice in a row: a flicker is no tap
const readerTap = () => board.secondReader('tap okafor');
const typed = (customer) => () => machine.type(`${memberUri(customer)}\n`);

test('as long as no agent runs, what the scanner types reaches the console', async () => {
  await machine.run('until [ -c /dev/input/event0 ]; do usleep 10000; done');
  await machine.type('4006381333931\n');
  assert.equal(await machine.run('head -n 1 /dev/tty1'), '4006381333931\n');
});

test('the agent takes up its line and its readers', async () => {
  await board.causes(() => board.startAgent(), /agent ready/, /line state state=live/,
    reader('Card reader', 'ready'), reader('Reader head', 'ready'), reader('Scanner', 'ready'));
  const { line, terminal } = await board.status();
  assert.equal(line.state, 'live');
  assert.equal(terminal.till, '4');
  assert.deepEqual(await readers(), ALL_READY);
});

test('a card is read through the USB adapter', async () => {
  await board.causes(readerTap, recognised('Card reader'));
  const { outcomes, visit } = await board.status();
  assert.deepEqual([outcomes[0].outcome, outcomes[0].reader, visit], ['recognised', 'Card reader', true]);
  await board.secondReader('remove');
});

test('a card is read by the head, and a code', async () => {
  await board.causes(headTap('rivera'), recognised('Reader head'));
  await board.takeAway();
  await board.causes(() => board.scan(memberUri(okafor)), recognised('Reader head'));
});

test('a code is read from the keyboard', async () => {
  await board.causes(typed(rivera), recognised('Scanner'));
  const { outcomes, visit } = await board.status();
  assert.deepEqual([outcomes[0].outcome, outcomes[0].reader, visit], ['recognised', 'Scanner', true]);
});

// Pulls a device out, uses another one meanwhile, plugs it again and uses it.
async function pulled(device, name, meanwhile, use) {
  await board.causes(() => machine.unplug(device), reader(name, 'unplugged'));
  assert.deepEqual(await readers(), without(name));
  await meanwhile();
  await board.causes(() => machine.plug(device, DEVICES[device]), reader(name, 'ready'));
  await board.causes(use, recognised(name));
  assert.deepEqual(await readers(), ALL_READY);
}

test('an adapter that is pulled out is missed, and works when it is back', async () => {
  await pulled('adapter', 'Card reader', () => board.causes(typed(rivera), recognised('Scanner')), readerTap);
});

test('a head that is pulled out is missed, and works when it is back', async () => {
  await pulled('head', 'Reader head', () => board.causes(typed(rivera), recognised('Scanner')), headTap('lindqvist'));
  await board.takeAway();
});

test('a keyboard that is pulled out is missed, and works when it is back', async () => {
  await pulled('keyboard', 'Scanner', () => board.causes(headTap('rivera'), recognised('Reader head')), typed(okafor));
});

test('none of the codes reached the console; keys do again when the agent has ended', async () => {
  await board.causes(() => board.stopAgent(), /^agent ended with 0/);
  await machine.type('96385074\n');
  assert.equal(await machine.run('head -n 1 /dev/tty1'), '96385074\n');
});

// The agent as it is cross-built, on Debian's kernel on an emulated arm64 board: a card reader behind a USB serial
// adapter and a scanner that is a USB keyboard, both pulled out and plugged again, and the line to a context store
// outside. What happens is waited for on the board's console and looked at through its command line.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { memberUri } from '../e2e/lib/till.mjs';
import { ADAPTER, Board, KEYBOARD } from './lib/board.mjs';

const board = Board.make({ image: process.env.TB_BOARD });
let machine;
let rivera;
let okafor;

before(async () => {
  await board.start();
  machine = board.machine;
  [rivera, okafor] = board.customers;
  await board.card('rivera', `ntag213 uri=${memberUri(rivera)}`);
  await board.card('okafor', `type4 uri=${memberUri(okafor)}`);
});

after(() => board.end());

const reader = (name, state) => new RegExp(`readers state reader="?${name}"? .*state=${state} `);
const outcome = (what, name) => new RegExp(`identify outcome outcome=${what} .*reader="?${name}"? `);

// As the command line shows it: the newest outcome, and how the readers are.
async function shown() {
  const { outcomes, readers, visit } = await board.status();
  return { outcome: outcomes[0]?.outcome, by: outcomes[0]?.reader, visit, nfc: readers[0].state, scanner: readers[1].state };
}

test('as long as no agent runs, what the scanner types reaches the console', async () => {
  await machine.run('until [ -c /dev/input/event0 ]; do usleep 10000; done');
  await machine.type('4006381333931\n');
  assert.equal(await machine.run('head -n 1 /dev/tty1'), '4006381333931\n');
});

test('the agent takes up its line and its readers', async () => {
  await board.causes(() => board.startAgent(), /agent ready/, /line state state=live/,
    reader('Card reader', 'ready'), reader('Scanner', 'ready'));
  const { line, terminal, readers } = await board.status();
  assert.equal(line.state, 'live');
  assert.equal(terminal.till, '4');
  assert.deepEqual(readers.map((r) => [r.kind, r.state]), [['nfc', 'ready'], ['scanner', 'ready']]);
});

test('a card is read through the USB adapter', async () => {
  await board.causes(() => board.tap('rivera'), outcome('recognised', 'Card reader'));
  assert.deepEqual(await shown(), { outcome: 'recognised', by: 'Card reader', visit: true, nfc: 'ready', scanner: 'ready' });
  await board.takeAway();
});

test('a code is read from the keyboard', async () => {
  await board.causes(() => machine.type(`${memberUri(okafor)}\n`), outcome('recognised', 'Scanner'));
  assert.deepEqual(await shown(), { outcome: 'recognised', by: 'Scanner', visit: true, nfc: 'ready', scanner: 'ready' });
});

test('an adapter that is pulled out is missed, and works when it is back', async () => {
  await board.causes(() => machine.unplug('adapter'), reader('Card reader', 'unplugged'));
  assert.equal((await shown()).nfc, 'unplugged');
  await board.causes(() => machine.type(`${memberUri(rivera)}\n`), outcome('recognised', 'Scanner'));
  await board.causes(() => machine.plug('adapter', ADAPTER), reader('Card reader', 'ready'));
  await board.causes(() => board.tap('okafor'), outcome('recognised', 'Card reader'));
  assert.deepEqual(await shown(), { outcome: 'recognised', by: 'Card reader', visit: true, nfc: 'ready', scanner: 'ready' });
  await board.takeAway();
});

test('a keyboard that is pulled out is missed, and works when it is back', async () => {
  await board.causes(() => machine.unplug('keyboard'), reader('Scanner', 'unplugged'));
  assert.equal((await shown()).scanner, 'unplugged');
  await board.causes(() => board.tap('rivera'), outcome('recognised', 'Card reader'));
  await board.takeAway();
  await board.causes(() => machine.plug('keyboard', KEYBOARD), reader('Scanner', 'ready'));
  await board.causes(() => machine.type(`${memberUri(okafor)}\n`), outcome('recognised', 'Scanner'));
  assert.deepEqual(await shown(), { outcome: 'recognised', by: 'Scanner', visit: true, nfc: 'ready', scanner: 'ready' });
});

test('none of the codes reached the console; keys do again when the agent has ended', async () => {
  await board.causes(() => board.stopAgent(), /^agent ended with 0/);
  await machine.type('96385074\n');
  assert.equal(await machine.run('head -n 1 /dev/tty1'), '96385074\n');
});

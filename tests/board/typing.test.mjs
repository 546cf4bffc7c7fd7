// Member numbers typed for a POS that cannot be changed, through the kernel's uinput: they arrive where every keyboard's keys
// do, on the board's first console, and the keyboard is there as long as the agent is.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { memberUri } from '../e2e/lib/till.mjs';
import { Board } from './lib/board.mjs';

const KEYBOARD = 'Tillbridge member number';

const board = Board.make({ image: process.env.TB_BOARD, head: { machine: process.env.TB_MACHINE, image: process.env.TB_IMAGE } });
board.till_sections = '[typing]\nlayout = us\nprefix = 77\n';
let machine;
let rivera;
let okafor;

before(async () => {
  await board.start();
  machine = board.machine;
  await scannerIsThere();
  [rivera, okafor] = board.customers;
  await board.card('okafor', `ntag213 uri=${memberUri(okafor)}`);
});

after(() => board.end());

const recognised = (name) => new RegExp(`identify outcome outcome=recognised .*reader="?${name}"? `);
const typedOn = () => machine.run('head -n 1 /dev/tty1');
const keyboardGoes = () => machine.run(`while grep -q '${KEYBOARD}' /proc/bus/input/devices; do usleep 10000; done`);
const reader = (name, fact) => new RegExp(`readers state reader="?${name}"? .*${fact} `);
const scannerIsThere = () => machine.run('until [ -c /dev/input/event0 ]; do usleep 10000; done');
const agentReady = () => board.causes(() => board.startAgent(), /line state state=live/, reader('Scanner', 'state=ready'), reader('Reader head', 'state=ready'));

async function headTyped() {
  await board.causes(() => board.tap('okafor'), recognised('Reader head'));
  assert.equal(await typedOn(), `77${okafor.member}\n`);
  await board.takeAway();
}

test('a member number arrives as keys, whatever it was read by, and the code that was scanned does not', async () => {
  await agentReady();
  await board.causes(() => machine.type(`${memberUri(rivera)}\n`), recognised('Scanner'));
  assert.equal(await typedOn(), `77${rivera.member}\n`);
  await headTyped();
});

test('the keyboard goes with the agent, also when that is killed, and comes with the next', async () => {
  await board.causes(() => machine.run('kill -9 $(cat /run/agent.pid)'), /^agent ended with 137/);
  await keyboardGoes();
  await agentReady();
  await board.causes(() => machine.type(`${memberUri(okafor)}\n`), recognised('Scanner'));
  assert.equal(await typedOn(), `77${okafor.member}\n`);
  await board.causes(() => board.stopAgent(), /^agent ended with 0/);
  await keyboardGoes();
});

test('it is never taken for the scanner, whose name it has when that is plugged later', async () => {
  await machine.unplug('keyboard');
  await machine.run('while [ -c /dev/input/event0 ]; do usleep 10000; done');
  await board.causes(() => board.startAgent(), reader('Reader head', 'state=ready'), reader('Scanner', 'reason=device.unsupported'));
  assert.match(await machine.run('cat /sys/class/input/event0/device/name'), new RegExp(KEYBOARD));
  await headTyped();
});

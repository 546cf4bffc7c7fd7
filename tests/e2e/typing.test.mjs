// A POS that cannot be changed: what the agent types is read back from a FIFO in the keyboard's place.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { after, before, test } from 'node:test';
import { Events } from './lib/events.mjs';
import { call, Pos } from './lib/pos_channel.mjs';
import { memberUri, Till } from './lib/till.mjs';

const EV_KEY = 1;
const ENTER = 28;
const DIGITS = Object.fromEntries([...'1234567890'].map((digit, n) => [n + 2, digit])); // the row above the letters
const EVENT_SIZE = 24; // struct input_event, 64 bit
const till = Till.make();
const typed = new Events('keyboard');
let page;

// Lines, with a ^ before what was typed with Shift held.
function listen(path) {
  let rest = Buffer.alloc(0);
  let shift = false;
  let line = '';
  createReadStream(path).on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    for (; rest.length >= EVENT_SIZE; rest = rest.subarray(EVENT_SIZE)) {
      const [type, code, value] = [rest.readUInt16LE(16), rest.readUInt16LE(18), rest.readInt32LE(20)];
      if (type !== EV_KEY) continue;
      if (code === 42) shift = value === 1;
      else if (value === 1 && code === ENTER) line = (typed.push(line), '');
      else if (value === 1) line += `${shift ? '^' : ''}${DIGITS[code] ?? `<${code}>`}`;
    }
  });
}

before(async () => {
  execFileSync('mkfifo', [till.path('keyboard')]);
  listen(till.path('keyboard'));
  till.till_sections = `[typing]\nlayout = fr\ndevice = ${till.path('keyboard')}\nprefix = 77\n`;
  await till.start();
  page = await till.workingPage();
});
after(() => till.end());

const next = () => typed.next('a line', () => true);
const inFrench = (text) => [...text].map((digit) => `^${digit}`).join('');

test('a member number is typed as the layout has it, once', async () => {
  const [rivera, osei] = till.customers;
  await till.serve(page, rivera);
  assert.equal(await next(), inFrench(`77${rivera.member}`));
  await page.clear();
  await till.scanned(page, till.products[0].gtin.slice(1), 'product');
  await till.scanned(page, 'https://loyal.example/m/0000000000', 'unknown');
  await till.serve(page, osei);
  assert.equal(await next(), inFrench(`77${osei.member}`));
  await page.clear();
});

test('what a POS handed in is not typed back to it', async () => {
  const console = await till.console();
  const { token } = await console.request('pos.grant', { name: 'POS', scopes: ['identify'] });
  console.close();
  const pos = new Pos(till.page_port, token);
  assert.equal((await pos.http('identify.code', { code: memberUri(till.customers[2]) })).result.outcome, 'recognised');
  await page.clear();
  await till.serve(page, till.customers[3]);
  assert.equal(await next(), inFrench(`77${till.customers[3].member}`));
  assert.equal((await call(till.page_port, 'ping', {}, { token })).result.wall_ms > 0, true);
  await page.clear();
});

test('no number is in a log', () => {
  for (const { name, text } of till.logs()) assert.ok(!text.includes(till.customers[0].member), name);
});

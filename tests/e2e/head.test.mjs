// A reader head at a real agent: cards and codes go through the firmware, its lights show what became of them, and head and
// agent come and go as they like. A second card reader works beside it through libnfc.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HeadTill, part, partIs } from './lib/head_till.mjs';
import { memberUri } from './lib/till.mjs';
import { attempt } from './lib/program.mjs';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';

const GREEN = 'lights 1';
const AMBER = 'lights 3';
const RED = 'lights 2';
const HEAD = 'Reader head';
const LIBNFC = 'Card reader';

// What wallets on phones wait for, here any bytes: for the head, and for the reader behind libnfc.
const FRAME = '6a01000004';

const till = HeadTill.make({ policy: ['--removal-ms', '3000'], polling: FRAME });
let page;
let rivera;
let okafor;
let lindqvist;
let others; // each with a card that either reader may be tapped with

const here = (customer) => page.sees(customer.name, (s) => s.visit && s.view.customer.name === customer.name);
const nobody = () => page.sees('nobody', (s) => s.visit === null);

const done = () => page.clear(); // a card that was taken away may have ended it by then

async function newPage() {
  page = await till.workingPage(); // whose line has brought what credentials are looked up with
  await partIs(page, HEAD, 'nfc', 'ready');
  await partIs(page, HEAD, 'scanner', 'ready');
  await partIs(page, LIBNFC, 'nfc', 'ready');
}

const cli = (...args) => attempt(join(till.bin, 'tillbridge'),
  ['--socket', till.path('till', 'run', 'tillbridge.sock'), ...args]);

// What was sent to the head before is done when it answers, and what is done to a second card then began with a look.
async function framesGoOut(first, second) {
  assert.equal((await cli('reader', 'selftest', HEAD)).code, 0);
  await till.tap(first.member);
  await here(first);
  await till.takeAway();
  await done();
  await till.readerCommand('log clear');
  await till.tap(second.member);
  await here(second);
  assert.match((await till.chipCommands()).join(' '), new RegExp(`42${FRAME} 3202000b0a 4a0100 423a`));
  assert.match(await till.readerCommand('log rf 20'), new RegExp(` rf everybody ${FRAME} -> nothing .* rf ${second.member} 3a`));
  await till.takeAway();
  await done();
}

const pollingOf = async (index) => JSON.parse((await cli('--json', 'reader', 'list')).out).readers[index].polling;

before(async () => {
  await till.start();
  [rivera, okafor, lindqvist] = till.customers;
  await till.card('rivera', `ntag213 uri=${memberUri(rivera)}`);
  await till.card('lindqvist', `type4 uri=${memberUri(lindqvist)}`);
  await till.card('stranger', 'ntag215 uri=https://loyal.example/m/9999999999');
  await till.card('bank', 'payment');
  await till.secondReader(`card okafor ntag216 uri=${memberUri(okafor)}`);
  others = till.customers.slice(3, 7);
  for (const { member } of others) {
    await till.card(member, `ntag213 uri=${memberUri({ member })}`);
    await till.secondReader(`card ${member} ntag213 uri=${memberUri({ member })}`);
  }
  await newPage();
});

after(() => till.end());

test('a card on the head is a customer on the page, and a green light', async () => {
  till.head.lines.forget();
  await till.tap('rivera');
  const { visit } = await here(rivera);
  assert.equal(visit.reader, HEAD);
  await till.head.printed(GREEN);
  await till.takeAway();
  await done();
});

test('a Type 4 card and a code through the head are customers, too', async () => {
  await till.tap('lindqvist');
  await here(lindqvist);
  await till.takeAway();
  await till.scan(memberUri(okafor));
  assert.equal((await here(okafor)).visit.reader, HEAD);
  await done();
});

test('what is not a customer is told by other lights', async () => {
  await till.tap('stranger');
  await page.outcome('unknown');
  await till.takeAway();
  till.head.lines.forget();
  await till.tap('bank');
  await page.outcome('payment_card');
  await till.head.printed(RED);
  await till.takeAway();
});

test('head and libnfc reader read at once, and each is named', async () => {
  page.outcomes.length = 0;
  await Promise.all([till.tap('rivera'), till.secondReader('tap okafor')]);
  const first = await page.outcome('recognised');
  const second = await page.outcome('recognised');
  assert.deepEqual([first.reader, second.reader].sort(), [LIBNFC, HEAD]);
  await page.sees('the later one', (s) => s.visit?.reader === second.reader);
  await till.takeAway();
  await till.secondReader('remove');
  await done();
});

test('an agent that starts while a card lies on the head finds it', async () => {
  await till.tap('lindqvist');
  await here(lindqvist);
  page.close();
  await till.killTill();
  await till.startTill();
  await newPage();
  assert.equal((await here(lindqvist)).visit.reader, HEAD);
  await till.takeAway();
  await done();
});

test('a head that is pulled out with a card on it takes the card along, and both come back', async () => {
  await till.tap('rivera');
  await here(rivera);
  await till.pullHead();
  await partIs(page, HEAD, 'nfc', 'unplugged');
  await partIs(page, HEAD, 'scanner', 'unplugged');
  assert.equal(part(page, LIBNFC, 'nfc'), 'ready');
  await page.sees('nobody, removed', (s) => s.visit === null && s.reason === 'removed');
  await till.startHead();
  await partIs(page, HEAD, 'nfc', 'ready');
  await here(rivera);
  await till.takeAway();
  await done();
});

test('the polling frame goes out before each look, also by a head that began anew', async () => {
  assert.deepEqual(await pollingOf(0), { state: 'sent', frame: FRAME });
  await framesGoOut(...others);
  await till.pullHead();
  await partIs(page, HEAD, 'nfc', 'unplugged');
  assert.deepEqual(await pollingOf(0), { state: 'waiting', frame: FRAME });
  await till.startHead();
  await partIs(page, HEAD, 'nfc', 'ready');
  await framesGoOut(...others.slice(2));
  assert.deepEqual(await pollingOf(0), { state: 'sent', frame: FRAME });
});

// From one card's leaving to the next one's reading the reader behind libnfc looks for a card at least once.
async function framesGoOutOfLibnfc(first, second) {
  await till.secondReader(`tap ${first.member}`);
  await here(first);
  await till.secondReader('log clear');
  await till.secondReader('remove');
  await done();
  await till.secondReader(`tap ${second.member}`);
  await here(second);
  assert.match(await till.secondReader('log rf 100'), new RegExp(` rf everybody ${FRAME} -> nothing .* rf ${second.member} 3a`));
  await till.secondReader('remove');
  await done();
}

test('a reader behind libnfc sends it, too, and is listed so', async () => {
  assert.deepEqual(await pollingOf(1), { state: 'sent', frame: FRAME });
  assert.match((await cli('reader', 'list')).out,
    /^1 {2}Reader head .*\n.*\n.*\n {3}polling {2}sent {9}6a01000004\n2 {2}Card reader .*\n.*\n {3}polling {2}sent {9}6a01000004\n$/);
  await framesGoOutOfLibnfc(...others);
});

test('a reader that crashed is told the frame again', async () => {
  await till.secondReader('fault status80');
  await till.secondReader(`tap ${others[2].member}`);
  await page.readerWas('nfc', 'crashed', LIBNFC);
  await partIs(page, LIBNFC, 'nfc', 'ready');
  await here(others[2]);
  await till.secondReader('remove');
  await done();
  await framesGoOutOfLibnfc(...others);
  assert.deepEqual(await pollingOf(1), { state: 'sent', frame: FRAME });
});

test('a head whose chip is away still scans, and says so', async () => {
  await till.readerCommand('unplug');
  await partIs(page, HEAD, 'nfc', 'unplugged');
  assert.equal(part(page, HEAD, 'scanner'), 'ready');
  await till.scan(memberUri(lindqvist));
  await here(lindqvist);
  await done();
  const failed = await cli('reader', 'selftest', HEAD);
  assert.equal(failed.code, 1);
  assert.match(failed.out, /^Reader head: failed, device\.\w+\n$/);
  await till.readerCommand('plug');
  await partIs(page, HEAD, 'nfc', 'ready');
});

test('the command line lists readers, asks them, and names what it cannot', async () => {
  const { readers } = JSON.parse((await cli('--json', 'reader', 'list')).out);
  assert.deepEqual(readers.map((one) => [one.number, one.name, one.form, one.parts.map((p) => `${p.kind} ${p.state}`)]),
    [[1, HEAD, 'head', ['nfc ready', 'scanner ready']], [2, LIBNFC, 'libnfc', ['nfc ready']]]);
  assert.equal(readers[0].board, 'host');
  assert.deepEqual(readers[0].capabilities, ['transceive', 'feedback', 'selftest', 'tamper', 'polling', 'relay']);
  assert.match((await cli('reader', 'list')).out, /^1 {2}Reader head {6}head .*\n {3}nfc {6}ready .*\n {3}scanner {2}ready /);
  assert.equal((await cli('reader', 'selftest', '1')).out, 'Reader head: passed\n');
  assert.equal((await cli('reader', 'selftest', LIBNFC)).out, 'Card reader: passed\n');
  const { stats } = JSON.parse((await cli('--json', 'reader', 'stats', HEAD)).out);
  assert.ok(stats.uptime_s >= 0 && stats.device_opens >= 1 && stats.starts >= 1, JSON.stringify(stats));
  assert.match((await cli('reader', 'stats', '2')).out, /^Card reader\n {3}seconds running +\d+\n {3}taps +\d+\n/);
  const nobodyThere = await cli('reader', 'stats', 'Kettle');
  assert.deepEqual([nobodyThere.code, nobodyThere.err],
    [1, 'tillbridge: the agent refused: There is no such reader. (refused.not_found)\n']);
  assert.equal((await cli('reader', 'selftest', '3')).code, 1);
  assert.match((await cli('status')).out, /Readers +nfc +ready .* Reader head\n +scanner +ready .* Reader head\n +nfc +ready .* Card reader\n/);
});

test('a head that is away cannot be asked', async () => {
  await till.pullHead();
  await partIs(page, HEAD, 'nfc', 'unplugged');
  const refused = await cli('reader', 'stats', HEAD);
  assert.deepEqual([refused.code, refused.err],
    [1, 'tillbridge: the agent refused: The reader is not there. (retry.offline)\n']);
  await till.startHead();
  await partIs(page, HEAD, 'nfc', 'ready');
});

test('a reader that makes no sense is refused with its place', async () => {
  const file = till.path('till', 'wrong.conf');
  await writeFile(file, '[readers]\nreader = usb:/dev/ttyACM0\n');
  const { code, err } = await till.refusal(file);
  assert.equal(code, 1);
  assert.match(err, /wrong\.conf:2: readers\.reader: must be head:/);
});

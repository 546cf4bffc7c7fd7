// What comes from outside may be wrong in every way: each wrong thing has a stable code, nothing is lost, and nobody's
// data stays behind on a page, on the command line or in a log.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { PageChannel, fetchPage, pageSocket } from './lib/page_channel.mjs';
import { Till, memberUri } from './lib/till.mjs';

const till = Till.make();
let page;
let follower;
let rivera;
let okafor;
let lindqvist;

before(async () => {
  await till.start();
  [rivera, okafor, lindqvist] = till.customers;
  page = await till.workingPage();
  follower = await till.console();
  await follower.request('tail');
});

after(() => till.end());

async function shopperGone() {
  if (page.shown.visit) await page.done();
  await page.sees('nobody', (s) => s.visit === null);
}

test('noise on the scanner line costs its own line and no other', async () => {
  for (let round = 0; round < 20; round++) {
    const noise = randomBytes(1 + round * 40).map((byte) => (byte === 0x0d || byte === 0x0a || byte === 0x09 ? 0x80 : byte | 0x80));
    await till.raw(Buffer.concat([noise, Buffer.from('\r')]));
    const { code } = await page.outcome('not_a_code');
    assert.equal(code, 'code.not_text');
  }
  await till.raw(Buffer.from([0x00, 0xff, 0x1b])); // without an end: over when nothing follows
  await page.outcome('not_a_code');
  await till.raw(Buffer.concat([Buffer.alloc(3000, 0x31), Buffer.from('\r')]));
  await page.outcome('not_a_code');
  await till.serve(page, rivera);
  await page.outcome('recognised');
  await shopperGone();
});

test('a tag whose message is longer than its area is unreadable, and the next card is read', async () => {
  await till.card('long2', 'ntag213 memory=e110120003ff0400d1010b5504');
  await till.card('long4', `type4 file=0800${'d1'.repeat(40)}`);
  await till.card('good', `ntag213 uri=${memberUri(rivera)}`);
  for (const name of ['long2', 'long4']) {
    await till.tap(name);
    assert.equal((await page.outcome('unreadable')).code, 'tag.malformed');
    await till.takeAway();
    await till.tap('good');
    await page.sees(rivera.name, (s) => s.view?.customer.name === rivera.name);
    await till.takeAway();
    await shopperGone();
  }
});

test('a torn tag is unreadable once it stays away, and the good tap after it counts', async () => {
  await till.card('torn', `type4 uri=${memberUri(okafor)} torn=4`);
  await till.card('whole', `ntag216 uri=${memberUri(okafor)}`);
  await till.tap('torn');
  assert.equal((await page.outcome('unreadable')).code, 'tag.torn');
  await till.takeAway();
  await till.tap('whole');
  await page.sees(okafor.name, (s) => s.view?.customer.name === okafor.name);
  await till.takeAway();
  await shopperGone();
});

test('a torn tag and another card right behind it are two taps', async () => {
  await till.tap('torn');
  await page.sees('that a card is being read', (s) => s.reading);
  page.outcomes.length = 0;
  await till.takeAway();
  await till.tap('good');
  assert.equal((await page.outcome('unreadable')).code, 'tag.torn');
  await page.outcome('recognised');
  await page.sees(rivera.name, (s) => s.view?.customer.name === rivera.name && !s.reading);
  await till.takeAway();
  await shopperGone();
});

test('what a page asks wrongly is answered with a code', async () => {
  const id = '0'.repeat(32);
  const gtin = till.products[0].gtin;
  assert.equal(await page.code('cart.add', { visit: id, gtin, quantity: 1 }), 'refused.not_found'); // nobody is here
  await till.serve(page, rivera);
  const visit = page.shown.visit.id;
  const wrong = [
    ['no.such.method', {}, 'refused.unsupported'],
    ['cart.add', {}, 'input.missing'],
    ['cart.add', { gtin, quantity: 1 }, 'input.missing'],
    ['cart.add', { visit: id, gtin, quantity: 1 }, 'refused.not_found'],
    ['cart.add', { visit, gtin, quantity: '1' }, 'input.type'],
    ['cart.add', { visit, gtin: 4, quantity: 1 }, 'input.type'],
    ['cart.add', { visit, gtin, quantity: 0 }, 'input.range'],
    ['cart.add', { visit, gtin, quantity: 10_000 }, 'input.range'],
    ['cart.add', { visit, gtin, quantity: 1.5 }, 'input.type'],
    ['cart.add', { visit, gtin: '123', quantity: 1 }, 'input.syntax'],
    ['cart.add', { visit, gtin: 'x'.repeat(14), quantity: 1 }, 'input.syntax'],
    ['cart.add', { visit, gtin: '1'.repeat(400), quantity: 1 }, 'input.too_long'],
    ['cart.set_quantity', { line: 'z'.repeat(32), from: 1, to: 2 }, 'input.syntax'],
    ['cart.set_quantity', { line: id, from: 1, to: 2 }, 'refused.not_found'],
    ['cart.remove', { line: id, from: 1 }, 'refused.not_found'],
    ['visit.end', { visit: id }, 'refused.not_found'],
    ['visit.end', {}, 'input.missing'],
    ['details.shown', { visit: id }, 'refused.not_found'],
  ];
  for (const [method, params, code] of wrong) assert.equal(await page.code(method, params), code, `${method} ${JSON.stringify(params)}`);
  assert.equal(page.shown.visit !== null, true, 'the visit goes on');
  await shopperGone();
});

test('what was asked for in one visit never goes into the next customer\'s cart', async () => {
  const { gtin } = till.products[2];
  await till.serve(page, rivera);
  const { id } = page.shown.visit;
  await till.serve(page, okafor);
  assert.equal(await page.code('cart.add', { visit: id, gtin, quantity: 1 }), 'refused.not_found');
  assert.equal((await page.add(till.products[3].gtin)).error, undefined);
  await page.sees('what was asked for in this one', () => page.lineOf(till.products[3].gtin));
  assert.equal(page.lineOf(gtin), undefined);
  await shopperGone();
});

test('what is no request at all is answered with a code, or closes that page and no other', async () => {
  const complaints = [
    ['{', 'input.truncated'], ['', 'input.truncated'], ['[]', 'input.type'], ['"x"', 'input.type'], ['nonsense', 'input.syntax'],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', ''], ['{"jsonrpc":"2.0","id":"x","method":"ping"}', ''],
    [`${'[{"a":'.repeat(20)}`, ''], ['{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"ping"}', 'input.duplicate_key'],
  ];
  const rough = await PageChannel.of(page.session);
  for (const [text, code] of complaints) {
    rough.say(text);
    const answer = await rough.complaint();
    assert.match(answer.error.data.code, /^(input|refused)\./, text);
    if (code) assert.equal(answer.error.data.code, code, text);
  }
  assert.ok((await rough.request('ping')).result.wall_ms, 'and the page goes on');
  const closing = [
    [Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}'), 1003],
    [JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { x: 'y'.repeat(20_000) } }), 1009],
  ];
  for (const [message, code] of closing) {
    const broken = await PageChannel.of(page.session);
    broken.say(message);
    assert.equal(await broken.closed, code);
  }
  rough.close();
  assert.ok((await page.request('ping')).result.wall_ms, 'the other page was not disturbed');
});

test('foreign hosts and origins get nothing', async () => {
  const { origin, cookie } = page.session;
  assert.equal((await fetchPage(`${origin}/clerk`, { Cookie: cookie })).status, 200);
  const refused = async (headers) => (await fetchPage(`${origin}/clerk`, { Cookie: cookie, ...headers })).status;
  assert.equal(await refused({ Host: 'evil.example' }), 403);
  assert.equal(await refused({ Origin: 'http://evil.example' }), 403);
  assert.equal((await fetchPage(`${origin}/clerk`)).status, 403);
  for (const headers of [{ Origin: 'http://evil.example' }, { Host: `evil.example:${till.page_port}` }, { Cookie: 'none=1' }]) {
    const status = await new Promise((resolve) => pageSocket(page.session, headers)
      .on('unexpected-response', (request, answer) => { request.destroy(); resolve(answer.statusCode); })
      .on('error', () => {}).on('open', () => resolve(101)));
    assert.equal(status, 403, JSON.stringify(headers));
  }
});

test('a visit ends by Done, by the card that left, and by the next customer', async () => {
  await till.serve(page, okafor);
  await page.done();
  await page.sees('nobody, done', (s) => s.visit === null && s.reason === 'done');

  await till.card('lindqvist', `type4 uri=${memberUri(lindqvist)}`);
  await till.tap('lindqvist');
  await page.sees(lindqvist.name, (s) => s.view?.customer.name === lindqvist.name);
  const first = page.shown.visit.id;
  await till.serve(page, rivera);
  assert.notEqual(page.shown.visit.id, first, 'a visit of her own');
  await till.takeAway(); // the card of the visit that is over
  await till.card('okafor', `ntag213 uri=${memberUri(okafor)}`);
  await till.tap('okafor');
  await page.sees(okafor.name, (s) => s.view?.customer.name === okafor.name);
  await till.takeAway();
  await page.sees('nobody, removed', (s) => s.visit === null && s.reason === 'removed');
});

test('after a visit a page that comes new is told nothing of it', async () => {
  const fresh = await till.page();
  assert.equal(fresh.shown.visit, null);
  assert.equal(personal(fresh.received), '');
  fresh.close();
});

test('the command line is told nothing of a shopper', async () => {
  await till.serve(page, rivera);
  await page.add(till.products[1].gtin);
  await page.sees('a line that was sent', (s) => page.lineOf(till.products[1].gtin)?.pending === false);
  await follower.events.next('its verdict', (e) => e.event === 'cart' && e.verdict === 'applied');
  await follower.request('cart');
  await follower.request('status');
  await shopperGone();
  await follower.events.next('the end of the visit', (e) => e.event === 'visit' && e.state === 'ended');
  assert.match(follower.received, /"recognised"/);
  assert.equal(personal(follower.received), '');
});

test('a follower that asks again is still told once', async () => {
  const again = await till.console();
  for (let n = 0; n < 40; n++) await again.request('tail');
  again.say({ jsonrpc: '2.0', method: 'tail' }); // nobody waits for an answer to a notification
  await till.scan('no code of ours');
  await page.outcome('not_a_code');
  await again.events.next('the outcome', (e) => e.event === 'outcome');
  await again.request('status');
  assert.equal([...again.received.matchAll(/"event":"outcome"/g)].length, 1);
  again.close();
});

test('each thing is told once', async () => {
  const seen = [...follower.received.matchAll(/"event":"cart","seq":(\d+),"verdict":"applied"/g)].map((m) => m[1]);
  assert.ok(seen.length > 0);
  assert.deepEqual(seen, [...new Set(seen)]);
});

// What an open descriptor of a process stands for; "" when it was closed since it was listed.
function descriptor(pid, fd) {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

// Every listening socket of a process, as hexadecimal address and port.
function listening(pid) {
  const inodes = new Set();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(descriptor(pid, fd))?.[1];
    if (inode) inodes.add(inode);
  }
  const rows = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8').trim().split('\n').slice(1));
  return rows.map((row) => row.trim().split(/\s+/)).filter((field) => field[3] === '0A' && inodes.has(field[9])).map((field) => field[1]);
}

test('everything listens on loopback only', () => {
  const port = (number) => number.toString(16).toUpperCase().padStart(4, '0');
  assert.deepEqual(listening(till.till.child.pid), [`0100007F:${port(till.page_port)}`]);
  assert.deepEqual(listening(till.store.child.pid).sort(),
    [till.ports.terminals, till.ports.web].map((number) => `0100007F:${port(number)}`).sort());
});

// What of the run's customers stands in a text: the first find, or "".
function personal(text) {
  for (const customer of [rivera, okafor, lindqvist]) {
    const family = customer.name.split(' ').at(-1);
    for (const word of [customer.member, customer.name, family, customer.id]) if (text.includes(word)) return word;
  }
  return '';
}

test('no log holds a name, a member number or a scanned code', async () => {
  const { ean13, gtin, name } = till.products[2];
  await till.scan(ean13);
  await page.outcome('product');
  await till.scan('4111111111111111');
  await page.outcome('payment_card');
  await till.scan('some other code 12345');
  await page.outcome('not_a_code');
  await till.stop();
  const logs = till.logs();
  assert.ok(logs.some((log) => log.name === 'tillbridged.log' && /event=|outcome/.test(log.text)));
  for (const { name: file, text } of logs.filter((log) => /^(tillbridged|contextd)/.test(log.name))) {
    assert.equal(personal(text), '', file);
    for (const word of [ean13, gtin, name, '4111', 'other code', 'loyal.example']) assert.ok(!text.includes(word), `${file} holds ${word}`);
  }
});

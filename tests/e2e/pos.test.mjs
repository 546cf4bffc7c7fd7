// POS software at a running till: pairing with the code on the clerk's screen, scopes, the customer and the cart as they
// change, paying, codes that are handed in, and tokens that are good no more.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { call, Pos, post } from './lib/pos_channel.mjs';
import { lastingPort } from './lib/ports.mjs';
import { memberUri, Till } from './lib/till.mjs';

const ORIGIN = 'https://pos.example';
const ALL = ['customer', 'cart', 'checkout', 'identify', 'operator', 'handover', 'device'];
const DATE = '2026-09-21';

const till = Till.make();
till.till_sections = `pos_origin = ${ORIGIN}\n`;
let page;
let pos;
let rivera;
let osei;

before(async () => {
  await till.start({ port: await lastingPort() }); // it is ended and started again there
  [rivera, osei] = till.customers;
  page = await till.workingPage();
});
after(async () => {
  pos?.close();
  await till.end();
});

const port = () => till.page_port;
const codeOf = ({ error }) => error?.data.code ?? '';
const shownCode = async (name) => (await page.sees(`the code for ${name}`, (s) => s.pairing?.name === name)).pairing.code;

// Whoever was served before is gone from the page as well.
async function serve(customer) {
  await page.sees('nobody', (s) => s.visit === null);
  await till.serve(page, customer);
}
const luhn = (digits) => String((10 - [...digits].reverse().reduce((sum, digit, at) => sum + (at % 2 ? Number(digit) : [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit]), 0) % 10) % 10);
const wrong = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

// ---- pairing ----

test('without a token nothing but pairing is answered', async () => {
  for (const method of ['customer.current', 'ping', 'session.info', 'upos.open', 'pos.list', 'page.token'])
    assert.equal(codeOf(await call(port(), method)), 'refused.unsupported', method);
  for (const params of [{}, { name: 'Till software' }, { name: '', scopes: ALL }, { name: 'Till\nsoftware', scopes: ALL },
    { name: 'Till \u202eerawtfos', scopes: ALL }, { name: '\u009b2J', scopes: ALL }, { name: 'x', scopes: [] }, { name: 'x', scopes: ['all'] },
    { name: 'x'.repeat(65), scopes: ALL }, { name: 'x', scopes: ALL, origin: 'https://pos.example/' }])
    assert.match(codeOf(await call(port(), 'pair.begin', params)), /^input\./, JSON.stringify(params));
});

test('the clerk sees who asks for what, and the code opens it once', async () => {
  const begun = await call(port(), 'pair.begin', { name: 'Till software', scopes: ALL });
  assert.match(begun.result.pairing, /^[0-9a-f]{32}$/);
  const { pairing } = await page.sees('its code', (s) => s.pairing?.name === 'Till software');
  assert.deepEqual([pairing.name, pairing.scopes, pairing.until_ms], ['Till software', ALL, begun.result.until_ms]);
  assert.match(pairing.code, /^\d{6}$/);
  const busy = await call(port(), 'pair.begin', { name: 'Another', scopes: ALL });
  assert.deepEqual([codeOf(busy), busy.error.data.until_ms], ['retry.busy', begun.result.until_ms]);
  assert.equal(codeOf(await call(port(), 'pair.finish', { pairing: '0'.repeat(32), code: pairing.code })), 'refused.not_found');
  assert.equal(codeOf(await call(port(), 'pair.finish', { pairing: begun.result.pairing, code: wrong(pairing.code) })), 'refused.denied');
  const { result } = await call(port(), 'pair.finish', { pairing: begun.result.pairing, code: pairing.code });
  assert.match(result.token, /^[\w-]{43}$/);
  assert.deepEqual(result.scopes, ALL);
  await page.sees('no code', (s) => s.pairing === null);
  assert.equal(codeOf(await call(port(), 'pair.finish', { pairing: begun.result.pairing, code: pairing.code })), 'refused.not_found');
  pos = new Pos(port(), result.token);
});

// The agent stands still until the connection is closed, so that it is too late to see who asks. The next pairing is as if
// nobody had asked.
test('who asks to be paired and closes at once is nobody', async () => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'pair.begin', params: { name: 'Closed at once', scopes: ALL } });
  const { child, lines } = till.till;
  child.kill('SIGSTOP');
  try {
    const socket = connect(port(), '127.0.0.1');
    const closed = new Promise((resolve, reject) => socket.on('close', resolve).on('error', reject));
    socket.write(`POST /pos/v1/rpc HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      () => socket.destroy());
    await closed;
  } finally {
    child.kill('SIGCONT');
  }
  assert.match(await lines.next('what came of it', (line) => line.includes('Closed at once')), / pos asker_unknown/);
});

test('a page that opens while a code is asked for sees it', async () => {
  const asked = Pos.pair(port(), 'Second', ['customer'], async () => {
    const late = await till.page();
    const { pairing } = await late.sees('its code', (s) => s.pairing?.name === 'Second');
    late.close();
    return pairing.code;
  });
  const second = await asked;
  assert.deepEqual((await second.http('session.info')).result.scopes, ['customer']);
});

test('the token is kept as a hash, and is good after a restart', async () => {
  const config = { port: port() };
  page.close();
  await till.till.stop();
  const stored = readFileSync(till.stateFile('state.db')).toString('latin1');
  assert.ok(!stored.includes(pos.token) && !stored.includes('Till software'));
  assert.ok(!till.logs().some(({ text }) => text.includes(pos.token)));
  await till.startTill(config);
  page = await till.workingPage();
  const { result } = await pos.http('session.info');
  assert.deepEqual([result.api, result.client, result.name, result.scopes], [1, 1, 'Till software', ALL]);
});

// ---- what happens ----

test('who follows is told how things are', async () => {
  await pos.follow();
  const ready = await pos.event('ready');
  assert.deepEqual([ready.api, ready.client, ready.scopes], [1, 1, ALL]);
  assert.equal((await pos.event('terminal')).till, till.terminal_till ?? page.shown.terminal.till);
  assert.equal((await pos.event('state')).line.state, 'live');
  assert.equal((await pos.event('customer.left')).visit, null); // whoever was shown before the connection was lost is gone
});

test('a customer comes, the cart changes, the customer leaves', async () => {
  await serve(rivera);
  assert.equal((await pos.event('outcome')).outcome, 'recognised');
  const came = await pos.event('customer.identified');
  assert.match(came.customer, /^[0-9a-f]{32}$/);
  assert.equal(came.view.customer.name, rivera.name);
  assert.equal(came.visit.id, page.shown.visit.id);
  // What is the clerk's is on the clerk's page alone.
  assert.ok(page.shown.view.do_not_ask && page.shown.view.open);
  assert.deepEqual(Object.keys(came.view), ['customer', 'tier', 'points', 'benefits', 'as_of']);
  assert.deepEqual((await pos.result('customer.current')).view, came.view);

  const { seq } = await pos.result('cart.add', { visit: came.visit.id, gtin: till.products[0].gtin, quantity: 2 });
  const changed = await pos.event('cart.changed', (e) => e.cart?.lines.some((l) => l.gtin === till.products[0].gtin && l.quantity === 2));
  assert.equal(changed.visit, came.visit.id);
  assert.equal((await pos.event('change.decided', (e) => e.seq === seq)).verdict, 'applied');
  await page.sees('the line', () => page.lineOf(till.products[0].gtin)?.quantity === 2);

  const line = page.lineOf(till.products[0].gtin);
  const current = (await pos.http('customer.current')).result;
  assert.deepEqual(current.cart.lines.map((l) => l.id).includes(line.id), true);
  await pos.result('cart.set_quantity', { line: line.id, from: 2, to: 5 });
  await pos.event('cart.changed', (e) => e.cart?.lines.some((l) => l.id === line.id && l.quantity === 5));
  await pos.result('cart.remove', { line: line.id, from: 5 });
  await pos.event('cart.changed', (e) => !e.cart?.lines.some((l) => l.id === line.id));

  const shirt = { visit: came.visit.id, gtin: line.gtin, quantity: 1 };
  const isShirt = (options) => (e) => e.cart?.lines.some((l) => l.gtin === line.gtin && l.options === options);
  for (const options of ['not a token', 'x'.repeat(33), 7]) assert.match(await pos.code('cart.add', { ...shirt, options }), /^input\./);
  for (const options of ['size:m', 'size:l']) {
    await pos.result('cart.add', { ...shirt, options });
    const { cart } = await pos.event('cart.changed', isShirt(options));
    await pos.result('cart.remove', { line: cart.lines.find((l) => l.options === options).id, from: 1 });
    await pos.event('cart.changed', (e) => !isShirt(options)(e));
  }

  assert.equal(await pos.code('cart.add', { visit: '0'.repeat(32), gtin: till.products[0].gtin, quantity: 1 }), 'refused.not_found');
  await pos.result('visit.end', { visit: came.visit.id });
  assert.equal((await pos.event('customer.left')).reason, 'done');
  assert.deepEqual((await pos.http('customer.current')).result.visit, null);
});

test('what becomes known of her is told, and the cart anew with it', async () => {
  await pos.forget();
  await serve(rivera);
  const { visit } = await pos.event('customer.identified');
  const web = await till.webChannel(rivera.id);
  const viewed = web.shop.viewed(till.products[0].gtin);
  assert.match((await viewed.decided).verdict, /^(applied|duplicate)$/);
  assert.equal((await pos.event('customer.changed')).visit.id, visit.id);
  assert.equal((await pos.event('cart.changed')).visit, visit.id);
  web.close();
  await page.clear();
  assert.equal((await pos.event('customer.left')).reason, 'done');
});

test('the same is told as server-sent events', async () => {
  const other = new Pos(port(), pos.token);
  assert.equal(await other.stream(), 200);
  assert.equal((await other.event('ready')).client, 1);
  assert.equal((await other.event('customer.left')).visit, null); // nobody is here yet
  await serve(osei);
  assert.equal((await other.event('customer.identified')).view.customer.name, osei.name);
  await page.clear();
  assert.equal((await other.event('customer.left')).reason, 'done');
  other.close();
});

// ---- codes ----

test('a code that is handed in is judged as one that was scanned', async () => {
  await pos.forget();
  await page.sees('nobody', (s) => s.visit === null);
  const { result } = await pos.http('identify.code', { code: memberUri(rivera) });
  assert.equal(result.outcome, 'recognised');
  assert.equal((await pos.event('customer.identified')).visit.id, result.visit);
  await page.sees(rivera.name, (s) => s.view?.customer.name === rivera.name);
  assert.equal(page.shown.visit.reader, 'POS');
  assert.equal((await pos.http('identify.code', { code: memberUri(rivera) })).result.outcome, 'merged');
  assert.equal((await pos.http('identify.code', { code: till.products[1].gtin.slice(1) })).result.outcome, 'product');
  await pos.event('cart.changed', (e) => e.cart?.lines.some((l) => l.gtin === till.products[1].gtin));
  assert.equal((await pos.http('identify.code', { code: '4111111111111111' })).result.outcome, 'payment_card');
  assert.equal((await pos.http('identify.code', { code: 'https://loyal.example/m/0000000000' })).result.outcome, 'unknown');
  assert.match(codeOf(await pos.http('identify.code', { code: '' })), /^input\./);
});

// ---- paying ----

test('the cart is claimed, paid and gone', async () => {
  const claim = await pos.result('checkout.claim');
  assert.equal((await pos.event('change.decided', (e) => e.seq === claim.seq)).verdict, 'applied');
  await pos.event('cart.changed', (e) => e.cart?.claim?.mine === true);
  await pos.result('checkout.release');
  await pos.event('cart.changed', (e) => e.cart && !e.cart.claim);
  await pos.result('checkout.claim');
  const { cart } = (await pos.http('customer.current')).result;
  const lines = cart.lines.map(({ id, gtin, quantity, unit_price }) => ({ line: id, gtin, quantity, unit_price }));
  const finish = await pos.result('checkout.finish', { transaction: 'pos-1', business_date: DATE, total: cart.total, lines });
  assert.equal((await pos.event('customer.left')).reason, 'checkout');
  assert.equal((await pos.event('change.decided', (e) => e.seq === finish.seq)).verdict, 'applied');
  const voided = await pos.result('checkout.void', { transaction: 'pos-2', business_date: DATE, of_transaction: 'pos-1', of_date: DATE, reopen: true });
  assert.equal((await pos.event('change.decided', (e) => e.seq === voided.seq)).verdict, 'applied');
  assert.equal(await pos.code('checkout.claim'), 'refused.not_found');
  assert.match(await pos.code('checkout.finish', { transaction: 'pos 3', business_date: DATE, total: 1, lines: [] }), /^input\./);
});

test('a finish of a visit that has ended does nothing to the one that is open', async () => {
  await serve(rivera);
  const old = page.shown.visit.id;
  await page.clear();
  await serve(osei);
  const { visit, cart } = page.shown;
  assert.equal(await pos.code('checkout.claim', { visit: old }), 'refused.not_found');
  assert.equal(await pos.code('checkout.finish', { visit: old, transaction: 'pos-9', business_date: DATE, total: 100, all: true }), 'refused.not_found');
  const lines = [{ gtin: till.products[1].gtin, quantity: 1, unit_price: 100 }];
  const finish = await pos.result('checkout.finish', { visit: old, transaction: 'pos-9', business_date: DATE, total: 100, lines });
  assert.equal((await pos.event('change.decided', (e) => e.seq === finish.seq)).verdict, 'applied');
  assert.deepEqual([page.shown.visit.id, page.shown.cart?.item_count], [visit.id, cart?.item_count]);
  await page.clear();
});

// ---- points ----

const SALE = { transaction: 'pos-20', business_date: DATE };
const decided = (seq) => pos.event('change.decided', (e) => e.seq === seq);
const earn = async (params) => (await decided((await pos.result('points.earn', params)).seq)).verdict;
const seesPoints = (count) => page.sees(`${count} points`, (s) => s.view?.points === count);

test('points are given, counted once per sale, and taken back once', async () => {
  await serve(rivera);
  const { visit, view: { points } } = page.shown;
  await pos.forget();
  assert.equal(await earn({ visit: visit.id, points: 120, ...SALE }), 'applied');
  assert.equal((await pos.event('customer.changed', (e) => e.view.points === points + 120)).visit.id, visit.id);
  await seesPoints(points + 120);
  assert.equal(await earn({ points: 120, ...SALE }), 'applied'); // told again, because the answer was lost
  assert.equal(await earn({ points: 3 }), 'applied'); // of no sale; shows that nothing came before it
  await seesPoints(points + 123);
  for (const back of [{ points: -120, ...SALE }, { points: -120, ...SALE }, { points: -3 }]) assert.equal(await earn(back), 'applied');
  await seesPoints(points);
  await page.clear();
});

test('points of a visit that has ended are of the customer who is named, and of nobody else', async () => {
  await serve(rivera);
  const { visit, view: { points } } = page.shown;
  await page.clear();
  for (const params of [{ points: 5 }, { visit: visit.id, points: 5 }]) assert.equal(await pos.code('points.earn', params), 'refused.not_found');
  await serve(osei);
  const others = page.shown.view.points;
  assert.equal(await pos.code('points.earn', { visit: visit.id, points: 5 }), 'refused.not_found');
  assert.equal(await earn({ visit: visit.id, customer: rivera.id, points: 5 }), 'applied');
  assert.equal(await earn({ customer: rivera.id, points: 2 }), 'applied');
  assert.equal(await earn({ customer: osei.id, points: 1 }), 'applied');
  await seesPoints(others + 1);
  await page.clear();
  const nobody = await pos.result('points.earn', { customer: 'd'.repeat(32), points: 5 });
  const { verdict, code } = await decided(nobody.seq);
  assert.deepEqual([verdict, code], ['rejected', 'customer_unknown']);
  await serve(rivera);
  await seesPoints(points + 7);
  await page.clear();
});

test('points that make no sense are refused, and the message names the member', async () => {
  for (const [params, member] of [[{}, 'points'], [{ points: 0 }, 'points'], [{ points: 1.5 }, 'points'], [{ points: 1_000_000_000_001 }, 'points'],
    [{ points: 1, customer: '0'.repeat(32) }, 'customer'], [{ points: 1, visit: 7 }, 'visit'], [{ points: 1, transaction: 'a' }, 'business_date'],
    [{ points: 1, transaction: 'a b', business_date: DATE }, 'transaction'], [{ points: 1, business_date: DATE }, 'transaction']]) {
    const { error } = await pos.ask('points.earn', params);
    assert.match(error.data.code, /^input\./, JSON.stringify(params));
    assert.ok(error.message.includes(member), error.message);
  }
});

test('points are given while the line is down, and shown when it is back', async () => {
  await serve(rivera);
  const { points } = page.shown.view;
  await till.store.stop();
  await page.sees('an offline line', (s) => s.state.line.state === 'offline');
  const { seq, kept } = await pos.result('points.earn', { points: 7, transaction: 'pos-21', business_date: DATE });
  assert.deepEqual([seq > 0, kept, page.shown.view.points], [true, undefined, points]); // hers are the chain's to count
  await till.startStore();
  assert.equal((await decided(seq)).verdict, 'applied');
  await seesPoints(points + 7);
  await page.clear();
});

// ---- who the clerk is ----

// When the terminal knows the operator, who was added a moment ago: it says so by telling anew which one it is.
async function signsOn(operator) {
  for (;;) {
    const code = await pos.code('operator.set', { operator });
    if (code === '') return;
    assert.equal(code, 'refused.not_found');
    await pos.event('terminal');
  }
}

test('the clerk is who the POS says, and only one whom the chain knows', async () => {
  assert.equal(await pos.code('operator.set', { operator: 'op-7' }), 'refused.not_found');
  assert.match(await pos.code('operator.set', {}), /^input\./);
  await pos.forget();
  await till.contextctl('operator', 'add', '--database', till.path('store', 'context.db'), '--id', 'op-7', '--name', 'Kim Berg');
  await signsOn('op-7');
  assert.deepEqual(await pos.event('operator'), { operator: { id: 'op-7', name: 'Kim Berg' } });
  assert.equal(await earn({ customer: rivera.id, points: 2, ...SALE, transaction: 'pos-22' }), 'applied');
  const did = await till.contextctl('audit', 'list', '--operator', 'op-7', '--json', '--database', till.path('store', 'context.db'));
  assert.match(did, /"what":"points.earned".*"detail":"2 2026-09-21 pos-22"/);
  await pos.result('operator.set', { operator: null });
  assert.deepEqual(await pos.event('operator'), { operator: null });
  // A badge is handed in only by who may say who the clerk is.
  for (const [id, name, badge] of [['op-8', 'Lea Berg', '000077'], ['op-9', 'Ana Duarte', '000078']]) {
    await till.contextctl('operator', 'add', '--database', till.path('store', 'context.db'), '--id', id, '--name', name, '--badge', badge);
    await signsOn(id);
  }
  await pos.result('operator.set', { operator: null });
  const console = await till.console();
  const { token } = await console.request('pos.grant', { name: 'Scanner only', scopes: ['identify'] });
  console.close();
  const badge = (digits) => `OP:${digits}${luhn(digits)}`;
  const scanner = new Pos(port(), token);
  assert.equal((await scanner.http('identify.code', { code: badge('000077') })).result.outcome, 'unknown');
  assert.equal((await pos.http('identify.code', { code: badge('000078') })).result.outcome, 'operator');
  await pos.result('operator.set', { operator: null });
});

// ---- somebody else goes on ----

test('a customer is handed over, and that is taken back', async () => {
  await serve(rivera);
  const { visit } = page.shown;
  assert.equal(await pos.code('handover.request', { visit: '0'.repeat(32), to: 'any' }), 'refused.not_found');
  const asked = await pos.result('handover.request', { visit: visit.id, to: 'any', note: 'wants the blue one' });
  assert.ok(asked.until_ms > 0 && asked.code.length > 0);
  await pos.result('handover.cancel', { visit: visit.id });
  await page.clear();
});

// ---- who may what ----

test('a scope opens what it says and nothing else', async () => {
  await till.cli('pos', 'grant', 'Display', 'customer');
  const console = await till.console();
  const { token } = await console.request('pos.grant', { name: 'Customer display', scopes: ['customer'] });
  console.close();
  const display = new Pos(port(), token);
  await display.follow();
  await display.event('ready');
  assert.equal((await display.event('customer.left')).visit, null); // nobody is here yet
  for (const method of ['cart.add', 'cart.remove', 'checkout.claim', 'checkout.finish', 'checkout.void', 'points.earn', 'identify.code', 'visit.end', 'upos.open'])
    assert.equal(await display.code(method), 'refused.denied', method);
  for (const method of ['pos.list', 'pos.grant', 'pos.revoke', 'page.token', 'pair.begin', 'nothing', 'tail', 'status'])
    assert.equal(await display.code(method), 'refused.unsupported', method);
  await serve(rivera);
  await display.event('customer.identified');
  await page.clear();
  await display.event('customer.left');
  assert.ok(!display.received.includes('"outcome"'));
  display.close();
});

test('a page of a web POS uses its own token, from its own origin', async () => {
  const web = await Pos.pair(port(), 'Web POS', ['customer'], () => shownCode('Web POS'), { Origin: ORIGIN });
  const own = await web.http('session.info', {}, { headers: { Origin: ORIGIN } });
  assert.deepEqual([own.status, own.headers['access-control-allow-origin']], [200, ORIGIN]);
  assert.deepEqual([(await web.http('session.info')).status, codeOf(await web.http('session.info'))], [403, 'origin_foreign']);
  const foreign = await pos.http('session.info', {}, { headers: { Origin: 'https://evil.example' } });
  assert.deepEqual([foreign.status, foreign.headers['access-control-allow-origin']], [403, undefined]);
  assert.equal((await call(port(), 'pair.begin', { name: 'x', scopes: ALL }, { headers: { Origin: 'https://evil.example' } })).status, 403);
});

test('messages that make no sense are answered, and nothing breaks', async () => {
  const bearer = { Authorization: `Bearer ${pos.token}` };
  for (const [body, code] of [['{', 'input.syntax'], ['[]', 'input.type'], ['{"jsonrpc":"2.0","id":1}', 'input.missing'], ['"x"', 'input.type'],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}', 'input.duplicate_key'], [`${'['.repeat(40)}`, 'input.depth']]) {
    const answer = await post(port(), body, bearer);
    assert.equal(answer.status, 200, body);
    assert.ok(codeOf(answer).startsWith('input.'), `${body}: ${codeOf(answer)} for ${code}`);
  }
  const plain = await post(port(), '{}', { ...bearer, 'Content-Type': 'text/plain' });
  assert.deepEqual([plain.status, codeOf(plain)], [415, 'type_refused']);
  assert.match(plain.error.message, /Content-Type: application\/json/);
  assert.equal((await pos.http('ping', {}, { id: null })).status, 204);
  assert.ok((await pos.http('ping')).result.wall_ms > 0);
});

test('the command line lists and revokes, and what is open ends', async () => {
  assert.match(await till.cli('pos', 'list'), /^1 +Till software +connected +.*customer,cart,checkout,identify,operator,handover,device\n/m);
  assert.match(await till.cli('pos', 'list'), new RegExp(`http://127.0.0.1:${port()}/pos/v1`));
  assert.match(await till.cli('pos', 'revoke', '1'), /^Revoked/);
  await pos.closed;
  assert.deepEqual([(await pos.http('ping')).status, codeOf(await pos.http('ping'))], [401, 'token_refused']);
  assert.doesNotMatch(await till.cli('pos', 'list'), /Till software/);
  await assert.rejects(till.cli('pos', 'revoke', '1'));
});

test('two that are granted at the same moment are two', async () => {
  const console = await till.console();
  const granted = await Promise.all(['One', 'Other'].map((name) => console.request('pos.grant', { name, scopes: ['customer'] })));
  assert.notEqual(granted[0].client, granted[1].client);
  for (const [i, { client, token }] of granted.entries()) {
    const { result } = await new Pos(port(), token).http('session.info');
    assert.deepEqual([result.client, result.name], [client, ['One', 'Other'][i]]);
  }
  await console.request('pos.revoke', { client: granted[1].client });
  assert.ok((await console.request('pos.grant', { name: 'Third', scopes: ['customer'] })).client > granted[1].client); // told of no other
  console.close();
});

test('who guesses codes is kept off, and who installs tills is not', async () => {
  const { result } = await call(port(), 'pair.begin', { name: 'Guesser', scopes: ALL });
  const code = await shownCode('Guesser');
  for (let i = 0; i < 5; i++) assert.equal(codeOf(await call(port(), 'pair.finish', { pairing: result.pairing, code: wrong(code) })), 'refused.denied');
  await page.sees('no code', (s) => s.pairing === null);
  assert.equal(codeOf(await call(port(), 'pair.finish', { pairing: result.pairing, code })), 'refused.not_found');
  assert.equal(codeOf(await call(port(), 'pair.begin', { name: 'Guesser', scopes: ALL })), 'retry.busy');
  assert.match(await till.cli('pos', 'grant', 'Not kept off', 'customer'), /[\w-]{43}/);
});

test('a clerk refuses what nobody expects', async () => {
  const config = { port: port() };
  page.close();
  await till.till.stop();
  await till.startTill(config); // without the pause
  page = await till.workingPage();
  assert.equal(await page.code('pairing.refuse'), 'refused.not_found');
  const { result } = await call(port(), 'pair.begin', { name: 'Unexpected', scopes: ALL });
  const code = await shownCode('Unexpected');
  assert.deepEqual((await page.request('pairing.refuse')).result, {});
  await page.sees('no code', (s) => s.pairing === null);
  assert.equal(codeOf(await call(port(), 'pair.finish', { pairing: result.pairing, code })), 'refused.not_found');
  const paused = await call(port(), 'pair.begin', { name: 'Unexpected', scopes: ALL });
  assert.equal(codeOf(paused), 'retry.busy');
  assert.ok(paused.error.data.until_ms < result.until_ms); // a minute from now, when the code would still have been good
});

// Which user asks can be shown only by a test that may become another one.
test('what one user of the machine does keeps off no other', { skip: process.getuid() !== 0 && 'not root' }, async () => {
  const body = (name) => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'pair.begin', params: { name, scopes: ['customer'] } });
  const byNobody = (name) => JSON.parse(execFileSync('curl', ['-s', `http://127.0.0.1:${port()}/pos/v1/rpc`, '-H', 'Content-Type: application/json', '-d', body(name)],
    { uid: 65534, gid: 65534, env: { PATH: process.env.PATH } }));
  assert.equal(codeOf(await call(port(), 'pair.begin', { name: 'Still refused', scopes: ALL })), 'retry.busy');
  const { result } = byNobody('First');
  assert.match(result.pairing, /^[0-9a-f]{32}$/);
  const { pairing } = await page.sees('a code', (s) => s.pairing?.name === 'First');
  const code = { pairing: result.pairing, code: wrong(pairing.code) };
  for (let i = 0; i < 5; i++) assert.equal(codeOf(await call(port(), 'pair.finish', code)), 'refused.denied');
  assert.equal(codeOf(byNobody('Again')), 'retry.busy');
  await page.sees('no code', (s) => s.pairing === null);
});

// The web channel's line: hello, what is sent and heard, what comes of a connection that ends, and of a page that does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delayMs } from '../../../include/web/tillbridge-line.js';
import { cartLine, cartRow, CUSTOMER, settle, Stage } from './channel_stage.mjs';

const PEN = '09521234567899';
const applied = (seq) => ({ seq, verdict: 'applied' });
const lines = (shop) => shop.cart?.lines.map(({ id, quantity, pending }) => [id, quantity, pending]);
const seqs = (stage) => stage.mutations.map(({ seq }) => seq);

async function live(members, options) {
  const stage = new Stage();
  const shop = await stage.open(options);
  await stage.welcomes(members);
  return { stage, shop };
}

test('says hello as the protocol has it, then opens the customer’s feed and acknowledges it', async () => {
  const { stage, shop } = await live();
  const [hello, open] = stage.line.said;
  assert.deepEqual(stage.line.protocols, ['tillbridge.v1']);
  assert.deepEqual({ ...hello.params, incarnation: hello.params.incarnation.length },
    { protocol: 1, software: 'tillbridge.js', channel: 'web', token: 'a.b.c', incarnation: 32, next_seq: 1, epoch: '' });
  assert.deepEqual(open.params, { scope: `customer:${CUSTOMER}`, cursor: '' });
  await stage.feed([cartRow(3, [cartLine('a', 2)])]);
  assert.deepEqual(stage.asked('feed.ack')[0].params, { scope: `customer:${CUSTOMER}`, cursor: 'c' });
  assert.deepEqual(lines(shop), [['a', 2, false]]);
  assert.equal(shop.serverTime, 5_000);
});

test('a change is shown at once, sent when it is kept, and changes places with its effect in one step', async () => {
  const { stage, shop } = await live();
  await stage.feed([cartRow(3, [cartLine('a', 2)])]);
  const seen = [];
  shop.on('cart', (cart) => seen.push(cart.lines.map(({ quantity, pending }) => [quantity, pending])));
  const change = shop.setQuantity('a', 5);
  assert.deepEqual(lines(shop), [['a', 5, true]]);
  assert.deepEqual(stage.mutations, []);
  assert.equal(await change.saved, true);
  await settle();
  assert.deepEqual(stage.mutations.map(({ seq, kind, from, to }) => [seq, kind, from, to]), [[1, 'cart.set_quantity', 2, 5]]);
  await stage.verdicts([applied(1)], [cartRow(4, [cartLine('a', 6)])]);
  assert.deepEqual(seen, [[[5, true]], [[6, false]]]);
  assert.equal((await change.decided).verdict, 'applied');
  assert.equal(shop.unsent, 0);
});

test('what is turned down is taken back, with its reason', async () => {
  const { stage, shop } = await live();
  await stage.feed([cartRow(3, [])]);
  const taken = [];
  shop.on('taken_back', ({ kind, code }) => taken.push([kind, code]));
  shop.add(PEN);
  await settle();
  assert.equal(shop.cart.lines.length, 1);
  await stage.verdicts([{ seq: 1, verdict: 'rejected', code: 'product_unknown' }]);
  assert.deepEqual(taken, [['cart.add', 'product_unknown']]);
  assert.equal(shop.cart.lines.length, 0);
});

test('a change that cannot be kept is taken back and never sent; the gap is closed', async () => {
  const { stage, shop } = await live();
  await stage.feed([cartRow(3, [])]);
  const { write } = stage.storage;
  stage.storage.write = async () => { throw new Error('no room'); };
  const change = shop.add(PEN);
  assert.equal(await change.saved, false);
  assert.deepEqual(await change.decided, { seq: 1, verdict: 'rejected', code: 'not_stored' });
  assert.equal(shop.cart.lines.length, 0);
  stage.storage.write = write;
  await shop.add(PEN).saved;
  await settle();
  assert.deepEqual(stage.mutations.map(({ seq, kind, count }) => [seq, kind, count]), [[1, 'skipped', 1], [2, 'cart.add', undefined]]);
  await stage.verdicts([applied(1), applied(2)], []);
  assert.equal(shop.unsent, 0);
});

test('at most 32 changes are under way', async () => {
  const { stage, shop } = await live();
  for (let i = 0; i < 40; i++) shop.add(PEN);
  await settle();
  assert.deepEqual(seqs(stage), Array.from({ length: 32 }, (_, i) => i + 1));
  await stage.verdicts([applied(1), applied(2)]);
  assert.deepEqual(seqs(stage).slice(32), [33, 34]);
});

test('and at most 16 KiB of them', async () => {
  const { stage, shop } = await live();
  for (let i = 0; i < 20; i++) shop.journey('page.seen', { data: { text: 'x'.repeat(900) } });
  await settle();
  const size = Buffer.byteLength(JSON.stringify(stage.mutations));
  assert.ok(size > 14_000 && size <= 16_384 + 64, `${size}`);
});

test('"retry" puts off what follows, and it is sent again from there', async () => {
  const { stage, shop } = await live();
  for (let i = 0; i < 3; i++) shop.add(PEN);
  await settle();
  await stage.verdicts([applied(1), { seq: 2, verdict: 'retry', code: 'engine_busy' }]);
  assert.deepEqual(seqs(stage), [1, 2, 3]);
  await stage.passes(499);
  assert.deepEqual(seqs(stage), [1, 2, 3]);
  await stage.passes(600);
  assert.deepEqual(seqs(stage), [1, 2, 3, 2, 3]);
});

test('a verdict on something else ends the connection', async () => {
  const { stage, shop } = await live();
  shop.add(PEN);
  await settle();
  await stage.verdicts([applied(7)]);
  assert.deepEqual(stage.states.at(-1), { state: 'offline', cause: 'protocol', code: 'verdict_out_of_order', retry_ms: 500 });
});

for (const [what, data] of [['no JSON', '{'], ['no object', 'null'], ['verdicts without any', '{"method":"verdicts","params":{}}'],
  ['rows that are none', `{"method":"feed.rows","params":{"scope":"customer:${CUSTOMER}","rows":[null],"cursor":"c","more":false}}`]]) {
  test(`what makes no sense ends the connection, and it comes back: ${what}`, async () => {
    const { stage, shop } = await live();
    stage.line.happens('message', { data });
    assert.deepEqual([shop.state.state, shop.state.cause, shop.state.code], ['offline', 'protocol', 'malformed']);
    await stage.passes(500);
    await stage.welcomes();
    assert.equal(shop.state.state, 'live');
  });
}

test('a fault in the page’s own code breaks nothing here, and the page hears of it', async () => {
  const { stage, shop } = await live();
  const heard = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').once('uncaughtException', (error) => heard.push(error.message));
  shop.on('cart', () => { throw new Error('the page'); });
  await stage.feed([cartRow(3, [cartLine('a', 2)])]);
  for (const other of others) process.on('uncaughtException', other);
  assert.deepEqual(heard, ['the page']);
  assert.equal(shop.state.state, 'live');
  assert.equal(stage.asked('feed.ack').length, 1);
});

test('after a lost line: in the window when it held, with jitter that doubles when it did not', async () => {
  const { stage } = await live();
  await stage.passes(10_000);
  await stage.breaks();
  assert.equal(stage.states.at(-1).retry_ms, 4_000);
  const waits = [];
  for (let i = 0; i < 9; i++) {
    await stage.passes(stage.states.at(-1).retry_ms);
    await stage.breaks();
    assert.equal(stage.states.at(-1).cause, 'no_route');
    waits.push(stage.states.at(-1).retry_ms);
  }
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  assert.equal(stage.tokens, 10);
});

test('waits lie anywhere in their range', () => {
  const after = (state, random) => delayMs({ window_ms: 9_000, failures: 3, ...state }, () => random);
  assert.deepEqual([after({ held: true }, 0), after({ held: true }, 1)], [0, 9_000]);
  assert.deepEqual([after({}, 0), after({}, 1)], [0, 8_000]);
  assert.deepEqual([after({ denied: true }, 0), after({ denied: true }, 1)], [30_000, 60_000]);
  assert.equal(after({ failures: 400 }, 1), 60_000);
});

test('a connection that is ended again and again is no storm: nine tabs of one customer', async () => {
  const { stage } = await live({ reconnect_window_ms: 0 });
  await stage.breaks();
  assert.equal(stage.states.at(-1).retry_ms, 500);
  await stage.passes(500);
  await stage.welcomes();
  await stage.breaks();
  assert.equal(stage.states.at(-1).retry_ms, 1_000);
});

test('when the browser is online again it does not wait', async () => {
  const stage = new Stage();
  const shop = await stage.open();
  for (let i = 0; i < 8; i++) {
    await stage.breaks();
    if (i < 7) await stage.passes(stage.states.at(-1).retry_ms);
  }
  stage.listeners.get('online')();
  await stage.passes(500);
  assert.equal(shop.state.retry_ms, 0);
});

test('an attempt is not told as anything but offline, until there is a line', async () => {
  const stage = new Stage();
  await stage.open();
  await stage.breaks();
  await stage.passes(stage.states.at(-1).retry_ms);
  assert.equal(stage.sockets.length, 2);
  await stage.breaks();
  assert.deepEqual(stage.states.map(({ state, cause, retry_ms }) => [state, cause, retry_ms]),
    [['offline', 'no_route', 500], ['offline', 'no_route', 0], ['offline', 'no_route', 1_000]]);
  await stage.passes(1_000);
  await stage.welcomes();
  assert.equal(stage.states.at(-1).state, 'live');
});

test('an attempt that began before the browser was online again counts for nothing', async () => {
  const stage = new Stage();
  await stage.open();
  for (let i = 0; i < 8; i++) {
    await stage.breaks();
    await stage.passes(stage.states.at(-1).retry_ms);
  }
  stage.listeners.get('online')();
  await stage.breaks();
  assert.equal(stage.states.at(-1).retry_ms, 500);
});

const refusals = [
  [-32001, 'refused.denied', { state: 'offline', cause: 'denied', code: 'refused.denied', retry_ms: 45_000 }],
  [-32001, 'refused.expired', { state: 'offline', cause: 'denied', code: 'refused.expired', retry_ms: 500 }],
  [-32000, 'engine_busy', { state: 'offline', cause: 'busy', code: 'engine_busy', retry_ms: 500 }],
  [-32002, 'protocol_unsupported', { state: 'closed', cause: 'protocol', code: 'protocol_unsupported' }],
];
for (const [number, code, state] of refusals) {
  test(`hello is answered ${number} ${code}`, async () => {
    const stage = new Stage();
    await stage.open();
    stage.line.readyState = 1;
    stage.line.happens('open');
    stage.error(number, code);
    await stage.breaks(1008, code);
    assert.deepEqual(stage.states.at(-1), state);
  });
}

test('the reason of a close is told', async () => {
  const { stage } = await live();
  await stage.breaks(1008, 'token_expired');
  assert.deepEqual([stage.states.at(-1).cause, stage.states.at(-1).code], ['closed', 'token_expired']);
});

test('a token that cannot be had is an attempt that failed', async () => {
  const stage = new Stage();
  let wrong = true;
  await stage.open({ token: async () => {
    if (wrong) throw Object.assign(new Error('no'), { code: 'sign_in' });
    return 'a.b.c';
  } });
  assert.equal(stage.sockets.length, 0);
  wrong = false;
  await stage.passes(500);
  await stage.welcomes();
  assert.equal(stage.states.at(-1).state, 'live');
});

test('a token is renewed before it ends, and nothing that waits is lost', async () => {
  const claims = Buffer.from(JSON.stringify({ iat: 0, exp: 905 })).toString('base64url');
  const { stage, shop } = await live({}, { token: () => `a.${claims}.c` });
  shop.add(PEN);
  await settle();
  for (let passed_ms = 0; passed_ms < 869_000; passed_ms += 10_000) {
    stage.line.answer({ method: 'news.of.later.versions', params: {} }); // alive
    await stage.passes(10_000);
  }
  assert.deepEqual([stage.sockets.length, stage.states.at(-1).state], [2, 'connecting']);
  assert.equal(stage.states.at(-1).cause, 'renewal');
  assert.equal(stage.sockets[0].readyState, 3);
  await stage.welcomes();
  assert.deepEqual(seqs(stage), [1]);
});

test('a silent line is asked, and taken for dead when it stays silent', async () => {
  const { stage, shop } = await live();
  await stage.passes(20_000);
  assert.equal(stage.asked('product.find').length, 1);
  await stage.passes(21_000);
  assert.deepEqual([shop.state.state, shop.state.cause], ['offline', 'silent']);
});

// ---- pages that end ----

const lost = async (stage, shop) => {
  await stage.breaks();
  await shop.close();
};

test('what was not sent survives the page, and the cart is there before any line is', async () => {
  const { stage, shop } = await live();
  await stage.feed([cartRow(3, [cartLine('a', 2)])]);
  await stage.breaks();
  shop.add('00000000000017', 4);
  shop.setQuantity('a', 1);
  await settle();
  await lost(stage, shop);
  const again = await stage.open();
  assert.deepEqual(again.cart.lines.map(({ gtin, quantity }) => [gtin, quantity]), [[PEN, 1], ['00000000000017', 4]]);
  assert.equal(again.incarnation, shop.incarnation);
  assert.equal(again.unsent, 2);
  await stage.welcomes();
  assert.equal(stage.line.said[0].params.next_seq, 3);
  assert.deepEqual(seqs(stage), [1, 2]);
  assert.equal(again.add(PEN).seq, 3);
});

test('what was decided without our hearing is asked for again, and the feed waits for that', async () => {
  const { stage, shop } = await live();
  shop.add(PEN);
  await settle();
  await lost(stage, shop);
  const again = await stage.open();
  await stage.welcomes({ decided_seq: 1 });
  assert.deepEqual(seqs(stage), [1]);
  assert.equal(stage.asked('feed.open').length, 0);
  await stage.verdicts([{ seq: 1, verdict: 'duplicate', version: 4 }], [cartRow(4, [cartLine('a', 1)])]);
  assert.equal(stage.asked('feed.open').length, 1);
  assert.deepEqual(lines(again), [['a', 1, false]]);
});

test('two tabs are two devices; who comes after one was closed goes on as that device', async () => {
  const stage = new Stage();
  const first = await stage.open();
  first.add(PEN);
  await settle();
  const second = await stage.open();
  assert.notEqual(second.incarnation, first.incarnation);
  assert.equal(second.unsent, 0);
  await first.close();
  const third = await stage.open();
  assert.equal(third.incarnation, first.incarnation);
  assert.equal(third.unsent, 1);
});

test('what closed tabs left behind is sent by one that is there, as their device', async () => {
  const stage = new Stage();
  const tabs = [await stage.open(), await stage.open()];
  for (const tab of tabs) tab.add(PEN);
  await settle();
  for (const tab of tabs) await tab.close();
  const here = await stage.open();
  await stage.welcomes();
  assert.deepEqual(seqs(stage), [1]);
  await stage.verdicts([applied(1)], [cartRow(2, [cartLine('a', 1)])]);
  await stage.feed([]);
  const [other] = tabs.filter(({ incarnation }) => incarnation !== here.incarnation);
  await stage.welcomes();
  assert.equal(stage.line.said[0].params.incarnation, other.incarnation);
  assert.deepEqual(seqs(stage), [1]);
  await stage.verdicts([applied(1)], [cartRow(3, [cartLine('a', 2)])]);
  assert.equal(stage.line.readyState, 3);
  assert.deepEqual(lines(here), [['a', 2, false]]);
  assert.deepEqual((await stage.storage.keys(CUSTOMER)).filter((key) => key.includes(other.incarnation)), []);
});

test('another epoch: versions begin anew, and what the store lost of ours is skipped', async () => {
  const { stage, shop } = await live();
  await stage.feed([cartRow(9, [cartLine('a', 2)])]);
  for (let i = 0; i < 2; i++) shop.add(PEN);
  await settle();
  await stage.verdicts([applied(1), applied(2)], [cartRow(11, [cartLine('a', 4)])]);
  await stage.breaks();
  shop.add(PEN);
  await settle();
  await stage.passes(stage.states.at(-1).retry_ms);
  await stage.welcomes({ epoch: 'e2', decided_seq: 1 });
  assert.equal(stage.line.said[0].params.epoch, 'e1');
  assert.deepEqual(stage.mutations.map(({ seq, kind }) => [seq, kind]), [[2, 'skipped'], [3, 'cart.add']]);
  await stage.verdicts([applied(2), applied(3)], [cartRow(5, [cartLine('a', 3)])]);
  assert.deepEqual(lines(shop), [['a', 3, false]]);
});

test('a storage that went back in time begins as a new device, and says what it gave up', async () => {
  const { stage, shop } = await live();
  const taken = [];
  shop.on('taken_back', ({ code }) => taken.push(code));
  await stage.breaks();
  shop.add(PEN);
  await settle();
  await stage.passes(stage.states.at(-1).retry_ms);
  const before = shop.incarnation;
  stage.line.readyState = 1;
  stage.line.happens('open');
  stage.error(-32003, 'device_cloned');
  await settle();
  assert.deepEqual(taken, ['device_cloned']);
  assert.notEqual(shop.incarnation, before);
  await stage.passes(stage.states.at(-1).retry_ms);
  await stage.welcomes();
  assert.equal(stage.line.said[0].params.incarnation, shop.incarnation);
  shop.add(PEN);
  await settle();
  assert.deepEqual(seqs(stage), [1]);
});

test('signing out leaves nothing behind', async () => {
  const { stage, shop } = await live();
  await stage.feed([cartRow(3, [cartLine('a', 2)])]);
  shop.add(PEN);
  await settle();
  assert.notDeepEqual(await stage.storage.keys(''), []);
  await shop.forget();
  assert.deepEqual(await stage.storage.keys(''), []);
  assert.equal(shop.state.state, 'closed');
  assert.throws(() => shop.add(PEN), { code: 'closed' });
});

test('so does being erased', async () => {
  const { stage, shop } = await live();
  await stage.feed([cartRow(3, [cartLine('a', 2)])]);
  stage.line.answer({ method: 'feed.rows', params: { scope: `customer:${CUSTOMER}`, cursor: 'd', more: false,
    rows: [{ type: 'customer', id: CUSTOMER, version: 9, as_of: 1, op: 'drop', customer: CUSTOMER }] } });
  await settle();
  assert.deepEqual(await stage.storage.keys(''), []);
  assert.equal(shop.state.state, 'closed');
});

// ---- what else a shop says ----

test('journey, consent and hand-over are as documented, and a hand-over brings its code', async () => {
  const { stage, shop } = await live();
  await stage.feed([cartRow(3, [])]);
  shop.viewed(PEN);
  shop.consent('newsletter', true, '2026-1');
  const { handover } = shop.handOver({ to: '0421', note: 'gift wrap' });
  await settle();
  const [seen, consent, asked] = stage.mutations;
  assert.equal(seen.event.type, 'product.viewed');
  assert.deepEqual([seen.event.subject, seen.event.data], [PEN, { gtin: PEN }]);
  assert.deepEqual([consent.consent, consent.granted, consent.text_version], ['newsletter', true, '2026-1']);
  assert.deepEqual([asked.to, asked.note, asked.cart], ['0421', 'gift wrap', 'c'.repeat(32)]);
  await stage.verdicts([applied(1), applied(2), applied(3)], [{ type: 'handover', id: asked.handover, version: 1, as_of: 1, op: 'put',
    customer: CUSTOMER, doc: { at_ms: 1, from: 'Web', to: '0421', state: 'open', code: 'K7M2PQ' } }]);
  assert.equal((await handover).code, 'K7M2PQ');
});

test('a hand-over that is turned down brings nothing', async () => {
  const { stage, shop } = await live();
  const { handover } = shop.handOver();
  await settle();
  await stage.verdicts([{ seq: 1, verdict: 'rejected', code: 'customer_unknown' }]);
  assert.equal(await handover, undefined);
});

test('what cannot be put into a cart is told at once, and is never in it', async () => {
  const { shop } = await live();
  for (const [gtin, quantity] of [['9520001000218', 1], [undefined, 1], ['0952000100021x', 1], [PEN, 0], [PEN, 1.5], [PEN, '1'], [PEN, 10_000]])
    assert.throws(() => shop.add(gtin, quantity), TypeError, `${gtin} ${quantity}`);
  assert.deepEqual([shop.cart?.item_count ?? 0, shop.unsent], [0, 0]);
  shop.add(PEN, 9_999);
  assert.deepEqual([shop.cart.item_count, shop.unsent], [9_999, 1]);
});

test('a line that is not there cannot be changed, and a full queue says so', async () => {
  const { shop } = await live();
  assert.throws(() => shop.setQuantity('nobody', 2), { code: 'line_unknown' });
  for (let i = 0; i < 1_000; i++) shop.viewed(PEN);
  assert.throws(() => shop.viewed(PEN), { code: 'queue_full' });
});

const anonymousCart = { type: 'cart', id: 'd'.repeat(32), version: 7, as_of: 1, op: 'put', doc: { currency: 'EUR', lines: [cartLine('z', 9)] } };
const handed = ({ doc, ...members }) => ({ type: 'handover', id: 'e'.repeat(32), version: 2, as_of: 1, op: 'put', doc: { state: 'open', code: 'QY5DN2', ...doc }, ...members });

test('a cart of nobody’s whose code was handed over joins hers, and is never shown as hers', async () => {
  const { stage, shop } = await live();
  await stage.feed([cartRow(3, [cartLine('a', 2)])]);
  const taking = shop.takeOver('qy5dn2');
  assert.deepEqual(stage.asked('identify')[0].params, { kind: 'handover', hash: '0'.repeat(64), evidence: 'QY5DN2' });
  stage.result({ found: true, rows: [anonymousCart, handed({ doc: { cart: anonymousCart.id } })] });
  await settle();
  const [{ kind, cart, from, policy, handover, from_version }, ...more] = stage.mutations; // one, so that nothing comes between
  assert.deepEqual([kind, cart, from, policy, handover], ['cart.merge', 'c'.repeat(32), anonymousCart.id, 'sum', 'e'.repeat(32)]);
  assert.deepEqual([from_version, more], [undefined, []], 'nobody saw a version');
  await stage.verdicts([applied(1)], [{ ...anonymousCart, version: 8 }, cartRow(4, [cartLine('a', 2), cartLine('z', 9)])]);
  assert.deepEqual(await taking, { joined: true });
  assert.deepEqual([shop.cart.id, lines(shop)], ['c'.repeat(32), [['a', 2, false], ['z', 9, false]]]);
});

test('a code that is nothing’s, was taken meanwhile, or comes without a line takes nothing over', async () => {
  const { stage, shop } = await live();
  await stage.feed([cartRow(3, [cartLine('a', 2)])]);
  const failed = (taking) => taking.then(() => '', ({ code }) => code);
  const unknown = failed(shop.takeOver('QY5DN2'));
  stage.result({ found: false, rows: [] });
  assert.equal(await unknown, 'handover_unknown');
  const taken = failed(shop.takeOver('QY5DN2'));
  stage.result({ found: true, rows: [handed({ customer: CUSTOMER, doc: {} })] });
  await settle();
  await stage.verdicts([{ seq: 1, verdict: 'rejected', code: 'handover_taken' }]);
  assert.equal(await taken, 'handover_taken');
  assert.equal(stage.mutations.length, 1);
  await stage.breaks();
  assert.equal(await failed(shop.takeOver('QY5DN2')), 'offline');
});

// As far as a page is before anything was decided.
async function takenOver(storage) {
  const stage = new Stage();
  const shop = await stage.open({ storage });
  await stage.welcomes();
  await stage.feed([cartRow(3, [cartLine('a', 2)])]);
  const taking = shop.takeOver('QY5DN2').then(() => '', ({ code }) => code);
  stage.result({ found: true, rows: [anonymousCart, handed({ doc: { cart: anonymousCart.id } })] });
  await settle();
  return { stage, shop, taking };
}

test('a page that is closed while a cart is taken over leaves that to the next one', async () => {
  const { storage } = new Stage();
  const { shop, taking } = await takenOver(storage);
  await shop.close();
  assert.equal(await taking, 'undecided');
  const next = new Stage();
  await next.open({ storage });
  await next.welcomes();
  assert.deepEqual(next.mutations.map(({ kind, seq }) => [kind, seq]), [['cart.merge', 1]]);
});

test('a hand-over is not accepted where there is no room to keep what it is for', async () => {
  const kept = new Stage().storage;
  const storage = { ...kept, write: (key, value) => (value.mutation?.kind === 'cart.merge' ? Promise.reject(new Error('full')) : kept.write(key, value)) };
  const { stage, shop, taking } = await takenOver(storage);
  assert.equal(await taking, 'not_stored');
  assert.deepEqual([stage.mutations, shop.unsent], [[], 0]);
});

test('where a hand-over is refused its cart does not join, and why is said', async () => {
  const { stage, shop, taking } = await takenOver(new Stage().storage);
  await stage.verdicts([{ seq: 1, verdict: 'rejected', code: 'handover_taken' }]);
  assert.equal(await taking, 'handover_taken');
  assert.deepEqual([shop.unsent, lines(shop)], [0, [['a', 2, false]]]);
});

test('a cart that cannot join hers stays with whoever else has its code', async () => {
  for (const [doc, code] of [[{ currency: 'CHF', lines: [cartLine('z', 1)] }, 'currency_conflict'], [{ currency: 'EUR', lines: Array(100).fill(cartLine('z', 1)) }, 'line_limit']]) {
    const { stage, shop } = await live();
    await stage.feed([cartRow(3, [cartLine('a', 2)])]);
    const taking = shop.takeOver('QY5DN2').then(() => '', (error) => error.code);
    stage.result({ found: true, rows: [{ ...anonymousCart, doc }, handed({ doc: { cart: anonymousCart.id } })] });
    assert.equal(await taking, code);
    assert.deepEqual(stage.mutations, []);
    await shop.close();
  }
});

test('where Web Crypto is no global, as in Node 18, it is found all the same', async () => {
  const stage = new Stage();
  const shop = await stage.open({ env: { ...stage.env, crypto: undefined } });
  assert.match(shop.incarnation, /^[0-9a-f]{32}$/);
  shop.add(PEN);
  assert.match(shop.cart.lines[0].id, /^[0-9a-f]{32}$/);
});

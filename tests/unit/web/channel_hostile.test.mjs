// The web channel against a context store that is older, newer, broken, or none at all: the page goes on, waits, and asks no
// more often than it would.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cartLine, cartRow, CUSTOMER, settle, Stage } from './channel_stage.mjs';

const applied = (seq) => ({ seq, verdict: 'applied' });
const lines = (shop) => shop.cart?.lines.map(({ id, quantity }) => [id, quantity]);

async function live(members, options) {
  const stage = new Stage();
  const shop = await stage.open(options);
  await stage.welcomes(members);
  return { stage, shop };
}

const says = async (stage, text) => {
  stage.line.happens('message', { data: text });
  await settle();
};
const code = ({ state: { state, cause, code: why } }) => [state, cause, why];

test('a message that is none ends the connection, and the cart stays', async () => {
  const texts = ['', '7', 'null', '[]', '{', '{"method":7}', '{"method":"verdicts"}', '{"method":"verdicts","params":{"verdicts":7}}', '{"method":"feed.rows","params":null}',
    '{"method":"feed.rows","params":{"scope":"a","cursor":7,"rows":[]}}', '{"id":1,"error":"no"}', `{"a":"${'x'.repeat(65_536)}"}`, new ArrayBuffer(4), undefined,
    `{"method":"verdicts","params":{"verdicts":[${Array(33).fill('{"seq":1,"verdict":"applied"}')}]}}`, '{"method":"verdicts","params":{"verdicts":[{"seq":1,"verdict":"perhaps"}]}}'];
  for (const text of texts) {
    const { stage, shop } = await live();
    await stage.feed([cartRow(3, [cartLine('a', 2)])]);
    await says(stage, text);
    assert.deepEqual(code(shop), ['offline', 'protocol', 'malformed'], String(text).slice(0, 60));
    assert.deepEqual(lines(shop), [['a', 2]]);
    await shop.close();
  }
});

test('what is not known is let be', async () => {
  const { stage, shop } = await live({ colour: 'blue' });
  await stage.feed([{ type: 'weather', id: 'today', version: 1, op: 'put', doc: { rain: true } }]);
  for (const text of ['{"method":"weather","params":7}', '{"id":4711,"result":{}}', '{"id":null,"error":{"code":-32700}}', '{"jsonrpc":"9","extra":[1]}']) await says(stage, text);
  assert.deepEqual(code(shop), ['live', undefined, undefined]);
  assert.deepEqual(shop.rows('weather').map(({ doc }) => doc), [{ rain: true }]);
});

test('a row of another shape is passed over, the others count', async () => {
  const { stage, shop } = await live();
  const good = cartRow(3, [cartLine('a', 2)]);
  const bad = [{}, { ...good, version: -1 }, { ...good, version: '4' }, { ...good, op: 'burn' }, { ...good, id: {} }, { ...good, customer: 'her' }, { ...good, doc: 'text' },
    ...[{ lines: 7 }, { lines: [null], currency: 'EUR' }, { lines: [{ id: 'a' }], currency: 'EUR' }, { lines: [], currency: 7 }, { lines: [], currency: 'EUR', claim: { until_ms: 'x' } },
      { lines: [cartLine('a', 1.5)], currency: 'EUR' }, { lines: [{ ...cartLine('a', 1), name: {} }], currency: 'EUR' }, { lines: Array(101).fill(cartLine('a', 1)), currency: 'EUR' }].map((doc) => ({ ...good, version: 9, doc })),
    { ...good, version: 9, customer: 'f'.repeat(32) }];
  await stage.feed([...bad, good]);
  assert.deepEqual(code(shop), ['live', undefined, undefined]);
  assert.deepEqual([lines(shop), shop.rows('cart').length], [[['a', 2]], 1]);
});

test('times that make no sense do not make it ask without end', async () => {
  for (const [wrong, claims = { iat: 1, exp: 901 }] of [[{}, { exp: 901 }], [{}, { iat: 'x', exp: 901 }], [{}, { iat: 1, exp: 1 }], ...[{ idle_ping_ms: 0 }, { idle_ping_ms: 1e12 }, { reconnect_window_ms: 1e12 }, { server_time_ms: 9e15 }].map((one) => [one])]) {
    const { stage, shop } = await live(wrong, { token: () => `a.${btoa(JSON.stringify(claims))}.c` });
    await stage.feed([]);
    const said = stage.line.said.length;
    await stage.passes(4_000);
    assert.ok(stage.line.said.length - said <= 8, `${JSON.stringify(wrong)}: ${stage.line.said.length - said} messages in 4 s`);
    assert.equal(stage.sockets.length, 1, JSON.stringify(wrong));
    await stage.passes(20_000);
    await stage.breaks();
    assert.ok(shop.state.retry_ms === undefined || shop.state.retry_ms <= 600_000, JSON.stringify(shop.state));
    await shop.close();
  }
  for (const wrong of [{ idle_ping_ms: 'soon' }, { idle_ping_ms: -1 }, { reconnect_window_ms: null }, { server_time_ms: '5' }, { decided_seq: 1.5 }, { epoch: 7 }]) {
    const { stage, shop } = await live(wrong);
    assert.deepEqual(code(shop), ['offline', 'protocol', 'malformed'], JSON.stringify(wrong));
    await stage.passes(60_000);
    assert.ok(stage.sockets.length < 12, `${stage.sockets.length} connections in a minute`);
    await shop.close();
  }
});

test('a store that ends every connection is asked ever more seldom, and never in step with other pages', async () => {
  const stage = new Stage();
  const shop = await stage.open();
  const waits = [];
  for (let n = 0; n < 9; n++) {
    stage.random = (n % 3) / 3 + 0.1;
    await stage.breaks();
    waits.push(shop.state.retry_ms / stage.random);
    await stage.passes(shop.state.retry_ms + 1);
  }
  assert.deepEqual(waits.map((ms) => Math.round(ms / 100) / 10), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test('verdicts count all or not at all: what is in a broken message is sent again', async () => {
  const { stage, shop } = await live();
  await stage.feed([cartRow(3, [cartLine('a', 2)])]);
  shop.setQuantity('a', 3);
  shop.setQuantity('a', 4);
  await settle();
  await stage.verdicts([applied(1), applied(7)]);
  assert.deepEqual(code(shop), ['offline', 'protocol', 'verdict_out_of_order']);
  assert.equal(shop.unsent, 2);
  await stage.passes(60_000);
  await stage.welcomes({ decided_seq: 2 });
  assert.deepEqual(stage.mutations.map(({ seq }) => seq), [1, 2]);
  await stage.verdicts([applied(1), applied(2)]);
  assert.equal(shop.unsent, 0);
});

test('reasons are codes, never somebody’s text', async () => {
  const { stage, shop } = await live();
  await stage.breaks(1008, '<img src=x onerror=alert(1)>');
  assert.deepEqual(code(shop), ['offline', 'closed', undefined]);
  await stage.passes(60_000);
  stage.line.readyState = 1;
  stage.line.happens('open');
  await settle();
  stage.line.answer({ id: stage.line.said[0].id, error: { code: -32001, message: 'm', data: { code: 'no, <b>you</b>' } } });
  await settle();
  assert.deepEqual(code(shop), ['offline', 'denied', 'generic']);
});

test('only so many rows are remembered, and so many questions open', async () => {
  const { stage, shop } = await live();
  await stage.feed(Array.from({ length: 600 }, (_, n) => ({ type: 'reward', id: `r${n}`, version: 1, op: 'put', customer: CUSTOMER, doc: {} })));
  assert.equal(shop.rows('reward').length, 512);
  const asked = Array.from({ length: 80 }, () => shop.product('00000000000017').then(() => '', (error) => error.code));
  assert.equal(await asked[79], 'too_many_requests');
  await shop.close();
  assert.equal((await Promise.all(asked)).filter((one) => one === 'offline').length, 64);
});

test('the token is in hello and nowhere else; one that does not come is waited for only so long', async () => {
  const { stage, shop } = await live({}, { token: () => 'very.secret.token' });
  await stage.feed([]);
  shop.add('09521234567899');
  await settle();
  const told = stage.line.said.filter((message) => JSON.stringify(message).includes('secret'));
  assert.deepEqual([told.map(({ method }) => method), stage.line.url.includes('secret'), JSON.stringify([stage.states, shop.pending]).includes('secret')], [['hello'], false, false]);
  for (const [token, why] of [[() => new Promise(() => {}), 'timeout'], [() => undefined, 'no_token'], [() => 7, 'no_token'], [() => Promise.reject(null), undefined], [() => { throw Object.assign(new Error('x'), { code: 401 }); }, undefined]]) {
    const other = new Stage();
    const waiting = await other.open({ token });
    if (why === 'timeout') await other.passes(30_000);
    assert.deepEqual(code(waiting), ['offline', 'token', why]);
    assert.equal(other.sockets.length, 0);
    await waiting.close();
  }
});

test('a websocket that cannot be made is a line that is down', async () => {
  const stage = new Stage();
  const shop = await stage.open({ socket: () => { throw new Error('forbidden by a policy'); } });
  assert.deepEqual(code(shop), ['offline', 'no_route', undefined]);
});

test('what the shop itself does wrong is told at once', async () => {
  const stage = new Stage();
  const wrong = [{ url: 'https://store.example/' }, { url: 'store' }, { url: 'wss://me:secret@store.example/' }, { customer: 'Ms Rivera' }, { customer: undefined }, { token: 'a.b.c' }, { socket: undefined }];
  for (const options of wrong) await assert.rejects(stage.open(options), TypeError, JSON.stringify(options));
});

test('what a storage holds of another version of this module stops no page', async () => {
  for (const cart of [7, [], {}, { ...cartRow(3), doc: { lines: 'none' } }]) {
    const stage = new Stage();
    const place = `${CUSTOMER}/${'a'.repeat(32)}`;
    await stage.storage.write(`${place}/head`, { epoch: 'e1', decided_seq: 4, window_ms: 0, cart });
    const shop = await stage.open();
    assert.deepEqual([shop.incarnation, shop.cart], ['a'.repeat(32), null]);
    await shop.close();
  }
});

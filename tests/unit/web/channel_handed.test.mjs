// What a code was handed over for: a look changes nothing, and only what was looked at is taken.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cartLine, cartRow, CUSTOMER, settle, Stage } from './channel_stage.mjs';

const THEIRS = 'd'.repeat(32);
const theirs = (version, ...lines) => ({ type: 'cart', id: THEIRS, version, as_of: 1, op: 'put', doc: { currency: 'EUR', lines } });
const handover = (members, doc) => ({ type: 'handover', id: 'e'.repeat(32), version: 2, as_of: 1, op: 'put', doc: { state: 'open', code: 'QY5DN2', ...doc }, ...members });
const nobodys = (cart) => [cart, handover({}, { cart: THEIRS })];
const failed = (asked) => asked.then(() => '', ({ code }) => code);

async function live() {
  const stage = new Stage();
  const shop = await stage.open();
  await stage.welcomes();
  await stage.feed([cartRow(3, [cartLine('a', 2)])]);
  return { stage, shop };
}

function heard(stage, asked, ...rows) {
  stage.result({ found: rows.length > 0, rows });
  return asked;
}

test('what a code brings is shown with its total, and neither sent nor put anywhere', async () => {
  const { stage, shop } = await live();
  const carts = [];
  shop.on('cart', (cart) => carts.push(cart));
  const { joins, cart, version } = await heard(stage, shop.handed('qy5dn2'), ...nobodys(theirs(7, cartLine('y', 1), cartLine('z', 9))));
  assert.deepEqual(stage.asked('identify')[0].params, { kind: 'handover', hash: '0'.repeat(64), evidence: 'QY5DN2' });
  assert.deepEqual([joins, version, cart.item_count, cart.lines.map(({ id, quantity }) => [id, quantity])], [true, 7, 10, [['y', 1], ['z', 9]]]);
  assert.equal(cart.total, cart.lines.reduce((sum, line) => sum + line.quantity * line.unit_price, 0));
  await settle();
  assert.deepEqual([stage.mutations, shop.unsent, carts, shop.cart.lines.length], [[], 0, [], 1]);
});

test('her own hand-over brings nothing that she would have to be asked about', async () => {
  const { stage, shop } = await live();
  assert.deepEqual(await heard(stage, shop.handed('QY5DN2'), handover({ customer: CUSTOMER }, { cart: 'c'.repeat(32) })), { joins: false, cart: null });
});

test('a cart that changed after she saw it is not taken', async () => {
  const { stage, shop } = await live();
  const changed = failed(shop.takeOver('QY5DN2', { version: 7 }));
  assert.equal(await heard(stage, changed, ...nobodys(theirs(8, cartLine('z', 9)))), 'cart_changed');
  assert.deepEqual([stage.mutations, shop.unsent], [[], 0]);
  const taking = shop.takeOver('QY5DN2', { version: 8 });
  stage.result({ found: true, rows: nobodys(theirs(8, cartLine('z', 9))) });
  await settle();
  assert.deepEqual(stage.mutations.map(({ kind, from_version }) => [kind, from_version]), [['cart.merge', 8]]);
  await stage.verdicts([{ seq: 1, verdict: 'applied' }]);
  assert.deepEqual(await taking, { joined: true });
});

test('a cart that changes after the look of takeOver() is not taken, and can be looked at again', async () => {
  const { stage, shop } = await live();
  const taking = failed(shop.takeOver('QY5DN2', { version: 8 }));
  stage.result({ found: true, rows: nobodys(theirs(8, cartLine('z', 9))) });
  await settle();
  await stage.verdicts([{ seq: 1, verdict: 'rejected', code: 'cart_changed' }]);
  assert.equal(await taking, 'cart_changed');
  assert.deepEqual([shop.unsent, shop.cart.lines.length], [0, 1]);
  assert.equal((await heard(stage, shop.handed('QY5DN2'), ...nobodys(theirs(9, cartLine('z', 9))))).version, 9);
});

test('what a code stands for now is not taken for what she saw', async () => {
  const { stage, shop } = await live();
  const seen = await heard(stage, shop.handed('QY5DN2'), ...nobodys(theirs(7, cartLine('z', 1))));
  const another = { ...theirs(7, cartLine('y', 5)), id: 'f'.repeat(32) };
  const taken = failed(shop.takeOver('QY5DN2', seen));
  assert.equal(await heard(stage, taken, another, handover({}, { cart: another.id })), 'cart_changed');
  const own = failed(shop.takeOver('QY5DN2', { joins: false, cart: null }));
  assert.equal(await heard(stage, own, ...nobodys(theirs(7, cartLine('z', 1)))), 'cart_changed');
  assert.deepEqual(stage.mutations, []);
});

test('a look says what a take would: no such code, no room, nothing to see', async () => {
  const { stage, shop } = await live();
  assert.equal(await heard(stage, failed(shop.handed('QY5DN2'))), 'handover_unknown');
  assert.equal(await heard(stage, failed(shop.handed('QY5DN2')), ...nobodys(theirs(7, ...Array(100).fill(cartLine('z', 1))))), 'line_limit');
  assert.equal(await heard(stage, failed(shop.handed('QY5DN2')), ...nobodys({ ...theirs(7), id: 'f'.repeat(32) })), 'cart_unknown');
  await stage.breaks();
  assert.equal(await failed(shop.handed('QY5DN2')), 'offline');
});

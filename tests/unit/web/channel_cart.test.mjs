// The web channel's cart rules: held to the vectors that every back end is held to, and laid over what was decided.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { apply, emptyBook, emptyCart, isCartChange, viewOf } from '../../../include/web/tillbridge-cart.js';

const { vectors } = JSON.parse(readFileSync(new URL('../../../docs/cart-vectors.json', import.meta.url)));
const PRODUCT = { name: '', unit_price: 100, currency: 'EUR', price_as_of: 1 };

// Stitching and prices are the context store's to decide: a web shop shows what it says.
const ours = vectors.filter(({ steps }) => steps.every(({ do: kind }) => kind === 'wait' || isCartChange(`cart.${kind}`)));
const mutationOf = ({ do: kind, customer = 'c', cart = 'm', quantity = 1, from = 0, to = 0, text = '', ...rest }) => ({
  kind: `cart.${kind}`, customer, cart, quantity, from, to, text, ...rest });
const lineShort = ({ id, gtin, options = '', quantity, gift = false, note = '' }) => ({ line: id, gtin, options, quantity, gift, note });
const expected = (lines) => lines.map(({ line, gtin, options, quantity = 1, gift, note }) => lineShort({ id: line, gtin, options, quantity, gift, note }));
const facts = { at_ms: 0, channel: 'web', product: PRODUCT };

// The cart that is named, or the customer's: she has one.
function sideOf(carts, { cart, customer }) {
  const own = () => [...carts.values()].find((side) => customer && side.cart.customer === customer);
  return carts.get(cart) ?? own() ?? carts.set(cart, { cart: emptyCart(), book: emptyBook() }).get(cart);
}

function play(steps) {
  const carts = new Map();
  const codes = steps.filter((step) => step.do !== 'wait').map((step) => {
    const mutation = mutationOf(step);
    const side = sideOf(carts, mutation);
    return apply(side, mutation, facts).code ?? '';
  });
  return { codes, side: carts.get('m') ?? { cart: emptyCart() } };
}

test('every vector about lines and notes holds', () => {
  assert.ok(ours.length >= 30, `${ours.length} vectors`);
  for (const { name, steps, cart, note = '' } of ours) {
    const { codes, side } = play(steps);
    assert.deepEqual(codes, steps.filter((step) => step.do !== 'wait').map(({ code = '' }) => code), name);
    assert.deepEqual(side.cart.lines.map(lineShort), expected(cart), name);
    assert.equal(side.cart.note, note, name);
  }
});

// Wherever the store has come to: what it decided with the rest laid over is what it will decide, as long as nothing that
// only its book knows is needed.
test('a view over any part of a vector ends where the vector does', () => {
  let compared = 0;
  for (const { name, steps, cart } of ours) {
    const acts = steps.filter((step) => step.do !== 'wait');
    if (acts.some((step) => (step.cart ?? 'm') !== 'm' || (step.customer ?? 'c') !== 'c' || step.code)) continue;
    if (acts.some((step) => step.keep_gift) && !cart.some(({ gift }) => gift)) continue; // whether it was declined is in the book
    for (let decided = 0; decided <= acts.length; decided++) {
      const { side } = play(acts.slice(0, decided));
      const pending = acts.slice(decided).map((step) => ({ mutation: mutationOf(step), facts }));
      const named = new Set(side.cart.lines.map(({ id }) => id));
      const known = ({ mutation: { kind, line } }) => kind === 'cart.add' ? named.add(line) : !line || named.has(line);
      if (!pending.every(known)) continue;
      const base = side.cart.id ? { id: 'm', customer: 'c', doc: side.cart } : undefined;
      const lines = (viewOf(base, pending)?.lines ?? []).map((line) => lineShort(line)).sort((a, b) => (a.line < b.line ? -1 : 1));
      const order = new Set(lines.map(({ line }) => line));
      if (expected(cart).some(({ line }) => !order.has(line))) continue; // a line whose first id is closed has another in the view
      assert.deepEqual(lines, expected(cart).sort((a, b) => (a.line < b.line ? -1 : 1)), `${name}, after ${decided}`);
      compared += 1;
    }
  }
  assert.ok(compared >= 100, `${compared} views`);
});

const change = (kind, members, product) => ({ mutation: { kind, customer: 'c', cart: 'm', ...members }, facts: { at_ms: 5, channel: 'web', product } });
const base = { id: 'm', customer: 'c', doc: { currency: 'EUR', lines: [{ id: 'a', gtin: '1', quantity: 2, unit_price: 250, was_price: 300, was_as_of: 3 }] } };

test('the view counts, adds up and says what waits', () => {
  const view = viewOf(base, [change('cart.add', { line: 'b', gtin: '2', quantity: 3 }, { name: 'Ink', unit_price: 100, currency: 'EUR' })]);
  assert.deepEqual([view.item_count, view.total, view.unsent], [5, 800, 1]);
  assert.deepEqual(view.lines.map(({ id, pending }) => [id, pending]), [['a', false], ['b', true]]);
  assert.deepEqual(view.lines[0].price_change, { by: -50, since_ms: 3 });
  assert.equal(view.lines[1].name, 'Ink');
  assert.equal(viewOf(undefined, []), null);
});

test('the base is left as it was', () => {
  const before = structuredClone(base);
  viewOf(base, [change('cart.remove', { line: 'a', from: 2 }), change('cart.note', { text: 'x' })]);
  assert.deepEqual(base, before);
});

test('what names a cart that is not known goes into the one there is', () => {
  const view = viewOf(base, [change('cart.add', { cart: 'other', line: 'b', gtin: '1', quantity: 1 })]);
  assert.deepEqual(view.lines.map(({ id, quantity }) => [id, quantity]), [['a', 3]]);
});

test('what cannot be is left out, and still counted as unsent', () => {
  const view = viewOf(base, [change('cart.set_quantity', { line: 'a', from: 2, to: 99_999 }), change('cart.remove', { line: 'nobody', from: 1 })]);
  assert.deepEqual([view.item_count, view.unsent], [2, 2]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cart, line, live, outcome, terminal, visit, WALL } from '../../e2e/lib/clerk_messages.mjs';
import { load } from './web.mjs';

const { GHOST_MS, initialState, reduce } = await load('clerk/state.js');
const { LOST_VISIT_MS } = await load('lib/known.js');
const say = (method, params, at = 0) => ({ type: 'message', method, params, at });
const after = (...events) => events.reduce(reduce, initialState(0));
const pen = line('Pen', 1, 100);
const ink = line('Ink', 2, 200);
const pad = line('Pad', 1, 300);
const begun = (lines = [pen, ink], at = 0) => [{ type: 'open', at }, say('terminal', terminal(), at), say('state', live(), at), say('visit', visit({ cart: cart(lines) }), at)];
const ids = (state) => state.lines.map((one) => one.name);

test('the agent’s clock is taken from its messages only', () => {
  const state = after(say('terminal', terminal(), 1_000));
  assert.equal(state.offset, WALL - 1_000);
  assert.equal(reduce(state, say('cart', {}, 9_000)).offset, WALL - 1_000);
  assert.equal(reduce(state, say('state', live({ wall_ms: WALL + 500 }), 1_000)).offset, WALL - 500);
});

test('lines keep their place, new ones come last', () => {
  let state = after(...begun());
  state = reduce(state, say('cart', { cart: cart([pad, { ...ink, quantity: 3 }, pen]) }, 10));
  assert.deepEqual(ids(state), ['Pen', 'Ink', 'Pad']);
  assert.equal(state.lines[1].delta, 1);
  assert.equal(state.lines[1].changedAt, 10);
  assert.equal(state.lines[0].changedAt, null);
  assert.equal(state.lines[2].changedAt, 10);
});

test('a removed line keeps its place until no hand is on the page', () => {
  let state = after(...begun());
  state = reduce(state, say('cart', { cart: cart([ink]) }, 100));
  assert.deepEqual(ids(state), ['Pen', 'Ink']);
  assert.equal(state.lines[0].goneAt, 100);
  state = reduce(state, { type: 'tick', at: 100 + GHOST_MS, still: false });
  assert.deepEqual(ids(state), ['Pen', 'Ink']);
  state = reduce(state, { type: 'tick', at: 100 + GHOST_MS - 1, still: true });
  assert.deepEqual(ids(state), ['Pen', 'Ink']);
  state = reduce(state, { type: 'tick', at: 100 + GHOST_MS, still: true });
  assert.deepEqual(ids(state), ['Ink']);
});

test('a removed line that comes back is where it was', () => {
  let state = after(...begun());
  state = reduce(state, say('cart', { cart: cart([ink]) }, 100));
  state = reduce(state, say('cart', { cart: cart([ink, pen]) }, 200));
  assert.deepEqual(ids(state), ['Pen', 'Ink']);
  assert.equal(state.lines[0].goneAt, null);
});

test('a line that was removed at time zero is a ghost too', () => {
  let state = after(...begun());
  state = reduce(state, say('cart', { cart: cart([ink]) }, 0));
  state = reduce(state, { type: 'tick', at: GHOST_MS, still: true });
  assert.deepEqual(ids(state), ['Ink']);
});

test('nothing of a customer is left when the visit ends', () => {
  let state = after(...begun(), { type: 'details', visit: visit().visit.id, shown: true, at: 1 }, { type: 'select', line: pen.id, at: 2 }, say('outcome', outcome('product', { product_name: 'Secret' }), 3));
  state = reduce(state, say('visit', { visit: null, reason: 'done' }, 4));
  const text = JSON.stringify({ ...state, terminal: null });
  for (const word of ['Rivera', 'Pen', 'Ink', 'Secret', 'Pick-up', 'fountain', pen.id]) assert.equal(text.includes(word), false, word);
  assert.deepEqual(state.ended, { reason: 'done', at: 4 });
});

test('another customer inherits nothing', () => {
  let state = after(...begun(), { type: 'details', visit: visit().visit.id, shown: true, at: 1 }, { type: 'select', line: pen.id, at: 2 });
  state = reduce(state, say('visit', visit({ visit: { ...visit().visit, id: 'b'.repeat(32) }, cart: cart([pad]) }), 5));
  assert.equal(state.details, false);
  assert.equal(state.selected, null);
  assert.deepEqual(ids(state), ['Pad']);
  assert.equal(state.lines[0].changedAt, null);
});

test('details that were asked for in another visit are not shown', () => {
  assert.equal(after(...begun(), { type: 'details', visit: 'f'.repeat(32), shown: true, at: 1 }).details, false);
});

test('the same visit again keeps details and places', () => {
  let state = after(...begun(), { type: 'details', visit: visit().visit.id, shown: true, at: 1 });
  state = reduce(state, say('visit', visit({ cart: cart([ink, pen]) }), 5));
  assert.equal(state.details, true);
  assert.deepEqual(ids(state), ['Pen', 'Ink']);
});

test('a page without its agent forgets the customer soon', () => {
  let state = after(...begun(), { type: 'lost', at: 1_000 });
  assert.ok(state.visit);
  state = reduce(state, { type: 'tick', at: 1_000 + LOST_VISIT_MS - 1, still: true });
  assert.ok(state.visit);
  state = reduce(state, { type: 'tick', at: 1_000 + LOST_VISIT_MS, still: false });
  assert.equal(state.visit, null);
  assert.equal(state.ended.reason, 'lost');
});

test('a failed attempt to come back does not start the waiting anew', () => {
  let state = after(...begun(), { type: 'lost', at: 1_000 });
  state = reduce(state, { type: 'lost', at: 3_000, tried: true });
  assert.equal(state.link.since, 1_000);
});

test('a page that is no longer signed in forgets at once', () => {
  const state = after(...begun(), { type: 'lost', at: 1 }, { type: 'denied', at: 2 });
  assert.equal(state.visit, null);
  assert.equal(state.link.state, 'denied');
});

test('a cart without a visit is dropped, and odd messages change nothing', () => {
  const state = after({ type: 'open', at: 0 });
  assert.equal(reduce(state, say('cart', { cart: cart([pen]) })).cart, null);
  assert.equal(reduce(state, say('__proto__', {})), state);
  assert.equal(reduce(state, say('toString', {})), state);
  assert.equal(reduce(state, { type: 'constructor' }), state);
  assert.doesNotThrow(() => reduce(state, say('visit', undefined)));
  assert.doesNotThrow(() => reduce(state, say('visit', { visit: { id: 'x' } })));
});

test('the lines of another cart are not those of the one before', () => {
  const state = reduce(after(...begun()), say('visit', visit({ cart: cart([pad, pen], { id: 'd'.repeat(32) }) }), 10));
  assert.deepEqual(state.lines.map((one) => [one.name, one.goneAt, one.changedAt]), [['Pad', null, null], ['Pen', null, null]]);
});

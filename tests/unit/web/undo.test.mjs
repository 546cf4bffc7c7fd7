// The last change of the cart is taken back by its opposite, against the cart as it is now.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './web.mjs';

const { forgetLine, remember, undoOf } = await load('clerk/undo.js');
const VISIT = 'a'.repeat(32);
const line = (change = {}) => ({ id: 'l1', gtin: '1', name: 'Pen', quantity: 2, goneAt: null, ...change });
const change = (from, to, more = {}) => ({ line: 'l1', gtin: '1', name: 'Pen', from, to, ...more });
const asked = (done, lines) => { const undo = undoOf(done, lines, VISIT); return undo && [undo.method, undo.params]; };

test('a quantity goes back by what was changed, not to what was seen', () => {
  assert.deepEqual(asked([change(1, 2)], [line()]), ['cart.set_quantity', { line: 'l1', from: 2, to: 1 }]);
  assert.deepEqual(asked([change(1, 2)], [line({ quantity: 5 })]), ['cart.set_quantity', { line: 'l1', from: 5, to: 4 }]);
});

test('a line that was removed comes back, one that was added goes', () => {
  assert.deepEqual(asked([change(2, 0)], [line({ goneAt: 5 })]), ['cart.add', { visit: VISIT, gtin: '1', quantity: 2 }]);
  assert.deepEqual(asked([change(0, 1, { line: null })], [line({ quantity: 1 })]), ['cart.remove', { line: 'l1', from: 1 }]);
});

test('a line comes back with what was chosen of the product, whatever else there is of it', () => {
  const add = ['cart.add', { visit: VISIT, gtin: '1', options: 'size:m', quantity: 2 }];
  assert.deepEqual(asked([change(2, 0, { options: 'size:m' })], []), add);
  assert.deepEqual(asked([change(2, 0, { options: 'size:m' })], [line({ id: 'l2' }), line({ id: 'l3', options: 'size:l' })]), add);
});

test('a gift that was taken off is one again, and stays one when the rest is undone', () => {
  const add = (quantity) => ['cart.add', { visit: VISIT, gtin: '1', quantity, keep_gift: true }];
  assert.deepEqual(asked([change(2, 0, { gift: true })], [line({ goneAt: 5, gift: true })]), add(2));
  assert.deepEqual(asked([change(3, 2, { gift: true })], [line()]), add(1));
  assert.deepEqual(asked([change(3, 2, { gift: true })], [line({ gift: true })]), ['cart.set_quantity', { line: 'l1', from: 2, to: 3, keep_gift: true }]);
  assert.deepEqual(asked([change(1, 2, { gift: true })], [line({ gift: true })]), ['cart.set_quantity', { line: 'l1', from: 2, to: 1, keep_gift: true }]);
});

test('what cannot be taken back is passed over', () => {
  assert.equal(asked([change(1, 2)], [line({ goneAt: 5 })]), null);
  assert.equal(asked([], [line()]), null);
  const older = change(1, 2, { line: 'l2', gtin: '2' });
  assert.equal(undoOf([older, change(1, 2)], [line({ id: 'l2', gtin: '2' })], VISIT).index, 0);
});

test('only the last changes are kept, and none that was turned down', () => {
  const many = Array.from({ length: 30 }).reduce((done, _, n) => remember(done, change(n, n + 1)), []);
  assert.equal(many.length, 10);
  assert.equal(many.at(-1).to, 30);
  assert.deepEqual(forgetLine([change(0, 1, { gtin: '9' }), change(1, 2)], '9').map((one) => one.gtin), ['1']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './web.mjs';

const { dropGhosts, mergeLines } = await load('lib/lines.js');
const line = (id, quantity = 1, change = {}) => ({ id, gtin: `0${id}`, quantity, unit_price: 100, ...change });
const ids = (lines) => lines.map((one) => `${one.id}${one.goneAt === null ? '' : ' gone'}`);

test('lines keep the place of their first sight', () => {
  const first = mergeLines([], [line('a'), line('b')], 0, true);
  assert.deepEqual(first.map((one) => one.changedAt), [null, null]);
  const next = mergeLines(first, [line('c'), line('b', 3), line('a')], 10, false);
  assert.deepEqual(ids(next), ['a', 'b', 'c']);
  assert.deepEqual(next.map((one) => [one.changedAt, one.delta]), [[null, 0], [10, 2], [10, 0]]);
});

test('what is removed stays as a ghost until it is old enough', () => {
  const gone = mergeLines(mergeLines([], [line('a'), line('b')], 0, true), [line('b')], 100, false);
  assert.deepEqual(ids(gone), ['a gone', 'b']);
  assert.equal(mergeLines(gone, [line('b')], 200, false)[0].goneAt, 100);
  assert.equal(dropGhosts(gone, 1_099, 1_000), gone);
  assert.deepEqual(ids(dropGhosts(gone, 1_100, 1_000)), ['b']);
});

test('a product that comes back takes the place of its ghost, one with other options does not', () => {
  const gone = mergeLines(mergeLines([], [line('a'), line('b')], 0, true), [line('b')], 100, false);
  assert.deepEqual(ids(mergeLines(gone, [line('b'), line('x', 2, { gtin: '0a' })], 200, false)), ['x', 'b']);
  assert.deepEqual(ids(mergeLines(gone, [line('b'), line('x', 2, { gtin: '0a', options: 'size:m' })], 200, false)), ['a gone', 'b', 'x']);
  assert.deepEqual(ids(mergeLines(gone, [line('b'), line('a')], 200, false)), ['a', 'b']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './web.mjs';

const { dropGhosts, dropMarks, lookAtLines, mergeLines, touchLines } = await load('lib/lines.js');
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

const marks = (lines) => lines.map((one) => [one.id, one.changedAt !== null, one.delta]);
const changed = () => mergeLines(mergeLines([], [line('a'), line('b')], 0, true), [line('a', 2), line('b')], 1_000, false);
const lookFor = (lines, seconds, page) => Array.from({ length: seconds }).reduce((now) => dropMarks(lookAtLines(now, 1_000, page, 8_000)), lines);

test('what changed is marked until somebody looked: longer beside another program, never while hidden', () => {
  assert.deepEqual(marks(changed()), [['a', true, 1], ['b', false, 0]]);
  assert.equal(marks(lookFor(changed(), 7, 'focused'))[0][1], true);
  assert.deepEqual(marks(lookFor(changed(), 8, 'focused'))[0], ['a', false, 0]);
  assert.equal(marks(lookFor(changed(), 63, 'visible'))[0][1], true);
  assert.equal(marks(lookFor(changed(), 64, 'visible'))[0][1], false);
  assert.equal(marks(lookFor(changed(), 3_600, 'hidden'))[0][1], true);
  assert.equal(marks(dropMarks(lookAtLines(changed(), 3_600_000, 'focused', 8_000)))[0][1], true, 'a page that slept was not looked at');
});

test('a hand has seen what changed before it, not what came in the same moment', () => {
  assert.equal(marks(dropMarks(touchLines(changed(), 2_499)))[0][1], true);
  const seen = touchLines(changed(), 2_500);
  assert.equal(marks(seen)[0][1], true, 'the mark stays in its place until no hand is on the page');
  assert.equal(marks(dropMarks(seen))[0][1], false);
  const again = mergeLines(seen, [line('a', 5), line('b')], 3_000, false);
  assert.deepEqual(marks(dropMarks(again))[0], ['a', true, 3]);
});

test('changes that nobody saw add up', () => {
  assert.deepEqual(marks(mergeLines(changed(), [line('a', 4), line('b')], 2_000, false))[0], ['a', true, 3]);
  assert.deepEqual(marks(mergeLines(changed(), [line('a', 1), line('b')], 2_000, false))[0], ['a', true, 0]);
  assert.deepEqual(marks(mergeLines(lookFor(changed(), 8, 'focused'), [line('a', 4), line('b')], 9_000, false))[0], ['a', true, 2]);
});

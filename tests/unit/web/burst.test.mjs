// A scanner that types as a keyboard is told from a person by its speed alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './web.mjs';

const { BURST_GAP_MS, feedKey, quiet } = await load('clerk/burst.js');

/** Types keys with these gaps; the field holds what was taken so far. */
function type(keys, gap, { value = '', repeat = false } = {}) {
  let guard = quiet();
  let at = 1_000;
  let field = value;
  const verdicts = [];
  for (const key of keys) {
    at += gap;
    const [next, verdict] = feedKey(guard, { at, key, value: field, repeat });
    guard = next;
    if (verdict === 'take' && key.length === 1) field += key;
    if (verdict === 'undo') field = guard.before;
    verdicts.push(verdict);
  }
  return { field, verdicts };
}

test('what a person types stays, as fast as fingers are', () => {
  const { field, verdicts } = type('Rivera4127', 60);
  assert.equal(field, 'Rivera4127');
  assert.deepEqual(new Set(verdicts), new Set(['take']));
  assert.equal(type('abc', BURST_GAP_MS).field, 'abc'); // three keys at once are a stumble
});

test('a scanned code leaves the field as it was, and its Enter does nothing', () => {
  const { field, verdicts } = type([...'4006381333931', 'Enter'], 5, { value: 'Maria' });
  assert.equal(field, 'Maria');
  assert.equal(verdicts.filter((verdict) => verdict === 'undo').length, 1);
  assert.equal(verdicts.at(-1), 'drop');
});

test('an Enter after typing, or long after a scan, is one', () => {
  assert.equal(type([...'Rivera', 'Enter'], 60).verdicts.at(-1), 'take');
  let [guard] = [quiet()];
  for (let n = 0; n < 8; n++) [guard] = feedKey(guard, { at: n * 5, key: '1', value: '' });
  assert.equal(feedKey(guard, { at: 5_000, key: 'Enter', value: '' })[1], 'take');
});

test('a key that is held down is no scanner', () => {
  assert.deepEqual(new Set(type('++++++++', 20, { repeat: true }).verdicts), new Set(['take']));
});

test('function keys are never a scanner\'s', () => {
  assert.deepEqual(type(['F2', 'F2', 'F3', 'F4', 'Escape'], 1).verdicts, Array(5).fill('take'));
});

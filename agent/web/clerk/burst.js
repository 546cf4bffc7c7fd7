// A scanner that acts as a keyboard types a whole code within milliseconds, wherever the cursor happens to be. No finger
// is that fast: a run of keys with next to no time between them is taken out again, and what ends it, too. Pure.

export const BURST_GAP_MS = 35; // the longest time between two keys of a scanner
export const BURST_KEYS = 4; // so many in a row and it was none of a clerk's
export const SINGLE_MS = 60; // a lone key counts once nothing followed it for this long

/** `before`: what the field held before the first key of the run; `run` counts the keys, `at` is the last one's time. */
export const quiet = () => ({ run: 0, at: -Infinity, before: null, burst: false });

/**
 * One key, at `at`, with what the field under the cursor holds now (null when it is none). Returns what to do with it:
 * `take` it, `drop` it, or `undo` the run that it belongs to and drop it.
 */
export function feedKey(guard, { at, key, value, repeat }) {
  const printable = key.length === 1;
  const close = at - guard.at <= BURST_GAP_MS;
  if (repeat || (!printable && key !== 'Enter' && key !== 'Tab')) return [guard, 'take'];
  if (!printable) return close && guard.burst ? [quiet(), 'drop'] : [quiet(), 'take'];
  if (!close) return [{ run: 1, at, before: value, burst: false }, 'take'];
  const run = guard.run + 1;
  const next = { ...guard, run, at, burst: guard.burst || run >= BURST_KEYS };
  if (!next.burst) return [next, 'take'];
  return [next, guard.burst ? 'drop' : 'undo'];
}

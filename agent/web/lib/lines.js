// The lines of a cart as a page shows them: they keep the place where they were first seen, whatever is added or
// removed elsewhere, so that nothing moves under a finger. Pure; `at` is the page's own clock in ms.

const UNFOCUSED = 8; // so many times longer takes a look at a page that somebody works beside
const GLANCE_MS = 1_500; // what came just before a hand did something was not seen by it
const STEP_MS = 2_000; // a page that slept was not looked at meanwhile

/**
 * Lays the agent's lines over those that are shown. Each line has changedAt (null: it has not, or was looked at), delta (of
 * its quantity, since it was looked at), seen, looked_ms and goneAt: a removed line stays as a ghost, and a product that
 * comes back takes its ghost's place.
 */
export function mergeLines(before, now, at, first) {
  const incoming = new Map(now.map((line) => [line.id, line]));
  const kept = before.map((old) => {
    const line = incoming.get(old.id);
    incoming.delete(old.id);
    if (!line) return old.goneAt === null ? { ...old, goneAt: at } : old;
    return { ...line, ...marks(old, line, at) };
  });
  for (const line of incoming.values()) {
    const mark = { changedAt: first ? null : at, delta: 0, seen: false, looked_ms: 0, goneAt: null };
    const place = kept.findIndex((old) => old.goneAt !== null && old.gtin === line.gtin && old.options === line.options);
    if (place >= 0) kept[place] = { ...line, ...mark };
    else kept.push({ ...line, ...mark });
  }
  return kept;
}

function marks(old, line, at) {
  const delta = line.quantity - old.quantity;
  const moved = delta !== 0 || line.unit_price !== old.unit_price || old.goneAt !== null;
  if (!moved) return { changedAt: old.changedAt, delta: old.delta, seen: old.seen, looked_ms: old.looked_ms, goneAt: null };
  const since = old.changedAt !== null && !old.seen ? old.delta : 0;
  return { changedAt: at, delta: since + delta, seen: false, looked_ms: 0, goneAt: null };
}

const isUnseen = (line) => line.changedAt !== null && !line.seen;

/** A hand did something on the page: whoever it is has seen what changed before. */
export function touchLines(lines, at) {
  const due = (line) => isUnseen(line) && at - line.changedAt >= GLANCE_MS;
  return lines.some(due) ? lines.map((line) => (due(line) ? { ...line, seen: true } : line)) : lines;
}

/** So long somebody may have looked. page: 'focused', 'visible' or 'hidden'; need_ms: how long a look at a focused page takes. */
export function lookAtLines(lines, ms, page, need_ms) {
  const looked = page === 'hidden' ? 0 : Math.min(ms, STEP_MS) / (page === 'focused' ? 1 : UNFOCUSED);
  if (looked <= 0 || !lines.some(isUnseen)) return lines;
  return lines.map((line) => (isUnseen(line) ? { ...line, looked_ms: line.looked_ms + looked, seen: line.looked_ms + looked >= need_ms } : line));
}

/** Without the marks of what was looked at, which take room: for when no hand is on the page. */
export function dropMarks(lines) {
  const due = (line) => line.seen && line.changedAt !== null;
  return lines.some(due) ? lines.map((line) => (due(line) ? { ...line, changedAt: null, delta: 0 } : line)) : lines;
}

/** Without the ghosts that are older than age_ms; the same array when there are none. */
export function dropGhosts(lines, at, age_ms) {
  const due = (line) => line.goneAt !== null && at - line.goneAt >= age_ms;
  return lines.some(due) ? lines.filter((line) => !due(line)) : lines;
}

// The lines of a cart as a page shows them: they keep the place where they were first seen, whatever is added or
// removed elsewhere, so that nothing moves under a finger. Pure; `at` is the page's own clock in ms.

/**
 * Lays the agent's lines over those that are shown. Each line has changedAt, delta (of its quantity, with the last change)
 * and goneAt: a removed line stays as a ghost, and a product that comes back takes its ghost's place.
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
    const mark = { changedAt: first ? null : at, delta: 0, goneAt: null };
    const place = kept.findIndex((old) => old.goneAt !== null && old.gtin === line.gtin && old.options === line.options);
    if (place >= 0) kept[place] = { ...line, ...mark };
    else kept.push({ ...line, ...mark });
  }
  return kept;
}

function marks(old, line, at) {
  const delta = line.quantity - old.quantity;
  const moved = delta !== 0 || line.unit_price !== old.unit_price || old.goneAt !== null;
  return { changedAt: moved ? at : old.changedAt, delta: moved ? delta : old.delta, goneAt: null };
}

/** Without the ghosts that are older than age_ms; the same array when there are none. */
export function dropGhosts(lines, at, age_ms) {
  const due = (line) => line.goneAt !== null && at - line.goneAt >= age_ms;
  return lines.some(due) ? lines.filter((line) => !due(line)) : lines;
}

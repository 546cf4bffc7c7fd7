// What takes the last change of the cart back: the other change that leaves the cart as it was seen before. Only what was
// done at this till in this visit, one step at a time; a change that somebody else made meanwhile stays. Pure.

import { productOf } from '../lib/facts.js';

const DEPTH = 10;

/**
 * What a change did, to be kept until it is undone. line: as it was shown before; null for a product that was added.
 * Returns the list with it.
 */
export function remember(done, change) {
  return [...done, change].slice(-DEPTH);
}

/** The list without what was turned down: that has no effect that could be taken back. */
export function forgetLine(done, gtin) {
  const at = done.findLastIndex((change) => change.gtin === gtin);
  return at < 0 ? done : done.toSpliced(at, 1);
}

/** The newest change that can be taken back, with the request that does it: { index, method, params }; else null. */
export function undoOf(done, lines, visit) {
  for (let index = done.length - 1; index >= 0; index--) {
    const request = reverse(done[index], lines, visit);
    if (request) return { index, name: done[index].name, ...request };
  }
  return null;
}

// By the line where it is still there, else by what is sold: a line that was removed comes back through an add. A gift that was
// taken off with it is one again, and one that is on the line stays.
function reverse(change, lines, visit) {
  const open = lines.filter((line) => line.goneAt === null);
  const line = open.find((one) => one.id === change.line) ?? (change.line ? undefined : open.find((one) => one.gtin === change.gtin && !one.options));
  const quantity = change.to - change.from;
  if (line) {
    const to = line.quantity - quantity;
    if (quantity < 0 && change.gift && !line.gift) return add(change, -quantity, visit);
    if (to > 0) return { method: 'cart.set_quantity', params: { line: line.id, from: line.quantity, to, ...(line.gift && { keep_gift: true }) } };
    return { method: 'cart.remove', params: { line: line.id, from: line.quantity } };
  }
  return quantity > 0 ? null : add(change, -quantity, visit);
}

const add = (change, quantity, visit) => ({ method: 'cart.add', params: { visit, ...productOf(change), quantity, ...(change.gift && { keep_gift: true }) } });

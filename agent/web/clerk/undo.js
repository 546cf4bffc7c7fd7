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

// By the line where it is still there, else by what is sold: a line that was removed comes back through an add.
function reverse(change, lines, visit) {
  const open = lines.filter((line) => line.goneAt === null);
  const line = open.find((one) => one.id === change.line) ?? (change.line ? undefined : open.find((one) => one.gtin === change.gtin && !one.options));
  const quantity = change.to - change.from;
  if (line) {
    const to = line.quantity - quantity;
    if (to > 0) return { method: 'cart.set_quantity', params: { line: line.id, from: line.quantity, to } };
    return { method: 'cart.remove', params: { line: line.id, from: line.quantity } };
  }
  if (quantity > 0 || change.gift) return null; // a gift that was taken off is declined
  return { method: 'cart.add', params: { visit, ...productOf(change), quantity: -quantity } };
}

// Two carts that are to become one, as the page shows them: what is in each, what becomes of it, and why. Pure.
import { shortGtin } from './facts.js';

/**
 * One row per product. lines: of the message `merge`; left_out: ids of those of the anonymous cart that are not to come
 * along; said(reason): the page's own words for a reason, '' for those that all pages have.
 * A row: { key, name, options, line, taken, count, worth, here, there, reason }, with the lines of both sides (or undefined)
 * in here and there, and in line the id of the one of the anonymous cart.
 */
export function mergeRows(lines, left_out, w, said = () => '') {
  const rows = new Map();
  for (const line of lines) {
    const key = `${line.gtin} ${line.options ?? ''}`;
    const row = rows.get(key) ?? { key, sides: {} };
    row.sides[line.side] = line;
    rows.set(key, row);
  }
  const reasonText = (reason) => said(reason) || (w.has(`merge.reason.${reason}`) ? w.t(`merge.reason.${reason}`) : '');
  return [...rows.values()].map(({ key, sides: { online, kiosk } }) => {
    const taken = !kiosk || !left_out.includes(kiosk.line);
    const count = taken ? (kiosk ?? online).becomes_quantity : online?.quantity ?? 0;
    const one = online ?? kiosk;
    return { key, name: one.name || shortGtin(one.gtin), options: one.options ? one.options.replaceAll(':', ' ') : '', line: kiosk?.line ?? null, taken, count,
      worth: count * one.unit_price, here: kiosk, there: online, reason: reasonText(taken ? (kiosk ?? online).reason : 'excluded') };
  });
}

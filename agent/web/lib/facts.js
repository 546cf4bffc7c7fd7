// What pages say about facts in the same way: how old they are, whether they are still shown, and a tier's looks. Pure.
// clock is { at, wall }: now by the page's own clock and by the agent's (null before it is known), ms.
import { tierPaint } from './colour.js';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** What tiers are painted on ([r, g, b]): --panel in the pages' style.css, by scheme. */
export const BACKGROUND = { light: [255, 255, 255], dark: [27, 32, 39] };

/** Age of a fact of this time in ms, null when that cannot be said. */
export const ageOf = (ms, clock) => (ms > 0 && clock.wall !== null ? Math.max(0, clock.wall - ms) : null);

/** A limit of 0 or none means that the fact is shown at any age (protocol, "Local page API"). */
export const isPast = (age, limit) => age !== null && limit > 0 && age > limit;

/** With a live line a fact is worth its age after a day, without one after an hour. */
export const isWorthItsAge = (age, line) => age !== null && age >= (line?.state === 'live' ? DAY : HOUR);

/** A price or points with their age in words where it is worth it, '' elsewhere. */
export const ageNote = (key, age, state, w) => (isWorthItsAge(age, state.line) ? w.t(key, { age: w.old(age) }) : '');

/** A number of a product as people read it: without the zeros in front. */
export const shortGtin = (gtin) => String(gtin ?? '').replace(/^0+(?=\d{8})/, '');

/** What a line is sold as, as cart.add takes it. */
export const productOf = ({ gtin, options }) => ({ gtin, ...(options && { options }) });

/** What this proof does not open. */
export const isHidden = (state, benefit) => (state.visit?.hidden ?? []).includes(benefit);

/** Word, symbol and colours of a tier on this background ([r, g, b]); null without one. */
export function tierOf(id, tiers, background) {
  if (!id) return null;
  const tier = (tiers ?? []).find((one) => one.id === id) ?? { id, name: id, symbol: '', color: '' };
  return { word: tier.name || tier.id, symbol: tier.symbol ?? '', paint: tierPaint(tier.color, background) };
}

/** The tier that comes next with so many points, and what is missing; null when there is none. */
export function nextTier(points, tiers) {
  const [next] = (tiers ?? []).filter((tier) => tier.points_from > points).sort((a, b) => a.points_from - b.points_from);
  return next ? { name: next.name, missing: next.points_from - points } : null;
}

/** How sure it is who she is, in words; '' where there are none for it. visit: { assurance, credential_kind } */
export function assuranceText({ assurance, credential_kind }, w) {
  const key = `assurance.${credential_kind === 'none' ? 'unshown' : assurance}`;
  return w.has(key) ? w.t(key) : '';
}

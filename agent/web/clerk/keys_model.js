// What can be done now, by which key: the footer for the visit, the cart's own row for the cart. A key that cannot be
// used just now keeps its place and is off. Pure.
import { undoOf } from './undo.js';

/** This terminal is paying it; a lease that ran out is nobody's. */
export const claimIsMine = (cart, wall) => Boolean(cart?.claim?.mine) && (wall === null || wall < cart.claim.until_ms);
const claimIsOthers = (cart, wall) => Boolean(cart?.claim) && !cart.claim.mine && (wall === null || wall < cart.claim.until_ms);

/** Somebody is here of whom it is known who. */
export const isKnown = (state) => Boolean(state.visit) && !state.visit.anonymous;

/** The footer, in the order of the keyboard. */
export function keysOf(state, w) {
  if (state.link.state !== 'up') return [];
  const visiting = Boolean(state.visit);
  const key = (act, name, off = false) => ({ act, key: name, text: w.t(`act.${act}`), off });
  const keys = [];
  if (isKnown(state)) keys.push({ act: 'details', key: 'F2', text: w.t(state.details ? 'act.hide' : 'act.details'), off: false });
  keys.push(key(isKnown(state) ? 'cards' : 'find', 'F3'));
  keys.push(key('more', 'F4'));
  if (visiting) keys.push(key('handover', 'F8', state.line?.state !== 'live'), { ...key('done', 'Esc'), strong: true });
  return keys;
}

/** The cart's: bring it to the till or let it go, take the last change back, and the line that is chosen. */
export function toolsOf(state, w, clock) {
  if (state.link.state !== 'up') return [];
  const line = state.lines.find((one) => one.id === state.selected && one.goneAt === null);
  const any = state.lines.some((one) => one.goneAt === null);
  const undo = undoOf(state.done, state.lines, state.visit.id);
  const mine = claimIsMine(state.cart, clock.wall);
  const onLine = (act, key, off) => ({ act, key, text: '', off, label: w.t('act.on', { act: w.t(`act.${act}`), name: line?.name ?? '' }).trim() });
  return [
    ...(state.merge ? [{ act: 'merge', key: 'F1', text: w.t('act.merge'), off: false }] : []), // put away, the question waits here
    { act: 'till', key: 'F5', text: w.t(mine ? 'act.release' : 'act.till'), off: !any && !mine || !mine && claimIsOthers(state.cart, clock.wall) },
    { act: 'undo', key: 'F6', text: w.t('act.undo'), off: !undo && !state.joined, label: undo?.name ?? (state.joined ? w.t('merge.undo') : '') },
    onLine('minus', '−', !line || line.quantity < 2), onLine('plus', '+', !line), onLine('remove', 'Del', !line),
  ];
}

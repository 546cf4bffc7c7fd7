// What the pages that show a visit know in the same way, and how it changes. Pure; `at` is the page's own monotonic clock in ms.
// The agent's wall clock is known only through the `wall_ms` of its messages; the browser's wall clock is never asked.
import { dropGhosts, dropMarks, lookAtLines, mergeLines, touchLines } from './lines.js';

export const TAKEN_MS = 15_000; // that a change was taken back stays this long
export const LOST_VISIT_MS = 5_000; // a page without its agent shows a customer no longer than this

export const firstKnown = (at) => ({
  link: { state: 'first', since: at }, // first, up, lost, denied
  offset: null, // agent's wall clock minus page clock, ms
  terminal: null,
  line: null,
  readers: [],
  visit: null,
  view: null,
  cart: null,
  lines: [], // of the cart, in the order of first sight, with marks of the page
  ticked: at, // the last tick
  ended: null,
  outcome: null,
  reading: null,
  failed: null,
  taken: null, // the last change of this customer's cart that was turned down; count: how many lately
});

/** The state after an event of the page; one without a handler changes nothing. */
export function handled(handlers, state, event) {
  return Object.hasOwn(handlers, event.type) ? handlers[event.type](state, event) : state;
}

/** The state after a message of the agent; one that is not known tells the time at most. */
export function told(messages, state, { method, params, at }) {
  const timed = Number.isFinite(params?.wall_ms) ? { ...state, offset: params.wall_ms - at } : state;
  return Object.hasOwn(messages, method) ? messages[method](timed, params ?? {}, at) : timed;
}

const AS_EXPECTED = ['found.cache', 'found.store']; // the customer on the screen says it all

/** What a tap or scan leaves to be said although somebody was recognised: it came too late, or proves nothing just now. */
export const isOutOfOrder = ({ outcome, code }) => outcome === 'recognised' && !AS_EXPECTED.includes(code);

/** Somebody was recognised after another had begun: nobody comes on the screen. */
export const isTooLate = ({ code }) => code === 'found.late';

/** What is left of the last outcome when another visit begins: what there is to say of the one that began it. */
export const outcomeAtBegin = (outcome) => (outcome && isOutOfOrder(outcome) ? outcome : null);

/** The state under the agent's newest word on its line. What could not be looked up without it can be now: `again` says so. */
export function withLine(state, line = state.line) {
  const { outcome } = state;
  const can = line?.state === 'live' && /\.offline$/.test(outcome?.code);
  return { ...state, line, outcome: can ? { ...outcome, again: true } : outcome };
}

export const linkUp = (state, { at }) => ({ ...state, link: { state: 'up', since: at }, failed: null });

/** A link that was up, or that was tried in vain; one that is denied or lost stays so. */
export function linkLost(state, { at, tried }) {
  const loses = state.link.state === 'up' || (state.link.state === 'first' && tried);
  return loses ? { ...state, link: { state: 'lost', since: at }, reading: null } : state;
}

/** Without the agent for so long that nobody's things may stand here any more. */
export const isForsaken = (state, at) => Boolean(state.visit) && state.link.state === 'lost' && at - state.link.since >= LOST_VISIT_MS;

export function takenBack(state, params, at) {
  if (state.visit?.id !== params.visit) return state;
  const before = state.taken && at - state.taken.at < TAKEN_MS ? state.taken.count : 0;
  return { ...state, taken: { ...params, at, count: before + 1 } };
}

/** The lines of another cart, hers instead of nobody's, were not changed from those before. begins: with the visit. */
export function withCart(state, cart, at, begins = false) {
  const first = begins || (state.cart !== null && cart?.id !== state.cart.id);
  return { ...state, cart, lines: mergeLines(first ? [] : state.lines, cart?.lines ?? [], at, first) };
}

const withLines = (state, lines) => (lines === state.lines ? state : { ...state, lines });

/** A hand is on the page: what changed before it was seen. */
export const withHand = (state, at) => withLines(state, touchLines(state.lines, at));

/**
 * Time has passed since the last tick. page: as lines.js has it, of the time up to now; still: no hand was on the page
 * lately, so that what is removed may go, after ghost_ms, and marks of what was looked at, after look_ms.
 */
export function withTime(state, { at, still, page = 'hidden' }, { look_ms, ghost_ms }) {
  const looked = lookAtLines(state.lines, at - state.ticked, page, look_ms);
  return { ...state, ticked: at, lines: still ? dropMarks(dropGhosts(looked, at, ghost_ms)) : looked };
}

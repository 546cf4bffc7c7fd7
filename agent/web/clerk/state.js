// What the page knows: events in, a new state out. Pure; time is handed in with every event.
import { badgeIsMissing, dialogOfOperator } from './badge.js';
import { dialogAfterQuiet, dialogOfCaptured, dialogOfOwn, dialogOfQuestion, dialogOfRequests, dialogOfVisit, handlers as dialogs } from './dialog_state.js';
import { firstKnown, handled, isForsaken, linkLost, linkUp, outcomeAtBegin, takenBack, told, withCart as withLines, withHand, withLine, withTime } from '../lib/known.js';
import { forgetLine, remember } from './undo.js';

export const LOOK_MS = 8_000; // what changed is marked until the page was looked at for this long, or a hand was on it
export const BACK_NEW_MS = 60_000; // what went back is news for so long
export const GHOST_MS = 4_000; // a removed line keeps its place at least this long

export function initialState(at) {
  return {
    ...firstKnown(at),
    unsent: 0,
    notices: [],
    details: false,
    selected: null,
    done: [], // what this page changed in the cart of this visit, oldest first
    operator: null, // the clerk who is signed on
    requests: [], // of this store, in the agent's order
    choose: null, // of whom one is here: people of one credential
    held: [], // what was taken over here and has not begun
    back: null, // … and what went back last
    own: null, // the hand-over that was asked for here
    merge: null, // two carts that wait for a decision
    joined: false, // two carts became one in this visit, which can be taken back
    pairing: null, // a POS that wants in
    wentBack: null, // what this page was told of it
    told: null, // what went well and needs a word: a key of the catalogue and its values
    dialog: null,
  };
}

const handlers = {
  open: linkUp,
  lost: linkLost,
  denied: (state, event) => ({ ...forget(state), link: { state: 'denied', since: event.at }, requests: [], held: [], back: null, wentBack: null, operator: null, choose: null, pairing: null, dialog: null }),
  message: (state, event) => told(messages, state, event),
  details: (state, event) => (state.visit?.id === event.visit ? { ...state, details: Boolean(event.shown) } : state),
  select: (state, event) => ({ ...state, selected: event.line }),
  failed: (state, event) => ({ ...state, failed: { code: event.code, cart: Boolean(event.cart), at: event.at } }),
  told: (state, event) => ({ ...state, failed: null, told: { key: event.key, values: event.values ?? {}, at: event.at } }),
  changed: (state, event) => (state.visit?.id === event.visit ? { ...state, done: remember(state.done, event.change) } : state),
  undone: (state, event) => ({ ...state, done: state.done.slice(0, event.index) }),
  dialog_open: dialogs.open,
  dialog_step: dialogs.step,
  dialog_close: dialogs.close,
  hand: (state, event) => withHand(state, event.at),
  tick: onTick,
};

export const reduce = (state, event) => handled(handlers, state, event);

const messages = {
  terminal: (state, params) => withOperator({ ...state, terminal: params }),
  state: (state, params) => ({
    ...withLine(state, params.line),
    readers: params.readers ?? [],
    unsent: params.unsent ?? 0,
    notices: params.notices ?? [],
  }),
  visit: onVisit,
  cart: (state, params, at) => (state.visit ? withCart(state, params.cart, at) : state),
  outcome: onOutcome,
  operator: (state, params) => withOperator({ ...state, operator: params.operator ?? null }),
  handovers: onHandovers,
  choose: (state, params) => question(state, 'choose', params.choice ? params : null),
  merge: (state, params) => question({ ...state, joined: Boolean(params.undo) }, 'merge', params.merge ?? null),
  pairing: (state, params) => ({ ...state, pairing: params.pairing ?? null }),
  captured: (state, params) => ({ ...state, dialog: dialogOfCaptured(state.dialog, params) }),
  reading: (state, params, at) => ({ ...state, reading: { reader: params.reader, at } }),
  taken_back: onTakenBack,
  reading_end: (state) => ({ ...state, reading: null }),
};

// What only a clerk may look at is covered again when nobody is signed on any more.
const withOperator = (state) => ({ ...state, details: state.details && !badgeIsMissing(state), dialog: dialogOfOperator(state.dialog, state.operator) });

// A page that was opened later is not told again what went back before.
function onHandovers(state, params, at) {
  const open = params.open ?? [];
  const own = params.own ?? null;
  const back = params.back ?? null;
  const dialog = dialogOfRequests(dialogOfOwn(state.dialog, state.own, own), open);
  const news = back && back.id !== state.back?.id && params.wall_ms - back.at_ms < BACK_NEW_MS;
  return { ...state, requests: open, held: params.held ?? [], back, own, dialog,
    wentBack: news ? { from: back.from, at } : state.wentBack };
}

// One that is told again, because something in it changed, does not come back when it was put away.
function question(state, name, asked) {
  const again = asked && state[name] && asked.choice === state[name].choice;
  return { ...state, [name]: asked, dialog: again ? state.dialog : dialogOfQuestion(state.dialog, name, asked) };
}

// A product that was scanned here can be taken back like one that was added by hand.
function onOutcome(state, params, at) {
  const added = state.visit && params.outcome === 'product'
    ? remember(state.done, { line: null, gtin: params.gtin, name: params.product_name ?? '', from: 0, to: 1 }) : state.done;
  return { ...state, done: added, outcome: { ...params, at }, reading: null, ended: null, failed: null, told: null };
}

function onTakenBack(state, params, at) {
  const next = takenBack(state, params, at);
  return next === state ? state : { ...next, done: forgetLine(state.done, params.gtin) };
}

function onVisit(state, params, at) {
  if (!params.visit) {
    const ended = state.visit ? { reason: params.reason ?? 'other', at } : state.ended;
    return { ...forget(state), ended, dialog: dialogOfVisit(state.dialog, state.visit?.id, undefined) };
  }
  const same = state.visit?.id === params.visit.id;
  const fresh = same ? state : { ...forget(state), outcome: outcomeAtBegin(state.outcome) };
  const next = { ...fresh, visit: params.visit, view: params.view ?? null, ended: null, reading: null,
    dialog: dialogOfVisit(state.dialog, state.visit?.id, params.visit.id) };
  return withCart(next, params.cart ?? null, at, !same);
}

// Drops everything about a customer.
function forget(state) {
  return { ...state, visit: null, view: null, cart: null, lines: [], details: false, selected: null,
    reading: null, failed: null, taken: null, told: null, done: [], own: null, merge: null, joined: false, outcome: state.visit ? null : state.outcome,
    dialog: dialogOfVisit(state.dialog, state.visit?.id, undefined) };
}

// A line that is gone is not chosen any more.
function withCart(state, cart, at, begins = false) {
  const next = withLines(state, cart, at, begins);
  const selected = next.lines.some((line) => line.id === state.selected && line.goneAt === null) ? state.selected : null;
  return { ...next, selected };
}

// `still`: no hand moved over the page lately, so lines may close ranks.
function onTick(before, event) {
  const { at, quiet_ms = 0 } = event;
  const state = withTime(before, event, { look_ms: LOOK_MS, ghost_ms: GHOST_MS });
  const lost = isForsaken(state, at) ? { ...forget(state), ended: { reason: 'lost', at } } : state;
  const dialog = dialogAfterQuiet(lost.dialog, quiet_ms);
  return dialog === lost.dialog ? lost : { ...lost, dialog };
}

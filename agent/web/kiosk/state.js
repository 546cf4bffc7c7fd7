// What the kiosk's page knows: events in, a new state out. Pure; time is handed in with every event.
import { firstKnown, handled, isForsaken, linkLost, linkUp, outcomeAtBegin, takenBack, told, withCart, withHand, withLine, withTime } from '../lib/known.js';
import { LANGUAGES } from '../lib/words.js';

export const LOOK_MS = 4_000; // what changed is marked until the page was looked at for this long, or a hand was on it
export const UNDO_MS = 10_000; // a removed line offers its way back at least this long
export const BLANK_MS = 10_000; // the count-down is shown from here on
const LANGUAGE_MS = 60_000; // a language that was picked without a visit is forgotten after this long without a touch
const IDLE_PANEL_MS = 30_000; // what was opened without a visit closes after this long without a touch
const ENDED_MS = 6_000; // the good-bye keeps the language of who left
const HANDED_MS = 15_000; // and where her cart has gone can be read twice
const OVER_MS = 8_000; // that a call for help is over stays this long

export function initialState(at) {
  return {
    ...firstKnown(at),
    merge: null, // the preview that waits for an answer
    left_out: [], // lines of this kiosk's cart that were unticked there
    joined: false, // carts were put together in this visit, which can be taken back
    choose: null, // who may be shopping on a shared account
    help: null,
    blank: null, // { until }: page clock at which the screen is cleared
    panel: null, // { name, since, step, result, under }: what is open over the screen; step asking, shown or failed
    spoken: null, // the customer's language
    language: null, // that somebody picked by hand
    touched: at, // when a hand was on the page last
  };
}

const handlers = {
  open: linkUp,
  lost: onLost,
  denied: (state, event) => ({ ...forget(state), link: { state: 'denied', since: event.at } }),
  message: (state, event) => told(messages, state, event),
  touch: (state, event) => ({ ...withHand(state, event.at), touched: event.at, blank: null }),
  panel: (state, event) => ({ ...state, failed: null,
    panel: { name: event.name, since: event.at, step: event.step ?? 'shown', result: null, under: event.name === 'language' ? under(state.panel) : null } }),
  close: (state) => ({ ...state, panel: state.panel?.under ?? null }),
  answer: onAnswer,
  language: (state, event) => ({ ...state, language: event.language, panel: state.panel?.under ?? null }),
  tick_line: (state, event) => ({ ...state, left_out: state.left_out.includes(event.line)
    ? state.left_out.filter((line) => line !== event.line) : [...state.left_out, event.line] }),
  failed: onFailed,
  tick: onTick,
};

// What the choice of a language covers comes back after it.
const under = (panel) => (panel?.name === 'language' ? panel.under : panel);

export const reduce = (state, event) => handled(handlers, state, event);

function onLost(state, event) {
  const next = linkLost(state, event);
  return next === state ? state : { ...next, blank: null };
}

/** The language that the page is in: picked by hand, the customer's if there are words of it, the terminal's. */
export function languageOf(state) {
  return state.language ?? (Object.hasOwn(LANGUAGES, state.spoken ?? '') ? state.spoken : null) ?? state.terminal?.language ?? 'en';
}

const messages = {
  terminal: (state, params) => ({ ...state, terminal: params }),
  state: (state, params) => ({ ...withLine(state, params.line), readers: params.readers ?? [] }),
  visit: onVisit,
  cart: (state, params, at) => (state.visit ? withCart(state, params.cart, at) : state),
  outcome: (state, params, at) => ({ ...state, outcome: { ...params, at }, reading: null, ended: null, failed: null,
    panel: state.visit ? state.panel : null }),
  reading: (state, params, at) => ({ ...state, reading: { reader: params.reader, at } }),
  reading_end: (state) => ({ ...state, reading: null }),
  taken_back: takenBack,
  merge: (state, params) => (params.merge ? { ...state, merge: params.merge, panel: state.merge ? state.panel : null, joined: false, left_out: state.merge ? state.left_out : [] }
    : { ...state, merge: null, left_out: [], joined: Boolean(params.undo) }),
  choose: (state, params) => ({ ...state, choose: params.choice ? params : null, panel: params.choice ? null : state.panel }),
  help: onHelp,
  blank: (state, params, at) => ({ ...state, blank: Number.isFinite(params.in_ms) ? { until: at + params.in_ms } : null }),
};

// A call that is over is told for a while; one that ended without having been shown is not.
function onHelp(state, params, at) {
  const over = !params.help || params.help.state === 'over';
  if (!over) return { ...state, help: { ...params.help, at } };
  const was = state.help && state.help.state !== 'over';
  const ends = state.panel?.name === 'help' && state.panel.step !== 'asking' && !params.help; // what is asked for just now is not in it yet
  return { ...state, help: was && params.help ? { ...params.help, at } : null, panel: ends ? null : state.panel };
}

function onVisit(state, params, at) {
  if (!params.visit) {
    const ended = state.visit ? { reason: params.reason ?? 'other', at, anonymous: Boolean(state.visit.anonymous), ...(params.by && { by: params.by }) } : state.ended;
    return { ...forget(state), ended };
  }
  const same = state.visit?.id === params.visit.id;
  const calls = !state.visit && state.panel?.name === 'help' && state.panel.step !== 'failed'; // it begins with her call
  const fresh = same ? state : { ...forget(state), outcome: outcomeAtBegin(state.outcome), panel: calls ? state.panel : null };
  const next = { ...fresh, visit: params.visit, view: params.view ?? null, ended: null, reading: null,
    spoken: params.view?.customer?.language ?? params.view?.language ?? null };
  return withCart(next, params.cart ?? null, at, !same);
}

// Drops everything about a customer; the language of the good-bye stays until its tick.
function forget(state) {
  return { ...state, visit: null, view: null, cart: null, lines: [], reading: null, failed: null, taken: null, merge: null, left_out: [], joined: false,
    choose: null, help: null, blank: null, panel: null, outcome: state.visit ? null : state.outcome };
}

// What an answer brings belongs to the panel that asked for it, if that is still open.
function onAnswer(state, { name, result, at }) {
  return withPanel(state, name, (panel) => ({ ...panel, step: 'shown', result, since: at })) ?? state;
}

function onFailed(state, { code, name, at }) {
  const failed = { code, at };
  return (name && withPanel(state, name, (panel) => ({ ...panel, step: 'failed', code }))) || { ...state, failed };
}

// The state with that panel changed, open or under the choice of a language; null when it is neither.
function withPanel(state, name, change) {
  const { panel } = state;
  if (panel?.name === name) return { ...state, panel: change(panel) };
  return panel?.under?.name === name ? { ...state, panel: { ...panel, under: change(panel.under) } } : null;
}

// `still`: no hand was on the page lately, so lines may close ranks.
function onTick(before, event) {
  const { at } = event;
  const state = withTime(before, event, { look_ms: LOOK_MS, ghost_ms: UNDO_MS });
  let next = state;
  if (isForsaken(state, at)) next = { ...forget(state), ended: { reason: 'lost', at, anonymous: Boolean(state.visit.anonymous) } };
  if (next.ended && at - next.ended.at >= (next.ended.by || next.ended.reason === 'handover' ? HANDED_MS : ENDED_MS)) next = { ...next, ended: null, spoken: null, language: null };
  if (!next.visit) next = idleTick(next, at);
  if (next.help?.state === 'over' && at - next.help.at >= OVER_MS) next = { ...next, help: null };
  return next;
}

function idleTick(state, at) {
  const panel = state.panel && at - state.touched >= IDLE_PANEL_MS ? null : state.panel;
  const language = state.language && !state.ended && at - state.touched >= LANGUAGE_MS ? null : state.language;
  return panel === state.panel && language === state.language ? state : { ...state, panel, language };
}

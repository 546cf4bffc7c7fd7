// Ties the page together: socket and fingers in, state on, view out.
import { attention } from '../lib/dom.js';
import { productOf } from '../lib/facts.js';
import { connect } from '../lib/link.js';
import { inTurn } from '../lib/turns.js';
import { firstWords, LANGUAGES, loadWords, rememberLanguage } from '../lib/words.js';
import { viewOf } from './model.js';
import { createScreen } from './render.js';
import { initialState, languageOf, reduce } from './state.js';

const STILL_MS = 3_000; // after this long without a hand on the page, lines may close ranks
const TICK_MS = 1_000;
const COUNT_MS = 100; // how exactly the seconds of the count-down change
const TOUCH_MS = 5_000; // the agent is told of hands this often at most

const now = () => performance.now();
const dark = matchMedia('(prefers-color-scheme: dark)');
const catalogues = new Map(); // words by language, and null while they are fetched
let state = initialState(now());
let words = await firstWords();
let figures = { of: null, store: null, words }; // with the figures of the store, whatever is spoken
let toldTouch = -TOUCH_MS;
let painting = false;

const languages = Object.entries(LANGUAGES).map(([code, name]) => ({ code, name }));
const show = createScreen(act);
const link = connect(`ws://${location.host}/kiosk`, {
  onUp: () => dispatch({ type: 'open' }),
  onDown: () => dispatch({ type: 'lost', tried: true }),
  onDenied: () => dispatch({ type: 'denied' }),
  onMessage: (method, params) => {
    if (method === 'terminal') rememberLanguage(params?.language);
    dispatch({ type: 'message', method, params });
  },
});

function dispatch(event) {
  const next = reduce(state, { ...event, at: now() });
  if (next === state && event.type !== 'tick') return;
  state = next;
  if (state.terminal) speak(languageOf(state)); // until then the words are the first ones
  if (painting) return;
  painting = true;
  queueMicrotask(paint);
}

// A language whose words cannot be had now leaves those that are there.
function speak(language) {
  const known = language === words.tag ? words : catalogues.get(language);
  if (known) words = known;
  if (known !== undefined) return;
  catalogues.set(language, null);
  loadWords(language).then((loaded) => {
    catalogues.set(language, loaded);
    tick();
  }, () => catalogues.delete(language));
}

function inStore(of, store) {
  if (figures.of !== of || figures.store !== store) figures = { of, store, words: store ? of.of(store) : of };
  return figures.words;
}

function paint() {
  painting = false;
  document.documentElement.lang = words.tag;
  document.documentElement.dir = words.direction;
  show(viewOf(state, { at: now(), words: inStore(words, state.terminal?.language), scheme: dark.matches ? 'dark' : 'light', languages }));
}

const tick = (still = now() - state.touched >= STILL_MS) => dispatch({ type: 'tick', still, page: attention() });

// ---- what a shopper can do ----

const shown = (line) => state.lines.find((one) => one.id === line);
const turn = inTurn();
const ofLine = (act) => ({ line }) => turn(() => (shown(line) ? act(shown(line)) : undefined));
const quantity = ({ id, quantity: from }, by) => (from + by > 0 ? ask('cart.set_quantity', { line: id, from, to: from + by }) : undefined);

const actions = {
  start: () => ask('visit.start', {}),
  done: () => ofVisit('visit.end'),
  plus: ofLine((line) => quantity(line, 1)),
  minus: ofLine((line) => quantity(line, -1)),
  remove: ofLine((line) => (line.goneAt === null ? ask('cart.remove', { line: line.id, from: line.quantity }) : undefined)),
  undo: ofLine((line) => (line.goneAt === null ? undefined : ofVisit('cart.add', { ...productOf(line), quantity: line.quantity, ...(line.gift && { keep_gift: true }) }))),
  send: () => panel('send', 'send.code'),
  know: () => panel('know', 'visit.know'),
  help: callHelp,
  help_cancel: () => { ofVisit('help.cancel'); dispatch({ type: 'close' }); },
  not_me: () => (state.choose ? ask('visit.choose', { choice: state.choose.choice }) : dispatch({ type: 'panel', name: 'not_me' })), // of several nobody is shown yet
  not_me_yes: () => panel('not_me', 'visit.not_me'),
  forget: () => dispatch({ type: 'panel', name: 'forget' }),
  forget_yes: () => panel('forget', 'visit.forget'),
  again: () => actions[state.panel?.name]?.({}),
  close: () => dispatch({ type: 'close' }),
  stay: () => {},
  language: () => dispatch({ type: 'panel', name: 'language' }),
  pick: ({ code }) => dispatch({ type: 'language', language: code }),
  tick: ({ line }) => dispatch({ type: 'tick_line', line }),
  merge_join: () => ofVisit('merge.decide', { answer: 'join', exclude: state.left_out }),
  merge_apart: () => ofVisit('merge.decide', { answer: 'apart' }),
  merge_undo: () => ofVisit('merge.undo'),
  choose: ({ customer }) => (customer ? ask('visit.choose', { choice: state.choose?.choice, customer }) : ask('visit.start', {})),
};

function act(name, data) {
  if (Object.hasOwn(actions, name)) actions[name](data);
}

const ofVisit = (method, params = {}) => (state.visit ? ask(method, { visit: state.visit.id, ...params }) : undefined);

/** Whether it was done: a promise. */
function ask(method, params) {
  return link.request(method, params).then(() => true, (error) => { dispatch({ type: 'failed', code: error.code }); return false; });
}

// Opens a panel that shows what the agent answers.
function panel(name, method) {
  if (state.visit) panelOf(name, () => link.request(method, { visit: state.visit.id }));
}

function panelOf(name, answer) {
  dispatch({ type: 'panel', name, step: 'asking' });
  answer().then((result) => dispatch({ type: 'answer', name, result }), (error) => dispatch({ type: 'failed', name, code: error.code }));
}

// One call is enough: while it waits it is shown. Whoever calls without a visit begins one: help comes to somebody.
function callHelp() {
  if (state.help && state.help.state !== 'over') dispatch({ type: 'panel', name: 'help' });
  else if (state.visit) panel('help', 'help.call');
  else panelOf('help', () => (state.line?.state === 'offline' ? Promise.reject({ code: 'retry.offline' })
    : link.request('visit.start', {}).then(({ visit }) => link.request('help.call', { visit }))));
}

// ---- hands ----

// The first touch of a count-down is told at once, so that it stops.
function touched() {
  const stops = Boolean(state.blank);
  dispatch({ type: 'touch' });
  if (!state.visit || (!stops && now() - toldTouch < TOUCH_MS)) return;
  toldTouch = now();
  link.request('visit.touch', { visit: state.visit.id }).catch(() => {}); // the next one will do
}

for (const kind of ['pointerdown', 'keydown', 'wheel']) document.addEventListener(kind, touched, { passive: true, capture: true });
document.addEventListener('contextmenu', (event) => event.preventDefault());
dark.addEventListener('change', () => tick());
setInterval(() => tick(), TICK_MS);
setInterval(() => { if (state.blank) tick(false); }, COUNT_MS);
paint();

// Ties the page together: socket and keys in, state on, view out.
import { connect } from '../lib/link.js';
import { viewOf } from './model.js';
import { createScreen } from './render.js';
import { initialState, reduce } from './state.js';
import { loadWords } from '../lib/words.js';

const STILL_MS = 1_500; // after this long without a hand on the page, things may move
const TICK_MS = 1_000;

const now = () => performance.now();
const dark = matchMedia('(prefers-color-scheme: dark)');
let state = initialState(now());
let words = await loadWords(document.documentElement.lang);
let lastHand = -STILL_MS;
let painting = false;

const screen = createScreen({ act, select: (line) => dispatch({ type: 'select', line }) });
const link = connect(`ws://${location.host}/clerk`, {
  onUp: () => dispatch({ type: 'open' }),
  onDown: () => dispatch({ type: 'lost', tried: true }),
  onDenied: () => dispatch({ type: 'denied' }),
  onMessage: (method, params) => {
    if (method === 'terminal') speak(params?.language);
    dispatch({ type: 'message', method, params });
  },
});

function dispatch(event) {
  const next = reduce(state, { ...event, at: now() });
  if (next === state && event.type !== 'tick') return;
  state = next;
  if (painting) return;
  painting = true;
  queueMicrotask(paint);
}

// A language whose words cannot be had now leaves those that are there.
function speak(language) {
  if (!language || language === words.tag) return;
  loadWords(language).then((loaded) => { words = loaded; dispatch({ type: 'tick', still: isStill() }); }, () => {});
}

function paint() {
  painting = false;
  document.documentElement.lang = words.tag;
  document.documentElement.dir = words.direction;
  screen.show(viewOf(state, { at: now(), words, scheme: dark.matches ? 'dark' : 'light' }), isStill());
}

const isStill = () => now() - lastHand >= STILL_MS;

// ---- what a clerk can do ----

const actions = {
  // Details are shown once the look at them is on record.
  details: (visit) => (state.details ? dispatch({ type: 'details', visit })
    : ask('details.shown', { visit }, () => dispatch({ type: 'details', visit, shown: true }))),
  done: (visit) => ask('visit.end', { visit }),
  plus: (line) => setQuantity(line, line.quantity + 1),
  minus: (line) => (line.quantity > 1 ? setQuantity(line, line.quantity - 1) : undefined),
  remove: (line) => ask('cart.remove', { line: line.id, from: line.quantity }),
};

function act(name) {
  if (!state.visit || !Object.hasOwn(actions, name)) return;
  if (name === 'details' || name === 'done') {
    actions[name](state.visit.id);
    return;
  }
  const line = state.lines.find((one) => one.id === state.selected && one.goneAt === null);
  if (line) actions[name](line);
}

const setQuantity = (line, to) => ask('cart.set_quantity', { line: line.id, from: line.quantity, to });

function ask(method, params, then) {
  link.request(method, params).then(then, (error) => dispatch({ type: 'failed', code: error.code }));
}

function moveSelection(step) {
  const open = state.lines.filter((line) => line.goneAt === null);
  if (open.length === 0) return;
  const at = open.findIndex((line) => line.id === state.selected);
  const next = at < 0 ? (step > 0 ? 0 : open.length - 1) : Math.min(open.length - 1, Math.max(0, at + step));
  dispatch({ type: 'select', line: open[next].id });
  queueMicrotask(() => screen.focusLine(open[next].id));
}

const keys = {
  F2: () => act('details'),
  Escape: () => act('done'),
  ArrowDown: () => moveSelection(1),
  ArrowUp: () => moveSelection(-1),
  '+': () => act('plus'),
  '-': () => act('minus'),
  Delete: () => act('remove'),
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || !Object.hasOwn(keys, event.key) || !state.visit) return;
  event.preventDefault();
  if (event.repeat && (event.key === 'F2' || event.key === 'Escape' || event.key === 'Delete')) return;
  keys[event.key]();
});
for (const kind of ['pointerdown', 'pointermove', 'keydown']) {
  document.addEventListener(kind, () => { lastHand = now(); }, { passive: true, capture: true });
}
dark.addEventListener('change', () => dispatch({ type: 'tick', still: isStill() }));
setInterval(() => dispatch({ type: 'tick', still: isStill() }), TICK_MS);
paint();

// Ties the page together: socket and keys in, state on, view out.
import { attention } from '../lib/dom.js';
import { connect } from '../lib/link.js';
import { firstWords, loadWords, rememberLanguage } from '../lib/words.js';
import { createActions } from './actions.js';
import { guessBy } from './dialog_model.js';
import { createKeyboard } from './keyboard.js';
import { isKnown } from './keys_model.js';
import { viewOf } from './model.js';
import { createScreen } from './render.js';
import { initialState, reduce } from './state.js';

const STILL_MS = 1_500; // after this long without a hand on the page, things may move
const TICK_MS = 1_000;

const now = () => performance.now();
const dark = matchMedia('(prefers-color-scheme: dark)');
let state = initialState(now());
let words = await firstWords();
let lastHand = -STILL_MS;
let painting = false;

const link = connect(`ws://${location.host}/clerk`, {
  onUp: () => dispatch({ type: 'open' }),
  onDown: () => dispatch({ type: 'lost', tried: true }),
  onDenied: () => dispatch({ type: 'denied' }),
  onMessage: (method, params) => {
    if (method === 'terminal') speak(params?.language);
    dispatch({ type: 'message', method, params });
    if (method === 'credentials_changed') act('cards.changed', params);
  },
});
const act = createActions({
  state: () => state, dispatch, request: link.request,
  wall: () => (state.offset === null ? null : now() + state.offset),
  focusLine: (id) => queueMicrotask(() => screen.focusLine(id)),
});
const screen = createScreen({ act, guessBy, select: (line) => dispatch({ type: 'select', line }) });

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
  rememberLanguage(language);
  if (!language || language === words.tag) return;
  loadWords(language).then((loaded) => { words = loaded; tick(); }, () => {});
}

function paint() {
  painting = false;
  document.documentElement.lang = words.tag;
  document.documentElement.dir = words.direction;
  screen.show(viewOf(state, { at: now(), words, scheme: dark.matches ? 'dark' : 'light' }), isStill());
}

const isStill = () => now() - lastHand >= STILL_MS;
const tick = () => dispatch({ type: 'tick', still: isStill(), quiet_ms: now() - Math.max(0, lastHand), page: attention() });

// ---- keys ----

const ALWAYS = { F3: 'find', F4: 'more', F9: 'requests', F10: 'pairing.refuse' };
const OF_KNOWN = { F3: 'cards' };
const IN_VISIT = { F2: 'details', F5: 'till', F6: 'undo', F7: 'suggestions', F8: 'handover', F1: 'merge', Escape: 'done',
  ArrowDown: 'down', ArrowUp: 'up', Delete: 'remove' };
const ON_LINE = { '+': 'plus', '-': 'minus' }; // characters are keys only where the focus says so: speech input types them, too
const ONCE = ['Escape', 'Delete'];

const onLine = ({ key, target }) => (target.closest?.('#lines, #tools') ? ON_LINE[key] : undefined);

createKeyboard(document, {
  onKey: (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (screen.dialog.isOpen()) {
      if (screen.dialog.key(event)) event.preventDefault();
      return;
    }
    const name = (isKnown(state) ? OF_KNOWN[event.key] : undefined) ?? ALWAYS[event.key] ?? (state.visit ? IN_VISIT[event.key] ?? onLine(event) : undefined);
    if (name || /^F([1-9]|10)$/.test(event.key)) event.preventDefault(); // a browser's own F5 would load the page anew
    if (!name || (event.repeat && (ONCE.includes(event.key) || event.key.startsWith('F')))) return;
    if (name === 'requests' && state.requests.length + state.held.length === 0) return;
    act(name);
  },
  onBurst: () => dispatch({ type: 'failed', code: 'scanner' }),
});
for (const kind of ['pointerdown', 'pointermove', 'keydown']) {
  document.addEventListener(kind, () => { lastHand = now(); }, { passive: true, capture: true });
}
for (const kind of ['pointerdown', 'keydown']) document.addEventListener(kind, () => dispatch({ type: 'hand' }), { passive: true, capture: true });
dark.addEventListener('change', tick);
setInterval(tick, TICK_MS);
paint();

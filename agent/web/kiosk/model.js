// From what the page knows to what it shows: pure functions, every word from the catalogue, every time computed here
// from absolute times and the agent's clock. What is open over the screen is in panels.js; render.js puts it on screen.
import { tierPaint } from '../lib/colour.js';
import { ageOf, BACKGROUND, isHidden, isPast, isWorthItsAge, nextTier, shortGtin, tierOf } from '../lib/facts.js';
import { isOutOfOrder, isTooLate, TAKEN_MS } from '../lib/known.js';
import { asSentence, lineContract, pageContract, readerContract } from '../lib/outage.js';
import { mergeRows } from '../lib/merge.js';
import { dialogOf } from './panels.js';
import { errorText, helpLine, nameOf, outcomeWords } from './said.js';

const OUTCOME_MS = 20_000; // an outcome without a visit stays this long
const STRIP_MS = 6_000; // … and in a visit this long
const ADDED_MS = 3_000;
const ACCENT = '#0b57d0'; // of a chain that has none

// What a shopper need not be told of: it shows by itself, or it is between clerks.
const SILENT = new Set(['recognised', 'operator', 'captured']);
const isTold = (outcome) => !SILENT.has(outcome.outcome) || isOutOfOrder(outcome);

const OUTCOME_ICONS = { unknown: 'question', unreadable: 'hold', wrong_key: 'lock', expired: 'clock', replayed: 'clock', payment_card: 'payment',
  two_cards: 'two', not_a_code: 'question', product: 'check', recognised: 'clock' };

// In all of this file w are the words of the locale (lib/words.js), clock is { at, wall }: now, by both clocks.

/** env: { at: page clock ms, words, scheme: 'light' | 'dark', languages: [{ code, name }] } */
export function viewOf(state, env) {
  const w = env.words;
  const clock = { wall: state.offset === null ? null : env.at + state.offset, at: env.at };
  const view = {
    bar: barOf(state, env, clock),
    accent: tierPaint(state.terminal?.accent ?? ACCENT, BACKGROUND[env.scheme]),
    band: bandOf(state, w, clock),
    screen: screenOf(state, env, clock),
    strip: stripOf(state, w, clock),
    dialog: dialogOf(state, env, clock),
  };
  return { ...view, title: [view.bar.store, w.t('page.kiosk')].filter(Boolean).join(' – '), foot: footOf(state, view.screen, w), live: liveOf(view, w) };
}

// ---- bar and band ----

function barOf(state, { words: w, languages }, clock) {
  return { store: state.terminal?.store_name ?? '', language: languages.find((one) => one.code === w.language)?.name ?? w.language, label: w.t('kiosk.language'),
    time: clock.wall === null ? '' : w.time(clock.wall) };
}

// What is not as it should be, in the words of somebody who came to shop; the gravest alone.
function bandOf(state, w, clock) {
  if (state.link.state === 'lost' && state.visit) return band('bad', 'plug', pageContract(state.link, clock, w, 'shopper'));
  if (state.link.state !== 'up') return null;
  const line = lineContract(state.line, clock.wall, w, { audience: 'shopper', known: Boolean(state.terminal) });
  if (line) return band('warn', 'cloud', line);
  const readers = state.readers ?? [];
  const broken = readers.find((reader) => reader.state !== 'ready' && reader.state !== 'starting');
  return broken ? band('warn', 'plug', readerContract(broken, readers, w, 'shopper')) : null;
}

const band = (tone, icon, { title, parts }) => ({ tone, icon, title: asSentence(title), parts });

// ---- the screen ----

function screenOf(state, env, clock) {
  const w = env.words;
  const link = linkScreen(state, w, clock);
  if (link) return link;
  if (state.choose) return chooseScreen(state, w, clock);
  if (state.visit) return state.merge ? mergeScreen(state, w, clock) : cartScreen(state, env, clock);
  if (state.reading) return plain('reading', 'tap', 'busy', w.t('kiosk.reading'), w.t('kiosk.reading.detail'));
  if (state.outcome && clock.at - state.outcome.at < OUTCOME_MS && (!SILENT.has(state.outcome.outcome) || isTooLate(state.outcome))) return outcomeScreen(state, w);
  if (state.ended) return endedScreen(state.ended, w);
  return idleScreen(state, w);
}

const plain = (kind, icon, tone, title, detail = '', more = '') => ({ kind, icon, tone, title, detail, more });

const LINK_SCREENS = { denied: ['denied', 'lock'], first: ['connecting', 'tap'], lost: ['lost', 'plug'] };

function linkScreen(state, w, clock) {
  const contract = pageContract(state.link, clock, w, 'shopper');
  if (!contract || (state.link.state === 'lost' && state.visit)) return null;
  const [kind, icon] = LINK_SCREENS[state.link.state];
  return plain(kind, icon, 'quiet', contract.title, contract.parts.join(' '));
}

// What reads cards and what reads codes here; a page that is not told takes both for granted.
function readersOf(state) {
  if (!state.readers) return { nfc: true, scanner: true, starting: false };
  const ready = new Set(state.readers.filter((reader) => reader.state === 'ready').map((reader) => reader.kind));
  const starting = state.line === null || state.readers.some((reader) => reader.state === 'starting');
  return { nfc: ready.has('nfc'), scanner: ready.has('scanner'), starting };
}

function idleScreen(state, w) {
  const { nfc, scanner, starting } = readersOf(state);
  const key = nfc && scanner ? 'both' : nfc ? 'nfc' : scanner ? 'scanner' : starting ? 'starting' : 'none';
  const works = nfc || scanner;
  const detail = works ? w.t('kiosk.idle.detail') : key === 'none' ? w.t('kiosk.idle.none.detail') : '';
  return { ...plain('idle', scanner ? 'code' : starting ? 'tap' : 'plug', 'quiet', w.t(`kiosk.idle.${key}`), detail, scanner ? w.t('kiosk.idle.product') : ''), attract: nfc };
}

function endedScreen(ended, w) {
  if (ended.reason === 'handover') return handedScreen(ended, w);
  if (ended.reason === 'checkout' && ended.by) return plain('ended', 'check', 'good', w.t('kiosk.ended.checkout.title', ended), w.t('kiosk.ended.checkout'));
  // Nobody's cart is found by its code alone.
  const key = ended.anonymous ? 'anonymous' : w.has(`kiosk.ended.${ended.reason}`) ? ended.reason : 'other';
  return plain('ended', 'check', 'good', w.t('kiosk.ended.title'), w.t(`kiosk.ended.${key}`));
}

// A till has a name, a phone that took the cart has none.
function handedScreen({ by }, w) {
  const [title, detail] = by ? [w.t('kiosk.ended.handover.title', { by }), w.t('kiosk.ended.handover')] : [w.t('kiosk.ended.handover.phone'), w.t('kiosk.ended.handover.phone.detail')];
  return plain('ended', 'check', 'good', title, detail);
}

function outcomeScreen(state, w) {
  const { title, detail } = outcomeWords(state, w);
  return plain('outcome', OUTCOME_ICONS[state.outcome.outcome] ?? 'question', 'attention', title, detail, w.t('kiosk.again'));
}

function chooseScreen(state, w, clock) {
  return { kind: 'choose', title: w.t('kiosk.choose.title'), detail: w.t('kiosk.choose.detail'), help: helpLine(state, w, clock),
    people: (state.choose.people ?? []).map((one) => ({ customer: one.customer, name: one.name || w.t('kiosk.welcome.nameless') })), none: w.t('kiosk.choose.none') };
}

// ---- merge preview ----

function mergeScreen(state, w, clock) {
  const { merge } = state;
  const currency = merge.currency ?? state.cart?.currency ?? state.terminal?.currency ?? '';
  const rows = mergeRows(merge.lines ?? [], state.left_out, w, reasonSaid(w)).map((row) => rowOf(row, w));
  const left = rows.filter((row) => row.kiosk && !row.taken).length > 0;
  const total = left ? rows.reduce((sum, row) => sum + row.worth, 0) : merge.total_after;
  const items = rows.reduce((sum, row) => sum + row.count, 0);
  return { kind: 'merge', title: w.t('kiosk.merge.title'), detail: w.t('kiosk.merge.detail'), help: helpLine(state, w, clock), rows,
    heads: ['product', 'online', 'kiosk', 'becomes'].map((name) => w.t(`kiosk.merge.${name}`)),
    join: { text: w.t('kiosk.merge.join'), detail: w.plural('kiosk.merge.join.detail', items, { money: w.money(total ?? 0, currency), currency }) },
    apart: { text: w.t('kiosk.merge.apart'), detail: w.t('kiosk.merge.apart.detail') } };
}

const reasonSaid = (w) => (reason) => (w.has(`kiosk.merge.reason.${reason}`) ? w.t(`kiosk.merge.reason.${reason}`) : ''); // to herself

function rowOf(row, w) {
  const quantity = (line) => (line ? w.number(line.quantity) : w.t('kiosk.merge.none'));
  return { ...row, kiosk: Boolean(row.here), here: quantity(row.here), there: quantity(row.there), becomes: row.count > 0 ? w.number(row.count) : w.t('kiosk.merge.out'),
    label: w.t('kiosk.merge.take', { name: row.name }) };
}

const optionsOf = (line) => (line.options ? line.options.replaceAll(':', ' ') : '');

// ---- the customer and the cart ----

function cartScreen(state, env, clock) {
  const w = env.words;
  const { cart } = state;
  const currency = cart?.currency ?? state.terminal?.currency ?? '';
  const lines = state.lines.map((line) => lineOf(line, state, { w, clock, currency }));
  const unpriced = cart?.total === null || lines.some((line) => !line.gone && line.hidden);
  const { scanner } = readersOf(state);
  return {
    kind: 'cart',
    who: whoOf(state, env, clock),
    lines,
    scan: { ready: scanner, text: w.t(scanner ? 'kiosk.scan' : 'kiosk.scan.none') },
    empty: lines.length === 0 ? emptyOf(state, w) : null,
    claim: claimOf(state, w, clock),
    help: helpLine(state, w, clock),
    joined: state.joined ? { text: w.t('kiosk.joined'), undo: w.t('kiosk.joined.undo') } : null,
    items: w.plural('kiosk.items', cart?.item_count ?? 0),
    totalLabel: w.t('kiosk.total'),
    total: unpriced ? w.t('kiosk.price.hidden') : w.money(cart?.total ?? 0, currency),
    currency: unpriced ? '' : currency,
    unpriced,
  };
}

function whoOf(state, env, clock) {
  const w = env.words;
  const view = state.view ?? {};
  if (state.visit.anonymous) return { title: w.t('kiosk.welcome.anonymous'), detail: w.t('kiosk.welcome.anonymous.detail'), tier: null, points: '', next: '' };
  const name = nameOf(state);
  return { title: name ? w.t('kiosk.welcome', { name }) : w.t('kiosk.welcome.nameless'), detail: isHidden(state, 'show_name') || isHidden(state, 'show_cart') ? w.t('kiosk.unproven') : '',
    tier: tierOf(view.tier, state.terminal?.tiers, BACKGROUND[env.scheme]), ...pointsOf(state, view, w, clock) };
}

function pointsOf(state, view, w, clock) {
  const limit = state.terminal?.max_age_show_ms?.points;
  if (!Number.isFinite(view.points)) return { points: '', next: '' };
  if (isPast(ageOf(view.as_of?.profile_ms, clock), limit)) return { points: w.t('kiosk.points.notCurrent'), next: '' };
  const next = nextTier(view.points, state.terminal?.tiers);
  return { points: w.plural('kiosk.points', view.points), next: next ? w.t('kiosk.points.next', { n: w.number(next.missing), tier: next.name }) : '' };
}

const emptyOf = (state, w) => w.t(isHidden(state, 'show_cart') ? 'kiosk.empty.hidden' : 'kiosk.empty');

function claimOf(state, w, clock) {
  const claim = state.cart?.claim;
  return claim && clock.wall !== null && clock.wall < claim.until_ms ? w.t('kiosk.claim') : '';
}

function lineOf(line, state, { w, clock, currency }) {
  const limits = state.terminal?.max_age_show_ms ?? {};
  const age = ageOf(line.price_as_of, clock);
  const hidden = isPast(age, limits.price);
  const gone = line.goneAt !== null;
  const name = line.name || shortGtin(line.gtin);
  return {
    id: line.id, name, gone, hidden, quantity: line.quantity, options: optionsOf(line),
    count: w.number(line.quantity),
    total: hidden ? w.t('kiosk.price.hidden') : w.money(line.unit_price * line.quantity, currency),
    each: hidden || line.quantity < 2 ? '' : w.t('kiosk.each', { money: w.money(line.unit_price, currency) }),
    stock: gone ? null : stockOf(line, age, limits.stock, state, w),
    age: !gone && !hidden && isWorthItsAge(age, state.line) ? w.t('kiosk.price.age', { age: w.old(age) }) : '',
    badges: gone ? [] : badgesOf(line, w),
    changed: !gone && Number.isFinite(line.changedAt),
    labels: { quantity: w.t('kiosk.quantity', { name, n: w.number(line.quantity) }), plus: w.t('kiosk.plus', { name }), minus: w.t('kiosk.minus', { name }),
      remove: w.t('kiosk.remove'), removeOf: w.t('kiosk.remove.of', { name }), removed: w.t('kiosk.removed', { name }),
      undo: w.t('kiosk.undo'), undoOf: w.t('kiosk.undo.of', { name }) },
  };
}

// Whether it is on the shelf here, and how old that knowledge is; nothing when it is too old.
function stockOf(line, age, limit, state, w) {
  if (!w.has(`kiosk.stock.${line.stock}`)) return null;
  if (isPast(age, limit)) return { tone: 'muted', text: w.t('stock.notCurrent') };
  const stock = w.t(`kiosk.stock.${line.stock}`);
  return { tone: line.stock, text: age === null ? stock : w.t('kiosk.stock.age', { stock, age: w.ago(age) }) };
}

function badgesOf(line, w) {
  const badges = [];
  if (line.gift) badges.push({ kind: 'gift', text: w.t('kiosk.gift') });
  if (line.new) badges.push({ kind: 'new', text: w.t('kiosk.new') });
  if (line.pending) badges.push({ kind: 'pending', text: w.t('kiosk.pending') });
  return badges;
}

// ---- strip, foot, announcement ----

function stripOf(state, w, clock) {
  if (state.failed && clock.at - state.failed.at < STRIP_MS) return { tone: 'bad', icon: 'warn', text: errorText(state.failed.code, w) };
  if (!state.visit) return null;
  if (state.taken && clock.at - state.taken.at < TAKEN_MS) return { tone: 'bad', icon: 'warn', text: takenText(state.taken, w) };
  if (state.reading) return { tone: 'busy', icon: 'tap', text: w.t('kiosk.reading') };
  const { outcome } = state;
  if (!outcome || !isTold(outcome)) return null;
  if (outcome.outcome === 'product') return clock.at - outcome.at < ADDED_MS ? { tone: 'good', icon: 'check', text: w.t('kiosk.added', { name: outcome.product_name || shortGtin(outcome.gtin) }) } : null;
  if (clock.at - outcome.at >= STRIP_MS) return null;
  const { title, detail } = outcomeWords(state, w);
  const text = [title, detail].filter(Boolean).join('. ');
  return text ? { tone: 'attention', icon: OUTCOME_ICONS[outcome.outcome] ?? 'question', text } : null;
}

function takenText(taken, w) {
  const name = taken.product_name || (taken.gtin ? shortGtin(taken.gtin) : '');
  return name && w.has(`kiosk.taken.${taken.change}`) ? w.t(`kiosk.taken.${taken.change}`, { name }) : w.t('kiosk.taken');
}

// What can be done now; primary is the one thing that most people want.
function footOf(state, screen, w) {
  if (state.link.state !== 'up') return [];
  const key = (act, change = {}) => ({ act, text: w.t(`kiosk.act.${act}`), detail: '', ...change });
  if (['idle', 'outcome', 'ended', 'reading'].includes(screen.kind)) return [key('start', { primary: true }), key('help')];
  if (['merge', 'choose'].includes(screen.kind)) return [key('help'), key('not_me', { small: true })];
  if (screen.kind !== 'cart') return [];
  const keys = [];
  const filled = state.lines.some((line) => line.goneAt === null);
  if (filled) keys.push(key('send', { primary: true, detail: w.t(state.terminal?.handover_link ? 'kiosk.act.send.detail.phone' : 'kiosk.act.send.detail') }));
  keys.push(key('help'));
  if (!state.visit.anonymous) keys.push(key('know', { small: true }), key('not_me', { small: true }));
  return [...keys, key('done', { small: true })];
}

// What a screen reader says when it is new: what this is about, and what changed. The band speaks for itself.
function liveOf({ screen, strip }) {
  const what = strip?.text ?? '';
  if (screen.kind === 'cart') return { who: [screen.who.title, screen.who.tier?.word].filter(Boolean).join(' · '), what: what || `${screen.items} · ${screen.total} ${screen.currency}`.trim() };
  return { who: [screen.title, screen.detail].filter(Boolean).join('. '), what };
}

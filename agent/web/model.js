// From what the page knows to what it shows: pure functions, every word from the catalogue, every
// time computed here from absolute times and the agent's clock. render.js only puts this on screen.
import { tierPaint } from './colour.js';

const OUTCOME_MS = 20_000; // an outcome without a visit stays this long
const ENDED_MS = 4_000;
const STRIP_MS = 6_000;
const CHANGED_MS = 4_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BACKGROUND = { light: [255, 255, 255], dark: [27, 32, 39] }; // --panel in style.css

const OUTCOME_ICONS = { unknown: 'question', unreadable: 'hold', wrong_key: 'lock', expired: 'clock', replayed: 'clock',
  payment_card: 'payment', two_cards: 'two', not_a_code: 'question', product: 'product', recognised: 'check' };
const NOTICE_ICONS = { disk_full: 'disk', disk_failing: 'disk', clock_wrong: 'clock', certificate_expiring: 'lock', quarantined: 'lock', cache_rebuilt: 'info' };
const NOTICE_RANK = ['quarantined', 'disk_full', 'disk_failing', 'clock_wrong', 'reader', 'offline', 'certificate_expiring', 'cache_rebuilt'];
const GRAVE = new Set(['quarantined', 'disk_full', 'disk_failing']);

/** env: { at: page clock ms, words, scheme: 'light' | 'dark' } */
export function viewOf(state, env) {
  const clock = { wall: state.offset === null ? null : env.at + state.offset, at: env.at };
  const notices = noticesOf(state, env.words);
  const visiting = Boolean(state.visit);
  const view = {
    bar: barOf(state, env.words, clock),
    band: bandOf(notices, env.words),
    stage: visiting ? null : stageOf(state, env.words, clock),
    customer: visiting ? customerOf(state, env, clock) : null,
    cart: visiting ? cartOf(state, env.words, clock) : null,
    strip: stripOf(state, env.words, clock),
    keys: keysOf(state, env.words),
  };
  return { ...view, title: view.stage?.title ?? view.customer?.name ?? '', live: liveOf(view, env.words) };
}

// ---- status bar, band ----

function barOf(state, words, clock) {
  const terminal = state.terminal;
  return {
    till: terminal ? words.t(terminal.role === 'kiosk' ? 'bar.kiosk' : 'bar.till', { till: terminal.till }) : '',
    store: terminal ? words.t('bar.store', { name: terminal.store_name ?? '', store: terminal.store }).trim() : '',
    pill: pillOf(state, words),
    unsent: state.link.state === 'up' && state.unsent > 0 ? words.plural('unsent', state.unsent) : '',
    time: clock.wall === null ? '' : words.time(clock.wall),
  };
}

function pillOf(state, words) {
  if (state.link.state === 'lost' || state.link.state === 'denied') return { tone: 'bad', text: words.t('line.page') };
  if (!state.line || state.line.state === 'connecting') return { tone: 'wait', text: words.t('line.connecting') };
  if (state.line.state === 'live') return { tone: 'ok', text: words.t('line.live') };
  return { tone: 'warn', text: words.t('line.offline', { time: words.time(state.line.since_ms) }) };
}

/** Everything that is not as it should be, the most important first. */
export function noticesOf(state, words) {
  if (state.link.state !== 'up') return state.link.state === 'lost' ? [lostNotice(state, words)] : [];
  const found = [...state.notices.map((notice) => codeNotice(notice, words)), ...state.readers.flatMap((reader) => readerNotice(reader, state.readers, words))];
  if (state.line?.state === 'offline') found.push(offlineNotice(state.line, words));
  return found.sort((a, b) => NOTICE_RANK.indexOf(a.rank) - NOTICE_RANK.indexOf(b.rank));
}

function lostNotice(state, words) {
  const since = state.offset === null ? null : state.link.since + state.offset;
  const later = since === null ? words.t('page.later.now') : words.t('page.later', { time: words.time(since) });
  return { rank: 'page', tone: 'bad', icon: 'plug', title: words.t('page.title'),
    parts: [words.t('page.works'), words.t('page.not'), later] };
}

function codeNotice(notice, words) {
  const known = words.has(`notice.${notice.code}.title`);
  const key = known ? `notice.${notice.code}` : 'notice.other';
  return { rank: known ? notice.code : 'cache_rebuilt', tone: GRAVE.has(notice.code) ? 'bad' : 'warn', icon: NOTICE_ICONS[notice.code] ?? 'info',
    title: words.t(`${key}.title`, { code: notice.code }), parts: [words.t(`${key}.detail`)] };
}

function readerNotice(reader, readers, words) {
  if (!words.has(`reader.${reader.state}.title`)) return [];
  const name = readerName(reader, readers, words);
  const others = readers.some((other) => other !== reader && other.state === 'ready');
  const parts = [words.t(`reader.${reader.state}.detail`)];
  if (others && readers.length === 2) parts.push(words.t('reader.other'));
  return [{ rank: 'reader', tone: 'warn', icon: 'plug', title: words.t(`reader.${reader.state}.title`, { reader: name }), parts }];
}

function readerName(reader, readers, words) {
  const kind = words.t(`reader.${reader.kind}`);
  const alike = readers.filter((other) => other.kind === reader.kind).length > 1;
  return alike ? `${kind} ${reader.name}` : kind;
}

function offlineNotice(line, words) {
  const cause = words.has(`offline.cause.${line.cause}`) ? [words.t(`offline.cause.${line.cause}`)] : [];
  return { rank: 'offline', tone: 'warn', icon: 'cloud', title: words.t('offline.title', { time: words.time(line.since_ms) }),
    parts: [...cause, words.t('offline.works'), words.t('offline.not'), words.t('offline.later')] };
}

function bandOf(notices, words) {
  if (notices.length === 0) return null;
  const [first, ...rest] = notices;
  const shown = rest.slice(0, 2).map((notice) => notice.title);
  const more = rest.length > 2 ? [words.plural('notice.more', rest.length - 2)] : [];
  return { tone: first.tone, icon: first.icon, title: first.title, parts: first.parts, also: [...shown, ...more] };
}

// ---- the stage: no customer on screen ----

function stageOf(state, words, clock) {
  const link = linkStage(state, words);
  if (link) return link;
  if (state.reading) return stage('reading', 'tap', 'busy', words.t('reading.title'), words.t('reading.detail'));
  if (state.outcome && clock.at - state.outcome.at < OUTCOME_MS) return outcomeStage(state, words, clock);
  if (state.ended && clock.at - state.ended.at < ENDED_MS) return endedStage(state.ended, words);
  return idleStage(state, words);
}

const stage = (kind, icon, tone, title, detail = '', fact = null) => ({ kind, icon, tone, title, detail, fact });

function linkStage(state, words) {
  if (state.link.state === 'denied') return stage('denied', 'lock', 'bad', words.t('page.denied.title'), words.t('page.denied.detail'));
  if (state.link.state === 'first') return stage('connecting', 'tap', 'quiet', words.t('page.first'));
  if (state.link.state !== 'lost') return null;
  const cleared = state.ended?.reason === 'lost';
  return stage('lost', 'plug', 'quiet', words.t('foot.wait'), cleared ? words.t('ended.lost') : '');
}

function outcomeStage(state, words, clock) {
  const { outcome } = state.outcome;
  if (outcome === 'recognised' || !words.has(`outcome.${outcome}.title`)) return idleStage(state, words);
  const offline = outcome === 'unknown' && state.line?.state === 'offline';
  const detail = [words.t(`outcome.${outcome}.detail`), offline ? words.t('outcome.unknown.offline') : ''].filter(Boolean).join(' ');
  const tone = outcome === 'product' ? 'quiet' : 'attention';
  return stage(outcome, OUTCOME_ICONS[outcome], tone, words.t(`outcome.${outcome}.title`), detail,
    outcome === 'product' ? productFact(state, words, clock) : null);
}

function productFact(state, words, clock) {
  const product = state.outcome;
  const name = product.product_name || words.t('outcome.product.unnamed', { gtin: shortGtin(product.gtin) });
  if (!Number.isFinite(product.unit_price)) return { name, price: '', note: '' };
  const limit = state.terminal?.max_age_show_ms?.price;
  const age = ageOf(product.price_as_of, clock);
  if (isPast(age, limit)) return { name, price: '', note: words.t('cart.notCurrent') };
  return { name, price: `${words.money(product.unit_price, product.currency)} ${product.currency}`, note: ageNote('price.age', age, state, words) };
}

const shortGtin = (gtin) => String(gtin ?? '').replace(/^0+(?=\d{8})/, '');

function endedStage(ended, words) {
  const key = words.has(`ended.${ended.reason}`) ? ended.reason : 'other';
  return stage('ended', 'check', 'good', words.t('ended.title'), words.t(`ended.${key}`));
}

function idleStage(state, words) {
  const ready = new Set(state.readers.filter((reader) => reader.state === 'ready').map((reader) => reader.kind));
  if (ready.has('nfc') && ready.has('scanner')) return stage('idle', 'tap', 'quiet', words.t('idle.both'));
  if (ready.has('nfc')) return stage('idle', 'tap', 'quiet', words.t('idle.nfc'));
  if (ready.has('scanner')) return stage('idle', 'code', 'quiet', words.t('idle.scanner'));
  const starting = state.line === null || state.readers.some((reader) => reader.state === 'starting');
  const key = starting ? 'idle.starting' : 'idle.none';
  return stage('idle', starting ? 'tap' : 'plug', 'quiet', words.t(key), words.t(`${key}.detail`));
}

// ---- the customer ----

function customerOf(state, env, clock) {
  const { words } = env;
  const view = state.view ?? {};
  const customer = view.customer ?? {};
  const points = pointsOf(state, view, words, clock);
  return {
    name: [customer.salutation, customer.name].filter(Boolean).join(' ') || words.t('customer.nameless'),
    tier: tierOf(state, view, env),
    since: customer.since ? words.t('customer.since', { year: customer.since }) : '',
    points,
    benefits: textsOf(view.benefits),
    open: textsOf(view.open),
    ask: textsOf(view.do_not_ask),
    journey: journeyLine(view.journey ?? [], words, clock),
    details: state.details ? detailsOf(state, view, words, clock) : null,
    labels: { till: words.t('customer.till'), open: words.t('customer.open'), ask: words.t('customer.ask'),
      journey: words.t('customer.journey'), quiet: words.t('customer.quiet'), details: words.t('details.title') },
  };
}

const textsOf = (list) => (list ?? []).map((item) => (typeof item === 'string' ? item : item.text)).filter(Boolean);

function tierOf(state, view, { scheme }) {
  if (!view.tier) return null;
  const tier = (state.terminal?.tiers ?? []).find((one) => one.id === view.tier) ?? { id: view.tier, name: view.tier, symbol: '', color: '' };
  return { word: tier.name || tier.id, symbol: tier.symbol ?? '', paint: tierPaint(tier.color, BACKGROUND[scheme]) };
}

function pointsOf(state, view, words, clock) {
  if (!Number.isFinite(view.points)) return null;
  const age = ageOf(view.as_of?.profile_ms, clock);
  if (isPast(age, state.terminal?.max_age_show_ms?.points)) return { text: words.t('cart.notCurrent'), next: '', note: '', hidden: true };
  const next = (state.terminal?.tiers ?? []).filter((tier) => tier.points_from > view.points).sort((a, b) => a.points_from - b.points_from)[0];
  return {
    text: words.plural('customer.points', view.points),
    next: next ? words.t('customer.next', { n: words.number(next.points_from - view.points), tier: next.name }) : '',
    note: ageNote('points.age', age, state, words),
    hidden: false,
  };
}

// Where the customer was, oldest first, without saying what was done there.
function journeyLine(journey, words, clock) {
  if (journey.length === 0) return '';
  const steps = journey.slice(0, 2).reverse().map((event) => `${words.t(`channel.${event.channel}`)} ${words.moment(event.at_ms, clock.wall ?? event.at_ms)}`);
  return [...steps, words.t('customer.here')].join(' → ');
}

function detailsOf(state, view, words, clock) {
  const now = clock.wall ?? 0;
  const reader = state.readers.find((one) => one.name === state.visit.reader);
  const kind = words.has(`credential.${state.visit.credential_kind}`) ? words.t(`credential.${state.visit.credential_kind}`) : state.visit.credential_kind;
  const facts = [
    [words.t('details.language'), view.customer?.language ? words.languageName(view.customer.language) : ''],
    [words.t('details.credential'), reader ? words.t('credential.via', { kind, reader: readerName(reader, state.readers, words).toLocaleLowerCase(words.tag) }) : kind],
    [words.t('details.source'), words.has(`details.source.${state.visit.source}`) ? words.t(`details.source.${state.visit.source}`) : ''],
    [words.t('details.profile'), Number.isFinite(view.as_of?.profile_ms) ? words.ago(now - view.as_of.profile_ms) : ''],
  ].filter(([, value]) => value);
  const journey = (view.journey ?? []).map((event) => ({
    when: `${words.t(`channel.${event.channel}`)} · ${words.moment(event.at_ms, now)}`, what: event.what ?? '' }));
  return { facts, journey, none: words.t('details.journey.none'), journeyTitle: words.t('details.journey') };
}

// ---- the cart ----

function cartOf(state, words, clock) {
  const { cart } = state;
  const currency = cart?.currency ?? state.terminal?.currency ?? '';
  const lines = state.lines.map((line) => lineOf(line, state, { words, clock, currency }));
  const open = lines.filter((line) => !line.gone);
  const hidden = open.some((line) => line.hidden) || cart?.total === null;
  return {
    title: titleOf(state, words),
    touched: touchedOf(cart, words, clock),
    lines,
    empty: lines.length === 0 ? { title: words.t('cart.empty'), detail: words.t('cart.empty.detail') } : null,
    items: words.plural('cart.items', cart?.item_count ?? 0),
    totalLabel: words.t('cart.total'),
    total: hidden ? words.t('cart.notCurrent') : words.money(cart?.total ?? 0, currency),
    totalHidden: hidden,
    currency: hidden ? '' : currency,
    unsent: cart?.unsent > 0 ? words.plural('unsent', cart.unsent) : '',
    changed: lines.some((line) => line.changed),
  };
}

function titleOf(state, words) {
  const first = (state.cart?.lines ?? []).filter((line) => words.has(`channel.on.${line.channel}`)).sort((a, b) => a.added_ms - b.added_ms)[0];
  return first ? words.t('cart.started', { where: words.t(`channel.on.${first.channel}`) }) : words.t('cart.title');
}

function touchedOf(cart, words, clock) {
  if (!cart?.touched_ms || clock.wall === null) return '';
  const channel = words.has(`channel.on.${cart.touched_channel}`) ? words.t(`channel.on.${cart.touched_channel}`) : '';
  const where = cart.touched_by || channel;
  return words.t('cart.touched', { where, age: words.ago(Math.max(0, clock.wall - cart.touched_ms)) }).replace(/\s+/g, ' ');
}

function lineOf(line, state, { words, clock, currency }) {
  const limits = state.terminal?.max_age_show_ms ?? {};
  const age = ageOf(line.price_as_of, clock);
  const hidden = isPast(age, limits.price);
  const gone = Boolean(line.goneAt);
  const name = line.name || words.t('cart.unnamed', { gtin: shortGtin(line.gtin) });
  const total = hidden ? words.t('cart.notCurrent') : words.money(line.unit_price * line.quantity, currency);
  return {
    id: line.id, name, gone, hidden, total,
    quantity: line.quantity,
    each: hidden || line.quantity < 2 ? '' : words.t('cart.each', { n: words.number(line.quantity), money: words.money(line.unit_price, currency) }),
    stock: gone ? null : stockOf(line, isPast(age, limits.stock), words),
    age: gone || hidden ? '' : ageNote('price.age', age, state, words),
    badges: badgesOf(line, gone, words, clock),
    changed: Number.isFinite(line.changedAt) && clock.at - line.changedAt < CHANGED_MS,
    selected: state.selected === line.id && !gone,
    label: words.t('cart.line.label', { name, n: words.number(line.quantity), money: total }),
    act: { plus: words.t('act.plus', { name }), minus: words.t('act.minus', { name }), remove: words.t('act.removeNamed', { name }) },
  };
}

function stockOf(line, hidden, words) {
  if (!words.has(`stock.${line.stock}`)) return null;
  return hidden ? { tone: 'muted', text: '' } : { tone: line.stock, text: words.t(`stock.${line.stock}`) };
}

function badgesOf(line, gone, words, clock) {
  if (gone) return [{ kind: 'gone', text: words.t('cart.removed') }];
  const badges = [];
  if (line.new) badges.push({ kind: 'new', text: words.t('cart.new') });
  if (line.delta && clock.at - line.changedAt < CHANGED_MS) badges.push({ kind: 'delta', text: line.delta > 0 ? `+${words.number(line.delta)} ${words.t('cart.more')}` : `−${words.number(-line.delta)} ${words.t('cart.less')}` });
  if (line.pending) badges.push({ kind: 'pending', text: words.t('cart.pending') });
  return badges;
}

// ---- ages ----

const ageOf = (ms, clock) => (ms > 0 && clock.wall !== null ? Math.max(0, clock.wall - ms) : null);
// A limit of 0 or none means that the fact is shown at any age (protocol, "Local page API").
const isPast = (age, limit) => age !== null && limit > 0 && age > limit;

// With a live line a fact is worth its age after a day, without one after an hour.
function ageNote(key, age, state, words) {
  const from = state.line?.state === 'live' ? DAY : HOUR;
  return age !== null && age >= from ? words.t(key, { age: words.old(age) }) : '';
}

// ---- strip, keys, announcement ----

function stripOf(state, words, clock) {
  if (state.failed && clock.at - state.failed.at < STRIP_MS) {
    const key = words.has(`error.${state.failed.code}`) ? state.failed.code : 'generic';
    return { tone: 'bad', icon: 'warn', text: words.t(`error.${key}`) };
  }
  if (!state.visit) return null;
  if (state.reading) return { tone: 'busy', icon: 'tap', text: words.t('reading.title') };
  if (!state.outcome || clock.at - state.outcome.at >= STRIP_MS) return null;
  return outcomeStrip(state, words);
}

function outcomeStrip(state, words) {
  const { outcome, product_name: name, gtin } = state.outcome;
  if (outcome === 'recognised') return null;
  if (outcome === 'product') {
    const shown = name || words.t('outcome.product.unnamed', { gtin: shortGtin(gtin) });
    return { tone: 'good', icon: 'check', text: words.t('outcome.product.added', { name: shown }) };
  }
  if (!words.has(`outcome.${outcome}.title`)) return null;
  return { tone: 'attention', icon: OUTCOME_ICONS[outcome], text: words.t(`outcome.${outcome}.title`) };
}

// Only what can be done now.
function keysOf(state, words) {
  if (!state.visit || state.link.state !== 'up') return [];
  const open = state.lines.filter((line) => !line.goneAt);
  const keys = [{ act: 'details', key: 'F2', text: words.t(state.details ? 'act.hide' : 'act.details'), button: true }];
  if (open.length > 0) {
    keys.push({ act: 'line', key: '↑ ↓', text: words.t('act.line') });
    keys.push({ act: 'quantity', key: '+ −', text: words.t('act.quantity') });
    keys.push({ act: 'remove', key: 'Del', text: words.t('act.remove').toLocaleLowerCase(words.tag) });
  }
  keys.push({ act: 'done', key: 'Esc', text: words.t('act.done'), button: true, strong: true });
  return keys;
}

// What a screen reader says: who, and apart from that what changed, each only when it is new.
function liveOf(view, words) {
  if (view.stage) return { who: '', what: [view.stage.fact?.name, view.stage.title, view.stage.detail].filter(Boolean).join('. ') };
  const who = [words.t('outcome.recognised'), view.customer.tier?.word, view.customer.name].filter(Boolean).join(', ');
  return { who, what: view.strip?.text ?? `${view.cart.items}, ${view.cart.total} ${view.cart.currency}`.trim() };
}

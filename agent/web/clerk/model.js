// From what the page knows to what it shows: pure functions, every word from the catalogue, every
// time computed here from absolute times and the agent's clock. render.js only puts this on screen.
import { ageNote, ageOf, assuranceText, isHidden, isPast, nextTier, shortGtin } from '../lib/facts.js';
import { isOutOfOrder, isTooLate, TAKEN_MS } from '../lib/known.js';
import { asSentence, lineContract, noticeContract, pageContract, readerContract, readerName } from '../lib/outage.js';
import { badgeIsMissing } from './badge.js';
import { claimIsMine, keysOf, toolsOf } from './keys_model.js';
import { errorText } from './errors.js';
import { dialogOf, noteFrom, priceOf, suggestedOf } from './dialog_model.js';
import { shownTier } from './tier.js';

const OUTCOME_MS = 20_000; // an outcome without a visit stays this long
const ENDED_MS = 4_000;
const STRIP_MS = 6_000; // … in a visit, over the cart's title: as short as it can be read
const ADDED_MS = 2_000;
const TOLD_MS = 4_000; // that something went well
const BACK_MS = 20_000; // that what a clerk had taken over went back
const BENEFITS_MAX = 3; // what matters at the till

const OUTCOME_ICONS = { unknown: 'question', unreadable: 'hold', wrong_key: 'lock', expired: 'clock', replayed: 'clock',
  payment_card: 'payment', two_cards: 'two', not_a_code: 'question', product: 'product', recognised: 'clock', operator: 'check', captured: 'check' };
const FINE = ['operator', 'captured']; // went as it should, although nobody was recognised
const NOTICE_ICONS = { disk_full: 'disk', disk_failing: 'disk', disk_read_only: 'disk', changes_not_stored: 'disk', changes_in_memory: 'disk', outbox_damaged: 'disk', changes_dropped: 'disk',
  storage_newer: 'info', clock_wrong: 'clock', certificate_expiring: 'lock', quarantined: 'lock', cache_rebuilt: 'info' };
const NOTICE_RANK = ['quarantined', 'disk_full', 'disk_failing', 'disk_read_only', 'changes_not_stored', 'changes_in_memory', 'storage_newer', 'outbox_damaged', 'changes_dropped',
  'clock_wrong', 'reader', 'offline', 'certificate_expiring', 'cache_rebuilt'];
const GRAVE = new Set(['quarantined', 'disk_full', 'disk_failing', 'disk_read_only', 'changes_not_stored', 'changes_in_memory']);

// In all of this file w are the words of the locale (lib/words.js), clock is { at, wall }: now, by both clocks.

/** env: { at: page clock ms, words, scheme: 'light' | 'dark' } */
export function viewOf(state, env) {
  const w = env.words;
  const clock = { wall: state.offset === null ? null : env.at + state.offset, at: env.at };
  const notices = noticesOf(state, w, clock);
  const visiting = Boolean(state.visit);
  const view = {
    bar: barOf(state, w, clock),
    band: bandOf(notices, w),
    stage: visiting ? null : stageOf(state, w, clock),
    customer: visiting ? customerOf(state, env, clock) : null,
    cart: visiting ? cartOf(state, w, clock) : null,
    strip: stripOf(state, w, clock),
    keys: keysOf(state, w),
    pairing: pairingOf(state, w, clock),
    dialog: dialogOf(state, env, clock),
  };
  return { ...view, title: [view.bar.till, w.t('page.clerk')].filter(Boolean).join(' – '), live: liveOf(view, w) };
}

// ---- status bar, band ----

function barOf(state, w, clock) {
  const terminal = state.terminal;
  return {
    till: terminal ? w.t(terminal.role === 'kiosk' ? 'bar.kiosk' : 'bar.till', { till: terminal.till }) : '',
    store: terminal ? w.t('bar.store', { name: terminal.store_name ?? '', store: terminal.store }).trim() : '',
    pill: pillOf(state, w),
    unsent: state.link.state === 'up' && state.unsent > 0 ? w.plural('unsent', state.unsent) : '',
    time: clock.wall === null ? '' : w.time(clock.wall),
    operator: operatorOf(state, w),
    help: helpOf(state, w),
  };
}

function operatorOf(state, w) {
  if (badgeIsMissing(state)) return { text: w.t('bar.badge'), label: w.t('operator.badge') };
  if (state.link.state !== 'up' || !state.operator) return null;
  return { text: state.operator.name, label: w.t('bar.operator') };
}

// Who waits for help, and how many; the button is there as long as somebody does.
function helpOf(state, w) {
  const open = state.link.state === 'up' ? state.requests.filter((one) => !one.declined) : [];
  const count = open.length;
  if (count === 0 && state.link.state === 'up' && state.held.length > 0) return { text: w.plural('bar.held', state.held.length), label: w.t('bar.held.label'), from: '' };
  return count === 0 ? null : { text: w.plural('bar.help', count), label: w.plural('bar.help.label', count), from: open[0].from };
}

// A POS that wants in: its name, what it may do then, and the code that is to be typed there.
function pairingOf(state, w, clock) {
  const { pairing } = state;
  if (!pairing || (clock.wall !== null && clock.wall >= pairing.until_ms)) return null;
  return { title: w.t('pairing.title', { name: pairing.name }), code: pairing.code, detail: w.t('pairing.detail'),
    may: w.t('pairing.may', { scopes: pairing.scopes.map((scope) => w.t(`pairing.scope.${scope}`)).join(', ') }),
    refuse: { act: 'pairing.refuse', key: 'F10', text: w.t('pairing.refuse') } };
}

function pillOf(state, w) {
  if (state.link.state === 'lost' || state.link.state === 'denied') return { tone: 'bad', text: w.t('line.page') };
  if (!state.line || state.line.state === 'connecting') return { tone: 'wait', text: w.t('line.connecting') };
  if (state.line.state === 'live') return { tone: 'ok', text: w.t('line.live') };
  return { tone: 'warn', text: w.t('line.offline', { time: w.time(state.line.since_ms) }) };
}

/** Everything that is not as it should be, the most important first. */
export function noticesOf(state, w, clock) {
  if (state.link.state !== 'up') return state.link.state === 'lost' ? [{ rank: 'page', tone: 'bad', icon: 'plug', ...pageContract(state.link, clock, w) }] : [];
  const found = [...state.notices.map((notice) => codeNotice(notice, w)), ...state.readers.flatMap((reader) => readerNotice(reader, state.readers, w)), ...lineNotice(state, w, clock)];
  return found.sort((a, b) => NOTICE_RANK.indexOf(a.rank) - NOTICE_RANK.indexOf(b.rank));
}

function codeNotice(notice, w) {
  const rank = w.has(`notice.${notice.code}.title`) ? notice.code : 'cache_rebuilt';
  return { rank, tone: GRAVE.has(notice.code) ? 'bad' : 'warn', icon: NOTICE_ICONS[notice.code] ?? 'info', ...noticeContract(notice, w) };
}

// One that is being started is no news.
function readerNotice(reader, readers, w) {
  const contract = reader.state === 'starting' ? null : readerContract(reader, readers, w);
  return contract ? [{ rank: 'reader', tone: 'warn', icon: 'plug', ...contract }] : [];
}

function lineNotice({ line, terminal }, w, clock) {
  const contract = lineContract(line, clock.wall, w, { known: Boolean(terminal) });
  return contract ? [{ rank: 'offline', tone: 'warn', icon: 'cloud', ...contract }] : [];
}

function bandOf(notices, w) {
  if (notices.length === 0) return null;
  const [first, ...rest] = notices;
  const shown = rest.slice(0, 2).map((notice) => notice.title.replace(/\.$/, ''));
  const more = rest.length > 2 ? [w.plural('notice.more', rest.length - 2)] : [];
  return { tone: first.tone, icon: first.icon, title: asSentence(first.title), parts: first.parts, also: [...shown, ...more] };
}

// ---- the stage: no customer on screen ----

function stageOf(state, w, clock) {
  const link = linkStage(state, w, clock);
  if (link) return link;
  if (state.reading) return stage('reading', 'tap', 'busy', w.t('reading.title'), w.t('reading.detail'));
  if (state.outcome && clock.at - state.outcome.at < OUTCOME_MS) return outcomeStage(state, w, clock);
  if (state.ended && clock.at - state.ended.at < ENDED_MS) return endedStage(state.ended, w);
  return idleStage(state, w);
}

const stage = (kind, icon, tone, title, detail = '', fact = null, say = '') => ({ kind, icon, tone, title, detail, fact, say });

function linkStage(state, w, clock) {
  const contract = pageContract(state.link, clock, w);
  if (state.link.state === 'denied') return stage('denied', 'lock', 'bad', contract.title, contract.parts.join(' '));
  if (state.link.state === 'first') return stage('connecting', 'tap', 'quiet', contract.title, contract.parts.join(' '));
  if (state.link.state !== 'lost') return null;
  const cleared = state.ended?.reason === 'lost';
  return stage('lost', 'plug', 'quiet', w.t('foot.wait'), cleared ? w.t('ended.lost') : '');
}

function outcomeStage(state, w, clock) {
  const { outcome } = state.outcome;
  const isTold = outcome === 'recognised' ? isTooLate(state.outcome) : w.has(`outcome.${outcome}.title`);
  if (!isTold) return idleStage(state, w);
  if (state.outcome.again) return stage(outcome, 'question', 'attention', w.t('again.title'), w.t('again.detail'), null, w.t('say.quote', { text: w.t('again.say') }));
  const offline = outcome === 'unknown' && state.line?.state === 'offline' && !/^handover\./.test(state.outcome.code);
  const why = outcome === 'product' ? null : whyOf(state.outcome, w);
  const detail = [why?.detail ?? w.t(`outcome.${outcome}.detail`), offline ? w.t('outcome.unknown.offline') : ''].filter(Boolean).join(' ');
  const tone = outcome === 'product' ? 'quiet' : FINE.includes(outcome) ? 'good' : 'attention';
  return stage(outcome, OUTCOME_ICONS[outcome], tone, outcomeTitle(state.outcome, w), detail,
    outcome === 'product' ? productFact(state, w, clock) : null, why?.say ?? '');
}

// Why it ended so, for the clerk and for the shopper; null for a reason that this page does not know.
function whyOf({ code }, w) {
  const detail = reasonText('reason', code, w);
  const say = reasonText('say', code, w);
  return detail && say ? { detail, say: w.t('say.quote', { text: say }) } : null;
}

/** The words of a reason, or those of its kind: `tag.torn`, `tag`. kind: reason or say. */
export function reasonText(kind, code, w) {
  const key = [code, String(code).split('.')[0]].find((one) => w.has(`${kind}.${one}`));
  return key ? w.t(`${kind}.${key}`) : '';
}

const outcomeTitle = ({ outcome, code, again }, w) => w.t(again ? 'again.title' : w.has(`title.${code}`) ? `title.${code}` : `outcome.${outcome}.title`);

function productFact(state, w, clock) {
  const product = state.outcome;
  const name = product.product_name || w.t('outcome.product.unnamed', { gtin: shortGtin(product.gtin) });
  if (!Number.isFinite(product.unit_price)) return { name, price: '', note: '' };
  const limit = state.terminal?.max_age_show_ms?.price;
  const age = ageOf(product.price_as_of, clock);
  if (isPast(age, limit)) return { name, price: '', note: w.t('cart.notCurrent') };
  return { name, price: `${w.money(product.unit_price, product.currency)} ${product.currency}`, note: ageNote('price.age', age, state, w) };
}

function endedStage(ended, w) {
  const key = w.has(`ended.${ended.reason}`) ? ended.reason : 'other';
  return stage('ended', 'check', 'good', w.t('ended.title'), w.t(`ended.${key}`));
}

function idleStage(state, w) {
  const ready = new Set(state.readers.filter((reader) => reader.state === 'ready').map((reader) => reader.kind));
  if (ready.size > 0 && badgeIsMissing(state)) return stage('idle', 'lock', 'quiet', w.t('operator.badge'), w.t('idle.badge.detail'));
  if (ready.has('nfc') && ready.has('scanner')) return stage('idle', 'tap', 'quiet', w.t('idle.both'));
  if (ready.has('nfc')) return stage('idle', 'tap', 'quiet', w.t('idle.nfc'));
  if (ready.has('scanner')) return stage('idle', 'code', 'quiet', w.t('idle.scanner'));
  const starting = state.line === null || state.readers.some((reader) => reader.state === 'starting');
  const key = starting ? 'idle.starting' : 'idle.none';
  return stage('idle', starting ? 'tap' : 'plug', 'quiet', w.t(key), w.t(`${key}.detail`));
}

// ---- the customer ----

function customerOf(state, env, clock) {
  const w = env.words;
  if (state.visit.anonymous) return anonymousOf(state, w);
  const view = state.view ?? {};
  const customer = view.customer ?? {};
  return {
    anonymous: null,
    name: [customer.salutation, customer.name].filter(Boolean).join(' ') || w.t('customer.nameless'),
    tier: shownTier(state, view.tier, env.scheme),
    since: customer.since ? w.t('customer.since', { year: customer.since }) : '',
    unproven: isHidden(state, 'show_name') ? w.t('customer.hidden') : '',
    points: pointsOf(state, view, w, clock),
    benefits: textsOf(view.benefits).slice(0, BENEFITS_MAX),
    open: textsOf(view.open),
    ask: textsOf(view.do_not_ask),
    note: view.notes?.length > 0 ? { text: view.notes[0].text, from: noteFrom(view.notes[0], w, clock) } : null, // the newest; all of them are two keys away
    journey: journeyLine(view.journey ?? [], w, clock),
    fresh: freshOf(state, view, w, clock),
    details: state.details ? detailsOf(state, view, w, clock) : null,
    labels: { till: w.t('customer.till'), open: w.t('customer.open'), ask: w.t('customer.ask'), notes: w.plural('customer.notes', view.notes?.length ?? 0),
      journey: w.t('customer.journey'), quiet: isHidden(state, 'show_tier') ? '' : w.t('customer.quiet') },
  };
}

// Somebody is being served of whom nothing is known: a cart from a kiosk, say.
const anonymousOf = (state, w) => ({
  anonymous: { title: w.t('customer.anonymous'), detail: w.t(state.line?.state === 'offline' ? 'customer.anonymous.offline' : 'customer.anonymous.detail') },
  name: w.t('customer.anonymous'), tier: null, since: '', unproven: '', points: null, benefits: [], open: [], ask: [], note: null, journey: '', fresh: '', details: null,
  labels: {} });

// How old what is said of the customer is, each part by itself where they differ.
function freshOf(state, view, w, clock) {
  const profile = ageOf(view.as_of?.profile_ms, clock);
  const journey = view.journey?.length > 0 ? ageOf(view.as_of?.journey_ms, clock) : null;
  if (profile === null) return '';
  const same = journey === null || w.ago(journey) === w.ago(profile);
  return same ? w.t('fresh.customer', { age: w.ago(profile) }) : w.t('fresh.parts', { profile: w.ago(profile), journey: w.ago(journey) });
}

const textsOf = (list) => (list ?? []).map((item) => (typeof item === 'string' ? item : item.text)).filter(Boolean);

function pointsOf(state, view, w, clock) {
  if (!Number.isFinite(view.points)) return null;
  const age = ageOf(view.as_of?.profile_ms, clock);
  if (isPast(age, state.terminal?.max_age_show_ms?.points)) return { text: w.t('cart.notCurrent'), next: '', note: '', hidden: true };
  const next = nextTier(view.points, state.terminal?.tiers);
  return {
    text: w.plural('customer.points', view.points),
    next: next ? w.t('customer.next', { n: w.number(next.missing), tier: next.name }) : '',
    note: ageNote('points.age', age, state, w),
    hidden: false,
  };
}

// Where the customer was, oldest first, without saying what was done there.
function journeyLine(journey, w, clock) {
  if (journey.length === 0) return '';
  const steps = journey.slice(0, 2).reverse().map((event) => `${w.t(`channel.${event.channel}`)} ${w.moment(event.at_ms, clock.wall ?? event.at_ms)}`);
  return [...steps, w.t('customer.here')].join(' → ');
}

// A head that reads cards and codes is listed with both: its name says all that is known.
function viaName(state, w) {
  const ways = state.readers.filter((one) => one.name === state.visit.reader);
  return ways.length === 1 ? readerName(ways[0], state.readers, w) : ways[0]?.name;
}

// What was presented, and where; who presented nothing was found by what the facts came from.
function presentedOf(state, w) {
  const { credential_kind: kind, source } = state.visit;
  const known = (key) => (w.has(key) ? w.t(key) : '');
  if (kind === 'none') return known(`details.source.${source}`);
  const name = known(`credential.${kind}`) || kind;
  const via = viaName(state, w);
  return via ? w.t('credential.via', { kind: name, reader: via.toLocaleLowerCase(w.tag) }) : name;
}

function detailsOf(state, view, w, clock) {
  const now = clock.wall ?? 0;
  const facts = [
    [w.t('details.language'), view.customer?.language ? w.languageName(view.customer.language) : ''],
    [w.t('details.credential'), presentedOf(state, w)],
    [w.t('details.assurance'), assuranceText(state.visit, w)],
    [w.t('details.source'), state.visit.credential_kind !== 'none' && w.has(`details.source.${state.visit.source}`) ? w.t(`details.source.${state.visit.source}`) : ''],
    [w.t('details.profile'), Number.isFinite(view.as_of?.profile_ms) ? w.ago(now - view.as_of.profile_ms) : ''],
  ].filter(([, value]) => value);
  const journey = (view.journey ?? []).map((event) => ({
    when: `${w.t(`channel.${event.channel}`)} · ${w.moment(event.at_ms, now)}`,
    what: w.has(`journey.${event.what}`) ? w.t(`journey.${event.what}`) : event.what ?? '' }));
  return { facts, journey, none: w.t('details.journey.none'), journeyTitle: w.t('details.journey') };
}

// ---- the cart ----

function cartOf(state, w, clock) {
  const { cart } = state;
  const currency = cart?.currency ?? state.terminal?.currency ?? '';
  const lines = state.lines.map((line) => lineOf(line, state, { w, clock, currency }));
  const open = lines.filter((line) => !line.gone);
  const hidden = open.some((line) => line.hidden) || cart?.total === null;
  return {
    title: titleOf(state, w),
    touched: touchedOf(cart, w, clock),
    claim: claimOf(state, w, clock),
    note: cart?.note ? w.t('cart.note', { text: cart.note }) : '',
    lines,
    empty: lines.length === 0 ? emptyOf(state, w) : null,
    items: w.plural('cart.items', cart?.item_count ?? 0),
    totalLabel: w.t('cart.total'),
    total: hidden ? w.t('cart.notCurrent') : w.money(cart?.total ?? 0, currency),
    totalHidden: hidden,
    currency: hidden ? '' : currency,
    fresh: cart?.as_of > 0 && clock.wall !== null ? w.t('fresh.cart', { age: w.ago(Math.max(0, clock.wall - cart.as_of)) }) : '',
    tools: toolsOf(state, w, clock),
    suggestions: suggestionsOf(state, w, clock),
    unsent: cart?.unsent > 0 ? w.plural('cart.unsent', cart.unsent) : '',
    changed: lines.some((line) => line.changed),
  };
}

// What she looked at lately and could take along: the first, and how many more there are. What is in the cart is none.
function suggestionsOf(state, w, clock) {
  const taken = new Set(state.lines.filter((line) => line.goneAt === null).map((line) => line.gtin));
  const all = suggestedOf(state, clock);
  const first = all.find((one) => !taken.has(one.gtin)) ?? all[0];
  if (!first || isHidden(state, 'show_cart')) return null;
  return { act: 'suggestions', key: 'F7', title: w.t('suggest.short'), name: first.name, price: priceOf(first, state, w, clock),
    more: all.length > 1 ? w.plural('suggest.more', all.length - 1) : '' };
}

function emptyOf(state, w) {
  const key = isHidden(state, 'show_cart') ? 'cart.hidden' : state.visit.anonymous ? 'cart.empty.anonymous' : 'cart.empty';
  return { title: w.t(key), detail: w.t(`${key}.detail`) };
}

function titleOf(state, w) {
  const channel = startedOn(state.cart, w);
  return channel ? w.t('cart.started', { where: w.t(`channel.on.${channel}`) }) : w.t('cart.title');
}

function startedOn(cart, w) {
  const lines = (cart?.lines ?? []).filter((line) => w.has(`channel.on.${line.channel}`));
  return lines.sort((a, b) => a.added_ms - b.added_ms)[0]?.channel;
}

function touchedOf(cart, w, clock) {
  if (!cart?.touched_ms || clock.wall === null) return '';
  const age = w.ago(Math.max(0, clock.wall - cart.touched_ms));
  if (cart.touched_by) return w.t('cart.touchedBy', { who: cart.touched_by, age });
  const where = cart.touched_channel !== startedOn(cart, w) && w.has(`channel.on.${cart.touched_channel}`) ? w.t(`channel.on.${cart.touched_channel}`) : '';
  return where ? w.t('cart.touchedAt', { where, age }) : w.t('cart.touched', { age });
}

// A lease that ran out is nobody's, whether or not the context store has said so.
function claimOf(state, w, clock) {
  const claim = state.cart?.claim;
  if (!claim || clock.wall === null || clock.wall >= claim.until_ms) return null;
  const since = w.time(claim.since_ms);
  if (claimIsMine(state.cart, clock.wall)) return { tone: 'mine', title: w.t('claim.mine', { since }), detail: w.t('claim.mine.detail') };
  return { tone: 'other', title: w.t(claim.by ? 'claim.by' : 'claim.elsewhere', { who: claim.by, since }),
    detail: w.t(state.line?.state === 'offline' ? 'claim.offline' : 'claim.works') };
}

function lineOf(line, state, { w, clock, currency }) {
  const limits = state.terminal?.max_age_show_ms ?? {};
  const age = ageOf(line.price_as_of, clock);
  const hidden = isPast(age, limits.price);
  const gone = line.goneAt !== null;
  const name = line.name || w.t('cart.unnamed', { gtin: shortGtin(line.gtin) });
  const total = hidden ? w.t('cart.notCurrent') : w.money(line.unit_price * line.quantity, currency);
  return withLabel({
    id: line.id, name, gone, hidden, total,
    quantity: line.quantity,
    each: hidden || line.quantity < 2 ? '' : w.t('cart.each', { n: w.number(line.quantity), money: w.money(line.unit_price, currency) }),
    stock: gone ? null : stockOf(line, isPast(age, limits.stock), w),
    age: gone || hidden ? '' : ageNote('price.age', age, state, w),
    options: line.options ? line.options.replaceAll(':', ' ') : '',
    price: gone || hidden ? '' : priceChange(line.price_change, currency, w, clock),
    note: gone || !line.note ? '' : line.note,
    badges: badgesOf(line, gone, w, clock),
    changed: Number.isFinite(line.changedAt),
    selected: state.selected === line.id && !gone,
  }, w);
}

// All that stands on the line, in one sentence for who does not see it.
function withLabel(line, w) {
  const name = [line.name, line.options].filter(Boolean).join(' ');
  const facts = [...line.badges.map((badge) => badge.text), line.stock?.text, line.price, line.age, line.note];
  return { ...line, label: [w.t('cart.line.label', { name, n: w.number(line.quantity), money: line.total }), ...facts].filter(Boolean).join(', ') };
}

// "price fell by 2.00 since yesterday"
function priceChange(change, currency, w, clock) {
  if (!change || clock.wall === null) return '';
  const since = w.since(change.since_ms, clock.wall);
  return w.t(change.by < 0 ? 'price.fell' : 'price.rose', { by: w.money(Math.abs(change.by), currency), since });
}

function stockOf(line, hidden, w) {
  if (!w.has(`stock.${line.stock}`)) return null;
  return hidden ? { tone: 'muted', text: w.t('stock.notCurrent') } : { tone: line.stock, text: w.t(`stock.${line.stock}`) };
}

function badgesOf(line, gone, w, clock) {
  if (gone) return [{ kind: 'gone', text: w.t('cart.removed') }];
  const badges = [];
  if (line.gift) badges.push({ kind: 'gift', text: w.t('cart.gift') });
  if (line.new) badges.push({ kind: 'new', text: w.t('cart.new') });
  if (line.delta) badges.push({ kind: 'delta', text: `${w.signed(line.delta)} ${w.t(line.delta > 0 ? 'cart.more' : 'cart.less')}` });
  if (line.pending) badges.push({ kind: 'pending', text: w.t('cart.pending') });
  return badges;
}

// ---- strip, keys, announcement ----

function stripOf(state, w, clock) {
  if (state.failed && clock.at - state.failed.at < STRIP_MS) return { tone: 'bad', icon: 'warn', text: errorText(state.failed.code, { cart: state.failed.cart }, w) };
  if (state.told && clock.at - state.told.at < TOLD_MS) return { tone: 'good', icon: 'check', text: w.t(state.told.key, toldValues(state.told, w)) };
  if (state.wentBack && clock.at - state.wentBack.at < BACK_MS) return { tone: 'attention', icon: 'clock', text: w.t('told.back', { from: state.wentBack.from }) };
  if (!state.visit) return null;
  if (state.taken && clock.at - state.taken.at < TAKEN_MS) return takenStrip(state.taken, w);
  if (state.reading) return { tone: 'busy', icon: 'tap', text: w.t('reading.title') };
  const stays = state.outcome?.outcome === 'product' ? ADDED_MS : STRIP_MS;
  if (!state.outcome || clock.at - state.outcome.at >= stays) return null;
  return outcomeStrip(state, w);
}

const toldValues = ({ values }, w) => ('name' in values ? { name: values.name || w.t('told.line') } : values);

// What was taken back, and why: nobody has to find out by themselves that the cart is another than it was.
function takenStrip(taken, w) {
  const key = w.has(`taken.${taken.change}`) ? taken.change : 'other';
  const name = taken.product_name || (taken.gtin ? w.t('outcome.product.unnamed', { gtin: shortGtin(taken.gtin) }) : '');
  const reason = w.has(`taken.code.${taken.code}`) ? w.t(`taken.code.${taken.code}`) : w.t('taken.code.other', { code: taken.code });
  const more = taken.count > 1 ? [w.plural('taken.more', taken.count - 1)] : [];
  const told = name || taken.change?.startsWith('checkout.') ? key : 'other';
  return { tone: 'bad', icon: 'warn', text: [w.t(`taken.${told}`, { name }), reason, ...more].join(' ') };
}

function outcomeStrip(state, w) {
  const { outcome, product_name: name, gtin } = state.outcome;
  if (outcome === 'recognised') return isOutOfOrder(state.outcome) ? recognisedStrip(state.outcome, w) : null;
  if (outcome === 'product') {
    const shown = name || w.t('outcome.product.unnamed', { gtin: shortGtin(gtin) });
    return { tone: 'good', icon: 'check', text: w.t('outcome.product.added', { name: shown }) };
  }
  if (!w.has(`outcome.${outcome}.title`)) return null;
  return { tone: FINE.includes(outcome) ? 'good' : 'attention', icon: OUTCOME_ICONS[outcome], text: outcomeTitle(state.outcome, w) };
}

// Who was recognised is on the screen, or another: what remains is why it is not as somebody may expect.
function recognisedStrip(outcome, w) {
  const text = reasonText('reason', outcome.code, w);
  return text ? { tone: 'attention', icon: isTooLate(outcome) ? 'clock' : 'lock', text } : null;
}

// What a screen reader says: who, what changed, and who waits for help, each only when it is new.
function liveOf(view, w) {
  const help = view.bar.help?.from ? w.t('bar.help.live', { from: view.bar.help.from }) : '';
  if (view.dialog) return { who: '', what: view.dialog.note?.text ?? '', help };
  if (view.stage) return { who: '', what: [view.stage.fact?.name, view.stage.title, view.stage.detail].filter(Boolean).join('. '), help };
  const who = view.customer.anonymous ? [view.customer.name, view.customer.anonymous.detail].join('. ') : [w.t('outcome.recognised'), view.customer.tier?.word, view.customer.name].filter(Boolean).join(' · ');
  return { who, what: view.strip?.text ?? `${view.cart.items} · ${view.cart.total} ${view.cart.currency}`, help };
}

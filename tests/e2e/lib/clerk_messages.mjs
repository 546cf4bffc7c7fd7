// What the agent says in each state of the clerk page. Times are relative to WALL, Monday 2026-03-02 09:41 in Berlin.
import { denied, lost, unreachable } from './link_states.mjs';

export const WALL = Date.UTC(2026, 2, 2, 8, 41, 20);
const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

export const tiers = [
  { id: 'blue', name: 'Blue', symbol: '●', color: '#1d4ed8', points_from: 0 },
  { id: 'silver', name: 'Silver', symbol: '◆', color: '#c3c9d1', points_from: 1000 },
  { id: 'gold', name: 'Gold', symbol: '★', color: '#e3b341', points_from: 2000 },
  { id: 'platinum', name: 'Platinum', symbol: '✦', color: '#20242b', points_from: 3000 },
];

export const terminal = (change = {}) => ({ store: '0421', store_name: 'Harbour Street', till: '4', role: 'till', name: 'Till 4', currency: 'EUR', language: 'en',
  tiers, max_age_show_ms: { price: 7 * DAY, stock: 2 * DAY, points: 30 * DAY }, wall_ms: WALL, ...change });

export const readers = (nfc = 'ready', scanner = 'ready') => [
  { name: 'front', kind: 'nfc', state: nfc, since_ms: WALL - 3 * MIN }, { name: 'gun', kind: 'scanner', state: scanner, since_ms: WALL - 3 * MIN }];

export const live = (change = {}) => ({ line: { state: 'live', since_ms: WALL - 5 * HOUR }, readers: readers(), unsent: 0, notices: [], wall_ms: WALL, ...change });
export const offline = (cause = 'refused', change = {}) => live({ line: { state: 'offline', since_ms: WALL - 29 * MIN, cause }, ...change });
export const notice = (...codes) => live({ notices: codes.map((code) => ({ code, since_ms: WALL - 12 * MIN })) });

let nextLine = 0;
export const line = (name, quantity, unit_price, change = {}) => ({ id: (++nextLine).toString(16).padStart(32, '0'), gtin: `04006381${333930 + nextLine}`, name, quantity, unit_price,
  price_as_of: WALL - 20 * MIN, stock: 'in_stock', added_ms: WALL - 40 * MIN, channel: 'web', pending: false, new: false, ...change });

export const lines = [
  line('Fountain pen, blue', 1, 3490),
  line('Ink cartridges ×12', 2, 980, { stock: 'low' }),
  line('Notebook A5, dotted', 1, 1200, { stock: 'not_here' }),
];

export const cart = (own = lines, change = {}) => ({ id: 'c'.repeat(32), version: 7, currency: 'EUR', lines: own,
  item_count: own.reduce((sum, one) => sum + one.quantity, 0), total: own.reduce((sum, one) => sum + one.quantity * one.unit_price, 0),
  as_of: WALL - 12 * MIN, touched_ms: WALL - 12 * MIN, touched_channel: 'web', touched_by: '', unsent: own.filter((one) => one.pending).length, ...change });

export const view = (change = {}) => ({
  customer: { name: 'Rivera', salutation: 'Ms', since: '2023', language: 'es' }, tier: 'gold', points: 2480,
  benefits: [{ text: '10 % on stationery today' }, { text: 'Free gift wrap' }, { text: 'Parking ticket is free' }],
  open: [{ text: 'Pick-up ready, shelf B12' }], do_not_ask: [{ text: 'E-mail already verified' }],
  journey: [{ at_ms: WALL - 46 * MIN, channel: 'app', what: 'Looked at fountain pens' }, { at_ms: WALL - 12.6 * HOUR, channel: 'web', what: 'Put 3 products in the cart' },
    { at_ms: WALL - 4 * DAY, channel: 'kiosk', what: 'Asked for a gift card' }],
  as_of: { profile_ms: WALL - 12 * MIN, journey_ms: WALL - 12 * MIN }, ...change });

export const visit = (change = {}) => ({ visit: { id: 'a'.repeat(32), began_ms: WALL - 5000, source: 'cache', credential_kind: 'member', reader: 'front' }, view: view(), cart: cart(), ...change });

// What too weak a proof leaves: the agent sends nothing else.
const hidden = (benefits, members) => visit({ visit: { ...visit().visit, assurance: 'low', hidden: benefits }, cart: null,
  view: { customer: { name: '', language: 'en' }, ...Object.fromEntries(members.map((member) => [member, view()[member]])) } });

export const outcome = (name, change = {}) => ({ id: 'e'.repeat(32), outcome: name, at_ms: WALL, reader: 'front', code: name, ...change });

const oldLines = [line('Fountain pen, blue', 1, 3490, { price_as_of: WALL - 2.2 * DAY }), line('Ink cartridges ×12', 2, 980, { price_as_of: WALL - 9 * DAY }),
  line('Notebook A5, dotted', 1, 1200, { price_as_of: WALL - 26 * HOUR, pending: true })];
export const claim = (change = {}) => ({ by: 'Till 2', since_ms: WALL - MIN, until_ms: WALL + MIN, mine: false, ...change });
// What there is to tell of lines.
export const told = [line('T-shirt, organic cotton', 2, 1990, { options: 'size:m', price_change: { by: -200, since_ms: WALL - 20 * HOUR } }),
  line('Ink cartridges ×12', 2, 980, { stock: 'low', price_change: { by: 50, since_ms: WALL - 3 * DAY }, note: 'Only the black ones' }),
  line('Gift box, small', 1, 0, { gift: true, stock: 'not_here' })];
const scanned = line('Eraser, soft', 1, 120, { new: true, channel: 'till', pending: true });
const names = ['Fountain pen, blue', 'Ink cartridges ×12', 'Notebook A5, dotted', 'Set of 24 watercolour pencils in a tin with brush and sharpener', 'Paper clips', 'Envelopes C6, 50', 'Desk lamp, brass', 'Stapler', 'Calendar 2026', 'Glue stick', 'Ruler 30 cm', 'Gift card'];
const many = names.map((name, n) => line(name, (n % 3) + 1, 490 + n * 1337, { stock: ['in_stock', 'low', 'not_here'][n % 3] }));

const begin = [['terminal', terminal()], ['state', live()]];
const shown = [...begin, ['visit', visit()]];

/** name → messages in order; a function as an entry is run by the harness between them. */
export const states = {
  idle: [...begin, ['visit', { visit: null, reason: 'restart' }]],
  'idle-connecting': [['terminal', terminal()], ['state', live({ line: { state: 'connecting', since_ms: WALL } })]],
  'idle-connecting-long': [['terminal', terminal()], ['state', live({ line: { state: 'connecting', since_ms: WALL - 8_000 } })]],
  'idle-offline': [['terminal', terminal()], ['state', offline()]],
  'idle-offline-clock': [['terminal', terminal()], ['state', offline('clock')]],
  'idle-offline-denied': [['terminal', terminal()], ['state', offline('denied')]],
  'idle-never': [['state', offline('no_route')]],
  first: [unreachable],
  lost: [...begin, lost],
  'lost-visit': [...shown, lost],
  denied: [...begin, denied],
  reading: [...begin, ['reading', { reader: 'front' }]],
  recognised: shown,
  'recognised-offline': [['terminal', terminal()], ['state', offline('refused', { unsent: 1 })], ['visit', visit({ cart: cart(oldLines) })]],
  'recognised-platinum': [...begin, ['visit', visit({ view: view({ tier: 'platinum', points: 12_080, open: [], do_not_ask: [], customer: { name: 'Anneliese von Hohenstein-Breitenbach', salutation: 'Dr', since: '2011', language: 'de' } }) })]],
  'recognised-silver': [...begin, ['visit', visit({ view: view({ tier: 'silver', points: 1, customer: { name: 'Bo', language: 'sv' }, benefits: [], open: [], do_not_ask: [], journey: [] }) })]],
  'recognised-many': [...begin, ['visit', visit({ cart: cart(many) })]],
  'recognised-empty': [...begin, ['visit', visit({ view: view({ tier: 'blue', points: 120 }), cart: null })]],
  'recognised-hidden': [...begin, ['visit', hidden(['show_name', 'show_cart', 'redeem'], ['tier', 'points', 'benefits', 'as_of'])]],
  'recognised-hidden-all': [...begin, ['visit', hidden(['show_tier', 'show_name', 'show_cart', 'redeem'], ['as_of'])]],
  'recognised-two-notices': [['terminal', terminal()], ['state', offline('no_route', { readers: readers('unplugged'), unsent: 3, notices: [{ code: 'disk_full', since_ms: WALL }] })], ['visit', visit()]],
  scanned: [...shown, ['outcome', outcome('product', { gtin: scanned.gtin, product_name: scanned.name })], ['cart', { cart: cart([...lines, scanned]) }]],
  changed: [...shown, ['cart', { cart: cart([{ ...lines[0], quantity: 2 }, lines[2]]) }]],
  'being-paid': [...begin, ['visit', visit({ cart: cart(told, { claim: claim(), note: 'Invoice to the company' }) })]],
  'being-paid-offline': [['terminal', terminal()], ['state', offline()], ['visit', visit({ cart: cart(told, { claim: claim() }) })]],
  'being-paid-here': [...begin, ['visit', visit({ cart: cart(lines, { claim: claim({ mine: true }) }) })]],
  'claim-refused': [...begin, ['visit', visit({ cart: cart(lines, { claim: claim() }) })],
    ['taken_back', { visit: visit().visit.id, seq: 9, change: 'checkout.claim', code: 'cart_claimed' }]],
  'details-found': [...begin, ['visit', visit({ visit: { ...visit().visit, source: 'found', credential_kind: 'none', assurance: 'low', reader: '' } })], (page) => page.keyboard.press('F2')],
  details: [...shown, (page) => page.keyboard.press('F2')],
  selected: [...shown, (page) => page.keyboard.press('ArrowDown'), (page) => page.keyboard.press('ArrowDown')],
  'taken-back': [...shown, ['taken_back', { visit: visit().visit.id, seq: 41, change: 'cart.add', code: 'product_unknown', gtin: '04006381333931', product_name: 'Eraser' }]],
  'recognised-late': [...shown, ['outcome', outcome('recognised', { code: 'found.late' })]],
  'recognised-late-alone': [...begin, ['outcome', outcome('recognised', { code: 'found.late' })]],
  'recognised-unverified': [['terminal', terminal()], ['state', offline()], ['outcome', outcome('recognised', { code: 'proof.unverified' })], ['visit', hidden(['show_name', 'show_cart', 'redeem'], ['tier', 'points', 'benefits', 'as_of'])]],
  'strip-payment': [...shown, ['outcome', outcome('payment_card')]],
  unknown: [...begin, ['outcome', outcome('unknown')]],
  'unknown-offline': [['terminal', terminal()], ['state', offline()], ['outcome', outcome('unknown')]],
  'no-cart': [...begin, ['outcome', outcome('unknown', { code: 'handover.gone' })]],
  'no-cart-offline': [['terminal', terminal()], ['state', offline()], ['outcome', outcome('unknown', { code: 'handover.offline' })]],
  'line-back': [['terminal', terminal()], ['state', offline()], ['outcome', outcome('unknown', { code: 'lookup.offline' })], ['state', live()]],
  unreadable: [...begin, ['outcome', outcome('unreadable')]],
  'choose-pass': [...begin, ['outcome', outcome('unreadable', { code: 'pass.choose' })]],
  'card-blocked': [...begin, ['outcome', outcome('expired', { code: 'credential.blocked' })]],
  'unproven-key': [...begin, ['outcome', outcome('wrong_key', { code: 'proof.no_key' })]],
  'wrong-key': [...begin, ['outcome', outcome('wrong_key')]],
  expired: [...begin, ['outcome', outcome('expired')]],
  replayed: [...begin, ['outcome', outcome('replayed')]],
  'payment-card': [...begin, ['outcome', outcome('payment_card')]],
  'two-cards': [...begin, ['outcome', outcome('two_cards')]],
  'not-a-code': [...begin, ['outcome', outcome('not_a_code')]],
  'product-alone': [...begin, ['outcome', outcome('product', { gtin: scanned.gtin, product_name: scanned.name, unit_price: 120, currency: 'EUR', price_as_of: WALL - 3 * DAY })]],
  'product-unnamed': [...begin, ['outcome', outcome('product', { gtin: '04006381333931' })]],
  unplugged: [['terminal', terminal()], ['state', live({ readers: readers('unplugged') })]],
  crashed: [['terminal', terminal()], ['state', live({ readers: readers('ready', 'crashed') })]],
  hung: [['terminal', terminal()], ['state', live({ readers: readers('hung', 'unplugged') })]],
  'disk-full': [['terminal', terminal()], ['state', notice('disk_full')]],
  'not-stored': [['terminal', terminal()], ['state', notice('disk_read_only', 'changes_not_stored')], ['visit', visit()]],
  'in-memory': [['terminal', terminal()], ['state', notice('disk_failing', 'changes_in_memory')], ['visit', visit()]],
  'outbox-damaged': [['terminal', terminal()], ['state', notice('outbox_damaged', 'storage_newer')]],
  'clock-wrong': [['terminal', terminal()], ['state', notice('clock_wrong')]],
  'certificate-expiring': [['terminal', terminal()], ['state', notice('certificate_expiring')]],
  quarantined: [['terminal', terminal()], ['state', notice('quarantined', 'certificate_expiring', 'cache_rebuilt', 'clock_wrong')]],
  ended: [...shown, ['visit', { visit: null, reason: 'removed' }]],
};

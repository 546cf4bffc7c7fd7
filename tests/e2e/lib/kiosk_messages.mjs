// What the agent says in each state of the kiosk's page, and what a hand does there. Times are relative to WALL of the clerk's.
import { denied, lost, unreachable } from './link_states.mjs';
import { cart as anyCart, line, live as anyLive, offline as anyOffline, outcome, readers, terminal as anyTerminal, WALL } from './clerk_messages.mjs';

export { line, outcome, readers, WALL };
const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

// TB_LANGUAGE: what the pictures are taken in.
export const terminal = (change = {}) => anyTerminal({ language: process.env.TB_LANGUAGE ?? 'en', role: 'kiosk', name: 'Kiosk 7', till: '7', ...change });
const bare = ({ line: own, readers: all, wall_ms }) => ({ line: own, readers: all, wall_ms });
export const live = (change = {}) => bare(anyLive(change));
export const offline = (change = {}) => bare(anyOffline('refused', change));

export const lines = [
  line('Fountain pen, blue', 1, 3490),
  line('Ink cartridges ×12', 2, 980, { stock: 'low', price_as_of: WALL - 50 * MIN }),
  line('Notebook A5, dotted', 1, 1200, { stock: 'not_here' }),
];
const eraser = line('Eraser, soft', 1, 120, { new: true, channel: 'kiosk' });
const names = ['Set of 24 watercolour pencils in a tin with brush and sharpener', 'Paper clips', 'Envelopes C6, 50', 'Desk lamp, brass', 'Stapler', 'Calendar 2026', 'Glue stick', 'Ruler 30 cm', 'Gift card', 'Ring binder', 'Marker, black', 'Sticky notes'];
const many = names.map((name, n) => line(name, (n % 3) + 1, 490 + n * 1337, { gtin: `0400638133${3000 + n}`, stock: ['in_stock', 'low', 'not_here'][n % 3] }));
const odd = [line('Fountain pen, blue', 1, 3490, { price_as_of: WALL - 2.2 * DAY, options: 'colour:blue' }), line('Ink cartridges ×12', 2, 980, { price_as_of: WALL - 9 * DAY }),
  line('Gift box, small', 1, 0, { gift: true, pending: true, stock: 'in_stock' })];

export const cart = (own = lines, change = {}) => anyCart(own, { touched_channel: 'web', ...change });
export const view = (change = {}) => ({ audience: 'shopper', customer: { name: 'Maria', language: process.env.TB_LANGUAGE ?? 'en' }, tier: 'gold', points: 2480, as_of: { profile_ms: WALL - 12 * MIN }, ...change });
export const ID = 'a'.repeat(32);
export const visit = (change = {}) => ({ visit: { id: ID, began_ms: WALL - 5000, source: 'cache', credential_kind: 'member', assurance: 'medium', hidden: [], reader: 'front' },
  view: view(), cart: cart(), ...change });
export const anonymous = (own = [], change = {}) => visit({ visit: { id: ID, began_ms: WALL - 5000, source: 'anonymous', anonymous: true, credential_kind: 'none', assurance: 'none', hidden: [] },
  view: null, cart: own.length > 0 ? cart(own) : null, ...change });

const side = (name, one, quantity, becomes_quantity, reason, change = {}) => ({ side: name, line: one.id, gtin: one.gtin, name: one.name, quantity, unit_price: one.unit_price, becomes_quantity, reason, ...change });
export const merge = (change = {}) => ({ merge: { visit: ID, policy: 'sum', currency: 'EUR', lines: [
  side('online', lines[0], 1, 1, 'kept'), side('online', lines[1], 2, 3, 'added'), side('kiosk', { ...lines[1], id: '1'.repeat(32) }, 1, 3, 'added'),
  side('online', lines[2], 1, 1, 'kept'), side('kiosk', { ...eraser, id: '2'.repeat(32) }, 2, 2, 'carried'),
], total_after: 3490 + 3 * 980 + 1200 + 240, ...change } });

export const choose = { choice: 'b'.repeat(32), people: [{ customer: 'c1', name: 'Maria' }, { customer: 'c2', name: 'Jonas' }, { customer: 'c3', name: 'Anneliese von Hohenstein' }], until_ms: WALL + MIN };
const help = (state, change = {}) => ['help', { help: { state, since_ms: WALL - 42_000, declined: 0, ...change } }];

// A matrix as the agent sends it, 29 modules wide; it says nothing.
export const qr = { size: 29, rows: ['fe8bdbf8', '8253ea08', 'baf8a2e8', 'ba8d22e8', 'ba41c2e8', '82d34a08', 'feaaabf8', '00d59800', 'e3a5c9b0', '8c64b6d8', 'd6b11a50', '3d2cf5e8', '8bd3a910', '65196bd8',
  'ebc42770', '158eb1c8', '9a73d958', 'b8e40e60', '4fd1b5b0', '3126fd88', 'b2f94fd0', '00b5c8e8', 'fe92faa8', '82d5a8b8', 'bab67fd0', 'ba1e9368', 'ba6b58a0', '8279e6d8', 'fe974ab0'] };
export const code = { code: '7KM4QX', until_ms: WALL + 10 * MIN, text: 'https://loyal.example/h/7KM4QX', qr };
const told = (fact, value, more = {}) => ({ fact, value, as_of: WALL - 12 * MIN, source: 'store', ...more });
export const known = { hidden: [], groups: [
  { group: 'profile', facts: [told('name', 'Maria'), told('language', 'es'), told('tier', 'gold'), told('points', 2480), told('benefit', 'Free gift wrap'), told('note', 'Left-handed: show the left-handed pens', { as_of: WALL - 12 * DAY })] },
  { group: 'consents', facts: [told('consent', 'profiling', { granted: true }), told('consent', 'newsletter', { granted: false }), told('consent', 'club', { granted: true })] },
  { group: 'journey', facts: [told('touchpoint', 'cart.changed', { channel: 'web', as_of: WALL - 12 * HOUR }), told('touchpoint', 'store.visited', { channel: 'till', as_of: WALL - 4 * DAY })] },
  { group: 'cart', facts: [told('cart_line', 'Fountain pen, blue', { quantity: 1 }), told('cart_line', 'Ink cartridges ×12', { quantity: 2, source: 'here' })] },
  { group: 'credentials', facts: [{ fact: 'credentials', value: 2, source: 'store' }] },
  { group: 'visit', facts: [{ fact: 'began_ms', value: WALL - 5000, as_of: WALL, source: 'here' }, { fact: 'credential_kind', value: 'member', as_of: WALL, source: 'here' },
    { fact: 'assurance', value: 'low', as_of: WALL, source: 'here' }] }] };

const begin = [['terminal', terminal()], ['state', live()]];
const off = [['terminal', terminal()], ['state', offline()]];
const shown = [...begin, ['visit', visit()]];
export const press = (act) => (page) => page.locator(`[data-act="${act}"]`).last().click();
export const wait = (selector) => (page) => page.waitForSelector(selector);

const found = { hidden: [], groups: [known.groups[0], { group: 'visit', facts: [known.groups.at(-1).facts[0], { fact: 'found_by', value: 'found', as_of: WALL, source: 'here' }, known.groups.at(-1).facts[2]] }] };

// How the agent answers; nothing said is {}. In some states it answers otherwise.
export const answers = { 'send.code': code, 'visit.know': known };
const answering = (method, result) => (page, stage) => {
  const usual = stage.answer;
  stage.answer = (request) => (request.method === method ? { result } : usual(request));
};

/** name → messages in order; a function as an entry is run by the harness between them. */
export const states = {
  idle: [...begin, ['visit', { visit: null, reason: 'restart' }]],
  'idle-accent': [['terminal', terminal({ accent: '#e8bf00' })], ['state', live()]],
  'idle-offline': off,
  'idle-connecting-long': [['terminal', terminal()], ['state', live({ line: { state: 'connecting', since_ms: WALL - 8_000 } })]],
  'idle-never': [['state', offline()]],
  first: [unreachable],
  lost: [...begin, lost],
  'lost-visit': [...shown, lost],
  denied: [...begin, denied],
  'idle-no-scanner': [['terminal', terminal()], ['state', live({ readers: readers('ready', 'unplugged') })]],
  'idle-no-reader': [['terminal', terminal()], ['state', live({ readers: readers('unplugged', 'ready') })]],
  'idle-none': [['terminal', terminal()], ['state', live({ readers: readers('hung', 'unplugged') })]],
  reading: [...begin, ['reading', { reader: 'front' }]],
  unknown: [...begin, ['outcome', outcome('unknown', { code: 'lookup.not_found' })]],
  'unknown-offline': [...off, ['outcome', outcome('unknown', { code: 'lookup.offline' })]],
  'no-cart': [...begin, ['outcome', outcome('unknown', { code: 'handover.gone' })]],
  unreadable: [...begin, ['outcome', outcome('unreadable', { code: 'tag.torn' })]],
  'choose-pass': [...begin, ['outcome', outcome('unreadable', { code: 'pass.choose' })]],
  'card-blocked': [...begin, ['outcome', outcome('expired', { code: 'credential.blocked' })]],
  'wrong-key': [...begin, ['outcome', outcome('wrong_key', { code: 'proof.wrong' })]],
  expired: [...begin, ['outcome', outcome('expired', { code: 'proof.expired' })]],
  replayed: [...begin, ['outcome', outcome('replayed', { code: 'proof.replayed' })]],
  'payment-card': [...begin, ['outcome', outcome('payment_card', { code: 'payment.chip' })]],
  'two-cards': [...begin, ['outcome', outcome('two_cards', { code: 'tag.two' })]],
  'not-a-code': [...begin, ['outcome', outcome('not_a_code', { code: 'code.not_ours' })]],
  anonymous: [...begin, ['visit', anonymous()]],
  'anonymous-cart': [...begin, ['visit', anonymous([eraser])]],
  recognised: shown,
  'recognised-empty': [...begin, ['visit', visit({ view: view({ tier: 'silver', points: 1200 }), cart: null })]],
  'recognised-many': [...begin, ['visit', visit({ view: view({ customer: { name: 'Anneliese von Hohenstein-Breitenbach', language: 'en' }, tier: 'platinum', points: 12_080 }), cart: cart(many) })]],
  'recognised-hidden': [...begin, ['visit', visit({ visit: { ...visit().visit, assurance: 'low', hidden: ['show_name', 'show_cart', 'redeem'] }, view: view({ customer: { name: '', language: 'en' } }), cart: null })]],
  'recognised-offline': [...off, ['visit', visit({ cart: cart(odd) })]],
  'being-paid': [...begin, ['visit', visit({ cart: cart(lines, { claim: { by: 'Till 2', since_ms: WALL - MIN, until_ms: WALL + MIN, mine: false } }) })]],
  'no-scanner': [['terminal', terminal()], ['state', live({ readers: readers('ready', 'unplugged') })], ['visit', visit()]],
  scanned: [...shown, ['outcome', outcome('product', { gtin: eraser.gtin, product_name: eraser.name })], ['cart', { cart: cart([...lines, eraser]) }]],
  removed: [...shown, ['cart', { cart: cart([lines[0], lines[2]]) }]],
  'taken-back': [...shown, ['taken_back', { visit: ID, seq: 41, change: 'cart.add', code: 'product_unknown', gtin: eraser.gtin, product_name: 'Eraser' }]],
  'recognised-late': [...shown, ['outcome', outcome('recognised', { code: 'found.late' })]],
  'recognised-late-alone': [...begin, ['outcome', outcome('recognised', { code: 'found.late' })]],
  'recognised-unverified': [...off, ['outcome', outcome('recognised', { code: 'proof.unverified' })],
    ['visit', visit({ visit: { ...visit().visit, assurance: 'low', hidden: ['show_cart', 'redeem'] }, cart: null })]],
  'strip-payment': [...shown, ['outcome', outcome('payment_card', { code: 'payment.chip' })]],
  merge: [...begin, ['visit', visit()], ['merge', merge()]],
  'merge-out': [...begin, ['visit', visit()], ['merge', merge()], wait('[data-act=tick]'), press('tick')],
  'merge-help': [...begin, ['visit', visit()], ['merge', merge()], help('waiting')],
  joined: [...shown, ['merge', { merge: null, undo: true }]],
  choose: [...begin, ['choose', choose]],
  'choose-help': [...begin, ['visit', anonymous([eraser])], ['choose', choose], help('waiting')],
  language: [...shown, press('language'), wait('.languages')],
  send: [['terminal', terminal({ handover_link: true })], ['state', live()], ['visit', visit()], press('send'), wait('.code')],
  'send-asking': [...shown, press('send'), wait('.busy')],
  'send-offline': [...off, ['visit', visit()], press('send'), wait('#panel[data-kind=send] [data-act=again]')],
  help: [...shown, press('help'), help('waiting'), wait('.since')],
  'help-declined': [...shown, press('help'), help('waiting', { declined: 2 }), wait('.declined')],
  'help-again': [...shown, press('help'), help('waiting', { back_by: 'Till 4' }), wait('.declined')],
  'help-idle-offline': [...off, press('help'), wait('#panel[data-kind=help] [data-act=again]')],
  'help-empty': [...begin, press('help'), ['visit', anonymous()], help('waiting'), wait('.since')],
  'help-accepted-empty': [...begin, ['visit', anonymous()], help('accepted', { by: 'Till 4' }), press('help'), wait('.wave[data-tone=good]')],
  'help-accepted': [...shown, press('help'), help('accepted', { by: 'Till 4' }), wait('.wave[data-tone=good]')],
  'help-over': [...shown, press('help'), help('waiting'), help('over'), wait('.wave[data-tone=quiet]')],
  'help-behind': [...shown, help('waiting')],
  know: [...shown, press('know'), wait('.facts')],
  forget: [...shown, press('know'), wait('.facts'), press('forget'), wait('#panel[data-kind=forget]')],
  'not-me': [...shown, press('not_me'), wait('#panel[data-kind=not_me]')],
  blank: [...shown, ['blank', { in_ms: 9_400 }], wait('.seconds')],
  'know-found': [...begin, ['visit', visit({ visit: { ...visit().visit, source: 'found', credential_kind: 'none' } })], answering('visit.know', found), press('know'), wait('.facts')],
  ended: [...shown, ['visit', { visit: null, reason: 'done' }]],
  'ended-handed': [...begin, ['visit', anonymous(lines)], press('send'), wait('.code'), ['visit', { visit: null, reason: 'handover', by: 'Till 4' }]],
  'ended-forgotten': [...shown, ['visit', { visit: null, reason: 'forget' }]],
};

// The clerk page's dialogs and what stands beside the customer, as states like those of clerk_messages.mjs. A function is
// run by the harness with the page and the stage; each answer of the stage is what the agent would say.
import { WALL, cart, claim, line, lines, live, offline, outcome, terminal, visit, view } from './clerk_messages.mjs';

const MIN = 60_000;
export const handle = (n) => n.toString(16).padStart(32, '0');
export const consents = [{ id: 'newsletter', text_version: '2026-1' }, { id: 'profiling', text_version: '2026-1' }];
export const notes = [
  { id: handle(1), at_ms: WALL - 3 * 24 * 60 * MIN, by: 'Ana', text: 'Prefers the fine nib; asked for the green ink' },
  { id: handle(2), at_ms: WALL - 20 * 24 * 60 * MIN, by: 'Jo', text: 'Collects for her mother, too' },
  { id: handle(3), at_ms: WALL - 90 * 24 * 60 * MIN, text: 'Invoice by post' },
];
export const suggestions = [
  { gtin: '04006381333948', name: 'Desk lamp, brass', unit_price: 4900, currency: 'EUR', stock: 'in_stock', price_as_of: WALL - 20 * MIN, seen_ms: WALL - 46 * MIN },
  { gtin: '04006381333955', name: 'Blotting paper', unit_price: 350, currency: 'EUR', stock: 'low', price_as_of: WALL - 20 * MIN, seen_ms: WALL - 14 * 60 * MIN },
];
export const requests = [
  { id: handle(11), at_ms: WALL - 3 * MIN, from: 'Kiosk 2', reason: 'help', item_count: 3, total: 5870, currency: 'EUR', anonymous: true, declined: false, declined_count: 1 },
  { id: handle(12), at_ms: WALL - 20_000, from: 'Till 2', reason: 'help', note: 'Asks about an engraving', name: 'Mr Okafor', tier: 'silver', item_count: 1, total: 9900, currency: 'EUR', anonymous: false, declined: false, declined_count: 0 },
];
export const held = [{ id: handle(14), from: 'Kiosk 2', until_ms: WALL + 10 * MIN }];
export const matches = [{ customer: handle(21), name: 'M… R…', tier: 'gold', hint: '…41 27' }, { customer: handle(22), name: 'M… Ri…', hint: '…90 13' }];
export const credentials = [{ credential: handle(31), kind: 'member', blocked: false }, { credential: handle(32), kind: 'desfire', blocked: false }, { credential: handle(33), kind: 'pass', blocked: true }];
export const operator = { operator: { id: 'ana', name: 'Ana Duarte' } };
export const choice = { choice: handle(41), people: [{ customer: handle(42), name: 'Maria Rivera' }, { customer: handle(43), name: 'Tomás Rivera' }], until_ms: WALL + 25_000 };
export const merge = { merge: { currency: 'EUR', total_after: 3490 + 3 * 980 + 120, lines: [
  { side: 'kiosk', line: handle(51), gtin: '04006381333962', name: 'Eraser, soft', quantity: 1, unit_price: 120, becomes_quantity: 1, reason: 'carried' },
  { side: 'kiosk', line: handle(52), gtin: lines[1].gtin, name: lines[1].name, quantity: 1, unit_price: 980, becomes_quantity: 3, reason: 'added' },
  { side: 'online', line: lines[0].id, gtin: lines[0].gtin, name: lines[0].name, quantity: 1, unit_price: 3490, becomes_quantity: 1, reason: 'kept' },
  { side: 'online', line: lines[1].id, gtin: lines[1].gtin, name: lines[1].name, quantity: 2, unit_price: 980, becomes_quantity: 3, reason: 'added' },
  { side: 'kiosk', line: handle(53), gtin: '04006381333979', options: 'colour:green', name: 'Gift box', quantity: 1, unit_price: 0, becomes_quantity: 0, reason: 'gift_declined' }] } };

/** Answers by method; anything else is answered with {}. */
export const answers = { 'customer.find': { matches }, 'credential.list': { credentials } };
export const answering = (more = {}) => (page, stage) => { stage.answer = ({ method }) => more[method] ?? { result: answers[method] ?? {} }; };
const deaf = (page, stage) => { stage.silent = true; };
export const press = (...keys) => async (page) => { for (const key of keys) await page.keyboard.press(key); };
const type = (text) => (page) => page.keyboard.type(text, { delay: 60 });
const refuse = (code) => ({ error: { code: -32001, message: 'no', data: { code } } });
const open = (name) => (page) => page.waitForSelector(`dialog[open][data-name=${name}]`);
const has = (selector) => (page) => page.waitForSelector(selector);

// What a scanner types as a keyboard, as fast as it does whatever else the machine has to do.
export const scannerTypes = (page, text) => page.evaluate(`for (const key of [...${JSON.stringify(text)}, 'Enter']) {
  const field = document.activeElement;
  const taken = field.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  if (taken && key.length === 1 && 'value' in field) field.value += key;
}`);

const full = view({ notes, suggestions });
const begin = [['terminal', terminal({ consents })], ['state', live()], ['operator', operator]];
const idle = [...begin, ['visit', { visit: null, reason: 'restart' }]];
const shown = [...begin, ['visit', visit({ view: full })]];
const nobody = { visit: { ...visit().visit, anonymous: true, source: 'anonymous', credential_kind: 'none' }, view: null };
// What opens by itself takes no key at first.
const putAway = async (page) => {
  await page.evaluate(() => { globalThis.opened = performance.now(); });
  await page.waitForFunction(() => performance.now() - globalThis.opened > 600);
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'hidden' });
};
const badge = [['terminal', terminal({ consents, operator_required: true })], ['state', live()], ['visit', { visit: null, reason: 'restart' }]]; // somebody has to sign on, and nobody has
const removed = (page) => page.waitForSelector('#tools [data-act=undo]:not(:disabled)');

export const states = {
  'everything': [...shown, ['handovers', { open: requests }]],
  'everything-offline': [['terminal', terminal()], ['state', offline('refused', { unsent: 2 })], ['operator', operator], ['visit', visit({ view: full, cart: cart(lines, { claim: claim() }) })], ['handovers', { open: requests }]],
  'help-idle': [...idle, ['handovers', { open: requests }]],
  'signed-on': [...idle, ['outcome', outcome('operator', { code: 'operator.on' })]],
  'pairing': [...idle, ['pairing', { pairing: { name: 'Harbour POS', scopes: ['customer', 'cart', 'checkout'], code: '204817', until_ms: WALL + MIN } }]],
  'pairing-visit': [...shown, ['pairing', { pairing: { name: 'Harbour POS', scopes: ['customer', 'cart', 'checkout', 'identify', 'operator', 'handover', 'device', 'help'], code: '204817', until_ms: WALL + MIN } }]],
  'anonymous': [...begin, ['visit', { ...nobody, cart: cart([line('Eraser, soft', 1, 120, { new: true, channel: 'kiosk' })]) }]],
  'undo': [...shown, answering(), press('ArrowDown', 'Delete'), removed, ['cart', { cart: cart(lines.slice(1)) }]],
  'undone': [...shown, answering(), press('ArrowDown', 'ArrowDown', '+'), removed, press('F6'), has('#strip[data-tone=good]')],
  'scanner-typed': [...shown, async (page) => { await scannerTypes(page, '4006381333931'); await page.waitForSelector('#strip:not([hidden])'); }],
  'dialog-more': [...shown, press('F4'), open('more')],
  'dialog-more-idle': [...idle, press('F4'), open('more')],
  'dialog-find': [...idle, press('F3'), open('find'), type('+49 30 4127')],
  'dialog-find-unsaid': [...idle, press('F3'), open('find'), type('+49 30 4127'), press('Enter'), has('dialog .note[data-tone=bad]')],
  'dialog-find-matches': [...idle, answering(), press('F3'), open('find'), type('+49 30 4127'), press('F5'), has('dialog .rows li')],
  'dialog-find-none': [...idle, answering({ 'customer.find': { result: { matches: [] } } }), press('F3'), open('find'), type('a@b.example'), press('F5'), has('dialog [data-act="find.again"]')],
  'dialog-find-limit': [...idle, answering({ 'customer.find': refuse('refused.find_limit') }), press('F3'), open('find'), type('4000017'), press('F5'), has('dialog .note[data-tone=bad]')],
  'dialog-find-code': [...idle, press('F3'), open('find'), type('7km 4qx')],
  'dialog-find-code-unknown': [...idle, answering({ 'handover.fetch': refuse('refused.not_found') }), press('F3'), open('find'), type('7KM4QX'), press('Enter'), has('dialog .note[data-tone=bad]')],
  'dialog-find-offline': [['terminal', terminal()], ['state', offline()], ['visit', { visit: null, reason: 'restart' }], press('F3'), open('find')],
  'dialog-signup': [...idle, press('F3'), open('find'), press('F4'), open('signup'), type('Maria Rivera')],
  'dialog-signup-missing': [...idle, press('F3'), open('find'), press('F4'), open('signup'), press('Enter'), has('dialog .note[data-tone=bad]')],
  'dialog-note': [...shown, press('F4'), open('more'), press('1'), open('note')],
  'dialog-note-which': [...shown, press('F4'), open('more'), press('Delete'), has('dialog[data-name=note] .rows button')],
  'dialog-capture': [...shown, answering(), press('F4'), open('more'), press('2'), has('dialog .picture[data-icon=tap]')],
  'dialog-captured': [...shown, answering(), press('F4'), open('more'), press('2'), has('dialog .picture[data-icon=tap]'), ['captured', { purpose: 'link', outcome: 'linked', kind: 'tag' }]],
  'dialog-captured-deciding': [...shown, answering(), press('F4'), open('more'), press('2'), has('dialog .picture[data-icon=tap]'), ['captured', { purpose: 'link', outcome: 'deciding', kind: 'tag' }]],
  'dialog-captured-kept': [...shown, answering(), press('F4'), open('more'), press('2'), has('dialog .picture[data-icon=tap]'), ['captured', { purpose: 'link', outcome: 'kept', kind: 'tag' }]],
  'dialog-captured-taken': [...shown, answering(), press('F4'), open('more'), press('2'), has('dialog .picture[data-icon=tap]'), ['captured', { purpose: 'link', outcome: 'refused', code: 'credential_taken' }]],
  'dialog-cards': [...shown, answering(), press('F3'), open('cards'), has('dialog .rows li')],
  'dialog-block': [...shown, answering(), press('F3'), open('cards'), has('dialog .rows li'), (page) => page.click('dialog li:nth-child(2) [data-act="cards.block"]'), has('dialog fieldset')],
  'dialog-suggestions': [...shown, press('F7'), open('suggestions')],
  'dialog-handover': [...shown, press('F8'), open('handover')],
  'dialog-handed': [...shown, press('F8'), open('handover'), ['handovers', { open: [], own: { id: handle(13), state: 'waiting', since_ms: WALL, code: 'K7M2PX', declined_count: 0 } }], has('dialog .code:not(:empty)')],
  'dialog-handover-limit': [...shown, answering({ 'handover.request': refuse('refused.handover_limit') }), press('F8'), open('handover'), press('Enter'), has('dialog .note[data-tone=bad]')],
  'dialog-requests': [...shown, ['handovers', { open: requests }], has('#help:not([hidden])'), press('F9'), open('requests')],
  'dialog-requests-held': [...shown, ['handovers', { open: [], held, wall_ms: WALL }], has('#help:not([hidden])'), press('F9'), open('requests')],
  'went-back': [...shown, ['handovers', { open: requests, held: [], back: { id: requests[0].id, from: requests[0].from, at_ms: WALL }, wall_ms: WALL }], has('#strip:not([hidden])')],
  'dialog-requests-back': [...shown, ['handovers', { open: requests, held: [], back: { id: requests[0].id, from: requests[0].from, at_ms: WALL }, wall_ms: WALL }], has('#help:not([hidden])'), press('F9'), open('requests')],
  'dialog-requests-gone': [...idle, ['handovers', { open: requests }], has('#help:not([hidden])'), press('F9'), open('requests'), ['handovers', { open: requests.slice(1) }]],
  'dialog-choose': [...idle, ['choose', choice]],
  'dialog-merge': [...shown, ['merge', merge]],
  'merge-put-away': [...shown, ['merge', merge], open('merge'), putAway, has('#tools [data-act=merge]')],
  'dialog-operator': [...idle, (page) => page.click('#operator'), open('operator')],
  'dialog-find-asking': [...idle, deaf, press('F3'), open('find'), type('+49 30 4127'), press('F5'), has('dialog .note[data-tone=busy]')],
  'dialog-signup-refused': [...idle, answering({ 'customer.create': refuse('input.syntax') }), press('F3'), open('find'), press('F4'), open('signup'), type('Maria Rivera'),
    ...consents.map(({ id }) => (page) => page.check(`dialog [name^="consent ${id} "][value=no]`, { force: true })), (page) => page.click('dialog [type=submit]'), has('dialog .note[data-tone=bad]')],
  'dialog-note-refused': [...shown, answering({ 'note.add': refuse('retry.full') }), press('F4'), open('more'), press('1'), open('note'), type('Left-handed'), press('Enter'), has('dialog .note[data-tone=bad]')],
  'dialog-replace': [...shown, answering(), press('F3'), open('cards'), has('dialog .rows li'), (page) => page.click('dialog li:nth-child(2) [data-act="cards.replace"]'), has('dialog .picture[data-icon=tap]')],
  'dialog-captured-refused': [...shown, answering(), press('F4'), open('more'), press('2'), has('dialog .picture[data-icon=tap]'), ['captured', { purpose: 'link', outcome: 'refused', code: 'customer_full' }]],
  'dialog-cards-none': [...shown, answering({ 'credential.list': { result: { credentials: [] } } }), press('F3'), open('cards'), has('dialog .none:not(:empty)')],
  'dialog-handed-accepted': [...shown, press('F8'), open('handover'), ['handovers', { open: [], own: { id: handle(13), state: 'accepted', since_ms: WALL, by: 'Till 2', declined_count: 0 } }]],
  'dialog-handed-declined': [...shown, press('F8'), open('handover'), ['handovers', { open: [], own: { id: handle(13), state: 'waiting', since_ms: WALL, code: 'K7M2PX', declined_count: 2 } }], has('dialog .code:not(:empty)')],
  'dialog-requests-offline': [['terminal', terminal()], ['state', offline()], ['visit', { visit: null, reason: 'restart' }], ['handovers', { open: requests }], has('#help:not([hidden])'), press('F9'), open('requests')],
  'badge-idle': badge,
  'badge-visit': [...badge, ['visit', visit({ view: full })]],
  'dialog-badge': [...badge, press('F3'), open('operator')],
  'dialog-badge-gone': [...shown, answering({ 'note.add': refuse('refused.operator') }), press('F4'), open('more'), press('1'), open('note'), type('Left-handed'), press('Enter'), has('dialog .note[data-tone=bad]')],
  'dialog-nobody-signed-on': [['terminal', terminal()], ['state', live()], ['visit', { visit: null, reason: 'restart' }], press('F4'), open('more'), press('2'), open('operator')],
};

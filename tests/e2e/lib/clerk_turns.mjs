// What a clerk asks for and what comes of it, and how a visit ended: states like those of clerk_dialogs.mjs.
import { answering, handle, operator, press } from './clerk_dialogs.mjs';
import { WALL, cart, lines, live, notice, outcome, readers, terminal, visit } from './clerk_messages.mjs';

const begin = [['terminal', terminal()], ['state', live()], ['operator', operator]];
const shown = [...begin, ['visit', visit()]];
const ended = (reason) => [...shown, ['visit', { visit: null, reason }]];
const has = (selector) => (page) => page.waitForSelector(selector);
const open = (name) => has(`dialog[open][data-name=${name}]`);
const click = (selector) => (page) => page.click(selector);
const type = (text) => (page) => page.keyboard.type(text, { delay: 60 });
const good = has('#strip[data-tone=good]');
const bad = has('#strip[data-tone=bad]');
const refuse = (code) => ({ error: { code: -32001, message: 'no', data: { code } } });
const named = (kind, code) => `${kind}-${code.replace(/\W/g, '-')}`;

// A change of the cart that is refused, and what is refused that is not about the cart.
const CART = ['refused.unsupported', 'local.io', 'refused.assurance', 'refused.denied', 'refused.newer_version', 'retry.busy', 'retry.full', 'refused.conflict', 'refused.not_found', 'link', 'retry.offline', 'retry.timeout'];
const OTHER = ['refused.unsupported', 'local.io', 'refused.denied', 'refused.newer_version', 'refused.not_found', 'retry.busy', 'retry.full'];
const cartRefused = (code) => [...shown, answering({ 'cart.set_quantity': refuse(code) }), press('ArrowDown', '+'), bad];
const otherRefused = (code) => [...shown, answering({ 'details.shown': refuse(code) }), press('F2'), bad];

export const turns = {
  'changes-dropped': [['terminal', terminal()], ['state', notice('changes_dropped')]],
  'changes-dropped-visit': [['terminal', terminal()], ['state', notice('changes_dropped')], ['visit', visit()]],
  'reader-unsupported': [['terminal', terminal()], ['state', live({ readers: readers('unsupported') })]],
  'scanner-unsupported': [['terminal', terminal()], ['state', live({ readers: readers('ready', 'unsupported') })], ['visit', visit()]],
  'signed-off': [['terminal', terminal()], ['state', live()], ['operator', { operator: null }], ['outcome', outcome('operator', { code: 'operator.off' })]],
  'badge-unknown': [...begin, ['outcome', outcome('unknown', { code: 'operator.unknown' })]],
  'badge-unknown-visit': [...shown, ['outcome', outcome('unknown', { code: 'operator.unknown' })]],
  'told-noted': [...shown, answering(), press('F4'), open('more'), press('1'), open('note'), type('Left-handed'), press('Enter'), good],
  'told-blocked': [...shown, answering(), press('F3'), open('cards'), has('dialog .rows li'), click('dialog li:nth-child(2) [data-act="cards.block"]'), click('dialog [value=lost]'), good],
  'told-kept': [...shown, answering(), press('F8'), open('handover'), ['handovers', { open: [], own: { id: handle(13), state: 'waiting', since_ms: WALL, code: 'K7M2PX', declined_count: 0 } }], has('dialog .code:not(:empty)'), press('F8'), good],
  'told-undone-line': [...begin, ['visit', visit({ cart: cart([{ ...lines[0], name: '' }]) })], answering(), press('ArrowDown', '+'), has('#tools [data-act=undo]:not(:disabled)'), press('F6'), good],
  ...Object.fromEntries(CART.map((code) => [named('cart-refused', code), cartRefused(code)])),
  ...Object.fromEntries(OTHER.map((code) => [named('refused', code), otherRefused(code)])),
  'ended-done': ended('done'),
  'ended-idle': ended('idle'),
  'ended-checkout': ended('checkout'),
  'ended-handover': ended('handover'),
  'ended-other': ended('other'),
};

/** Those that are another state but for a sentence. */
export const alike = new Set([...CART.slice(1).map((code) => named('cart-refused', code)), ...OTHER.map((code) => named('refused', code)), ...Object.keys(turns).filter((name) => /^(ended|told)-/.test(name))]);

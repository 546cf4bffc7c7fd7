// The demo's web shop: what a shop does with tillbridge.js.

import { cartList, moneyOf } from './cart.js';
import { agreed } from './question.js';
import { qrPicture } from './lib/qr.js';
import { Tillbridge } from './tillbridge.js';

const own = (id) => document.getElementById(id);
const ask = async (path, body) => {
  const answer = await fetch(path, body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw Object.assign(new Error(`the shop answered ${answer.status}`), { code: answer.status });
  return answer.json();
};

let shop;
let catalogue;
const money = () => moneyOf(catalogue.currency);
const showCart = cartList({ step, remove });

// ---- words ----

const LINE_WORDS = { connecting: 'Connecting …', live: 'Connected', offline: 'No connection', closed: 'Signed out' };
const REASONS = {
  line_limit: 'the cart is full', quantity_limit: 'that is more than one order may have', product_unknown: 'we do not sell it any more',
  cart_claimed: 'the cart is being paid', not_stored: 'this browser has no room to keep it',
  cart_unknown: 'what is in it cannot be seen',
};

function bandText({ state, cause }, unsent) {
  if (state === 'offline' && cause === 'denied') return 'We could not sign you in. Sign out and in again; what you changed is kept.';
  if (state !== 'offline') return '';
  const kept = unsent > 0 ? ` ${unsent} change${unsent === 1 ? '' : 's'} will be sent as soon as it is back.` : '';
  return `No connection to our shops. You can go on: what you change is kept in this browser.${kept} Prices may be older.`;
}

function showLine() {
  const { state } = shop.state;
  const band = bandText(shop.state, shop.unsent);
  own('line').textContent = LINE_WORDS[state];
  own('line').dataset.tone = { live: 'good', offline: 'bad' }[state] ?? 'calm';
  own('band').hidden = band === '';
  if (own('band').textContent !== band) own('band').textContent = band;
  own('unsent').textContent = state === 'live' || shop.unsent === 0 ? '' : `${shop.unsent} not sent yet`;
}

let noticeTimer;
function notice(text, undo) {
  const end = () => own('notice').classList.remove('on');
  clearTimeout(noticeTimer);
  own('notice').classList.add('on');
  own('notice').firstElementChild.textContent = text;
  own('undo').hidden = !undo;
  own('undo').onclick = () => {
    undo();
    end();
  };
  noticeTimer = setTimeout(end, 8_000);
}

// ---- the cart ----

function step(line, by) {
  if (line.quantity + by < 1) remove(line);
  else shop.setQuantity(line.id, line.quantity + by, line.quantity);
}

function remove(line) {
  shop.remove(line.id, line.quantity);
  const product = { name: line.name, unit_price: line.unit_price, currency: shop.cart.currency };
  notice(`${line.name ?? 'It'} is out of your cart.`, () => shop.add(line.gtin, line.quantity, { options: line.options, product, keepGift: line.gift }));
}

function add(product) {
  shop.add(product.gtin, 1, { product: { name: product.name, unit_price: product.unit_price, currency: catalogue.currency } });
  notice(`${product.name} is in your cart.`);
}

function showTouched(cart) {
  const at = cart?.touched_ms && new Date(cart.touched_ms).toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit' });
  own('touched').textContent = cart?.touched_by && cart.unsent === 0 ? `Changed at ${cart.touched_by}, ${at}` : '';
  const claimed = cart?.claim && cart.claim.until_ms > (shop.serverTime ?? 0);
  own('claim').hidden = !claimed;
  own('claim').textContent = claimed ? `Being paid${cart.claim.by ? ` at ${cart.claim.by}` : ''}. What you add now is not part of that.` : '';
}

function render(cart) {
  showCart(cart);
  showTouched(cart);
  showLine();
}

// ---- the catalogue ----

function productItem(product) {
  const li = document.createElement('li');
  const name = document.createElement('h2');
  const look = document.createElement('button');
  const price = document.createElement('span');
  const into = document.createElement('button');
  Object.assign(look, { className: 'look', textContent: product.name, onclick: () => details(product) });
  Object.assign(price, { className: 'price', textContent: money()(product.unit_price) });
  Object.assign(into, { className: 'add', textContent: 'Add', onclick: () => add(product) });
  into.setAttribute('aria-label', `Add ${product.name}`);
  li.dataset.gtin = product.gtin;
  name.append(look);
  li.append(name, price, into);
  return li;
}

function details(product) {
  shop.viewed(product.gtin);
  own('details-name').textContent = product.name;
  own('details-price').textContent = money()(product.unit_price);
  own('details-gtin').textContent = `Number ${product.gtin}`;
  own('details-add').onclick = () => {
    add(product);
    own('details').close();
  };
  own('details').showModal();
}

// ---- beginning and end ----

async function handOver() {
  const { handover } = shop.handOver();
  own('code').textContent = 'One moment …';
  own('handover').showModal();
  const made = await handover;
  if (!made) {
    own('code').textContent = 'That did not work. Your cart is in our shops all the same: show your customer card there.';
    return;
  }
  const code = document.createElement('strong');
  code.textContent = made.code;
  own('code').replaceChildren('Say or show this code at a till: ', code, ' It is good once, for four hours.');
  const qr = await ask('/code', { code: made.code }).catch(() => null); // the characters do without it
  if (qr) own('code').append(qrPicture(qr, `The code ${made.code} for a till's scanner`));
}

// The address that a kiosk's QR code has: the cart there goes on here, as soon as it is known whose. Anybody can send her such
// an address, so that nothing goes into her cart before she has seen it and agreed.
const HANDED = /^\/h\/([2-9A-HJKMNP-Z]{6})$/i;
const NOT_TAKEN = { handover_unknown: 'That code has run out, was used already, or is of somebody else’s cart.', handover_taken: 'Somebody else goes on with that cart already.' };

async function takeHanded() {
  const [, code] = HANDED.exec(location.pathname) ?? [];
  if (!code || shop.state.state !== 'live') return;
  history.replaceState(null, '', '/'); // good once: a reload does not ask again
  try {
    notice(await takeAsked(code));
  } catch (error) {
    notice(NOT_TAKEN[error.code] ?? `The cart at the kiosk did not come along: ${REASONS[error.code] ?? error.code}.`);
  }
}

// Gives what is to be said of it.
async function takeAsked(code) {
  for (let changed = false; ; changed = true) {
    const { joins, cart, version } = await shop.handed(code);
    if (joins && !await agreed(cart, changed)) return 'Nothing was put into your cart.';
    try {
      await shop.takeOver(code, { version });
      return joins ? 'What you had at the kiosk is in your cart now.' : 'Your cart from the kiosk is here.';
    } catch (error) {
      if (error.code !== 'cart_changed') throw error;
    }
  }
}

async function begin(customer) {
  shop = await Tillbridge.open({ url: `ws://${location.host}/context`, customer: customer.id, software: 'demo-shop',
    token: async () => (await ask('/token', {})).token });
  shop.on('cart', render);
  shop.on('state', showLine);
  shop.on('state', takeHanded);
  shop.on('unsent', showLine);
  shop.on('customer', (doc) => {
    own('profiling').checked = doc?.consents?.some(({ id, granted }) => id === 'profiling' && granted) ?? false;
  });
  shop.on('taken_back', ({ kind, code }) => {
    if (kind.startsWith('cart.')) notice(`A change was taken back: ${REASONS[code] ?? code}.`);
  });
  own('who').textContent = customer.name;
  for (const id of ['catalogue', 'cart', 'sign-out']) own(id).hidden = false;
  own('welcome').hidden = true;
  document.title = `${customer.name} · Nib & Paper`;
  render(shop.cart);
}

async function signOut() {
  if (shop.unsent > 0 && !confirm(`${shop.unsent} changes are not sent yet and would be lost. Sign out all the same?`)) return;
  await shop.forget();
  await ask('/sign-out', {});
  location.reload();
}

function personItem(customer) {
  const li = document.createElement('li');
  const choose = document.createElement('button');
  choose.textContent = `${customer.name}, ${customer.tier}`;
  choose.onclick = async () => begin((await ask('/sign-in', { member: customer.member })).customer);
  li.append(choose);
  return li;
}

own('sign-out').onclick = signOut;
own('to-shop').onclick = handOver;
for (const id of ['details', 'handover']) own(`${id}-close`).onclick = () => own(id).close();

// What she reads is what is recorded: text and version come together.
function consentAsk(asked) {
  own('asked').hidden = !asked;
  if (!asked) return;
  own('asked').querySelector('span').textContent = asked.text;
  own('profiling').onchange = ({ target }) => shop.consent(asked.id, target.checked, asked.text_version);
}

catalogue = await ask('/catalogue');
consentAsk(catalogue.consents.find(({ id }) => id === 'profiling'));
own('products').append(...catalogue.products.map(productItem));
const { customer, customers } = await ask('/account');
if (customer) await begin(customer);
else {
  own('people').append(...customers.map(personItem));
  own('handed').hidden = !HANDED.test(location.pathname);
  own('welcome').hidden = false;
}

// The demo's web shop: what a shop does with tillbridge.js.

import { cartList, nameOf } from './cart.js';
import { agreed } from './question.js';
import { begin as beginWords, moneyOf, onSpoken, said } from './words.js';
import { consentWords } from './lib/consent_words.js';
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

// Why something was turned down; a code that there are no words of stands for itself.
const reasonOf = (code) => (said().has(`shop.reason.${code}`) ? said().t(`shop.reason.${code}`) : code);

function bandText({ state, cause }, unsent) {
  const w = said();
  if (state !== 'offline') return '';
  if (cause === 'denied') return w.t('shop.denied');
  return [w.t('shop.offline'), ...(unsent > 0 ? [w.plural('shop.offline.kept', unsent)] : []), w.t('shop.offline.prices')].join(' ');
}

function showLine() {
  const { state } = shop.state;
  const band = bandText(shop.state, shop.unsent);
  own('line').textContent = said().t(`shop.line.${state}`);
  own('line').dataset.tone = { live: 'good', offline: 'bad' }[state] ?? 'calm';
  own('line').dataset.unsent = shop.unsent;
  own('band').hidden = band === '';
  if (own('band').textContent !== band) own('band').textContent = band;
  own('unsent').textContent = state === 'live' || shop.unsent === 0 ? '' : said().plural('shop.unsent', shop.unsent);
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
  notice(said().t('shop.removed', { name: nameOf(line) }), () => shop.add(line.gtin, line.quantity, { options: line.options, product, keepGift: line.gift }));
}

function add(product) {
  shop.add(product.gtin, 1, { product: { name: product.name, unit_price: product.unit_price, currency: catalogue.currency } });
  notice(said().t('shop.added', { name: product.name }));
}

function showTouched(cart) {
  const w = said();
  own('touched').textContent = cart?.touched_by && cart.unsent === 0 ? w.t('shop.touched', { where: cart.touched_by, time: w.time(cart.touched_ms) }) : '';
  const claimed = cart?.claim && cart.claim.until_ms > (shop.serverTime ?? 0);
  own('claim').hidden = !claimed;
  own('claim').textContent = claimed ? w.t(cart.claim.by ? 'shop.claim.by' : 'shop.claim', { where: cart.claim.by }) : '';
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
  Object.assign(into, { className: 'add', textContent: said().t('shop.add'), onclick: () => add(product) });
  into.setAttribute('aria-label', said().t('shop.add.label', { name: product.name }));
  li.dataset.gtin = product.gtin;
  name.append(look);
  li.append(name, price, into);
  return li;
}

function details(product) {
  shop.viewed(product.gtin);
  own('details-name').textContent = product.name;
  own('details-price').textContent = money()(product.unit_price);
  own('details-gtin').textContent = said().t('shop.number', { gtin: product.gtin });
  own('details-add').onclick = () => {
    add(product);
    own('details').close();
  };
  own('details').showModal();
}

// ---- beginning and end ----

async function handOver() {
  const { handover } = shop.handOver();
  const w = said();
  own('code').textContent = w.t('shop.wait');
  own('handover').showModal();
  const made = await handover;
  if (!made) {
    own('code').textContent = w.t('shop.code.failed');
    return;
  }
  const code = document.createElement('strong');
  code.textContent = made.code;
  own('code').replaceChildren(w.t('shop.code'), code, w.t('shop.code.once'));
  const qr = await ask('/code', { code: made.code }).catch(() => null); // the characters do without it
  if (qr) own('code').append(qrPicture(qr, w.t('shop.code.picture', { code: made.code })));
}

// The address that a kiosk's QR code has: the cart there goes on here, as soon as it is known whose. Anybody can send her such
// an address, so that nothing goes into her cart before she has seen it and agreed.
const HANDED = /^\/h\/([2-9A-HJKMNP-Z]{6})$/i;
const notTaken = (code) => (said().has(`shop.not_taken.${code}`) ? said().t(`shop.not_taken.${code}`) : said().t('shop.not_taken', { reason: reasonOf(code) }));

async function takeHanded() {
  const [, code] = HANDED.exec(location.pathname) ?? [];
  if (!code || shop.state.state !== 'live') return;
  history.replaceState(null, '', '/'); // good once: a reload does not ask again
  try {
    notice(await takeAsked(code));
  } catch (error) {
    notice(notTaken(error.code));
  }
}

// Gives what is to be said of it.
async function takeAsked(code) {
  for (let changed = false; ; changed = true) {
    const seen = await shop.handed(code);
    if (seen.joins && !await agreed(seen.cart, changed)) return said().t('shop.taken.none');
    try {
      await shop.takeOver(code, seen);
      return said().t(seen.joins ? 'shop.taken.joined' : 'shop.taken.here');
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
    if (kind.startsWith('cart.')) notice(said().t('shop.taken_back', { reason: reasonOf(code) }));
  });
  own('who').textContent = customer.name;
  for (const id of ['catalogue', 'cart', 'sign-out']) own(id).hidden = false;
  own('welcome').hidden = true;
  document.title = `${customer.name} · Nib & Paper`;
  render(shop.cart);
}

async function signOut() {
  if (shop.unsent > 0 && !confirm(said().plural('shop.leave', shop.unsent))) return;
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
  const words = asked && consentWords(asked, null, said());
  own('asked').hidden = !words;
  if (!words) return;
  const text = own('asked').querySelector('span');
  Object.assign(text, { textContent: words.text, lang: words.language });
  own('profiling').onchange = ({ target }) => shop.consent(asked.id, target.checked, asked.text_version);
}

// What stands still between two languages.
function showCatalogue() {
  consentAsk(catalogue.consents.find(({ id }) => id === 'profiling'));
  own('products').replaceChildren(...catalogue.products.map(productItem));
  if (shop) render(shop.cart);
}

await beginWords(own('language'));
catalogue = await ask('/catalogue');
showCatalogue();
onSpoken(showCatalogue);
const { customer, customers } = await ask('/account');
if (customer) await begin(customer);
else {
  own('people').append(...customers.map(personItem));
  own('handed').hidden = !HANDED.test(location.pathname);
  own('welcome').hidden = false;
}

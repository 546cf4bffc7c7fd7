// <tillbridge-customer>: who stands at this till, inside a web POS. docs/pos.md is the guide. No dependencies but its words.
//
//   import './tillbridge-customer.js';
//   const who = document.querySelector('tillbridge-customer');
//   who.token = token;                                   // from pairing; a property, never an attribute
//   who.addEventListener('customer-identified', (e) => …e.detail.view.customer.name);
//   await who.call('checkout.claim');
//
// Attributes: url, the agent's address (http://127.0.0.1:7315); lang, as everywhere in HTML: ar, de, en, es, fr, and English
// for any other. Properties: token, words (texts in place of those of tillbridge-customer-words.js, under the same names),
// current (what is shown, null when nobody is here). Events, with the params of the API's events as detail:
// customer-identified, customer-changed, customer-left, cart-changed, change-decided, outcome, operator, handovers,
// handover-over, handover-own, state; and connection, with { state: 'connecting' | 'open' | 'lost' | 'refused' }.
//
// All is in a shadow root with a style sheet of its own, built without inline code or HTML texts: it needs nothing of a
// page's CSP but connect-src for the agent's address. Parts for ::part(): name, tier, points, benefits, age, cart, note.

import { WORDS } from './tillbridge-customer-words.js';

export { WORDS };

const PROTOCOL = 'tillbridge-pos.v1';
const AGENT = 'http://127.0.0.1:7315';
const ANSWER_MS = 6_000;
const AGAIN_MS = [500, 1_000, 2_000, 5_000];
const LOOK_MS_MAX = 3_600_000; // what is shown for days is looked at each hour: timers end at 24 days

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const RIGHT_TO_LEFT = ['ar'];

const STYLE = `
:host { display: block; font: 1rem/1.4 system-ui, sans-serif; color: CanvasText; background: Canvas;
  border: 1px solid GrayText; border-radius: 8px; padding: 12px; box-sizing: border-box; min-inline-size: 16rem; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; margin: 0; }
.name { font-size: 1.35em; font-weight: 650; overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; margin-block: 4px 8px; }
.tier { border: 2px solid currentColor; border-radius: 999px; padding: 0 10px; font-weight: 650; }
ul { padding: 0; list-style: none; }
.benefits li::before { content: '• '; }
.benefits { margin-block-end: 8px; }
.lines li { display: grid; grid-template-columns: 1fr auto auto; gap: 12px; padding-block: 3px;
  border-block-start: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
.lines, .total { font-variant-numeric: tabular-nums; }
.total { display: flex; justify-content: space-between; border-block-start: 2px solid currentColor; font-weight: 650;
  padding-block-start: 4px; }
.age { font-size: .9em; }
.facts .age { flex-basis: 100%; }
.lines .age, .total .age { display: block; font-weight: 400; }
.note { margin-block-start: 8px; }
.note:first-child { margin-block-start: 0; }
.note:empty { display: none; }
@media (forced-colors: active) {
  :host, .lines li { border-color: CanvasText; } /* what is grey there cannot be used */
}
`;

const node = (name, attributes = {}, ...inside) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside.filter((one) => one !== null && one !== undefined));
  return made;
};

const part = (name, element, ...inside) => node(element, { class: name, part: name }, ...inside);

// Not a number of digits for every currency: Intl knows them.
function money(amount, currency, language) {
  const format = new Intl.NumberFormat(language, { style: 'currency', currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

export class TillbridgeCustomer extends HTMLElement {
  static observedAttributes = ['url', 'lang'];

  #root;
  #body;
  #token = '';
  #words = {};
  #socket = null;
  #timer = 0;
  #tries = 0;
  #id = 0;
  #calls = new Map();
  #connection = 'connecting';
  #terminal = null;
  #state = null;
  #current = null;
  #ahead = null; // of the agent's clock over this page's, ms; null: never told
  #fresh_ms = Infinity; // until the first of what is shown is too old
  #aging = 0;
  #languages = new MutationObserver(() => this.#render()); // of the page around it

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root = this.attachShadow({ mode: 'open' });
    this.#root.adoptedStyleSheets = [sheet];
    this.#body = node('section', { 'aria-live': 'polite' });
    this.#root.append(this.#body);
  }

  get url() { return this.getAttribute('url') || AGENT; }
  set url(value) { this.setAttribute('url', value); }
  get token() { return this.#token; }
  set token(value) { this.#token = value ?? ''; this.#restart(); }
  get words() { return this.#words; }
  set words(value) { this.#words = { ...value }; this.#render(); }
  get current() { return this.#current; }
  get connection() { return this.#connection; }

  connectedCallback() {
    this.#languages.observe(document, { attributes: true, attributeFilter: ['lang'], subtree: true });
    this.#restart();
  }
  disconnectedCallback() {
    this.#languages.disconnect();
    this.#end();
  }
  attributeChangedCallback(name) {
    if (name === 'url') this.#restart();
    else this.#render();
  }

  /** One call of the API; rejects with an Error that has its stable code. */
  call(method, params = {}) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return Promise.reject(Object.assign(new Error('not connected'), { code: 'retry.offline' }));
    const id = ++this.#id;
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#answer({ id, error: { message: 'no answer', data: { code: 'retry.timeout' } } }), ANSWER_MS);
      this.#calls.set(id, { resolve, reject, timer });
    });
  }

  // ---- the connection ----

  #restart() {
    this.#end();
    this.#tries = 0;
    if (this.isConnected && this.#token) this.#open();
    else this.#render();
  }

  #end() {
    clearTimeout(this.#timer);
    clearTimeout(this.#aging);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#forget();
  }

  #forget() {
    for (const id of [...this.#calls.keys()]) this.#answer({ id, error: { message: 'connection lost', data: { code: 'retry.offline' } } });
    if (this.#current) this.#emit('customer-left', { visit: null, reason: 'connection' });
    this.#current = null;
    this.#state = null;
  }

  #open() {
    this.#become('connecting');
    const address = new URL('/pos/v1', this.url);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address, [PROTOCOL, `bearer.${this.#token}`]);
    this.#socket = socket;
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = () => { if (this.#socket === socket) this.#lost(); };
  }

  // A browser does not tell why a websocket did not open: a call over HTTP does.
  async #lost() {
    const socket = this.#socket;
    this.#forget();
    this.#become((await this.#isRefused()) ? 'refused' : 'lost');
    if (this.#socket !== socket || !this.isConnected) return;
    const wait = AGAIN_MS[Math.min(this.#tries++, AGAIN_MS.length - 1)] * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.#open(), this.#connection === 'refused' ? 10 * wait : wait);
  }

  async #isRefused() {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    try {
      const answer = await fetch(new URL('/pos/v1/rpc', this.url), { method: 'POST', headers, body, credentials: 'omit', cache: 'no-store' });
      return answer.status === 401 || answer.status === 403;
    } catch {
      return false;
    }
  }

  #receive(message) {
    if (message.method === undefined) return this.#answer(message);
    const { method, params } = message;
    const nobody = this.#current === null && method === 'customer.left'; // as at the beginning of a connection
    if (Number.isFinite(params?.wall_ms)) this.#ahead = params.wall_ms - performance.now();
    if (method === 'ready') {
      this.#tries = 0;
      this.#become('open');
    }
    if (method === 'terminal') this.#terminal = params;
    if (method === 'state') this.#state = params;
    if (method === 'customer.identified' || method === 'customer.changed') this.#current = params;
    if (method === 'customer.left') this.#current = null;
    if (method === 'cart.changed' && this.#current) this.#current = { ...this.#current, cart: params.cart };
    this.#render();
    if (method !== 'ready' && method !== 'terminal' && !nobody) this.#emit(method.replace('.', '-'), params);
    return undefined;
  }

  #answer({ id, result, error }) {
    const waiting = this.#calls.get(id);
    this.#calls.delete(id);
    clearTimeout(waiting?.timer);
    if (error) waiting?.reject(Object.assign(new Error(error.message), { code: error.data?.code }));
    else waiting?.resolve(result);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #become(state) {
    this.#connection = state;
    this.#render();
    this.#emit('connection', { state });
  }

  // ---- what is shown ----

  #language() {
    return this.closest('[lang]')?.lang || document.documentElement.lang || 'en';
  }

  // The language that there are words of: the first part of a tag such as de-AT counts.
  #spoken() {
    const [language] = this.#language().toLowerCase().split('-');
    return Object.hasOwn(WORDS, language) ? language : 'en';
  }

  #has(key) { return Object.hasOwn(this.#words, key) || Object.hasOwn(WORDS[this.#spoken()], key); }

  #text(key, values = {}) {
    const word = this.#words[key] ?? WORDS[this.#spoken()][key];
    const text = typeof word === 'string' ? word : word[new Intl.PluralRules(this.#spoken()).select(values.n)] ?? word.other;
    return text.replace(/\{(\w+)\}/g, (_, name) => (name === 'n' ? new Intl.NumberFormat(this.#language()).format(values.n) : values[name]));
  }

  #time(ms) { return new Intl.DateTimeFormat(this.#language(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms); }

  #render() {
    this.#body.lang = this.#spoken();
    this.#body.dir = RIGHT_TO_LEFT.includes(this.#spoken()) ? 'rtl' : 'ltr';
    this.#body.setAttribute('aria-label', this.#text('element.region'));
    clearTimeout(this.#aging);
    this.#fresh_ms = Infinity;
    const shown = this.#connection === 'open' && this.#current ? this.#customer() : [];
    this.#body.replaceChildren(...shown, part('note', 'p', this.#notes().join(' ')));
    if (this.#fresh_ms < Infinity) this.#aging = setTimeout(() => this.#render(), Math.min(this.#fresh_ms + 1, LOOK_MS_MAX));
  }

  // Whether a fact of this time is older than the chain has it shown. At a limit of 0 it is shown at any age.
  #isOld(as_of, what) {
    const limit = this.#terminal?.max_age_show_ms?.[what];
    if (!(limit > 0 && as_of > 0) || this.#ahead === null) return false;
    const left = limit - (performance.now() + this.#ahead - as_of);
    if (left >= 0) this.#fresh_ms = Math.min(this.#fresh_ms, left);
    return left < 0;
  }

  // How old a fact of this time is, in words, once that is worth a word: with a live line after a day, without one after an
  // hour. form: 'old' or 'age', as the catalogues have it.
  #age(as_of, form) {
    if (!(as_of > 0) || this.#ahead === null) return '';
    const age = performance.now() + this.#ahead - as_of;
    const from = this.#state?.line?.state === 'live' ? DAY_MS : HOUR_MS;
    const unit = age >= DAY_MS ? DAY_MS : HOUR_MS;
    this.#fresh_ms = Math.min(this.#fresh_ms, age < from ? from - age : unit - (age % unit));
    const words = form === 'old' ? ['old.hour', 'old.day'] : ['age.hour', 'age.day'];
    return age < from ? '' : this.#text(words[unit === DAY_MS ? 1 : 0], { n: Math.floor(age / unit) });
  }

  #aged(key, age) {
    return age ? part('age', 'span', this.#text(key, { age })) : null;
  }

  #notes() {
    if (this.#connection === 'connecting') return [this.#text('element.connecting')];
    if (this.#connection !== 'open') return [this.#text(this.#connection === 'refused' ? 'element.refused' : 'element.lost')];
    return [...(this.#current ? [] : [`${this.#text('idle.both')}.`]), ...this.#outage()];
  }

  // What the line is, what works, what does not, and what happens later.
  #outage() {
    const line = this.#state?.line;
    const never = ['never.works', 'never.not', 'never.later']; // it was not connected once
    if (line?.state === 'connecting') return ['connecting.title', ...(this.#terminal ? ['offline.works', 'offline.not', 'connecting.later'] : never)].map((key) => this.#text(key));
    if (line?.state !== 'offline') return [];
    const cause = `offline.cause.${line.cause}`;
    if (!this.#terminal) return ['never.title', ...(this.#has(cause) ? [cause] : []), ...never].map((key) => this.#text(key));
    const later = `offline.later.${line.cause}`;
    return [this.#text('offline.title', { time: this.#time(line.since_ms) }), this.#has(cause) ? this.#text(cause) : '', this.#text('offline.works'), this.#text('offline.not'),
      this.#text(this.#has(later) ? later : 'offline.later')].filter(Boolean);
  }

  #customer() {
    const { customer, cart } = this.#current;
    const view = this.#current.view ?? {}; // nobody's
    const name = view.customer?.name || this.#text(customer ? 'customer.nameless' : 'customer.anonymous');
    const tier = this.#terminal?.tiers?.find((one) => one.id === view.tier);
    const facts = node('div', { class: 'facts' },
      tier && part('tier', 'span', `${tier.symbol ? `${tier.symbol} ` : ''}${tier.name}`),
      Number.isFinite(view.points) ? part('points', 'span', this.#points(view)) : null,
      this.#aged('element.profile.age', this.#age(view.as_of?.profile_ms, 'old')));
    const benefits = view.benefits?.length ? part('benefits', 'ul', ...view.benefits.map((one) => node('li', {}, node('bdi', {}, one.text)))) : null;
    return [part('name', 'p', name), facts, benefits, this.#cart(cart)].filter(Boolean);
  }

  #points({ points, as_of }) {
    return this.#isOld(as_of?.profile_ms, 'points') ? this.#text('cart.notCurrent') : this.#text('customer.points', { n: points });
  }

  // A sum is as old as the oldest of what it is made of; one that is no number cannot be told either.
  #cart(cart) {
    if (!cart?.lines.length) return part('cart', 'p', this.#text('cart.empty'));
    const amount = (value, isTold) => node('span', {}, isTold ? money(value, cart.currency, this.#language()) : this.#text('cart.notCurrent'));
    const old = new Set(cart.lines.filter((line) => this.#isOld(line.price_as_of, 'price')));
    const lines = cart.lines.map((line) => node('li', {}, node('span', {}, node('bdi', {}, line.name || line.gtin), old.has(line) ? null : this.#aged('price.age', this.#age(line.price_as_of, 'old'))),
      node('span', {}, `× ${line.quantity}`), amount(line.unit_price * line.quantity, !old.has(line))));
    const claim = cart.claim ? node('p', {}, this.#claim(cart.claim)) : null;
    const items = node('span', {}, this.#text('cart.items', { n: cart.item_count }), this.#aged('fresh.cart', this.#age(cart.as_of, 'age')));
    const total = node('p', { class: 'total' }, items, amount(cart.total, old.size === 0 && Number.isFinite(cart.total)));
    return part('cart', 'div', node('ul', { class: 'lines' }, ...lines), total, claim);
  }

  #claim({ mine, by, since_ms }) {
    const since = this.#time(since_ms);
    if (mine) return this.#text('claim.mine', { since });
    return by ? this.#text('claim.by', { who: by, since }) : this.#text('claim.elsewhere', { since });
  }
}

customElements.define('tillbridge-customer', TillbridgeCustomer);

// The web channel: connects a web shop's cart to the context store, in a browser or in Node. docs/web.md is the guide,
// docs/protocol.md "Context sync" the protocol. No dependencies; tillbridge-cart.js, -line.js, -outbox.js, -shape.js and
// -storage.js lie beside it.
//
//   const shop = await Tillbridge.open({ url, customer, token });
//   shop.on('cart', render);
//   shop.add('09521234567899', 1);

import { isCartChange, LINE_COUNT_MAX, QUANTITY_MAX, viewOf } from './tillbridge-cart.js';
import { Line } from './tillbridge-line.js';
import { cryptoReady, Outbox, randomId } from './tillbridge-outbox.js';
import { codeOf, optionsCheck, rowsOf } from './tillbridge-shape.js';
import { browserStorage, memoryStorage } from './tillbridge-storage.js';

export { viewOf } from './tillbridge-cart.js';
export { browserStorage, indexedDbStorage, localStorageStorage, memoryStorage } from './tillbridge-storage.js';

const ROW_COUNT_MAX = 512; // of one type that are remembered, and
const TYPE_COUNT_MAX = 32; // types
const GTIN = /^[0-9]{14}$/;
const NO_HASH = '0'.repeat(64); // of a look-up by evidence alone

const coded = (code, message = code) => Object.assign(new Error(message), { code });
/**
 * @typedef {object} Options
 * @property {string} url the context store's web listener, wss://…
 * @property {string} customer the customer's id: 32 hexadecimal digits, lower case
 * @property {() => string | Promise<string>} token called for each connection; gives a fresh token of this customer within 30 s
 * @property {object} [storage] see tillbridge-storage.js; the best that the browser has, in Node memory
 * @property {'web' | 'app'} [channel]
 * @property {string} [software] name and version of the shop
 * @property {string} [source] of journey events; the page's origin
 * @property {(url: string, protocols: string[]) => WebSocket} [socket] for Node and proxies
 * @property {object} [env] stands in for globalThis: timers, clocks, random numbers
 *
 * @typedef {object} Product what the shop itself knows, shown until the context store has answered
 * @property {string} name
 * @property {number} unit_price in minor units
 * @property {string} currency ISO 4217
 *
 * @typedef {object} CartLine
 * @property {string} id
 * @property {string} gtin 14 digits
 * @property {number} quantity
 * @property {number} unit_price in minor units
 * @property {boolean} pending a change of it is not decided yet
 * @property {string} [options]
 * @property {string} [name]
 * @property {string} [channel] where it was added: web, app, kiosk, till, call
 * @property {number} [added_ms]
 * @property {{by: number, since_ms: number}} [price_change]
 * @property {boolean} [gift]
 * @property {string} [note]
 *
 * @typedef {object} Cart
 * @property {string} id
 * @property {string} currency
 * @property {CartLine[]} lines
 * @property {number} item_count
 * @property {number} total in minor units
 * @property {number} unsent changes that are not decided yet
 * @property {string} note
 * @property {number} [touched_ms]
 * @property {string} [touched_channel]
 * @property {string} [touched_by]
 * @property {{by?: string, since_ms?: number, until_ms: number}} [claim] somebody is paying
 *
 * @typedef {object} State
 * @property {'connecting' | 'live' | 'offline' | 'closed'} state
 * @property {string} [cause]
 * @property {string} [code]
 * @property {number} [retry_ms] until the next attempt; 0 while one is under way
 *
 * @typedef {object} Verdict
 * @property {'applied' | 'duplicate' | 'rejected' | 'undecided'} verdict
 * @property {string} [code]
 * @property {string} [conflict]
 *
 * @typedef {object} Change
 * @property {number} seq
 * @property {Promise<boolean>} saved whether it survives the page
 * @property {Promise<Verdict>} decided
 */

// What a storage holds may be of another version of this module.
const rowsKept = (row) => (typeof row === 'object' && row !== null && !Array.isArray(row) ? rowsOf([row]) : []);
const isBrowser = (env) => Boolean(env.document && env.navigator);

export class Tillbridge {
  #options;
  #env;
  #storage;
  #outbox;
  #line;
  #listeners = new Map();
  #rows = new Map(); // type -> id -> row
  #deciding = new Map(); // seq -> function that is given the verdict
  #cart_id; // of the last cart that was heard of
  #closed = false;
  #drains = false;

  /**
   * Resolves when what the storage holds is there, with or without a line. Rejects with a TypeError for options that make no
   * sense, and with what the storage says when it fails.
   * @param {Options} options
   * @returns {Promise<Tillbridge>}
   */
  static async open(options) {
    optionsCheck(options, options.env ?? globalThis);
    await cryptoReady(options.env ?? globalThis);
    const shop = new Tillbridge(options);
    shop.#storage = options.storage ?? (isBrowser(shop.#env) ? await browserStorage({ env: shop.#env }) : memoryStorage());
    shop.#outbox = await Outbox.open(shop.#storage, options.customer, shop.#env);
    shop.#begin();
    return shop;
  }

  constructor(options) {
    this.#env = options.env ?? globalThis;
    this.#options = { channel: 'web', software: 'tillbridge.js', source: this.#env.location?.origin ?? 'urn:tillbridge:web', ...options };
  }

  #begin() {
    for (const row of rowsKept(this.#outbox.head.cart)) this.#rowTake(row);
    this.#line = new Line(this.#options, this.#outbox, this.#env, {
      state: (state) => {
        this.#drains = this.#drains && state.state !== 'live'; // tabs may have been closed since
        this.#emit('state', state);
      },
      rows: (rows) => this.#rowsTake(rows),
      forget: () => this.#rowsForget(),
      verdicts: (judged) => this.#verdictsTake(judged),
      cloned: () => this.#outboxAnew(),
      idle: () => this.#drain(),
    });
    this.#line.open();
  }

  // ---- what is so ----

  /**
   * The cart with what is not decided yet laid over it; null when there is none.
   * @returns {Cart | null}
   */
  get cart() {
    return viewOf(this.#base(), this.#outbox.pending);
  }

  /**
   * See the event of that name.
   * @returns {State}
   */
  get state() {
    return this.#line.state;
  }

  /** How many changes wait to be decided. */
  get unsent() {
    return this.#outbox.count;
  }

  /** They, oldest first. */
  get pending() {
    return this.#outbox.pending.map(({ mutation }) => mutation);
  }

  /** 'indexeddb', 'localstorage', 'memory', or what an injected one calls itself. */
  get storage() {
    return this.#storage.kind;
  }

  get incarnation() {
    return this.#outbox.incarnation;
  }

  /** The context store's clock in Unix milliseconds, for what is said to last until a time; undefined before the first contact. */
  get serverTime() {
    return this.#line.serverTime;
  }

  /** The rows of a type ('customer', 'journey', 'reward', 'handover', …) as they were heard last. */
  rows(type) {
    return [...(this.#rows.get(type)?.values() ?? [])];
  }

  /**
   * Events: 'state' {state, cause, code, retry_ms}; 'cart' (the view, or null); 'customer' (doc, or null); 'row' (every row);
   * 'verdict' {seq, kind, verdict, code, conflict}; 'taken_back' {seq, kind, code, mutation}; 'unsent' (number).
   * Gives a function that ends it.
   */
  on(event, listener) {
    const listeners = this.#listeners.get(event) ?? this.#listeners.set(event, new Set()).get(event);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  // ---- what can be done; each gives { seq, saved, decided } ----

  /**
   * @param {string} gtin 14 digits
   * @param {number} [quantity]
   * @param {{options?: string, product?: Product, keepGift?: boolean}} [more] keepGift: she takes back that she took a gift off
   * @returns {Change}
   */
  add(gtin, quantity = 1, { options, product, keepGift } = {}) {
    if (!GTIN.test(gtin)) throw new TypeError('gtin has 14 digits, padded with zeros on the left');
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > QUANTITY_MAX) throw new TypeError(`quantity is an integer from 1 to ${QUANTITY_MAX}`);
    return this.mutate('cart.add', { cart: this.#cartId(), line: randomId(this.#env), gtin, quantity, ...(options && { options }),
      ...(keepGift && { keep_gift: true }) }, product);
  }

  /**
   * @param {string} line its id
   * @param {number} to
   * @param {number} [from] what the person saw when she asked for it
   * @returns {Change}
   */
  setQuantity(line, to, from = this.#quantityOf(line)) {
    return this.mutate('cart.set_quantity', { cart: this.#cartId(), line, from, to });
  }

  /**
   * @param {string} line its id
   * @param {number} [from] as in setQuantity()
   * @returns {Change}
   */
  remove(line, from = this.#quantityOf(line)) {
    return this.mutate('cart.remove', { cart: this.#cartId(), line, from });
  }

  /**
   * On a line, or without one on the cart; an empty text takes it away.
   * @returns {Change}
   */
  note(text, line) {
    return this.mutate('cart.note', { cart: this.#cartId(), ...(line && { line }), text });
  }

  /**
   * @param {string} consent its id
   * @param {boolean} granted
   * @param {string} text_version of the text that she read
   * @returns {Change}
   */
  consent(consent, granted, text_version) {
    return this.mutate('consent.set', { consent, granted, text_version });
  }

  /**
   * A touchpoint, as a CloudEvents 1.0 object. data: at most 1 KiB of JSON.
   * @returns {Change}
   */
  journey(type, { subject, data } = {}) {
    return this.mutate('journey.event', { event: { specversion: '1.0', id: randomId(this.#env), source: this.#options.source, type,
      time: new Date(this.#env.Date.now()).toISOString(), ...(subject && { subject }), ...(data && { data }) } });
  }

  /** @returns {Change} */
  viewed(gtin) {
    return this.journey('product.viewed', { subject: gtin, data: { gtin } });
  }

  /**
   * Asks for somebody in a shop to go on. `handover` is a promise of the doc with its code, undefined when it was turned down.
   * @param {{to?: string, note?: string}} [wish]
   * @returns {Change & {handover: Promise<{code?: string, state: string} | undefined>}}
   */
  handOver({ to = 'any', note } = {}) {
    const handover = randomId(this.#env);
    const cart = this.cart?.id;
    const change = this.mutate('handover.request', { handover, to, ...(cart && { cart }), ...(note && { note }) });
    const heard = new Promise((resolve) => {
      const end = this.on('row', (row) => {
        if (row.type !== 'handover' || row.id !== handover) return;
        end();
        resolve(row.doc);
      });
      change.decided.then(({ verdict }) => {
        if (verdict === 'applied' || verdict === 'duplicate') return;
        end();
        resolve(undefined);
      });
    });
    return { ...change, handover: heard };
  }

  /**
   * Looks at what a code was handed over for, as the address behind a kiosk's QR code has it, and changes nothing. joins:
   * takeOver() would put what is in `cart`, which is nobody's, into hers: ask her first, with what it is (docs/web.md).
   * Without it the hand-over is her own, and `cart` is null. Rejects with { code }: 'offline', 'handover_unknown' (none, over,
   * or somebody else's), 'lookup.limit' (too many that were none), or why the carts cannot be joined.
   * @param {string} code six characters
   * @returns {Promise<{joins: boolean, cart: Cart | null, version?: number}>}
   */
  async handed(code) {
    const { cart } = await this.#handed(code);
    return cart ? { joins: true, cart: viewOf(cart, []), version: cart.version } : { joins: false, cart: null };
  }

  /**
   * Goes on with what handed() showed: her own cart, or nobody's, which joins hers. Call it when she has agreed to that.
   * Promises { joined }; rejects with { code } as handed() does, with 'cart_changed' when it is not what she saw any more (show
   * it again: nothing was taken), 'handover_taken', or what the context store says against joining.
   * @param {string} code six characters
   * @param {{joins?: boolean, cart?: Cart | null, version?: number}} [seen] what handed() gave; without it whatever is there is taken
   * @returns {Promise<{joined: boolean}>}
   */
  async takeOver(code, seen = {}) {
    const { handover, cart } = await this.#handed(code);
    const joined = Boolean(cart);
    const { joins = joined, version = cart?.version } = seen;
    if (joins !== joined || version !== cart?.version || (seen.cart && seen.cart.id !== cart?.id)) throw coded('cart_changed');
    // One change: the store accepts and joins in one step, and only what is still of the version that was seen.
    const { decided } = joined ? this.mutate('cart.merge', { cart: this.#cartId(), from: cart.id, policy: 'sum', handover: handover.id,
      ...(seen.version !== undefined && { from_version: seen.version }) }) : this.mutate('handover.accept', { handover: handover.id });
    const { verdict, code: why } = await decided;
    if (verdict !== 'applied' && verdict !== 'duplicate') throw coded(why ?? verdict);
    return { joined };
  }

  // The rows of the hand-over and, where one of nobody's is to join hers, of that cart.
  async #handed(code) {
    const { found, rows = [], refused } = await this.#line.request('identify', { kind: 'handover', hash: NO_HASH, evidence: code.toUpperCase() });
    const put = (wanted, id) => found === true && rowsOf(rows).find((row) => row.type === wanted && row.op === 'put' && (id ?? row.id) === row.id);
    const handover = put('handover');
    if (!handover) throw coded(codeOf(refused) ?? 'handover_unknown');
    if (handover.customer || !handover.doc.cart) return { handover };
    const cart = put('cart', handover.doc.cart);
    if (!cart) throw coded('cart_unknown');
    this.#joinCheck(cart.doc);
    return { handover, cart };
  }

  // Before the hand-over is accepted: a cart that cannot join would be nobody's to go on with.
  #joinCheck(theirs) {
    const { cart } = this;
    if (!cart) return;
    if (cart.currency && theirs.currency && cart.currency !== theirs.currency) throw coded('currency_conflict');
    if (cart.lines.length + theirs.lines.length > LINE_COUNT_MAX) throw coded('line_limit');
  }

  /** A product's document, null when it is not known. Rejects without a line. */
  async product(gtin) {
    return (await this.#line.request('product.find', { gtin }))?.product ?? null;
  }

  /**
   * Any mutation of docs/protocol.md that a web session may make. Throws an Error with code 'closed', or 'queue_full' when
   * 1,000 wait.
   * @param {string} kind
   * @param {object} members
   * @param {Product} [product]
   * @returns {Change}
   */
  mutate(kind, members, product) {
    if (this.#closed) throw coded('closed', 'the channel is closed');
    const at_ms = this.#env.Date.now();
    const entry = this.#outbox.add({ kind, customer: this.#options.customer, made_ms: at_ms, ...members },
      { at_ms, channel: this.#options.channel, ...(product && { product }) });
    const { seq } = entry.mutation;
    const decided = new Promise((resolve) => this.#deciding.set(seq, resolve));
    entry.saved.then((kept) => (kept ? this.#line.pump() : this.#takenBack(entry, { seq, verdict: 'rejected', code: 'not_stored' })));
    this.#changed(kind);
    return { seq, saved: entry.saved, decided };
  }

  /** Ends the connection; what waits stays in the storage for the next page. */
  async close() {
    this.#end();
    await this.#outbox.leave();
  }

  /** Signs out: nothing of the customer stays in this browser. What was not sent is lost; `unsent` says how much that is. */
  async forget() {
    this.#end();
    await this.#outbox.remove();
    for (const outbox of await Outbox.free(this.#storage, this.#options.customer)) await outbox.remove();
    this.#rows.clear();
  }

  #end() {
    this.#closed = true;
    this.#line.close();
    for (const resolve of this.#deciding.values()) resolve({ verdict: 'undecided' });
    this.#deciding.clear();
  }

  // ---- rows ----

  #base() {
    return this.#rows.get('cart')?.get(this.#cart_id);
  }

  #cartId() {
    return this.#base()?.id ?? this.cart?.id ?? randomId(this.#env);
  }

  #quantityOf(line) {
    const known = this.cart?.lines.find((one) => one.id === line);
    if (!known) throw coded('line_unknown', 'the cart has no such line');
    return known.quantity;
  }

  // False when it was known already.
  #rowTake(row) {
    if (!this.#rows.has(row.type) && this.#rows.size >= TYPE_COUNT_MAX) return false;
    const rows = this.#rows.get(row.type) ?? this.#rows.set(row.type, new Map()).get(row.type);
    if ((rows.get(row.id)?.version ?? 0) >= row.version) return false;
    if (!rows.has(row.id) && rows.size >= ROW_COUNT_MAX) rows.delete(rows.keys().next().value);
    rows.set(row.id, row);
    if (row.type === 'cart' && row.op === 'put') this.#cart_id = row.id;
    if (row.type === 'cart' && row.op !== 'put' && row.id === this.#cart_id) this.#cart_id = undefined;
    return true;
  }

  // A cart of nobody's that joined hers comes with the verdict, and is none to show.
  #isHers({ type, customer }) {
    return customer === undefined ? type !== 'cart' && type !== 'handover' : customer === this.#options.customer;
  }

  #rowsTake(rows) {
    const news = rows.filter((row) => this.#isHers(row) && this.#rowTake(row));
    if (news.some((row) => row.type === 'cart')) {
      this.#outbox.head.cart = this.#base();
      this.#emit('cart', this.cart);
    }
    for (const row of news) {
      if (row.type === 'customer') this.#emit('customer', row.op === 'put' ? row.doc : null);
      this.#emit('row', row);
    }
    // Erased: then nothing of her stays here either.
    if (news.some((row) => row.type === 'customer' && row.op === 'drop')) this.forget().catch(() => {});
    return news.some((row) => row.type === 'cart');
  }

  // The context store was restored from a backup: what it says from now on counts, whatever its version.
  #rowsForget() {
    this.#rows.clear();
    this.#cart_id = undefined;
    delete this.#outbox.head.cart;
  }

  // ---- verdicts ----

  // judged: [{ verdict, entry }]; the rows that came with them are taken in the same step.
  #verdictsTake({ judged, rows }) {
    const entries = judged.map(({ entry }) => entry).filter(Boolean);
    this.#outbox.pending = this.#outbox.pending.filter((entry) => !entries.includes(entry));
    const shown = this.#rowsTake(rows);
    this.#outbox.decide(entries).catch(() => {}); // what stays in the storage is sent again, and answered again
    if (!shown && entries.some(({ mutation }) => isCartChange(mutation.kind))) this.#emit('cart', this.cart);
    for (const { verdict, entry } of judged) if (entry) this.#verdictTell(verdict, entry);
    this.#emit('unsent', this.unsent);
  }

  #verdictTell(verdict, { mutation }) {
    this.#emit('verdict', { ...verdict, kind: mutation.kind });
    if (verdict.verdict === 'rejected') this.#emit('taken_back', { seq: mutation.seq, kind: mutation.kind, code: verdict.code, mutation });
    this.#deciding.get(mutation.seq)?.(verdict);
    this.#deciding.delete(mutation.seq);
  }

  #takenBack(entry, verdict) {
    this.#changed(entry.mutation.kind);
    this.#verdictTell(verdict, entry);
  }

  #changed(kind) {
    if (isCartChange(kind)) this.#emit('cart', this.cart);
    this.#emit('unsent', this.unsent);
  }

  // The context store knows more of this device than its storage does: a copy, or a storage that went back in time. What
  // waited there may have been decided; it is not sent again.
  async #outboxAnew() {
    const given_up = this.#outbox.pending;
    await this.#outbox.remove();
    this.#outbox = await Outbox.make(this.#storage, this.#options.customer, this.#env);
    for (const entry of given_up) this.#takenBack(entry, { seq: entry.mutation.seq, verdict: 'rejected', code: 'device_cloned' });
    return this.#outbox;
  }

  // ---- other tabs ----

  // What tabs that were closed did not get to send is sent by one that is here and has nothing to do, as their device.
  async #drain() {
    if (this.#drains || this.#closed) return;
    this.#drains = true;
    for (const outbox of await Outbox.free(this.#storage, this.#options.customer)) {
      if (outbox.count && !this.#closed) await this.#drainOne(outbox);
      await (outbox.count ? outbox.leave() : outbox.remove());
    }
  }

  #drainOne(outbox) {
    return new Promise((resolve) => {
      const line = new Line(this.#options, outbox, this.#env, {
        state: ({ state }) => { if (state !== 'connecting' && state !== 'live') end(); },
        rows: (rows) => this.#rowsTake(rows),
        forget: () => {},
        verdicts: ({ judged, rows }) => {
          this.#rowsTake(rows);
          outbox.decide(judged.map(({ entry }) => entry).filter(Boolean)).then(() => outbox.count || end(), end);
        },
        cloned: () => end(),
        idle: () => end(),
      });
      const end = () => {
        line.close();
        resolve();
      };
      line.open();
    });
  }

  #emit(event, value) {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => { throw error; }); // the page's own fault is the page's to hear, and breaks nothing here
      }
    }
  }
}

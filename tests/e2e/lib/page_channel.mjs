// A page's connection without a browser: opens the one-use address, keeps the cookie, speaks tillbridge-page.v1,
// and holds what a page would show.

import { get } from 'node:http';
import WebSocket from 'ws';
import { Events, ONE_BY_ONE, PATIENCE_MS } from './events.mjs';

const SUBPROTOCOL = 'tillbridge-page.v1';

// The answer to one GET: { status, headers, body }.
export function fetchPage(url, headers = {}) {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
    }).on('error', reject);
  });
}

// Trades a one-use address for the page's origin, its path and its session cookie.
export async function signIn(url) {
  const { status, headers } = await fetchPage(url);
  if (status !== 303) throw new Error(`opening a page: HTTP ${status}`);
  return { origin: new URL(url).origin, path: headers.location, cookie: headers['set-cookie'][0].split(';')[0] };
}

// A websocket of that session, not yet listened to; changes replace headers.
export function pageSocket({ origin, path = '/clerk', cookie }, changes = {}) {
  return new WebSocket(`${origin.replace('http', 'ws')}${path}`, [SUBPROTOCOL],
    { ...ONE_BY_ONE, headers: { Cookie: cookie, Origin: origin, ...changes } });
}

export class PageChannel {
  #calls = new Map();
  #call_id = 0;
  #waiting = new Set();

  static async open(url) {
    return PageChannel.of(await signIn(url));
  }

  static async of(session) {
    const page = new PageChannel();
    Object.assign(page, { session, received: '', states: new Events('states'), operators: new Events('operators'), outcomes: [], stray: [], taken: [], captures: [], changes: 0, shown: {}, on_cart: () => {} });
    page.socket = pageSocket(session);
    page.socket.on('message', (data) => page.#receive(data.toString()));
    page.closed = new Promise((resolve) => page.socket.on('close', (code) => {
      page.ended = code;
      for (const { answer } of page.#calls.values()) answer({ lost: true });
      page.#look();
      resolve(code);
    }));
    await new Promise((resolve, reject) => page.socket.once('open', resolve).once('error', reject));
    await page.sees('the first three messages', (s) => s.state && s.visit !== undefined);
    return page;
  }

  // Waits until what the page holds is as it should be: { terminal, state, visit, view, cart, reason }.
  sees(what, matches, patience_ms = PATIENCE_MS) {
    return this.#until(what, () => (matches(this.shown) ? this.shown : undefined), patience_ms);
  }

  // The first outcome, from now or earlier, that was not taken yet and is one of these.
  outcome(...names) {
    return this.#until(`the outcome ${names.join(' or ')}`, () => {
      const at = this.outcomes.findIndex((o) => names.includes(o.outcome));
      return at < 0 ? undefined : this.outcomes.splice(0, at + 1).at(-1);
    });
  }

  // The next change that was taken back.
  takenBack() {
    return this.#until('a change that is taken back', () => this.taken.shift());
  }

  // What became of the next credential that was waited for, once that is decided.
  captured() {
    return this.#until('a credential that was waited for', () => this.captures.shift());
  }

  // The customer's credentials have changed, since this was called last.
  credentialsChanged() {
    return this.#until('credentials that change', () => {
      const changed = this.changes > 0 || undefined;
      this.changes = 0;
      return changed;
    });
  }

  // An answer that belongs to no request of ours: an error with id null.
  complaint() {
    return this.#until('an error that answers nothing', () => this.stray.shift());
  }

  // Resolves with the answer: { result } or { error }, or { lost } when the connection ended first.
  request(method, params = {}) {
    const id = ++this.#call_id;
    this.say({ jsonrpc: '2.0', id, method, params });
    return new Promise((answer) => {
      if (this.ended === undefined) this.#calls.set(id, { answer });
      else answer({ lost: true });
    });
  }

  // The stable code with which a request is turned down; "" when it is not.
  async code(method, params) {
    return (await this.request(method, params)).error?.data.code ?? '';
  }

  say(message) {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  // The line is live, and all that this terminal has changed is decided. The cart says of what it shows whether it waits: the
  // state that counts it comes behind.
  decided() {
    return this.sees('a live line and nothing undecided', ({ state, cart }) => state.line.state === 'live' && state.unsent === 0 && (cart?.unsent ?? 0) === 0);
  }

  // The visit that an answer has named; the page is told of it in a message of its own, before or behind that.
  visitIs(id) {
    return this.sees(`visit ${id}`, (s) => s.visit?.id === id);
  }

  lineOf(gtin) {
    return this.shown.cart?.lines.find((line) => line.gtin === gtin);
  }

  reader(kind) {
    return this.shown.state.readers.find((reader) => reader.kind === kind).state;
  }

  readerIs(kind, ...states) {
    return this.sees(`the ${kind} reader ${states.join(' or ')}`, () => states.includes(this.reader(kind)));
  }

  // A reader, of this name when one is given, was told to be in this state, now or since this was asked for last: one that
  // it may have left already.
  readerWas(kind, state, name) {
    const is = (one) => one.kind === kind && one.state === state && one.name === (name ?? one.name);
    return this.states.next(`the ${kind} reader ${state}`, ({ readers }) => readers.some(is));
  }

  notice(code) {
    return this.shown.state.notices.some((notice) => notice.code === code);
  }

  add(gtin, quantity = 1) {
    return this.request('cart.add', { visit: this.shown.visit.id, gtin, quantity });
  }

  // Until the page has heard that the visit is over: the answer alone may come before that.
  async done() {
    const { id } = this.shown.visit;
    const answer = await this.request('visit.end', { visit: id });
    if (answer.result) await this.sees('the end of the visit', (s) => s.visit?.id !== id);
    return answer;
  }

  // Nobody is here any more, whether or not somebody was.
  async clear() {
    if (this.shown.visit) await this.done();
    await this.sees('nobody', (s) => s.visit === null);
  }

  close() {
    this.socket.terminate();
  }

  #until(what, find, patience_ms = PATIENCE_MS) {
    return new Promise((resolve, reject) => {
      const look = () => {
        let found;
        let wrong = this.ended !== undefined && new Error(`page closed (${this.ended}) while it waited for ${what}`);
        try {
          found = find();
        } catch (error) {
          wrong = error;
        }
        if (found === undefined && !wrong) return;
        this.#waiting.delete(look);
        clearTimeout(timer);
        if (found === undefined) reject(wrong);
        else resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`page: waited ${patience_ms} ms for ${what}; it shows ${JSON.stringify(this.shown)}; `
          + `outcomes ${JSON.stringify(this.outcomes)}`));
      }, patience_ms);
      this.#waiting.add(look);
      look();
    });
  }

  #look() {
    for (const look of [...this.#waiting]) look();
  }

  #receive(text) {
    const message = JSON.parse(text);
    this.received += text;
    if (message.method) this.#take(message.method, message.params);
    else if (this.#calls.has(message.id)) {
      this.#calls.get(message.id).answer(message);
      this.#calls.delete(message.id);
    } else this.stray.push(message);
    this.#look();
  }

  #take(method, params) {
    switch (method) {
      case 'state':
        this.shown.state = params;
        this.states.push(params);
        break;
      case 'terminal':
      case 'handovers':
        this.shown[method] = params;
        break;
      case 'visit':
        Object.assign(this.shown, { visit: params.visit, view: params.view, cart: params.cart, reason: params.reason, by: params.by });
        this.on_cart(this.shown);
        break;
      case 'cart':
        this.shown.cart = params.cart;
        this.on_cart(this.shown);
        break;
      case 'reading':
      case 'reading_end':
        this.shown.reading = method === 'reading';
        break;
      case 'pairing':
        this.shown.pairing = params.pairing;
        break;
      case 'merge':
        Object.assign(this.shown, { merge: params.merge, undo: Boolean(params.undo) });
        break;
      case 'help':
        this.shown.help = params.help;
        break;
      case 'blank':
        this.shown.blank = params.in_ms;
        break;
      case 'operator':
        this.shown.operator = params.operator;
        this.operators.push(params.operator?.id ?? null);
        break;
      case 'choose':
        this.shown.choose = params;
        break;
      case 'credentials_changed':
        this.changes += 1;
        break;
      case 'captured':
        if (params.outcome !== 'deciding') this.captures.push(params);
        break;
      case 'taken_back':
        this.taken.push(params);
        break;
      case 'outcome':
        this.outcomes.push(params);
        break;
    }
  }
}

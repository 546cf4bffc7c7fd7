// A stage for the web channel: a context store that is told what to say, and a clock that is moved by hand.

import { webcrypto } from 'node:crypto';
import { memoryStorage, Tillbridge } from '../../../include/web/tillbridge.js';

export const CUSTOMER = '0'.repeat(31) + '1';

export class Stage {
  constructor() {
    Object.assign(this, { storage: memoryStorage(), sockets: [], states: [], now_ms: 1_000_000, random: 0.5, timers: new Map(), next: 1,
      welcome: {}, tokens: 0, listeners: new Map() });
  }

  // What the module takes of its surroundings.
  get env() {
    return {
      crypto: webcrypto, performance: { now: () => this.now_ms }, Date: { now: () => 1_700_000_000_000 + this.now_ms },
      Math: { random: () => this.random },
      setTimeout: (act, wait_ms) => this.timers.set(this.next, { act, at_ms: this.now_ms + wait_ms }) && this.next++,
      clearTimeout: (id) => this.timers.delete(id),
      addEventListener: (name, act) => this.listeners.set(name, act), removeEventListener: (name) => this.listeners.delete(name),
    };
  }

  async open(options = {}) {
    const shop = await Tillbridge.open({ url: 'wss://store.example/', customer: CUSTOMER, storage: this.storage, env: this.env,
      token: () => { this.tokens += 1; return 'a.b.c'; }, socket: (url, protocols) => this.socket(url, protocols), ...options });
    shop.on('state', (state) => this.states.push(state));
    await settle();
    return shop;
  }

  socket(url, protocols) {
    const heard = new Map();
    const socket = { url, protocols, readyState: 0, said: [], addEventListener: (name, act) => heard.set(name, act),
      send: (text) => socket.said.push(JSON.parse(text)),
      close: () => { socket.readyState = 3; },
      happens: (name, event = {}) => heard.get(name)(event),
      answer: (message) => heard.get('message')({ data: JSON.stringify({ jsonrpc: '2.0', ...message }) }) };
    this.sockets.push(socket);
    return socket;
  }

  get line() {
    return this.sockets.at(-1);
  }

  // The connection is made and welcomed.
  async welcomes(members = {}) {
    this.line.readyState = 1;
    this.line.happens('open');
    await settle();
    Object.assign(this.welcome, members);
    this.result({ protocol: 1, epoch: 'e1', decided_seq: 0, server_time_ms: 5_000, reconnect_window_ms: 8_000, idle_ping_ms: 20_000,
      device: { id: 'web' }, ...this.welcome });
    await settle();
  }

  asked(method) {
    return this.line.said.filter((message) => message.method === method);
  }

  get mutations() {
    return this.asked('mutate').flatMap(({ params }) => params.mutations);
  }

  // Answers the request that was made last.
  result(result) {
    this.line.answer({ id: this.line.said.filter(({ id }) => id).at(-1).id, result });
  }

  error(number, code) {
    this.line.answer({ id: this.line.said.filter(({ id }) => id).at(-1).id, error: { code: number, message: code, data: { code } } });
  }

  async verdicts(verdicts, rows = []) {
    this.line.answer({ method: 'verdicts', params: { verdicts, rows } });
    await settle();
  }

  async feed(rows, more = false) {
    this.result({ scope: `customer:${CUSTOMER}` });
    await settle();
    this.line.answer({ method: 'feed.rows', params: { scope: `customer:${CUSTOMER}`, rows, cursor: 'c', more } });
    await settle();
  }

  async breaks(code = 1006, reason = '') {
    this.line.readyState = 3;
    this.line.happens('close', { code, reason });
    await settle();
  }

  async passes(wait_ms) {
    const end_ms = this.now_ms + wait_ms;
    for (;;) {
      const [id, timer] = [...this.timers].sort(([, a], [, b]) => a.at_ms - b.at_ms)[0] ?? [];
      if (!timer || timer.at_ms > end_ms) break;
      this.timers.delete(id);
      this.now_ms = Math.max(this.now_ms, timer.at_ms);
      timer.act();
      await settle();
    }
    this.now_ms = end_ms;
  }
}

// Everything that follows from what happened, without time passing.
export async function settle() {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

export const cartRow = (version, lines = [], id = 'c'.repeat(32)) => ({ type: 'cart', id, version, as_of: 1, op: 'put', customer: CUSTOMER,
  doc: { currency: 'EUR', lines } });
export const cartLine = (id, quantity, gtin = '09521234567899') => ({ id, gtin, quantity, unit_price: 100 });

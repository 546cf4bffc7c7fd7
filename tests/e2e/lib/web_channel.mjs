// The web channel: what a web shop's page does, as a plain tillbridge.v1 client against contextd's web listener.

import { randomBytes } from 'node:crypto';
import WebSocket from 'ws';
import { Conversation } from '../../protocol/lib/document.mjs';
import { Events } from './events.mjs';

const id = () => randomBytes(16).toString('hex');

export class WebChannel {
  #calls = new Map();
  #call_id = 0;
  #seq = 0;
  #incarnation = id();
  #conversation = new Conversation(); // what is said and heard is as documented, whatever the test is about

  // before: a channel whose connection was lost and that this one goes on for, with what is undecided there.
  static async open({ url, ca, origin, token, customer, before }) {
    const channel = new WebChannel();
    channel.customer = customer;
    channel.carts = new Map();
    channel.undecided = new Map();
    channel.on_verdict = () => {};
    channel.events = new Events('web channel');
    if (before) channel.#inherit(before);
    channel.socket = new WebSocket(url, ['tillbridge.v1'], { ca, origin, servername: 'localhost' });
    channel.socket.on('message', (data) => channel.#receive(JSON.parse(data.toString())));
    channel.socket.on('close', (code) => channel.events.push({ closed: code }));
    await new Promise((resolve, reject) => {
      channel.socket.once('open', resolve);
      channel.socket.once('error', reject);
    });
    await channel.#call('hello', {
      protocol: 1, software: 'web-shop', channel: 'web', token,
      incarnation: channel.#incarnation, next_seq: channel.#seq + 1, epoch: '',
    });
    await channel.#call('feed.open', { scope: `customer:${customer}`, cursor: '' });
    if (channel.undecided.size > 0) channel.#notify('mutate', { mutations: [...channel.undecided.values()] });
    return channel;
  }

  // The open cart as last heard; undefined before the first one.
  get cart() {
    return [...this.carts.values()].at(-1);
  }

  get incarnation() {
    return this.#incarnation;
  }

  // Sends without waiting; the mutation is undecided until its verdict comes.
  mutate(kind, members) {
    const mutation = { seq: ++this.#seq, kind, customer: this.customer, made_ms: Date.now(), ...members };
    this.undecided.set(mutation.seq, mutation);
    this.#notify('mutate', { mutations: [mutation] });
    return mutation.seq;
  }

  send(gtin, quantity) {
    return this.mutate('cart.add', { cart: this.cart?.id ?? id(), line: id(), gtin, quantity });
  }

  async add(gtin, quantity = 1) {
    const seq = this.send(gtin, quantity);
    return this.events.next(`the verdict on mutation ${seq}`, (e) => e.verdict?.seq === seq);
  }

  cartWith(what, matches) {
    if (this.cart && matches(this.cart.doc)) return this.cart;
    return this.events.next(what, (e) => e.cart && matches(e.cart.doc)).then((e) => e.cart);
  }

  close() {
    this.socket.terminate();
  }

  #inherit(before) {
    this.#incarnation = before.#incarnation;
    this.#seq = before.#seq;
    this.undecided = before.undecided;
  }

  #receive(message) {
    this.#conversation.received(message);
    if (message.id !== undefined) {
      const { resolve, reject } = this.#calls.get(message.id);
      this.#calls.delete(message.id);
      if (message.error) reject(new Error(`${message.error.code} ${message.error.message}`));
      else resolve(message.result);
      return;
    }
    const { method, params } = message;
    for (const row of params.rows ?? []) this.#apply(row);
    for (const verdict of params.verdicts ?? []) {
      const mutation = this.undecided.get(verdict.seq);
      if (verdict.verdict !== 'retry') this.undecided.delete(verdict.seq);
      this.events.push({ verdict });
      this.on_verdict(verdict, mutation);
    }
    if (method === 'feed.rows') this.#notify('feed.ack', { scope: params.scope, cursor: params.cursor });
  }

  #apply(row) {
    if (row.type === 'handover') this.events.push({ handover: row });
    if (row.type !== 'cart') return;
    const known = this.carts.get(row.id);
    if (known && known.version >= row.version) return;
    this.carts.delete(row.id);
    if (row.op === 'put') {
      this.carts.set(row.id, row);
      this.events.push({ cart: row });
    }
  }

  #call(method, params) {
    const call = ++this.#call_id;
    this.#say({ jsonrpc: '2.0', id: call, method, params });
    return new Promise((resolve, reject) => this.#calls.set(call, { resolve, reject }));
  }

  #notify(method, params) {
    this.#say({ jsonrpc: '2.0', method, params });
  }

  #say(message) {
    this.#conversation.sent(message);
    this.socket.send(JSON.stringify(message));
  }
}

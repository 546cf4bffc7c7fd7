// The web channel of the tests: include/web/tillbridge.js in Node. It does not come back by itself: a test says when.

import WebSocket from 'ws';
import { memoryStorage, Tillbridge } from '../../../include/web/tillbridge.js';
import { Conversation } from '../../protocol/lib/document.mjs';
import { Events } from './events.mjs';

export { Tillbridge };

// A socket for Node whose conversation is held against docs/asyncapi.json, whatever the test is about. on_send is given each
// message and a function that sends it.
export const checkedSocket = ({ ca, origin, on_send = (_, go) => go() }) => (url, protocols) => {
  const conversation = new Conversation();
  const socket = new WebSocket(url, protocols, { ca, origin, servername: 'localhost' });
  const send = socket.send.bind(socket);
  socket.send = (text) => on_send(text, () => {
    conversation.sent(JSON.parse(text));
    send(text);
  });
  socket.on('message', (data) => conversation.received(JSON.parse(data.toString())));
  return socket;
};

export class WebChannel {
  // before: a channel whose connection was lost and that this one goes on for, with what is undecided there.
  static async open({ url, ca, origin, token, customer, before }) {
    const channel = new WebChannel();
    await before?.shop.close();
    Object.assign(channel, { customer, events: new Events('web channel'), on_verdict: () => {} });
    channel.storage = before?.storage ?? memoryStorage();
    channel.shop = await Tillbridge.open({ url, customer, token: () => token, storage: channel.storage, software: 'web-shop',
      socket: checkedSocket({ ca, origin, on_send: (text, go) => channel.#sends(text, go) }) });
    channel.shop.on('row', (row) => channel.#row(row));
    channel.shop.on('verdict', (verdict) => {
      channel.events.push({ verdict });
      channel.on_verdict(verdict);
    });
    await channel.#live();
    return channel;
  }

  get incarnation() {
    return this.shop.incarnation;
  }

  get undecided() {
    return new Map(this.shop.pending.map((mutation) => [mutation.seq, mutation]));
  }

  // Sends without waiting; the mutation is undecided until its verdict comes.
  mutate(kind, members) {
    return this.shop.mutate(kind, members).seq;
  }

  send(gtin, quantity, more) {
    return this.shop.add(gtin, quantity, more).seq;
  }

  async add(gtin, quantity = 1, more = {}) {
    const seq = this.send(gtin, quantity, more);
    return this.events.next(`the verdict on mutation ${seq}`, (e) => e.verdict?.seq === seq);
  }

  // Keeps back what is sent next and has this in it; a promise of a function that lets it go.
  holds(part) {
    return new Promise((resolve) => { this.held = { part, resolve }; });
  }

  #sends(text, go) {
    if (!this.held || !text.includes(this.held.part)) return go();
    const { resolve } = this.held;
    this.held = undefined;
    return resolve(go);
  }

  cartWith(what, matches) {
    if (this.cart && matches(this.cart.doc)) return this.cart;
    return this.events.next(what, (e) => e.cart && matches(e.cart.doc)).then((e) => e.cart);
  }

  close() {
    this.shop.close();
  }

  #live() {
    return new Promise((resolve, reject) => {
      this.shop.on('state', ({ state, cause, code }) => {
        if (state === 'live') resolve();
        if (state !== 'offline') return;
        this.shop.close();
        reject(new Error(`the web channel has no line: ${cause} ${code ?? ''}`));
      });
    });
  }

  // The open cart as last heard.
  #row(row) {
    if (row.type === 'handover') this.events.push({ handover: row });
    if (row.type !== 'cart' || row.op !== 'put') return;
    this.cart = row;
    this.events.push({ cart: row });
  }
}

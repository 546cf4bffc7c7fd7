// A frozen conversation of which the store's side is recorded: what the client machine must still understand, and do.
//
//   {"about": "…"}                     the first line
//   {"do": "store", "with": {…}}       an event: a message of the store, or what the client's owner does (clientplay.c has all)
//   {"act": "send", "message": {…}}    what the machine does about it, in this order
//
// "<id:n>" is the id of the machine's n-th request, whatever number it gets; "<number>" is any number. What it does may have
// more members, and it may send requests that the frozen version did not know.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { Conversation } from './document.mjs';

export class ClientScene {
  #known = new Map();
  #acts = [];
  #conversation = new Conversation();

  // version: {requests}, what the frozen version sends.
  constructor(program, version) {
    this.version = version;
    this.child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.exited = new Promise((resolve) => this.child.on('exit', (code) => resolve(code)));
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  // Plays an event; what the machine does about it waits for expect().
  async event(line) {
    const lost = this.rest();
    if (lost.length > 0) throw new Error(`it did more than it used to: ${JSON.stringify(lost)}`);
    this.child.stdin.write(`${line.do} ${JSON.stringify(this.#filled(line.with ?? {}))}\n`);
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error('the client machine ended');
      if (value === '.') break;
      this.#acts.push(JSON.parse(value));
    }
    this.#acts = this.#acts.filter((a) => a.act !== 'send' || this.#isKnown(a.message));
    for (const a of this.#acts) if (a.act === 'send' && a.message.method) this.#conversation.sent(a.message);
  }

  expect(frozen) {
    const now = this.#acts.shift();
    const difference = now === undefined ? 'it did nothing more' : this.#difference(frozen, now, '');
    if (difference) throw new Error(`${difference}\n  frozen: ${JSON.stringify(frozen)}\n  now:    ${JSON.stringify(now)}`);
  }

  // What the machine did and no line spoke of, as lines.
  rest() {
    return this.#acts.splice(0);
  }

  frozen() {
    return this.rest().map((a) => {
      if (a.act !== 'send' || a.message.id === undefined || !a.message.method) return a;
      const name = `id:${[...this.#known.keys()].length + 1}`;
      this.#known.set(name, a.message.id);
      const params = a.message.method === 'hello' ? { ...a.message.params, protocol: '<number>' } : a.message.params;
      return { ...a, message: { ...a.message, id: `<${name}>`, params } };
    });
  }

  async end() {
    this.child.stdin.end();
    return this.exited;
  }

  #isKnown(message) {
    return !message.method || this.version.requests.includes(message.method);
  }

  #filled(value) {
    if (Array.isArray(value)) return value.map((v) => this.#filled(v));
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.#filled(v)]));
    const label = typeof value === 'string' && value.match(/^<(id:\d+)>$/)?.[1];
    return label ? this.#known.get(label) ?? value : value;
  }

  #difference(frozen, now, path) {
    const label = typeof frozen === 'string' && frozen.match(/^<(id:\d+)>$/)?.[1];
    if (label) {
      if (!this.#known.has(label)) this.#known.set(label, now);
      return this.#known.get(label) === now ? '' : `${path}: <${label}> was ${this.#known.get(label)}, now ${now}`;
    }
    if (frozen === '<number>') return Number.isInteger(now) ? '' : `${path}: frozen a number, now ${JSON.stringify(now)}`;
    if (Array.isArray(frozen)) {
      if (!Array.isArray(now) || now.length !== frozen.length) return `${path}: frozen ${frozen.length} items, now ${now?.length}`;
      return frozen.map((f, i) => this.#difference(f, now[i], `${path}[${i}]`)).find((d) => d !== '') ?? '';
    }
    if (frozen !== null && typeof frozen === 'object') {
      if (now === null || typeof now !== 'object') return `${path}: frozen an object, now ${JSON.stringify(now)}`;
      return Object.entries(frozen).map(([k, v]) => this.#difference(v, now[k], path ? `${path}.${k}` : k)).find((d) => d !== '') ?? '';
    }
    return isDeepStrictEqual(frozen, now) ? '' : `${path}: frozen ${JSON.stringify(frozen)}, now ${JSON.stringify(now)}`;
  }
}

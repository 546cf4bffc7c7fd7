// A frozen conversation: lines of JSON, one thing that happens each, played against a real context store.
//
//   {"about": "…"}                               the first line
//   {"connect": "till", "device": "till-0421-4"} a connection of that name to the terminal listener; with "web": true to the other
//   {"on": "till", "client": {…}}                what the client sends; with "raw": text instead, as it is
//   {"on": "till", "store": {…}}                 what the store sends
//   {"on": "till", "drop": true}                 the client cuts the connection
//   {"on": "till", "closed": {code, reason}}     the store closes it
//   {"run": ["erase", "--customer", "…"]}        a command of contextd
//   {"disk": "full"}                             from now on nothing can be written there; "free": it can again
//
// A text "<name>" or "<name:label>" stands for what varies. What the store says under a label is kept: it has to be the same
// wherever the label stands again, and the client says it where it stands in what the client sends. What the store says may hold
// more members, row types and notifications than the frozen version knew, and what belongs to different requests and
// feeds may come in another order.

import { createSign } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { PATIENCE_MS } from '../../e2e/lib/events.mjs';
import { urn } from '../../integration/contextd/client.mjs';
import { schemaFault } from './document.mjs';

const is = (name) => (value) => schemaFault(name, value) === '';
const KINDS = {
  time: is('time'),
  year: (v) => /^\d{4}$/.test(v),
  epoch: (v) => typeof v === 'string' && v.length > 0,
  cursor: is('cursor'),
  version: is('version'),
  id: is('id'),
  rows: (v) => Array.isArray(v),
  doc: (v) => v !== null && typeof v === 'object',
  sums: (v) => typeof v === 'string' && v.length === 2731,
  text: (v) => typeof v === 'string' && v.length > 0,
  number: (v) => Number.isInteger(v),
  gtin: is('gtin'), name: is('text'), price: is('money'), customer: is('id'), token: (v) => typeof v === 'string',
};
KINDS.name = KINDS.text;

const placeholder = (value) => typeof value === 'string' ? value.match(/^<([a-z]+)(?::([\w.-]+))?>$/) : null;

// Which of the store's messages wait for one another: answers by request, verdicts, each feed.
function streamOf(message) {
  if (message.method === undefined) return `the answer to ${message.id}`;
  return message.method === 'feed.rows' ? `rows of ${message.params.scope}` : message.method;
}

class Inbox {
  #waiting = [];
  #ended;
  seen = [];

  push(message) {
    const at = this.#waiting.findIndex((w) => w.stream === streamOf(message));
    if (at >= 0) this.#waiting.splice(at, 1)[0].resolve(message);
    else this.seen.push(message);
  }

  next(stream) {
    const at = this.seen.findIndex((m) => streamOf(m) === stream);
    if (at >= 0) return Promise.resolve(this.seen.splice(at, 1)[0]);
    return new Promise((resolve, reject) => {
      const fail = (how) => reject(new Error(`${how} instead of ${stream}; unread: ${JSON.stringify(this.seen)}`));
      if (this.#ended) return fail(this.#ended);
      const timer = setTimeout(fail, PATIENCE_MS, `waited ${PATIENCE_MS} ms`);
      const settled = (settle) => (value) => { clearTimeout(timer); settle(value); };
      this.#waiting.push({ stream, resolve: settled(resolve), fail: settled(fail) });
    });
  }

  // Nothing comes any more: who waits need not wait on.
  end({ code, reason }) {
    this.#ended = `the connection ended (${code} ${reason})`;
    for (const w of this.#waiting.splice(0)) w.fail(this.#ended);
  }
}

// What is never the same twice, by the member's name.
const VARYING = [
  [/^(as_of|at_ms|server_time_ms|price_as_of|was_as_of|added_ms|touched_ms|since_ms|until_ms)$/, '<time>'],
  [/^(reconnect_window_ms|idle_ping_ms|max)$/, '<number>'],
  [/^sums$/, '<sums>'],
  [/^since$/, '<year>'],
  [/^(message|touched_by|by|store_name)$/, '<text>'],
];

const FENCE_ID = 2 ** 52; // no conversation has ids of this size

class Connection {
  constructor(client, device) {
    this.client = client;
    this.device = device;
    this.inbox = new Inbox();
    this.conversation = client.conversation;
    client.messages = this.inbox;
    client.closed.then((how) => this.inbox.end(how));
    this.fences = 0;
  }

  sends(message) {
    this.first ??= message.id;
  }

  // hello, or what stands in its place, is answered first; after anything but a welcome the connection ends.
  async #greeting() {
    if (this.first === undefined) return undefined;
    const answer = await this.inbox.next(`the answer to ${this.first}`);
    this.inbox.seen.unshift(answer);
    this.greeted = answer.result !== undefined;
    return this.greeted ? undefined : this.client.closed;
  }

  // Answered after what was asked before; the feeds that it woke come within a few of them. How it closed, if it did.
  async fence() {
    const ended = this.greeted ? undefined : await this.#greeting();
    if (ended || !this.greeted) return ended;
    const id = FENCE_ID + this.fences++;
    const answer = this.inbox.next(`the answer to ${id}`).then(() => undefined);
    const message = { jsonrpc: '2.0', id, method: 'product.find', params: { gtin: '00000000000000' } };
    this.conversation.sent(message);
    this.client.raw(JSON.stringify(message));
    return Promise.race([answer, this.client.closed]);
  }
}

export class Scene {
  #connections = new Map();
  #known = new Map(); // what labels stand for

  // version: what the frozen version knows, {row_types, notifications}.
  constructor(store, version) {
    this.store = store;
    this.version = version;
    store.products.slice(0, 3).forEach((p, i) => {
      this.#known.set(`gtin:${i}`, p.gtin);
      this.#known.set(`name:${i}`, p.name);
      this.#known.set(`price:${i}`, p.unit_price);
    });
    store.customers.slice(0, 2).forEach((c, i) => this.#known.set(`customer:${i}`, c.id));
  }

  async begin() {
    for (const i of [0, 1]) this.#known.set(`token:${i}`, await this.store.token(this.#known.get(`customer:${i}`)));
  }

  async play(line) {
    if (line.connect) return this.#connect(line);
    if (line.disk) return this.store.limit(line.disk === 'full' ? '1:' : 'unlimited:');
    if (line.run) return this.store.tool(...this.#filled(line.run), '--database', this.store.file('context.db'));
    const connection = this.#connections.get(line.on);
    if (line.client || line.raw !== undefined) return this.#send(connection, line);
    if (line.drop) return this.#drop(line.on, connection);
    if (line.closed) return this.#closed(line.on, connection, line.closed);
    return line.store ? this.#expect(connection, line.store) : undefined;
  }

  // What came and no line spoke of.
  async rest() {
    const left = [];
    for (const [name, c] of this.#connections) {
      await c.fence();
      left.push(...c.inbox.seen.filter((m) => this.#isKnown(m)).map((m) => `${name}: ${JSON.stringify(m)}`));
    }
    return left;
  }

  async end() {
    for (const c of this.#connections.values()) c.client.drop();
    await Promise.all([...this.#connections.values()].map((c) => c.client.closed));
  }

  async #connect(line) {
    const client = line.web ? await this.store.web() : await this.store.terminal(await this.#identity(line.device));
    this.#connections.set(line.connect, new Connection(client, line.device));
  }

  #identity(device) {
    this.identities ??= new Map();
    if (!this.identities.has(device)) this.identities.set(device, this.store.certificate(device, '--device', device));
    return this.identities.get(device);
  }

  #send(connection, line) {
    if (line.raw !== undefined) return connection.client.raw(this.#filled(line.raw));
    const message = this.#filled(line.client, connection);
    for (const m of message.params?.mutations ?? []) if (m.signature === '<signature>') this.#sign(connection, m);
    connection.sends(message);
    if (!line.wrong) connection.conversation.sent(message);
    else connection.conversation.asks(message);
    return connection.client.raw(JSON.stringify(message));
  }

  #sign(connection, m) {
    const signer = createSign('sha256').update(`tillbridge-erasure-1\n${urn(connection.device)}\n${m.erasure}\n${m.made_ms}\n`);
    const key = this.store.identity(connection.device).key;
    m.signature = signer.sign({ key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  }

  async #drop(name, connection) {
    this.#connections.delete(name);
    connection.client.drop();
    await connection.client.closed;
  }

  async #closed(name, connection, how) {
    this.#connections.delete(name);
    const now = await connection.client.closed;
    if (!isDeepStrictEqual(now, how)) throw new Error(`frozen: closed with ${JSON.stringify(how)}, now: ${JSON.stringify(now)}`);
  }

  async #expect(connection, frozen) {
    const stream = streamOf(this.#filled(frozen));
    const lost = connection.client.closed.then((how) => { throw new Error(`closed with ${JSON.stringify(how)} before ${stream}`); });
    const message = await Promise.race([connection.inbox.next(stream), lost]);
    connection.greeted ||= message.id === connection.first && message.result !== undefined;
    const difference = this.#difference(frozen, message, '');
    if (difference) throw new Error(`${difference}\n  frozen: ${JSON.stringify(frozen)}\n  now:    ${JSON.stringify(message)}`);
  }

  #isKnown(message) {
    return message.method === undefined || this.version.notifications.includes(message.method);
  }

  #filled(value) {
    if (Array.isArray(value)) return value.map((v) => this.#filled(v));
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.#filled(v)]));
    const p = placeholder(value);
    if (p) return this.#known.get(value.slice(1, -1)) ?? value;
    return typeof value === 'string' ? value.replace(/<([a-z]+:\w+)>/g, (all, label) => this.#known.get(label) ?? all) : value;
  }

  // In words where the two part, '' when the frozen one is served.
  #difference(frozen, now, path) {
    const p = placeholder(frozen);
    if (p) return this.#kept(p, now, path);
    if (typeof frozen === 'string') frozen = this.#filled(frozen);
    if (Array.isArray(frozen)) return this.#listDifference(frozen, now, path);
    if (frozen !== null && typeof frozen === 'object') {
      if (now === null || typeof now !== 'object') return `${path}: frozen an object, now ${JSON.stringify(now)}`;
      for (const [name, value] of Object.entries(frozen)) {
        const difference = this.#difference(value, now[name], path ? `${path}.${name}` : name);
        if (difference) return difference;
      }
      return '';
    }
    return isDeepStrictEqual(frozen, now) ? '' : `${path}: frozen ${JSON.stringify(frozen)}, now ${JSON.stringify(now)}`;
  }

  #listDifference(frozen, now, path) {
    if (!Array.isArray(now)) return `${path}: frozen a list, now ${JSON.stringify(now)}`;
    const items = path.endsWith('rows') ? now.filter((r) => this.version.row_types.includes(r.type)) : now;
    if (items.length !== frozen.length) return `${path}: frozen ${frozen.length} items, now ${items.length}`;
    return frozen.map((f, i) => this.#difference(f, items[i], `${path}[${i}]`)).find((d) => d !== '') ?? '';
  }

  #kept([, kind, label], now, path) {
    if (!KINDS[kind]) throw new Error(`${path}: no placeholder is called ${kind}`);
    if (!KINDS[kind](now)) return `${path}: frozen a ${kind}, now ${JSON.stringify(now)}`;
    const name = label ? `${kind}:${label}` : kind;
    if (!label && kind !== 'epoch') return '';
    if (!this.#known.has(name)) this.#known.set(name, now);
    const kept = this.#known.get(name);
    return kept === now ? '' : `${path}: <${name}> was ${JSON.stringify(kept)}, now ${JSON.stringify(now)}`;
  }

  // ---- freezing: what came since, as lines ----

  async heard() {
    const lines = [];
    const ended = new Map();
    for (const [name, c] of this.#connections)
      for (let i = 0; i < 8 && !ended.has(name); i++) {
        const how = await c.fence();
        if (how) ended.set(name, how);
      }
    for (const [name, c] of [...this.#connections]) {
      for (const m of c.inbox.seen.splice(0)) {
        lines.push({ on: name, store: this.#frozen(m) });
      }
      if (!ended.has(name)) continue;
      this.#connections.delete(name);
      lines.push({ on: name, closed: ended.get(name) });
    }
    return lines;
  }

  // key: what versions and cursors are of; '' where the value itself tells.
  #label(kind, key, value) {
    const prefix = key ? `${kind}:${key}.` : `${kind}:`;
    const names = [...this.#known.keys()].filter((name) => name.startsWith(prefix));
    const name = names.find((n) => this.#known.get(n) === value) ?? `${prefix}${names.length + 1}`;
    this.#known.set(name, value);
    return `<${name}>`;
  }

  #frozen(message) {
    const rows = message.params?.rows ?? message.result?.rows ?? [];
    const walk = (value, key, row) => {
      if (row?.type === 'reward' && (key === 'text' || key === 'value')) return key === 'text' ? '<text>' : '<number>';
      if (Array.isArray(value)) return this.#frozenList(value, key, (v) => walk(v, '', v.type && v.version ? v : row));
      if (value !== null && typeof value === 'object')
        return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, walk(v, k, row)]));
      if (key === 'cursor' && value !== '') return this.#label('cursor', (message.params?.scope ?? 'cohort').slice(0, 9).replace(':', '-'), value);
      return key === 'version' ? this.#frozenVersion(value, row, rows) : this.#frozenValue(value, key);
    };
    return walk(message, '', undefined);
  }

  #frozenList(list, key, walk) {
    if (key !== 'rows') return list.map(walk);
    if (!this.mutated && list.length > 0 && list.every((r) => this.#isOfSeed(r))) return '<rows>';
    const plain = (r) => r.type !== 'reward' && r.op === 'put' && this.#isOfSeed(r);
    return list.map((r) => plain(r) ? { ...walk(r), doc: '<doc>' } : walk(r));
  }

  // A verdict's is that of one of the rows that came with it, where that is clear.
  #frozenVersion(value, row, rows) {
    const of = row ? [row] : rows.filter((r) => r.version === value);
    return of.length === 1 && of[0].version === value ? this.#label('version', `${of[0].type}.${of[0].id.slice(-4)}`, value) : '<version>';
  }

  #frozenValue(value, key) {
    const fixed = VARYING.find(([pattern]) => pattern.test(key));
    if (fixed) return fixed[1];
    if (key === 'epoch') return this.#keep('epoch', value);
    const kinds = /^(unit_price|was_price)$/.test(key) ? /^price:/ : key === 'name' ? /^name:/ : /^(gtin|customer):/;
    const found = [...this.#known].find(([name, known]) => kinds.test(name) && known === value);
    if (found) return `<${found[0]}>`;
    if (typeof value === 'string' && /^[0-9a-f]{32}$/.test(value) && !this.spoken.includes(value)) return this.#label('id', '', value);
    return typeof value === 'string' ? value.replaceAll(this.#known.get('customer:0'), '<customer:0>') : value;
  }

  #keep(name, value) {
    this.#known.set(name, value);
    return `<${name}>`;
  }

  // The store's own data at the start: no line names it but by a placeholder.
  #isOfSeed(row) {
    const named = (id) => id !== undefined && this.named.includes(id.slice(0, 32));
    return !named(row.id) && !named(row.customer) && row.type !== 'cart' && row.type !== 'erasure';
  }

  speaks(line) {
    this.spoken = (this.spoken ?? '') + JSON.stringify(this.#filled(line));
    this.named = (this.named ?? '') + JSON.stringify(line);
    this.mutated ||= line.client?.method === 'mutate';
  }
}

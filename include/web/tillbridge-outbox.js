// What one device of a customer (a tab, or a process) has to send: changes by number, kept until their verdict is known.
// The device is its incarnation, 128 random bits, and has its place in a storage (tillbridge-storage.js):
//
//   <customer>/<incarnation>/head         { epoch, decided_seq, window_ms, cart? }
//   <customer>/<incarnation>/change/<seq> { mutation, facts }
//
// A page that comes takes a place that no other page has: after a reload its own, or that of a tab which was closed.

const SEQ_DIGITS = 16;
const CHANGE_COUNT_MAX = 1_000;
const encoder = new TextEncoder();

const NODE_CRYPTO = 'node:crypto';
let spare; // Node 18 has Web Crypto, and no global of that name

export async function cryptoReady(env) {
  if (!env.crypto?.getRandomValues) spare ??= (await import(/* @vite-ignore */ /* webpackIgnore: true */ NODE_CRYPTO)).webcrypto;
}

export const randomId = (env = globalThis) => Array.from((env.crypto ?? spare).getRandomValues(new Uint8Array(16)),
  (byte) => byte.toString(16).padStart(2, '0')).join('');

export class Outbox {
  #storage;
  #path;
  #release;

  constructor(storage, customer, incarnation, release) {
    this.#storage = storage;
    this.#path = `${customer}/${incarnation}`;
    this.#release = release;
    this.incarnation = incarnation;
    this.head = { epoch: '', decided_seq: 0, window_ms: 0 };
    this.pending = []; // [{ mutation, facts, size, kept }], oldest first; kept: it is in the storage
    this.next_seq = 1;
  }

  // Takes a free place of this customer, one with something to send first, or makes a new one.
  static async open(storage, customer, env) {
    const free = await Outbox.free(storage, customer);
    free.sort((a, b) => b.pending.length - a.pending.length);
    for (const other of free.slice(1)) await (other.count ? other.leave() : other.remove());
    return free[0] ?? Outbox.make(storage, customer, env);
  }

  static async make(storage, customer, env) {
    const incarnation = randomId(env);
    return new Outbox(storage, customer, incarnation, await storage.claim(`${customer}/${incarnation}`));
  }

  // The places that no page has, claimed.
  static async free(storage, customer) {
    const keys = await storage.keys(`${customer}/`);
    const free = [];
    for (const incarnation of new Set(keys.map((key) => key.split('/')[1]))) {
      const release = await storage.claim(`${customer}/${incarnation}`);
      if (!release) continue;
      const outbox = new Outbox(storage, customer, incarnation, release);
      await outbox.#load();
      free.push(outbox);
    }
    return free;
  }

  get count() {
    return this.pending.length;
  }

  // Gives the entry; entry.saved resolves with true when the change will survive the page, with false when it is not kept
  // and never sent.
  add(mutation, facts) {
    if (this.pending.length >= CHANGE_COUNT_MAX) throw Object.assign(new Error('too many changes wait to be sent'), { code: 'queue_full' });
    const entry = { mutation: { ...mutation, seq: this.next_seq++ }, facts, kept: false };
    entry.size = sizeOf(entry.mutation);
    this.pending.push(entry);
    entry.saved = this.#storage.write(this.#key(entry.mutation.seq), { mutation: entry.mutation, facts }).then(() => {
      entry.kept = true;
      return true;
    }, () => {
      this.#take(entry);
      return false;
    });
    return entry;
  }

  // What is decided leaves the storage after the head says so: a page that ends in between sends it again for its verdict.
  async decide(entries) {
    for (const entry of entries) this.#take(entry);
    await this.saveHead();
    for (const { mutation } of entries) await this.#storage.remove(this.#key(mutation.seq));
  }

  saveHead() {
    return this.#storage.write(`${this.#path}/head`, this.head);
  }

  // Gives the place back; what waits stays in it for the next page.
  async leave() {
    this.#release?.();
    this.#release = undefined;
  }

  async remove() {
    this.pending = [];
    for (const key of await this.#storage.keys(`${this.#path}/`)) await this.#storage.remove(key);
    await this.leave();
  }

  async #load() {
    const head = await this.#storage.read(`${this.#path}/head`);
    if (head) this.head = head;
    const keys = (await this.#storage.keys(`${this.#path}/change/`)).sort();
    for (const key of keys) {
      const { mutation, facts } = await this.#storage.read(key);
      if (mutation.seq > this.head.decided_seq) this.pending.push({ mutation, facts, size: sizeOf(mutation), kept: true });
      else await this.#storage.remove(key);
    }
    this.next_seq = Math.max(this.head.decided_seq, this.pending.at(-1)?.mutation.seq ?? 0) + 1;
  }

  #key(seq) {
    return `${this.#path}/change/${String(seq).padStart(SEQ_DIGITS, '0')}`;
  }

  #take(entry) {
    this.pending = this.pending.filter((one) => one !== entry);
  }
}

const sizeOf = (mutation) => encoder.encode(JSON.stringify(mutation)).length;

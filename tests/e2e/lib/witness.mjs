// What was said while programs were killed, held against what the files of a till and of its context store say afterwards.

import assert from 'node:assert/strict';
import { ShopBooks } from './shop_books.mjs';

const LOOKS = 3; // at so many of them the files are searched for the bytes of who was erased
const VERDICTS = { 1: 'applied', 3: 'rejected' }; // as the context store keeps them

const isSale = (kind) => kind === 'checkout.finish' || kind === 'checkout.void';
const isApplied = ({ verdict }) => verdict === 'applied';
const isSkipped = ({ mutation }) => mutation.kind === 'skipped';
const said = ({ gtin, quantity, unit_price }) => ({ gtin, quantity, unit_price });
const booked = (l) => [l.gtin, Number(l.quantity), Number(l.unit_price), Number(l.returned)];
const took = (l) => [Number(l.taken), Number(l.doubled)];
const reported = ({ code, receipt, gtin, quantity }) => `${code} ${receipt} ${gtin} ${quantity}`;

export class Witness {
  #files;
  #what;
  #erasure_of; // by customer

  // files_of: SideFiles.
  constructor(files_of) {
    this.files_of = files_of;
    this.start = []; // what was in the carts before: [{ customer, gtin, quantity }]
    this.saved = new Map(); // seqs that somebody was told: { kind, customer, mutation }
    this.shown = new Map(); // lines by id, as the page had them first: { customer, gtin, version }
    this.web_sent = []; // { customer, incarnation, seq, mutation }
    this.web_heard = []; // { customer, incarnation, seq }: applied
    this.erased = new Map(); // by customer: { texts, done, looks }
    this.keys = new Map(); // by customer: the wrapped keys that her rows ever had
  }

  // A screen has this cart. What a line was when it was first seen tells which one an id means that the context store made.
  sees(cart, customer) {
    for (const { id, gtin } of cart?.lines ?? [])
      if (customer && !this.shown.has(id)) this.shown.set(id, { customer, gtin, version: cart.version });
  }

  // texts: what may be in no file any more.
  eraseBegins(customer, texts) {
    this.erased.set(customer, { texts, done: false, looks: { till: 0, store: 0 } });
  }

  // The operator was told that it is done.
  eraseEnded(customer) {
    this.erased.get(customer).done = true;
  }

  // files: what SideFiles.read() gave. what: which look it is.
  judge(files, what) {
    this.#files = files;
    this.#what = what;
    this.#erasure_of = new Map(files.erasures.map(({ customer, erasure }) => [customer, erasure]));
    const verdicts = this.#verdicts();
    this.#keysSeen();
    this.#tillHolds(verdicts.get(files.incarnation) ?? new Map());
    this.#webHolds(verdicts);
    const books = this.#books(verdicts);
    this.#cartsHold(books);
    this.#salesHold(books);
    this.#erasuresHold();
  }

  #wrong(what) {
    return `${this.#what}: ${what}`;
  }

  // Of what the context store decided: by incarnation and seq. Each seq up to the decided one once, and in order; where the
  // till's outbox holds nothing any more, because somebody was erased, there need not be one.
  #verdicts() {
    const { outbox, streams, verdicts: all, incarnation: of_till } = this.#files;
    const stored = new Set(outbox.filter((entry) => !isSkipped(entry)).map(({ seq }) => seq));
    const found = new Map(streams.map(({ incarnation }) => [incarnation, new Map()]));
    for (const { incarnation, seq, kind, code, version } of all)
      found.get(incarnation).set(Number(seq), { verdict: VERDICTS[kind], code, version: Number(version) });
    for (const { incarnation, decided } of streams) {
      const verdicts = found.get(incarnation);
      const missing = Array.from({ length: Number(decided) }, (_, i) => i + 1).filter((seq) => !verdicts.has(seq));
      assert.ok([...verdicts.keys()].every((seq) => seq <= Number(decided)), this.#wrong('decided out of order'));
      assert.ok(missing.every((seq) => incarnation === of_till && !stored.has(seq)), this.#wrong(`not decided: ${missing}`));
    }
    return found;
  }

  #keysSeen() {
    for (const { customer, wrapped } of this.#files.keys) {
      const seen = this.keys.get(customer) ?? [];
      if (!seen.some((key) => key.toString('hex') === wrapped)) this.keys.set(customer, [...seen, Buffer.from(wrapped, 'hex')]);
    }
  }

  // ---- the till's files ----

  #tillHolds(verdicts) {
    const { outbox, settled, heard, rows, behind } = this.#files;
    const stored = new Map(outbox.map((entry) => [entry.seq, entry]));
    for (const [seq, one] of this.saved) this.#savedHolds(seq, one, stored.get(seq));
    for (const seq of verdicts.keys())
      assert.ok(stored.has(seq) || this.#erasure_of.size > 0, this.#wrong(`mutation ${seq} is decided and was never stored`));
    for (const { seq, verdict, code } of outbox.filter((entry) => entry.verdict !== '')) {
      const decided = verdicts.get(seq);
      assert.equal(verdict.replace('duplicate', 'applied'), decided?.verdict, this.#wrong(`the verdict on ${seq}`));
      if (verdict !== 'duplicate') assert.equal(code, decided.code, this.#wrong(`why, on ${seq}`));
    }
    assert.ok(settled <= heard, this.#wrong('more is settled than the cache holds'));
    assert.ok(rows > 0);
    assert.deepEqual(behind, [], this.#wrong('a cursor is ahead of its rows'));
  }

  // An erasure takes everything away but sales, and of those neither lines nor amounts.
  #savedHolds(seq, { kind, customer, mutation }, entry) {
    const is_there = entry && !isSkipped(entry);
    assert.ok(is_there || (this.#erasure_of.has(customer) && !isSale(kind)),
      this.#wrong(`mutation ${seq} (${kind} of ${customer}), which was saved, is not in the outbox`));
    if (!isSale(kind)) return;
    const { transaction, total, part, lines, of_transaction, reopen } = entry.mutation;
    assert.deepEqual([transaction, total, of_transaction, Boolean(part), Boolean(reopen)],
      [mutation.transaction, mutation.total, mutation.of_transaction, Boolean(mutation.part), Boolean(mutation.reopen)],
      this.#wrong(`receipt ${mutation.transaction}`));
    if (mutation.lines) assert.deepEqual(lines.map(said), mutation.lines.map(said), this.#wrong(`lines of receipt ${transaction}`));
  }

  #webHolds(verdicts) {
    for (const { customer, incarnation, seq } of this.web_heard)
      if (!this.#erasure_of.has(customer))
        assert.equal(verdicts.get(incarnation)?.get(seq)?.verdict, 'applied', this.#wrong(`the web's verdict ${seq}`));
  }

  // ---- carts and sales ----

  #books(verdicts) {
    const books = new ShopBooks(this.shown, this.start);
    const decided = (incarnation, { seq, mutation }) => ({ mutation, ...verdicts.get(incarnation)?.get(seq) });
    const of_web = this.web_sent.filter(({ customer }) => !this.#erasure_of.has(customer));
    books.apply(this.#files.outbox.map((entry) => decided(this.#files.incarnation, entry)).filter(isApplied),
      of_web.map((one) => decided(one.incarnation, one)).filter(isApplied));
    return books;
  }

  #isErased(customer) {
    return this.#erasure_of.has(customer) || [...this.#erasure_of.values()].includes(customer);
  }

  #cartsHold(books) {
    const found = new Map();
    for (const { customer, gtin, quantity } of this.#files.lines)
      found.set(customer, { ...found.get(customer), [gtin]: Number(quantity) });
    for (const customer of new Set([...books.carts.keys(), ...found.keys()]))
      if (customer !== '' && !this.#isErased(customer))
        assert.deepEqual(found.get(customer) ?? {}, books.quantities(customer), this.#wrong('the cart is what was applied makes of it'));
  }

  #salesHold(books) {
    const { outbox, sales, sold, conflicts, voids } = this.#files;
    assert.deepEqual(sales.map((sale) => sale.receipt).sort(), [...books.sales.keys()].sort(), this.#wrong('each sale is booked, and once'));
    // Of who was erased the books no longer have the cart, and so not what was taken off it.
    const of_erased = new Set(outbox.filter(({ mutation: m }) => m.kind === 'checkout.finish'
      && (this.#isErased(m.customer) || m.lines.some(({ line }) => this.#isErased(this.shown.get(line)?.customer))))
      .map(({ mutation }) => mutation.transaction));
    for (const sale of sales) {
      const lines = sold.filter((line) => line.receipt === sale.receipt);
      this.#saleHolds(sale, lines, books.sales.get(sale.receipt));
      if (!of_erased.has(sale.receipt))
        assert.deepEqual(lines.map(took), books.sales.get(sale.receipt).lines.map(took), this.#wrong(`what sale ${sale.receipt} took off the cart`));
    }
    const counts = ({ receipt }) => !of_erased.has(receipt);
    assert.deepEqual(conflicts.filter(counts).map(reported).sort(), books.conflicts.filter(counts).map(reported).sort(),
      this.#wrong('what people have to look at'));
    assert.deepEqual(voids.map((v) => [v.receipt, v.of, v.known === '1']), [...books.voids].map(([name, v]) => [name, v.of, v.known]),
      this.#wrong('voids'));
  }

  #saleHolds({ receipt, date, terminal, customer, total, part }, lines, sale) {
    assert.deepEqual([date, terminal, customer, Number(total), part === '1'],
      [sale.date, this.files_of.till.device, this.#erasure_of.get(sale.customer) ?? sale.customer, sale.total, sale.part],
      this.#wrong(`sale ${receipt}`));
    assert.deepEqual(lines.map(booked), sale.lines.map(booked), this.#wrong(`lines of sale ${receipt}`));
  }

  // ---- who was erased ----

  // Nothing is left at the context store once the operator was told so, nothing at the till once it has signed.
  #erasuresHold() {
    const { outbox, receipts, named } = this.#files;
    const { device } = this.files_of.till;
    const signed = outbox.filter(({ mutation }) => mutation.kind === 'erasure.receipt');
    const confirmed = receipts.filter((receipt) => receipt.device === device).map(({ erasure }) => erasure);
    assert.equal(new Set(confirmed).size, confirmed.length, this.#wrong('an erasure is confirmed once'));
    for (const erasure of confirmed)
      assert.ok(signed.some(({ mutation }) => mutation.erasure === erasure), this.#wrong('confirmed, and the till never signed it'));
    for (const { seq, mutation: { erasure }, verdict } of signed) {
      assert.ok([...this.#erasure_of.values()].includes(erasure), this.#wrong(`receipt ${seq} is of an erasure that nobody made`));
      assert.ok(verdict === '' || (verdict !== 'rejected' && confirmed.includes(erasure)), this.#wrong(`receipt ${seq} was ${verdict}`));
    }
    assert.deepEqual(named, [], this.#wrong('who was erased is named at the context store'));
    for (const [customer, one] of this.erased) {
      const erasure = this.#erasure_of.get(customer);
      assert.ok(erasure || !one.done, this.#wrong('an erasure that the operator was told of is gone'));
      if (one.done && one.looks.store++ < LOOKS)
        assert.deepEqual(this.files_of.inStore(one.texts), [], this.#wrong(`${one.texts[0]} was erased at the context store`));
      if (signed.some(({ mutation }) => mutation.erasure === erasure)) this.#tillForgot(customer, erasure, one);
    }
  }

  // Sales are kept, as the erasure's.
  #tillForgot(customer, erasure, { texts, looks }) {
    const { held, outbox } = this.#files;
    assert.ok(!held.some((one) => one.erasure === erasure), this.#wrong('the cache holds who was erased'));
    for (const { mutation } of outbox) {
      assert.ok(!JSON.stringify(mutation).includes(customer), this.#wrong('the outbox names who was erased'));
      if (mutation.customer === erasure)
        assert.ok(isSale(mutation.kind) && !mutation.cart && !mutation.visit, this.#wrong('more than her sale is kept'));
    }
    if (looks.till++ >= LOOKS) return;
    const bytes = [Buffer.from(customer, 'hex'), ...this.keys.get(customer) ?? []];
    assert.deepEqual(this.files_of.inTill([...texts, ...bytes]), [], this.#wrong(`${texts[0]} was erased at the till`));
  }
}

// What mutations that were applied make of carts, sales and reports: an arithmetic of the tests' own, written from
// docs/cart.md. One till and any number of web sessions; gifts, notes and merges are not in it.

const LEASE_MS = 120_000;

// One open line per product at a time; its id is that of the add that opened it, the others that went into it are other
// names of it. A line that a void opened anew has an id that the context store made.
class Cart {
  constructor(customer, shown) {
    this.customer = customer;
    this.shown = shown;
    this.quantities = new Map(); // by gtin
    this.openings = new Map(); // by gtin: at what version of the cart its line was opened, each time
    this.lines = new Map(); // by id
    this.claim = undefined;
    this.version = 0;
  }

  add(gtin, quantity, line) {
    const opens = !this.quantities.get(gtin);
    if (opens) this.#openings(gtin).push(this.version);
    if (line) this.lines.set(line, { gtin, opening: this.#openings(gtin).length, alias: !opens });
    this.quantities.set(gtin, (this.quantities.get(gtin) ?? 0) + quantity);
  }

  // What the page sees of a line may be more than there is, and then less is taken away than it meant to. How much it was.
  take(line, quantity) {
    const found = this.find(line);
    if (!found || found.opening !== this.#openings(found.gtin).length) return 0;
    const taken = Math.min(this.quantities.get(found.gtin), quantity);
    this.quantities.set(found.gtin, this.quantities.get(found.gtin) - taken);
    return taken;
  }

  // The line of an id: added under it, or seen on a screen that showed this cart in some version.
  find(line) {
    const seen = this.shown.get(line);
    if (this.lines.has(line) || seen?.customer !== this.customer) return this.lines.get(line);
    return { gtin: seen.gtin, opening: this.#openings(seen.gtin).filter((version) => version <= seen.version).length };
  }

  name(line) {
    const { gtin, opening } = this.find(line);
    return `${this.customer} ${gtin} ${opening}`;
  }

  // A new claim holds what is open now, with the id of a checkout that is renewed it stays as it was.
  claimed(checkout, at_ms) {
    if (this.claim?.checkout !== checkout) {
      const open = [...this.quantities].filter(([, quantity]) => quantity > 0).map(([gtin]) => gtin);
      this.claim = { checkout, holds: new Set(open.map((gtin) => `${this.customer} ${gtin} ${this.#openings(gtin).length}`)) };
    }
    this.claim.until_ms = at_ms + LEASE_MS;
  }

  released(checkout) {
    if (checkout && this.claim?.checkout === checkout) this.claim = undefined;
  }

  // Whether somebody else is paying the line just now.
  holds(line, checkout, at_ms) {
    return this.claim !== undefined && this.claim.checkout !== checkout && at_ms < this.claim.until_ms
      && this.claim.holds.has(this.name(line));
  }

  #openings(gtin) {
    if (!this.openings.has(gtin)) this.openings.set(gtin, []);
    return this.openings.get(gtin);
  }
}

export class ShopBooks {
  // shown: lines by id as a screen had them: { customer, gtin, version }. start: what was in the carts before.
  constructor(shown, start) {
    this.shown = shown;
    this.carts = new Map(); // by customer
    this.sales = new Map(); // by receipt
    this.voids = new Map(); // by receipt
    this.conflicts = [];
    for (const { customer, gtin, quantity } of start) this.#cart(customer).add(gtin, Number(quantity));
  }

  // of_till: [{ mutation, version, at_ms }] in the order of seq; of_web: [{ mutation, version }]. In a cart versions tell
  // in which order they were decided; what changed nothing has none.
  apply(of_till, of_web) {
    const to_come = [...of_web].sort((a, b) => a.version - b.version);
    const before = (customer, version) => {
      for (let i = 0; i < to_come.length; i++) {
        const { mutation } = to_come[i];
        if (mutation.customer !== customer || to_come[i].version > version) continue;
        this.#one(to_come[i], customer);
        to_come.splice(i--, 1);
      }
    };
    for (const one of of_till) {
      const customer = one.mutation.kind === 'checkout.void' ? this.sales.get(one.mutation.of_transaction)?.customer
        : one.mutation.customer;
      if (one.version > 0) before(customer, one.version);
      this.#one(one, customer);
    }
    for (const { mutation } of [...to_come]) before(mutation.customer, Infinity);
  }

  quantities(customer) {
    return Object.fromEntries([...this.#cart(customer).quantities].filter(([, quantity]) => quantity > 0).sort());
  }

  #cart(customer) {
    if (!this.carts.has(customer)) this.carts.set(customer, new Cart(customer, this.shown));
    return this.carts.get(customer);
  }

  #one({ mutation, version, at_ms }, customer) {
    const cart = this.#cart(customer ?? '');
    const { kind, gtin, line, quantity, from, to = 0, checkout } = mutation;
    if (version > 0) cart.version = version;
    if (kind === 'cart.add') cart.add(gtin, quantity, line);
    else if (kind === 'cart.set_quantity' || kind === 'cart.remove') {
      if (to < from) cart.take(line, from - to);
    } else if (kind === 'checkout.claim') cart.claimed(checkout, at_ms);
    else if (kind === 'checkout.release') cart.released(checkout);
    else if (kind === 'checkout.finish') this.#sell(mutation, cart, at_ms);
    else if (kind === 'checkout.void') this.#giveBack(mutation, cart);
  }

  // Never turned down, and booked once however often it is told.
  #sell(mutation, cart, at_ms) {
    const { transaction, business_date: date, checkout, part = false, total, lines } = mutation;
    if (this.sales.has(transaction)) return;
    const sale = { customer: cart.customer, named: mutation.cart !== undefined, date, part, total, lines: [] };
    for (const { line, gtin, quantity, unit_price } of lines) {
      const known = cart.find(line) !== undefined;
      const name = known ? cart.name(line) : this.#nameElsewhere(line);
      const before = this.#takenOff(name);
      const claimed = known && cart.holds(line, checkout, at_ms);
      const taken = known ? cart.take(line, quantity) : 0;
      const doubled = Math.min(quantity - taken, before);
      sale.lines.push({ name, gtin, quantity, unit_price, taken, doubled, returned: 0 });
      if (doubled > 0 || claimed) this.conflicts.push({ code: 'double_sale', receipt: transaction, gtin, quantity: doubled || quantity });
    }
    this.sales.set(transaction, sale);
    if (!part) cart.released(checkout);
  }

  // Told when somebody else was at the till: of another customer's line it is known by its own id that it was sold.
  #nameElsewhere(line) {
    const owner = this.#cart(this.shown.get(line)?.customer ?? '');
    const found = owner.find(line);
    return found && !found.alias ? owner.name(line) : line;
  }

  // By other sales, less what they gave back beyond what was never in the cart.
  #takenOff(name) {
    const lines = [...this.sales.values()].flatMap((sale) => sale.lines).filter((line) => line.name === name);
    return lines.reduce((sum, { taken, quantity, returned }) => sum + Math.min(taken, quantity - returned), 0);
  }

  #giveBack({ transaction, of_transaction, lines: asked, reopen }, cart) {
    const sale = this.sales.get(of_transaction);
    if (this.voids.has(transaction)) return;
    this.voids.set(transaction, { of: of_transaction, known: sale !== undefined });
    for (const line of sale?.lines ?? []) {
      const wanted = asked ? asked.find(({ gtin }) => gtin === line.gtin)?.quantity ?? 0 : line.quantity;
      const back = Math.min(wanted, line.quantity - line.returned);
      line.returned += back;
      if (reopen && back > 0 && sale.named) cart.add(line.gtin, back);
    }
  }
}

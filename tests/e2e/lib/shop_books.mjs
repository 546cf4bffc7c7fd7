// What mutations that were applied make of carts, sales and reports: an arithmetic of the tests' own, written from
// docs/cart.md. One till and any number of web sessions; gifts, notes and merges are not in it, and claims not either: one
// till's own claims turn none of its sales into another one's.

// One open line per product at a time; its id is that of the add that opened it, the others that went into it are other
// names of it. A line that a void opened anew has an id that the context store made.
class Cart {
  constructor(customer, shown) {
    this.customer = customer;
    this.shown = shown;
    this.quantities = new Map(); // by gtin
    this.openings = new Map(); // by gtin: at what version of the cart its line was opened, each time
    this.lines = new Map(); // by id
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

  #openings(gtin) {
    if (!this.openings.has(gtin)) this.openings.set(gtin, []);
    return this.openings.get(gtin);
  }
}

// Of what a line of a sale took off the cart: what is given back comes first out of what was never in the cart.
const held = ({ taken, quantity, returned }) => Math.min(taken, quantity - returned);

// By positions of the same receipt that name the same line.
const used = (sale, name, what) => sale.lines.filter((line) => line.name === name).reduce((sum, line) => sum + line[what], 0);

export class ShopBooks {
  // shown: lines by id as a screen had them: { customer, gtin, version }. start: what was in the carts before.
  constructor(shown, start) {
    this.shown = shown;
    this.carts = new Map(); // by customer
    this.sales = new Map(); // by receipt
    this.sold = new Map(); // by name of a cart's line: what sales say of it
    this.voids = new Map(); // by receipt
    this.conflicts = [];
    for (const { customer, gtin, quantity } of start) this.#cart(customer).add(gtin, Number(quantity));
  }

  // of_till: [{ mutation, version }] in the order of seq; of_web: [{ mutation, version }]. In a cart versions tell
  // in which order they were decided; what changed nothing has none.
  apply(of_till, of_web) {
    const to_come = new Map(); // by customer
    for (const one of of_web) {
      const { customer } = one.mutation;
      if (!to_come.has(customer)) to_come.set(customer, []);
      to_come.get(customer).push(one);
    }
    for (const list of to_come.values()) list.sort((a, b) => a.version - b.version);
    const before = (customer, version) => {
      const list = to_come.get(customer) ?? [];
      while (list.length > 0 && list[0].version <= version) this.#one(list.shift(), customer);
    };
    for (const one of of_till) {
      const customer = one.mutation.kind === 'checkout.void' ? this.sales.get(one.mutation.of_transaction)?.customer
        : one.mutation.customer;
      if (one.version > 0) before(customer, one.version);
      this.#one(one, customer);
    }
    for (const customer of to_come.keys()) before(customer, Infinity);
  }

  quantities(customer) {
    return Object.fromEntries([...this.#cart(customer).quantities].filter(([, quantity]) => quantity > 0).sort());
  }

  #cart(customer) {
    if (!this.carts.has(customer)) this.carts.set(customer, new Cart(customer, this.shown));
    return this.carts.get(customer);
  }

  #one({ mutation, version }, customer) {
    const cart = this.#cart(customer ?? '');
    const { kind, gtin, line, quantity, from, to = 0 } = mutation;
    if (version > 0) cart.version = version;
    if (kind === 'cart.add') cart.add(gtin, quantity, line);
    else if (kind === 'cart.set_quantity' || kind === 'cart.remove') {
      if (to < from) cart.take(line, from - to);
    } else if (kind === 'checkout.finish') this.#sell(mutation, cart);
    else if (kind === 'checkout.void') this.#giveBack(mutation, cart);
  }

  // Never turned down, and booked once however often it is told.
  #sell(mutation, cart) {
    const { transaction, business_date: date, checkout, part = false, total, lines } = mutation;
    if (this.sales.has(transaction)) return;
    const sale = { customer: cart.customer, named: mutation.cart !== undefined, checkout, date, part, total, reopened: false, lines: [] };
    for (const { line, gtin, quantity, unit_price } of lines) {
      const known = cart.find(line) !== undefined;
      const name = known ? cart.name(line) : this.#nameElsewhere(line);
      const taken = known ? cart.take(line, quantity) : 0;
      const again = Math.min(quantity - taken, this.#givenBack(name) - used(sale, name, 'again'));
      const doubled = Math.min(quantity - taken - again, this.#takenOff(name, checkout) - used(sale, name, 'doubled'));
      sale.lines.push({ sale, name, gtin, quantity, unit_price, taken, again, doubled, returned: 0 });
      if (doubled > 0) this.conflicts.push({ code: 'double_sale', receipt: transaction, gtin, quantity: doubled });
    }
    for (const line of sale.lines) this.sold.set(line.name, [...this.sold.get(line.name) ?? [], line]);
    this.sales.set(transaction, sale);
  }

  // Told when somebody else was at the till: of another customer's line it is known by its own id that it was sold.
  #nameElsewhere(line) {
    const owner = this.#cart(this.shown.get(line)?.customer ?? '');
    const found = owner.find(line);
    return found && !found.alias ? owner.name(line) : line;
  }

  // By sales of other purchases, and not given back since. Parts of one purchase have one checkout.
  #takenOff(name, checkout) {
    const others = (this.sold.get(name) ?? []).filter(({ sale }) => !(sale.part && checkout && sale.checkout === checkout));
    return others.reduce((sum, line) => sum + held(line), 0);
  }

  // By voids that did not put it into the cart again, and not sold since.
  #givenBack(name) {
    const backs = (this.sold.get(name) ?? []).map((line) =>
      (line.sale.reopened ? 0 : line.taken - held(line)) - Math.max(0, line.quantity - line.returned - held(line) - line.doubled));
    return Math.max(0, backs.reduce((sum, back) => sum + back, 0));
  }

  #giveBack({ transaction, of_transaction, lines: asked, reopen }, cart) {
    const sale = this.sales.get(of_transaction);
    if (this.voids.has(transaction)) return;
    this.voids.set(transaction, { of: of_transaction, known: sale !== undefined });
    if (sale && reopen) sale.reopened = true;
    for (const line of sale?.lines ?? []) {
      const wanted = asked ? asked.find(({ gtin }) => gtin === line.gtin)?.quantity ?? 0 : line.quantity;
      const back = Math.min(wanted, line.quantity - line.returned);
      line.returned += back;
      if (reopen && back > 0 && sale.named) cart.add(line.gtin, back);
    }
  }
}

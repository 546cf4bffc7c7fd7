// What changes do to a cart: the rules of docs/cart.md for lines and notes, as a web shop needs them to show what is not
// decided yet. The context store decides; this shows the likely. docs/cart-vectors.json holds both to the same rules.
// Pure: no clock, no network.

export const LINE_COUNT_MAX = 100;
export const QUANTITY_MAX = 9_999;
const NOTE_COUNT_MAX = 24;
const MARK_COUNT_MAX = 256;
const DECLINED_COUNT_MAX = 64;
const CLOSED = '';

// A cart as its row's doc, with id and customer; no id: none yet.
export const emptyCart = () => ({ id: '', customer: '', currency: '', lines: [], note: '' });

// What is remembered beside the open lines. marks: line id -> the line that took its adds, or closed.
export const emptyBook = () => ({ marks: new Map(), declined: new Set() });

const keyOf = ({ gtin, options = '' }) => `${gtin} ${options}`;
const lineOf = (cart, id) => cart.lines.find((line) => line.id === id);
const lineOfProduct = (cart, what) => cart.lines.find((line) => keyOf(line) === keyOf(what));

// ---- the book ----

// Closed lines are forgotten first: forgetting an alias would turn a good change away.
function bookMakeRoom(book, cart) {
  if (book.marks.size < MARK_COUNT_MAX) return;
  for (const [line, into] of book.marks) {
    if (!lineOf(cart, into)) {
      book.marks.delete(line);
      return;
    }
  }
  book.marks.delete(book.marks.keys().next().value);
}

function bookPut(book, cart, line, into) {
  if (!book.marks.has(line)) bookMakeRoom(book, cart);
  book.marks.set(line, into);
}

// A full list cannot tell any more: then every gift counts as declined.
const isDeclined = (book, what) => book.declined.size >= DECLINED_COUNT_MAX || book.declined.has(keyOf(what));

// Only what was a gift becomes one again: whoever may add makes a gift of nothing else.
const comesBack = (book, m) => Boolean(m.keep_gift) && book.declined.has(keyOf(m));

// A full list stays full: it stands for gifts that are not on it.
function undecline(book, what) {
  if (book.declined.size < DECLINED_COUNT_MAX) book.declined.delete(keyOf(what));
}

// ---- lines ----

// { line } that an id means, through aliases, or { code }.
function resolve(cart, book, id) {
  const line = lineOf(cart, id);
  if (line) return { line };
  if (!book.marks.has(id)) return { code: 'line_unknown' };
  const into = lineOf(cart, book.marks.get(id));
  return into ? { line: into } : { code: 'line_closed' };
}

// What is known of the product. A price whose age is not known says nothing about a change; older knowledge is passed over.
function describe(line, product) {
  if (!product) return;
  const as_of = product.price_as_of ?? 0;
  const known = line.price_as_of ?? 0;
  if (as_of < known) return;
  if (known && line.unit_price !== product.unit_price) Object.assign(line, { was_price: line.unit_price, was_as_of: known });
  Object.assign(line, { name: product.name, unit_price: product.unit_price, price_as_of: as_of, stock: product.stock });
}

// The id of an add is new, or one whose adds went into that line before.
function addedIdFault(cart, book, id, same) {
  const taken = lineOf(cart, id);
  if (taken && taken !== same) return 'line_conflict';
  if (!book.marks.has(id)) return '';
  const into = book.marks.get(id);
  if (same && into === same.id) return '';
  return lineOf(cart, into) ? 'line_conflict' : 'line_closed';
}

function addFault({ cart, book }, m, facts, same) {
  if (!(m.quantity >= 1) || !m.line || !m.cart) return 'not_understood';
  const fault = addedIdFault(cart, book, m.line, same);
  if (fault) return fault;
  if (m.gift && !comesBack(book, m) && isDeclined(book, m)) return 'gift_declined';
  if (facts.product && cart.currency && cart.currency !== facts.product.currency) return 'currency_conflict';
  if (!same && cart.lines.length >= LINE_COUNT_MAX) return 'line_limit';
  return m.quantity > QUANTITY_MAX - (same?.quantity ?? 0) ? 'quantity_limit' : '';
}

function add(side, m, facts) {
  const { cart, book } = side;
  const same = lineOfProduct(cart, m);
  const code = addFault(side, m, facts, same);
  if (code) return { code };
  if (!cart.id) Object.assign(cart, { id: m.cart, customer: m.customer });
  if (!cart.currency) cart.currency = facts.product?.currency ?? '';
  const back = comesBack(book, m);
  if (back) undecline(book, m);
  if (!same) {
    const line = { id: m.line, gtin: m.gtin, options: m.options ?? '', gift: Boolean(m.gift || back), quantity: m.quantity, unit_price: 0,
      added_ms: facts.at_ms, channel: facts.channel };
    describe(line, facts.product);
    cart.lines.push(line);
    return { line };
  }
  same.quantity += m.quantity;
  same.gift = Boolean(same.gift || m.gift || back);
  describe(same, facts.product);
  if (same.id !== m.line) bookPut(book, cart, m.line, same.id);
  return { line: same };
}

// keepGift: what goes was the person's own; a line that goes altogether takes its gift along.
function changeBy({ cart, book }, line, by, keepGift = false) {
  if (line.quantity + by > QUANTITY_MAX) return { code: 'quantity_limit' };
  if (by === 0) return {};
  if (by < 0 && line.gift && !(keepGift && line.quantity + by > 0)) {
    if (!isDeclined(book, line)) book.declined.add(keyOf(line));
    line.gift = false; // what stays is the person's own
  }
  line.quantity += by;
  if (line.quantity > 0) return { line };
  cart.lines.splice(cart.lines.indexOf(line), 1);
  bookPut(book, cart, line.id, CLOSED);
  return { line };
}

const isQuantity = (n) => Number.isInteger(n) && n >= 0 && n <= QUANTITY_MAX;

function setQuantity(side, { line: id, from, to, keep_gift }) {
  if (!isQuantity(from) || !isQuantity(to)) return { code: 'not_understood' };
  const { line, code } = resolve(side.cart, side.book, id);
  if (code) return code === 'line_closed' && to === 0 ? {} : { code };
  return changeBy(side, line, to - from, keep_gift);
}

// Removing what is gone already is what the person wanted.
function remove(side, { line: id, from }) {
  if (!isQuantity(from)) return { code: 'not_understood' };
  const { line, code } = resolve(side.cart, side.book, id);
  if (code) return code === 'line_closed' ? {} : { code };
  return changeBy(side, line, -from);
}

function note({ cart, book }, { line: id, text }) {
  if (!cart.id) return { code: 'cart_unknown' };
  if (!id) {
    cart.note = text;
    return {};
  }
  const { line, code } = resolve(cart, book, id);
  if (code) return code === 'line_closed' && text === '' ? {} : { code };
  if (!line.note && text && cart.lines.filter((one) => one.note).length >= NOTE_COUNT_MAX) return { code: 'note_limit' };
  line.note = text;
  return { line };
}

const RULES = { 'cart.add': add, 'cart.set_quantity': setQuantity, 'cart.remove': remove, 'cart.note': note };

export const isCartChange = (kind) => Object.hasOwn(RULES, kind);

/**
 * Applies a mutation to a side { cart, book }, in place. facts: { at_ms, channel, product? } with a product of
 * { name, unit_price, currency, price_as_of?, stock? }. Gives { code } and changes nothing when it is turned down, else the
 * line that it touched, if it touched one.
 */
export function apply(side, mutation, facts) {
  if (side.cart.id && side.cart.customer !== mutation.customer) return { code: 'cart_of_other' };
  return RULES[mutation.kind]?.(side, mutation, facts) ?? { code: 'not_understood' };
}

// ---- the view ----

function priceChange(line) {
  if (!line.was_as_of || line.was_price === line.unit_price) return undefined;
  return { by: line.unit_price - line.was_price, since_ms: line.was_as_of };
}

const lineShown = (line, pending) => ({ ...line, price_change: priceChange(line), pending });

/**
 * The decided cart with pending changes on top, as a page shows it; null when there is none. base: { id, customer, doc } or
 * undefined. pending: [{ mutation, facts }] in order. What cannot be applied leaves the cart as it is: its verdict tells.
 */
export function viewOf(base, pending) {
  const cart = base ? { ...emptyCart(), ...structuredClone(base.doc), id: base.id, customer: base.customer } : emptyCart();
  const side = { cart, book: emptyBook() };
  const touched = new Set();
  const changes = pending.filter(({ mutation }) => isCartChange(mutation.kind));
  for (const { mutation, facts } of changes) {
    if (mutation.keep_gift && mutation.kind === 'cart.add') side.book.declined.add(keyOf(mutation)); // which the store's book alone tells
    // A customer has one cart: what names one that is not known goes into it.
    const { line } = apply(side, cart.id ? { ...mutation, cart: cart.id } : mutation, facts);
    if (line) touched.add(line.id);
  }
  if (!cart.id) return null;
  return { ...cart, lines: cart.lines.map((line) => lineShown(line, touched.has(line.id))),
    item_count: cart.lines.reduce((sum, line) => sum + line.quantity, 0),
    total: cart.lines.reduce((sum, line) => sum + line.quantity * line.unit_price, 0), unsent: changes.length };
}

// A kiosk as its shopper's page speaks to it: somebody fills a cart, says who she is, and leaves.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { SecondTill } from './lib/second_till.mjs';
import { endAll, memberUri, Till } from './lib/till.mjs';

const kiosk = Till.make({ device: 'kiosk-0421-7' });
const till = SecondTill.beside(kiosk, 'till-0421-4');
let page;
let pen, ink, book;
let rivera, people;

before(async () => {
  await kiosk.start();
  page = await kiosk.shopperPage();
  await page.readerIs('scanner', 'ready');
  await page.sees('a live line', (s) => s.state.line.state === 'live' && s.terminal);
  [pen, ink, book] = kiosk.products;
  people = kiosk.customers;
});

after(() => endAll(till, kiosk));

const scanProduct = (product) => kiosk.scan(product.gtin.replace(/^0/, ''));
const linesOf = (cart) => Object.fromEntries((cart?.lines ?? []).map((line) => [line.gtin, line.quantity]));
const cartIs = (what, wanted) => page.sees(what, (s) => s.visit && JSON.stringify(linesOf(s.cart)) === JSON.stringify(wanted));
const ofVisit = (method, params = {}) => page.request(method, { visit: page.shown.visit.id, ...params });

async function answered(method, params) {
  const { result, error } = await ofVisit(method, params);
  assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`);
  return result;
}

// What is in her cart at the context store, through the web.
async function webCart(customer, what, matches) {
  const web = await kiosk.webChannel(customer.id);
  await web.cartWith(what, (doc) => matches(linesOf(doc)));
  web.close();
}

// A customer of the store with this on the web, and nothing else.
async function withCart(customer, wanted) {
  const web = await kiosk.webChannel(customer.id);
  for (const [gtin, quantity] of Object.entries(wanted)) await web.add(gtin, quantity);
  web.close();
}

test('it knows that it is a kiosk, and tells a shopper nothing of its troubles', async () => {
  assert.equal(page.shown.terminal.role, 'kiosk');
  assert.deepEqual(Object.keys(page.shown.state).sort(), ['line', 'readers', 'wall_ms']);
  assert.equal(page.shown.visit, null);
});

test('a product without a visit begins an anonymous one', async () => {
  await scanProduct(pen);
  await cartIs('the pen', { [pen.gtin]: 1 });
  const { visit, view } = page.shown;
  assert.deepEqual([visit.anonymous, visit.source, view], [true, 'anonymous', null]);
  await page.sees('that the context store has it', (s) => s.cart.unsent === 0 && s.cart.version > 0);
  const [line] = page.shown.cart.lines;
  assert.deepEqual([line.name, line.unit_price, line.channel], [pen.name, pen.unit_price, 'kiosk']);
  assert.equal((await answered('cart.add', { gtin: ink.gtin, quantity: 2 })).seq > 0, true);
  await page.sees('the ink', () => page.lineOf(ink.gtin)); // behind the answer where the cart has changed once more by then
  const { id } = page.lineOf(ink.gtin);
  await page.request('cart.set_quantity', { line: id, from: 2, to: 5 });
  await cartIs('five inks', { [pen.gtin]: 1, [ink.gtin]: 5 });
  await page.request('cart.remove', { line: page.lineOf(pen.gtin).id, from: 1 });
  await cartIs('no pen', { [ink.gtin]: 5 });
  await page.sees('all of it sent', (s) => s.cart.unsent === 0);
  await page.done();
  await page.sees('nobody', (s) => s.visit === null && s.reason === 'done');
});

test('whoever has no cart yet takes the anonymous one along, without a question', async () => {
  rivera = people[0]; // the made-up chain gave her no cart
  const { result } = await page.request('visit.start');
  await page.sees('the visit', (s) => s.visit?.id === result.visit);
  await answered('cart.add', { gtin: pen.gtin, quantity: 2 });
  await kiosk.scan(memberUri(rivera));
  await page.sees('her, in the same visit', (s) => s.visit?.id === result.visit && s.view?.customer.name === rivera.name);
  await cartIs('her cart', { [pen.gtin]: 2 });
  await page.sees('no question, and the way back', (s) => s.merge === null && s.undo);
  assert.equal(page.shown.view.audience, 'shopper');
  assert.deepEqual(Object.keys(page.shown.view).sort(), ['as_of', 'audience', 'customer', 'points', 'tier']);
  await webCart(rivera, 'two pens', (lines) => lines[pen.gtin] === 2);
  await page.clear();
});

test('both have something: she is asked, line by line and with the reason', async () => {
  await scanProduct(pen);
  await cartIs('the pen', { [pen.gtin]: 1 });
  await scanProduct(book);
  await cartIs('pen and book', { [pen.gtin]: 1, [book.gtin]: 1 });
  await kiosk.scan(memberUri(rivera));
  await page.sees('the question', (s) => s.merge);
  const { merge } = page.shown;
  assert.equal(merge.policy, 'sum');
  const told = Object.fromEntries(merge.lines.map((l) => [`${l.side} ${l.gtin}`, [l.quantity, l.becomes_quantity, l.reason]]));
  assert.deepEqual(told, { [`online ${pen.gtin}`]: [2, 3, 'added'], [`kiosk ${pen.gtin}`]: [1, 3, 'added'],
    [`kiosk ${book.gtin}`]: [1, 1, 'carried'] });
  assert.equal(merge.total_after, 3 * pen.unit_price + book.unit_price);
  await cartIs('hers alone until she says so', { [pen.gtin]: 2 });
});

test('another page that opens is asked the same', async () => {
  const other = await kiosk.shopperPage();
  await other.sees('the question', (s) => s.merge);
  assert.deepEqual(other.shown.merge, page.shown.merge);
  other.close();
});

test('what she leaves out stays out; what she takes back is asked again', async () => {
  const out = page.shown.merge.lines.find((l) => l.gtin === book.gtin);
  assert.equal((await answered('merge.decide', { answer: 'join', exclude: [out.line] })).seq > 0, true);
  await cartIs('three pens', { [pen.gtin]: 3 });
  await page.sees('no question, and the way back', (s) => s.merge === null && s.undo);
  await page.sees('that it is decided', (s) => s.cart.unsent === 0);
  await webCart(rivera, 'three pens', (lines) => lines[pen.gtin] === 3 && !lines[book.gtin]);
  await answered('merge.undo');
  await page.sees('the question again', (s) => s.merge);
  await cartIs('hers alone', { [pen.gtin]: 2 });
  await webCart(rivera, 'two pens', (lines) => lines[pen.gtin] === 2);
  await answered('merge.decide', { answer: 'apart' });
  await page.sees('no question', (s) => s.merge === null && !s.undo);
  await cartIs('hers alone', { [pen.gtin]: 2 });
  await page.clear();
});

test('answers that make no sense are refused', async () => {
  await scanProduct(pen);
  await cartIs('the pen', { [pen.gtin]: 1 });
  const { id } = page.shown.visit;
  assert.equal(await page.code('merge.decide', { visit: id, answer: 'join' }), 'refused.not_found');
  assert.equal(await page.code('merge.undo', { visit: id }), 'refused.not_found');
  assert.equal(await page.code('visit.know', { visit: id }), 'refused.not_found');
  assert.equal(await page.code('visit.forget', { visit: id }), 'refused.not_found');
  assert.equal(await page.code('visit.not_me', { visit: id }), 'refused.not_found');
  for (const wrong of [{ answer: 'maybe' }, {}, { answer: 'join', exclude: 'x' }, { answer: 'join', exclude: ['x'] },
    { answer: 'join', exclude: Array(101).fill('0'.repeat(32)) }, { answer: 'join', policy: 'ask' }])
    assert.match(await page.code('merge.decide', { visit: id, ...wrong }), /^input\./, JSON.stringify(wrong));
  assert.equal(await page.code('visit.touch', { visit: '0'.repeat(32) }), 'refused.not_found');
  await page.clear();
});

test('"Not me" takes back what joined, and whoever stands there goes on with it', async () => {
  await scanProduct(ink);
  await cartIs('the ink', { [ink.gtin]: 1 });
  await kiosk.scan(memberUri(rivera));
  await page.sees('the question', (s) => s.merge);
  await answered('merge.decide', { answer: 'join' });
  await cartIs('joined', { [pen.gtin]: 2, [ink.gtin]: 1 });
  const { id } = page.shown.visit;
  await answered('visit.not_me');
  page.received = ''; // until she is gone, what the context store knows of her may be told anew
  await page.sees('somebody else', (s) => s.visit && s.visit.id !== id && s.visit.anonymous);
  assert.equal(page.received.includes(rivera.name), false);
  await cartIs('the ink', { [ink.gtin]: 1 });
  await webCart(rivera, 'no ink', (lines) => lines[pen.gtin] === 2 && !lines[ink.gtin]);
  await page.clear();
});

const factsOf = ({ groups }, name) => groups.flatMap((group) => group.facts).filter(({ fact }) => fact === name);

test('what staff noted and what she agreed to is told in full, as long as her proof opens her name', async () => {
  const tanaka = people.find(({ name }) => name === 'Ms Tanaka'); // the made-up chain has notes about her
  const clerk = await kiosk.page();
  await kiosk.scan(memberUri(tanaka));
  await page.sees('her', (s) => s.view?.customer.name === tanaka.name);
  const { view } = await clerk.sees('her notes', (s) => s.view?.notes?.length > 0);
  const facts = await answered('visit.know');
  assert.deepEqual(factsOf(facts, 'note').map(({ value, as_of, source }) => [value, as_of, source]), view.notes.map(({ text, at_ms }) => [text, at_ms, 'store']));
  const agreed = { fact: 'consent', as_of: page.shown.view.as_of.profile_ms, source: 'store', value: 'profiling', granted: true };
  assert.deepEqual(factsOf(facts, 'consent'), [agreed]);
  assert.ok(factsOf(facts, 'viewed').length > 0);

  const web = await kiosk.webShop(tanaka.id);
  web.consent('profiling', false, '1');
  await page.sees('a newer profile', (s) => s.view?.as_of.profile_ms > agreed.as_of);
  const later = await answered('visit.know');
  assert.deepEqual(factsOf(later, 'consent').map(({ value, granted }) => [value, granted]), [['profiling', false]]);
  assert.deepEqual(factsOf(later, 'viewed'), []);
  web.close();

  const policy = (level) => kiosk.contextctl('policy', 'set', '--show-name', level, '--database', kiosk.path('store', 'context.db'));
  await policy('high');
  await page.sees('a name that is hidden', (s) => s.visit?.hidden.includes('show_name'));
  await clerk.sees('no notes', (s) => s.view && !s.view.notes);
  clerk.received = page.received = '';
  const closed = await answered('visit.know');
  assert.ok(closed.hidden.includes('show_name'));
  for (const name of ['note', 'notes', 'consent', 'viewed', 'name']) assert.deepEqual(factsOf(closed, name), [], name);
  for (const { text } of view.notes) assert.equal(page.received.includes(text), false, text);
  await policy('low');
  await page.sees('her name again', (s) => s.view?.customer.name === tanaka.name);
  clerk.close();
  await page.clear();
});

test('what is known of her is told to her, with source and age', async () => {
  await kiosk.scan(memberUri(rivera));
  await page.sees('her', (s) => s.view?.customer.name === rivera.name);
  const { groups, hidden } = await answered('visit.know');
  const facts = Object.fromEntries(groups.flatMap((g) => g.facts.map((f) => [`${g.group} ${f.fact}`, f])));
  assert.equal(facts['profile name'].value, rivera.name);
  assert.equal(facts['profile points'].value, page.shown.view.points);
  assert.equal(facts['profile name'].source, 'store');
  assert.equal(facts['profile name'].as_of, page.shown.view.as_of.profile_ms);
  assert.deepEqual([facts['cart cart_line'].value, facts['cart cart_line'].quantity], [pen.name, 2]);
  assert.equal(facts['visit credential_kind'].value, 'member');
  assert.equal(facts['visit began_ms'].source, 'here');
  assert.equal(facts['credentials credentials'].value > 0, true);
  assert.equal(groups.find((g) => g.group === 'journey').facts.length > 0, true);
  assert.deepEqual(hidden, page.shown.visit.hidden);
});

test('"Forget me here" takes her out of the cache at once, and no feed brings her back', async () => {
  const { id } = page.shown.visit;
  const before = await held();
  assert.deepEqual(await answered('visit.forget'), {});
  await page.sees('nobody', (s) => s.visit === null && s.reason === 'forget');
  assert.equal(await page.code('visit.know', { visit: id }), 'refused.not_found');
  assert.equal(await held(), before - 1);
  await withCart(rivera, { [ink.gtin]: 1 }); // a change that the cohort's feed would bring
  await kiosk.scan(memberUri(people[1]));
  await page.sees('somebody else, whose feed is behind it', (s) => s.view?.customer.name === people[1].name);
  assert.equal(await held(), before - 1);
  await page.clear();
  await kiosk.store.stop();
  await page.sees('a line that is down', (s) => s.state.line.state === 'offline');
  await kiosk.scan(memberUri(rivera));
  await page.outcome('unknown');
  await kiosk.startStore();
  await page.sees('a live line', (s) => s.state.line.state === 'live');
  await kiosk.scanned(page, 'https://loyal.example/m/9999999999', 'unknown'); // hers would count as not taken away since
  await kiosk.scan(memberUri(rivera));
  await page.sees('her, of whom the context store told', (s) => s.view?.customer.name === rivera.name);
  assert.equal(page.shown.visit.source, 'store');
  assert.equal(await held(), before);
  await page.clear();
});

async function held() {
  const console = await kiosk.console();
  const { cache } = await console.request('status', {});
  console.close();
  return cache.customers;
}

test('a product is found with price, stock and age; one that nobody knows by its number', async () => {
  const { result } = await page.request('product.find', { gtin: pen.gtin });
  assert.deepEqual([result.product.product_name, result.product.unit_price, result.product.gtin], [pen.name, pen.unit_price, pen.gtin]);
  assert.equal(result.product.price_as_of > 0, true);
  assert.deepEqual((await page.request('product.find', { gtin: '99999999999999' })).result, { product: { gtin: '99999999999999' } });
  assert.match(await page.code('product.find', { gtin: '1' }), /^input\./);
});

test('a shopper may do nothing that is for clerks, whatever their page asks', async () => {
  const clerk = readFileSync(new URL('../../agent/app/pages/pages.c', import.meta.url), 'utf8');
  const names = [...clerk.matchAll(/^\s*(?:\{"([a-z_.]+)", \w+\},?\s*)+$/gm)].flatMap(([line]) => [...line.matchAll(/\{"([a-z_.]+)"/g)].map((m) => m[1]));
  const may = new Set(['cart.add', 'cart.set_quantity', 'cart.remove', 'merge.decide', 'merge.undo', 'visit.choose', 'visit.end', 'ping']);
  const mayNot = names.filter((name) => !may.has(name));
  assert.ok(mayNot.includes('details.shown'));
  await scanProduct(pen);
  await cartIs('the pen', { [pen.gtin]: 1 });
  for (const method of [...mayNot, 'customer.find', 'customer.open', 'note.add', 'checkout.finish', 'page.token', 'status'])
    assert.equal(await page.code(method, { visit: page.shown.visit.id }), 'refused.unsupported', method);
  await page.clear();
});

test('the clerk page of the same terminal has the visit, and can do nothing that is hers alone', async () => {
  const clerk = await kiosk.page();
  await scanProduct(pen);
  await clerk.sees('the anonymous visit', (s) => s.visit?.anonymous);
  assert.equal(clerk.shown.blank, undefined);
  assert.equal(await clerk.code('visit.forget', { visit: clerk.shown.visit.id }), 'refused.unsupported');
  clerk.close();
  await page.clear();
});

test('a till begins no anonymous visit by a product, unless the chain wants it', async () => {
  await till.start();
  const clerk = await till.workingPage();
  await till.scanned(clerk, pen.gtin.replace(/^0/, ''), 'product');
  assert.equal(clerk.shown.visit, null);
  const policyCame = () => till.till.lines.next('the policy', (line) => / policy changed/.test(line));
  await policyCame(); // the first
  await kiosk.contextctl('policy', 'set', '--scan-begins', 'till', '--database', kiosk.path('store', 'context.db'));
  await policyCame();
  await till.scan(ink.gtin.replace(/^0/, ''));
  await clerk.sees('an anonymous visit', (s) => s.visit?.anonymous && linesOf(s.cart)[ink.gtin] === 1);
  await clerk.done();
  await clerk.sees('nobody', (s) => s.visit === null);
  clerk.close();
});

test('the cart goes on at a till by its code, which is a QR code as well', async () => {
  await scanProduct(pen);
  await cartIs('the pen', { [pen.gtin]: 1 });
  await page.sees('that it is decided', (s) => s.cart.unsent === 0);
  const sent = await answered('send.code');
  assert.match(sent.code, /^[2-9A-HJKMNP-Z]{6}$/);
  assert.equal(sent.text, `H:${sent.code}`);
  assert.equal(sent.until_ms > Date.now(), true);
  assert.equal(sent.qr.size, 21);
  assert.deepEqual(sent.qr.rows.map((row) => row.length), Array(21).fill(6));
  assert.equal(sent.qr.rows[0].startsWith('fe'), true, 'a finder pattern begins it');
  assert.deepEqual(await answered('send.code'), sent, 'asked again, it is the same');
  const clerk = await till.workingPage();
  await till.scan(sent.text);
  await clerk.sees('the cart', (s) => s.visit?.source === 'handover' && s.visit.anonymous && linesOf(s.cart)[pen.gtin] === 1);
  await page.sees('that the till has it', (s) => s.visit === null && s.reason === 'handover' && s.by === 'Till 4');
  await clerk.done();
  clerk.close();
});

test('who came by a code is told that she was found by a hand-over, not what she showed', async () => {
  const clerk = await till.workingPage();
  await till.serve(clerk, people[1]);
  const { result } = await clerk.request('handover.request', { visit: clerk.shown.visit.id, to: 'any' });
  await kiosk.scan(`H:${result.code}`);
  await page.sees('her', (s) => s.visit && !s.visit.anonymous);
  assert.deepEqual([page.shown.visit.source, page.shown.visit.credential_kind], ['handover', 'none']);
  const { groups } = await answered('visit.know');
  const facts = Object.fromEntries(groups.find((g) => g.group === 'visit').facts.map((f) => [f.fact, f.value]));
  assert.deepEqual([facts.found_by, facts.credential_kind], ['handover', undefined]);
  await clerk.done();
  clerk.close();
  await page.clear();
});

test('what cannot be sent is said plainly', async () => {
  await page.request('visit.start');
  await page.sees('the visit', (s) => s.visit);
  assert.equal(await page.code('send.code', { visit: page.shown.visit.id }), 'refused.not_found');
  await answered('cart.add', { gtin: pen.gtin, quantity: 1 });
  await cartIs('the pen', { [pen.gtin]: 1 });
  await kiosk.store.stop();
  await page.sees('a line that is down', (s) => s.state.line.state === 'offline');
  assert.equal(await page.code('send.code', { visit: page.shown.visit.id }), 'retry.offline');
  await page.clear();
});

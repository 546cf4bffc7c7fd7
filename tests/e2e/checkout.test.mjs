// Paying at two tills of one store: who pays is shown at the other, and when the line is down at both nothing is lost,
// nothing is paid twice without a report, and a sale that is told again is booked once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PATIENCE_MS } from './lib/events.mjs';
import { SecondTill } from './lib/second_till.mjs';
import { endAll, Till } from './lib/till.mjs';

const RENEWED_MS = 40_000 + PATIENCE_MS; // a claim is renewed after 40 s
const DATE = '2026-09-21';

const till4 = Till.make();
const till2 = SecondTill.beside(till4, 'till-0421-2');
const places = {};
let rivera;

async function place(till) {
  const page = await till.workingPage();
  const console = await till.console();
  await console.request('tail');
  return { till, page, console, verdict: (seq) => console.events.next(`the verdict on ${seq}`, (e) => e.seq === seq && e.verdict) };
}

before(async () => {
  await till4.start();
  await till2.start();
  [rivera] = till4.customers;
  places.a = await place(till4);
  places.b = await place(till2);
});

after(() => endAll(till2, till4));

const serve = ({ till, page }) => till.serve(page, rivera);
const sent = ({ page }) => page.decided();
const offline = ({ page }) => page.sees('an offline line', (s) => s.state.line.state === 'offline');
const ended = ({ page }, reason) => page.sees(`the visit ended by ${reason}`, (s) => !s.visit && s.reason === reason);
const conflicts = async () => JSON.parse(await till4.contextctl('conflicts', '--database', till4.path('store', 'context.db'), '--json'));
const metric = async ({ till }, name) => Number(new RegExp(`^${name}\\{channel="till"\\} (\\d+)$`, 'm').exec(await till.cli('metrics'))[1]);

test('a claim at one till shows at the other, is renewed, and holds others off', async () => {
  const { a, b } = places;
  await serve(a);
  await serve(b);
  await a.page.add(till4.products[0].gtin, 2);
  await b.page.sees('the line', () => b.page.lineOf(till4.products[0].gtin)?.quantity === 2);
  assert.match(await till4.cli('checkout', 'claim'), /^Stored as change \d+; /);
  await a.page.sees('its own claim', (s) => s.cart.claim?.mine === true);
  await b.page.sees('who pays', (s) => s.cart.claim?.by === 'Till 4' && !s.cart.claim.mine);
  assert.match(await till2.cli('cart'), /^It is being paid at Till 4\. /m);
  assert.match(await till4.cli('cart'), /^It is being paid here\.$/m);
  const { since_ms, until_ms } = b.page.shown.cart.claim;
  const refused = await b.console.request('checkout.claim');
  assert.deepEqual([await b.verdict(refused.seq)].map((e) => [e.verdict, e.code]), [['rejected', 'cart_claimed']]);
  assert.equal((await b.page.takenBack()).change, 'checkout.claim');
  assert.equal(await b.console.code('checkout.release'), 'refused.not_found');
  await b.page.sees('the claim renewed', (s) => s.cart.claim?.until_ms > until_ms, RENEWED_MS);
  assert.equal(b.page.shown.cart.claim.since_ms, since_ms);
});

test('a claim ends with its visit', async () => {
  const { a, b } = places;
  await a.page.done();
  await b.page.sees('nobody who pays', (s) => s.cart && !s.cart.claim);
  await serve(a);
});

test('an agent that ends in the middle of paying goes on with its claim, and another till does not', async () => {
  const { b } = places;
  await places.a.console.request('checkout.claim');
  await b.page.sees('who pays', (s) => s.cart.claim?.by === 'Till 4');
  const { since_ms, until_ms } = b.page.shown.cart.claim;
  await till4.till.stop('SIGKILL');
  await b.page.done();
  await serve(b);
  assert.equal(b.page.shown.cart.claim.mine, false);
  await till4.startTill();
  places.a = await place(till4);
  await sent(places.a);
  await serve(places.a);
  await places.a.page.sees('its own claim', (s) => s.cart?.claim?.mine === true); // what it missed is fed behind the verdicts
  await b.page.sees('the claim renewed', (s) => s.cart.claim?.until_ms > until_ms, RENEWED_MS);
  assert.equal(b.page.shown.cart.claim.since_ms, since_ms);
  const [{ id, gtin, unit_price }] = places.a.page.shown.cart.lines;
  const sale = { transaction: '16', business_date: DATE, total: unit_price, part: true, lines: [{ line: id, gtin, quantity: 1, unit_price }] };
  const { seq } = await places.a.console.request('checkout.finish', sale);
  assert.deepEqual([await places.a.verdict(seq)].map((e) => [e.verdict, e.conflict]), [['applied', undefined]]);
  await places.a.console.request('checkout.release');
  for (const { page } of [places.a, b]) await page.sees('nobody who pays, and what is left', (s) => s.cart && !s.cart.claim && page.lineOf(gtin)?.quantity === 1);
});

test('paid at both tills while the line is down: both sales are booked, and people are told', async () => {
  const { a, b } = places;
  const { lines, total } = a.page.shown.cart;
  const claim = await a.console.request('checkout.claim');
  await b.page.sees('who pays', (s) => s.cart.claim?.by === 'Till 4');
  await a.verdict(claim.seq);
  await till4.store.stop('SIGKILL');
  await Promise.all([offline(a), offline(b)]);
  const first = await a.console.request('checkout.finish', { transaction: '17', business_date: DATE, total, all: true });
  await ended(a, 'checkout');
  const paid = lines.map(({ id, gtin, quantity, unit_price }) => ({ line: id, gtin, quantity, unit_price }));
  const second = await b.console.request('checkout.finish', { transaction: '80', business_date: DATE, total, lines: paid });
  await ended(b, 'checkout');
  await serve(b);
  await b.page.sees('the paid lines gone at once', (s) => s.cart?.lines.length === 0);
  till2.till.pause(); // the other one tells its sale first
  await till4.startStore();
  assert.deepEqual([await a.verdict(first.seq)].map((e) => [e.verdict, e.conflict]), [['applied', undefined]]);
  await sent(a);
  till2.till.goesOn();
  assert.deepEqual([await b.verdict(second.seq)].map((e) => [e.verdict, e.conflict]), [['applied', 'double_sale']]);
  await sent(b);
  const list = await conflicts();
  assert.deepEqual(list.map((one) => [one.conflict, one.gtin, one.quantity, one.sale.transaction, one.before.transaction]),
    paid.map((line) => ['double_sale', line.gtin, line.quantity, '80', '17']));
  const again = await a.console.request('checkout.finish', { transaction: '17', business_date: DATE, total, lines: paid });
  assert.deepEqual([await a.verdict(again.seq)].map((e) => [e.verdict, e.conflict]), [['applied', undefined]], 'told again after its visit');
  assert.deepEqual(await conflicts(), list);
  assert.deepEqual([await metric(a, 'tillbridge_conflicts_total'), await metric(b, 'tillbridge_conflicts_total')], [0, 1]);
  assert.match(await till2.cli('outbox'), new RegExp(`^ +${second.seq}  conflict +checkout\\.finish .*double_sale`, 'm'));
  await till2.till.lines.next('the conflict in the log', (line) => / warn line conflict .*code=double_sale/i.test(line));
});

test('a sale that is told again is booked once, and what is taken back comes into the cart again', async () => {
  const { a, b } = places;
  const before = (await conflicts()).length;
  assert.equal(await a.console.code('checkout.finish', { transaction: '18', business_date: DATE, total: 100, all: true }), 'refused.not_found');
  await a.till.serve(a.page, rivera);
  await a.page.sees('an empty cart', (s) => s.cart?.lines.length === 0);
  assert.equal((await a.page.add(till4.products[1].gtin, 3)).error, undefined);
  await a.page.sees('the line with its price', () => a.page.lineOf(till4.products[1].gtin)?.pending === false);
  const [{ id, gtin, unit_price }] = a.page.shown.cart.lines;
  const sale = { transaction: '18', business_date: DATE, total: 2 * unit_price, part: true, lines: [{ line: id, gtin, quantity: 2, unit_price }] };
  for (let i = 0; i < 2; i++) assert.equal((await a.verdict((await a.console.request('checkout.finish', sale)).seq)).verdict, 'applied');
  await sent(a);
  await a.page.sees('what was not paid', () => a.page.lineOf(gtin)?.quantity === 1);
  await b.page.sees('the same', () => b.page.lineOf(gtin)?.quantity === 1);
  assert.equal((await conflicts()).length, before);
  await till4.cli('checkout', 'void', '19', DATE, '18', DATE, 'reopen');
  await a.page.sees('all of it', () => a.page.lineOf(gtin)?.quantity === 3);
  assert.equal(await a.console.code('checkout.finish', { transaction: '20', business_date: 'today', total: 1, all: true }), 'input.syntax');
  assert.equal(await a.console.code('checkout.finish', { transaction: '20', business_date: DATE, total: 1 }), 'input.missing');
  await till4.cli('checkout', 'finish', '20', DATE, String(a.page.shown.cart.total));
  await ended(a, 'checkout');
  await b.page.sees('nothing left', (s) => s.cart.lines.length === 0);
});

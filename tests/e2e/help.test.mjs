// A shopper's call for help: from a kiosk to every till of the store, and the cart goes on there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SecondTill } from './lib/second_till.mjs';
import { Pos } from './lib/pos_channel.mjs';
import { endAll, memberUri, Till } from './lib/till.mjs';

const till4 = Till.make();
const kiosk7 = SecondTill.beside(till4, 'kiosk-0421-7');
let till, kiosk, pen, ink, rivera;

before(async () => {
  await till4.start();
  await kiosk7.start();
  [pen, ink] = till4.products;
  [rivera] = till4.customers;
  till = await till4.workingPage();
  kiosk = await kiosk7.shopperPage();
  await kiosk.sees('a live line', (s) => s.state.line.state === 'live' && s.terminal);
});

after(() => endAll(kiosk7, till4));

const call = (note) => kiosk.request('help.call', { visit: kiosk.shown.visit.id, note });
const help = (state) => kiosk.sees(`help ${state}`, (s) => (s.help?.state ?? null) === state).then((s) => s.help);
const listed = (count) => till.sees(`${count} hand-overs`, (s) => s.handovers?.open.length === count).then((s) => s.handovers.open);

async function begins() {
  const { result } = await kiosk.request('visit.start');
  await kiosk.sees('the visit', (s) => s.visit?.id === result.visit);
}

test('somebody whom nobody knows calls, and the till goes on with the cart', async () => {
  await begins();
  await kiosk.add(pen.gtin, 2);
  await kiosk.sees('the pen', () => kiosk.lineOf(pen.gtin)?.quantity === 2);
  assert.equal((await call('wants it wrapped')).error, undefined);
  assert.equal((await help('waiting')).declined, 0);
  const [open] = await listed(1);
  assert.deepEqual([open.from, open.reason, open.note, open.anonymous, open.name, open.item_count, open.total],
    ['Kiosk 7', 'help', 'wants it wrapped', true, undefined, 2, 2 * pen.unit_price]);
  assert.equal(await till.code('handover.decline', { handover: open.id }), '');
  await kiosk.sees('that a till declined', (s) => s.help.declined === 1);
  await till.visitIs((await till.request('handover.accept', { handover: open.id })).result.visit);
  assert.deepEqual([till.shown.visit.source, till.shown.visit.anonymous, till.shown.view], ['handover', true, null]);
  await till.sees('the pens', () => till.lineOf(pen.gtin)?.quantity === 2);
  assert.equal((await help('accepted')).by, 'Till 4');
  await listed(0);
});

test('the cart is paid at the till, and the kiosk is told where', async () => {
  await till.add(ink.gtin, 1);
  await till.sees('the ink, sent', (s) => s.cart?.unsent === 0 && till.lineOf(ink.gtin)?.pending === false);
  const console = await till4.console();
  await console.request('tail');
  const { total } = till.shown.cart;
  const { seq } = await console.request('checkout.finish', { transaction: '31', business_date: '2026-11-23', total, all: true });
  const verdict = await console.events.next('the verdict on the sale', (e) => e.seq === seq && e.verdict);
  assert.deepEqual([verdict.verdict, verdict.conflict], ['applied', undefined]);
  await till.sees('the end of the visit', (s) => !s.visit && s.reason === 'checkout' && !s.by);
  console.close();
  await kiosk.sees('where it was paid', (s) => s.visit === null && s.reason === 'checkout' && s.by === 'Till 4');
});

test('a visit that ends takes its call back', async () => {
  await kiosk.clear();
  await begins();
  await kiosk7.scan(memberUri(rivera));
  await kiosk.sees(rivera.name, (s) => s.view?.customer.name === rivera.name);
  assert.equal((await call()).error, undefined);
  assert.deepEqual((await listed(1)).map((h) => [h.name, h.anonymous]), [[rivera.name, false]]);
  await kiosk.done();
  await listed(0);
  await help(null);
});

test('so does a shopper, and an agent that ended in the middle of it', async () => {
  await begins();
  await kiosk.add(pen.gtin, 1);
  await call();
  await listed(1);
  assert.equal(await kiosk.code('help.cancel', { visit: kiosk.shown.visit.id }), '');
  await help('over');
  await listed(0);
  await call();
  const [{ id }] = await listed(1);
  await kiosk7.till.stop('SIGKILL');
  await kiosk7.startTill();
  await listed(0);
  assert.equal(await till.code('handover.accept', { handover: id }), 'refused.not_found');
  kiosk = await kiosk7.shopperPage();
});

test('a cart of nobody goes to a till by its code', async () => {
  await kiosk.sees('a live line', (s) => s.state.line.state === 'live');
  await begins();
  await kiosk.add(ink.gtin, 3);
  await kiosk.sees('the ink, sent', (s) => s.cart?.unsent === 0 && kiosk.lineOf(ink.gtin)?.quantity === 3);
  const clerk = await kiosk7.page();
  const { result } = await clerk.request('handover.request', { visit: kiosk.shown.visit.id, to: 'any' });
  await till4.scan(`H:${result.code}`);
  assert.equal((await till.outcome('recognised')).outcome, 'recognised');
  await till.sees('the ink at the till', () => till.lineOf(ink.gtin)?.quantity === 3);
  assert.deepEqual([till.shown.visit.source, till.shown.visit.anonymous], ['handover', true]);
  for (const page of [kiosk, clerk]) await page.sees('who fetched it', (s) => s.visit === null && s.reason === 'handover' && s.by === 'Till 4');
  clerk.close();
});

test('what customers waited for is measured, under the channel that the terminal is', async () => {
  const sample = async (at, name, channel) => Number(new RegExp(`^${name}\\{channel="${channel}"\\} (\\S+)$`, 'm').exec(await at.cli('metrics'))[1]);
  for (const name of ['wait_seconds_count', 'handle_seconds_count', 'finish_seconds_count', 'resumed_carts_total', 'visits_total', 'visits_recognised_total'])
    assert.equal((await till4.cli('metrics')).includes(`tillbridge_${name}{channel="kiosk"}`), false, name);
  assert.equal(await sample(till4, 'tillbridge_visits_total', 'till'), 2);
  assert.equal(await sample(till4, 'tillbridge_resumed_carts_total', 'till'), 2);
  assert.equal(await sample(till4, 'tillbridge_visits_recognised_total', 'till'), 0);
  assert.equal(await sample(till4, 'tillbridge_finish_seconds_count', 'till'), 1);
  assert.equal(await sample(till4, 'tillbridge_handle_seconds_count', 'till'), 1);
  assert.equal(await sample(kiosk7, 'tillbridge_wait_seconds_count', 'kiosk'), 1, 'of its calls since it was started, the one that was taken');
  assert.equal(await sample(kiosk7, 'tillbridge_outcomes_total', 'kiosk",outcome="recognised'), 0);
});

test('who has nothing in the cart yet can call all the same', async () => {
  await till.clear();
  await kiosk.clear();
  await begins();
  assert.equal((await call()).error, undefined);
  await help('waiting');
  const [open] = await listed(1);
  assert.deepEqual([open.from, open.anonymous, open.item_count], ['Kiosk 7', true, undefined]);
  await till.visitIs((await till.request('handover.accept', { handover: open.id })).result.visit);
  assert.deepEqual([till.shown.visit.source, till.shown.cart], ['handover', null]);
  assert.equal((await help('accepted')).by, 'Till 4');
  await till.clear();
  await kiosk.clear();
});

test('a cart that becomes hers at the till is not at the kiosk any more', async () => {
  await begins();
  await kiosk.add(pen.gtin, 1);
  await kiosk.sees('the pen, sent', (s) => s.cart?.unsent === 0 && kiosk.lineOf(pen.gtin)?.quantity === 1);
  assert.equal((await call()).error, undefined);
  const [open] = await listed(1);
  assert.equal((await till.request('handover.accept', { handover: open.id })).error, undefined);
  await help('accepted');
  await till4.scan(memberUri(rivera));
  await till.sees('her cart', (s) => s.view?.customer.name === rivera.name && till.lineOf(pen.gtin)?.pending === false);
  await kiosk.sees('where it is', (s) => s.visit === null && s.reason === 'handover' && s.by === 'Till 4');
  await till.clear();
  await begins();
  await kiosk.done();
  await kiosk.sees('a good-bye of its own', (s) => s.visit === null && s.reason === 'done' && !s.by);
});

// While the context store says whose code it is, the next customer taps: she is served, and what the code names stays
// at the kiosk, to be fetched by it.
test('a code that is answered too late takes nothing away', async () => {
  const [, other] = till4.customers;
  await begins();
  await kiosk7.scan(memberUri(rivera));
  await kiosk.sees(rivera.name, (s) => s.view?.customer.name === rivera.name);
  await kiosk.add(pen.gtin, 1);
  await kiosk.sees('the pen, sent', (s) => s.cart?.unsent === 0 && kiosk.lineOf(pen.gtin));
  const { result } = await kiosk.request('send.code', { visit: kiosk.shown.visit.id });
  till.outcomes.length = 0;
  till4.till.pause(); // both codes lie before it: it waits for the context store for a moment only
  till4.store.pause();
  await till4.scan(`H:${result.code}`);
  await till4.scan(memberUri(other));
  till4.till.goesOn();
  await till.outcome('recognised'); // the other one's
  till4.store.goesOn();
  assert.equal((await till.outcome('recognised')).code, 'found.late');
  assert.equal(till.shown.view.customer.name, other.name);
  await till.add(ink.gtin, 1);
  await till.sees('that all is decided up to here', (s) => s.cart?.unsent === 0 && till.lineOf(ink.gtin)?.pending === false);
  assert.equal(kiosk.shown.view?.customer.name, rivera.name);
  await till.done();
  await till4.scan(`H:${result.code}`);
  await till.sees('her cart', (s) => s.view?.customer.name === rivera.name && till.lineOf(pen.gtin));
  assert.equal(till.shown.visit.source, 'handover');
  await kiosk.sees('who fetched it', (s) => s.visit === null && s.reason === 'handover' && s.by === 'Till 4');
  await till.clear();
});

// Between "I go" and the context store's word the next customer taps.
test('what was taken over while another customer came begins when she is done', async () => {
  const [, other] = till4.customers;
  await begins();
  await kiosk.add(pen.gtin, 2);
  await kiosk.sees('the pens, sent', (s) => s.cart?.unsent === 0 && kiosk.lineOf(pen.gtin)?.quantity === 2);
  assert.equal((await call()).error, undefined);
  const [open] = await listed(1);
  till4.store.pause();
  const taken = till.request('handover.accept', { handover: open.id });
  assert.equal(await till.code('handover.accept', { handover: open.id }), 'refused.conflict'); // it is under way
  await till4.serve(till, other);
  till4.store.goesOn();
  assert.deepEqual((await taken).result, { later: true });
  assert.equal((await help('accepted')).by, 'Till 4');
  await listed(0);
  assert.equal(till.shown.view.customer.name, other.name);
  await till.done();
  await till.sees('the pens', (s) => s.visit?.source === 'handover' && till.lineOf(pen.gtin)?.quantity === 2);
  await till.clear();
  await kiosk.clear();
});

// She comes to the till herself: what was taken over is hers, and does not open once more when she has left.
test('what was taken over does not begin when its customer has been served meanwhile', async () => {
  const [, other] = till4.customers;
  await begins();
  await kiosk7.scan(memberUri(rivera));
  await kiosk.sees(rivera.name, (s) => s.view?.customer.name === rivera.name);
  assert.equal((await call()).error, undefined);
  const [open] = await listed(1);
  const pos = await posWith('help');
  till4.store.pause();
  const taken = pos.ask('handover.accept', { handover: open.id });
  assert.equal(await pos.code('handover.accept', { handover: open.id }), 'refused.conflict'); // it is under way
  await till4.serve(till, other);
  till4.store.goesOn();
  assert.deepEqual((await taken).result, { later: true });
  await till4.serve(till, rivera);
  assert.notEqual(till.shown.visit.source, 'handover');
  await till.done();
  await till.sees('nobody', (s) => s.visit === null);
  await till4.serve(till, other);
  await till.done();
  await till.sees('still nobody', (s) => s.visit === null);
  pos.close();
  await kiosk.clear();
});

// POS software instead of a clerk's page.
async function posWith(...scopes) {
  const console = await till4.console();
  const { token } = await console.request('pos.grant', { name: scopes.join(' '), scopes });
  console.close();
  return new Pos(till4.page_port, token).follow();
}

test('POS software sees who waits, declines, takes one over, and hears what became of the others', async () => {
  await listed(0); // nothing that is over is told to who comes now
  const pos = await posWith('help', 'handover');
  const display = await posWith('customer', 'handover');
  assert.deepEqual((await pos.event('handovers')).open, []);
  assert.equal(await display.code('handover.accept', { handover: '0'.repeat(32) }), 'refused.denied');
  await begins();
  await kiosk.add(pen.gtin, 1);
  await call('for the window');
  const waiting = (holds) => pos.event('handovers', ({ open }) => open.length === 1 && holds(open[0])).then(({ open, wall_ms }) => ({ ...open[0], wall_ms }));
  const shown = await waiting(() => true);
  assert.deepEqual([shown.from, shown.reason, shown.note, shown.anonymous, shown.item_count], ['Kiosk 7', 'help', 'for the window', true, 1]);
  assert.ok(shown.wall_ms >= shown.at_ms);
  await pos.result('handover.decline', { handover: shown.id });
  await waiting((one) => one.declined && one.declined_count === 1);
  assert.equal((await kiosk.request('help.cancel', { visit: kiosk.shown.visit.id })).error, undefined);
  assert.deepEqual(await pos.event('handover.over'), { id: shown.id, state: 'cancelled' });

  await call('again');
  const again = await waiting((one) => one.note === 'again');
  const { visit } = await pos.result('handover.accept', { handover: again.id });
  await till.sees('the visit', (s) => s.visit?.id === visit && s.visit.source === 'handover');
  const over = await pos.event('handover.over');
  assert.deepEqual([over.id, over.state, over.by], [again.id, 'accepted', 'Till 4']);
  assert.ok(over.waited_ms >= 0);
  assert.equal(await pos.code('handover.accept', { handover: again.id }), 'refused.not_found');
  assert.ok(!display.received.includes('"handovers"'));

  // What POS software hands over itself, and whose visit has ended here by then.
  const asked = await pos.result('handover.request', { visit, to: 'any' });
  const own = (state) => display.event('handover.own', (e) => e.state === state);
  const told = await own('waiting');
  assert.deepEqual([told.id, told.visit, told.code, told.until_ms], [asked.handover, visit, asked.code, asked.until_ms]);
  await till.done();
  await till.sees('nobody', (s) => s.visit === null);
  await kiosk7.scan(`H:${asked.code}`);
  const taken = await own('accepted');
  assert.deepEqual([taken.id, taken.by], [asked.handover, 'Kiosk 7']);
  await kiosk.sees('what it fetched', (s) => s.visit?.source === 'handover' && kiosk.lineOf(pen.gtin));
  const late = await posWith('handover');
  assert.equal((await late.event('handover.own')).state, 'accepted');
  for (const one of [pos, display, late]) one.close();
});

test('"Forget me here" takes back what was asked for, and she is not known there again by it', async () => {
  await begins();
  await kiosk7.scan(memberUri(rivera));
  await kiosk.sees(rivera.name, (s) => s.view?.customer.name === rivera.name);
  await kiosk.add(pen.gtin, 1);
  await kiosk.sees('the pen, sent', (s) => s.cart?.unsent === 0 && kiosk.lineOf(pen.gtin));
  assert.equal((await call()).error, undefined);
  const { result } = await kiosk.request('send.code', { visit: kiosk.shown.visit.id });
  await listed(2);
  assert.equal(await kiosk.code('visit.forget', { visit: kiosk.shown.visit.id }), '');
  await listed(0);
  await till4.scanned(till, `H:${result.code}`, 'unknown');
  await help(null);
});

test('without a line nobody can be called', async () => {
  await begins();
  await till4.store.stop('SIGKILL');
  await kiosk.sees('an offline line', (s) => s.state.line.state === 'offline');
  assert.equal((await call()).error.data.code, 'retry.offline');
});

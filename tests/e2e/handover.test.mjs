// Hand-overs between the terminals of a store: a call is on every clerk's page with what it is about, the first who
// accepts serves, what is declined stays open for others, and without a line it is plainly refused.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { SecondTill } from './lib/second_till.mjs';
import { endAll, Till } from './lib/till.mjs';

const till4 = Till.make();
const till2 = SecondTill.beside(till4, 'till-0421-2');
let a, b, rivera, other;

before(async () => {
  await till4.start();
  await till2.start();
  [rivera, other] = till4.customers;
  a = await till4.workingPage();
  b = await till2.workingPage();
});

after(() => endAll(till2, till4));

const listed = (page, count) => page.sees(`${count} hand-overs`, (s) => s.handovers?.open.length === count).then((s) => s.handovers.open);
const own = (page, state) => page.sees(`the own one ${state}`, (s) => s.handovers?.own?.state === state).then((s) => s.handovers.own);
const ask = (page, members = {}) => page.request('handover.request', { visit: page.shown.visit.id, to: 'any', ...members });

test('a clerk hands over: another till of the store sees whom, and goes on', async () => {
  await till4.serve(a, rivera);
  await a.add(till4.products[0].gtin, 2);
  await a.sees('the line, sent', (s) => s.cart?.unsent === 0 && a.lineOf(till4.products[0].gtin)?.quantity === 2);
  const { result } = await ask(a, { note: 'wants the blue one' });
  assert.match(result.code, /^[0-9A-Z]{6}$/);
  const [open] = await listed(b, 1);
  assert.deepEqual([open.id, open.from, open.name, open.note, open.reason, open.anonymous, open.declined],
    [result.handover, 'Till 4', rivera.name, 'wants the blue one', 'continue', false, false]);
  assert.deepEqual([open.item_count, open.total], [a.shown.cart.item_count, a.shown.cart.total]);
  assert.deepEqual(a.shown.handovers.open, [], 'who asks is not asked');
  const taken = await b.request('handover.accept', { handover: open.id });
  await b.visitIs(taken.result.visit);
  assert.deepEqual([b.shown.visit.source, b.shown.view.customer.name], ['handover', rivera.name]);
  await b.sees('the cart', () => b.lineOf(till4.products[0].gtin)?.quantity === 2);
  assert.equal((await own(a, 'accepted')).by, 'Till 2');
  await listed(b, 0);
  assert.equal(await b.code('handover.accept', { handover: open.id }), 'refused.not_found');
});

test('one that is declined stays open; who asked takes it back', async () => {
  await b.clear();
  const { result } = await ask(a);
  await listed(b, 1);
  assert.equal(await b.code('handover.decline', { handover: result.handover }), '');
  await b.sees('what it declined', (s) => s.handovers.open[0].declined && s.handovers.open[0].declined_count === 1);
  await a.sees('that somebody declined', (s) => s.handovers.own.declined_count === 1);
  assert.equal(await ask(a).then((answer) => answer.error.data.code), 'refused.conflict');
  assert.equal(await a.code('handover.cancel', { visit: a.shown.visit.id }), '');
  await listed(b, 0);
  assert.equal((await own(a, 'over')).id, result.handover);
  assert.equal(await a.code('handover.cancel', { visit: a.shown.visit.id }), 'refused.not_found');
});

test('a code is the same: who scans it goes on', async () => {
  const { result } = await ask(a);
  await till2.scan(`H:${result.code}`);
  await b.sees(rivera.name, (s) => s.view?.customer.name === rivera.name);
  assert.equal((await own(a, 'accepted')).by, 'Till 2');
  await listed(b, 0);
  await a.clear();
  await b.clear();
});

test('of two who accept a call from the web one serves', async () => {
  const web = await till4.webChannel(other.id);
  await web.add(till4.products[1].gtin, 1);
  const handover = randomBytes(16).toString('hex');
  web.mutate('handover.request', { handover, to: '0421', reason: 'help' });
  for (const page of [a, b]) assert.deepEqual((await listed(page, 1)).map((h) => [h.id, h.name, h.reason]), [[handover, other.name, 'help']]);
  till4.store.pause(); // until both have asked: who hears first that it is over does not ask
  const asked = [a, b].map((page) => page.request('handover.accept', { handover }));
  for (const page of [a, b]) assert.equal(await page.code('handover.accept', { handover }), 'refused.conflict'); // it is under way
  till4.store.goesOn();
  const answers = await Promise.all(asked);
  const codes = answers.map((answer) => answer.error?.data.code ?? 'taken').sort();
  assert.deepEqual(codes, ['refused.conflict', 'taken']);
  const [who] = [a, b].filter((_, i) => answers[i].result);
  await who.sees('the cart from the web', () => who.lineOf(till4.products[1].gtin)?.quantity === 1);
  await listed(a, 0);
  await listed(b, 0);
  await who.clear();
  await web.shop.close();
});

test('without a line nobody is asked, and that is said at once', async () => {
  await till4.serve(a, rivera);
  await till4.store.stop('SIGKILL');
  await a.sees('an offline line', (s) => s.state.line.state === 'offline');
  const unsent = a.shown.state.unsent;
  assert.equal(await ask(a).then((answer) => answer.error.data.code), 'retry.offline');
  assert.equal(await a.code('handover.accept', { handover: '0'.repeat(32) }), 'retry.offline');
  assert.equal(a.shown.state.unsent, unsent, 'nothing of it is sent later');
  await till4.startStore();
  await Promise.all([a, b].map((page) => page.sees('a live line', (s) => s.state.line.state === 'live')));
  assert.match((await ask(a)).result.code, /^[0-9A-Z]{6}$/);
  await listed(b, 1);
});

test('what one visit asked for is not taken back in the next', async () => {
  await a.clear();
  await till4.serve(a, other);
  assert.equal(await a.code('handover.cancel', { visit: a.shown.visit.id }), 'refused.not_found');
  await listed(b, 1);
});

test('a request that makes no sense changes nothing', async () => {
  assert.equal(await ask(a, { to: 'over there' }).then((answer) => answer.error.data.code), 'input.syntax');
  assert.equal(await ask(a, { visit: '0'.repeat(32) }).then((answer) => answer.error.data.code), 'refused.not_found');
  assert.equal(await ask(a, { note: 'x'.repeat(161) }).then((answer) => answer.error.data.code), 'input.too_long');
  assert.equal(await b.code('handover.accept', { handover: 7 }), 'input.type');
  await listed(b, 1);
});

// The agent alone knows what the context store said: the page is told in its words.
test('who hands over again and again ends nobody\'s code, and is told so', async () => {
  const codes = [];
  for (let refused = ''; !refused;) {
    await a.clear();
    await till4.serve(a, rivera);
    const { result, error } = await ask(a);
    if (result) codes.push(result.code);
    refused = error?.data.code ?? '';
    assert.ok(!refused || refused === 'refused.handover_limit', refused);
    assert.ok(codes.length <= 32, `${codes.length} codes`);
  }
  assert.equal(codes.length, 31, 'with the one of before');
  assert.equal((await own(a, 'over')).code, undefined);
  await b.clear();
  await till2.scan(`H:${codes[0]}`);
  await b.sees(rivera.name, (s) => s.visit?.source === 'handover' && s.view?.customer.name === rivera.name);
  await a.clear();
  await till4.serve(a, rivera);
  assert.match((await ask(a)).result.code, /^[0-9A-Z]{6}$/, 'there is room for one again');
});

// A shopper at a kiosk who is not alone: somebody of a till is called, or the cart is taken there by its code.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { KioskShopper } from './lib/kiosk_shopper.mjs';
import { SecondTill } from './lib/second_till.mjs';
import { endAll, Till } from './lib/till.mjs';

const pictures = process.env.TB_PICTURES;
const kiosk = Till.make({ device: 'kiosk-0421-7' });
const till = SecondTill.beside(kiosk, 'till-0421-4');
let shopper;
let clerk;
let pen, ink;

before(async () => {
  if (pictures) mkdirSync(pictures, { recursive: true });
  await kiosk.start();
  await till.start();
  [pen, ink] = kiosk.products;
  clerk = await till.workingPage();
  shopper = await KioskShopper.open(await kiosk.pageUrl('shopper'));
  await sees('both readers at work', `(s) => s.title === 'Tap your card, hold your phone or scan your code'`);
});

after(async () => {
  await shopper?.close();
  await endAll(till, kiosk);
});

const sees = (what, matches) => shopper.sees(what, matches);
const picture = (name) => pictures && shopper.screenshot(join(pictures, `${name}.png`));
const scan = (product) => kiosk.scan(product.gtin.replace(/^0/, ''));
const listed = (count) => clerk.sees(`${count} calls`, (s) => s.handovers?.open.length === count).then((s) => s.handovers.open);
const hasCart = (...names) => sees(`the lines ${names}`, `(s) => s.kind === 'cart' && s.lines.length === ${names.length}`);

async function done() {
  await shopper.touch('done');
  await sees('good-bye', `(s) => s.kind === 'ended' || s.kind === 'idle'`);
}

test('a call for help is taken back', async () => {
  await scan(pen);
  await hasCart(pen.name);
  await sees('that it is sent', `(s) => !/sent later/.test(s.lines[0])`);
  await shopper.touch('help');
  await sees('that somebody is called', `(s) => s.dialog === 'help' && /Waiting for/.test(s.panel)`);
  const [call] = await listed(1);
  assert.deepEqual([call.from, call.reason, call.anonymous], ['Kiosk 7', 'help', true]);
  await shopper.touch('help_cancel');
  await listed(0);
  await sees('no call', `(s) => s.dialog === '' && s.calling === ''`);
  await done();
});

test('a clerk declines, another accepts: each is told, and the cart is at the till', async () => {
  await scan(pen);
  await hasCart(pen.name);
  await shopper.touch('plus', 0);
  await sees('two pens', `(s) => s.items === '2 items'`);
  await shopper.touch('help');
  const [call] = await listed(1);
  assert.deepEqual([call.item_count, call.total], [2, 2 * pen.unit_price]);
  await sees('that it waits', `(s) => /Waiting for \\d+ seconds?/.test(s.panel)`);
  await picture('help');
  assert.equal(await clerk.code('handover.decline', { handover: call.id }), '');
  await sees('that everybody is busy', `(s) => /Everybody is busy just now/.test(s.panel)`);
  await shopper.touch('close');
  await sees('the call in one line over the cart', `(s) => s.dialog === '' && /We are calling somebody/.test(s.calling)`);
  const { error } = await clerk.request('handover.accept', { handover: call.id });
  assert.equal(error, undefined);
  await clerk.sees('the two pens', (s) => s.visit?.source === 'handover' && clerk.lineOf(pen.gtin)?.quantity === 2);
  await sees('who comes', `(s) => /Till 4 is coming/.test(s.all)`);
  await picture('help-accepted');
});

test('it is paid there: she is told where, and the kiosk is free', async () => {
  const console = await till.console();
  const { total } = clerk.shown.cart;
  await console.request('checkout.finish', { transaction: '31', business_date: '2026-11-23', total, all: true });
  console.close();
  const paid = await sees('where it was paid', `(s) => s.kind === 'ended' && s.title === 'It was paid at Till 4'`);
  assert.deepEqual([paid.dialog, paid.calling], ['', '']);
  assert.doesNotMatch(paid.all, new RegExp(pen.name));
  await picture('ended-paid');
});

// Between "I go" and the context store's word the next customer taps at the till; before she is done its agent ends.
test('who has accepted cannot come after all: she is told, and all are called again', async () => {
  const [, other] = kiosk.customers;
  await scan(ink);
  await hasCart(ink.name);
  await sees('that it is sent', `(s) => !/sent later/.test(s.lines[0])`);
  await shopper.touch('help');
  const [call] = await listed(1);
  kiosk.store.child.kill('SIGSTOP');
  const taken = clerk.request('handover.accept', { handover: call.id });
  assert.equal(await clerk.code('handover.accept', { handover: call.id }), 'refused.conflict'); // it is under way
  await till.serve(clerk, other);
  kiosk.store.child.kill('SIGCONT');
  assert.deepEqual((await taken).result, { later: true });
  await sees('who comes', `(s) => /Till 4 is coming/.test(s.panel)`);
  await till.till.stop('SIGKILL');
  await till.startTill();
  await sees('that nobody does', `(s) => /We are calling again/.test(s.panel) && /Till 4 cannot come after all/.test(s.panel)`);
  await picture('help-again');
  await shopper.touch('close');
  await sees('so it says over the cart', `(s) => s.dialog === '' && /We are calling again/.test(s.calling) && /Till 4 cannot come after all/.test(s.calling)`);
  await picture('help-again-cart');
  clerk = await till.workingPage();
  const [again] = await listed(1);
  assert.equal(again.id, call.id);
  await clerk.visitIs((await clerk.request('handover.accept', { handover: again.id })).result.visit);
  await clerk.sees('the ink', () => clerk.lineOf(ink.gtin)?.quantity === 1);
  await sees('who comes now', `(s) => /Till 4 is coming/.test(s.calling) && !/after all/.test(s.all)`);
  await clerk.clear();
  await done();
});

test('somebody with nothing in her hands calls from the idle screen, and from a card that nobody knows', async () => {
  await sees('a screen without a visit', `(s) => ['idle', 'ended'].includes(s.kind) && s.acts.includes('help')`);
  await shopper.touch('help');
  await sees('that it waits', `(s) => s.kind === 'cart' && s.dialog === 'help' && /Waiting for \\d+ seconds?/.test(s.panel)`);
  const [call] = await listed(1);
  assert.deepEqual([call.from, call.reason, call.anonymous, call.item_count], ['Kiosk 7', 'help', true, undefined]);
  await picture('help-empty');
  await clerk.visitIs((await clerk.request('handover.accept', { handover: call.id })).result.visit);
  await sees('who comes', `(s) => /Till 4 is coming/.test(s.panel)`);
  await clerk.clear();
  await shopper.touch('close');
  await done();
  await kiosk.scan('https://loyal.example/m/9999999999');
  await sees('that nobody knows it', `(s) => s.kind === 'outcome' && s.acts.includes('help')`);
  await picture('unknown-help');
  await shopper.touch('help');
  await sees('that it waits', `(s) => s.dialog === 'help' && /Waiting for/.test(s.panel)`);
  await listed(1);
  await shopper.touch('help_cancel');
  await listed(0);
  await done();
});

test('a cart is taken to a till by its code', async () => {
  await scan(ink);
  await hasCart(ink.name);
  await sees('that it is sent', `(s) => !/sent later/.test(s.lines[0])`);
  await shopper.touch('send');
  const { code } = await sees('a code', `(s) => s.dialog === 'send' && /^[0-9A-Z]{6}$/.test(s.code)`);
  const { width, modules } = await shopper.page.evaluate(() => ({ width: document.querySelector('.qr').viewBox.baseVal.width, modules: document.querySelector('.qr .ink').getTotalLength() }));
  assert.ok(width >= 21 + 8 && modules > 400, `a square of ${width}`);
  await picture('send');
  await till.scan(`H:${code}`);
  await clerk.sees('the ink', (s) => s.visit?.source === 'handover' && clerk.lineOf(ink.gtin)?.quantity === 1);
  const gone = await sees('where it has gone', `(s) => s.kind === 'ended' && s.title === 'Your cart is at Till 4 now'`);
  assert.equal(gone.dialog, '');
  await picture('ended-handed');
  await clerk.clear();
});

test('a code that cannot be scanned is typed at the till', async () => {
  await scan(pen);
  await hasCart(pen.name);
  await sees('that it is sent', `(s) => !/sent later/.test(s.lines[0])`);
  await shopper.touch('send');
  const { code } = await sees('a code', `(s) => s.dialog === 'send' && /^[0-9A-Z]{6}$/.test(s.code)`);
  await listed(1);
  const last = code.at(-1) === '2' ? '3' : '2';
  assert.equal(await clerk.code('handover.fetch', { code: code.slice(0, 5) + last }), 'input.checksum');
  assert.equal(await clerk.code('handover.fetch', { code: 'hello' }), 'input.syntax');
  assert.equal(await clerk.code('handover.fetch', { code: '' }), 'input.syntax');
  assert.equal(clerk.shown.visit, null);
  const { result } = await clerk.request('handover.fetch', { code: code.toLowerCase() });
  await clerk.sees('the pen', (s) => s.visit?.id === result.visit && clerk.lineOf(pen.gtin)?.quantity === 1);
  assert.deepEqual([clerk.shown.visit.source, clerk.shown.visit.anonymous, clerk.shown.visit.reader], ['handover', true, 'page']);
  await listed(0);
  await clerk.clear();
  assert.equal(await clerk.code('handover.fetch', { code }), 'refused.not_found', 'it is good once');
  await sees('where it has gone', `(s) => s.kind === 'ended' && s.title === 'Your cart is at Till 4 now'`);
});

test('what is put into a cart after somebody looked at it does not join hers unseen', async () => {
  await scan(pen);
  await hasCart(pen.name);
  await sees('that it is sent', `(s) => !/sent later/.test(s.lines[0])`);
  await shopper.touch('send');
  const { code } = await sees('a code', `(s) => s.dialog === 'send' && /^[0-9A-Z]{6}$/.test(s.code)`);
  await shopper.touch('close');
  const web = await kiosk.webChannel(kiosk.customers[4].id);
  const { doc: own } = await web.cartWith('her own cart', () => true);
  const seen = await web.shop.handed(code);
  assert.deepEqual([seen.joins, seen.cart.item_count], [true, 1]);
  const merges = web.holds('"cart.merge"');
  const taking = web.shop.takeOver(code, seen).then(() => '', (error) => error.code);
  const go = await merges; // it has looked once more: nothing had changed
  await scan(ink);
  await sees('both, and that they are sent', `(s) => s.lines.length === 2 && !s.lines.some((line) => /sent later/.test(line))`);
  go();
  assert.equal(await taking, 'cart_changed');
  assert.equal(web.shop.cart.lines.length, own.lines.length);
  const again = await web.shop.handed(code);
  assert.deepEqual([again.joins, again.cart.item_count], [true, 2]);
  assert.deepEqual(await web.shop.takeOver(code, again), { joined: true });
  await web.cartWith('both', ({ lines }) => lines.length === own.lines.length + 2);
  await sees('where it has gone', `(s) => s.kind === 'ended' && s.title === 'Your cart is on your phone now'`);
  web.close();
});

test('without the line neither is promised', async () => {
  await kiosk.store.stop('SIGKILL');
  await sees('that it is offline', `(s) => /Working offline since/.test(s.band)`);
  await clerk.sees('so is the till', (s) => s.state.line.state === 'offline');
  assert.equal(await clerk.code('handover.fetch', { code: '222222' }), 'retry.offline');
  await scan(ink);
  await sees('a cart', `(s) => s.kind === 'cart' && s.acts.includes('send')`);
  await shopper.touch('send');
  await sees('that it needs the line', `(s) => s.dialog === 'send' && /That needs the line, which is down/.test(s.panel)`);
  await shopper.touch('close');
  await shopper.touch('help');
  await sees('that this needs it, too', `(s) => s.dialog === 'help' && /That needs the line, which is down/.test(s.panel)`);
  await shopper.touch('close');
  await done();
  await shopper.touch('help');
  await sees('that it needs the line, and begins nothing', `(s) => s.kind !== 'cart' && s.dialog === 'help' && /That needs the line, which is down/.test(s.panel)`);
  await shopper.touch('close');
  await kiosk.startStore();
  await sees('a live line', `(s) => s.band === ''`);
  assert.deepEqual(shopper.faults, []);
});

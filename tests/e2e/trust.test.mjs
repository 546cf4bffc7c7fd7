// What a credential proves, and what that opens: the chain's policy on a running till.

import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Pos } from './lib/pos_channel.mjs';
import { memberUri, Till } from './lib/till.mjs';

const DIGITS = 8;
const PERIOD_S = 60;
const secret = randomBytes(20);
const till = Till.make();
let page;

const database = () => ['--database', till.path('store', 'context.db')];
const policy = async (...args) => {
  await till.contextctl('policy', 'set', ...args, ...database());
};

// RFC 6238 over a member's own key, as docs/credentials.md has it.
const rotating = (member, seconds = Math.floor(Date.now() / 1000)) => {
  const own = createHmac('sha256', secret).update(`totp\0${member}`).digest().subarray(0, 20);
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(seconds / PERIOD_S)));
  const mac = createHmac('sha1', own).update(step).digest();
  const at = mac[19] & 15;
  const otp = (mac.readUInt32BE(at) & 0x7fffffff) % 10 ** DIGITS;
  return `R:${member}:${seconds}:${String(otp).padStart(DIGITS, '0')}`;
};

const scanned = (code, outcome) => till.scanned(page, code, outcome);

before(async () => {
  await till.start();
  page = await till.workingPage();
});

after(() => till.end());

test('a number that anybody can copy opens what the policy says, and a change of it counts at once', async () => {
  const [customer] = till.customers;
  await till.serve(page, customer);
  assert.equal(page.shown.visit.assurance, 'low');
  assert.deepEqual(page.shown.visit.hidden, ['redeem']);
  await policy('--show-name', 'medium', '--show-cart', 'medium');
  await page.sees('no name', (s) => s.visit && s.view.customer.name === '' && s.cart === null);
  assert.deepEqual(page.shown.visit.hidden, ['show_name', 'show_cart', 'redeem']);
  assert.equal(Number.isFinite(page.shown.view.points), true);
  assert.match(await till.cli('cart'), /proves too little/);
  assert.equal((await page.add(till.products[0].gtin)).error, undefined);
  await assert.rejects(till.cli('checkout', 'claim'), /refused\.assurance/);
});

test('a cart that is not shown is not sold as what is on the screen', async () => {
  await page.add(till.products[0].gtin, 1);
  const console = await till.console();
  const sale = { transaction: '17', business_date: '2026-09-21', total: 100, all: true };
  assert.equal(await console.code('checkout.finish', sale), 'refused.not_found');
  assert.equal(await console.code('checkout.claim'), 'refused.assurance');
});

test('a rotating code of the same customer raises the visit, and is good once', async () => {
  const [customer] = till.customers;
  const visit = page.shown.visit.id;
  writeFileSync(till.path('totp.hex'), secret.toString('hex'), { mode: 0o600 });
  await till.contextctl('keys', 'add', '--use', 'totp', '--id', 'R', '--key', till.path('totp.hex'), '--to', 'all', ...database());
  await till.till.lines.next('the key', (l) => / keys changed count=1/.test(l));
  const code = rotating(customer.member);
  await scanned(code, 'recognised');
  await page.sees(customer.name, (s) => s.visit && s.view.customer.name === customer.name);
  assert.equal(page.shown.visit.id, visit);
  assert.equal(page.shown.visit.assurance, 'medium');
  assert.deepEqual(page.shown.visit.hidden, []);
  await page.clear();
  assert.equal((await scanned(code, 'replayed')).code, 'proof.replayed');
});

test('it is still used up after a restart, and one of another key or time is refused', async () => {
  const [customer, other] = till.customers;
  const code = rotating(other.member);
  await scanned(code, 'recognised');
  await till.till.stop('SIGKILL');
  await till.startTill();
  page = await till.workingPage();
  assert.equal((await scanned(code, 'replayed')).code, 'proof.replayed');
  const wrong = rotating(customer.member).replace(/.$/, (d) => (Number(d) + 1) % 10);
  assert.equal((await scanned(wrong, 'wrong_key')).code, 'proof.wrong');
  assert.equal((await scanned(rotating(customer.member, Math.floor(Date.now() / 1000) - 300), 'expired')).code, 'proof.expired');
});

test('a kind that the chain does not accept is nobody', async () => {
  writeFileSync(till.path('credentials.json'), JSON.stringify({ accepted: ['gsrn'] }));
  await policy('--credentials', till.path('credentials.json'));
  await till.till.lines.next('the policy', (l) => / policy changed/.test(l));
  assert.equal((await scanned(`https://loyal.example/m/${till.customers[0].member}`, 'unknown')).code, 'policy.kind');
  writeFileSync(till.path('credentials.json'), '{}');
  await policy('--credentials', till.path('credentials.json'));
  await till.till.lines.next('the policy', (l) => / policy changed/.test(l));
  await scanned(`https://loyal.example/m/${till.customers[0].member}`, 'recognised');
});

test('a document that makes no sense changes nothing', async () => {
  writeFileSync(till.path('credentials.json'), JSON.stringify({ rules: [{ carrier: 'ean13', prefix: 'x' }] }));
  await assert.rejects(policy('--credentials', till.path('credentials.json')));
  await assert.rejects(policy('--redeem', 'very'));
});

test('what this till has no key for is verified by the context store, once', async () => {
  await page.clear();
  await policy('--show-name', 'low', '--show-cart', 'low');
  await till.till.lines.next('the policy', (l) => / policy changed/.test(l));
  await till.contextctl('keys', 'add', '--use', 'totp', '--id', 'R', '--key', till.path('totp.hex'), '--to', 'none', ...database());
  await till.till.lines.next('no key any more', (l) => / keys changed count=0/.test(l));
  const customer = till.customers[2];
  const code = rotating(customer.member);
  assert.equal((await scanned(code, 'recognised')).code, 'found.store');
  await page.sees(customer.name, (s) => s.visit && s.view.customer.name === customer.name);
  assert.equal(page.shown.visit.assurance, 'medium');
  await page.clear();
  assert.equal((await scanned(code, 'replayed')).code, 'proof.replayed');
  const wrong = rotating(till.customers[3].member).replace(/.$/, (d) => (Number(d) + 1) % 10);
  assert.equal((await scanned(wrong, 'wrong_key')).code, 'proof.wrong');
});

// The answer about a code of one visit comes in the next one, in which a card is waited for, too.
test('what was presented in one visit is not linked with the customer of the next', async () => {
  const [first, second, , fourth] = till.customers;
  const console = await till.console();
  const { token } = await console.request('pos.grant', { name: 'Till software', scopes: ['identify'] });
  console.close();
  const pos = await new Pos(till.page_port, token).follow();
  const awaited = async () => (await page.request('credential.capture', { visit: page.shown.visit.id, purpose: 'link' })).result.until_ms;
  await till.serve(page, first);
  assert.ok(await awaited() > 0);
  till.store.pause();
  const late = pos.ask('identify.code', { code: rotating(fourth.member) }); // only the context store can tell
  await pos.result('visit.end', { visit: page.shown.visit.id });
  assert.equal((await page.captured()).outcome, 'cancelled');
  assert.equal((await pos.result('identify.code', { code: memberUri(second) })).outcome, 'recognised');
  await page.sees(second.name, (s) => s.visit && s.view.customer.name === second.name);
  assert.ok(await awaited() > 0);
  till.store.goesOn();
  assert.equal((await late).result.outcome, 'unknown');
  await page.request('credential.capture_end');
  assert.equal((await page.captured()).outcome, 'cancelled'); // it was waited for until now
  pos.close();
  await page.clear();
});

test('the code of a hand-over brings its customer to this till', async () => {
  await page.clear();
  const customer = till.customers[4];
  const web = await till.webChannel(customer.id);
  web.mutate('handover.request', { handover: randomBytes(16).toString('hex'), to: 'any' });
  const { handover } = await web.events.next('the hand-over', (e) => e.handover);
  web.close();
  assert.match(handover.doc.code, /^[2-9A-HJKMNP-Z]{6}$/);
  assert.equal((await scanned(`H:${handover.doc.code}`, 'recognised')).code, 'found.store');
  await page.sees(customer.name, (s) => s.visit && s.view.customer.name === customer.name);
  assert.deepEqual([page.shown.visit.assurance, page.shown.visit.credential_kind], ['low', 'none']);
  await page.clear();
});

test('with the line down it is an identifier that was seen, and no more', async () => {
  await till.store.stop('SIGKILL');
  await page.sees('the line is down', (s) => s.state.line.state === 'offline');
  const customer = till.customers[2];
  assert.equal((await scanned(rotating(customer.member, Math.floor(Date.now() / 1000) - 61), 'recognised')).code, 'proof.unverified');
  await page.sees(customer.name, (s) => s.visit && s.view.customer.name === customer.name);
  assert.equal(page.shown.visit.assurance, 'low');
});

// Where the chain asks for a badge: what a till refuses until somebody has signed on, what it does all the same, and the
// clerk's page in a real browser.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Clerk } from './lib/clerk.mjs';
import { Pos } from './lib/pos_channel.mjs';
import { memberUri, Till } from './lib/till.mjs';

const BADGE = 'OP:0004218'; // 000421 with its check digit
const NOBODY = 'refused.operator';
const ANY = '0'.repeat(31) + '1';

const till = Till.make({ policy: ['--operator-required', 'yes'] });
let page;
let clerk;
let pos;
let rivera;
let osei;
let pen;

const audit = () => readFileSync(till.path('audit.log'), 'utf8');
const operatorIs = (id) => page.sees(`${id ?? 'nobody'} signed on`, (s) => (s.operator?.id ?? null) === id);
const visit = () => page.shown.visit.id;

before(async () => {
  till.till_sections = `[agent]\naudit_file = ${till.path('audit.log')}\n`;
  await till.certificates();
  await till.seed();
  await till.contextctl('operator', 'add', '--database', till.path('store', 'context.db'), '--id', 'op-7', '--name', 'Kim Berg', '--badge', '000421');
  await till.startStore();
  await till.startReaders();
  await till.startTill();
  [rivera, osei] = till.customers;
  [pen] = till.products;
  page = await till.workingPage();
  const console = await till.console();
  const { token } = await console.request('pos.grant', { name: 'Harbour POS', scopes: ['customer', 'checkout', 'operator', 'handover', 'help'] });
  console.close();
  pos = await new Pos(till.page_port, token).follow();
});

after(async () => {
  await clerk?.close();
  page?.close();
  pos?.close();
  await till.end();
  assert.deepEqual(clerk?.faults ?? [], []);
});

test('who presents a card is served, and what a person answers for is refused', async () => {
  await page.sees('a chain that asks for a badge', (s) => s.terminal?.operator_required === true && s.operator === null);
  await till.serve(page, rivera);
  assert.equal(page.shown.view.customer.name, rivera.name);
  const about = { visit: visit() };
  for (const [method, params] of [
    ['details.shown', about], ['customer.find', { by: 'member', value: osei.member, reason: 'no_card' }], ['customer.open', { customer: ANY }],
    ['customer.create', { name: 'Noor van Dijk', language: 'en' }], ['credential.list', about], ['credential.capture', { ...about, purpose: 'link' }],
    ['credential.block', { ...about, credential: ANY, reason: 'lost' }], ['note.add', { ...about, text: 'x' }], ['note.remove', { ...about, note: ANY }],
    ['checkout.claim', about], ['handover.request', { ...about, to: 'any' }], ['handover.cancel', about], ['handover.accept', { handover: ANY }],
    ['handover.decline', { handover: ANY }], ['handover.fetch', { code: 'QY5DN2' }],
  ]) assert.equal(await page.code(method, params), NOBODY, method);
  for (const method of ['checkout.claim', 'handover.request', 'handover.accept']) assert.equal(await pos.code(method, { visit: visit(), to: 'any', handover: ANY }), NOBODY, method);
  const { result } = await page.add(pen.gtin);
  assert.ok(result.seq > 0);
  await page.sees('it in the cart, sent', (s) => s.cart?.unsent === 0 && page.lineOf(pen.gtin));
  assert.match(audit(), / visit began .* operator=("")?$/m);
  assert.doesNotMatch(audit(), /details_shown|customer find|note add/);
});

test('whom the POS signs on may, and what waits for a card ends with the sign-off', async () => {
  assert.equal(await pos.code('operator.set', { operator: 'op-7' }), '');
  await operatorIs('op-7');
  assert.equal(await page.code('details.shown', { visit: visit() }), '');
  assert.match(audit(), / visit details_shown .*operator=op-7/);
  assert.equal(await page.code('credential.capture', { visit: visit(), purpose: 'link' }), '');
  assert.equal(await pos.code('operator.set', { operator: null }), '');
  assert.deepEqual(await page.captured(), { purpose: 'link', outcome: 'cancelled' });
  await operatorIs(null);
  assert.equal(await page.code('details.shown', { visit: visit() }), NOBODY);
  await page.clear();
});

test('the page asks for the badge, and what was asked for works after it', async () => {
  clerk = await Clerk.open(await till.pageUrl(), { width: 1024, height: 600 });
  const dialog = (name) => clerk.page.waitForSelector(`dialog[open][data-name=${name}]`);
  await clerk.sees('that somebody is to sign on', `(s) => /live/.test(s.line) && s.title === 'Show your badge first'`);
  await clerk.press('F3');
  await dialog('operator');
  await clerk.page.waitForSelector('dialog[open] h2:has-text("Show your badge first")');
  await till.scan(BADGE);
  await clerk.page.waitForSelector('#operator:has-text("Kim Berg")');
  await clerk.page.waitForSelector('dialog[open]', { state: 'hidden' });
  await clerk.press('F3');
  await dialog('find');
  await clerk.page.keyboard.type(osei.member, { delay: 50 });
  await clerk.press('F7');
  await clerk.page.waitForSelector('dialog[open] .rows li');
  await clerk.press('1');
  await clerk.sees('him', `(s) => s.name.includes(${JSON.stringify(osei.name)})`);
  await clerk.press('F2');
  await clerk.page.waitForSelector('.details');
  assert.match(audit(), / customer find by=member reason=return operator=op-7/);
  assert.match(audit(), / customer opened .*operator=op-7/);
  assert.equal(await pos.code('operator.set', { operator: null }), ''); // a badge that is shown again at once counts once
  await clerk.page.waitForSelector('#operator:has-text("Badge?")');
  await clerk.page.waitForSelector('.details', { state: 'detached' });
  await clerk.press('Escape');
  await clerk.sees('nobody', `(s) => !s.visit && s.title !== '' && s.name === ''`);
});

test('a chain that takes it back asks nobody', async () => {
  await till.contextctl('policy', 'set', '--operator-required', 'no', '--database', till.path('store', 'context.db'));
  await page.sees('a chain that asks for no badge', (s) => s.terminal && !('operator_required' in s.terminal) && s.visit === null && s.operator === null);
  await till.scan(memberUri(rivera));
  await page.sees('her', (s) => s.view?.customer.name === rivera.name);
  assert.equal(await page.code('details.shown', { visit: visit() }), '');
});

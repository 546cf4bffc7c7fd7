// What a clerk does for customers at the counter, as the page asks for it: the real agent, the real context store.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { memberUri, Till } from './lib/till.mjs';

const till = Till.make({ policy: ['--consents', 'marketing=2026-03,profiling=1', '--phone-country', '49', '--finds', '7'] });
let page;
let web;

// ISO/IEC 7812-1: the digit that the badge's code ends with.
const luhn = (digits) => {
  const sum = [...digits].reverse().map(Number).reduce((all, digit, i) => all + (i % 2 ? digit : (digit * 2 > 9 ? digit * 2 - 9 : digit * 2)), 0);
  return (10 - (sum % 10)) % 10;
};
const badge = (number) => `OP:${number}${luhn(number)}`;
const member = (number) => `M${number}${luhn(number)}`;

const database = () => ['--database', till.path('store', 'context.db')];
const operator = (...args) => till.contextctl('operator', ...args, ...database());
const signedOn = (id) => page.sees(`${id ?? 'nobody'} signed on`, (s) => (s.operator?.id ?? null) === id);
const here = (name) => page.sees(name, (s) => s.visit && s.view.customer.name === name);
const visit = () => page.shown.visit.id;
const audit = () => readFileSync(till.path('audit.log'), 'utf8').trim().split('\n');
const audited = (pattern) => assert.ok(audit().some((line) => pattern.test(line)), `${pattern} in\n${audit().join('\n')}`);

const ask = async (method, params) => {
  const { result, error } = await page.request(method, params);
  assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`);
  return result;
};

// The customer's credentials, when they are as they should be.
const credentials = async (matches = () => true) => {
  for (;;) {
    const { credentials: list } = await ask('credential.list', { visit: visit() });
    if (matches(list)) return list;
    await page.credentialsChanged();
  }
};
const blocked = (list, { credential }) => list.find((one) => one.credential === credential).blocked;

before(async () => {
  till.till_sections = `operator_idle = 600\n[agent]\naudit_file = ${till.path('audit.log')}\n`;
  await till.certificates();
  await till.seed();
  await operator('add', '--id', 'op-7', '--name', 'Kim Berg', '--badge', '000421');
  await operator('add', '--id', 'op-8', '--name', 'Ada Stern', '--badge', '000422', '--store', '0421');
  await till.startStore();
  await till.startReaders();
  await till.startTill();
  page = await till.workingPage();
});

after(async () => {
  web?.close();
  await till.end();
});

test('the badge that the demonstration names is a clerk of its data', async () => {
  await till.scanned(page, badge('000001'), 'operator');
  await signedOn('kim');
  await page.request('operator.leave');
});

test('a badge signs on and off, another one takes over, and an unknown one does neither', async () => {
  await signedOn(null);
  assert.equal((await till.scanned(page, badge('000421'), 'operator')).code, 'operator.on');
  assert.equal((await signedOn('op-7')).operator.name, 'Kim Berg');
  assert.equal((await till.scanned(page, badge('000422'), 'operator')).code, 'operator.on');
  await signedOn('op-8');
  assert.equal((await till.scanned(page, badge('000999'), 'unknown')).code, 'operator.unknown');
  assert.equal(page.shown.operator.id, 'op-8');
  await page.request('operator.leave');
  await signedOn(null);
  assert.equal((await till.scanned(page, badge('000421'), 'operator')).code, 'operator.on');
  await signedOn('op-7');
  assert.equal(page.shown.visit, null);
});

test('who is signed on stands in the audit stream and in every change', async () => {
  const [customer] = till.customers;
  await till.serve(page, customer);
  const add = await page.add(till.products[0].gtin);
  await page.sees('it sent', (s) => s.cart?.unsent === 0 && page.lineOf(till.products[0].gtin));
  await page.clear();
  audited(/ operator on operator=op-7 by=badge/);
  audited(/ visit began .* operator=op-7/);
  audited(/ visit ended .* operator=op-7/);
  assert.ok(add.result.seq > 0);
  const log = await till.contextctl('audit', 'list', '--operator', 'op-7', '--json', ...database());
  assert.ok(JSON.parse(log).length > 0, log);
});

test('a clerk who may not sign on any more is signed off', async () => {
  await till.scanned(page, badge('000422'), 'operator');
  await signedOn('op-8');
  await operator('remove', '--id', 'op-8');
  await signedOn(null);
  assert.equal((await till.scanned(page, badge('000422'), 'unknown')).code, 'operator.unknown');
  await till.scanned(page, badge('000421'), 'operator');
  await signedOn('op-7');
});

test('somebody is signed up with the consents that were asked, and found again by her number', async () => {
  assert.deepEqual(page.shown.terminal.consents, [{ id: 'marketing', text_version: '2026-03' }, { id: 'profiling', text_version: '1' }]);
  await ask('customer.create', { name: 'Rosa Lind', language: 'de', phone: '030 555 41 27', email: 'Rosa.Lind@example.org',
    consents: [{ consent: 'marketing', granted: false, text_version: '2026-03' }, { consent: 'profiling', granted: true, text_version: '1' }] });
  await here('Rosa Lind');
  assert.equal(page.shown.visit.source, 'created');
  await page.add(till.products[1].gtin);
  await page.sees('it sent', (s) => s.cart?.unsent === 0 && s.cart.lines.length === 1);
  await page.clear();
  for (const [by, value] of [['phone', '+49 30 5554127'], ['email', 'rosa.lind@EXAMPLE.org']]) {
    const { matches } = await ask('customer.find', { by, value, reason: 'no_card' });
    assert.equal(matches.length, 1);
    assert.notEqual(matches[0].name, 'Rosa Lind');
    await ask('customer.open', { customer: matches[0].customer });
    await here('Rosa Lind');
    assert.equal(page.shown.visit.source, 'found');
    assert.equal(page.shown.cart.lines.length, 1);
    await page.clear();
  }
  audited(/ customer find by=phone reason=no_card operator=op-7/);
  audited(/ customer opened .* operator=op-7/);
  audited(/ customer create consents=2 operator=op-7/);
});

test('nobody, nonsense, and whom no search found are told apart', async () => {
  const { matches } = await ask('customer.find', { by: 'email', value: 'nobody@example.org', reason: 'no_card' });
  assert.deepEqual(matches, []);
  assert.equal(await page.code('customer.find', { by: 'phone', value: 'hello', reason: 'no_card' }), 'input.syntax');
  assert.equal(await page.code('customer.find', { by: 'shoe', value: '43', reason: 'no_card' }), 'input.range');
  assert.equal(await page.code('customer.open', { customer: 'ab'.repeat(16) }), 'refused.not_found');
  assert.equal(await page.code('customer.create', { name: '', language: 'de' }), 'input.missing');
});

test('a card is linked, another one comes in its place, and a lost one is blocked', async () => {
  const [, customer] = till.customers;
  await till.serve(page, customer);
  const before_ = await credentials();
  await ask('credential.capture', { visit: visit(), purpose: 'link' });
  await till.scanned(page, member('7700000001'), 'captured');
  assert.deepEqual(await page.captured(), { purpose: 'link', outcome: 'linked', kind: 'member' });
  const linked = await credentials((list) => list.length === before_.length + 1);
  const added = linked.find(({ credential }) => !before_.some((one) => one.credential === credential));
  assert.equal(added.kind, 'member');
  await page.clear();

  await till.scan(member('7700000001'));
  await here(customer.name);
  const mine = await credentials((list) => list.length === linked.length);
  assert.ok(!mine.some(({ credential }) => credential === added.credential), 'a handle is of its visit');
  await ask('credential.capture', { visit: visit(), purpose: 'link' });
  assert.equal((await till.scanned(page, member('7700000001'), 'unknown')).code, 'capture.refused');
  assert.deepEqual(await page.captured(), { purpose: 'link', outcome: 'refused', kind: 'member', code: 'credential_known' });

  const old = mine[0];
  await ask('credential.capture', { visit: visit(), purpose: 'replace', credential: old.credential });
  await till.scanned(page, member('7700000002'), 'captured');
  assert.equal((await page.captured()).outcome, 'linked');
  const now = await credentials((list) => list.length === mine.length + 1 && blocked(list, old));
  const lost = now.find((one) => !one.blocked);
  await ask('credential.block', { visit: visit(), credential: lost.credential, reason: 'lost' });
  await credentials((list) => blocked(list, lost));
  assert.equal(await page.code('credential.block', { visit: visit(), credential: 'cd'.repeat(16), reason: 'lost' }), 'refused.not_found');
  await page.clear();
  audited(/ credential replace .* credential=member operator=op-7/);
  audited(/ credential block .* reason=lost operator=op-7/);
});

test("what is somebody else's is not linked, and what is called off is not waited for", async () => {
  const [, , third, fourth] = till.customers;
  await till.serve(page, fourth);
  await page.clear();
  await till.serve(page, third);
  await ask('credential.capture', { visit: visit(), purpose: 'link' });
  await till.scanned(page, 'this is no code', 'not_a_code');
  await till.scanned(page, memberUri(fourth), 'unknown');
  assert.deepEqual(await page.captured(), { purpose: 'link', outcome: 'refused', kind: 'member', code: 'credential_taken' });
  assert.equal(page.shown.view.customer.name, third.name);
  await ask('credential.capture', { visit: visit(), purpose: 'link' });
  await ask('credential.capture_end', {});
  assert.equal((await page.captured()).outcome, 'cancelled');
  await ask('credential.capture', { visit: visit(), purpose: 'link' });
  await page.done();
  assert.equal((await page.captured()).outcome, 'cancelled');
  await page.clear();
  await till.serve(page, fourth);
  await page.clear();
});

test('what the context store turns down was never linked', async () => {
  const [, , third, fourth] = till.customers;
  await till.serve(page, fourth);
  await page.clear();
  till.store.child.kill('SIGSTOP'); // what was linked just now is not in the cache yet
  for (const customer of [third, fourth]) {
    await till.serve(page, customer);
    await ask('credential.capture', { visit: visit(), purpose: 'link' });
    await till.scanned(page, member('7700000004'), 'captured');
    if (customer === third) await page.clear();
  }
  till.store.child.kill('SIGCONT');
  assert.equal((await page.captured()).outcome, 'kept'); // another one was linked before it was decided
  assert.deepEqual(await page.captured(), { purpose: 'link', outcome: 'refused', kind: 'member', code: 'credential_taken' });
  assert.equal((await page.takenBack()).code, 'credential_taken');
  await page.clear();
});

test('one credential of several people asks who it is', async () => {
  const [, , , , fifth, sixth] = till.customers;
  await till.serve(page, sixth);
  await page.clear();
  await till.serve(page, fifth);
  const had = await credentials();
  await ask('credential.capture', { visit: visit(), purpose: 'link', share: true });
  await till.scanned(page, memberUri(sixth), 'captured');
  assert.equal((await page.captured()).outcome, 'linked');
  await credentials((list) => list.length === had.length + 1);
  await page.clear();

  await till.scan(memberUri(sixth));
  const { choose } = await page.sees('a question', (s) => s.choose?.choice);
  assert.equal(page.shown.visit, null);
  assert.deepEqual(choose.people.map(({ name }) => name).sort(), [fifth.name, sixth.name].sort());
  assert.equal(await page.code('visit.choose', { choice: choose.choice, customer: 'ef'.repeat(16) }), 'refused.not_found');
  await ask('visit.choose', { choice: choose.choice, customer: choose.people.find(({ name }) => name === fifth.name).customer });
  await here(fifth.name);
  assert.equal(page.shown.visit.source, 'chosen');
  await page.sees('no question', (s) => s.choose.choice === null);

  // One of them is served already: the same card asks nothing.
  await page.clear();
  await till.serve(page, fifth);
  await till.scanned(page, memberUri(sixth), 'recognised');
  await page.sees(fifth.name, (s) => s.visit && s.view.customer.name === fifth.name && s.choose.choice === null);
  await page.clear();

  // Somebody else is served: she is not to be seen by those who are asked, and whoever comes next ends the question.
  const [first] = till.customers;
  await till.serve(page, first);
  await till.scan(memberUri(sixth));
  await page.sees('a question and nobody', (s) => s.choose?.choice && s.visit === null);
  await till.serve(page, first);
  await page.sees('no question', (s) => s.choose.choice === null);
  await page.clear();
});

test('staff notes are written, shown with who wrote them, and taken away', async () => {
  const [, , third] = till.customers;
  await till.serve(page, third);
  const had = (page.shown.view.notes ?? []).length;
  await ask('note.add', { visit: visit(), text: 'Collects blue ink' });
  const { view } = await page.sees('the note', (s) => (s.view.notes ?? []).length === had + 1);
  const [note] = view.notes;
  assert.deepEqual([note.text, note.by], ['Collects blue ink', 'Kim Berg']);
  assert.ok(Number.isInteger(note.at_ms));
  await ask('note.remove', { visit: visit(), note: note.id });
  await page.sees('no note', (s) => (s.view.notes ?? []).length === had);
  audited(/ note add visit=[0-9a-f]{32} operator=op-7/);
  audited(/ note remove visit=[0-9a-f]{32} operator=op-7/);
  assert.equal(await page.code('note.add', { visit: visit(), text: '' }), 'input.missing');
  assert.equal(await page.code('note.add', { visit: visit(), text: 'x'.repeat(161) }), 'input.too_long');
  await page.clear();
  assert.equal(await page.code('note.add', { visit: 'ab'.repeat(16), text: 'x' }), 'refused.not_found');
});

test('what she looked at and is here is suggested while she consents', async () => {
  const [, , , , , , seventh] = till.customers;
  const here_ = till.products.filter(({ stock }) => stock === 'in_stock' || stock === 'low').slice(0, 2);
  assert.equal(here_.length, 2, JSON.stringify(till.products[0]));
  web = await till.webShop(seventh.id);
  web.consent('profiling', true, '1');
  for (const { gtin } of here_) web.viewed(gtin);
  await till.serve(page, seventh);
  const { view } = await page.sees('suggestions', (s) => s.view?.suggestions?.length === 2);
  assert.deepEqual(view.suggestions.map(({ gtin }) => gtin).sort(), here_.map(({ gtin }) => gtin).sort());
  for (const one of view.suggestions) {
    assert.ok(one.name && Number.isInteger(one.unit_price) && one.currency && Number.isInteger(one.seen_ms));
    assert.ok(['in_stock', 'low'].includes(one.stock));
  }
  web.consent('profiling', false, '1');
  await page.sees('no suggestions', (s) => s.view && !s.view.suggestions);
  await page.clear();
});

test('the cart is brought to the till and let go', async () => {
  const [first] = till.customers;
  await till.serve(page, first);
  await page.add(till.products[0].gtin);
  await ask('checkout.claim', { visit: visit() });
  await page.sees('the claim', (s) => s.cart?.claim?.mine);
  await ask('checkout.release', { visit: visit() });
  await page.sees('no claim', (s) => s.cart && !s.cart.claim);
  assert.equal(await page.code('checkout.release', { visit: visit() }), 'refused.not_found');
  await page.clear();
});

test('searching too often is refused', async () => {
  let code = '';
  for (let i = 0; i < 8 && !code; i++) code = await page.code('customer.find', { by: 'member', value: till.customers[0].member, reason: 'no_card' });
  assert.equal(code, 'refused.find_limit');
});

test('with the line down a badge works, a sign-up is kept, and a search says why not', async () => {
  await till.store.stop();
  await page.sees('an offline line', (s) => s.state.line.state === 'offline');
  assert.equal(await page.code('customer.find', { by: 'member', value: till.customers[0].member, reason: 'no_card' }), 'retry.offline');
  await page.request('operator.leave');
  await till.scanned(page, badge('000421'), 'operator');
  await signedOn('op-7');
  await ask('customer.create', { name: 'Otto Fern', language: 'de', phone: '030 555 41 28', consents: [] });
  await here('Otto Fern');
  const waiting = visit();
  await ask('note.add', { visit: waiting, text: 'Came in the rain' });
  assert.deepEqual(await ask('credential.list', { visit: waiting }), { credentials: [] });
  await ask('credential.capture', { visit: waiting, purpose: 'link' });
  await till.scanned(page, member('7700000003'), 'captured');
  assert.equal((await page.captured()).outcome, 'kept'); // it leads to nobody yet
  await till.startStore();
  await page.sees('the note of who is here still', (s) => s.visit?.id === waiting && s.view.notes?.[0].text === 'Came in the rain');
  await credentials((list) => list.length === 1);
  await page.clear();
});

test('an agent that begins anew has nobody signed on, still knows who may, and signs off who does nothing', async () => {
  page.close();
  await till.till.stop();
  till.till_sections = till.till_sections.replace('operator_idle = 600', 'operator_idle = 1');
  await till.startTill();
  page = await till.workingPage();
  await signedOn(null);
  const next = (id) => page.operators.next(`${id ?? 'nobody'} signed on`, (one) => one === id); // a second is soon over
  page.operators.forget();
  await till.scanned(page, badge('000421'), 'operator');
  await next('op-7');
  await next(null);
  audited(/ operator off operator=op-7 by=idle/);
  // Nor do the customers' codes keep a clerk signed on, however many come.
  await till.scanned(page, badge('000421'), 'operator');
  await next('op-7');
  let off = false;
  const leaves = next(null).finally(() => { off = true; });
  leaves.catch(() => {}); // told where it is waited for
  for (let count = 0; !off; count++) await till.scanned(page, member(String(8800000000 + count)), 'unknown');
  await leaves;
});

test('nothing of a name, a number or a text is in any log', () => {
  for (const { name, text } of [...till.logs(), { name: 'audit', text: audit().join('\n') }])
    for (const secret of ['Rosa', 'Otto', '5554127', 'example.org', 'Kim Berg', '7700000001', 'blue ink', '000421'])
      assert.ok(!text.includes(secret), `${secret} in ${name}`);
});

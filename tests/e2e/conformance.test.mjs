// tillbridge conformance: the real agent passes, an agent that lets everybody in does not; a POS that does as the guide
// says passes, one that does not is told why.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Events } from './lib/events.mjs';
import { Pos } from './lib/pos_channel.mjs';
import { PosLiar } from './lib/pos_liar.mjs';
import { memberUri, Till } from './lib/till.mjs';

const till = Till.make();
let page;
before(async () => {
  await till.start();
  page = await till.workingPage(); // it knows its customers
});
after(() => till.end());

// Runs it to its end: { code, text }; lines are handed on as they come, and on() hears each.
function conformance(words, env = {}, on = () => {}) {
  const child = spawn(join(till.bin, 'tillbridge'), ['conformance', ...words], { env: { ...process.env, ...env } });
  const lines = new Events('conformance');
  const run = { lines, text: '', child };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (line) => { run.text += `${line}\n`; lines.push(line); on(line, child); });
  run.ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, text: run.text })));
  return run;
}

// ---- an agent is checked ----

const SCOPES = ['customer', 'cart', 'checkout', 'identify', 'operator', 'handover', 'device', 'help'];

const tokens = new Map(); // there are not as many places as tests

async function granted(name, scopes) {
  const key = `${name} ${scopes}`;
  const console = await till.console();
  if (!tokens.has(key)) tokens.set(key, (await console.request('pos.grant', { name, scopes })).token);
  console.close();
  return { TILLBRIDGE_POS_TOKEN: tokens.get(key) };
}

// A customer whose cart holds something, and a product that is not in it.
const served = () => ['--code', memberUri(till.customers[0]), '--gtin', till.products[0].gtin];
const url = (port = till.page_port) => ['--url', `http://127.0.0.1:${port}`];

// Run with --json: the result of each check by its id, and the exit code.
async function checks(words, env, on) {
  const { code, text } = await conformance([...words, '--json'], env, on).ended;
  const report = JSON.parse(text.split('\n').find((line) => line.startsWith('{')));
  return { code, text: JSON.stringify(report.checks.filter((check) => check.result === 'failed')), failed: report.failed, skipped: report.skipped, of: Object.fromEntries(report.checks.map((check) => [check.id, check])) };
}

const withResult = (report, result) => Object.values(report.of).filter((check) => check.result === result).map((check) => check.id);

// The clerk reads the code from the screen when it is asked for, and types it; at first mistaken in its last digit.
const types = (mistakes = 0) => async (line, child) => {
  if (!/^(The clerk page shows a code|That was not it)/.test(line)) return;
  const { code } = (await page.sees('a code', (s) => s.pairing?.code)).pairing;
  child.stdin.write(`${mistakes-- > 0 ? code.replace(/.$/, (digit) => (Number(digit) + 1) % 10) : code}\n`);
};

// Whoever is asked to cause an event does so.
async function watched() {
  const [rivera, other] = await Promise.all(till.customers.slice(0, 2).map(({ id }) => till.webChannel(id)));
  const handover = randomBytes(16).toString('hex');
  other.mutate('handover.request', { handover, to: '0421', reason: 'help' });
  await page.sees('who waits', (s) => s.handovers.open.some(({ id }) => id === handover));
  const causes = {
    handovers: () => other.mutate('handover.request', { handover: randomBytes(16).toString('hex'), to: '0421', reason: 'help' }),
    'handover.over': () => other.mutate('handover.cancel', { handover }),
    'customer.changed': () => rivera.shop.viewed(till.products[1].gtin),
    'upos.status': () => till.readerCommand('unplug'),
  };
  return {
    hears: (line) => causes[/^For ([\w.]+), within/.exec(line)?.[1]]?.(),
    async end() {
      for (const web of [rivera, other]) web.close();
      await till.readerCommand('plug');
      await page.readerIs('nfc', 'ready');
    },
  };
}

test('the real agent does all that is written, and what a person has to do is asked for', async () => {
  const type = types(1);
  const watch = await watched();
  const said = [];
  const report = await checks([...url(), ...served(), '--pair', '--sale', '--reset-statistics', '--take-over', '--watch', '60'], {}, (line, child) => { type(line, child); watch.hears(line); if (!line.startsWith('{')) said.push(line); });
  await watch.end();
  assert.deepEqual([report.code, withResult(report, 'failed'), withResult(report, 'unseen')], [0, [], []], report.text);
  assert.deepEqual(withResult(report, 'skipped'), SCOPES.map((scope) => `scope_${scope}`)); // nothing is left to be refused
  const [, client] = /^"Tillbridge conformance" is paired; "tillbridge pos revoke (\d+)" ends it\.$/m.exec(said.at(-1));
  assert.match(await till.cli('pos', 'list'), new RegExp(`^ *${client} .*Tillbridge conformance`, 'm'));
  await till.cli('pos', 'revoke', client);
  assert.doesNotMatch(await till.cli('pos', 'list'), /Tillbridge conformance/);
  const sales = JSON.parse(await till.contextctl('conflicts', '--database', till.path('store', 'context.db'), '--json'));
  assert.deepEqual(sales, []);
});

test('what nobody asked for is left alone, and told', async () => {
  const env = await granted('Any', SCOPES);
  const words = await conformance([...url(), ...served()], env).ended;
  assert.equal(words.code, 0, words.text);
  assert.match(words.text, /^ok +another name of the machine is refused/m);
  const told = await checks([...url(), ...served()], env);
  assert.deepEqual(withResult(told, 'skipped'), ['pairing', ...SCOPES.map((scope) => `scope_${scope}`), 'takeover', 'upos_reset', 'sale']);
  for (const [id, option] of [['pairing', '--pair'], ['upos_reset', '--reset-statistics'], ['sale', '--sale'], ['takeover', '--take-over']]) assert.ok(told.of[id].detail.includes(option), id);
  for (const [id, what] of [['handover_gone', 'call for help'], ['upos_lost', 'unplug']]) {
    assert.equal(told.of[id].result, 'unseen', id);
    assert.ok(told.of[id].detail.includes(what), id);
  }
  assert.match(words.text, /^\?  +handover.over .*: not seen, call for help/m);
  for (const told of ['cart.remove takes the product out', 'her cart is as it was', 'checkout.release lets it go', 'handover.own says that it is over', 'upos.close closes it'])
    assert.match(words.text, new RegExp(`^ok +${told}$`, 'm'));
  const tap = await conformance([...url(), '--tap'], env).ended;
  assert.match(tap.text, /^TAP version 13\n# [^\n]+\nok 1 - host: /);
  assert.match(tap.text, /^ok \d+ - serving: .* # SKIP /m);
  const report = await checks(url());
  assert.deepEqual([report.failed, report.of.token.result], [0, 'skipped']);
});

test('what the scopes do not open is refused, and told as not looked at', async () => {
  const env = await granted('Display and scanner', ['customer', 'identify']);
  const report = await checks([...url(), ...served()], env);
  assert.deepEqual([report.code, report.failed], [0, 0], report.text);
  for (const scope of ['cart', 'checkout', 'operator', 'handover', 'device', 'help']) assert.equal(report.of[`scope_${scope}`].result, 'ok', scope);
  for (const id of ['cart_add', 'claim', 'handover_request', 'upos_open', 'outcome', 'operator', 'handovers']) {
    assert.equal(report.of[id].result, 'skipped', id);
    assert.match(report.of[id].detail, /^the scope \w+ was not granted$/, id);
  }
  for (const id of ['identify', 'identified', 'current', 'end', 'left']) assert.equal(report.of[id].result, 'ok', id);
});

test('without a product, or with one that is not the chain\'s, her cart is left as it is', async () => {
  const env = await granted('Any', SCOPES);
  const without = await checks([...url(), ...served().slice(0, 2)], env);
  assert.equal(without.code, 0, without.text);
  assert.match(without.of.cart_add.detail, /--gtin/);
  const unknown = await checks([...url(), ...served().slice(0, 3), '09529999999998'], env);
  assert.equal(unknown.code, 0, unknown.text);
  assert.match(unknown.of.cart_add.detail, /does not have the product/);
  assert.equal(unknown.of.cart_remove.result, 'skipped');
});

test('what another POS has, and a product that she has, are left to them, and so is who is here already', async () => {
  const { TILLBRIDGE_POS_TOKEN: token } = await granted('Another', SCOPES);
  const other = await new Pos(till.page_port, token).follow();
  for (const method of ['upos.open', 'upos.claim']) await other.result(method, { device: 'MSR' });
  await other.result('identify.code', { code: memberUri(till.customers[0]) });
  const { visit } = await other.event('customer.identified');
  await other.result('cart.add', { visit: visit.id, gtin: till.products[0].gtin, quantity: 1 });
  const { cart } = await other.event('cart.changed', (told) => told.cart?.lines.length > 0);
  await other.result('visit.end', { visit: visit.id });
  const report = await checks([...url(), ...served()], await granted('Any', SCOPES));
  assert.equal(report.code, 0, report.text);
  assert.match(report.of.upos_claim.detail, /another POS has claimed/);
  assert.match(report.of.cart_add.detail, /in her cart already/);
  assert.deepEqual([report.of.claim.result, report.of.cart_remove.result, report.of.cart_before.result], ['ok', 'skipped', 'ok']);
  const here = await other.result('identify.code', { code: memberUri(till.customers[0]) });
  const again = await other.event('customer.identified', (told) => told.visit.id === here.visit);
  const meanwhile = await checks([...url(), ...served()], await granted('Second', SCOPES));
  assert.match(meanwhile.of.identify.detail, /is here already/);
  assert.deepEqual(again.cart.lines.map(({ id, quantity }) => [id, quantity]), [[cart.lines[0].id, 1]]);
  await other.result('cart.remove', { line: cart.lines[0].id, from: 1 });
  await other.event('cart.changed', (told) => told.cart?.lines.length === 0);
  await other.result('visit.end', { visit: again.visit.id });
  other.close();
  await other.closed;
});

test('while the line is down what needs it is told as not looked at, and the rest holds', async () => {
  const env = await granted('Any', SCOPES);
  await till.store.stop();
  await page.sees('an offline line', (s) => s.state.line.state === 'offline');
  const report = await checks([...url(), ...served(), '--sale'], env);
  await till.startStore();
  await page.sees('a live line and nothing unsent', (s) => s.state.line.state === 'live' && s.state.unsent === 0);
  assert.deepEqual([report.code, withResult(report, 'failed')], [0, []], report.text);
  for (const id of ['handover_request', 'sale_begin']) assert.deepEqual([report.of[id].result, report.of[id].detail], ['skipped', 'it needs the line, which is down'], id);
  for (const [id, before] of [['handover_waiting', 'handover_request'], ['handover_over', 'handover_cancel'], ['sale_finish', 'sale_rest']])
    assert.deepEqual([report.of[id].result, report.of[id].detail], ['skipped', `it builds on ${before}`], id);
  for (const id of ['handover_accept', 'handover_decline', 'identify', 'cart_add', 'cart_more', 'claim', 'release', 'cart_removed', 'cart_before', 'end', 'left']) assert.equal(report.of[id].result, 'ok', id);
});

// ---- what an agent does wrong is found, and nothing else is said to be wrong ----

const event = (message, method, params) => (message.method === method ? { ...message, params: { ...message.params, ...params } } : message);
const answer = (message, asked, method, result) => (asked === method ? { jsonrpc: '2.0', id: message.id, result: { ...message.result, ...result } } : message);
const notification = (method, params) => ({ jsonrpc: '2.0', method, params });
const NOBODY = '0'.repeat(32);

// Finds the verdicts on the changes that a call made, by number: the first is 0.
function verdictsOn(method) {
  const seqs = [];
  return (message, asked) => {
    if (asked === method && message.result) seqs.push(message.result.seq);
    return message.method === 'change.decided' ? seqs.indexOf(message.params.seq) : -1;
  };
}

// What customer.current says of the cart.
const inCart = (message, asked, changes) => {
  const { cart } = (asked === 'customer.current' && message.result) || {};
  return cart ? answer(message, asked, asked, { cart: { ...cart, ...changes(cart) } }) : message;
};

function liesInSales() {
  const [sale, taken_back] = [verdictsOn('checkout.finish'), verdictsOn('checkout.void')];
  let told = 0;
  return (message, asked) => {
    const of_sale = sale(message, asked);
    told += asked === 'checkout.finish' && Boolean(message.result);
    if (told === 2 && asked === 'customer.current') return inCart(message, asked, () => ({ lines: [] })); // the part, told again
    if (of_sale === 3) return event(message, 'change.decided', { conflict: 'double_sale' }); // the sale, told again
    if (taken_back(message, asked) >= 0) return event(message, 'change.decided', { conflict: 'sale_unknown' });
    if (message.params?.reason === 'checkout') return event(message, 'customer.left', { reason: 'done' });
    return inCart(message, asked, ({ claim }) => (claim ? { claim: { ...claim, mine: false } } : {}));
  };
}

function liesInParts() {
  const sale = verdictsOn('checkout.finish');
  return (message, asked) => {
    if (sale(message, asked) === 0) return event(message, 'change.decided', { conflict: 'double_sale' });
    if (message.method === 'customer.left' && message.params.reason === 'done') return [message, notification('upos.status', { device: 'MSR', Status: 2001 })];
    return message.result?.outcome === 'not_a_code' ? answer(message, asked, 'identify.code', { outcome: 'unknown' }) : message;
  };
}

function liesInPoints() {
  const earned = verdictsOn('points.earn');
  let count = 0;
  return (message, asked) => {
    count += earned(message, asked) === 1;
    const { view } = message.params ?? {};
    return message.method === 'customer.changed' ? event(message, message.method, { view: { ...view, points: view.points + count } }) : message;
  };
}

const liesInEvents = () => (message, asked) => {
  switch (message.method) {
    case 'terminal': return event(message, 'terminal', { till: '' });
    case 'handovers': return [message, notification('handover.over', { id: NOBODY, state: 'waiting' })];
    case 'upos.error': return event(message, 'upos.error', { ErrorCode: 112 });
    case 'upos.status': return event(message, 'upos.status', { Status: 2004 });
    case 'customer.changed': return event(message, 'customer.changed', { customer: NOBODY });
    case 'cart.changed': return [message, notification('customer.changed', { visit: { id: message.params.visit }, customer: NOBODY, view: {} })];
    default: return answer(message, asked, 'upos.statistics', { GoodReadCount: 9 });
  }
};

function liesInPairing() {
  let began = 0;
  return (message, asked) => {
    if (asked === 'pair.begin' && message.error?.data.code === 'retry.busy') return began++ ? message : answer(message, asked, asked, { pairing: NOBODY, until_ms: 1 });
    if (asked === 'pair.finish' && message.error && began > 0) return answer(message, asked, asked, { client: 1, token: 'x', scopes: [] });
    return answer(message, message.result?.name === 'Tillbridge conformance' && asked, 'session.info', { name: 'Another' });
  };
}

const WRONG = [
  { what: 'does not tell of the cart', failed: ['cart_added'], spoil: (message) => (message.method === 'cart.changed' && message.params.cart.lines.length ? null : message) },
  { what: 'does not put a product in', failed: ['cart_add'],
    spoil: (message, asked) => (asked === 'cart.add' && message.result ? { jsonrpc: '2.0', id: message.id, error: { code: -32000, message: 'no', data: { code: 'refused.not_found' } } } : message) },
  { what: 'rejects what it took', failed: ['cart_add', 'cart_remove'], spoil: (message) => event(message, 'change.decided', { verdict: 'rejected', code: 'line_unknown' }) },
  { what: 'says that somebody took a hand-over that was taken back', failed: ['handover_over'],
    spoil: (message) => (message.params?.state === 'over' ? event(message, 'handover.own', { state: 'accepted' }) : message) },
  { what: 'leaves the events of a device on', failed: ['scanner_off', 'upos_off'], spoil: (message, asked) => answer(message, asked, 'upos.get', { DataEventEnabled: true }) },
  { what: 'reads another code than it says', failed: ['scanner_data'], spoil: (message) => (message.params?.ScanDataType ? event(message, 'upos.data', { ScanDataType: 105 }) : message) },
  { what: 'tells another outcome', failed: ['outcome'], spoil: (message) => event(message, 'outcome', { outcome: 'unknown' }) },
  { what: 'has another operator than it tells', failed: ['operator_set'], spoil: (message) => event(message, 'operator', { operator: { id: 'nobody', name: 'Nobody' } }) },
  { what: 'does not tell who waits', failed: ['handovers'], spoil: (message) => event(message, 'handovers', { open: null }) },
  { what: 'keeps what was paid in the cart', more: ['--sale'], failed: ['sale_rest'],
    spoil: (message, asked) => inCart(message, asked, (cart) => ({ lines: cart.lines.map((line) => ({ ...line, quantity: Math.max(line.quantity, 2) })) })) },
  { what: 'lies when a sale is taken', more: ['--sale'], failed: ['sale_claimed', 'sale_part_again', 'sale_left', 'sale_again', 'sale_void', 'sale_void_part'], spoil: liesInSales() },
  { what: 'counts the points of a sale twice', more: ['--sale'], failed: ['sale_points_back'], spoil: liesInPoints() },
  { what: 'books a part for somebody to look at, and does not know a code from none', more: ['--sale'], failed: ['code_wrong', 'upos_lost', 'sale_part'], spoil: liesInParts() },
  { what: 'tells events that are not so', more: ['--reset-statistics'], failed: ['socket_terminal', 'handover_gone', 'scanner_error', 'upos_status', 'customer_changed', 'upos_reset'],
    spoil: liesInEvents() },
  { what: 'pairs whom it should not', more: ['--pair'], on: types(), failed: ['pair_busy', 'pair_wrong', 'pair_once', 'pair_session'], spoil: liesInPairing() },
  { what: 'pairs without a token', more: ['--pair'], on: types(), failed: ['pair_finish'], spoil: (message, asked) => answer(message, message.result && asked, 'pair.finish', { token: undefined }) },
  { what: 'lets in whom it should not', scopes: ['customer'], failed: ['params', 'scope_cart'], spoil: (message, asked) => answer(message, asked, 'cart.add', { seq: 1 }) },
];

for (const { what, scopes = SCOPES, more = [], on, failed, spoil } of WRONG)
  test(`an agent that ${what} is found`, async () => {
    const liar = await PosLiar.before(till.page_port, spoil);
    const report = await checks([...url(liar.port), ...served(), ...more], await granted('Any', scopes), on);
    liar.close();
    assert.equal(report.code, 1, report.text);
    assert.deepEqual(withResult(report, 'failed'), failed, report.text);
  });

test('an agent that lies about whom it took over is found', async () => {
  const web = await till.webChannel(till.customers[1].id);
  const handover = randomBytes(16).toString('hex');
  web.mutate('handover.request', { handover, to: '0421', reason: 'help' });
  await page.sees('who waits', (s) => s.handovers.open.some(({ id }) => id === handover));
  const liar = await PosLiar.before(till.page_port, (message) => {
    if (message.params?.visit?.source === 'handover') return event(message, 'customer.identified', { visit: { ...message.params.visit, source: 'tap' } });
    return message.params?.id === handover ? event(message, 'handover.over', { state: 'cancelled' }) : message;
  });
  const report = await checks([...url(liar.port), '--take-over'], await granted('Any', SCOPES));
  liar.close();
  web.close();
  assert.deepEqual([report.code, withResult(report, 'failed')], [1, ['takeover_identified', 'takeover_over']], report.text);
});

test('who asks to be paired asks for what is looked at', async () => {
  const paired = async (words, env) => {
    const report = await checks([...url(), ...words, '--pair'], env, types());
    assert.deepEqual([report.code, report.of.pair_finish.result], [0, 'ok'], report.text);
    const console = await till.console();
    const client = (await console.request('pos.list', {})).clients.findLast(({ name }) => name === 'Tillbridge conformance');
    await console.request('pos.revoke', { client: client.client });
    console.close();
    return client.scopes.sort();
  };
  assert.deepEqual(await paired([], {}), ['customer', 'device', 'help', 'identify', 'operator']);
  assert.deepEqual(await paired([], await granted('Any', SCOPES)), ['device']);
});

// Two zones whose dates always differ.
test('the date of its sales is the one at the store', async () => {
  for (const [TZ, ahead_h] of [['EAST-14', 14], ['WEST+12', -12]]) {
    const dates = new Set();
    const here = () => new Date(Date.now() + ahead_h * 3_600_000).toISOString().slice(0, 10);
    const liar = await PosLiar.before(till.page_port, (message) => message, ({ method, params }) => {
      if (method === 'checkout.finish' && params.visit) dates.add(params.business_date);
    });
    const days = [here()];
    const report = await checks([...url(liar.port), ...served(), '--sale'], { ...await granted('Any', SCOPES), TZ });
    liar.close();
    days.push(here());
    assert.equal(report.code, 0, report.text);
    assert.equal(dates.size, 1);
    assert.ok(days.includes([...dates][0]), `${[...dates]} at ${TZ}`);
  }
});

// The pairing that nobody ended keeps others off, until its two minutes are over.
test('who types no code is told how to see it, and who is told nothing of a pairing that it is wrong', async () => {
  const report = await checks([...url(), '--pair'], {}, (line, child) => { if (line.includes('shows a code')) child.stdin.end(); });
  assert.deepEqual([report.code, report.of.pair_begin.result, report.of.pair_finish.result, report.of.token.result], [0, 'ok', 'unseen', 'skipped']);
  const busy = await checks([...url(), '--pair']);
  assert.deepEqual([busy.code, busy.of.pair_begin.result], [0, 'skipped']);
  const liar = await PosLiar.before(till.page_port, (message, asked) => answer(message, message.error?.data.code === 'retry.busy' && asked, 'pair.begin', { pairing: NOBODY }));
  const wrong = await checks([...url(liar.port), '--pair']);
  liar.close();
  assert.deepEqual([wrong.code, withResult(wrong, 'failed')], [1, ['pair_begin']], wrong.text);
});

test('an agent whose answers are true passes on the same way', async () => {
  const liar = await PosLiar.before(till.page_port, (message) => message);
  const report = await checks([...url(liar.port), ...served()], await granted('Any', SCOPES));
  liar.close();
  assert.deepEqual([report.code, withResult(report, 'failed')], [0, []], report.text);
});

test('an agent that lets everybody in fails, check by check', async () => {
  const open = createServer((request, answer) => answer.writeHead(200, { Connection: 'close', 'Content-Type': 'application/json' }).end('{"jsonrpc":"2.0","id":7,"result":{}}'));
  await new Promise((resolve) => { open.listen(0, '127.0.0.1', resolve); });
  const { code, text } = await conformance(['--url', `http://127.0.0.1:${open.address().port}`, '--tap']).ended;
  open.close();
  assert.equal(code, 1);
  for (const id of ['host', 'origin', 'token_wrong', 'events_token', 'type', 'unpaired', 'pair_params']) assert.match(text, new RegExp(`^not ok \\d+ - ${id}: `, 'm'));
});

test('who makes no sense, or finds nobody, is told', async () => {
  for (const words of [[], ['--url', 'https://elsewhere.example/'], ['--url', 'http://127.0.0.1:0'], ['--serve', 'x'], ['--url', 'http://127.0.0.1:1', '--serve', '1'], ['--url', 'http://127.0.0.1:1', '--gtin', '4006381333931'],
    ['--url', 'http://127.0.0.1:1', '--watch', '0'], ['--url', 'http://127.0.0.1:1', '--watch', '601'], ['--colour']])
    assert.equal((await conformance(words).ended).code, 2, words.join(' '));
  assert.equal((await conformance(['--help']).ended).code, 0);
  assert.equal((await conformance(['--url', 'http://127.0.0.1:1']).ended).code, 3);
  assert.equal((await conformance(['--serve', String(till.page_port)]).ended).code, 3);
});

// ---- a POS is checked ----

async function host(words = []) {
  const run = conformance(['--serve', '0', ...words]);
  const line = await run.lines.next('where it is', (one) => one.includes('The API is at'));
  const [, port, code, token] = /:(\d+)\/pos\/v1\. Pair with the code (\d{6}), or take the token ([\w-]{43})/.exec(line);
  return { ...run, port: Number(port), code, token };
}

const linesOf = (cart) => cart.lines.map(({ id, gtin, quantity, unit_price }) => ({ line: id, gtin, quantity, unit_price }));

test('a POS that does as the guide says passes', async () => {
  const agent = await host();
  const pos = await Pos.pair(agent.port, 'A good POS', ['customer', 'checkout'], () => agent.code);
  await pos.follow();
  const { customer, cart } = await pos.event('customer.identified');
  await pos.result('checkout.claim');
  const sale = { transaction: 'R-1', business_date: '2026-11-23', total: cart.total, lines: linesOf(cart) };
  pos.ask('checkout.finish', sale); // its answer gets lost
  await pos.closed;
  await pos.follow();
  await pos.event('ready');
  assert.ok((await pos.result('checkout.finish', sale)).seq > 0);
  await pos.event('customer.left', ({ reason }) => reason === 'checkout');
  const { transaction, business_date } = sale;
  assert.equal(await pos.code('points.earn', { points: 47 }), 'refused.not_found');
  assert.ok((await pos.result('points.earn', { customer, points: 47, transaction, business_date })).seq > 0);
  const { code, text } = await agent.ended;
  assert.equal(code, 0, text);
  assert.match(text, /^\d+ checks, 0 failed/m);
});

test('a POS that does not is told why', async () => {
  const agent = await host(['--tap']);
  const pos = new Pos(agent.port, agent.token);
  await pos.follow();
  const { cart } = await pos.event('customer.identified');
  await pos.code('customer.find', {});
  await pos.code('cart.add', { visit: '0'.repeat(32), gtin: cart.lines[0].gtin, quantity: 1 });
  for (let i = 0; i < 40; i++) await pos.code('customer.current');
  pos.ask('checkout.finish', { transaction: 'R-1', business_date: '2026-11-23', total: 1, lines: linesOf(cart).map((line) => ({ ...line, quantity: 9 })) });
  await pos.closed;
  await pos.follow();
  await pos.event('ready');
  await pos.code('checkout.finish', { transaction: 'R-2', business_date: '2026-11-23', total: 1, lines: linesOf(cart) });
  const { code, text } = await agent.ended;
  assert.equal(code, 1);
  for (const id of ['calls', 'claim', 'lines', 'total', 'repeat', 'poll', 'visit']) assert.match(text, new RegExp(`^not ok \\d+ - ${id}: `, 'm'), id);
  for (const id of ['in', 'follow', 'finish', 'back', 'left']) assert.match(text, new RegExp(`^ok \\d+ - ${id}: `, 'm'), id);
});

test('nobody comes, and it ends all the same', async () => {
  const agent = await host(['--seconds', '1', '--json']);
  const { code, text } = await agent.ended;
  assert.equal(code, 1);
  assert.equal(JSON.parse(text.split('\n').find((line) => line.startsWith('{'))).checks.find((check) => check.id === 'in').result, 'failed');
});

// Agent and context store are killed at any moment while one cart is changed from the page and from the web at once. Whenever
// both are down, and at the end, their files are looked into: what was answered as saved is in the outbox, all that was
// decided is decided once and as it was said, the cart is what that makes of it, no cursor is ahead of its rows.
// TB_SEED=<number> plays the same kills again, TB_ROUNDS more of them.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Dice } from './lib/dice.mjs';
import { run } from './lib/program.mjs';
import { Till } from './lib/till.mjs';

const ROUNDS = Number(process.env.TB_ROUNDS ?? 100);
const PRODUCTS = 10;
const TURNS_FEW = 20; // of our own loop, from a moment that can be named to one that cannot
const TURNS_MAX = 400;

const dice = new Dice();
const choices = new Dice(dice.seed + 1); // of what is changed: it depends on what the page shows, the kills do not
const till = Till.make();
till.readers = `scanner = ${till.path('sim', 'scanner')}`;
const saved = new Set(); // seqs that the page was told
const line_gtins = new Map(); // by line: what it is of
const web_sent = new Map(); // by seq
const web_heard = new Map(); // by seq: the verdict
const VERDICTS = { 1: 'applied', 3: 'rejected' }; // as the context store keeps them
const START = { sums: {} }; // what was in the cart before
const tally = { agent: 0, store: 0, saved: 0, unanswered: 0, web: 0, looks: 0 };
let rivera;
let gtins;
let cart_id;
let page;
let web;
let happened = () => {}; // an answer or a verdict has come

// ---- changes ----

function ask(method, params) {
  return page.request(method, params).then((answer) => {
    happened();
    tally[answer.lost ? 'unanswered' : 'saved'] += 1;
    // The line was merged into another one before the request was there: nothing has changed.
    if (answer.lost || (answer.error?.data.code === 'refused.not_found' && method !== 'cart.add')) return;
    assert.equal(answer.error, undefined, JSON.stringify(answer.error));
    saved.add(answer.result.seq);
  });
}

// Of what the page shows of a line at most one request at a time takes something away: a second one would take away
// what is gone already, and that counts as nothing.
function askForLess(lines) {
  const [line] = lines.splice(choices.below(lines.length), 1);
  const { id, gtin, quantity } = line;
  line_gtins.set(id, gtin);
  if (choices.chance(30)) return ask('cart.remove', { line: id, from: quantity });
  return ask('cart.set_quantity', { line: id, from: quantity, to: choices.between(0, quantity) });
}

function pageChanges(count) {
  const lines = [...page.shown.cart.lines];
  return Array.from({ length: count }, () => {
    if (lines.length > 0 && choices.chance(35)) return askForLess(lines);
    return ask('cart.add', { visit: page.shown.visit.id, gtin: choices.one(gtins), quantity: choices.between(1, 60) });
  });
}

// Of what a web shop says beside adding to the cart.
const ASIDES = [
  () => ['cart.note', { cart: cart_id, text: `note ${choices.below(1000)}` }],
  () => ['consent.set', { consent: 'newsletter', granted: choices.chance(50), text_version: '2026-1' }],
  () => ['journey.event', { event: { specversion: '1.0', id: String(choices.below(1e9)), source: '/shop', type: 'shop.looked',
    time: '2026-11-23T04:00:00Z' } }],
];

function webChanges(count) {
  for (let i = 0; i < count; i++) {
    const [kind, members] = choices.chance(25) ? choices.one(ASIDES)() : ['cart.add', undefined];
    const seq = members ? web.mutate(kind, members) : web.send(choices.one(gtins), choices.between(1, 60));
    web_sent.set(seq, web.undecided.get(seq));
    tally.web += 1;
  }
}

// ---- kills ----

const moment = () => dice.below(dice.chance(50) ? TURNS_FEW : TURNS_MAX);

// again: killed once more where it makes good what the first kill broke off.
const plan = () => ({
  page: dice.between(1, 8), web: dice.between(1, 6), killed: dice.one(['agent', 'store', 'both']), at: dice.below(15),
  turns: moment(), again: dice.chance(40), again_turns: moment(), store_first: dice.chance(50),
  stays_down: dice.chance(30),
});

async function turns(count) {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
}

async function kill(name) {
  tally[name] += 1;
  await (name === 'agent' ? till.till : till.store).stop('SIGKILL');
}

async function startAgent() {
  await till.startTill();
  page = await till.page();
  await page.readerIs('scanner', 'ready');
  await till.serve(page, rivera);
}

// The agent is killed as soon as it can be asked: its outbox is being sent.
async function agentBack({ again, again_turns }) {
  if (again) {
    await till.startTill();
    await turns(again_turns);
    await kill('agent');
  }
  await startAgent();
}

async function webJoins() {
  web = await till.webChannel(rivera.id, web);
  web.on_verdict = ({ seq, verdict, code }) => {
    assert.ok(verdict === 'applied' || verdict === 'duplicate', `the web's change was ${verdict} (${code})`);
    web_heard.set(seq, 'applied');
    happened();
  };
}

async function startStore() {
  await till.startStore();
  await webJoins();
}

// The store is killed as soon as the agent has its line back: what was queued is being decided.
async function storeBack({ again, again_turns }) {
  await startStore();
  if (!again || till.till.ended) return;
  await page.sees('a live line', (s) => s.state.line.state === 'live');
  await turns(again_turns);
  await kill('store');
  await startStore();
}

const isDown = (program) => program.ended !== undefined;

function momentOf({ at }, happening_count) {
  let left = at % (happening_count + 1);
  return new Promise((reached) => {
    happened = () => left-- === 0 && reached();
    happened();
  });
}

async function round(now) {
  const was_down = isDown(till.store);
  const web_count = was_down ? 0 : now.web;
  const victims = was_down ? ['agent'] : { agent: ['agent'], store: ['store'], both: ['agent', 'store'] }[now.killed];
  webChanges(web_count);
  const asked = pageChanges(now.page);
  await momentOf(now, now.page + web_count);
  await turns(now.turns);
  await Promise.all(victims.map(kill));
  await Promise.all(asked);
  if (isDown(till.store) && isDown(till.till)) await filesHold();
  const back = [];
  if (victims.includes('agent')) back.push(agentBack);
  if (isDown(till.store) && (was_down || !now.stays_down)) back.splice(now.store_first ? 0 : 1, 0, storeBack);
  for (const one of back) await one(now);
}

// ---- what must be ----

// What crash_ledger says of copies of both sides' files.
async function filesRead() {
  const to = till.path('copy');
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { mode: 0o700 });
  for (const from of [till.path('till', 'state'), till.path('store')])
    for (const name of readdirSync(from))
      if (/^device\.key$|\.db(-wal)?$/.test(name)) copyFileSync(join(from, name), join(to, name));
  assert.ok(existsSync(join(to, 'context.db')));
  const [, store] = till.device.split('-');
  return JSON.parse(await run(process.env.TB_LEDGER,
    [to, join(to, 'context.db'), `urn:tillbridge:demo:device:${till.device}`, store]));
}

const wrong = (what) => `TB_SEED=${dice.seed}, look ${tally.looks}: ${what}`;

// The verdicts of a stream by seq: each seq up to the decided one has one.
function verdictsOf(files, incarnation) {
  const decided = Number(files.streams.find((s) => s.incarnation === incarnation)?.decided ?? 0);
  const verdicts = files.verdicts.filter((v) => v.incarnation === incarnation);
  assert.deepEqual(verdicts.map((v) => Number(v.seq)), Array.from({ length: decided }, (_, i) => i + 1),
    wrong('what is decided is decided once, and in order'));
  return new Map(verdicts.map((v) => [Number(v.seq), { verdict: VERDICTS[v.kind], version: Number(v.version) }]));
}

function tillHolds(files, verdicts) {
  const stored = new Map(files.outbox.map((entry) => [entry.seq, entry]));
  for (const seq of saved) assert.ok(stored.has(seq), wrong(`mutation ${seq}, which was saved, is not in the outbox`));
  for (const seq of verdicts.keys()) assert.ok(stored.has(seq), wrong(`mutation ${seq} is decided and was never stored`));
  for (const { seq, verdict } of files.outbox)
    if (verdict !== '') assert.equal(verdict.replace('duplicate', 'applied'), verdicts.get(seq)?.verdict, wrong(`the verdict on ${seq}`));
  assert.ok(files.settled <= files.heard, wrong('more is settled than the cache holds'));
  assert.ok(files.rows > 0);
  assert.deepEqual(files.behind, [], wrong('a cursor is ahead of its rows'));
}

// One open line per product; a line's id is that of any add that went into it, and is done with when it is empty. What the
// page sees of a line may be more than there is, and then less is taken away than it meant to.
class Cart {
  constructor(sums) {
    this.quantities = { ...sums };
    this.opened = Object.fromEntries(Object.keys(sums).map((gtin) => [gtin, 0])); // how often its line was
    this.lines = new Map();
  }

  apply({ kind, gtin, line, quantity, from, to = 0 }) {
    if (kind === 'cart.add') this.#add(gtin, line, quantity);
    else if (kind === 'cart.set_quantity' || kind === 'cart.remove') this.#change(line, to - from);
  }

  #add(gtin, line, quantity) {
    if (this.quantities[gtin] === 0) this.opened[gtin] += 1;
    this.lines.set(line, { gtin, opened: this.opened[gtin] });
    this.quantities[gtin] += quantity;
  }

  #change(line, by) {
    const { gtin, opened } = this.lines.get(line) ?? { gtin: line_gtins.get(line), opened: 0 };
    if (opened === this.opened[gtin]) this.quantities[gtin] = Math.max(0, this.quantities[gtin] + by);
  }
}

// In the order in which they were decided, which the cart's versions tell.
function cartOf(files, of_till, of_web) {
  const cart = new Cart(START.sums);
  const applied = [];
  const take = (verdict, mutation) => verdict?.verdict === 'applied' && applied.push({ version: verdict.version, mutation });
  for (const { seq, mutation } of files.outbox) take(of_till.get(seq), mutation);
  for (const [seq, mutation] of web_sent) take(of_web.get(seq), mutation);
  applied.filter(({ mutation }) => mutation.kind.startsWith('cart.')).sort((a, b) => a.version - b.version)
    .forEach(({ mutation }) => cart.apply(mutation));
  return cart.quantities;
}

async function filesHold() {
  tally.looks += 1;
  const files = await filesRead();
  const of_till = verdictsOf(files, files.incarnation);
  const of_web = verdictsOf(files, web.incarnation);
  tillHolds(files, of_till);
  for (const [seq, verdict] of web_heard) assert.equal(of_web.get(seq)?.verdict, verdict, wrong(`the web's verdict ${seq}`));
  const lines = files.lines.filter((line) => line.customer === rivera.id);
  const found = Object.fromEntries(gtins.map((gtin) => [gtin, Number(lines.find((line) => line.gtin === gtin)?.quantity ?? 0)]));
  assert.deepEqual(found, cartOf(files, of_till, of_web), wrong('the cart is what was applied makes of it'));
  return files;
}

async function allIsSent() {
  await page.sees('a live line and nothing unsent', (s) => s.state.line.state === 'live' && s.state.unsent === 0);
  if (web.undecided.size > 0) await web.events.next('the last verdict', () => web.undecided.size === 0);
}

const quantities = (lines) => Object.fromEntries(gtins.map((gtin) =>
  [gtin, lines.filter((line) => line.gtin === gtin).reduce((sum, line) => sum + line.quantity, 0)]));

// The cart of the context store, once the till's page shows the same.
async function cart() {
  await allIsSent();
  const fresh = await till.webChannel(rivera.id);
  const { doc } = await fresh.cartWith('the cart', () => true);
  fresh.close();
  const decided = quantities(doc.lines);
  await page.sees(`the context store's cart ${JSON.stringify(decided)}`,
    (s) => JSON.stringify(quantities(s.cart.lines)) === JSON.stringify(decided));
  return decided;
}

before(async () => {
  await till.start();
  [rivera] = till.customers;
  gtins = till.products.slice(0, PRODUCTS).map((product) => product.gtin);
  await webJoins();
  for (const gtin of gtins) await web.add(gtin, 1);
  const { id, doc } = await web.cartWith('all of them', (d) => gtins.every((gtin) => d.lines.some((line) => line.gtin === gtin)));
  cart_id = id;
  START.sums = quantities(doc.lines);
  page = await till.page();
  await page.readerIs('scanner', 'ready');
  await till.serve(page, rivera);
  await page.sees('her cart', (s) => s.cart?.lines.length === doc.lines.length);
});

after(() => till.end());

test('whatever is killed when, each change that was saved is there once', { timeout: 3_000 * ROUNDS + 120_000 }, async () => {
  const plans = Array.from({ length: ROUNDS }, plan);
  console.log(`TB_SEED=${dice.seed}, ${ROUNDS} rounds`);
  for (const one of plans) await round(one);
  if (isDown(till.store)) await startStore();
  const found = await cart();
  await Promise.all([kill('agent'), kill('store')]);
  const files = await filesHold();
  assert.ok(files.outbox.every(({ verdict }) => verdict !== ''), wrong('all is decided'));
  assert.equal(web.undecided.size, 0);
  await startStore();
  await startAgent();
  assert.deepEqual(await cart(), found, 'and it stays so');
  console.log(`killed: agent ${tally.agent} times, context store ${tally.store} times; changes saved at the till ${tally.saved}, `
    + `not answered there ${tally.unanswered}, sent from the web ${tally.web}; files looked into ${tally.looks} times`);
});

// Agent and context store are killed at any moment while one cart is changed from the page and from the web at once. What
// was answered as saved is in the cart once, what was sent from the web until it was decided is there once, and what
// was never answered is there once or not at all. TB_SEED=<number> plays the same kills again, TB_ROUNDS more of them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Dice } from './lib/dice.mjs';
import { Till } from './lib/till.mjs';

const ROUNDS = Number(process.env.TB_ROUNDS ?? 20);
const PRODUCTS = 10;
const TURNS_FEW = 20; // of our own loop, from a moment that can be named to one that cannot
const TURNS_MAX = 400;

const dice = new Dice();
const choices = new Dice(dice.seed + 1); // of what is changed: it depends on what the page shows, the kills do not
const till = Till.make();
till.readers = `scanner = ${till.path('sim', 'scanner')}`;
const ledger = new Map(); // by product: the sum of what must be in the cart, and the changes that were never answered
const tally = { agent: 0, store: 0, saved: 0, unanswered: 0, web: 0 };
let rivera;
let gtins;
let page;
let web;
let happened = () => {}; // an answer or a verdict has come

// ---- changes ----

function book(gtin, by) {
  ledger.get(gtin).sum += by;
}

function ask(method, params, gtin, by) {
  return page.request(method, params).then((answer) => {
    happened();
    // The line was merged into another one before the request was there: nothing has changed.
    if (answer.error?.data.code === 'refused.not_found' && method !== 'cart.add') return;
    assert.equal(answer.error, undefined, JSON.stringify(answer.error));
    if (answer.lost) ledger.get(gtin).unanswered.push(by);
    else book(gtin, by);
    tally[answer.lost ? 'unanswered' : 'saved'] += 1;
  });
}

// Of what the page shows of a line at most one request at a time takes something away: a second one would take away
// what is gone already, and that counts as nothing.
function askForLess(lines) {
  const [line] = lines.splice(choices.below(lines.length), 1);
  const { id, gtin, quantity } = line;
  if (choices.chance(30)) return ask('cart.remove', { line: id, from: quantity }, gtin, -quantity);
  const to = choices.between(0, quantity);
  return ask('cart.set_quantity', { line: id, from: quantity, to }, gtin, to - quantity);
}

function pageChanges(count) {
  const lines = [...page.shown.cart.lines];
  return Array.from({ length: count }, () => {
    if (lines.length > 0 && choices.chance(35)) return askForLess(lines);
    const [gtin, quantity] = [choices.one(gtins), choices.between(1, 60)];
    return ask('cart.add', { visit: page.shown.visit.id, gtin, quantity }, gtin, quantity);
  });
}

function webChanges(count) {
  for (let i = 0; i < count; i++) {
    const [gtin, quantity] = [choices.one(gtins), choices.between(1, 60)];
    web.send(gtin, quantity);
    book(gtin, quantity);
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
  web.on_verdict = ({ verdict, code }) => {
    assert.ok(verdict === 'applied' || verdict === 'duplicate', `the web's change was ${verdict} (${code})`);
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
  const back = [];
  if (victims.includes('agent')) back.push(agentBack);
  if (isDown(till.store) && (was_down || !now.stays_down)) back.splice(now.store_first ? 0 : 1, 0, storeBack);
  for (const one of back) await one(now);
}

// ---- what must be ----

async function allIsSent() {
  await page.sees('a live line and nothing unsent', (s) => s.state.line.state === 'live' && s.state.unsent === 0);
  if (web.undecided.size > 0) await web.events.next('the last verdict', () => web.undecided.size === 0);
}

const sums = ({ sum, unanswered }) => unanswered.reduce((all, by) => new Set([...all, ...[...all].map((s) => s + by)]), new Set([sum]));

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
  const { doc } = await web.cartWith('all of them', (d) => gtins.every((gtin) => d.lines.some((line) => line.gtin === gtin)));
  for (const [gtin, sum] of Object.entries(quantities(doc.lines))) ledger.set(gtin, { sum, unanswered: [] });
  page = await till.page();
  await page.readerIs('scanner', 'ready');
  await till.serve(page, rivera);
  await page.sees('her cart', (s) => s.cart?.lines.length === doc.lines.length);
});

after(() => till.end());

test('whatever is killed when, each change that was saved is there once', { timeout: 150_000 }, async () => {
  const plans = Array.from({ length: ROUNDS }, plan);
  console.log(`TB_SEED=${dice.seed}: ${plans.map((p) => p.killed + (p.again ? ' twice' : '')).join(', ')}`);
  for (const one of plans) await round(one);
  if (isDown(till.store)) await startStore();
  const found = await cart();
  console.log(`killed: agent ${tally.agent} times, context store ${tally.store} times; changes saved at the till ${tally.saved}, `
    + `not answered there ${tally.unanswered}, sent from the web ${tally.web}`);
  for (const gtin of gtins) {
    const right = sums(ledger.get(gtin));
    assert.ok(right.has(found[gtin]), `TB_SEED=${dice.seed}: ${gtin} is there ${found[gtin]} times, not ${[...right].join(' or ')}`);
  }
  await Promise.all([kill('agent'), kill('store')]);
  await startStore();
  await startAgent();
  assert.deepEqual(await cart(), found, 'and it stays so');
});

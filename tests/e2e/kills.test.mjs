// Agent and context store are killed at any moment while carts are changed from the page and from the web at once, paid at
// the till, and customers have themselves erased. Whenever both are down, and at the end, their files are looked into: what
// was answered as saved is in the outbox, all that was decided is decided once and as it was said, carts and sales are what
// that makes of them, no cursor is ahead of its rows, and of who was erased nothing is left but what an erasure keeps.
// TB_SEED=<number> plays the same kills again, TB_ROUNDS more of them.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Dice } from './lib/dice.mjs';
import { lastingPort } from './lib/ports.mjs';
import { attempt } from './lib/program.mjs';
import { SideFiles } from './lib/side_files.mjs';
import { Till } from './lib/till.mjs';
import { Witness } from './lib/witness.mjs';

const ROUNDS = Number(process.env.TB_ROUNDS ?? 100);
const PRODUCTS = 10;
const DATE = '2026-11-23';
const TURNS_FEW = 20; // of our own loop, from a moment that can be named to one that cannot
const TURNS_MAX = 400;

const dice = new Dice();
const choices = new Dice(dice.seed + 1); // of what is changed: it depends on what the page shows, the kills do not
const people = String(120 + ROUNDS);
const till = Till.make({ sizes: ['--customers', people, '--products', '80', '--carts', '0'], listed: Number(people) });
till.readers = `scanner = ${till.path('sim', 'scanner')}`;
const files_of = new SideFiles(till);
const witness = new Witness(files_of);
const untold = []; // what the point of sale has no answer to: [method, params]
const told = []; // sales that it has one to
const erasing = new Set(); // processes
const tally = { agent: 0, store: 0, erase: 0, again: 0, saved: 0, unanswered: 0, web: 0, looks: 0 };
let receipt_count = 0;
let rivera;
// The others whom the till knows, without those who are being erased; guests have a name of their own and come to the till.
let guests;
let strangers;
let gtins;
let cart_id;
let page;
let pos; // the point of sale
let web;
let happened = () => {}; // an answer or a verdict has come

// ---- changes ----

const served = () => till.customers.find(({ name }) => name === page.shown.view?.customer.name);

// GONE: of a line that was merged into another one before the request was there, and of a visit that was paid or whose
// customer was erased meanwhile.
const GONE = 'refused.not_found';

function answered(answer, { kind, customer, mutation = {} }) {
  happened();
  tally[answer.lost ? 'unanswered' : 'saved'] += 1;
  if (answer.lost || answer.error?.data.code === GONE) return;
  assert.equal(answer.error, undefined, JSON.stringify(answer.error));
  witness.saved.set(answer.result.seq, { kind, customer: customer?.id, mutation });
}

const ask = (method, params, customer = served()) =>
  page.request(method, params).then((answer) => answered(answer, { kind: method, customer }));

// Of what the page shows of a line at most one request at a time takes something away: a second one would take away
// what is gone already, and that counts as nothing.
function askForLess(lines) {
  const [line] = lines.splice(choices.below(lines.length), 1);
  const { id, quantity } = line;
  if (choices.chance(30)) return ask('cart.remove', { line: id, from: quantity });
  return ask('cart.set_quantity', { line: id, from: quantity, to: choices.between(0, quantity) });
}

function pageChanges(count) {
  const lines = [...page.shown.cart?.lines ?? []];
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

// Of a session's mutation: what it was, so that its verdict can be compared with what the files say.
function webSent(session, seq) {
  witness.web_sent.push({ customer: session.customer, incarnation: session.incarnation, seq, mutation: session.undecided.get(seq) });
  tally.web += 1;
}

function webChanges(count) {
  for (let i = 0; i < count; i++) {
    const [kind, members] = choices.chance(25) ? choices.one(ASIDES)() : ['cart.add', undefined];
    webSent(web, members ? web.mutate(kind, members) : web.send(choices.one(gtins), choices.between(1, 60)));
  }
}

function webHears(session) {
  session.on_verdict = ({ seq, verdict, code }) => {
    assert.ok(verdict === 'applied' || verdict === 'duplicate', `the web's change was ${verdict} (${code})`);
    witness.web_heard.push({ customer: session.customer, incarnation: session.incarnation, seq });
    happened();
  };
}

// A guest leaves something on the web that nobody else has: it can be looked for when she is erased.
async function guestShops(guest) {
  const session = await till.webChannel(guest.id);
  webHears(session);
  guest.marks ??= [];
  guest.marks.push(`mark-${randomBytes(8).toString('hex')}`);
  const [mark] = guest.marks.slice(-1);
  for (let i = choices.between(1, 3); i > 0; i--) webSent(session, session.send(choices.one(gtins), choices.between(1, 9)));
  webSent(session, session.mutate('journey.event', { event: { specversion: '1.0', id: mark, source: '/shop', type: 'shop.looked' } }));
  const { id } = await session.cartWith('her cart', () => session.undecided.size === 0);
  webSent(session, session.mutate('cart.note', { cart: id, text: mark }));
  await session.events.next('the last verdict', () => session.undecided.size === 0);
  session.close();
}

// ---- paying ----

// What is told again until somebody answers is told in the same words.
async function tell(method, params) {
  const customer = served();
  const answer = await pos.ask(method, params);
  answered(answer, { kind: method, customer, mutation: params });
  if (answer.lost && params?.transaction && !params.all) untold.push([method, params]);
  else if (answer.result && method === 'checkout.finish' && params.lines) told.push(params);
  return !answer.lost;
}

const receipt = () => ({ transaction: String(++receipt_count), business_date: DATE });

function sell(part) {
  const open = [...page.shown.cart?.lines ?? []];
  const lines = Array.from({ length: Math.min(open.length, choices.between(1, 3)) }, () => {
    const [{ id, gtin, quantity, unit_price }] = open.splice(choices.below(open.length), 1);
    return { line: id, gtin, quantity: choices.chance(50) ? quantity : choices.between(1, quantity), unit_price };
  });
  const total = lines.reduce((sum, { quantity, unit_price }) => sum + quantity * unit_price, 0);
  return lines.length > 0 ? tell('checkout.finish', { ...receipt(), total, part, lines }) : undefined;
}

function giveBack() {
  if (told.length === 0) return undefined;
  const { transaction, lines } = choices.one(told);
  const some = choices.chance(50) ? lines.slice(0, 1).map(({ quantity, ...line }) => ({ ...line, quantity: choices.between(1, quantity) })) : undefined;
  return tell('checkout.void', { ...receipt(), of_transaction: transaction, of_date: DATE, reopen: choices.chance(60), lines: some });
}

// Each says whether it was answered; undefined: there was nothing to do.
const POS_STEPS = {
  claim: () => tell('checkout.claim'),
  part: () => sell(true),
  again: () => (told.length > 0 ? tell('checkout.finish', told.at(-1)) : undefined),
  release: () => tell('checkout.release'),
  back: giveBack,
  finish: () => sell(false),
  all: () => tell('checkout.finish', { ...receipt(), total: page.shown.cart?.total ?? 0, all: true }),
};

// Ends with the agent.
async function posActs(steps) {
  for (const step of steps) {
    const is_answered = await POS_STEPS[step]();
    if (is_answered === false) return;
    if (is_answered === undefined) happened();
  }
}

async function tellWhatWasLost() {
  while (untold.length > 0) assert.ok(await tell(...untold.shift()), 'the agent runs');
}

// ---- erasures ----

function erase(customer) {
  return attempt(join(till.bin, 'contextd'), ['erase', '--database', till.path('store', 'context.db'), '--customer', customer],
    { running: erasing });
}

// Done when the operator is told so; ended before, or kept from rebuilding the file by who uses it, it is run again.
async function eraseAll(customer) {
  const { id, name, marks = [] } = customer;
  witness.eraseBegins(id, [id, ...guests.includes(customer) ? [name] : [], ...marks]);
  guests = guests.filter((one) => one !== customer);
  strangers = strangers.filter((one) => one !== customer);
  for (;;) {
    const { code, signal, err } = await erase(id);
    if (code === 0) break;
    assert.ok(signal === 'SIGKILL' || err.includes('retry.busy'), `erase: ${err}`);
    tally.again += 1;
  }
  witness.eraseEnded(id);
  tally.erase += 1;
}

async function eraseKilled(turns_count) {
  await turns(turns_count);
  for (const child of erasing) child.kill('SIGKILL');
}

// ---- kills ----

const moment = () => dice.below(dice.chance(50) ? TURNS_FEW : TURNS_MAX);

// What the point of sale does, in this order. A claim that a killed agent leaves behind holds its cart for two minutes:
// guests' carts are claimed more often, of which there are many.
function posPlan(is_guest) {
  const chances = { claim: is_guest ? 60 : 20, part: 60, again: 25, release: 15, back: 30, finish: 20, all: 30 };
  return dice.chance(70) ? Object.keys(chances).filter((step) => dice.chance(chances[step])) : [];
}

// again: killed once more where it makes good what the first kill broke off.
function plan() {
  const guest = dice.chance(50) ? dice.below(1e6) : undefined;
  return {
    page: dice.between(1, 8), web: dice.between(1, 6), pos: posPlan(guest !== undefined), killed: dice.one(['agent', 'store', 'both']),
    at: dice.below(20), turns: moment(), again: dice.chance(40), again_turns: moment(), store_first: dice.chance(50),
    stays_down: dice.chance(30), guest, erased: dice.chance(20) ? dice.below(1e6) : undefined,
    erases: dice.one(['present', 'before', 'never']), erase_turns: dice.chance(25) ? moment() : undefined,
  };
}

async function turns(count) {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
}

async function kill(name) {
  tally[name] += 1;
  await (name === 'agent' ? till.till : till.store).stop('SIGKILL');
}

async function joinTill() {
  page = await till.page();
  page.on_cart = ({ cart }) => witness.sees(cart, served()?.id);
  pos = await till.console();
  await page.readerIs('scanner', 'ready');
}

async function serve(customer) {
  if (served() !== customer || !page.shown.visit) await till.serve(page, customer);
}

async function startAgent() {
  await till.startTill();
  await joinTill();
  await serve(rivera);
  await tellWhatWasLost();
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
  webHears(web);
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

// Whom an erasure is about: who is at the till, who was there before, or somebody who never was.
function whoGoes({ erased, erases }, guest) {
  const before = guests.filter((one) => one !== guest && one.came);
  const among = { present: guest ? [guest] : [], before, never: strangers }[erases];
  const of = [among, before, strangers, guests].find((list) => list.length > 0);
  return erased === undefined ? undefined : of[erased % of.length];
}

async function whoComes({ guest: index }, was_down) {
  const guest = index === undefined ? undefined : guests[index % guests.length];
  if (guest && !was_down) await guestShops(guest);
  await serve(guest ?? rivera);
  if (guest) guest.came = true;
  return guest;
}

async function round(now) {
  const was_down = isDown(till.store);
  const web_count = was_down ? 0 : now.web;
  const victims = was_down ? ['agent'] : { agent: ['agent'], store: ['store'], both: ['agent', 'store'] }[now.killed];
  const goes = whoGoes(now, await whoComes(now, was_down));
  webChanges(web_count);
  const asked = [...pageChanges(now.page), posActs(now.pos)];
  const gone = goes ? eraseAll(goes) : undefined;
  const reached = momentOf(now, now.page + web_count + now.pos.length);
  if (goes && now.erase_turns !== undefined) asked.push(eraseKilled(now.erase_turns));
  await reached;
  await turns(now.turns);
  await Promise.all(victims.map(kill));
  await Promise.all(asked);
  if (isDown(till.store) && isDown(till.till)) {
    await gone;
    await filesHold();
  }
  const back = [];
  if (victims.includes('agent')) back.push(agentBack);
  if (isDown(till.store) && (was_down || !now.stays_down)) back.splice(now.store_first ? 0 : 1, 0, storeBack);
  for (const one of back) await one(now);
  await gone;
}

// ---- what must be ----

async function filesHold() {
  tally.looks += 1;
  const files = await files_of.read();
  witness.judge(files, `TB_SEED=${dice.seed}, look ${tally.looks}`);
  return files;
}

// Looked at again whenever the till heard a verdict: one of them is on its receipt.
async function allIsConfirmed() {
  const waits = (entry) => entry.waiting.some(({ device }) => device === till.device);
  const erasures = async () => JSON.parse(await till.contextctl('erasures', '--database', till.path('store', 'context.db'), '--json'));
  await pos.request('tail');
  while ((await erasures()).some(waits)) await pos.events.next('a verdict', (e) => e.event === 'cart' && e.verdict);
}

async function allIsSent() {
  await page.decided();
  if (web.undecided.size > 0) await web.events.next('the last verdict', () => web.undecided.size === 0);
}

const quantities = (lines) => Object.fromEntries(gtins.map((gtin) =>
  [gtin, lines.filter((line) => line.gtin === gtin).reduce((sum, line) => sum + line.quantity, 0)]));

// The cart of the context store, once the till's page shows the same.
async function cart() {
  await serve(rivera);
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
  await till.certificates();
  await till.seed();
  witness.start = (await files_of.read()).lines;
  till.ports = { terminals: await lastingPort(), web: await lastingPort() };
  await till.startStore();
  await till.startReaders();
  await till.startTill();
  [rivera, ...strangers] = till.customers;
  gtins = till.products.slice(0, PRODUCTS).map((product) => product.gtin);
  await webJoins();
  for (const gtin of gtins) webSent(web, web.send(gtin, 1));
  const { id, doc } = await web.cartWith('all of them', (d) => gtins.every((gtin) => d.lines.some((line) => line.gtin === gtin)));
  cart_id = id;
  await joinTill();
  await serve(rivera);
  await page.sees('her cart', (s) => s.cart?.lines.length === doc.lines.length);
  await Promise.all([till.till.stop('SIGKILL'), till.store.stop('SIGKILL')]);
  await filesHold();
  strangers = strangers.filter(({ id: customer }) => witness.keys.has(customer));
  guests = strangers.filter(({ name }) => till.customers.filter((other) => other.name.includes(name)).length === 1);
  strangers = strangers.filter((customer) => !guests.includes(customer));
  assert.ok(guests.length > 50 && strangers.length > ROUNDS / 4, 'most of the cohort is there');
  await startStore();
  await startAgent();
});

after(() => till.end());

test('whatever is killed when, each change, sale and erasure is there once', { timeout: 6_000 * ROUNDS + 120_000 }, async () => {
  const plans = Array.from({ length: ROUNDS }, plan);
  console.log(`TB_SEED=${dice.seed}, ${ROUNDS} rounds`);
  for (const [number, one] of plans.entries()) {
    await round(one);
    if ((number + 1) % 100 === 0) console.log(`${number + 1} rounds, files looked into ${tally.looks} times`);
  }
  if (isDown(till.store)) await startStore();
  await tellWhatWasLost();
  await allIsConfirmed();
  const found = await cart();
  await Promise.all([kill('agent'), kill('store')]);
  const files = await filesHold();
  assert.ok(files.outbox.every(({ verdict }) => verdict !== ''), 'all is decided');
  assert.equal(web.undecided.size, 0);
  const signed = files.receipts.filter(({ device }) => device === till.device);
  assert.equal(signed.length, files.erasures.length, 'the till has confirmed every erasure');
  assert.equal(files.erasures.length, witness.erased.size);
  await startStore();
  await startAgent();
  assert.deepEqual(await cart(), found, 'and it stays so');
  console.log(`killed: agent ${tally.agent} times, context store ${tally.store} times; changes saved at the till ${tally.saved}, `
    + `not answered there ${tally.unanswered}, sent from the web ${tally.web}; sales ${files.sales.length}, voids ${files.voids.length}, `
    + `conflicts ${files.conflicts.length}; erased ${tally.erase}, run again ${tally.again} times; files looked into ${tally.looks} times`);
});

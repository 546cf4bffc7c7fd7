// The web channel's module against the real context store, with a till beside it: what it shows at once is what is decided,
// what was changed without a line arrives once, and what it says the till hears.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { memoryStorage } from '../../include/web/tillbridge.js';
import { Dice } from './lib/dice.mjs';
import { PATIENCE_MS } from './lib/events.mjs';
import { lastingPort } from './lib/ports.mjs';
import { Till } from './lib/till.mjs';
import { checkedSocket } from './lib/web_channel.mjs';

const till = Till.make();
let rivera;
let gtins;

before(async () => {
  till.ports = { terminals: await lastingPort(), web: await lastingPort() };
  await till.start();
  [rivera] = till.customers;
  gtins = till.products.slice(0, 8).map(({ gtin }) => gtin);
});

after(() => till.end());

// Waits until what an event tells is as it should be, or is so already.
function until(shop, event, is) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited for ${event}: ${is}; cart ${JSON.stringify(shop.cart)}; ${JSON.stringify(shop.state)}`)), PATIENCE_MS);
    const look = () => {
      if (!is(shop)) return;
      clearTimeout(timer);
      end();
      resolve(shop);
    };
    const end = shop.on(event, look);
    look();
  });
}

const live = (shop) => until(shop, 'state', ({ state }) => state.state === 'live');
const settled = (shop) => until(shop, 'unsent', ({ unsent }) => unsent === 0);
const linesOf = ({ cart }) => (cart?.lines ?? []).map(({ gtin, options = '', quantity, note = '' }) => [gtin, options, quantity, note]);

async function opened(customer, options) {
  const shop = await till.webShop(customer, options);
  await live(shop);
  await until(shop, 'row', () => shop.rows('customer').length > 0);
  return shop;
}

// One drawn change of what the page shows.
function change(dice, shop) {
  const lines = shop.cart?.lines ?? [];
  const kind = lines.length > 0 ? dice.one(['add', 'add', 'set', 'remove', 'note']) : 'add';
  const line = kind === 'add' ? undefined : dice.one(lines);
  if (kind === 'add') return shop.add(dice.one(gtins), dice.between(1, 40), dice.chance(30) ? { options: 'size:m' } : {});
  if (kind === 'set') return shop.setQuantity(line.id, dice.between(0, 60));
  if (kind === 'remove') return shop.remove(line.id);
  return shop.note(dice.one(['', 'gift wrap', 'no hurry']), dice.chance(70) ? line.id : undefined);
}

test('what is shown at once is what the context store decides', async (t) => {
  const dice = new Dice();
  t.diagnostic(`TB_SEED=${dice.seed}`);
  const shop = await opened(till.customers[7].id);
  const turned_down = [];
  shop.on('taken_back', (change) => turned_down.push(change));
  for (let round = 0; round < 12; round++) {
    for (let i = dice.between(1, 12); i > 0; i--) change(dice, shop);
    const shown = linesOf(shop);
    const { note, item_count } = shop.cart ?? {};
    await settled(shop);
    assert.deepEqual(linesOf(shop).sort(), shown.sort(), `round ${round}`);
    assert.deepEqual([shop.cart?.note, shop.cart?.item_count], [note, item_count]);
    assert.ok((shop.cart?.lines ?? []).every(({ pending, unit_price }) => !pending && unit_price > 0));
  }
  assert.deepEqual(turned_down, []);
  await shop.close();
});

test('two tabs of one customer come to the same cart', async () => {
  const { id } = till.customers[8];
  const storage = memoryStorage();
  const tabs = [await opened(id, { storage }), await opened(id, { storage })];
  assert.notEqual(tabs[0].incarnation, tabs[1].incarnation);
  tabs[0].add(gtins[0], 2);
  await until(tabs[1], 'cart', ({ cart }) => cart?.item_count === 2);
  for (const tab of tabs) tab.setQuantity(tab.cart.lines[0].id, 5); // both raise what they saw by 3
  for (const tab of tabs) await until(tab, 'cart', ({ cart }) => cart.item_count === 8 && cart.unsent === 0);
  for (const tab of tabs) await tab.close();
});

test('what was changed without a line arrives once, though the page was loaded again meanwhile', async () => {
  const { id } = till.customers[9];
  const storage = memoryStorage();
  const shop = await opened(id, { storage });
  shop.add(gtins[0], 1);
  await settled(shop);
  await till.store.stop('SIGKILL');
  await until(shop, 'state', ({ state }) => state.state === 'offline');
  const { saved } = shop.add(gtins[1], 3, { product: { name: 'Ink', unit_price: 480, currency: 'EUR' } });
  assert.equal(await saved, true);
  assert.deepEqual(shop.cart.lines.map(({ name, pending }) => [name === 'Ink', pending]), [[false, false], [true, true]]);
  await shop.close();
  const again = await till.webShop(id, { storage });
  assert.deepEqual([again.cart.item_count, again.unsent], [4, 1]);
  await till.startStore();
  await settled(again);
  assert.equal(again.incarnation, shop.incarnation);
  assert.deepEqual(again.cart.lines.map(({ quantity, pending }) => [quantity, pending]), [[1, false], [3, false]]);
  const other = await opened(id);
  await until(other, 'cart', ({ cart }) => cart?.item_count === 4);
  for (const one of [again, other]) await one.close();
});

test('a token that ends is renewed, and the page notices nothing', async (t) => {
  const { id } = till.customers[10];
  let minted = 0;
  const shop = await till.webShop(id, { token: () => { minted += 1; return till.token(id, '--life-s', '8'); } }); // renewed after 4
  t.after(() => shop.close());
  const states = [];
  shop.on('state', ({ state, cause }) => states.push(`${state} ${cause ?? ''}`.trim()));
  await live(shop);
  await until(shop, 'state', () => minted === 2);
  shop.add(gtins[2], 1);
  await settled(shop);
  await until(shop, 'state', ({ state }) => minted >= 3 && state.state === 'live');
  assert.deepEqual(states.filter((state) => state.startsWith('offline')), []);
  assert.ok(states.includes('connecting renewal'));
});

test('a token of nobody, of somebody else or for another origin is refused, and the page hears why', async () => {
  const { id } = till.customers[11];
  const why = async (options) => {
    const shop = await till.webShop(id, options);
    await until(shop, 'state', ({ state }) => state.state === 'offline');
    const { cause, code } = shop.state;
    await shop.close();
    return [cause, code];
  };
  assert.deepEqual(await why({ token: () => 'a.b.c' }), ['denied', 'input.syntax']);
  const token = await till.token(id);
  assert.deepEqual(await why({ token: () => `${token.slice(0, -8)}AAAAAAAA` }), ['denied', 'input.signature']);
  assert.deepEqual(await why({ socket: checkedSocket({ ca: till.ca, origin: 'https://evil.example' }) }), ['no_route', undefined]);
  const other = await till.webShop(id, { token: () => till.token(till.customers[12].id) });
  other.add(gtins[0]);
  await until(other, 'state', ({ state }) => state.state === 'offline');
  assert.equal(other.state.code, 'denied_customer');
  await other.close();
});

test('web to till and back: the cart, the hand-over, and what she looked at', async () => {
  const page = await till.workingPage();
  const shop = await opened(rivera.id);
  shop.add(gtins[3], 2);
  shop.viewed(gtins[4]);
  shop.consent('newsletter', true, '2026-1');
  shop.consent('profiling', true, '2026-1');
  const { handover } = shop.handOver({ note: 'gift wrap' });
  const { code } = await handover;
  await till.scan(`H:${code}`);
  await page.sees('Ms Rivera with her cart', (s) => s.visit && s.cart?.lines.some(({ gtin }) => gtin === gtins[3]));
  assert.equal((await page.add(gtins[5], 1)).error, undefined);
  await until(shop, 'cart', ({ cart }) => cart.lines.some(({ gtin, channel }) => gtin === gtins[5] && channel === 'till'));
  shop.setQuantity(shop.cart.lines.find(({ gtin }) => gtin === gtins[3]).id, 7);
  await page.sees('seven of them', () => page.lineOf(gtins[3])?.quantity === 7);
  await until(shop, 'customer', () => shop.rows('customer')[0].doc.consents?.some(({ id, granted }) => id === 'newsletter' && granted));
  assert.equal((await shop.product(gtins[3])).gtin, gtins[3]);
  assert.equal(await shop.product('00000000000000'), null);
  // The consent came after the look: what she looks at from now on is for the shop to suggest.
  const seen = till.products.find(({ stock, gtin }) => stock === 'in_stock' && !gtins.slice(3, 6).includes(gtin));
  shop.viewed(seen.gtin);
  await page.sees('what she looked at', (s) => s.view.suggestions?.some(({ gtin }) => gtin === seen.gtin));
  shop.consent('profiling', false, '2026-1');
  await page.sees('nothing of that any more', (s) => !s.view.suggestions?.length);
  await page.clear();
  page.close();
  await shop.close();
});

// docs/web.md: its code, as it is printed there, against the real context store.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Till } from './lib/till.mjs';
import { checkedSocket } from './lib/web_channel.mjs';
import { ORIGIN } from './lib/world.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const till = Till.make();
const guide = readFileSync(here('../../docs/web.md'), 'utf8');
const code = new Map();
let key;
let product;

before(async () => {
  await till.certificates();
  await till.seed();
  await till.startStore();
  key = readFileSync(till.path('store', 'token.key'));
  const { gtin, name, unit_price } = till.products[0];
  product = { gtin, name, unit_price, currency: 'EUR' };
  mkdirSync(till.path('guide'));
  for (const name of readdirSync(here('../../include/web')).filter((one) => /^tillbridge(-(cart|line|outbox|shape|storage))?\.js$/.test(one))) {
    copyFileSync(here(`../../include/web/${name}`), till.path('guide', name));
  }
  writeFileSync(till.path('guide', 'package.json'), '{"type":"module"}');
  symlinkSync(here('node_modules'), till.path('guide', 'node_modules'));
  for (const [, name, text] of guide.matchAll(/```js\n\/\/ file: (\S+)\n(.*?)```/gs)) {
    writeFileSync(till.path('guide', name), text);
    code.set(name, await import(pathToFileURL(join(till.dir, 'guide', name))));
  }
});

after(() => till.end());

const until = (shop, event, is) => new Promise((resolve) => {
  const end = shop.on(event, () => is(shop) && resolve(end()));
  if (is(shop)) resolve(end());
});

test('every piece of code is run', () => {
  assert.deepEqual([...code.keys()], ['token.mjs', 'page.mjs', 'handed.mjs', 'node.mjs']);
  assert.equal(guide.match(/```js\n/g).length, code.size);
});

test('the page’s code does what the guide says, with the server’s token', async () => {
  const { id } = till.customers[20];
  const { tokenFor } = code.get('token.mjs');
  const { connectCart, buttons } = code.get('page.mjs');
  const carts = [];
  const notices = [];
  const shop = await connectCart({ url: till.web_url, customer: id, fetchToken: () => tokenFor(key, id),
    more: { socket: checkedSocket({ ca: till.ca, origin: ORIGIN }) } },
  { cart: (cart) => carts.push(cart), state: () => {}, notice: (text) => notices.push(text) });
  const act = buttons(shop);
  const before_all = shop.cart?.item_count ?? 0;
  act.add(product);
  assert.equal(shop.cart.item_count, before_all + 1);
  const line = () => shop.cart.lines.find(({ gtin }) => gtin === product.gtin);
  assert.equal(line().name, product.name);
  act.more(line());
  act.wrap(line());
  act.look(product);
  act.allow(true);
  await until(shop, 'unsent', ({ unsent }) => unsent === 0);
  await until(shop, 'customer', () => shop.rows('customer')[0]?.doc.consents?.some(({ id: name, granted }) => name === 'profiling' && granted));
  assert.equal(line().note, 'gift wrap');
  assert.match(await act.goToShop(), /^[2-9A-HJKMNP-Z]{6}$/);
  const taken = line();
  act.remove(taken);
  assert.equal(line(), undefined);
  act.putBack(taken);
  assert.equal(line().quantity, taken.quantity);
  act.remove(line());
  await until(shop, 'unsent', ({ unsent }) => unsent === 0);
  assert.equal(shop.cart.item_count, before_all);
  assert.deepEqual(notices, []);
  assert.ok(carts.length >= 6);
  await act.signOut();
  assert.equal(shop.state.state, 'closed');
});

test('a cart of a kiosk is asked about, again when it changed, and left where she says no', async () => {
  const { takeHanded } = code.get('handed.mjs');
  const kiosk = ({ changes = 0, joins = true }) => {
    const at = { version: 1, taken: null };
    return { at, handed: async () => ({ joins, version: at.version, cart: { item_count: at.version } }),
      takeOver: async (typed, { version }) => {
        if (changes-- > 0) at.version++;
        if (version !== at.version) throw Object.assign(new Error('changed'), { code: 'cart_changed' });
        at.taken = typed;
      } };
  };
  const asked = [];
  const asks = (answer) => async ({ item_count }, changed) => { asked.push([item_count, changed]); return answer; };
  const changing = kiosk({ changes: 1 });
  assert.equal(await takeHanded(changing, 'K7M2PX', asks(true)), true);
  assert.deepEqual([asked, changing.at.taken], [[[1, false], [2, true]], 'K7M2PX']);
  const declined = kiosk({});
  assert.equal(await takeHanded(declined, 'K7M2PX', asks(false)), false);
  assert.equal(declined.at.taken, null);
  const own = kiosk({ joins: false });
  assert.equal(await takeHanded(own, 'K7M2PX', asks(false)), true);
  assert.deepEqual([asked.length, own.at.taken], [3, 'K7M2PX']); // nobody was asked
  const { id } = till.customers[23];
  const shop = await code.get('node.mjs').connect({ url: till.web_url, customer: id, ca: till.ca, token: () => code.get('token.mjs').tokenFor(key, id) });
  await until(shop, 'state', ({ state }) => state.state === 'live');
  await assert.rejects(takeHanded(shop, 'K7M2PX', asks(true)), { code: 'handover_unknown' });
  await shop.close();
});

test('so does Node’s', async () => {
  const { id } = till.customers[21];
  const shop = await code.get('node.mjs').connect({ url: till.web_url, customer: id, ca: till.ca, token: () => code.get('token.mjs').tokenFor(key, id) });
  const { decided } = shop.add(product.gtin, 2);
  assert.equal((await decided).verdict, 'applied');
  await shop.close();
});

test('tokens are refused for the reasons that the guide has', async () => {
  const { id } = till.customers[22];
  const { tokenFor } = code.get('token.mjs');
  const other = till.path('other.key');
  await till.contextctl('token', 'key', '--key', other, '--public', till.path('other.pub'));
  const codes = [];
  for (const token of [tokenFor(readFileSync(other), id), await till.token(id, '--audience', 'somebody'), await till.token(id, '--life-s', '-120'), 'x'.repeat(1025)]) {
    const shop = await code.get('node.mjs').connect({ url: till.web_url, customer: id, ca: till.ca, token: () => token });
    await until(shop, 'state', ({ state }) => state.state === 'offline');
    codes.push(shop.state.code);
    await shop.close();
  }
  assert.deepEqual(codes, ['input.signature', 'refused.denied', 'refused.expired', 'input.too_long']);
});

// Long feeds and whoever must not wait for them, at the real contextd: counted in messages, never in time.
//   node --test lanes.test.mjs, with CONTEXTD=<program>

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Store } from './client.mjs';

const CUSTOMERS = 1000; // a cohort of about 2,600 rows, 27 pages; the bounds below do not know of it
const READERS = 4;
const LOOKUPS = 40;

let store;
let hash;

before(async () => {
  store = await Store.make(process.env.CONTEXTD, '', { customers: CUSTOMERS });
  await store.start();
  const shown = JSON.parse(await store.tool('customer', 'show', store.customers[0].id, '--database', store.file('context.db')));
  hash = shown.rows.find((r) => r.type === 'credential').id;
});

after(() => store.end());

async function terminal(device) {
  const client = await store.terminal(await store.certificate(device, '--device', device));
  await client.hello({ device });
  return client;
}

// Reads the cohort from its beginning again and again, until it is told to stop; pages counts what came.
class Reader {
  pages = 0;
  #stopped = false;

  constructor(client) {
    this.client = client;
    this.done = this.#run();
  }

  async #run() {
    while (!this.#stopped) {
      await this.client.call('feed.open', { scope: 'cohort', cursor: '' });
      for (let more = true; more;) {
        const { params } = await this.client.messages.next('a page of the cohort', (m) => m.method === 'feed.rows' && m.params.scope === 'cohort');
        this.pages++;
        this.client.notify('feed.ack', { scope: 'cohort', cursor: params.cursor });
        more = params.more;
      }
    }
  }

  async stop() {
    this.#stopped = true;
    await this.done;
  }
}

describe('while cohorts are being read', () => {
  test('an answer waits for two of their messages at most, on the same line', async () => {
    const others = [];
    for (let i = 0; i < READERS; i++) others.push(new Reader(await terminal(`till-0421-${i + 1}`)));
    const till = await terminal('till-0421-6');
    const own = new Reader(till);
    const passed = [];
    for (let i = 0; i < LOOKUPS; i++) {
      const before_ask = own.pages;
      const { found } = await till.call('identify', { kind: 'member', hash });
      assert.equal(found, true);
      passed.push(own.pages - before_ask);
    }
    for (const reader of [...others, own]) await reader.stop();
    assert.ok(Math.max(...passed) <= 2, `an answer waited for ${Math.max(...passed)} pages`);
    const all = others.reduce((sum, r) => sum + r.pages, own.pages);
    assert.ok(all > 27 * (READERS + 1), `they were read meanwhile: ${all} pages`);
    for (const { client } of [...others, own]) client.drop();
  });

  test('erasures and the customer who is served are told between two pages of an unread one', async () => {
    const till = await terminal('till-0422-1');
    const order = [];
    till.messages.push = (m) => order.push(m.params.scope.split(':')[0]);
    await till.call('feed.open', { scope: 'cohort', cursor: '' });
    await till.call('feed.open', { scope: 'catalogue', cursor: '' });
    await till.call('identify', { kind: 'member', hash });
    await till.call('feed.open', { scope: 'erasures', cursor: '' });
    await till.call('feed.open', { scope: `customer:${store.customers[0].id}`, cursor: '' });
    for (let i = 0; i < 5; i++) await till.call('product.find', { gtin: store.products[0].gtin });
    assert.equal(order.filter((scope) => scope === 'cohort').length, 2, order.join(' '));
    assert.ok(!order.includes('catalogue'), 'the catalogue waits for the cohort');
    assert.ok(order.includes('erasures') && order.includes('customer'), order.join(' '));
    till.drop();
  });
});

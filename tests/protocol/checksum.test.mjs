// The sums of a cohort, worked out a second time from docs/protocol.md alone, are those of the real contextd.
//   node --test checksum.test.mjs, with CONTEXTD=<program>

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { id, Store } from '../integration/contextd/client.mjs';

const COUNTED = ['customer', 'cart', 'journey', 'credential'];
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const partition = (customer) => sha256(Buffer.from(customer, 'hex'))[0];

function rowSum({ type, id: object, version }) {
  const version_bytes = Buffer.alloc(8);
  version_bytes.writeBigUInt64BE(BigInt(version));
  return sha256(type, Buffer.of(0), Buffer.from(object, 'hex').subarray(0, 16), version_bytes).readBigUInt64BE();
}

function sumsOf(rows) {
  const sums = new BigUint64Array(256);
  for (const row of rows) if (COUNTED.includes(row.type)) sums[partition(row.customer)] ^= rowSum(row);
  const bytes = Buffer.alloc(256 * 8);
  sums.forEach((sum, i) => bytes.writeBigUInt64BE(sum, i * 8));
  return bytes.toString('base64url');
}

let store;

before(async () => {
  store = await Store.make(process.env.CONTEXTD);
  await store.start();
});

after(() => store.end());

test('the example of the document', () => {
  const customer = '000102030405060708090a0b0c0d0e0f';
  assert.equal(partition(customer).toString(16), 'be');
  assert.equal(rowSum({ type: 'customer', id: customer, version: 1 }).toString(16).padStart(16, '0'), '01b36b9caa4c437d');
});

test('a cohort, and what changes in it', async () => {
  const till = await store.terminal(await store.certificate('till-0421-4', '--device', 'till-0421-4'));
  await till.hello({ device: 'till-0421-4' });
  const rows = new Map((await till.feed('cohort')).map((row) => [`${row.type} ${row.id}`, row]));
  const keep = (row) => rows.set(`${row.type} ${row.id}`, row);
  const compare = async (what) => {
    const { sums } = await till.call('feed.checksum', { scope: 'cohort' });
    assert.equal(sums, sumsOf([...rows.values()]), what);
  };
  await compare('at the beginning');
  const cart = id();
  const { verdict } = await till.mutate({ seq: 1, kind: 'cart.add', customer: store.customers[30].id, cart, line: id(),
    gtin: store.products[0].gtin, quantity: 1 });
  assert.equal(verdict, 'applied');
  const { params } = await till.messages.next('the change', (m) => m.method === 'feed.rows' && m.params.rows.some((r) => r.type === 'cart'));
  params.rows.forEach(keep);
  await compare('with a cart more');
  keep({ ...params.rows.find((r) => r.type === 'cart'), version: 99 });
  const { sums } = await till.call('feed.checksum', { scope: 'cohort' });
  assert.notEqual(sums, sumsOf([...rows.values()]), 'a version that is not the store\'s is noticed');
  till.drop();
});

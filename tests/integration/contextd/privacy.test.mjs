// The real contextd: who is erased, who has confirmed it, and what a terminal may come to know.
//   node --test privacy.test.mjs, with CONTEXTD=<program>

import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, watch } from 'node:fs';
import { createHash, sign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { id, Store, urn } from './client.mjs';

let store;
let till4;
let till5;
let thief;

const database = () => ['--database', store.file('context.db')];
const list = async (...words) => JSON.parse(await store.tool(...words, ...database(), '--json'));

before(async () => {
  store = await Store.make(process.env.CONTEXTD);
  appendFileSync(store.file('contextd.conf'), `[contextd]\nmetrics = ${store.file('metrics.txt')}\n`);
  till4 = await store.certificate('till-0421-4', '--device', 'till-0421-4');
  till5 = await store.certificate('till-0421-5', '--device', 'till-0421-5');
  thief = await store.certificate('till-0500-1', '--device', 'till-0500-1');
  await store.start();
});

after(async () => {
  const how = await store.end();
  assert.deepEqual(how, { code: 0, signal: null }, 'contextd ends cleanly');
});

// The content of a file in the store's folder, once it has that text.
const written = (name, text) => new Promise((resolve) => {
  const watching = watch(store.folder, () => look());
  const look = () => {
    const content = existsSync(store.file(name)) ? readFileSync(store.file(name), 'utf8') : '';
    if (!content.includes(text)) return;
    watching.close();
    resolve(content);
  };
  look();
});

const refused = (promise, code) => assert.rejects(promise, (error) => {
  assert.equal(error.code, -32001);
  assert.equal(error.data.code, code);
  return true;
});

describe('an erasure', () => {
  // As docs/protocol.md says what a receipt is signed over.
  const receipt = (seq, erasure, device, key) => {
    const made_ms = Date.now();
    const text = `tillbridge-erasure-1\n${urn(device)}\n${erasure}\n${made_ms}\n`;
    const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    return { seq, kind: 'erasure.receipt', made_ms, erasure, signature };
  };
  const waiting = async () => (await list('erasures'))[0].waiting.map((t) => t.device);

  test('reaches a terminal that is connected, and is confirmed by its signature', async () => {
    const lost = store.customers[3].id;
    const till = await store.terminal(till4);
    await till.hello({ device: 'till-0421-4' });
    assert.deepEqual(await till.feed('erasures'), []);
    const heard = till.changed('erasures', 'the erasure', () => true);
    const erasure = (await store.tool('erase', '--customer', lost, ...database())).trim();
    const row = await heard;
    assert.deepEqual([row.type, row.op, row.id, row.customer], ['erasure', 'put', erasure, lost]);
    const cart = { seq: 1, kind: 'cart.add', customer: lost, cart: id(), line: id(), gtin: store.products[0].gtin, quantity: 1 };
    assert.equal((await till.mutate(cart)).code, 'customer_erased');
    assert.deepEqual((await list('customer', 'list', '--limit', '4')).map((c) => c.id), [0, 1, 2, 4].map((n) => store.customers[n].id));
    assert.ok((await waiting()).includes('till-0421-4'));
    const forged = await till.mutate(receipt(2, erasure, 'till-0421-4', till5.key));
    assert.deepEqual([forged.verdict, forged.code], ['rejected', 'signature']);
    assert.equal((await till.mutate(receipt(3, erasure, 'till-0421-4', till4.key))).verdict, 'applied');
    assert.ok(!(await waiting()).includes('till-0421-4'));
    till.drop();
    await till.closed;
  });

  test('is confirmed over a resumed session as well', async () => {
    const options = { ...till5, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' };
    const first = await store.terminal(options);
    await first.hello({ device: 'till-0421-5' });
    const session = first.tls.getSession();
    first.drop();
    await first.closed;
    const till = await store.terminal({ ...options, session });
    assert.equal(till.tls.isSessionReused(), true);
    await till.hello({ device: 'till-0421-5' });
    const [row] = await till.feed('erasures');
    assert.equal((await till.mutate(receipt(1, row.id, 'till-0421-5', till5.key))).verdict, 'applied');
    assert.ok(!(await waiting()).includes('till-0421-5'));
    till.drop();
    await till.closed;
  });

  test('leaves nothing to export, and no name in the log', async () => {
    const { name } = store.customers[4];
    const who = store.customers[4].id;
    const answer = JSON.parse(await store.tool('export', '--customer', who, ...database()));
    assert.equal(answer.profile[0].name, name);
    assert.equal(answer.credentials.length, 1);
    await store.tool('erase', '--customer', who, ...database());
    await assert.rejects(store.tool('export', '--customer', who, ...database()));
    assert.ok(!readFileSync(store.file('contextd.log'), 'utf8').includes(name));
  });
});

describe('a terminal that gives a number to two changes', () => {
  test('is told, and so are the operators', async () => {
    const till = await store.terminal(till5);
    await till.hello({ device: 'till-0421-5' });
    const add = { seq: 1, kind: 'cart.add', customer: store.customers[1].id, cart: id(), line: id(), gtin: store.products[0].gtin, quantity: 1 };
    assert.equal((await till.mutate(add)).verdict, 'applied');
    assert.equal((await till.mutate(add)).verdict, 'duplicate');
    const { verdict, code } = await till.mutate({ ...add, line: id(), quantity: 2 });
    assert.deepEqual({ verdict, code }, { verdict: 'rejected', code: 'seq_reused' });
    await written('contextd.log', `error gateway sequence_reused device=${urn('till-0421-5')} count=1`);
    const visit = { customer: store.customers[1].id, visit: id() };
    await till.mutate({ seq: 2, kind: 'visit.begin', source: 'cache', ...visit });
    await till.mutate({ seq: 3, kind: 'visit.end', reason: 'done', lasted_ms: 61000, ...visit });
    const metrics = await written('metrics.txt', '\ntillbridge_handle_seconds_sum{channel="till"} 61\n');
    assert.match(metrics, /^tillbridge_context_sequences_reused_total 1$/m);
    assert.match(metrics, /^tillbridge_visits_recognised_total\{channel="till"\} 1$/m);
    till.drop();
    await till.closed;
  });
});

describe('a terminal that asks for too many customers', () => {
  const hash = async (customer) => {
    const shown = JSON.parse(await store.tool('customer', 'show', customer.id, ...database()));
    return shown.rows.find((row) => row.type === 'credential' && !row.doc.also).id;
  };
  const marked = async () => (await list('terminal', 'list')).find((t) => t.device === 'till-0500-1');

  test('is refused, reported, and in the end shut out', async () => {
    await store.tool('policy', 'set', '--new-customers', '2', ...database());
    const till = await store.terminal(thief);
    await till.hello({ device: 'till-0500-1' });
    const known = new Set((await till.feed('cohort')).map((row) => row.customer));
    const strangers = store.customers.slice(5).filter((c) => !known.has(c.id));
    await refused(till.call('feed.open', { scope: `customer:${strangers[0].id}`, cursor: '' }), 'refused.denied');
    for (const customer of strangers.slice(0, 2)) {
      const answer = await till.call('identify', { kind: 'member', hash: await hash(customer) });
      assert.equal(answer.found, true);
      assert.deepEqual(await till.call('feed.open', { scope: `customer:${customer.id}`, cursor: '' }),
        { scope: `customer:${customer.id}` });
    }
    assert.equal((await marked()).limited_ms, undefined);
    for (const customer of strangers.slice(2, 6))
      await refused(till.call('identify', { kind: 'member', hash: await hash(customer) }), 'refused.customer_limit');
    await till.closed;
    const entry = await marked();
    assert.equal(entry.state, 'quarantined');
    assert.ok(entry.limited_ms > 0);
    const log = readFileSync(store.file('contextd.log'), 'utf8');
    assert.match(log, /warn gateway customer_limit device=\S+till-0500-1/);
    assert.match(log, /error gateway customer_quarantine device=\S+till-0500-1/);
    const counted = 'tillbridge_context_terminals_quarantined_total{reason="customers"} 1\n';
    const metrics = await written('metrics.txt', counted);
    assert.match(metrics, /^tillbridge_context_customers_refused_total 4$/m);
    const again = await store.terminal(thief);
    await assert.rejects(again.hello({ device: 'till-0500-1' }), (error) => error.code === -32003);
    await again.closed;
  });
});

describe('the cohort', () => {
  test('is summed for who reads it', async () => {
    const till = await store.terminal(till4);
    await till.hello({ device: 'till-0421-4', next_seq: 4 });
    await assert.rejects(till.call('feed.checksum', { scope: 'cohort' }), (error) => error.data.code === 'feed_closed');
    const rows = await till.feed('cohort');
    const { sums, cursor } = await till.call('feed.checksum', { scope: 'cohort' });
    assert.equal(Buffer.from(sums, 'base64url').length, 256 * 8);
    assert.notEqual(cursor, '');
    const sha = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();
    const mine = Buffer.alloc(256 * 8);
    for (const row of rows.filter((r) => ['customer', 'credential', 'cart', 'journey'].includes(r.type))) {
      const version = Buffer.alloc(8);
      version.writeBigUInt64BE(BigInt(row.version));
      const digest = sha(`${row.type}\0`, Buffer.from(row.id.slice(0, 32), 'hex'), version);
      const partition = sha(Buffer.from(row.customer, 'hex'))[0];
      for (let i = 0; i < 8; i++) mine[partition * 8 + i] ^= digest[i];
    }
    assert.equal(sums, mine.toString('base64url'));
    till.drop();
    await till.closed;
  });
});

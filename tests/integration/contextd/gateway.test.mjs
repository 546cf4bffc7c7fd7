// The real contextd on its two listeners: who may come in, who may not, and that nothing is lost or doubled.
//   node --test gateway.test.mjs, with CONTEXTD=<program>

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createHmac, createSign } from 'node:crypto';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { run } from '../../e2e/lib/program.mjs';
import { id, Store, urn } from './client.mjs';

let store;
let till4;
let rivera;

before(async () => {
  store = await Store.make(process.env.CONTEXTD);
  till4 = await store.certificate('till-0421-4', '--device', 'till-0421-4');
  rivera = store.customers[0].id;
  await store.start();
});

after(async () => {
  const how = await store.end();
  assert.deepEqual(how, { code: 0, signal: null }, 'contextd ends cleanly');
});

const refused = (promise, pattern) => assert.rejects(promise, (error) => {
  assert.match(`${error.code} ${error.message}`, pattern);
  return true;
});

const add = (seq, line = id(), cart = id()) => ({
  seq, kind: 'cart.add', customer: rivera, cart, line, gtin: store.products[0].gtin, quantity: 1,
});

const quantity = (row) => row.doc.lines.filter((l) => l.gtin === store.products[0].gtin)
  .reduce((sum, l) => sum + l.quantity, 0);

// The cart as the context store has it now; its version and quantity are what later steps compare with.
async function cartNow() {
  const shown = JSON.parse(await store.tool('customer', 'show', rivera, '--database', store.file('context.db')));
  const row = shown.rows.find((r) => r.type === 'cart');
  return { version: row?.version ?? 0, quantity: row ? quantity(row) : 0 };
}

describe('listeners', () => {
  test('are bound to loopback only', () => {
    for (const port of Object.values(store.ports)) {
      const hex = port.toString(16).toUpperCase().padStart(4, '0');
      const listening = (file) => readFileSync(file, 'utf8').split('\n').slice(1).map((l) => l.trim().split(/\s+/))
        .filter((f) => f[3] === '0A' && f[1]?.endsWith(`:${hex}`)).map((f) => f[1]);
      assert.deepEqual(listening('/proc/net/tcp'), [`0100007F:${hex}`]);
      assert.deepEqual(listening('/proc/net/tcp6'), []);
    }
  });

  test('speak nothing but the websocket protocol', async () => {
    await refused(store.web({ protocol: null }), /400/);
    await refused(store.web({ protocol: 'chat' }), /400/);
    const status = await new Promise((resolve, reject) =>
      https.get({ port: store.ports.web, host: '127.0.0.1', servername: 'localhost', ca: store.ca }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', reject));
    assert.equal(status, 404);
  });

  test('take no TLS below 1.2 and no weak cipher', async () => {
    await refused(store.terminal({ ...till4, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }), /protocol|version|UNSUPPORTED/i);
    await refused(store.terminal({ ...till4, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }), /handshake|HANDSHAKE/);
  });
});

describe('terminals', () => {
  // With TLS 1.2 the refusal comes within the handshake; with 1.3 it may come after it, as a reset.
  const versions = ['TLSv1.2', 'TLSv1.3'];

  test('come in with a certificate of ours', async () => {
    for (const version of versions) {
      const client = await store.terminal({ ...till4, minVersion: version, maxVersion: version });
      const welcome = await client.hello({ device: 'till-0421-4' });
      assert.equal(welcome.device.store, '0421');
      assert.equal(welcome.decided_seq, 0);
      client.drop();
      await client.closed;
    }
  });

  test('are refused without a certificate', async () => {
    for (const version of versions)
      await refused(store.terminal({ maxVersion: version }), /alert|handshake|reset/i);
  });

  test('are refused with a certificate of another CA', async () => {
    await store.tool('ca', 'init', '--dir', store.file('foreign'), '--chain', 'demo');
    await store.tool('ca', 'request', '--name', 'x', '--key', store.file('x.key'), '--csr', store.file('x.csr'));
    await store.tool('ca', 'issue', '--dir', store.file('foreign'), '--csr', store.file('x.csr'), '--out', store.file('x.crt'),
      '--device', 'till-0421-4');
    for (const version of versions)
      await refused(store.terminal({ ...store.identity('x'), maxVersion: version }), /alert|unknown ca|reset/i);
  });

  test('are refused with a certificate for servers', async () => {
    for (const version of versions)
      await refused(store.terminal({ ...store.identity('server'), maxVersion: version }), /alert|reset/i);
  });

  test('are refused with a certificate that has expired', async () => {
    const identity = await store.certificate('late', '--device', 'till-0421-5', '--days', '-1');
    for (const version of versions)
      await refused(store.terminal({ ...identity, maxVersion: version }), /alert|expired|reset/i);
  });

  test('are refused without a name of ours in the certificate', async () => {
    await store.tool('ca', 'request', '--name', 'nameless', '--key', store.file('n.key'), '--csr', store.file('n.csr'));
    const openssl = (extensions) => {
      writeFileSync(store.file('n.ext'), extensions);
      return run('openssl', ['x509', '-req', '-in', store.file('n.csr'), '-CA', store.file('ca/ca.crt'),
        '-CAkey', store.file('ca/ca.key'), '-days', '5', '-out', store.file('n.crt'), '-extfile', store.file('n.ext')]);
    };
    for (const names of ['DNS:till-0421-4', 'URI:urn:other:till-0421-4',
      `URI:${urn('till-0421-4')},URI:${urn('till-0421-5')}`]) {
      await openssl(`extendedKeyUsage=clientAuth\nsubjectAltName=${names}\n`);
      await refused(store.terminal(store.identity('n')), /403/);
    }
    await openssl('extendedKeyUsage=clientAuth\n');
    await refused(store.terminal(store.identity('n')), /403/);
  });

  test('are refused with an Origin, as only browsers send it', async () => {
    await refused(store.terminal({ ...till4, origin: 'https://shop.example' }), /403/);
  });

  test('are refused when they call themselves otherwise than their certificate', async () => {
    const client = await store.terminal(till4);
    await refused(client.hello({ device: 'till-0421-5' }), /-32001/);
    await client.closed;
  });

  test('are refused when nobody registered them, or somebody disabled them', async () => {
    const stranger = await store.terminal(await store.certificate('stranger', '--device', 'till-0421-99'));
    await refused(stranger.hello({ device: 'till-0421-99' }), /-32001/);

    const identity = await store.certificate('till-0421-6', '--device', 'till-0421-6');
    const client = await store.terminal(identity);
    await client.hello({ device: 'till-0421-6' });
    await client.feed('device');
    await store.tool('terminal', 'disable', 'till-0421-6', '--database', store.file('context.db'));
    await client.closed;
    const again = await store.terminal(identity);
    await refused(again.hello({ device: 'till-0421-6' }), /-32001/);
  });

  test('resume their TLS session, also after a restart, and are looked at all the same', async () => {
    const identity = await store.certificate('till-0422-1', '--device', 'till-0422-1');
    const options = { ...identity, maxVersion: 'TLSv1.2' };
    const first = await store.terminal(options);
    await first.hello({ device: 'till-0422-1' });
    const session = first.tls.getSession();
    assert.equal(first.tls.isSessionReused(), false);
    first.drop();
    await first.closed;
    await store.stop();
    await store.start();
    const second = await store.terminal({ ...options, session });
    assert.equal(second.tls.isSessionReused(), true);
    await second.hello({ device: 'till-0422-1' });
    second.drop();
    await second.closed;
    await store.tool('terminal', 'disable', 'till-0422-1', '--database', store.file('context.db'));
    const third = await store.terminal({ ...options, session });
    assert.equal(third.tls.isSessionReused(), true);
    await refused(third.hello({ device: 'till-0422-1' }), /-32001/);
  });

  test('cannot be spoken for with a session of the web listener', async () => {
    const web = await store.web({ maxVersion: 'TLSv1.2' });
    const session = web.tls.getSession();
    web.drop();
    await refused(store.terminal({ maxVersion: 'TLSv1.2', session }), /alert|handshake|reset/i);
  });

  test('that exist twice are both shut out', async () => {
    const identity = await store.certificate('till-0422-2', '--device', 'till-0422-2');
    const incarnation = id();
    const first = await store.terminal(identity);
    await first.hello({ device: 'till-0422-2', incarnation });
    const second = await store.terminal(identity);
    await second.hello({ device: 'till-0422-2', incarnation });
    await Promise.all([first.closed, second.closed]);
    const third = await store.terminal(identity);
    await refused(third.hello({ device: 'till-0422-2', incarnation }), /-32003/);
    await store.tool('terminal', 'enable', 'till-0422-2', '--database', store.file('context.db'));
    const fourth = await store.terminal(identity);
    await fourth.hello({ device: 'till-0422-2', incarnation });
    fourth.drop();
  });

  test('that lost their line take over from their dead connection', async () => {
    const identity = await store.certificate('till-0422-3', '--device', 'till-0422-3');
    const first = await store.terminal({ ...identity, autoPong: false });
    await first.hello({ device: 'till-0422-3' });
    const second = await store.terminal(identity);
    await second.hello({ device: 'till-0422-3' });
    await first.closed;
    await store.server.printed('device:till-0422-3 reason=superseded');
    assert.equal((await second.call('product.find', { gtin: store.products[0].gtin })).product.name, store.products[0].name);
    second.drop();
  });

  test('are not taken for a copy when the hello of an older connection comes late', async () => {
    const identity = await store.certificate('till-0421-3', '--device', 'till-0421-3');
    const incarnation = id();
    const late = await store.terminal(identity);
    const client = await store.terminal(identity);
    await client.hello({ device: 'till-0421-3', incarnation });
    await late.closed;
    await store.server.printed('reason=superseded');
    assert.equal((await client.mutate(add(1))).verdict, 'applied');
    client.drop();
  });

  test('that are silent are asked, and dropped when they do not answer', async () => {
    const asking = await Store.make(process.env.CONTEXTD, '', { customers: 2, carts: 0, idle_ping_s: 4 });
    await asking.start();
    const [first, second] = [await asking.certificate('till-0422-5', '--device', 'till-0422-5'), await asking.certificate('till-0422-6', '--device', 'till-0422-6')];
    const alive = await asking.terminal(first);
    await alive.hello({ device: 'till-0422-5' });
    const dead = await asking.terminal({ ...second, autoPong: false });
    await dead.hello({ device: 'till-0422-6' });
    await dead.closed;
    assert.equal(alive.socket.readyState, alive.socket.OPEN);
    alive.drop();
    assert.deepEqual(await asking.end(), { code: 0, signal: null });
  });

  test('whose numbers go back are shut out', async () => {
    const identity = await store.certificate('till-0422-4', '--device', 'till-0422-4');
    const incarnation = id();
    const first = await store.terminal(identity);
    await first.hello({ device: 'till-0422-4', incarnation });
    assert.equal((await first.mutate(add(1))).verdict, 'applied');
    assert.equal((await first.mutate(add(2))).verdict, 'applied');
    first.drop();
    await first.closed;
    const copy = await store.terminal(identity);
    await refused(copy.hello({ device: 'till-0422-4', incarnation, next_seq: 2 }), /-32003/);
  });
});

describe('web channels', () => {
  test('need an Origin of the list', async () => {
    const origins = [undefined, 'null', '', 'https://evil.example', 'http://shop.example', 'https://shop.example:443',
      'https://shop.example.evil.example', 'https://evil.example/https://shop.example', 'https://shop.example/',
      'https://Shop.example', 'https://app.example', 'https://app.example:8444', 'file://', 'https://xn--shp-hoa.example'];
    for (const origin of origins) await refused(store.web({ origin }), /403/);
    for (const origin of ['https://shop.example', 'https://app.example:8443']) (await store.web({ origin })).drop();
  });

  test('need a token that is ours, fresh and whole', async () => {
    await store.tool('token', 'key', '--key', store.file('other.key'), '--public', store.file('other.pub'));
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const claims = part({ aud: 'tillbridge', sub: rivera, iat: now, exp: now + 599 });
    const good = await store.token(rivera);
    const by_other = createSign('sha256').update(`${part({ alg: 'ES256' })}.${claims}`)
      .sign({ key: readFileSync(store.file('other.key')), dsaEncoding: 'ieee-p1363' }).toString('base64url');
    const by_hmac = createHmac('sha256', readFileSync(store.file('token.pub'))).update(`${part({ alg: 'HS256' })}.${claims}`)
      .digest('base64url');
    const tokens = {
      none: undefined,
      empty: '',
      'not a token': 'x.y.z',
      expired: await store.token(rivera, '--life-s', '-1'),
      'too long a life': await store.token(rivera, '--life-s', '86400'),
      'another audience': await store.token(rivera, '--audience', 'payroll'),
      'another key': `${part({ alg: 'ES256' })}.${claims}.${by_other}`,
      'no algorithm': `${part({ alg: 'none' })}.${claims}.`,
      'no algorithm, some signature': `${part({ alg: 'none' })}.${claims}.${good.split('.')[2]}`,
      'public key as secret': `${part({ alg: 'HS256' })}.${claims}.${by_hmac}`,
      'claims of another': `${good.split('.')[0]}.${claims}.${good.split('.')[2]}`,
      'nobody we know': await store.token(id()),
    };
    for (const [what, token] of Object.entries(tokens)) {
      const client = await store.web();
      const answer = await client.hello({ channel: 'web', token }).catch((error) => error);
      assert.equal(answer.code, -32001, what);
      await client.closed;
    }
    const client = await store.web();
    await client.hello({ channel: 'web', token: good });
    client.drop();
  });

  test('see their own customer and nobody else', async () => {
    const client = await store.web();
    await client.hello({ channel: 'web', token: await store.token(rivera) });
    const rows = await client.feed(`customer:${rivera}`);
    assert.equal(rows[0].doc.name, 'Ms Rivera');
    for (const scope of [`customer:${store.customers[1].id}`, 'cohort', 'catalogue', 'device'])
      await refused(client.call('feed.open', { scope, cursor: '' }), /-320/);
    await refused(client.call('identify', { kind: 'member', hash: '00'.repeat(32) }), /-32001/);
    client.notify('mutate', { mutations: [{ made_ms: 1, ...add(1), customer: store.customers[1].id }] });
    assert.equal((await client.closed).reason, 'denied_customer');
  });

  test('that say nothing are closed after two seconds', async () => {
    const began = Date.now();
    const client = await store.web();
    const { reason } = await client.closed;
    assert.equal(reason, 'hello_timeout');
    assert.ok(Date.now() - began >= 1900);
  });

  test('of one customer are eight at most, and the oldest gives way', async () => {
    const customer = store.customers[7].id;
    const token = await store.token(customer);
    const clients = [];
    for (let n = 0; n < 9; n++) {
      const client = await store.web();
      await client.hello({ channel: 'web', token });
      clients.push(client);
    }
    await clients.shift().closed;
    for (const client of clients) {
      const found = await client.call('product.find', { gtin: store.products[0].gtin });
      assert.equal(found.product.gtin, store.products[0].gtin);
      client.drop();
    }
  });

  test('that ask more than they take at once are read on when they have taken it', async () => {
    const client = await store.web();
    await client.hello({ channel: 'web', token: await store.token(rivera) });
    const asked = Array.from({ length: 5000 }, () => client.call('no.such.method', {}).catch((error) => error.code));
    assert.deepEqual([...new Set(await Promise.all(asked))], [-32601]);
    client.drop();
  });

  test('that speak nonsense are told so and closed', async () => {
    const nonsense = ['', '{', '[]', '{"jsonrpc":"2.0"}', '{"jsonrpc":"2.0","id":1,"method":"feed.open","params":{}}',
      '{"jsonrpc":"2.0","id":1,"id":2,"method":"hello","params":{}}', `${'['.repeat(100)}${']'.repeat(100)}`,
      '{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":99}}'];
    for (const text of nonsense) {
      const client = await store.web();
      client.raw(text);
      await client.closed;
    }
    const binary = await store.web();
    binary.raw(Buffer.from([1, 2, 3]));
    assert.equal((await binary.closed).code, 1003);
    const long = await store.web();
    long.raw(`"${'x'.repeat(64 * 1024)}"`);
    assert.equal((await long.closed).code, 1009);
  });
});

describe('changes', () => {
  test('made on the web are pushed to the till, and the other way round', async () => {
    const scope = `customer:${rivera}`;
    const till = await store.terminal(till4);
    const web = await store.web();
    await till.hello({ device: 'till-0421-4' });
    await web.hello({ channel: 'web', token: await store.token(rivera) });
    await till.feed(scope);
    await web.feed(scope);

    const seen = till.changed(scope, 'the cart at the till', (r) => r.type === 'cart' && r.doc.touched_channel === 'web');
    const verdict = await web.mutate(add(1));
    assert.equal(verdict.verdict, 'applied');
    const row = await seen;
    assert.equal(row.version, verdict.version);
    assert.equal(row.doc.lines[0].stock, 'in_stock', "the till's store has it");
    assert.equal(verdict.rows[0].doc.lines[0].stock, undefined, 'the web has no store');

    const back = web.changed(scope, 'the cart on the web', (r) => r.type === 'cart' && r.doc.touched_channel === 'till');
    await till.mutate(add(1));
    assert.equal((await back).doc.touched_by, 'Till 4');
    till.drop();
    web.drop();
    await till.closed;
  });

  test('made on the web reach the till also when whoever made them has left at once', async () => {
    const scope = `customer:${rivera}`;
    const till = await store.terminal(till4);
    await till.hello({ device: 'till-0421-4' });
    await till.feed(scope);
    for (let round = 0; round < 20; round++) {
      const web = await store.web();
      await web.hello({ channel: 'web', token: await store.token(rivera) });
      const seen = till.changed(scope, 'the cart at the till', (r) => r.type === 'cart' && r.doc.touched_channel === 'web');
      web.notify('mutate', { mutations: [{ made_ms: Date.now(), ...add(1) }] });
      web.socket.close();
      await seen;
    }
    till.drop();
    await till.closed;
  });

  test('of a cohort reach its other tills also when whoever identified has left at once', async () => {
    const first = await store.certificate('till-0500-1', '--device', 'till-0500-1');
    const second = await store.certificate('till-0500-2', '--device', 'till-0500-2');
    const till = await store.terminal(first);
    await till.hello({ device: 'till-0500-1' });
    const known = new Set((await till.feed('cohort')).map((row) => row.customer));
    const strangers = store.customers.filter((c) => !known.has(c.id)).slice(0, 10);
    assert.ok(strangers.length > 3);
    for (const customer of strangers) {
      const shown = JSON.parse(await store.tool('customer', 'show', customer.id, '--database', store.file('context.db')));
      const hash = shown.rows.find((row) => row.type === 'credential' && !row.doc.also).id;
      const other = await store.terminal(second);
      await other.hello({ device: 'till-0500-2' });
      const seen = till.changed('cohort', 'the customer who entered', (r) => r.type === 'customer' && r.id === customer.id);
      void other.call('identify', { kind: 'member', hash });
      other.socket.close();
      await seen;
    }
    till.drop();
    await till.closed;
  });

  test('are made once, however often the line breaks', async () => {
    const incarnation = id();
    const rounds = 12;
    const stored = Array.from({ length: rounds + 2 }, (_, seq) => add(seq));
    const { quantity: before } = await cartNow();
    let next = 1;
    for (let round = 0; round < rounds; round++) {
      const client = await store.terminal(till4);
      const { decided_seq } = await client.hello({ device: 'till-0421-4', incarnation, next_seq: next + 1 });
      assert.ok(decided_seq <= next);
      for (let seq = decided_seq + 1; seq <= next; seq++) client.notify('mutate', { mutations: [{ made_ms: 1, ...stored[seq] }] });
      // Every other time the line breaks before the verdict is heard.
      if (round % 2 === 0) await client.verdict(next);
      client.drop();
      await client.closed;
      next++;
    }
    const last = await store.terminal(till4);
    const { decided_seq } = await last.hello({ device: 'till-0421-4', incarnation, next_seq: next });
    for (let seq = decided_seq + 1; seq < next; seq++) await last.mutate(stored[seq]);
    const again = await last.mutate(stored[next - 1]);
    assert.equal(again.verdict, 'duplicate');
    assert.equal(quantity(again.rows[0]), before + rounds);
    last.drop();
    await last.closed;
  });

  test('are made once, however often contextd is killed', async () => {
    const incarnation = id();
    const rounds = 10;
    const stored = Array.from({ length: rounds + 1 }, (_, seq) => add(seq));
    const { quantity: before } = await cartNow();
    let heard = 0;
    for (let seq = 1; seq <= rounds; seq++) {
      for (let decided = seq - 1; decided < seq;) {
        const client = await store.terminal(till4);
        ({ decided_seq: decided } = await client.hello({ device: 'till-0421-4', incarnation, next_seq: seq + 1 }));
        assert.ok(decided === seq || decided === seq - 1, 'nothing is decided twice or forgotten');
        assert.ok(decided >= heard, 'a verdict that was heard stays');
        if (decided < seq) {
          client.notify('mutate', { mutations: [{ made_ms: 1, ...stored[seq] }] });
          // Killed with the mutation on its way, decided, or its verdict on its way back.
          if (seq % 3 === 0) heard = (await client.verdict(seq)).seq;
          else if (seq % 3 === 1) await new Promise((turn) => setImmediate(turn));
          await store.stop('SIGKILL');
          await store.start();
        }
        client.drop();
      }
    }
    const last = await store.terminal(till4);
    await last.hello({ device: 'till-0421-4', incarnation, next_seq: rounds + 1 });
    const again = await last.mutate(stored[rounds]);
    assert.equal(again.verdict, 'duplicate');
    assert.equal(quantity(again.rows[0]), before + rounds);
    last.drop();
    await last.closed;
  });

  test('of the whole cohort come in bounded messages', async () => {
    const client = await store.terminal(till4);
    await client.hello({ device: 'till-0421-4' });
    const rows = await client.feed('cohort');
    assert.equal(rows.filter((r) => r.type === 'customer').length, 40);
    assert.equal(new Set(rows.map((r) => `${r.type} ${r.id}`)).size, rows.length);
    const products = await client.feed('catalogue');
    assert.equal(products.length, 50);
    const found = await client.call('identify', { kind: 'member', hash: rows.find((r) => r.type === 'credential').id });
    assert.equal(found.found, true);
    client.drop();
  });
});

describe('when there is no room left', () => {
  let small;
  const sockets = [];

  before(async () => {
    small = await Store.make(process.env.CONTEXTD, 'connections = 8');
    await small.start(['prlimit', '--nofile=64:4096']);
  });

  after(async () => {
    for (const socket of sockets) socket.destroy();
    assert.deepEqual(await small.end(), { code: 0, signal: null });
  });

  // Sockets that connect and say nothing; resolves when they are connected or turned away.
  const silent = (port, count) => Promise.all(Array.from({ length: count }, () => new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1').on('connect', resolve).on('error', resolve);
    sockets.push(socket);
  })));

  // As a client does it: it comes again until it is let in.
  async function letIn(open) {
    for (const end = Date.now() + 20_000;;) {
      try {
        return await open();
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }

  test('as many descriptors may be open as there may be connections', () => {
    const [, limit] = /Max open files\s+(\d+)/.exec(readFileSync(`/proc/${small.server.child.pid}/limits`, 'utf8'));
    assert.ok(Number(limit) > 64, limit);
  });

  test('the web leaves terminals their places', async () => {
    const identity = await small.certificate('till-0421-4', '--device', 'till-0421-4');
    await silent(small.ports.web, 40);
    const client = await small.terminal(identity);
    assert.equal((await client.hello({ device: 'till-0421-4' })).device.store, '0421');
    client.drop();
  });

  // Asks for a page, is told that there is none, and does not leave; rejects when it was not let in.
  const stay = () => new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: small.ports.web, ca: small.ca, servername: 'localhost', allowHalfOpen: true });
    sockets.push(socket);
    socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    socket.on('data', (text) => resolve(text.toString()));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('not let in')));
  });

  test('who was refused and stays gives way, and takes no place of terminals', async () => {
    for (let i = 0; i < 12; i++) assert.match(await letIn(stay), /^HTTP\/1.1 404 /);
    const client = await small.terminal(small.identity('till-0421-4'));
    assert.equal((await client.hello({ device: 'till-0421-4' })).device.store, '0421');
    client.drop();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  test('a socket that says nothing gives way to one that does', async () => {
    await silent(small.ports.terminals, 40);
    const began = Date.now();
    for (const open of [() => small.terminal(small.identity('till-0421-4')), () => small.web()]) {
      const client = await letIn(open);
      client.drop();
    }
    assert.ok(Date.now() - began < 8_000, 'before the silent ones are given up');
  });
});

describe('the command line', () => {
  const fails = (args, status, pattern) => refused(store.tool(...args), new RegExp(`exit ${status}\\n[^]*${pattern}`));

  test('says what it does not understand', async () => {
    await fails([], 2, 'usage:');
    await fails(['dance'], 2, 'usage:');
    await fails(['seed', '--database', store.file('x.db'), '--colour'], 2, '--colour is not understood');
    await fails(['seed', '--database', store.file('x.db'), '--customers', '1x'], 2, 'whole number from 1');
    await fails(['seed', '--database'], 2, '--database needs a value');
    await fails(['customer', 'list'], 2, '--config is missing');
    await fails(['ca', 'issue', '--dir', 'x'], 2, '--csr is missing');
  });

  test('says what failed, and leaves alone what is there', async () => {
    const database = store.file('context.db');
    await fails(['customer', 'list', '--database', store.file('none.db')], 1, 'none.db: there is no such file.*refused.not_found');
    await fails(['seed', '--database', database], 1, 'it was left as it is');
    await fails(['customer', 'show', '9999999999', '--database', database], 1, 'refused.not_found');
    await fails(['terminal', 'disable', 'till-1', '--database', database], 1, 'refused.not_found');
    await fails(['ca', 'init', '--dir', store.file('ca'), '--chain', 'demo'], 1, 'refused.conflict');
    await fails(['ca', 'init', '--dir', store.file('ca2'), '--chain', 'De mo'], 1, 'input.syntax');
  });

  test('names file, line and key of a broken configuration', async () => {
    const config = store.file('broken.conf');
    const whole = readFileSync(store.file('contextd.conf'), 'utf8');
    for (const [from, to, words] of [
      ['idle_ping_s = 20', 'idle_ping_s = 0', 'broken.conf:5: contextd.idle_ping_s: must be'],
      ['idle_ping_s = 20', 'idle_ping = 2', 'broken.conf:5: contextd.idle_ping: there is no such key'],
      ['origin = https://app', 'origin = http://app', 'web.origin: "http://app.example:8443" is no origin'],
      ['[web]', '[webb]', 'there is no section'],
    ]) {
      writeFileSync(config, whole.replace(from, to));
      await fails(['serve', '--config', config], 2, words.replaceAll('[', '\\['));
    }
    writeFileSync(config, whole.replace('server.key', 'none.key'));
    await fails(['serve', '--config', config], 1, 'listen_failed .*none.key');
    writeFileSync(config, whole.replace('context.db', 'empty.db'));
    await fails(['serve', '--config', config], 1, 'empty.db');
  });
});

describe('the log', () => {
  test('says in words why somebody was refused, and nothing of customers', () => {
    const log = readFileSync(store.file('contextd.log'), 'utf8');
    for (const words of ['certificate_refused reason="certificate has expired"', 'status=403 reason=origin_refused', 'device_cloned'])
      assert.ok(log.includes(words), words);
    for (const customer of store.customers) {
      assert.ok(!log.includes(customer.name));
      assert.ok(!log.includes(customer.member));
      assert.ok(!log.includes(customer.id));
    }
  });
});

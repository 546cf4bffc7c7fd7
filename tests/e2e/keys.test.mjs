// Keys of the chain: from the operator's files to a running till, and away again, without a restart.

import assert from 'node:assert/strict';
import { createECDH, createPublicKey, randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Till } from './lib/till.mjs';

const till = Till.make();
let page;
let secret;

const keys = async () => {
  const console = await till.console();
  const { keys: list } = await console.request('keys', {});
  console.close();
  return list;
};

const database = () => ['--database', till.path('store', 'context.db')];
const contextd = (...args) => till.contextctl(...args, ...database());

// The till says so as soon as its feed has brought it.
const until = async (what, holds) => {
  for (let i = 0; ; i++) {
    const list = await keys();
    if (holds(list)) return list;
    await till.till.lines.next(what, (l) => / keys changed /.test(l));
  }
};

before(async () => {
  await till.start();
  page = await till.workingPage();
  const ec = createECDH('prime256v1');
  ec.generateKeys();
  const point = ec.getPublicKey();
  const pem = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') } })
    .export({ type: 'spki', format: 'pem' });
  writeFileSync(till.path('token.pem'), pem);
  secret = randomBytes(16);
  writeFileSync(till.path('sun.hex'), `${secret.toString('hex')}\n`, { mode: 0o600 });
});

after(() => till.end());

test('a public key and one for this till arrive, one for nobody does not', async () => {
  assert.deepEqual(await keys(), []);
  await contextd('keys', 'add', '--use', 'token', '--id', 'chain-1', '--key', till.path('token.pem'));
  await contextd('keys', 'add', '--use', 'sun_file', '--id', 'gold', '--key', till.path('sun.hex'), '--to', 'all', '--diversified');
  await contextd('keys', 'add', '--use', 'sun_meta', '--id', 'gold', '--key', till.path('sun.hex'));
  const list = await until('two keys', (l) => l.length === 2);
  assert.deepEqual(list.map((k) => [k.use, k.id, k.version, k.secret, k.state]).sort(), [
    ['sun_file', 'gold', 1, true, 'valid'], ['token', 'chain-1', 1, false, 'valid']]);
});

test('a key file that others may read is not taken', async () => {
  chmodSync(till.path('sun.hex'), 0o644);
  await assert.rejects(contextd('keys', 'add', '--use', 'totp', '--id', 'R', '--key', till.path('sun.hex')));
  chmodSync(till.path('sun.hex'), 0o600);
});

test('a newer version joins the older one, which is then retired', async () => {
  await contextd('keys', 'add', '--use', 'sun_file', '--id', 'gold', '--version', '2', '--key', till.path('sun.hex'), '--to', 'all');
  await until('three keys', (l) => l.length === 3);
  await contextd('keys', 'retire', '--use', 'sun_file', '--id', 'gold', '--version', '1');
  const list = await until('the older one gone', (l) => l.length === 2);
  assert.deepEqual(list.filter((k) => k.use === 'sun_file').map((k) => k.version), [2]);
});

test('they are still there after a restart, and neither file nor log has one in clear', async () => {
  await till.till.stop();
  await till.startTill();
  page = await till.workingPage();
  assert.equal((await keys()).length, 2);
  for (const name of readdirSync(till.path('till', 'state')))
    assert.equal(readFileSync(till.stateFile(name)).includes(secret), false, name);
  for (const { name, text } of till.logs())
    assert.equal(text.includes(secret.toString('hex')) || text.includes(secret.toString('base64url')), false, name);
  const text = await till.cli('keys');
  assert.match(text, /sun_file +gold +2 +secret +valid +added/);
  assert.equal(text.includes(secret.toString('hex')), false);
});

test('an application whose key nobody gets is known all the same', async () => {
  const before = (await keys()).length;
  await contextd('keys', 'add', '--use', 'desfire', '--id', 'cards', '--application', '3042f5', '--diversified',
    '--system', Buffer.from('NXP Abu').toString('hex'), '--no-key', '--to', 'all');
  const list = await until('the application', (l) => l.length === before + 1);
  assert.deepEqual(list.filter((k) => k.use === 'desfire').map((k) => [k.id, k.state]), [['cards', 'valid']]);
  await assert.rejects(contextd('keys', 'add', '--use', 'sun_file', '--id', 'gold', '--no-key', '--to', 'all'));
  await assert.rejects(contextd('keys', 'add', '--use', 'desfire', '--id', 'more', '--application', '3042f5', '--diversified',
    '--system', '00'.repeat(22), '--no-key', '--to', 'all'));
});

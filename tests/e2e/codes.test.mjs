// Signed codes and a wallet reader's lines, through the scanner to their outcome on a running till.

import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Till } from './lib/till.mjs';

const till = Till.make();
const chain = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let page;

const es256 = (text, { privateKey }) => sign('sha256', text, { key: privateKey, dsaEncoding: 'ieee-p1363' });
const now = () => Math.floor(Date.now() / 1000);
const life = (seconds = 60) => ({ aud: 'till', iat: now(), exp: now() + seconds });

const jws = (claims, { key = chain, kid = 'chain-1' } = {}) => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'ES256', kid, typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${es256(Buffer.from(text), key).toString('base64url')}`;
};

// CBOR as far as a token needs it, RFC 8949.
const head = (major, value) => {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 256) return Buffer.from([(major << 5) | 24, value]);
  const bytes = Buffer.alloc(5);
  bytes[0] = (major << 5) | 26;
  bytes.writeUInt32BE(value, 1);
  return bytes;
};
const item = (value) => {
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  return value < 0 ? head(1, -1 - value) : head(0, value);
};
const map = (pairs) => Buffer.concat([head(5, pairs.length), ...pairs.flat().map(item)]);

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const base45 = (bytes) => {
  let text = '';
  for (let i = 0; i < bytes.length; i += 2) {
    const pair = i + 1 < bytes.length;
    const value = pair ? bytes[i] * 256 + bytes[i + 1] : bytes[i];
    text += digits[value % 45] + digits[Math.floor(value / 45) % 45] + (pair ? digits[Math.floor(value / 2025)] : '');
  }
  return text;
};

const cwt = (claims, { key = chain, kid = 'chain-1' } = {}) => {
  const header = map([[1, -7], [4, Buffer.from(kid)]]);
  const payload = map(claims);
  const signature = es256(Buffer.concat([head(4, 4), ...['Signature1', header, Buffer.alloc(0), payload].map(item)]), key);
  return `TB1:${base45(Buffer.concat([head(6, 18), head(4, 4), item(header), map([]), item(payload), item(signature)]))}`;
};

const scanned = (code, outcome) => till.scanned(page, code, outcome);
const policyCame = () => till.till.lines.next('the policy', (line) => / policy changed/.test(line)); // each time once

before(async () => {
  await till.start();
  page = await till.workingPage();
  await policyCame(); // the first; what waits for keys uses it up only where it was there by then
  writeFileSync(till.path('chain.pem'), chain.publicKey.export({ type: 'spki', format: 'pem' }));
  await till.contextctl('keys', 'add', '--use', 'token', '--id', 'chain-1', '--key', till.path('chain.pem'),
    '--database', till.path('store', 'context.db'));
  await till.keyArrives('token', 'chain-1');
});

after(() => till.end());

test('a token that the chain signed is its customer, once', async () => {
  const [customer] = till.customers;
  const code = jws({ ...life(3600), member: customer.member, jti: 'n4bQ' });
  await scanned(code, 'recognised');
  await page.sees(customer.name, (s) => s.visit && s.view.customer.name === customer.name);
  assert.equal(page.shown.visit.assurance, 'medium');
  await page.clear();
  assert.equal((await scanned(code, 'replayed')).code, 'proof.replayed');
});

test('the short form is the same to the till, and an id is good once in both', async () => {
  const customer = till.customers[1];
  const times = life(3600);
  const claims = [['member', customer.member], [3, 'till'], [4, times.exp], [6, times.iat]];
  await scanned(cwt([...claims, [7, Buffer.from('b2')]]), 'recognised');
  await page.sees(customer.name, (s) => s.visit && s.view.customer.name === customer.name);
  assert.equal(page.shown.visit.assurance, 'medium');
  await page.clear();
  const again = jws({ ...times, member: customer.member, jti: 'b2' });
  assert.equal((await scanned(again, 'replayed')).code, 'proof.replayed');
});

test('tokens are refused for what is wrong with them', async () => {
  const { member } = till.customers[0];
  const cases = [
    [jws({ ...life(), member }, { key: other }), 'wrong_key', 'proof.wrong'],
    [jws({ ...life(), member, aud: 'shop' }), 'wrong_key', 'proof.audience'],
    [jws({ ...life(), member, exp: now() - 1 }), 'expired', 'proof.expired'],
    [jws({ ...life(600), member }), 'expired', 'proof.early'],
    [jws({ ...life(), cnf: {}, member }), 'wrong_key', 'proof.unsupported'],
    [`T:${jws({ ...life(), member }, { kid: 'chain-2' })}`, 'wrong_key', 'proof.no_key'],
    ['TB1:BB8', 'unreadable', 'proof.malformed'],
  ];
  for (const [code, outcome, reason] of cases)
    assert.equal((await scanned(code, outcome)).code, reason, reason);
});

test('what is not ours is passed on', async () => {
  const { member } = till.customers[0];
  await scanned(jws({ ...life(), member }, { key: other, kid: 'somebody' }), 'not_a_code');
  await scanned('4006381333931', 'product');
});

test('a wallet reader is believed once the policy names it', async () => {
  const code = 'AV:6d1UlFpnOc50iVKRaboDOK';
  await scanned(code, 'not_a_code');
  const rules = [{ carrier: 'wallet_reader', prefix: 'AV:', kind: 'vas' }];
  writeFileSync(till.path('credentials.json'), JSON.stringify({ rules }));
  await till.contextctl('policy', 'set', '--credentials', till.path('credentials.json'),
    '--database', till.path('store', 'context.db'));
  await policyCame();
  assert.equal((await scanned(code, 'unknown')).code, 'lookup.not_found');
});

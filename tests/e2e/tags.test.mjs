// NTAG 424 DNA at a running till: a message counts once, on whatever card it comes, and is still used up after the power
// was cut. Then what becomes of cards whose keys are with the context store.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Till, memberUri } from './lib/till.mjs';

// The simulator's tag, whose file key is derived by AN10922 from the master key and this UID; a recorded message of
// another tag under keys of zeros (AN12196).
const UID = '04782e21801d80';
const META_KEY = '0a0b0c0d0e0f00010203040506070809';
const MASTER_KEY = '00112233445566778899aabbccddeeff';
const TAG_KEY = '4fd3364753b8142980e8203c75ad83be';
const FAR_KEY = 'f0e0d0c0b0a090807060504030201000'; // at the context store only
const RECORDED = 'https://tap.example/c?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086';
const RECORDED_UID = '04de5f1eacc040';

const till = Till.make();
let page;
let rivera;
let okafor;
let lindqvist;
let fourth;

const contextd = (...args) => till.contextctl(...args, '--database', till.path('store', 'context.db'));

async function keyAdd(use, id, bytes, to, ...more) {
  const path = till.path('card.key');
  writeFileSync(path, bytes, { mode: 0o600 });
  await contextd('keys', 'add', '--use', use, '--id', id, '--key', path, '--to', to, ...more);
  if (to === 'all') await till.keyArrives(use, id);
}

async function served(name, customer) {
  await till.tap(name);
  return till.cardServes(page, customer);
}

const refused = (name, outcome, code) => till.cardRefused(page, name, outcome, code);

before(async () => {
  await till.start();
  [rivera, okafor, lindqvist, fourth] = till.customers;
  await contextd('credential', 'add', '--customer', rivera.id, '--kind', 'tag', '--hex', UID);
  await contextd('credential', 'add', '--customer', okafor.id, '--kind', 'tag', '--hex', RECORDED_UID);
  await till.card('tag', `ntag424 sun=https://tap.example/c?e={picc}&c={mac} uid=${UID} metakey=${META_KEY} filekey=${TAG_KEY}`);
  await till.card('forged', `ntag424 sun=https://tap.example/c?e={picc}&c={mac} uid=04782e21801d81 metakey=${META_KEY} filekey=${MASTER_KEY}`);
  await till.card('lrp', `ntag424 sun=https://tap.example/c?e={lrp}&c={mac} uid=04782e21801d82`);
  await till.card('copy', `type4 uid=04010101010102 uri=${RECORDED}`);
  await till.card('again', `ntag213 uid=04010101010103 uri=${RECORDED}`);
  await contextd('credential', 'add', '--customer', fourth.id, '--kind', 'tag', '--hex', '04782e21801d83');
  const far = `uid=04782e21801d83 metakey=${FAR_KEY} filekey=${FAR_KEY}`;
  await till.card('far', `ntag424 sun=https://tap.example/c?e={picc}&c={mac} ${far}`);
  await till.card('false', `ntag424 sun=https://tap.example/c?e={picc}&c=0123456789ABCDEF uid=04782e21801d84 metakey=${FAR_KEY}`);
  await till.card('plain', `type4 uid=04010101010104 uri=${memberUri(lindqvist)}`);
  page = await till.workingPage();
  await keyAdd('sun_meta', 'gold', META_KEY, 'all');
  await keyAdd('sun_file', 'gold', MASTER_KEY, 'all', '--diversified');
  await keyAdd('sun_meta', 'old', '0'.repeat(32), 'all');
  await keyAdd('sun_file', 'old', '0'.repeat(32), 'all');
  await keyAdd('sun_meta', 'far', FAR_KEY, 'none');
  await keyAdd('sun_file', 'far', FAR_KEY, 'none');
  await keyAdd('desfire', 'vault', MASTER_KEY, 'none', '--application', '010203');
});

after(() => till.end());

test('a tag that counts is its customer at every tap', async () => {
  assert.equal((await served('tag', rivera)).assurance, 'medium');
  assert.equal((await served('plain', lindqvist)).assurance, 'low');
  assert.equal((await served('tag', rivera)).assurance, 'medium');
});

test('a message that was told before is refused, whatever card tells it', async () => {
  await served('copy', okafor);
  await served('plain', lindqvist);
  await refused('again', 'replayed', 'proof.replayed');
});

test('and is after the power was cut', async () => {
  await till.till.stop('SIGKILL');
  await till.startTill();
  page = await till.workingPage();
  await page.sees('a line', (s) => s.state.line.state === 'live');
  await refused('copy', 'replayed', 'proof.replayed');
  await served('tag', rivera);
});

test('another key, LRP and a printed copy are refused', async () => {
  await refused('forged', 'wrong_key', 'proof.wrong');
  await refused('lrp', 'unknown', 'proof.unsupported');
  await till.scan(RECORDED);
  assert.equal((await page.outcome('not_a_code')).code, 'policy.kind');
});

test('a tag whose key is with the context store is verified there', async () => {
  assert.equal((await served('far', fourth)).assurance, 'medium');
  await refused('false', 'wrong_key', 'proof.wrong');
});

test('a DESFire card whose key is with the context store is seen, and no more', async () => {
  await contextd('credential', 'add', '--customer', lindqvist.id, '--kind', 'desfire', '--hex', '04782e21801d85');
  await till.card('seen', 'desfire aid=3042f5 uid=04782e21801d85 key=0123456789abcdef0123456789abcdef');
  await till.card('hidden', 'desfire aid=3042f5 uid=random hidden=04782e21801d85 key=0123456789abcdef0123456789abcdef');
  await contextd('keys', 'add', '--use', 'desfire', '--id', 'cards', '--application', '3042f5', '--no-key', '--to', 'all');
  await till.keyArrives('desfire', 'cards');
  await refused('lrp', 'unknown', 'proof.unsupported'); // the reader may be in the middle of a look when it is told to wait
  assert.equal((await served('seen', lindqvist)).assurance, 'low');
  await refused('hidden', 'unknown', 'proof.no_key');
});

test('and is spoken with by the context store when that has the key', async () => {
  await contextd('keys', 'add', '--use', 'desfire', '--id', 'known', '--application', '010203', '--no-key', '--to', 'all');
  await till.keyArrives('desfire', 'known');
  const own = `aid=010203 key=${MASTER_KEY}`;
  await till.card('own', `desfire uid=04782e21801d86 ${own}`);
  await till.card('hides', `desfire uid=random hidden=04782e21801d86 ${own}`);
  await till.card('ev1', `desfire ev1 uid=04782e21801d87 ${own}`);
  await till.card('cloned', 'desfire uid=04782e21801d86 aid=010203 key=0123456789abcdef0123456789abcdef');
  for (const [customer, uid] of [[rivera, '04782e21801d86'], [okafor, '04782e21801d87']])
    await contextd('credential', 'add', '--customer', customer.id, '--kind', 'desfire', '--hex', uid);
  assert.equal((await served('own', rivera)).assurance, 'high');
  assert.equal((await served('ev1', okafor)).assurance, 'high');
  assert.equal((await served('hides', rivera)).assurance, 'high');
  await refused('cloned', 'wrong_key', 'proof.wrong');
});

test('a tag that cannot be asked about is nobody', async () => {
  await served('plain', lindqvist);
  await till.store.stop('SIGKILL');
  await page.sees('no line', (s) => s.state.line.state !== 'live');
  await refused('far', 'unknown', 'lookup.offline');
  assert.equal((await served('ev1', okafor)).assurance, 'low');
});

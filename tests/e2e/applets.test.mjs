// Cards and phones that the till speaks with before it reads them: the chain's app, its DESFire cards, wallets, and what
// comes of those that are refused, slip away or are not alone. The keys arrive while the till runs.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Issuer } from './lib/pass.mjs';
import { Till, memberUri } from './lib/till.mjs';

const DESFIRE_KEY = '00112233445566778899aabbccddeeff';
const COLLECTOR_KEY = '826d17e50767b165b0e4d9e332f8d1d1e20224284fb4daf1e50a03246e70797d'; // Google's published demo

const till = Till.make();
const chain = new Issuer('chain-1');
let page;
let rivera;
let okafor;
let lindqvist;
let fourth;

const contextd = (...args) => till.contextctl(...args, '--database', till.path('store', 'context.db'));

async function keyAdd(use, id, bytes, ...more) {
  const path = till.path(`${use}.key`);
  writeFileSync(path, bytes, { mode: 0o600 });
  await contextd('keys', 'add', '--use', use, '--id', id, '--key', path, ...more);
  await till.keyArrives(use, id);
}

const credentialAdd = (customer, kind, ...value) => contextd('credential', 'add', '--customer', customer.id, '--kind', kind, ...value);

const served = (customer) => till.cardServes(page, customer);
const refused = (name, outcome, code) => till.cardRefused(page, name, outcome, code);

before(async () => {
  await till.start();
  [rivera, okafor, lindqvist, fourth] = till.customers;
  await credentialAdd(rivera, 'pass', '--value', 'pass-1');
  await credentialAdd(okafor, 'desfire', '--hex', '04782e21801d80');
  await credentialAdd(fourth, 'smart_tap', '--value', 'LOYAL-4');
  // Phones have random UIDs, and one that comes in another's place between two looks counts as that one; so does any card
  // that comes back by then. Here each has its own, and no card comes twice in a row.
  await till.card('early', `${chain.phone('pass-1')} uid=04a00000000007`);
  await till.card('app', `${chain.phone('pass-1')} uid=04a00000000001`);
  await till.card('old', `${chain.phone('pass-1', { expired: true })} uid=04a00000000002`);
  await till.card('alien', `${new Issuer('chain-1').phone('pass-1')} uid=04a00000000003`);
  await till.card('locked', `${chain.phone('pass-1')} refuses=6982 uid=04a00000000004`);
  await till.card('slips', `${chain.phone('pass-1')} torn=3 uid=04a00000000005`);
  await till.card('desfire', `desfire uid=04782e21801d80 aid=3042f5 key=${DESFIRE_KEY}`);
  await till.card('forged', 'desfire uid=04782e21801d80 aid=3042f5 key=0123456789abcdef0123456789abcdef');
  await till.card('wallet', 'smart_tap number=LOYAL-4 uid=04a00000000006');
  await till.card('plain', `type4 uid=04010101010102 uri=${memberUri(lindqvist)}`);
  await till.card('bank', 'payment');
  page = await till.workingPage();
});

after(() => till.end());

test('what a customer carries is added once, and to nobody else', async () => {
  await credentialAdd(rivera, 'pass', '--value', 'pass-1');
  await assert.rejects(credentialAdd(okafor, 'pass', '--value', 'pass-1'), /conflict/);
  await assert.rejects(credentialAdd(okafor, 'passport', '--value', 'pass-1'), /--kind member/);
  await assert.rejects(credentialAdd(okafor, 'desfire', '--hex', '04782'), /--kind member/);
});

test('without keys a card is read as ever, and an app is a phone like any other', async () => {
  await till.tap('plain');
  await served(lindqvist);
  await refused('early', 'unknown', 'tag.empty');
});

test('keys that arrive are used at once: the app, the card, the wallet', async () => {
  await keyAdd('token', 'chain-1', chain.pem);
  await till.tap('app');
  await served(rivera);
  await keyAdd('desfire', 'cards', DESFIRE_KEY, '--to', 'all', '--application', '3042f5');
  await till.tap('desfire');
  await served(okafor);
  await keyAdd('smart_tap', '20180608', COLLECTOR_KEY, '--to', 'all');
  await till.tap('wallet');
  await served(fourth);
});

test('what is refused says why', async () => {
  await refused('old', 'expired', 'proof.expired');
  await refused('alien', 'wrong_key', 'proof.wrong');
  await refused('locked', 'unreadable', 'pass.locked');
  await refused('forged', 'wrong_key', 'proof.wrong');
  await refused('bank', 'payment_card', 'payment.chip');
});

test('a phone that slips away is asked to be held longer', async () => {
  await till.tap('slips');
  assert.equal((await page.outcome('unreadable')).code, 'tag.torn');
  await till.takeAway();
});

test('two cards at once are told, one of them ours', async () => {
  await till.tap('desfire+plain');
  assert.equal((await page.outcome('two_cards')).code, 'tag.two');
  await till.takeAway();
  await till.tap('app');
  await served(rivera);
});

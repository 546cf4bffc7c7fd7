import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { composed, TAILS } from './tails.mjs';
import { agent, catalogue, load, wordsFor } from './web.mjs';

const { firstWords, LANGUAGES, rememberLanguage } = await load('lib/words.js');
const { reasonText } = await load('clerk/model.js');
const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
const en = await wordsFor('en', 'Europe/Berlin');
const flat = (language) => Object.assign({}, ...Object.values(catalogue(language)));
const english = flat('en');

test('ages in words', () => {
  const ages = [[0, 'just now'], [59_999, 'just now'], [MIN, '1 min ago'], [12 * MIN, '12 min ago'], [HOUR, '1 hour ago'], [23 * HOUR, '23 hours ago'], [DAY, 'yesterday'], [3 * DAY, '3 days ago']];
  for (const [ms, text] of ages) assert.equal(en.ago(ms), text);
  assert.equal(en.old(2 * DAY), '2 days old');
  assert.equal(en.old(DAY), '1 day old');
});

test('money keeps its minor units', () => {
  assert.equal(en.money(6770, 'EUR'), '67.70');
  assert.equal(en.money(0, 'EUR'), '0.00');
  assert.equal(en.money(-50, 'EUR'), '-0.50');
  assert.equal(en.money(1234, 'JPY'), '1,234');
  assert.equal(en.money(1234, 'KWD'), '1.234');
  assert.equal(en.money(123_456_789, 'EUR'), '1,234,567.89');
  assert.equal(en.money(100, 'not a currency'), '1.00');
});

test('what is said is the reader’s, what is counted and paid the store’s', async () => {
  const spanish = await wordsFor('es', 'Europe/Berlin');
  const swiss = spanish.of('de-CH');
  assert.match(swiss.money(123_450, 'CHF'), /^1['’]234\.50$/);
  assert.equal(spanish.money(123_450, 'CHF'), '1234,50');
  assert.match(swiss.plural('kiosk.points', 12_480), /^12['’]480 puntos$/);
  assert.match(swiss.number(12_480), /^12['’]480$/);
  assert.deepEqual([swiss.language, swiss.t('kiosk.welcome.nameless'), swiss.languageName('de')], ['es', spanish.t('kiosk.welcome.nameless'), 'alemán']);
  const at = Date.UTC(2026, 1, 27, 8, 0);
  assert.equal(spanish.of('fi').time(at), '09.00');
  assert.equal(spanish.of('fi').moment(at, Date.UTC(2026, 2, 2, 8, 41)), 'vie 09.00', 'the names of days are words');
  assert.equal(spanish.of('not a locale!').money(100, 'EUR'), '1,00');
});

test('a sign stands before its number, also where words are read from the right', async () => {
  assert.deepEqual([3, -2, 0].map(en.signed), ['+3', '−2', '0']);
  const arabic = await wordsFor('ar', 'Europe/Berlin');
  const marked = /^[\u200e\u061c][+−]/; // left to right, or as of an Arabic letter
  for (const text of [arabic.signed(1), arabic.signed(-1), arabic.plural('suggest.more', 1), arabic.plural('suggest.more', 12)]) assert.match(text, marked);
});

test('moments are told by day', () => {
  const now = Date.UTC(2026, 2, 2, 8, 41);
  assert.equal(en.moment(Date.UTC(2026, 2, 2, 7, 55), now), 'today 08:55');
  assert.equal(en.moment(Date.UTC(2026, 2, 1, 20, 4), now), 'yesterday 21:04');
  assert.equal(en.moment(Date.UTC(2026, 1, 27, 8, 0), now), 'Fri 09:00');
  assert.match(en.moment(Date.UTC(2026, 1, 2, 8, 0), now), /2 Feb|Feb 2/);
});

test('plurals and placeholders', () => {
  assert.equal(en.plural('cart.items', 1), '1 item');
  assert.equal(en.plural('cart.items', 2480), '2,480 items');
  assert.equal(en.t('offline.title', { time: '09:12' }), 'Working offline since 09:12.');
  assert.equal(en.t('no.such.key'), 'no.such.key');
  assert.equal(en.has('toString'), false);
});

test('an unknown or broken locale falls back', async () => {
  for (const locale of ['xx', 'not a locale!', '', null, undefined, '__proto__', 'constructor']) assert.equal((await wordsFor(locale)).t('act.done'), 'Done', String(locale));
  assert.equal((await wordsFor('en-GB')).language, 'en');
});

test('every language has a catalogue, and what is said in it has the placeholders of the English words', () => {
  const holes = (text) => [...new Set(JSON.stringify(text).match(/\{\w+\}/g) ?? [])].sort();
  assert.deepEqual(readdirSync(path.join(agent, 'words')).filter((name) => name.endsWith('.json')).sort(), Object.keys(LANGUAGES).map((language) => `${language}.json`).sort());
  for (const language of Object.keys(LANGUAGES)) {
    const own = catalogue(language);
    assert.deepEqual(Object.keys(own).sort(), Object.keys(catalogue('en')).sort(), language);
    for (const [section, words] of Object.entries(catalogue('en'))) {
      assert.deepEqual(Object.keys(own[section]).sort(), Object.keys(words).sort(), `${language} ${section}`);
      for (const [key, text] of Object.entries(words)) assert.deepEqual(holes(own[section][key]), holes(text), `${language} ${key}`);
    }
  }
});

test('each language reads in its direction, and counts in its forms', async () => {
  const arabic = await wordsFor('ar', 'Europe/Berlin');
  assert.equal(arabic.direction, 'rtl');
  assert.equal((await wordsFor('de')).direction, 'ltr');
  const forms = [0, 1, 2, 3, 11, 100].map((n) => arabic.plural('cart.items', n));
  assert.equal(new Set(forms).size, forms.length);
  assert.equal((await wordsFor('de-AT')).plural('cart.unsent', 1), '1 Änderung noch nicht gesendet');
  assert.equal((await wordsFor('fr')).plural('customer.points', 0), '0 point');
});

test('a key stands in one section only', () => {
  const keys = Object.values(catalogue('en')).flatMap(Object.keys);
  assert.equal(keys.length, new Set(keys).size);
});

// What the modules of all pages say.
const code = readdirSync(path.join(agent, 'web'), { recursive: true }).filter((name) => name.endsWith('.js')).map((name) => readFileSync(path.join(agent, 'web', name), 'utf8')).join('\n');
const elsewhere = { ...catalogue('en').display, ...catalogue('en').outage, ...catalogue('en').element }; // outage.test.mjs, element_words.test.mjs

test('every word that the page asks for is there, and none is left over', () => {
  const asked = [...code.matchAll(/(?<!\w)(?:t|has|plural|ageNote|span)\(\s*'([a-z]+(?:\.\w+)+)'/g)].map(([, key]) => key);
  assert.ok(asked.length > 50);
  for (const key of asked) assert.ok(en.has(key) || en.has(`${key}.title`) || /^(cart|visit|details)\.(add|set_quantity|remove|end|shown)$/.test(key), `no words for ${key}`);
  const programs = readFileSync(path.join(agent, 'app/shopper_display.c'), 'utf8');
  for (const key of Object.keys(catalogue('en').display)) assert.ok(programs.includes(`"${key}"`), `no program says ${key}`);
  const literal = (key) => code.includes(`'${key}'`);
  const isSaid = (key) => literal(key) || composed.has(key) || (key.endsWith('.detail') && literal(key.slice(0, -'.detail'.length)));
  for (const key of Object.keys(english).filter((one) => !Object.hasOwn(elsewhere, one))) assert.ok(isSaid(key), `unused: ${key}`);
});

test('keys that a page composes have the ends that programs give, and where nothing else can be said a word for each', () => {
  const prefixes = new Set([...code.matchAll(/(?<!\bh\()`([a-z]+(?:\.[a-z_]+)*)\.\$\{/g)].map(([, prefix]) => prefix));
  const outages = Object.keys(elsewhere);
  for (const prefix of prefixes) assert.ok(Object.hasOwn(TAILS, prefix) || outages.some((key) => key.startsWith(`${prefix}.`)), `tails.mjs does not know which keys ${prefix} begins`);
  assert.ok(prefixes.size > 30);
  for (const [prefix, { tails, suffixes = [''], always }] of Object.entries(TAILS)) {
    assert.ok(tails.length > 1 && tails.every((tail) => /^[a-z0-9_.]+$/.test(tail)), `${prefix}: ${tails}`);
    assert.ok(!always || tails.every((tail) => suffixes.every((suffix) => en.has(`${prefix}.${tail}${suffix}`))), `${prefix}: a word is missing`);
  }
});

// The names of every reason there is, from the program that gives them.
const reasons = () => [...readFileSync(path.join(agent, '../core/credential/reason.c'), 'utf8').matchAll(/\[TB_REASON_\w+\] =\s*"([a-z0-9_.]+)"/g)].map(([, name]) => name);

test('every reason has a text for the clerk and one for the shopper, and no other has', () => {
  const names = reasons();
  assert.ok(names.length > 60);
  for (const name of names) for (const kind of ['reason', 'say']) assert.ok(reasonText(kind, name, en), `${kind}.${name}`);
  const known = new Set([...names, ...names.map((name) => name.split('.')[0]), 'quote']);
  const told = Object.keys(english).filter((key) => /^(reason|say|title)\./.test(key)).map((key) => key.replace(/^\w+\./, ''));
  assert.deepEqual(told.filter((name) => !known.has(name)), []);
});

// A page's surroundings, as far as words need them.
async function inPage({ storage, answers = true }, body) {
  const element = { textContent: JSON.stringify(catalogue('en')), remove: () => {} };
  const surroundings = { localStorage: storage, document: { getElementById: () => element },
    fetch: async (url) => ({ ok: answers, status: answers ? 200 : 404, json: async () => catalogue(/^\/words\/(\w+)\.json$/.exec(url)[1]) }) };
  const before = Object.fromEntries(Object.keys(surroundings).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
  for (const [name, value] of Object.entries(surroundings)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  try {
    return await body();
  } finally {
    for (const [name, was] of Object.entries(before)) was ? Object.defineProperty(globalThis, name, was) : delete globalThis[name];
  }
}

test('the first words are in the language that the agent told last, and English where that cannot be', async () => {
  const kept = new Map();
  const storage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
  assert.equal((await inPage({ storage }, firstWords)).language, 'en');
  await inPage({ storage }, () => rememberLanguage(undefined));
  assert.equal(kept.size, 0);
  await inPage({ storage }, () => rememberLanguage('de-AT'));
  const words = await inPage({ storage }, firstWords);
  assert.deepEqual([words.tag, words.t('act.cancel')], ['de-AT', catalogue('de').clerk['act.cancel'] ?? catalogue('de').common['act.cancel']]);
  assert.equal((await inPage({ storage, answers: false }, firstWords)).language, 'en');
  const denied = { getItem: () => { throw new Error('no storage'); }, setItem: () => { throw new Error('no storage'); } };
  await inPage({ storage: denied }, () => rememberLanguage('de'));
  assert.equal((await inPage({ storage: denied }, firstWords)).language, 'en');
  for (const broken of ['', 'xx', '__proto__', '<b>']) {
    kept.set([...kept.keys()][0], broken);
    assert.equal((await inPage({ storage }, firstWords)).language, 'en', broken);
  }
});

test('the sentences that are promised', () => {
  const offline = ['works', 'not', 'later'].map((part) => en.t(`offline.${part}`)).join(' ');
  assert.equal(`${en.t('offline.title', { time: '09:12' })} ${offline}`,
    'Working offline since 09:12. Recognising customers and changing carts works. Searching for customers and handing over do not. Prices may be older than shown: see age. Everything is sent when the line is back.');
  assert.equal(`${en.t('outcome.payment_card.title')}. ${en.t('outcome.payment_card.detail')}`.startsWith('That was a payment card. Use the terminal for paying; loyalty card here.'), true);
  assert.equal(en.t('idle.both'), 'Tap a card, hold a phone or scan a code');
  assert.equal(en.t('reading.title'), 'Hold it there…');
  assert.equal(en.t('ended.title'), 'Screen cleared');
});

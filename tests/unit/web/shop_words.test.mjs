// The demo's web shop (tests/e2e/shop) has catalogues of its own, by the rules of the pages'.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { load } from './web.mjs';

const { LANGUAGES } = await load('lib/words.js');
const at = (name) => new URL(`../../e2e/shop/${name}`, import.meta.url);
const wordsOf = (language) => JSON.parse(readFileSync(at(`words/${language}.json`), 'utf8')).shop;
const english = wordsOf('en');
const holes = (text) => [...new Set(JSON.stringify(text).match(/\{\w+\}/g) ?? [])].sort();

test('every language of the pages has a catalogue, with the keys, holes and plural forms that it needs', () => {
  assert.deepEqual(readdirSync(at('words')).sort(), Object.keys(LANGUAGES).map((language) => `${language}.json`).sort());
  for (const language of Object.keys(LANGUAGES)) {
    const own = wordsOf(language);
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
    assert.deepEqual(Object.keys(own), Object.keys(english), language);
    for (const [key, word] of Object.entries(own)) {
      assert.equal(typeof word, typeof english[key], `${language} ${key}`);
      if (typeof word === 'object') assert.deepEqual(Object.keys(word).sort(), forms, `${language} ${key}`);
      assert.deepEqual(holes(word), holes(english[key]), `${language} ${key}`);
    }
  }
});

test('every word that the shop asks for is there, none is left over, and the page’s own English is the catalogue’s', () => {
  const code = readdirSync(at('')).filter((name) => /\.(js|html)$/.test(name)).map((name) => readFileSync(at(name), 'utf8')).join('\n');
  const asked = new Set([...code.matchAll(/['"](shop\.[\w.]+)['"]/g)].map(([, key]) => key));
  const composed = [...code.matchAll(/`(shop\.[\w.]*)\$\{/g)].map(([, prefix]) => prefix);
  assert.ok(asked.size > 40 && composed.length > 3 && !composed.includes('shop.'));
  for (const key of asked) assert.ok(Object.hasOwn(english, key), `no words for ${key}`);
  for (const key of Object.keys(english)) assert.ok(asked.has(key) || composed.some((prefix) => key.startsWith(prefix)), `unused: ${key}`);
  for (const [, key, text] of code.matchAll(/data-word="([\w.]+)">([^<]*)</g)) assert.equal(text, english[key], key);
});

// The words of <tillbridge-customer> are the catalogue's, in every language: include/web has them in a module of their own, because what
// integrators copy has nothing of the agent beside it. TB_WRITE=1 writes that module anew.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { catalogue, load } from './web.mjs';

const { LANGUAGES } = await load('lib/words.js');
const MODULE = new URL('../../../include/web/tillbridge-customer-words.js', import.meta.url);
const ELEMENT = readFileSync(new URL('../../../include/web/tillbridge-customer.js', import.meta.url), 'utf8');
const HEAD = `// What <tillbridge-customer> says, by language and under the names of Tillbridge's catalogues (agent/words), of which this is a part:
// tests/unit/web/element_words.test.mjs keeps the two in step. Texts have holes in braces; what is counted has forms by CLDR category.

`;

const flat = (language) => Object.assign({}, ...Object.values(catalogue(language)));
// What the element asks for: keys in quotes, and those that end with a state of the line or a cause.
const CAUSES = ['no_route', 'refused', 'tls', 'clock', 'denied', 'closed'];
const EVENTS = ['customer.identified', 'customer.changed', 'customer.left', 'cart.changed'];
const keys = [...new Set([...ELEMENT.matchAll(/'((?:element|idle|customer|cart|claim|offline|connecting|never|price|fresh|age|old)\.[\w.]+)'/g)].map(([, key]) => key).filter((key) => !EVENTS.includes(key))
  .concat(CAUSES.map((cause) => `offline.cause.${cause}`), Object.keys(flat('en')).filter((key) => /^offline\.later\.\w+$/.test(key))))].sort();

function moduleText() {
  const text = (value) => JSON.stringify(value).replaceAll('\\"', '"').replace(/^"(.*)"$/, (_, inside) => `'${inside.replaceAll("'", "\\'")}'`);
  const word = (value) => (typeof value === 'string' ? text(value) : `{ ${Object.entries(value).map(([form, one]) => `${form}: ${text(one)}`).join(', ')} }`);
  const parts = Object.keys(LANGUAGES).map((language) => {
    const words = flat(language);
    return `  ${language}: {\n${keys.map((key) => `    '${key}': ${word(words[key])},\n`).join('')}  },\n`;
  });
  return `${HEAD}export const WORDS = {\n${parts.join('')}};\n`;
}

test('the element’s words are the catalogue’s', () => {
  for (const key of keys) assert.ok(Object.hasOwn(flat('en'), key), key);
  if (process.env.TB_WRITE) writeFileSync(MODULE, moduleText());
  assert.equal(readFileSync(MODULE, 'utf8'), moduleText());
});

test('the element has no words of its own, and the section `element` none that it does not use', async () => {
  const { WORDS } = await import(MODULE);
  assert.deepEqual(Object.keys(WORDS).sort(), Object.keys(LANGUAGES).sort());
  for (const key of Object.keys(catalogue('en').element)) assert.ok(keys.includes(key), key);
  assert.doesNotMatch(ELEMENT.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, ''), /'[A-Z][a-z]+ [a-z]+ [a-z]+/);
});

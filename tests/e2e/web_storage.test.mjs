// Where the web channel keeps what is not sent, in a real browser: each storage does what tillbridge-storage.js says, a page
// that is gone frees what it claimed, and a browser that has nothing better gets memory.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { launch } from './lib/browser.mjs';

const MODULE = readFileSync(new URL('../../include/web/tillbridge-storage.js', import.meta.url));
let server;
let browser;
let context;
let origin;

before(async () => {
  server = http.createServer((request, answer) => {
    const is_module = request.url === '/storage.js';
    answer.writeHead(200, { 'content-type': is_module ? 'text/javascript' : 'text/html' }).end(is_module ? MODULE : '<title>shop</title>');
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${server.address().port}/`;
  browser = await launch();
  context = await browser.newContext();
});

after(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
});

async function tab() {
  const page = await context.newPage();
  await page.goto(origin);
  await page.evaluate(`import('/storage.js').then((storage) => { globalThis.storages = storage; })`);
  return page;
}

const open = (page, name) => page.evaluate(`globalThis.storages.${name}({ name: 'test-${name}' })`
  + `.then?.((one) => { globalThis.one = one; }) ?? (globalThis.one = globalThis.storages.${name}({ name: 'test-${name}' }), undefined)`);

for (const [name, kind] of [['indexedDbStorage', 'indexeddb'], ['localStorageStorage', 'localstorage']]) {
  test(`${name}: values, lists, and what is kept when the page is gone`, async () => {
    const page = await tab();
    await open(page, name);
    const got = await page.evaluate(async () => {
      const { one } = globalThis;
      const value = { mutation: { seq: 7, text: 'ä\u2028"' }, list: [1, null, true] };
      const seen = [one.kind, (await one.read('a/1')) === undefined];
      await Promise.all([one.write('a/1', value), one.write('a/2', 2), one.write('b/1', 3)]);
      await one.write('a/2', 4);
      await one.remove('b/1');
      await one.remove('b/2');
      return [...seen, JSON.stringify(await one.read('a/1')) === JSON.stringify(value), await one.read('a/2'), (await one.keys('a/')).sort(), await one.keys('b/')];
    });
    assert.deepEqual(got, [kind, true, true, 4, ['a/1', 'a/2'], []]);
    await page.close();
    const again = await tab();
    await open(again, name);
    assert.deepEqual(await again.evaluate('globalThis.one.keys("").then((keys) => keys.sort())'), ['a/1', 'a/2']);
    await again.close();
  });

  test(`${name}: a name is one page's until it gives it free or is gone`, async () => {
    const [first, second] = [await tab(), await tab()];
    for (const page of [first, second]) await open(page, name);
    const claim = (page) => page.evaluate('globalThis.one.claim("x").then((release) => { globalThis.release = release; return release !== undefined; })');
    assert.equal(await claim(first), true);
    assert.equal(await claim(second), false);
    assert.equal(await claim(first), false); // nor twice
    await first.close();
    assert.equal(await second.evaluate('new Promise((free) => navigator.locks.request("test-' + name + '/x", () => free(true)))'), true);
    assert.equal(await claim(second), true);
    await second.close();
  });
}

test('what cannot be kept is said', async () => {
  const page = await tab();
  await open(page, 'localStorageStorage');
  assert.equal(await page.evaluate(`globalThis.one.write('big', 'x'.repeat(20e6)).then(() => 'kept', (error) => error.name)`), 'QuotaExceededError');
  await open(page, 'indexedDbStorage');
  assert.equal(await page.evaluate(`globalThis.one.write('odd', () => {}).then(() => 'kept', (error) => error.name)`), 'DataCloneError');
  await page.close();
});

test('the best that there is', async () => {
  const page = await tab();
  const kindWith = (env) => page.evaluate(`globalThis.storages.browserStorage({ name: 'best', env: ${env} }).then(({ kind }) => kind)`);
  assert.equal(await kindWith('globalThis'), 'indexeddb');
  const no_db = `{ navigator, localStorage, indexedDB: { open: () => { throw new DOMException('no', 'SecurityError'); } } }`;
  assert.equal(await kindWith(no_db), 'localstorage');
  assert.equal(await kindWith(no_db.replace('localStorage,', 'localStorage: { setItem: () => { throw new DOMException("no"); } },')), 'memory');
  assert.equal(await kindWith('{ navigator: {}, localStorage, indexedDB, IDBKeyRange }'), 'memory');
  await page.close();
});

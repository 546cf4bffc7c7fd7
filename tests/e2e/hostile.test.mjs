// A hostile page in a real browser beside the clerk page and the web shop, with a customer at the till: whatever it tries
// against the agent, the context store and the shop, under whatever name, it gets nothing and changes nothing.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { CHROMIUM } from './lib/clerk_stage.mjs';
import { HostileSite } from './lib/hostile.mjs';
import { lastingPort } from './lib/ports.mjs';
import { Shopper } from './lib/shopper.mjs';
import { memberUri, Till } from './lib/till.mjs';

const till = Till.make();
let browser;
let context;
let clerk;
let shopper;
let site;
let targets;
let shown;

before(async () => {
  till.shop_port = await lastingPort();
  till.ports = { terminals: await lastingPort(), web: await lastingPort() };
  await till.start();
  await till.startShop();
  site = await HostileSite.start();
  // evil.example is a name of this machine: what a rebound name is, once its first answer is forgotten. The browser's own
  // guard of local networks is off: other browsers have none, and it would hide ours.
  browser = await chromium.launch({ ...CHROMIUM, args: [...CHROMIUM.args, '--host-resolver-rules=MAP evil.example 127.0.0.1',
    '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets'] });
  context = await browser.newContext({ ignoreHTTPSErrors: true }); // or nothing would reach the context store at all
  clerk = await context.newPage();
  await clerk.goto(await till.pageUrl());
  shopper = await Shopper.open(browser, till.shop.origin, { context });
  await shopper.signIn('Ms Rivera');
  await shopper.add(till.products[0].gtin);
  await shopper.isSent();
  await till.scan(memberUri(till.customers[0]));
  await clerk.locator('#lines li', { hasText: till.products[0].name }).waitFor();
  shown = await clerk.textContent('#lines');
  targets = { agent: till.page_port, store: till.ports.web, shop: till.shop_port, token: await till.token(till.customers[0].id) };
});

after(async () => {
  await browser?.close();
  site?.stop();
  await till.end();
});

// The customer is still there, with her cart as it was, on a page that was never disturbed.
async function isUntouched() {
  assert.equal(await clerk.textContent('#lines'), shown);
  assert.equal(await shopper.page.getAttribute('#line', 'data-tone'), 'good');
  const { outcomes } = JSON.parse(await till.cli('--json', 'status'));
  assert.equal(outcomes.length, 1);
  assert.equal(await clerk.locator('#pairing:visible').count(), 0); // nobody asked to be paired
}

// The same site as the pages (ports do not tell sites apart: SameSite does not help), its other name, and another site.
for (const name of ['127.0.0.1', 'localhost', 'evil.example']) {
  test(`a page of ${name} gets nothing`, async () => {
    const page = await context.newPage();
    await page.goto(`http://${name}:${site.port}/`);
    const { count, got } = await site.attacks(page, targets);
    assert.deepEqual(got, {});
    assert.ok(count >= 36, `${count} tries`);
    await isUntouched();
    await page.close();
  });
}

test('a page whose name was bound to this machine after it was loaded gets nothing', async () => {
  const page = await context.newPage();
  const origin = `http://evil.example:${till.page_port}`;
  // Its first load was answered by its own server; what follows goes where the name points to now.
  await page.route(`${origin}/attack`, (route) => route.fulfill({ contentType: 'text/html', body: '<title>evil</title>' }));
  await page.goto(`${origin}/attack`);
  const answers = await page.evaluate(async () => {
    const ask = (path, options) => fetch(path, options).then(async (answer) => [answer.status, await answer.text()], () => ['failed', '']);
    const socket = (path, protocol) => new Promise((resolve) => {
      const one = new WebSocket(`ws://${location.host}${path}`, protocol);
      one.onopen = () => resolve('open');
      one.onclose = () => resolve('closed');
    });
    return [await ask('/clerk'), await ask('/clerk/app.js'), await ask('/words/en.json'), await ask('/pos/v1/rpc', { method: 'POST', body: '{}' }),
      await ask('/pos/v1/rpc', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }), await ask('/open?token=x'),
      await socket('/clerk', 'tillbridge-page.v1'), await socket('/pos/v1', 'tillbridge-pos.v1')];
  });
  for (const [status, text] of answers.slice(0, 6)) {
    assert.equal(status, 403);
    assert.ok(!/Rivera|tillbridge-page/.test(text));
  }
  assert.deepEqual(answers.slice(6), ['closed', 'closed']);
  await isUntouched();
  await page.close();
});

test('the same for the web shop, and for the context store, where a token alone opens nothing', async () => {
  const page = await context.newPage();
  for (const [scheme, port] of [['http', till.shop_port], ['https', till.ports.web]]) {
    const origin = `${scheme}://evil.example:${port}`;
    await page.route(`${origin}/attack`, (route) => route.fulfill({ contentType: 'text/html', body: '<title>evil</title>' }));
    await page.goto(`${origin}/attack`);
    const got = await page.evaluate(async (path) => {
      const read = await fetch(path, { method: 'GET' }).then((answer) => answer.status, () => 'failed');
      const socket = await new Promise((resolve) => {
        const one = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}${path}`, 'tillbridge.v1');
        one.onopen = () => resolve('open');
        one.onclose = () => resolve('closed');
      });
      return [read, socket];
    }, scheme === 'http' ? '/context' : '/');
    assert.equal(got[0], scheme === 'http' ? 403 : 404, origin);
    assert.equal(got[1], 'closed', origin);
  }
  await isUntouched();
  await page.close();
});

test('the tries themselves work: a page of the shop’s or the agent’s own origin gets what is its own', async () => {
  const getsItsOwn = async (origin, ...only) => {
    const page = await context.newPage();
    await page.route(`${origin}/plain`, (route) => route.fulfill({ contentType: 'text/html', body: '<title>own</title><body>' }));
    await page.goto(`${origin}/plain`);
    const { got } = await site.attacks(page, targets, only);
    await page.close();
    assert.deepEqual(Object.keys(got).sort(), only.sort());
  };
  await getsItsOwn(till.shop.origin, 'shop socket', 'shop token', 'shop account');
  const agent = `127.0.0.1:${till.page_port}`;
  await getsItsOwn(`http://${agent}`, ...['socket clerk', 'read page', 'read file'].map((name) => `${agent} ${name}`));
});

test('it was turned away by name, not by chance', () => {
  const text = till.logs().map((log) => log.text).join('');
  for (const reason of ['host_foreign', 'origin_foreign', 'origin_refused']) assert.match(text, new RegExp(reason));
});

// The page for IT on a real agent, in a real browser: what it says of each part, also when one is missing; by axe-core; in two languages
// and schemes. Pictures: <build>/it.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { accessibilityFaults } from './lib/axe.mjs';
import { CHROMIUM } from './lib/clerk_stage.mjs';
import { Till } from './lib/till.mjs';

const till = Till.make();
const measures = till.path('measures', 'till.prom'); // in a folder that is not there yet
till.till_sections = `[agent]\nmetrics = ${measures}\n`;
const pictures = process.env.TB_PICTURES;
let browser;
let page;

async function itUrl() {
  const console = await till.console();
  const { url } = await console.request('page.token', { scope: 'it' });
  console.close();
  return url;
}

before(async () => {
  await till.certificates();
  await till.seed();
  await till.startStore();
  await till.startReaders();
  await till.startDisplay();
  await till.startTill();
  (await till.workingPage()).close();
  browser = await chromium.launch(CHROMIUM);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(String(error)));
  await page.goto(await itUrl());
});

after(async () => {
  await browser?.close();
  await till.end();
});

const partText = (name) => page.locator('.part', { has: page.locator('h3', { hasText: new RegExp(`^${name}$`) }) });
const shows = (name, text) => partText(name).filter({ hasText: text }).waitFor();

async function picture(name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

test('says of every part how it is, and holds nothing of a customer', async () => {
  await till.scan(`https://loyal.example/m/${till.customers[0].member}`);
  await shows('Line', 'Online');
  for (const name of ['Card reader', 'Scanner', 'Line display', 'Clock', 'Disk', 'Stored data', 'Certificate', 'Known here', 'Program']) await partText(name).waitFor();
  await shows('Card reader', /Version \d+\.\d+\.\d+ on \S/);
  await page.locator('#outcomes td', { hasText: 'Recognised' }).waitFor();
  await page.locator('#measures tr', { hasText: 'recognised' }).locator('td', { hasText: '100 % of 1' }).waitFor();
  await page.locator('#measures tr', { hasText: 'From a tap or scan to the customer' }).waitFor();
  assert.doesNotMatch(await page.locator('body').innerText(), new RegExp(`${till.customers[0].name}|${till.customers[0].member}`));
  assert.deepEqual(await accessibilityFaults(page), []);
  await picture('well');
});

test('says what is wrong and what to do', async () => {
  await till.displayCommand('unplug');
  await till.scannerCommand('unplug');
  await till.store.stop();
  await shows('Line', 'Offline since');
  await shows('Line', 'Everything is sent when the line is back.');
  await shows('Scanner', 'Check its cable');
  await shows('Line display', 'Check its cable and its power');
  await shows('Measures file', /Cannot be written.*\(refused\.not_found\)/);
  assert.deepEqual(await accessibilityFaults(page), []);
  await picture('wrong');
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.deepEqual(await accessibilityFaults(page), []);
  await picture('wrong_dark');
  await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'active' }); // what is wrong stands out without a colour
  const edges = () => page.$$eval('.part', (all) => Object.fromEntries(all.map((one) => [one.dataset.tone, getComputedStyle(one).borderTopStyle + getComputedStyle(one).borderTopWidth])));
  const { ok, warn } = await edges();
  assert.ok(ok && warn && ok !== warn, JSON.stringify({ ok, warn }));
  await picture('wrong_forced');
  await page.emulateMedia({ forcedColors: 'none' });
});

test('writes its measures into the file that the configuration names, as soon as it can', async () => {
  assert.match(await till.cli('status'), /^Metrics +unwritten .*\(refused\.not_found\)$/m);
  mkdirSync(till.path('measures'));
  await shows('Measures file', 'Is written');
  const text = readFileSync(measures, 'utf8');
  assert.match(text, /^tillbridge_visits_recognised_total\{channel="till"\} 1$/m);
  assert.match(text, /\n# EOF\n$/);
  assert.equal(text.includes(till.customers[0].name) || text.includes(till.customers[0].member), false);
  assert.equal(statSync(measures).mode & 0o777, 0o644);
  assert.match(await till.cli('status'), /^Metrics +written /m);
});

test('may ask for nothing that is a clerk’s or a shopper’s', async () => {
  const answers = await page.evaluate(() => new Promise((resolve) => {
    const socket = new WebSocket(`ws://${location.host}/it`, 'tillbridge-page.v1');
    const methods = ['visit.end', 'cart.add', 'details.shown', 'visit.start', 'outbox', 'page.token'];
    const codes = [];
    socket.onopen = () => methods.forEach((method, id) => socket.send(JSON.stringify({ jsonrpc: '2.0', id: id + 1, method, params: {} })));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      codes.push(message.method ?? message.error?.code ?? 'done');
      if (message.id === methods.length) resolve(codes);
    };
  }));
  assert.deepEqual([...new Set(answers)], ['terminal', 'state', -32002]);
  assert.deepEqual(page.faults, []);
});

// The UnifiedPOS view: a Scanner and an MSR over the till's own readers, with claim, one event at a time, and statistics.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pos } from './lib/pos_channel.mjs';
import { Till } from './lib/till.mjs';

const SCAN_SDT_EAN13 = 104;
const till = Till.make();
let page;
let pos;
let rivera;

async function granted(name, scopes = ['device', 'customer']) {
  const console = await till.console();
  const { token } = await console.request('pos.grant', { name, scopes });
  console.close();
  return new Pos(till.page_port, token).follow();
}

before(async () => {
  await till.start();
  [rivera] = till.customers;
  page = await till.workingPage();
  pos = await granted('UnifiedPOS');
});
after(async () => {
  pos?.close();
  await till.end();
});

const upos = (method, device, more = {}, who = pos) => who.result(`upos.${method}`, { device, ...more });
const failure = async (method, device, more = {}, who = pos) => (await who.ask(`upos.${method}`, { device, ...more })).error?.data.ErrorCode;
const set = (device, property, value, who) => upos('set', device, { property, value }, who);

test('a device is opened, claimed and enabled, in this order and by one POS', async () => {
  assert.equal(await failure('claim', 'Scanner'), 101);
  await upos('open', 'Scanner');
  assert.equal(await failure('open', 'Scanner'), 106);
  assert.equal(await failure('set', 'Scanner', { property: 'DeviceEnabled', value: true }), 103);
  assert.equal(await failure('check_health', 'Scanner'), 103);
  await upos('claim', 'Scanner');
  assert.equal(await failure('check_health', 'Scanner'), 105);
  const other = await granted('Other');
  await upos('open', 'Scanner', {}, other);
  assert.equal(await failure('claim', 'Scanner', {}, other), 102);
  await upos('open', 'MSR', {}, other);
  await upos('claim', 'MSR', {}, other);
  assert.equal(await failure('set', 'Scanner', { property: 'Colour', value: true }), 106);
  await upos('open', 'MSR');
  assert.equal(await failure('claim', 'MSR'), 102);
  other.close();
  await other.closed;
  for (;;) if (await failure('claim', 'MSR') === undefined) break;
  await set('Scanner', 'DeviceEnabled', true);
  await set('Scanner', 'DecodeData', true);
  await set('MSR', 'DeviceEnabled', true);
  assert.match((await upos('check_health', 'Scanner')).CheckHealthText, /Successful/);
});

test('each event is one that was asked for', async () => {
  const gtin = till.products[0].gtin;
  await till.scanned(page, gtin.slice(1), 'product');
  await till.scanned(page, till.products[1].gtin.slice(1), 'product');
  assert.equal((await upos('get', 'Scanner')).DataCount, 2);
  await set('Scanner', 'DataEventEnabled', true);
  const data = await pos.event('upos.data');
  const label = gtin.replace(/^0/, '');
  assert.deepEqual(data, { device: 'Scanner', ScanData: Buffer.from(label).toString('base64url'), ScanDataLabel: label, ScanDataType: SCAN_SDT_EAN13, DataCount: 1 });
  const now = await upos('get', 'Scanner');
  assert.deepEqual([now.DataEventEnabled, now.DataCount, now.Claimed, now.State], [false, 1, true, 2]);
  await set('Scanner', 'FreezeEvents', true);
  await set('Scanner', 'DataEventEnabled', true);
  assert.equal((await upos('get', 'Scanner')).DataCount, 1);
  await set('Scanner', 'FreezeEvents', false);
  await pos.event('upos.data');
  await set('Scanner', 'AutoDisable', true);
  await till.scanned(page, gtin.slice(1), 'product');
  assert.deepEqual([(await upos('get', 'Scanner')).DeviceEnabled, (await upos('get', 'Scanner')).DataCount], [false, 1]);
  await upos('clear_input', 'Scanner');
  assert.equal((await upos('get', 'Scanner')).DataCount, 0);
});

test('who is recognised comes from the MSR, and not after leaving', async () => {
  await till.serve(page, rivera);
  await set('MSR', 'DataEventEnabled', true);
  const data = await pos.event('upos.data');
  assert.deepEqual([data.device, data.CardType, data.view.customer.name], ['MSR', 'TILLBRIDGE', rivera.name]);
  assert.equal(data.AccountNumber, data.customer);
  await page.clear();
  await till.serve(page, till.customers[1]);
  await page.clear();
  await set('MSR', 'DataEventEnabled', true);
  assert.equal((await upos('get', 'MSR')).DataCount, 0);
  assert.equal((await upos('get', 'MSR')).DataEventEnabled, true);
});

test('what could not be read is an ErrorEvent, and statistics count', async () => {
  await set('Scanner', 'DeviceEnabled', true);
  await set('Scanner', 'DataEventEnabled', true);
  await till.scanned(page, 'neither fish nor fowl', 'not_a_code');
  assert.deepEqual(await pos.event('upos.error'), { device: 'Scanner', ErrorCode: 111, ErrorLocus: 2 });
  const scanner = await upos('statistics', 'Scanner');
  assert.deepEqual([scanner.UnifiedPOSVersion, scanner.DeviceCategory, scanner.GoodScanCount, scanner.FailedScanCount], ['1.14', 'Scanner', 3, 1]);
  assert.equal((await upos('statistics', 'MSR')).GoodReadCount, 2);
  await upos('reset_statistics', 'Scanner');
  assert.equal((await upos('statistics', 'Scanner')).GoodScanCount, 0);
});

test('who may use devices alone is told of nobody but by an id', async () => {
  await upos('release', 'MSR');
  const reader = await granted('Readers only', ['device']);
  for (const method of ['open', 'claim']) await upos(method, 'MSR', {}, reader);
  await set('MSR', 'DeviceEnabled', true, reader);
  await set('MSR', 'DataEventEnabled', true, reader);
  await till.serve(page, rivera);
  const data = await reader.event('upos.data');
  assert.deepEqual(Object.keys(data).sort(), ['AccountNumber', 'CardType', 'DataCount', 'device']);
  assert.ok(!reader.received.includes(rivera.name));
  reader.close();
  await page.clear();
  await upos('claim', 'MSR');
});

test('a lost reader is a StatusUpdateEvent', async () => {
  await set('MSR', 'DeviceEnabled', false);
  await set('MSR', 'PowerNotify', true);
  await set('MSR', 'DeviceEnabled', true);
  assert.deepEqual(await pos.event('upos.status'), { device: 'MSR', Status: 2001 });
  await till.readerCommand('unplug');
  assert.deepEqual(await pos.event('upos.status'), { device: 'MSR', Status: 2004 });
  assert.equal((await upos('statistics', 'MSR')).CommunicationErrorCount, 1);
  await upos('release', 'MSR');
  assert.deepEqual([(await upos('get', 'MSR')).Claimed, (await upos('get', 'MSR')).PowerState], [false, 2004]);
  await upos('close', 'MSR');
  assert.equal((await upos('get', 'MSR')).State, 1);
});

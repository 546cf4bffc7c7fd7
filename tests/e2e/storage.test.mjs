// Configuration, databases, disk and clock that are not as they should be: refused with a name and a code, or worked
// around and told; and whatever was answered as saved is there afterwards, once.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { flipRows, ruinPages, setVersion } from './lib/sqlite_file.mjs';
import { Till, memberUri } from './lib/till.mjs';

const PRELOAD = {
  LD_PRELOAD: process.env.TB_WRONG_MACHINE,
  ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`,
};

const till = Till.make();
let page;
let rivera;
let okafor;
let next_product = 0;

before(async () => {
  await till.start();
  [rivera, okafor] = till.customers;
  page = await till.workingPage();
});

after(() => till.end());

async function restart(env = {}, signal = 'SIGTERM') {
  await stopTill(signal);
  await startTill(env);
}

async function stopTill(signal = 'SIGTERM') {
  page.close();
  const how = await till.till.stop(signal);
  if (signal === 'SIGTERM') assert.equal(how.code, 0);
}

async function startTill(env = {}) {
  till.till_env = env;
  await till.startTill();
  page = await till.page();
  await page.readerIs('scanner', 'ready');
}

// A product that no test before has used, into the open visit's cart: saved when this resolves.
async function add() {
  const { gtin } = till.products[next_product++];
  const answer = await page.add(gtin);
  assert.equal(answer.error, undefined, JSON.stringify(answer.error));
  await page.sees('the new line', () => page.lineOf(gtin)?.quantity === 1);
  return gtin;
}

const live = () => page.sees('a live line and nothing unsent', (s) => s.state.line.state === 'live' && s.state.unsent === 0);

async function cacheIsFull() {
  const console = await till.console();
  let cache;
  do ({ cache } = await console.request('status')); while (cache.customers < 120 || cache.products < 80);
  console.close();
}

async function storeHas(gtins) {
  const web = await till.webChannel(rivera.id);
  await web.cartWith('each line once', (cart) => gtins.every((gtin) =>
    cart.lines.filter((line) => line.gtin === gtin && line.quantity === 1).length === 1));
  web.close();
}

test('a configuration that is wrong is refused by file, line and key', async () => {
  const good = readFileSync(till.tillConfig, 'utf8');
  const wrong = [
    [good.replace('[counter]', '[counter]\nporridge = 1'), /wrong\.conf:\d+: counter\.porridge: /],
    [good.replace(/^port = .*/m, 'port = 65536'), /wrong\.conf:\d+: counter\.port: /],
    [good.replace(/^port = .*/m, 'port = many'), /wrong\.conf:\d+: counter\.port: /],
    [good.replace(/^url = .*\n/m, ''), /wrong\.conf: store\.url: /],
    [good.replace('[store]', '[shop]'), /wrong\.conf:\d+: there is no section \[shop\]/],
    [`${good}nonsense\n`, /wrong\.conf:\d+: /],
    [`${good}# ${'x'.repeat(600)}\n`, /wrong\.conf:\d+: /],
  ];
  const file = till.path('till', 'wrong.conf');
  for (const [text, message] of wrong) {
    writeFileSync(file, text);
    const { code, err } = await till.refusal(file);
    assert.equal(code, 1, err);
    assert.match(err, message);
    assert.match(err, /\(local\.config\)\n$/);
  }
  assert.match((await till.refusal(till.path('none.conf'))).err, /none\.conf: .*\((refused\.not_found|local\.config)\)\n$/);
});

test('a database of a newer version is refused by name and not touched', async () => {
  await stopTill();
  for (const name of ['state.db', 'outbox.db', 'cache.db']) {
    const good = readFileSync(till.stateFile(name));
    setVersion(till.stateFile(name), 99);
    const newer = readFileSync(till.stateFile(name));
    const { code, err } = await till.refusal();
    assert.equal(code, 1, err);
    assert.match(err, new RegExp(`storage not_opened file=${name} err=refused.newer_version`));
    assert.ok(newer.equals(readFileSync(till.stateFile(name))), `${name} was touched`);
    writeFileSync(till.stateFile(name), good);
  }
  await startTill();
});

test('a cache that is ruined is set aside and filled anew; the outbox is kept', async () => {
  await live();
  await till.serve(page, rivera);
  await till.store.stop('SIGKILL');
  await page.sees('an offline line', (s) => s.state.line.state === 'offline');
  const gtin = await add();
  await stopTill();
  writeFileSync(till.stateFile('cache.db'), Buffer.alloc(8192, 0x5a));
  await startTill();
  await page.sees('the notice and one change to be sent', (s) => page.notice('cache_rebuilt') && s.state.unsent === 1);
  assert.ok(existsSync(till.stateFile('cache.db.damaged')));
  await till.scan(memberUri(okafor));
  assert.equal((await page.outcome('unknown')).code, 'lookup.offline');
  await till.startStore();
  await live();
  await till.serve(page, rivera);
  await page.sees('her cart with the line that was kept', () => page.lineOf(gtin)?.pending === false);
  await page.sees('no notice once it is full again', () => !page.notice('cache_rebuilt'));
  await storeHas([gtin]);
  await page.done();
});

test('a cache with ruined pages, found out at start or under way, costs no customer and no change', async () => {
  for (const part of [0, 0.2, 0.8]) {
    await cacheIsFull();
    await stopTill();
    ruinPages(till.stateFile('cache.db'), part);
    await startTill();
    await page.sees('a live line', (s) => s.state.line.state === 'live');
    await till.serve(page, rivera);
    const gtin = await add();
    await live();
    await page.sees('the line as decided', () => page.lineOf(gtin)?.pending === false);
    await storeHas([gtin]);
    await page.done();
  }
});

test('a flipped bit in a row is noticed: fetched again, or unknown while the line is down', async () => {
  await cacheIsFull();
  await stopTill();
  await till.store.stop('SIGKILL');
  assert.ok(flipRows(till.stateFile('cache.db'), 150) >= 100, 'every customer has a row');
  await startTill();
  await till.scan(memberUri(okafor));
  assert.equal((await page.outcome('unknown')).code, 'lookup.corrupt');
  await till.startStore();
  await page.sees('a live line', (s) => s.state.line.state === 'live');
  await till.serve(page, rivera);
  assert.ok(['store', 'cache'].includes(page.shown.visit.source));
  await page.done();
  await till.serve(page, rivera);
  await page.done();
});

test('a full disk: changes are refused, customers are still recognised, and nothing that was saved is lost', async () => {
  const full = till.path('full');
  await restart({ ...PRELOAD, TB_DISK_FULL: full });
  await live();
  await till.serve(page, rivera);
  const saved = await add();
  await live();
  const follower = await till.console();
  await follower.request('tail');
  writeFileSync(full, '');
  const refused = till.products[next_product++].gtin;
  assert.equal((await page.add(refused)).error?.data.code, 'retry.full');
  assert.equal(page.lineOf(refused), undefined);
  await page.sees('the notice', () => page.notice('disk_full'));
  await page.done();
  await page.sees('nobody', (s) => s.visit === null);
  await till.serve(page, rivera);
  await till.scan(till.products[next_product].ean13); // from the scanner as well
  await page.outcome('product');
  assert.equal((await page.add(refused)).error?.data.code, 'retry.full');
  const web = await till.webChannel(rivera.id);
  const online = till.products[next_product + 1].gtin;
  await web.cartWith('her cart', () => true);
  await web.add(online); // the till cannot store this now
  rmSync(full);
  await page.sees('no notice', () => !page.notice('disk_full')); // found out without anybody's change
  next_product += 2;
  const later = await add();
  await page.sees('what was added online meanwhile', () => page.lineOf(online));
  await live();
  await storeHas([saved, later, online]);
  const { doc } = await web.cartWith('the later line', (cart) => cart.lines.some((line) => line.gtin === later));
  assert.equal(doc.lines.some((line) => line.gtin === refused), false);
  assert.deepEqual([...follower.received.matchAll(/"code":"disk_full","state":"(\w+)"/g)].map((m) => m[1]), ['on', 'off']);
  follower.close();
  web.close();
  await page.done();
});

test('a disk that is full at the start: refused by name and code, and all is there once it has room', async () => {
  await live();
  await till.serve(page, rivera);
  await till.store.stop('SIGKILL');
  await page.sees('an offline line', (s) => s.state.line.state === 'offline');
  const saved = await add();
  const full = till.path('full');
  const env = { ...PRELOAD, TB_DISK_FULL: full };
  for (const signal of ['SIGTERM', 'SIGKILL']) { // files that were put in order, and files that were left as they were
    await stopTill(signal);
    const before = readFileSync(till.stateFile('outbox.db'));
    writeFileSync(full, '');
    const { code, err } = await till.refusal(till.tillConfig, env);
    assert.equal(code, 1, err);
    assert.match(err, /storage not_opened file=state\.db err=retry\.full/);
    assert.ok(before.equals(readFileSync(till.stateFile('outbox.db'))), 'the outbox was touched');
    rmSync(full);
    await startTill();
    await page.sees('one change to be sent', (s) => s.state.unsent === 1);
  }
  const first = till.path('first.conf'); // and at the first start of all
  writeFileSync(first, readFileSync(till.tillConfig, 'utf8').replace(/^(state|run)_dir = .*$/gm, (line) => `${line}-first`));
  writeFileSync(full, '');
  assert.match((await till.refusal(first, env)).err, /storage not_opened file=.* err=retry\.full/);
  rmSync(full);
  await till.startStore();
  await live();
  await storeHas([saved]);
  await till.serve(page, rivera);
  await page.sees('the line as decided', () => page.lineOf(saved)?.pending === false);
  await page.done();
});

test('a clock that says 1970 does not keep the till from its line', async () => {
  await restart({ ...PRELOAD, TB_CLOCK_S: '3600' });
  await page.sees('a live line', (s) => s.state.line.state === 'live');
  await page.sees('the notice', () => page.notice('clock_wrong'));
  assert.ok(page.shown.state.wall_ms > Date.now() - 3_600_000, 'the time of the last contact is known');
  await till.serve(page, rivera);
  const gtin = await add();
  await live();
  await storeHas([gtin]);
  const { result: first } = await page.request('ping');
  let now = first;
  while (now.wall_ms === first.wall_ms) now = (await page.request('ping')).result; // its time goes on
  await page.done();
  await restart();
  await live();
  assert.equal(page.notice('clock_wrong'), false);
});

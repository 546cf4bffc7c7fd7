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
const disk = () => ({ ...PRELOAD, TB_DISK: till.path('till', 'state') });

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

const live = () => page.decided();

// The outbox cannot be written, and changes go to the store at once.
const inMemory = () => page.sees('an outbox in memory', () => page.notice('changes_in_memory') && !page.notice('changes_not_stored'));

// A change while the outbox cannot be written and the line is live: in memory, said so, and at once with the store.
async function addInMemory() {
  const { gtin } = till.products[next_product++];
  await inMemory();
  const answer = await page.add(gtin);
  assert.equal(answer.result?.kept, 'memory', JSON.stringify(answer));
  await live();
  await page.sees('the line as decided', () => page.lineOf(gtin)?.pending === false);
  return gtin;
}

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

test('a database of a newer program is not touched; the till works from memory and says what is not on its disk', async () => {
  await live();
  await till.serve(page, rivera);
  await till.store.stop('SIGKILL');
  await page.sees('an offline line', (s) => s.state.line.state === 'offline');
  const kept = await add();
  await stopTill();
  await till.startStore();
  for (const name of ['state.db', 'outbox.db', 'cache.db']) {
    const good = readFileSync(till.stateFile(name));
    setVersion(till.stateFile(name), 99);
    const newer = readFileSync(till.stateFile(name));
    await startTill();
    await page.sees('the notice', () => page.notice('storage_newer'));
    await page.sees('a live line and who this till is', (s) => s.state.line.state === 'live' && s.terminal);
    await till.serve(page, okafor);
    if (name === 'outbox.db') {
      await addInMemory();
      await till.store.stop('SIGKILL');
      await page.sees('an offline line', (s) => s.state.line.state === 'offline');
      assert.equal((await page.add(till.products[next_product].gtin)).error?.data.code, 'refused.newer_version');
      assert.ok(page.notice('changes_not_stored') && !page.notice('changes_in_memory'));
      assert.equal(page.shown.state.unsent, 0);
      await till.startStore();
    } else await add();
    await live();
    await page.done();
    await stopTill();
    assert.ok(newer.equals(readFileSync(till.stateFile(name))), `${name} was touched`);
    assert.equal(existsSync(till.path('till', 'run', 'memory')), false);
    writeFileSync(till.stateFile(name), good);
  }
  await startTill();
  await live();
  await storeHas([kept]);
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
  await stopTill(); // what waits for the file is done
  assert.equal(existsSync(till.stateFile('cache.db.damaged')), false);
  await startTill();
  await till.serve(page, rivera);
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
  await stopTill();
  for (const log of ['', '-wal', '-shm']) rmSync(till.stateFile(`cache.db${log}`), { force: true }); // pages ruined before may lie where nobody looked
  await startTill();
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

async function savedOffline() {
  await live();
  await till.serve(page, rivera);
  await till.store.stop('SIGKILL');
  await page.sees('an offline line', (s) => s.state.line.state === 'offline');
  return add();
}

// Recognises from what it has, stores nothing and says so; what was saved before waits.
async function servesWithoutStoring(notice, code) {
  await page.sees('the notice', () => page.notice(notice));
  await page.sees('one change to be sent', (s) => s.state.unsent === 1);
  await till.serve(page, rivera);
  const { gtin } = till.products[next_product];
  assert.equal((await page.add(gtin)).error?.data.code, code);
  assert.equal(page.lineOf(gtin), undefined);
  await page.done();
  await page.sees('nobody', (s) => s.visit === null);
}

// The agent closes its files, opens them anew and verifies them, in the same process.
async function begunAnew() {
  await till.till.printed('agent begins_anew');
  await till.till.printed('agent ready');
  page.close();
  page = await till.page();
  await page.readerIs('scanner', 'ready');
}

// Nothing was lost, nothing was done that was turned down, and all goes on.
async function arrives(...gtins) {
  await till.startStore();
  await hasArrived(...gtins);
}

async function hasArrived(...gtins) {
  await live();
  await till.serve(page, rivera);
  await storeHas([...gtins, await add()]);
  await live();
  await page.done();
}

test('a disk that is full at the start: served from what is there, nothing stored until it has room', async () => {
  const full = till.path('full');
  for (const signal of ['SIGTERM', 'SIGKILL']) { // files that were put in order, and files that were left as they were
    const saved = await savedOffline();
    await stopTill(signal);
    writeFileSync(full, '');
    await startTill({ ...disk(), TB_DISK_FULL: full });
    await servesWithoutStoring('disk_full', 'retry.full');
    rmSync(full);
    await begunAnew(); // no index can be made of the cache's log on a full disk: it was in memory
    await page.sees('no notice', () => !page.notice('disk_full'));
    await arrives(saved);
  }
});

test('a disk that can only be read, at the start or from then on', async () => {
  const read_only = till.path('read_only');
  for (const begin of ['before', 'while it runs']) {
    const saved = await savedOffline();
    if (begin === 'before') writeFileSync(read_only, '');
    await restart({ ...disk(), TB_DISK_READ_ONLY: read_only });
    if (begin === 'while it runs') {
      await till.serve(page, rivera);
      writeFileSync(read_only, '');
      assert.notEqual(await page.add(till.products[next_product].gtin).then((answer) => answer.error?.data.code), undefined);
      await begunAnew();
    }
    await servesWithoutStoring('disk_read_only', 'refused.denied');
    assert.ok(page.notice('changes_not_stored'));
    // What was saved before is sent from memory; that it was decided is asked for again later. Then changes go to the store.
    await till.startStore();
    await begunAnew();
    await live();
    await storeHas([saved]);
    await till.serve(page, rivera);
    const in_memory = await addInMemory();
    await storeHas([saved, in_memory]);
    await till.store.stop('SIGKILL');
    await page.sees('an offline line', (s) => s.state.line.state === 'offline');
    assert.equal((await page.add(till.products[next_product].gtin)).error?.data.code, 'refused.denied');
    await page.done();
    rmSync(read_only);
    await begunAnew();
    await page.sees('no notice', (s) => s.state.notices.length === 0);
    await page.sees('its verdict is missing again', (s) => s.state.unsent === 1);
    await arrives(saved, in_memory);
  }
});

test('a disk that loses what was written: the files are closed, opened and verified anew', async () => {
  const sync_fails = till.path('sync_fails');
  await restart({ ...disk(), TB_DISK_SYNC_FAILS: sync_fails });
  const saved = await savedOffline();
  writeFileSync(sync_fails, '');
  const lost = till.products[next_product++].gtin;
  assert.equal((await page.add(lost)).error?.data.code, 'local.io');
  await begunAnew();
  await servesWithoutStoring('disk_failing', 'local.io');
  rmSync(sync_fails);
  await begunAnew();
  await page.sees('no notice', (s) => s.state.notices.length === 0);
  await arrives(saved);

  await till.serve(page, rivera); // the same with a live line
  const sent = await add();
  await live();
  writeFileSync(sync_fails, '');
  assert.equal((await page.add(lost)).error?.data.code, 'local.io');
  await begunAnew();
  // When the line was gone at that moment, or the last verdict could not be written, it is asked for first.
  await inMemory().catch(() => begunAnew().then(inMemory));
  await till.serve(page, rivera);
  const in_memory = [await addInMemory(), await addInMemory()];
  await storeHas([saved, sent, ...in_memory]);
  await page.done();
  rmSync(sync_fails);
  await begunAnew();
  await page.sees('no notice', (s) => s.state.notices.length === 0);
  await hasArrived(saved, sent, ...in_memory);
});

test('a damaged outbox: what was saved is sent once, and the damaged file is kept', async () => {
  const saved = await savedOffline();
  await stopTill();
  const good = readFileSync(till.stateFile('outbox.db'));
  writeFileSync(till.stateFile('outbox.db'), Buffer.concat([Buffer.alloc(100, 0x5a), good.subarray(100)]));
  const ruined = readFileSync(till.stateFile('outbox.db'));
  await startTill();
  await page.sees('the notice', () => page.notice('outbox_damaged'));
  await page.sees('what is to be sent', (s) => s.state.unsent === 1);
  await till.serve(page, rivera);
  await page.sees('the line', () => page.lineOf(saved)?.pending);
  await page.done();
  await arrives(saved);
  assert.ok(ruined.equals(readFileSync(till.stateFile('outbox.db.damaged.1'))));
  rmSync(till.stateFile('outbox.db.damaged.1'));
  await restart();
  await page.sees('no notice', (s) => s.state.notices.length === 0);
  await live();
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

// Pages once they are connected: messages both ways, broken frames, slow readers, floods.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

import { connect, control, exchange, frame, openPage, requestText, signIn, startServer, upgradeHeaders } from './lib/server.mjs';

let server;
let cookie;

before(async () => {
  server = await startServer();
  ({ cookie } = await signIn(server));
});
after(async () => {
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
});

const text = (one) => one.payload.toString();

test('greets, echoes, and takes a message in pieces', async () => {
  const page = await openPage(server, cookie, frame('"in the same packet"'));
  assert.equal(page.status, 101);
  const [hello, echo] = await page.frames(2);
  assert.equal(text(hello), '{"hello":true}');
  assert.equal(text(echo), '{"echo":"in the same packet"}');
  const whole = frame('"byte by byte"');
  for (const byte of whole) page.send(Buffer.from([byte]));
  page.send(frame('"in ', { final: false }));
  page.send(frame('ping', { opcode: 9 }));
  page.send(frame('pieces"', { opcode: 0 }));
  const got = await page.frames(5);
  const texts = got.filter((one) => one.opcode === 1).map(text);
  assert.deepEqual(texts.slice(2), ['{"echo":"byte by byte"}', '{"echo":"in pieces"}']);
  assert.ok(got.some((one) => one.opcode === 10 && text(one) === 'ping'));
  page.close();
  await server.events.next((line) => /^closed \d+ closed/.test(line));
});

test('takes a message of the largest size, and closes on a larger one', async () => {
  const page = await openPage(server, cookie);
  page.send(frame(`"${'x'.repeat(16_382)}"`));
  const got = await page.frames(2);
  assert.equal(got[1].payload.length, 16_384 + '{"echo":}'.length);
  page.send(frame(`"${'x'.repeat(16_383)}"`));
  assert.equal(await page.closeCode(), 1009);
  page.close();
  const pieces = await openPage(server, cookie);
  pieces.send(frame('x'.repeat(10_000), { final: false }));
  pieces.send(frame('x'.repeat(10_000), { opcode: 0, final: false }));
  assert.equal(await pieces.closeCode(), 1009);
  pieces.close();
});

test('broken frames close that page and no other', async () => {
  const witness = await openPage(server, cookie);
  const broken = {
    binary: frame('"x"', { opcode: 2 }),
    'reserved opcode': frame('"x"', { opcode: 3 }),
    'reserved control opcode': frame('', { opcode: 11 }),
    'reserved bits': Buffer.concat([Buffer.from([0xf1]), frame('"x"').subarray(1)]),
    'control frame in pieces': frame('x', { opcode: 9, final: false }),
    'control frame too long': frame('x'.repeat(126), { opcode: 9 }),
    'continuation of nothing': frame('x', { opcode: 0 }),
    'bad utf-8': frame(Buffer.from([0x22, 0xc0, 0x80, 0x22])),
    'surrogate in utf-8': frame(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])),
    'length of 2^63': Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
    'announces 1 GiB': Buffer.concat([frame('', { length: 2 ** 30 }), Buffer.alloc(40_000, 0x41)]),
  };
  for (const [name, bytes] of Object.entries(broken)) {
    const page = await openPage(server, cookie);
    assert.equal(page.status, 101, name);
    page.send(bytes);
    await page.closed().catch(() => assert.fail(`stays open: ${name}`));
    page.close();
  }
  for (let n = 0; n < 20; n++) {
    const page = await openPage(server, cookie);
    page.send(randomBytes(3_000));
    page.raw.socket.end();
    await page.raw.ends();
    page.close();
  }
  witness.send(frame('"still here"'));
  const got = await witness.frames(2);
  assert.equal(text(got.at(-1)), '{"echo":"still here"}');
  witness.close();
});

test('a page that stops reading is dropped, and the others are not', async () => {
  const quick = await openPage(server, cookie);
  const slow = await openPage(server, cookie);
  await slow.frames(1);
  slow.raw.socket.pause();
  await server.events.next((line) => /^opened/.test(line));
  for (let n = 0; n < 60 && server.events.count(/closed \d+ page_slow/) === 0; n++) {
    assert.equal(await control(server, 'broadcast 0 65000 4'), 'ok');
    await quick.frames(1 + 4 * (n + 1));
  }
  await server.events.next((line) => /^closed \d+ page_slow/.test(line));
  quick.send(frame('"alive"'));
  await quick.raw.until((bytes) => (bytes.includes('{"echo":"alive"}') ? true : undefined));
  slow.close();
  quick.close();
});

test('a slow page is sent the newest state only', async () => {
  const page = await openPage(server, cookie);
  await page.frames(1);
  assert.equal(await control(server, 'broadcast 2 1000 500'), 'ok');
  const got = await page.frames(2);
  assert.equal(got.length, 2);
  assert.equal(server.events.count(/page_slow/), 0);
  page.close();
});

test('no more than 64 pages', async () => {
  const until0 = async () => { while (await control(server, 'pages') !== '0') await new Promise(setImmediate); };
  await until0();
  const pages = await Promise.all(Array.from({ length: 64 }, () => openPage(server, cookie)));
  assert.ok(pages.every((page) => page.status === 101));
  assert.equal((await openPage(server, cookie)).status, 503);
  for (const page of pages) page.close();
  await until0();
  const again = await openPage(server, cookie);
  assert.equal(again.status, 101);
  again.close();
});

test('slow requests are cut within their deadline', async () => {
  const started = performance.now();
  const silent = connect(server);
  const dripping = connect(server);
  dripping.write('GET /clerk HTTP/1.1\r\n');
  const drip = setInterval(() => dripping.write('X: y\r\n'), 200);
  const half = connect(server);
  half.write(`GET /clerk HTTP/1.1\r\nHost: ${server.host}\r\n`);
  await Promise.all([silent.ends(), dripping.ends(), half.ends()]);
  clearInterval(drip);
  const took = performance.now() - started;
  assert.ok(took >= 1_500, `cut after ${took} ms`); // who drips on is cut as well: it would never end
});

test('a thousand attackers do not keep a page from its answers, nor a new page out', async () => {
  const page = await openPage(server, cookie);
  await page.frames(1);
  const crowd = Array.from({ length: 1_000 }, (_, n) => {
    const raw = connect(server);
    raw.write(n % 3 === 0 ? '' : n % 3 === 1 ? 'GET / HTTP/1.1\r\nX' : requestText({ line: 'GET /clerk HTTP/1.1', headers: { ...upgradeHeaders(server, cookie), Origin: 'http://evil.example' } }));
    return raw;
  });
  const took = [];
  for (let n = 0; n < 50; n++) {
    const asked = performance.now();
    page.send(frame(`"${n}"`));
    await page.frames(n + 2);
    took.push(performance.now() - asked);
  }
  const { answer } = await signIn(server);
  assert.equal(answer.status, 303);
  await Promise.all(crowd.map((raw) => raw.ends()));
  for (const raw of crowd) raw.close();
  took.sort((a, b) => a - b);
  assert.ok(took[24] < 200 && took[47] < 1_000, `half of the answers took up to ${took[24]} ms, all up to ${took.at(-1)} ms`); // who is cut off is so after 2 s
  page.close();
});

test('headers that are too long or too many are refused', async () => {
  const long = await exchange(server, requestText({ line: 'GET /clerk HTTP/1.1', headers: { Host: server.host, Cookie: `${cookie}; a=${'x'.repeat(20_000)}` } }));
  assert.ok(long.status === 0 || long.status >= 400);
  const many = await exchange(server, requestText({ line: 'GET /clerk HTTP/1.1', headers: { Host: server.host, X: Array.from({ length: 5_000 }, () => 'y') } }));
  assert.ok(many.status === 0 || many.status >= 400);
});

test('stops cleanly with pages and requests open', async () => {
  const other = await startServer();
  const { cookie: own } = await signIn(other);
  const page = await openPage(other, own);
  await page.frames(1);
  const half = connect(other);
  half.write('GET /clerk HTTP/1.1\r\n');
  await control(other, 'broadcast 0 65000 3');
  assert.deepEqual(await other.stop(), { code: 0, signal: null });
  await other.events.next((line) => /^closed 1 stopped/.test(line));
  await Promise.all([page.raw.ends(), half.ends()]);
});

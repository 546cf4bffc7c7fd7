// Who gets in: Host and Origin are judged before anything else is read, tokens open once, cookies hold.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { served } from '../../support/served.mjs';
import { connect, control, exchange, openPage, parseAnswer, requestText, signIn, startServer, upgradeHeaders } from './lib/server.mjs';

let server;
let cookie;

before(async () => {
  server = await startServer();
  ({ cookie } = await signIn(server));
});
after(async () => {
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
});

const upgrade = (changes) => requestText({ line: 'GET /clerk HTTP/1.1', headers: { ...upgradeHeaders(server, cookie), ...changes } });

test('listens on the loopback address only', () => {
  const hex = server.port.toString(16).toUpperCase().padStart(4, '0');
  const listening = (file) => readFileSync(file, 'utf8').split('\n').map((line) => line.trim().split(/\s+/))
    .filter((field) => field[1]?.endsWith(`:${hex}`) && field[3] === '0A').map((field) => field[1]);
  assert.deepEqual(listening('/proc/net/tcp'), [`0100007F:${hex}`]);
  assert.deepEqual(listening('/proc/net/tcp6'), []);
});

test('a token opens the page once and becomes a strict cookie', async () => {
  const url = new URL(await control(server, 'token clerk'));
  const request = requestText({ line: `GET ${url.pathname}${url.search} HTTP/1.1`, headers: { Host: server.host } });
  const first = await exchange(server, request);
  assert.equal(first.status, 303);
  assert.match(first.head, /\r\nlocation: \/clerk\r\n/);
  assert.match(first.head, /\r\nset-cookie: tillbridge_\d+=[\w-]{66}; Path=\/clerk; HttpOnly; SameSite=Strict\r\n/);
  assert.equal((await exchange(server, request)).status, 403);
});

test('files are served with strict headers, to a session only', async () => {
  const get = (path, value, line = 'GET') => exchange(server, requestText({ line: `${line} ${path} HTTP/1.1`, headers: { Host: server.host, Cookie: value } }));
  for (const path of ['/clerk', '/clerk/style.css', '/clerk/app.js']) {
    const page = await get(path, `other=1; ${cookie}; x=y`);
    assert.equal(page.status, 200, path);
    assert.equal(page.body.length, Number(/content-length: (\d+)/.exec(page.head)[1]), path);
    for (const header of [/content-security-policy: default-src 'none';.*frame-ancestors 'none'/, /x-content-type-options: nosniff/,
      /cache-control: no-store/, /cross-origin-opener-policy: same-origin/, /referrer-policy: no-referrer/]) assert.match(page.head, header);
    assert.equal((await get(path, null)).status, 403);
    assert.equal((await get(path, cookie.slice(0, -2) + 'AA')).status, 403);
  }
  const head = await get('/clerk', cookie, 'HEAD');
  assert.equal(head.status, 200);
  assert.equal(head.body, '');
  assert.equal((await get('/clerk/nothing.js', cookie)).status, 404);
  assert.equal((await get('/', cookie)).status, 404);
  assert.equal((await get('/clerk/../../etc/passwd', cookie)).status, 404);
  assert.equal((await get('/clerk/%2e%2e/%2e%2e/etc/passwd', cookie)).status, 404);
});

// What a browser would unpack.
async function content(path, headers = {}) {
  const bytes = await new Promise((resolve) => {
    const parts = [];
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write(requestText({ line: `GET ${path} HTTP/1.1`, headers: { Host: server.host, ...headers } })));
    socket.on('data', (part) => parts.push(part)).on('close', () => resolve(Buffer.concat(parts)));
  });
  const end = bytes.indexOf('\r\n\r\n');
  assert.match(bytes.subarray(0, end).toString(), /^HTTP\/1.1 200[^]*content-encoding: gzip/, path);
  return gunzipSync(bytes.subarray(end + 4));
}

test('words need no session, and are compressed', async () => {
  assert.deepEqual(await content('/words/en.json'), served('words/en.json'));
  assert.equal((await exchange(server, requestText({ line: 'GET /words/../clerk/app.js HTTP/1.1', headers: { Host: server.host } }))).status, 403);
  assert.equal((await exchange(server, requestText({ line: 'GET /lib/words.js HTTP/1.1', headers: { Host: server.host } }))).status, 404);
});

test('a page asks for its style sheet and one module, and is given both with its session', async () => {
  for (const scope of ['clerk', 'shopper', 'it']) {
    const { cookie: own } = await signIn(server, scope);
    const page = scope === 'shopper' ? 'kiosk' : scope;
    const html = (await content(`/${page}`, { Cookie: own })).toString();
    const wanted = [...html.matchAll(/ (?:href|src)="(\/[^"]*)"/g)].map(([, path]) => path);
    assert.deepEqual(wanted, [`/${page}/style.css`, `/${page}/app.js`]);
    for (const path of wanted) assert.deepEqual(await content(path, { Cookie: own }), served(`web${path}`), path);
  }
});

test('a session is good for its own page only', async () => {
  const kiosk = await signIn(server, 'shopper');
  assert.match(kiosk.answer.head, /\r\nlocation: \/kiosk\r\n[^]*; Path=\/kiosk;/);
  const ask = (path, value) => exchange(server, requestText({ line: `GET ${path} HTTP/1.1`, headers: { ...upgradeHeaders(server, value) } }));
  assert.equal((await ask('/clerk', kiosk.cookie)).status, 403);
  assert.equal((await ask('/kiosk', cookie)).status, 403);
  assert.equal((await ask('/it', kiosk.cookie)).status, 403);
  assert.equal((await exchange(server, requestText({ line: 'GET /clerk HTTP/1.1', headers: { Host: server.host, Cookie: kiosk.cookie } }))).status, 403);
});

test('the right Host and Origin are let in, under each name', async () => {
  for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
    const host = `${name}:${server.port}`;
    const raw = connect(server);
    raw.write(upgrade({ Host: host, Origin: `http://${host}` }));
    const head = await raw.until((bytes) => (bytes.includes('\r\n\r\n') ? bytes : undefined));
    assert.equal(parseAnswer(head.toString('latin1')).status, 101, host);
    raw.close();
  }
});

function foreignHosts() {
  const { port } = server;
  const own = `127.0.0.1:${port}`;
  return [null, '', '127.0.0.1', 'localhost', `127.0.0.1:${port + 1}`, `127.0.0.1:0${port}`, `127.0.0.1.:${port}`, `localhost.:${port}`,
    `LOCALHOST:${port}`, `LocalHost:${port}`, 'evil.example', `evil.example:${port}`, `localhost.evil.example:${port}`, `user@${own}`,
    `user:pw@${own}`, `evil.example@${own}`, `${own}@evil.example`, `http://${own}`, `//${own}`, `${own}/`, `${own}, evil.example`,
    [own, 'evil.example'], ['evil.example', own], [own, own], `127.0.0.2:${port}`, `127.1:${port}`, `2130706433:${port}`, `0x7f000001:${port}`,
    `0.0.0.0:${port}`, `[::ffff:127.0.0.1]:${port}`, `[0:0:0:0:0:0:0:1]:${port}`, `::1:${port}`, `${own}x`, '*', `127.0.0.1:${port}:${port}`];
}

function foreignOrigins() {
  const { port } = server;
  const own = `http://127.0.0.1:${port}`;
  return [null, '', 'null', 'NULL', 'http://evil.example', `http://evil.example:${port}`, `https://127.0.0.1:${port}`, `ws://127.0.0.1:${port}`,
    'file://', 'chrome-extension://abcdefghijklmnop', `HTTP://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`, 'http://127.0.0.1',
    `${own}/`, `${own}.`, `${own}, http://evil.example`, `http://evil.example, ${own}`, [own, 'http://evil.example'], ['http://evil.example', own],
    `http://user@127.0.0.1:${port}`, `http://evil.example@127.0.0.1:${port}`, `${own}@evil.example`, `${own}.evil.example`,
    `http://localhost:${port}`, `http://[::1]:${port}`, `http://127.0.0.1.:${port}`, `http://LOCALHOST:${port}`, `http:/127.0.0.1:${port}`,
    `127.0.0.1:${port}`, '*', own.repeat(40)];
}

test('foreign Hosts are refused for the websocket, the page and the token', async () => {
  const hosts = foreignHosts();
  for (const host of hosts) {
    const label = `Host ${JSON.stringify(host)}`;
    assert.equal((await exchange(server, upgrade({ Host: host }))).status, 403, label);
    assert.equal((await exchange(server, requestText({ line: 'GET /clerk HTTP/1.1', headers: { Host: host, Cookie: cookie } }))).status, 403, label);
  }
  assert.ok(hosts.length >= 30);
});

test('foreign Origins are refused for the websocket, and for the page when one is named', async () => {
  const origins = foreignOrigins();
  for (const origin of origins) {
    const label = `Origin ${JSON.stringify(origin)}`;
    assert.equal((await exchange(server, upgrade({ Origin: origin }))).status, 403, label);
    if (!origin) continue;
    assert.equal((await exchange(server, requestText({ line: 'GET /clerk HTTP/1.1', headers: { Host: server.host, Origin: origin, Cookie: cookie } }))).status, 403, label);
  }
  assert.ok(foreignHosts().length + origins.length >= 60);
});

test('a foreign Origin is refused before a payload is looked at', async () => {
  const raw = connect(server);
  raw.write(upgrade({ Origin: 'http://evil.example' }).slice(0, -2)); // all but the empty line that ends the headers
  raw.write('\r\n');
  raw.write(Buffer.alloc(100_000, 0x81));
  assert.equal(parseAnswer((await raw.ends()).toString('latin1')).status, 403);
  raw.close();
});

test('odd request lines and upgrades are refused', async () => {
  const page = { Host: server.host, Cookie: cookie };
  const lines = [`GET http://127.0.0.1:${server.port}/clerk HTTP/1.1`, 'GET http://evil.example/clerk HTTP/1.1', `CONNECT ${server.host} HTTP/1.1`,
    'POST /clerk HTTP/1.1', 'PROPFIND /clerk HTTP/1.1', 'DELETE /clerk HTTP/1.1', 'OPTIONS * HTTP/1.1', 'TRACE /clerk HTTP/1.1', 'GET clerk HTTP/1.1',
    'GET  HTTP/1.1', 'GARBAGE', 'GET /clerk\u0000 HTTP/1.1', 'PRI * HTTP/2.0'];
  for (const line of lines) {
    const answer = await exchange(server, requestText({ line, headers: page }));
    assert.ok(answer.status === 0 || answer.status >= 400, `${line}: ${answer.status}`);
  }
  const upgrades = [{ Upgrade: 'h2c' }, { Upgrade: 'raw' }, { Upgrade: 'websocket, h2c' }, { 'Sec-WebSocket-Version': '8' }, { 'Sec-WebSocket-Version': null },
    { 'Sec-WebSocket-Protocol': null }, { 'Sec-WebSocket-Protocol': 'other' }, { 'Sec-WebSocket-Protocol': 'tillbridge-page.v1, other' },
    { 'Sec-WebSocket-Protocol': 'http' }, { Cookie: null }, { Cookie: cookie.replace(/=.*/, '=') }, { Cookie: `${cookie}x` }];
  for (const change of upgrades) {
    const answer = await exchange(server, upgrade(change));
    assert.ok(answer.status === 0 || answer.status >= 400, `${JSON.stringify(change)}: ${answer.status}`);
  }
  for (const path of ['/', '/clerk/', '/clerk/app.js', '/open', '/CLERK']) {
    const answer = await exchange(server, requestText({ line: `GET ${path} HTTP/1.1`, headers: upgradeHeaders(server, cookie) }));
    assert.equal(answer.status, 403, path);
  }
});

test('a session is good after a restart', async () => {
  const other = await startServer();
  const old = (await signIn(other)).cookie;
  assert.deepEqual(await other.stop(), { code: 0, signal: null });
  const again = await startServer({ COUNTER_PORT: String(other.port) });
  assert.equal(again.port, other.port);
  const page = await openPage(again, old);
  assert.equal(page.status, 101);
  page.close();
  await again.stop();
});

test('guessing tokens becomes slow, and a right one still opens', async () => {
  assert.equal((await signIn(server)).answer.status, 303); // what was wrong before is forgotten
  const guess = (token) => exchange(server, requestText({ line: `GET /open?token=${token} HTTP/1.1`, headers: { Host: server.host } }));
  const began = performance.now();
  for (let n = 0; n < 5; n++) assert.equal((await guess('A'.repeat(43))).status, 403);
  const took = performance.now() - began;
  const slowStart = performance.now();
  assert.equal((await guess('B'.repeat(43))).status, 403);
  assert.ok(performance.now() - slowStart >= 900, 'the sixth wrong token is answered at once');
  assert.ok(took < 5 * 900, 'five that each wait as the sixth does take longer');
  const { answer } = await signIn(server);
  assert.equal(answer.status, 303);
});

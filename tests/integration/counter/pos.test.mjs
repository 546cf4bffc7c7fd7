// The transport for POS software: who gets in, calls, events and the websocket, and clients that mean harm.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, control, exchange, frame, framesOf, parseAnswer, requestText, startServer, upgradeHeaders } from './lib/server.mjs';

const ORIGIN = 'https://pos.example';
const TOKEN = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';
const PAGE_TOKEN = `1${TOKEN.slice(1)}`;

let server;
before(async () => { server = await startServer(); });
after(async () => { assert.deepEqual(await server.stop(), { code: 0, signal: null }); });

const codeOf = (answer) => JSON.parse(answer.body).error.data.code;
const bearer = (token) => ({ Authorization: `Bearer ${token}` });

function callText(body, headers = {}, length = Buffer.byteLength(body)) {
  const all = { Host: server.host, 'Content-Type': 'application/json', 'Content-Length': `${length}`, ...headers };
  return `${requestText({ line: 'POST /pos/v1/rpc HTTP/1.1', headers: all })}${body}`;
}
const call = (body, headers) => exchange(server, callText(body, headers));
const refusedCall = async (headers, status, code) => {
  const answer = await call('{"ask":1}', headers);
  assert.deepEqual([answer.status, codeOf(answer)], [status, code], JSON.stringify(headers));
  return answer;
};
const hung = (line) => /^pos call \d+ client 7 6$/.test(line); // somebody works on it
const preflight = (headers, path = 'rpc') =>
  exchange(server, requestText({ line: `OPTIONS /pos/v1/${path} HTTP/1.1`, headers: { Host: server.host, ...headers } }));

// ---- calls ----

test('a call is answered, with a token and without', async () => {
  for (const headers of [{}, bearer(TOKEN), { Authorization: `bearer  ${TOKEN} ` }]) {
    const answer = await call('{"ask":1}', headers);
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body), { echo: { ask: 1 } });
    assert.match(answer.head, /^content-type: application\/json\r?$/m);
    assert.match(answer.head, /^cache-control: no-store\r?$/m);
    assert.doesNotMatch(answer.head, /access-control/);
  }
});

test('a message to which nobody answers is 204', async () => {
  const answer = await call('"quiet"');
  assert.deepEqual([answer.status, answer.body], [204, '']);
});

test('a long answer and a long call come whole', async () => {
  const body = `"${'x'.repeat(16_000)}"`;
  assert.equal(JSON.parse((await call(body)).body).echo, body.slice(1, -1));
});

test('a call in pieces is put together', async () => {
  const raw = connect(server);
  const text = callText('{"ask":[1,2,3]}', bearer(TOKEN));
  for (let at = 0; at < text.length; at += 7) raw.write(text.slice(at, at + 7));
  assert.deepEqual(JSON.parse(parseAnswer((await raw.ends()).toString()).body), { echo: { ask: [1, 2, 3] } });
});

test('who does not belong is refused by what stands in the headers', async () => {
  await refusedCall({ Host: `evil.example:${server.port}` }, 403, 'host_foreign');
  await refusedCall({ Host: `127.0.0.1:${server.port + 1}` }, 403, 'host_foreign');
  await refusedCall({ Host: '127.0.0.1' }, 403, 'host_foreign');
  await refusedCall({ Origin: 'https://evil.example' }, 403, 'origin_foreign');
  await refusedCall({ Origin: 'null' }, 403, 'origin_foreign');
  await refusedCall({ Origin: server.origin }, 403, 'origin_foreign');
  await refusedCall({ Origin: [ORIGIN, ORIGIN] }, 403, 'origin_foreign');
  await refusedCall({ Origin: `${ORIGIN}.evil.example`, ...bearer(TOKEN) }, 403, 'origin_foreign');
  await refusedCall(bearer('wrong'), 401, 'token_refused');
  await refusedCall(bearer(`${TOKEN.slice(0, -1)}H`), 401, 'token_refused');
  await refusedCall({ Authorization: 'Basic dG9tOnNlc2FtZQ==' }, 401, 'token_refused');
  await refusedCall(bearer(PAGE_TOKEN), 403, 'origin_foreign');
  assert.match((await refusedCall(bearer('x'), 401, 'token_refused')).head, /^www-authenticate: Bearer\r?$/m);
});

test('what is no call is refused', async () => {
  const refused = async (line, headers, status, code, body = '') => {
    const answer = await exchange(server, `${requestText({ line, headers: { Host: server.host, ...headers } })}${body}`);
    assert.deepEqual([answer.status, codeOf(answer)], [status, code], line);
  };
  await refused('GET /pos/v1/rpc HTTP/1.1', bearer(TOKEN), 405, 'method_refused');
  await refused('GET /pos/v1/other HTTP/1.1', bearer(TOKEN), 404, 'not_found');
  await refused('GET /pos/v1 HTTP/1.1', bearer(TOKEN), 403, 'upgrade_refused');
  await refusedCall({ 'Content-Type': 'text/plain' }, 415, 'type_refused');
  await refusedCall({ 'Content-Type': null }, 415, 'type_refused');
  await refusedCall({ 'Content-Type': 'application/jsonp' }, 415, 'type_refused');
  await refusedCall({ 'Content-Length': null }, 411, 'length_missing');
  await refusedCall({ 'Content-Length': '0' }, 411, 'length_missing');
  await refusedCall({ 'Content-Length': '16385' }, 413, 'body_long');
  await refusedCall({ 'Content-Length': '99999999999999999999' }, 411, 'length_missing');
  assert.equal((await call('{"ask":1}', { 'Content-Type': 'Application/JSON; charset=utf-8' })).status, 200);
});

test('broken UTF-8 is refused', async () => {
  const raw = connect(server);
  raw.write(Buffer.concat([Buffer.from(callText('', bearer(TOKEN), 4)), Buffer.from([0x22, 0xc3, 0x28, 0x22])]));
  const answer = parseAnswer((await raw.ends()).toString());
  assert.deepEqual([answer.status, codeOf(answer)], [400, 'message_utf8']);
});

test('a body that does not come, and an answer that does not, end the call', { timeout: 20_000 }, async () => {
  const slow = connect(server);
  slow.write(callText('{"ask"', bearer(TOKEN), 100));
  const hanging = call('"hang"', bearer(TOKEN));
  await server.events.next(hung);
  assert.equal((await slow.ends()).length, 0);
  await server.events.next((line) => line === 'refused request_slow');
  const answer = await hanging;
  assert.deepEqual([answer.status, codeOf(answer)], [504, 'answer_late']);
});

test('a call that somebody works on is not pushed out by idle sockets', { timeout: 20_000 }, async () => {
  const hanging = call('"hang"', bearer(TOKEN));
  const [, number] = /^pos call (\d+)/.exec(await server.events.next(hung));
  const idle = Array.from({ length: 70 }, () => connect(server));
  await server.events.next((line) => line === 'refused requests_full');
  assert.equal(await control(server, `answer ${number}`), 'ok');
  const answer = await hanging;
  assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { late: true }]);
  for (const raw of idle) raw.close();
});

// ---- pages of other origins ----

test('only an allowed origin is answered so that its page can read it', async () => {
  const asked = { Origin: ORIGIN, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization, content-type' };
  const allowed = await preflight({ ...asked, 'Access-Control-Request-Private-Network': 'true' });
  assert.equal(allowed.status, 204);
  for (const line of [`access-control-allow-origin: ${ORIGIN}`, 'access-control-allow-methods: GET, POST', 'vary: Origin',
    'access-control-allow-headers: authorization, content-type', 'access-control-max-age: 600', 'access-control-allow-private-network: true'])
    assert.ok(allowed.head.split('\r\n').includes(line), `${line} in\n${allowed.head}`);
  assert.doesNotMatch((await preflight(asked)).head, /private-network|credentials/);
  assert.equal((await preflight({ ...asked, 'Access-Control-Request-Method': 'GET' }, 'events')).status, 204);

  const refusals = [[{ ...asked, Origin: 'https://evil.example' }, 403], [{ ...asked, Origin: null }, 405],
    [{ ...asked, 'Access-Control-Request-Method': 'DELETE' }, 405], [{ ...asked, 'Access-Control-Request-Method': null }, 405],
    [{ ...asked, Host: 'evil.example' }, 403]];
  for (const [headers, status] of refusals) {
    const answer = await preflight(headers);
    assert.equal(answer.status, status, JSON.stringify(headers));
    assert.doesNotMatch(answer.head, /access-control/i);
  }
});

test('a page of an allowed origin calls with its token, and reads why it may not', async () => {
  const own = await call('{"ask":1}', { Origin: ORIGIN, ...bearer(PAGE_TOKEN) });
  assert.equal(own.status, 200);
  assert.match(own.head, new RegExp(`^access-control-allow-origin: ${ORIGIN}\r?$`, 'm'));
  assert.match((await refusedCall({ Origin: ORIGIN, ...bearer('x') }, 401, 'token_refused')).head, /access-control-allow-origin/);
});

test('nothing else gets CORS', async () => {
  for (const line of ['OPTIONS /clerk HTTP/1.1', 'OPTIONS /words/en.json HTTP/1.1', 'OPTIONS /open HTTP/1.1', 'OPTIONS * HTTP/1.1']) {
    const answer = await exchange(server, requestText({ line, headers: { Host: server.host, Origin: ORIGIN, 'Access-Control-Request-Method': 'GET' } }));
    assert.notEqual(answer.status, 200, line);
    assert.notEqual(answer.status, 204, line);
    assert.doesNotMatch(answer.head, /access-control/i);
  }
});

// ---- events ----

async function openEvents(headers) {
  const raw = connect(server);
  raw.write(requestText({ line: 'GET /pos/v1/events HTTP/1.1', headers: { Host: server.host, ...headers } }));
  await raw.until((bytes) => (bytes.includes('\r\n\r\n') ? true : undefined));
  const events = () => parseAnswer(raw.bytes.toString()).body.split('\n\n').slice(0, -1);
  return { raw, head: parseAnswer(raw.bytes.toString()), events, event: (n) => raw.until(() => events()[n]) };
}

test('events come one by one, and a token is needed', async () => {
  assert.equal(codeOf(await exchange(server, requestText({ line: 'GET /pos/v1/events HTTP/1.1', headers: { Host: server.host } }))), 'token_missing');
  const stream = await openEvents(bearer(TOKEN));
  assert.equal(stream.head.status, 200);
  assert.match(stream.head.head, /^content-type: text\/event-stream\r?$/m);
  assert.doesNotMatch(stream.head.head, /content-length/);
  assert.equal(await stream.event(0), 'data: {"hello":true}');
  assert.match(await server.events.next((line) => line.startsWith('pos opened')), /client 7$/);
  assert.equal(await control(server, 'revoke 7'), 'ok');
  await stream.raw.ends();
  assert.match(await server.events.next((line) => /^closed \d+ revoked/.test(line)), /revoked$/);
});

// ---- websocket ----

async function openSocket(headers) {
  const raw = connect(server);
  const all = { ...upgradeHeaders(server), 'Sec-WebSocket-Protocol': 'tillbridge-pos.v1', Origin: null, Cookie: null, ...headers };
  raw.write(requestText({ line: 'GET /pos/v1 HTTP/1.1', headers: all }));
  const start = await raw.until((bytes) => { const at = bytes.indexOf('\r\n\r\n'); return at < 0 ? undefined : at + 4; });
  return { raw, answer: parseAnswer(raw.bytes.toString('latin1')),
    frames: (count) => raw.until((bytes) => { const got = framesOf(bytes.subarray(start)); return got.length >= count ? got : undefined; }) };
}

test('a websocket needs a token, in a header or among the protocols', async () => {
  const inProtocol = { Origin: ORIGIN, 'Sec-WebSocket-Protocol': `tillbridge-pos.v1, bearer.${PAGE_TOKEN}` };
  for (const headers of [bearer(TOKEN), inProtocol, { 'Sec-WebSocket-Protocol': `bearer.${TOKEN},tillbridge-pos.v1` }]) {
    const socket = await openSocket(headers);
    assert.equal(socket.answer.status, 101, JSON.stringify(headers));
    assert.match(socket.answer.head, /^sec-websocket-protocol: tillbridge-pos\.v1\r?$/im);
    socket.raw.write(frame('{"ask":2}'));
    const said = (await socket.frames(2)).map((f) => f.payload.toString());
    assert.deepEqual(said, ['{"hello":true}', '{"echo":{"ask":2}}']);
    socket.raw.close();
  }
});

test('a websocket that does not belong is refused before it opens', async () => {
  const cases = [[{}, 401], [bearer('x'), 401], [{ ...bearer(TOKEN), Origin: 'https://evil.example' }, 403], [bearer(PAGE_TOKEN), 403],
    [{ ...bearer(TOKEN), Host: 'evil.example' }, 403], [{ ...bearer(TOKEN), 'Sec-WebSocket-Protocol': 'tillbridge-page.v1' }, 403],
    [{ ...bearer(TOKEN), 'Sec-WebSocket-Protocol': 'tillbridge-pos.v1, other' }, 403], [{ ...bearer(TOKEN), 'Sec-WebSocket-Protocol': null }, 403],
    [{ ...bearer(TOKEN), 'Sec-WebSocket-Version': '8' }, 403]];
  for (const [headers, status] of cases) assert.equal((await openSocket(headers)).answer.status, status, JSON.stringify(headers));
});

test('a message that is too long closes the websocket', async () => {
  const socket = await openSocket(bearer(TOKEN));
  await socket.frames(1);
  socket.raw.write(frame('x'.repeat(16_385)));
  await socket.raw.until(() => (framesOf(socket.raw.bytes).length && socket.raw.ended ? true : undefined));
  assert.match(await server.events.next((line) => /^closed \d+ message_long/.test(line)), /message_long/);
});

test('no more than 16 follow, and calls go on', async () => {
  const streams = [];
  for (let i = 0; i < 16; i++) streams.push(await openEvents(bearer(TOKEN)));
  assert.deepEqual([...new Set(streams.map((s) => s.head.status))], [200]);
  assert.equal((await openEvents(bearer(TOKEN))).head.status, 503);
  assert.equal((await openSocket(bearer(TOKEN))).answer.status, 503);
  assert.equal((await call('{"ask":1}', bearer(TOKEN))).status, 200);
  for (const stream of streams) stream.raw.close();
  for (let i = 0; i < 16; i++) await server.events.next((line) => /^closed \d+ closed$/.test(line));
  assert.equal((await openSocket(bearer(TOKEN))).answer.status, 101);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './web.mjs';

const { connect } = await load('lib/link.js');

// A browser's environment with a clock that is moved by hand.
function fakeEnv() {
  const env = { now: 0, timers: new Set(), sockets: [], status: 200, asked: [] };
  env.performance = { now: () => env.now };
  env.setTimeout = (fn, ms) => { const timer = { fn, due: env.now + ms }; env.timers.add(timer); return timer; };
  env.clearTimeout = (timer) => env.timers.delete(timer);
  env.setInterval = (fn, ms) => { const again = () => { fn(); env.timers.add({ fn: again, due: env.now + ms }); }; env.timers.add({ fn: again, due: env.now + ms }); };
  env.fetch = async (path) => { env.asked.push(path); return { status: env.status }; };
  env.WebSocket = class {
    constructor(url, protocol) { Object.assign(this, { url, protocol, readyState: 0, sent: [], on: {} }); env.sockets.push(this); }
    addEventListener(name, fn) { this.on[name] = fn; }
    send(text) { this.sent.push(JSON.parse(text)); }
    close() { this.closed = true; }
    opens() { this.readyState = 1; this.on.open(); }
    says(message) { this.on.message({ data: typeof message === 'string' ? message : JSON.stringify(message) }); }
    ends() { this.readyState = 3; this.on.close(); }
  };
  env.pass = (ms) => {
    for (const end = env.now + ms; ;) {
      const next = [...env.timers].filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)[0];
      if (!next) { env.now = end; return; }
      env.timers.delete(next);
      env.now = Math.max(env.now, next.due);
      next.fn();
    }
  };
  return env;
}

function start() {
  const env = fakeEnv();
  const log = [];
  const link = connect('ws://till/kiosk', { onUp: () => log.push('up'), onDown: () => log.push('down'), onDenied: () => log.push('denied'), onMessage: (method, params) => log.push([method, params]) }, env);
  return { env, log, link };
}

test('speaks the page’s protocol and hands on notifications', () => {
  const { env, log } = start();
  const [socket] = env.sockets;
  assert.deepEqual([socket.url, socket.protocol], ['ws://till/kiosk', 'tillbridge-page.v1']);
  socket.opens();
  socket.says({ jsonrpc: '2.0', method: 'state', params: { unsent: 1 } });
  socket.says('not json');
  assert.deepEqual(log, ['up', ['state', { unsent: 1 }]]);
});

test('answers find their requests', async () => {
  const { env, link } = start();
  env.sockets[0].opens();
  const first = link.request('cart.remove', { line: 'a', from: 1 });
  const second = link.request('visit.end', {});
  const [one, two] = env.sockets[0].sent;
  assert.deepEqual([one.method, one.params], ['cart.remove', { line: 'a', from: 1 }]);
  env.sockets[0].says({ jsonrpc: '2.0', id: two.id, error: { code: -32000, message: 'x', data: { code: 'refused.not_found' } } });
  env.sockets[0].says({ jsonrpc: '2.0', id: one.id, result: { ok: 1 } });
  env.sockets[0].says({ jsonrpc: '2.0', id: 99, result: {} });
  assert.deepEqual(await first, { ok: 1 });
  await assert.rejects(second, { code: 'refused.not_found' });
});

test('what is asked without a connection, or stays unanswered, fails', async () => {
  const { env, link } = start();
  await assert.rejects(link.request('visit.end', {}), { code: 'link' });
  env.sockets[0].opens();
  const lost = link.request('visit.end', {});
  env.sockets[0].ends();
  await assert.rejects(lost, { code: 'link' });
  env.pass(300);
  env.sockets[1].opens();
  const unanswered = link.request('visit.end', {});
  env.pass(5_000);
  await assert.rejects(unanswered, { code: 'link' });
});

test('comes back by itself, ever more slowly, at once after a good connection', async () => {
  const { env, log } = start();
  for (let n = 0; n < 8; n++) { env.sockets.at(-1).ends(); await null; env.pass(4_000); }
  assert.equal(env.sockets.length, 9);
  env.sockets.at(-1).opens();
  env.sockets.at(-1).ends();
  await null;
  env.pass(260);
  assert.equal(env.sockets.length, 10);
  assert.equal(log.includes('denied'), false);
});

test('asks at its own page why it was turned down', async () => {
  const { env, log } = start();
  env.status = 403;
  env.sockets[0].ends();
  await new Promise(setImmediate);
  assert.deepEqual(log, ['down', 'denied']);
  assert.deepEqual(env.asked, ['/kiosk']);
});

test('an agent that falls silent is taken for lost', () => {
  const { env, log } = start();
  env.sockets[0].opens();
  env.pass(5_000);
  assert.equal(env.sockets[0].sent.at(-1).method, 'ping');
  env.sockets[0].says({ jsonrpc: '2.0', id: env.sockets[0].sent.at(-1).id, result: {} });
  env.pass(12_000);
  assert.deepEqual(log, ['up']);
  env.pass(5_000);
  assert.deepEqual(log, ['up', 'down']);
  assert.equal(env.sockets[0].closed, true);
  env.pass(300);
  assert.equal(env.sockets.length, 2);
});

// A reconnect storm with real connections: what beginning one costs contextd, what that means for 100,000 terminals
// (tests/sim/storm.c), and so many clients over TLS that lose contextd, which is killed and started again, at one moment
// and come back by the same rules as terminals: first anywhere in the window that they were handed out, then with full
// jitter. With --check it fails unless all come back with at most 1.05 attempts each.
//
//     node storm.mjs --contextd <path> --storm <path> [--connections N] [--window ms] [--check]

import { readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { run } from '../e2e/lib/program.mjs';
import { Store } from '../integration/contextd/client.mjs';

const SAMPLES = 60;
const BEGIN_AT_ONCE = 20;
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 60000;
const SESSIONS_PER_CUSTOMER = 5;
const ATTEMPTS_MAX = 1.05;

const { values: option } = parseArgs({
  options: {
    contextd: { type: 'string' }, storm: { type: 'string' }, connections: { type: 'string', default: '1000' },
    window: { type: 'string', default: '20000' }, check: { type: 'boolean', default: false },
  },
});
const count = Number(option.connections);
const window_ms = Number(option.window);

// The ports of the first start are those of every later one.
async function begin() {
  const store = await Store.make(option.contextd, `reconnect_window_ms = ${window_ms}`,
    { customers: Math.max(40, Math.ceil(count / SESSIONS_PER_CUSTOMER)) });
  await store.start();
  const conf = readFileSync(store.file('contextd.conf'), 'utf8').split('listen = 127.0.0.1:0');
  writeFileSync(store.file('contextd.conf'),
    `${conf[0]}listen = 127.0.0.1:${store.ports.terminals}${conf[1]}listen = 127.0.0.1:${store.ports.web}${conf[2]}`);
  return store;
}

// One connection after the other; the least of what contextd says that each cost its loop.
async function cost(store, identity, resumed) {
  let session;
  let least = Infinity;
  for (let i = 0; i < SAMPLES; i++) {
    const client = await store.terminal({ ...identity, maxVersion: 'TLSv1.2', session: resumed ? session : undefined });
    await client.hello({ device: 'till-0421-4' });
    session = client.tls.getSession();
    const line = await store.server.printed(`resumed=${resumed && i > 0 ? 1 : 0}`);
    const us = Number(line.match(/cpu_us=(\d+)/)[1]);
    if (us > 0 && !(resumed && i === 0)) least = Math.min(least, us);
    client.drop();
    await client.closed;
  }
  return least;
}

class Shopper {
  attempts = 0;
  failures = 0;

  constructor(store, token) {
    this.store = store;
    this.token = token;
  }

  async connect() {
    this.attempts++;
    this.client = await this.store.web();
    const lost = this.client.closed.then(({ code, reason }) => {
      throw new Error(`closed: ${code} ${reason}`);
    });
    lost.catch(() => {});
    const hello = this.client.hello({ channel: 'web', token: this.token });
    const { reconnect_window_ms } = await Promise.race([hello, lost]);
    this.window_ms = reconnect_window_ms;
    this.failures = 0;
  }

  // Lost, and back again; the time that it took, in seconds.
  async comeBack(lost) {
    let wait_ms = Math.random() * this.window_ms;
    for (;;) {
      await new Promise((due) => setTimeout(due, wait_ms));
      try {
        await this.connect();
        return (performance.now() - lost) / 1000;
      } catch {
        wait_ms = Math.random() * Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.failures++);
      }
    }
  }
}

async function shoppers(store) {
  const all = [];
  for (let i = 0; i * SESSIONS_PER_CUSTOMER < count; i++) {
    const token = await store.token(store.customers[i].id, '--life-s', '600');
    for (let k = 0; k < SESSIONS_PER_CUSTOMER && all.length < count; k++) all.push(new Shopper(store, token));
  }
  for (let i = 0; i < all.length; i += BEGIN_AT_ONCE)
    await Promise.all(all.slice(i, i + BEGIN_AT_ONCE).map((shopper) => shopper.connect()));
  return all;
}

async function storm(store) {
  const all = await shoppers(store);
  for (const shopper of all) shopper.attempts = 0;
  const gone = Promise.all(all.map((shopper) => shopper.client.closed));
  await store.stop('SIGKILL');
  await gone;
  await store.start(); // how long that takes is this machine's business
  const lost = performance.now();
  const times = (await Promise.all(all.map((shopper) => shopper.comeBack(lost)))).sort((a, b) => a - b);
  const attempts = all.reduce((sum, shopper) => sum + shopper.attempts, 0) / all.length;
  for (const shopper of all) shopper.client.drop();
  return { t99: times[Math.ceil(times.length * 0.99) - 1], attempts };
}

const store = await begin();
let good = true;
try {
  const identity = await store.certificate('till-0421-4', '--device', 'till-0421-4');
  const full = await cost(store, identity, false);
  const resumed = await cost(store, identity, true);
  process.stdout.write(await run(option.storm, ['--full-us', String(full), '--resumed-us', String(resumed)]));
  const { t99, attempts } = await storm(store);
  good = attempts <= ATTEMPTS_MAX;
  console.log(`${count} real connections, window ${(window_ms / 1000).toFixed(1)} s: t99 ${t99.toFixed(1)} s, `
    + `${attempts.toFixed(3)} attempts each, ${good ? 'ok' : 'over'}`);
} finally {
  await store.end();
}
process.exitCode = good || !option.check ? 0 : 1;

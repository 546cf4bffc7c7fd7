// From the credential leaving the reader link to the frame that carries the customer to the page: the real agent with
// 10,000 customers in its cache and a real context store behind it. See bench_tap.c.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Events } from '../e2e/lib/events.mjs';
import { World } from '../e2e/lib/world.mjs';
import { bench, cacheFilled, CPU, CUSTOMERS, pin, SIZES } from './lib/bench.mjs';
import { printDistributions, printFigure, Samples } from './lib/figures.mjs';

const ROUNDS = 11;
const TAPS = 400; // a round
const WARM_TAPS = 200;
const STORE_CPU = availableParallelism() - 1; // the context store is another machine in a shop
const PATIENCE_MS = 60_000;
const NAMES = { tap: 'tap to page', echo: 'bare lws echo', read: 'bare SQLite read' };

// bench_tap's end of the conversation: it is started by the agent and connects here.
class Tapper {
  static async listen(path) {
    const tapper = new Tapper();
    tapper.lines = new Events('bench_tap');
    tapper.server = createServer((socket) => {
      tapper.socket = socket;
      createInterface({ input: socket }).on('line', (line) => tapper.lines.push(line));
      socket.on('close', () => tapper.lines.push('closed'));
      tapper.lines.push('connected');
    });
    await new Promise((resolve) => tapper.server.listen(path, resolve));
    return tapper;
  }

  async connected() {
    await this.lines.next('the connection', (line) => line === 'connected');
  }

  // Gives every line that came before the "ok".
  async order(...lines) {
    const answers = [];
    this.socket.write(`${lines.join('\n')}\n`);
    for (let left = lines.length; left > 0;) {
      const line = await this.lines.next('an answer', () => true, PATIENCE_MS);
      if (line === 'closed') throw new Error('bench_tap ended; the log of tillbridged says why');
      if (line === 'ok') left -= 1;
      else answers.push(line);
    }
    return answers;
  }

  close() {
    this.socket?.destroy();
    this.server.close();
  }
}

async function echoServer(path) {
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', () => reject(new Error('bench_echo ended')));
  });
  return { child, port };
}

// The pinned rounds and the others take turns, so that both see the same machine.
async function play({ world, tapper, echo }) {
  const pinned = new Samples();
  const free = new Samples();
  const round = async (samples, number, taps, cpu) => {
    await pin(world.till.child.pid, cpu);
    await pin(echo.child.pid, cpu);
    await pin(world.store.child.pid, cpu === undefined ? undefined : STORE_CPU);
    for (const line of await tapper.order(`round ${number} ${taps} ${cpu ?? -1}`)) samples?.add(line);
  };
  await round(null, 0, WARM_TAPS, CPU);
  for (let number = 0; number < ROUNDS; number += 1) {
    await round(pinned, number, TAPS, CPU);
    await round(free, number, TAPS, undefined);
  }
  return { pinned, free };
}

await bench(async ({ dir, bin, program }) => {
  const tapper = await Tapper.listen(join(dir, 'tap.sock'));
  const readers = `readerd = ${program('bench_tap')}\nnfc = ${join(dir, 'tap.sock')}`;
  const world = new World({ bin, dir, sizes: SIZES, readers });
  const echo = await echoServer(program('bench_echo'));
  try {
    await world.certificates();
    await world.seed();
    await world.startStore();
    await world.startTill();
    await tapper.connected();
    const cache = await cacheFilled(world);
    const size = statSync(world.path('till', 'state', 'cache.db')).size;
    const customers = JSON.parse(await world.contextctl('customer', 'list', '--database', world.path('store', 'context.db'),
      '--json', '--limit', String(CUSTOMERS)));
    const url = new URL(await world.pageUrl());
    await tapper.order(`page ${url.port} ${url.pathname}${url.search}`, `echo ${echo.port}`,
      `read ${join(dir, 'read.db')} ${cache.customers} ${Math.round(size / cache.customers)}`);
    await tapper.order(...customers.map((customer) => `customer ${customer.member} ${customer.name}`));
    const { pinned, free } = await play({ world, tapper, echo });
    console.log(`${cache.customers} customers cached in ${(size / 1e6).toFixed(1)} MB; ${ROUNDS} rounds of ${TAPS} taps`);
    printDistributions(`Till and floors pinned to CPU ${CPU}`, pinned, NAMES);
    printDistributions('On any CPU', free, NAMES);
    console.log('\nTap to page; ratios are the median of the rounds\' ratios of p50');
    printFigure(`p99, pinned to CPU ${CPU}`, pinned.distribution('tap').p99 / 1000, 'ms', 2);
    printFigure('p99, on any CPU', free.distribution('tap').p99 / 1000, 'ms', 2);
    printFigure(`ratio to lws echo + SQLite read, pinned to CPU ${CPU}`, pinned.ratio('tap', 'echo', 'read'), 'x');
    printFigure('ratio to lws echo + SQLite read, on any CPU', free.ratio('tap', 'echo', 'read'), 'x');
  } finally {
    tapper.close();
    echo.child.stdin.end();
    await world.stop();
  }
});

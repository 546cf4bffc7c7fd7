// The cache of a large store: look-ups among 1,000,000 customers (bench_cache.c), and how long a real agent takes to
// fill an empty cache with 100,000 of the same size from a real context store (bench_store.c), against SQLite alone
// inserting the same sealed rows.

import { spawn } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { Console } from '../e2e/lib/console.mjs';
import { run } from '../e2e/lib/program.mjs';
import { World } from '../e2e/lib/world.mjs';
import { bench } from './lib/bench.mjs';
import { median, printFigure } from './lib/figures.mjs';

const CUSTOMERS = 100_000;
const PRODUCTS = 2_000;
const ROUNDS = 5;
const PLAIN_SIZE = 600; // bytes of a customer, on average
const CREDENTIALS = 1.5;
const PATIENCE_MS = 300_000;
const LOOK_EVERY_MS = 20;

const later = (ms) => new Promise((done) => setTimeout(done, ms));

function show(path, args) {
  return new Promise((done, failed) => {
    spawn(path, args, { stdio: ['ignore', 'inherit', 'inherit'] }).once('error', failed)
      .once('exit', (code) => (code === 0 ? done() : failed(new Error(`${path} ended with ${code}`))));
  });
}

// From the agent's start to the last customer and product committed.
async function fill(world) {
  rmSync(world.path('till', 'state'), { recursive: true, force: true });
  const start = performance.now();
  await world.startTill();
  const console = await Console.open(world.path('till', 'run', 'tillbridge.sock'));
  for (;;) {
    const { cache, line } = await console.request('status');
    if (cache.customers >= CUSTOMERS && cache.products >= PRODUCTS) break;
    if (performance.now() - start > PATIENCE_MS) throw new Error(`cached are ${JSON.stringify(cache)}, the line is ${JSON.stringify(line)}`);
    await later(LOOK_EVERY_MS);
  }
  const took_ms = performance.now() - start;
  console.close();
  await world.till.stop();
  return took_ms;
}

async function refill(world, program) {
  const line = await run(program('bench_cache'), ['refill', world.path('till', 'state', 'cache.db'), world.path('refill')]);
  const [, us, rows] = /^refill (\d+) (\d+)/.exec(line);
  return { took_ms: Number(us) / 1000, rows: Number(rows) };
}

// What a customer has in the filled cache: if it is not what it should be, something else was measured.
async function customersHave(world, program) {
  const line = await run(program('bench_cache'), ['plain', world.path('till', 'state')]);
  const [plain, credentials, sealed] = /^plain (\S+) (\S+) (\S+)/.exec(line).slice(1).map(Number);
  if (Math.abs(plain - PLAIN_SIZE) > 1 || Math.abs(credentials - CREDENTIALS) > 0.01)
    throw new Error(`a customer has ${plain} bytes and ${credentials} credentials, not ${PLAIN_SIZE} and ${CREDENTIALS}`);
  return { plain, credentials, sealed };
}

await bench(async ({ dir, bin, program }) => {
  await show(program('bench_cache'), ['look', dir]);
  const world = new World({ bin, dir, readers: '', sizes: ['--customers', '1', '--products', String(PRODUCTS), '--carts', '0'] });
  const rounds = [];
  try {
    await world.certificates();
    await world.seed();
    await run(program('bench_store'), [world.path('store', 'context.db'), String(CUSTOMERS - 1)]);
    await world.startStore();
    for (let number = 0; number < ROUNDS; number += 1) {
      const fed_ms = await fill(world);
      const bare = await refill(world, program);
      rounds.push({ fed_ms, bare_ms: bare.took_ms, rows: bare.rows, ratio: fed_ms / bare.took_ms });
    }
    const size = statSync(world.path('till', 'state', 'cache.db')).size;
    const of = (key) => median(rounds.map((round) => round[key]));
    const { plain, credentials, sealed } = await customersHave(world, program);
    console.log(`\nFilling an empty cache with ${CUSTOMERS} customers with ${credentials} credentials and ${plain} bytes of plain text each, `
      + `journey and cart included, from contextd, ${ROUNDS} rounds; medians`);
    printFigure('agent, from its start to the last row committed', of('fed_ms') / 1000, 's');
    printFigure(`SQLite alone, the same ${of('rows')} rows`, of('bare_ms') / 1000, 's');
    printFigure('ratio, of each round', of('ratio'), 'x', 6);
    printFigure('file, per customer', size / CUSTOMERS, 'B');
    printFigure('  of it the sealed record (its own key wrapped: 60)', sealed, 'B');
  } finally {
    await world.stop();
  }
});

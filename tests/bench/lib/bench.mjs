// How a bench runs: its folder, its programs, and a status that says only whether it could be measured.

import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../../e2e/lib/program.mjs';

export const CPU = 0;

//   node <bench>.mjs --build <folder of the build> --dir <folder of our own>
// options: further ones of this bench, as parseArgs takes them; their values are handed to measure as `options`.
export async function bench(measure, options = {}) {
  const { values } = parseArgs({ options: { build: { type: 'string' }, dir: { type: 'string' }, ...options } });
  const build = resolve(values.build);
  const dir = resolve(values.dir);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  try {
    await measure({ dir, options: values, bin: join(build, 'bin'), program: (name) => join(build, 'bench', name) });
  } catch (error) {
    console.error(`bench: could not be measured: ${error.stack}\nThe programs' logs are in ${dir}.`);
    process.exitCode = 1;
  }
}

// cpu: one, or undefined for all of them.
export function pin(pid, cpu) {
  return run('taskset', ['-a', '-c', '-p', cpu === undefined ? '0-4095' : String(cpu), String(pid)]);
}

export const CUSTOMERS = 10_000;
const PRODUCTS = 2_000;
export const SIZES = ['--customers', String(CUSTOMERS), '--products', String(PRODUCTS)];

// Asks the terminal until its cache holds all that was seeded: every seeded customer is of the store's cohort.
export async function cacheFilled(world, patience_ms = 120_000) {
  const end_ms = Date.now() + patience_ms;
  for (;;) {
    const { cache, line } = JSON.parse(await world.cli('--json', 'status'));
    if (cache.customers >= CUSTOMERS && cache.products >= PRODUCTS) return cache;
    if (Date.now() > end_ms) throw new Error(`cached are ${JSON.stringify(cache)}, the line is ${JSON.stringify(line)}`);
  }
}

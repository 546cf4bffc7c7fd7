// What the agent takes of a small machine: memory with 10,000 customers cached and after the whole story, the time
// from its start to the first look-up, and its size.

import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../e2e/lib/program.mjs';
import { Story } from '../e2e/lib/story.mjs';
import { World } from '../e2e/lib/world.mjs';
import { bench, cacheFilled, SIZES } from './lib/bench.mjs';
import { printDistributions, printFigure, Samples } from './lib/figures.mjs';

const STARTS = 30;
const READERS = 2;
const MIB = 1024 * 1024;

// The agent keeps others out of its memory, figures included: only root may read them.
async function rollup(pid) {
  const path = `/proc/${pid}/smaps_rollup`;
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code !== 'EACCES') throw error;
    text = await run('sudo', ['-n', 'cat', path]);
  }
  const of = (name) => Number(text.match(new RegExp(`^${name}: +(\\d+) kB`, 'm'))[1]) * 1024;
  return { pss: of('Pss'), rss: of('Rss'), own: of('Private_Clean') + of('Private_Dirty') };
}

async function memory(world) {
  const agent = world.till.child.pid;
  const readers = readFileSync(`/proc/${agent}/task/${agent}/children`, 'utf8').trim().split(' ').map(Number);
  if (readers.length !== READERS) throw new Error(`${readers.length} reader processes`);
  const sum = (parts, key) => parts.reduce((total, part) => total + part[key], 0);
  const all = await Promise.all([agent, ...readers].map(rollup));
  return { agent: all[0], readers: { pss: sum(all.slice(1), 'pss') }, pss: sum(all, 'pss'), rss: sum(all, 'rss') };
}

async function strippedSize(path, to) {
  copyFileSync(path, to);
  await run('strip', [to]);
  return statSync(to).size;
}

async function starts({ world, program, bin }) {
  await world.till.stop();
  const samples = new Samples();
  const out = await run(program('bench_start'), [join(bin, 'tillbridged'), world.path('till', 'tillbridged.conf'),
    String(STARTS), String(READERS)]);
  for (const line of out.trim().split('\n')) samples.add(line);
  return samples;
}

await bench(async ({ dir, bin, program }) => {
  const world = new World({ bin, dir, sizes: SIZES });
  try {
    await world.start();
    const cache = await cacheFilled(world);
    const filled = await memory(world);
    await new Story(world).play();
    const played = await memory(world);
    const samples = await starts({ world, program, bin });
    const size = await strippedSize(join(bin, 'tillbridged'), join(dir, 'tillbridged.stripped'));
    const started = samples.distribution('ready');

    printDistributions(`${STARTS} starts, files in the page cache`, samples, { ready: 'first look-up possible', readers: 'readers ready' });
    console.log(`\nFootprint with ${cache.customers} customers and ${cache.products} products cached`);
    printFigure('memory after the story: agent and readers, PSS', played.pss / MIB, 'MiB', 8);
    printFigure('memory after filling the cache: the same', filled.pss / MIB, 'MiB', 8);
    printFigure('  of it the agent', filled.agent.pss / MIB, 'MiB');
    printFigure('  of it the readers', filled.readers.pss / MIB, 'MiB');
    printFigure('  nobody else\'s (private pages of the agent)', filled.agent.own / MIB, 'MiB');
    printFigure('  resident, shared pages counted in full', filled.rss / MIB, 'MiB');
    printFigure('start to first look-up, p50', started.p50 / 1000, 'ms', 15);
    printFigure('start to first look-up, p99', started.p99 / 1000, 'ms', 15);
    printFigure('tillbridged, stripped', size / MIB, 'MiB', 1.6);
  } finally {
    await world.stop();
  }
});

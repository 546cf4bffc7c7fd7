// The demo: a small world that a person can play with (default), or one whole story played without one (--once).
//   node demo.mjs --bin <folder of programs> --dir <empty folder> [--once] [--port N]

import { mkdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { Story } from './lib/story.mjs';
import { World } from './lib/world.mjs';

const { values } = parseArgs({ options: {
  bin: { type: 'string' }, dir: { type: 'string' }, once: { type: 'boolean' }, port: { type: 'string', default: '7315' },
} });
const dir = resolve(values.dir);
const bin = resolve(values.bin);
rmSync(dir, { recursive: true, force: true });
mkdirSync(dir, { recursive: true, mode: 0o700 });

const world = new World({ bin, dir, window_ms: 0 });

async function once() {
  await world.start();
  await new Story(world, { say: (line) => console.log(line) }).play();
  console.log('\nEvery step was right.');
}

async function played() {
  const wallet = world.customers.slice(0, 6);
  for (const [index, customer] of wallet.entries()) {
    const model = index % 2 ? 'type4' : 'ntag213';
    await world.card(`card${index + 1}`, `${model} uri=https://loyal.example/m/${customer.member}`);
  }
  await world.card('stranger', 'ntag215 uri=https://loyal.example/m/9999999999');
  await world.card('bank', 'payment');
  const cli = `${bin}/tillbridge --socket ${world.path('till', 'run', 'tillbridge.sock')} --sim ${world.path('sim')}`;
  console.log(`
Till 4 of store 0421 is open. The clerk page (the address works once; "open" makes a new one):

  ${await world.pageUrl()}

Be a shopper, from a second shell:

  alias tb='${cli}'
${wallet.map((c, i) => `  tb tap card${i + 1}          # ${c.name}, ${c.tier}`).join('\n')}
  tb tap --remove       # take the card away
  tb tap stranger       # a card that nobody knows
  tb tap bank           # a payment card
  tb scan ${world.products[3].ean13}   # ${world.products[3].name}
  tb scan https://loyal.example/m/${wallet[1].member}
  tb status
  tb open

Stop with Ctrl-C.`);
  await new Promise((end) => process.once('SIGINT', end).once('SIGTERM', end));
}

try {
  if (values.once) await once();
  else {
    await world.start({ port: Number(values.port) });
    await played();
  }
} catch (error) {
  console.error(`\n${error.message}\n\nThe programs' logs are in ${dir}.`);
  process.exitCode = 1;
} finally {
  await world.stop();
}

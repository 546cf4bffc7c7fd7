// The demo: a small world that a person can play with (default), or one whole story played without one (--once).
//   node demo.mjs --bin <folder of programs> --dir <folder of its own> [--once] [--port N] [--sizes='<of contextd seed>']

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { join, resolve } from 'node:path';
import { lastingPort } from './lib/ports.mjs';
import { SecondTill } from './lib/second_till.mjs';
import { Story } from './lib/story.mjs';
import { World } from './lib/world.mjs';

const PORT_PRESET = 7315;
const SHOP_PORT_PRESET = 7316;
const KIOSK_PORT_PRESET = 7317;
const KIOSK = 'kiosk-0421-7';
const LOG_LINES_SHOWN = 5;

class Plain extends Error {} // says all there is to say

function options() {
  try {
    const { values } = parseArgs({ options: {
      bin: { type: 'string' }, dir: { type: 'string' }, once: { type: 'boolean' }, port: { type: 'string' }, sizes: { type: 'string' },
    } });
    if (values.port !== undefined && !(/^\d{1,5}$/.test(values.port) && values.port <= 65535)) throw new Error(`${values.port} is no port`);
    return { ...values, dir: resolve(values.dir), bin: resolve(values.bin) };
  } catch (error) {
    console.error(`${error.message}\nusage: ./dev demo [--once] [--port N]`);
    process.exit(2);
  }
}

const { bin, dir, once: alone, port: wanted, sizes } = options();
const world = new World({ bin, dir, sizes: sizes?.split(' '), window_ms: 0, policy: ['--phone-country', '49'],
  consents: { marketing: '2026-03', profiling: '1' } });
const kiosk = SecondTill.beside(world, KIOSK, join(dir, 'kiosk'));
const stopped = new Promise((stop) => process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop));

// ---- before anything is started ----

const answers = (path) => new Promise((found) => {
  const socket = connect(path, () => found(true) || socket.destroy()).on('error', () => found(false));
});

const isFree = (port) => new Promise((free) => {
  const server = createServer().on('error', () => free(false)).listen(port, '127.0.0.1', () => server.close(() => free(true)));
});

async function folderOfOurOwn() {
  if (await answers(join(dir, 'sim', 'pn532d.sock'))) throw new Plain(`A demo runs already in ${dir}. Stop that one first.`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
}

async function portOfThePage() {
  if (await isFree(Number(wanted ?? PORT_PRESET))) return Number(wanted ?? PORT_PRESET);
  if (wanted !== undefined) throw new Plain(`Port ${wanted} is in use. Name another one with --port, or 0 for any free one.`);
  console.log(`Port ${PORT_PRESET} is in use; the page gets another one.`);
  return 0;
}

const presetOrFree = async (port) => (await isFree(port) ? port : lastingPort());

// ---- a world to play with ----

async function webCart(customer) {
  const web = await world.webChannel(customer.id);
  for (const product of world.products.slice(0, 3)) await web.add(product.gtin);
  web.close();
}

async function wallet() {
  const customers = world.customers.slice(0, 6);
  for (const [index, customer] of customers.entries()) {
    const model = index % 2 ? 'type4' : 'ntag213';
    await world.card(`card${index + 1}`, `${model} uri=https://loyal.example/m/${customer.member}`);
  }
  await world.card('stranger', 'ntag215 uri=https://loyal.example/m/9999999999');
  await world.card('bank', 'payment');
  return customers;
}

// The store goes and comes back on a signal; an agent that was ended is started again, as a service manager does.
let ending = false;

async function lineToggle() {
  if (world.store.ended) {
    await world.startStore();
    console.log('The context store is back.');
  } else {
    await world.store.stop();
    console.log('The context store is gone: the till works offline.');
  }
}

function tillWatch(port) {
  world.till.exited.then(async () => {
    if (ending) return;
    await world.startTill({ port });
    console.log(`The agent ended and was started again, as process ${world.till.child.pid}.`);
    tillWatch(port);
  }).catch(fail);
}

const cliOf = (one) => `${bin}/tillbridge --socket ${one.path('till', 'run', 'tillbridge.sock')} --sim ${one.path('sim')}`;

function usage({ clerk, shopper, it }, customers) {
  return `
Till 4 of store 0421 is open. The clerk page (the address works once, within a minute; "tb open" makes a new one):

  ${clerk}

The web shop, where you sign in as one of its customers; what you change there is on the clerk page at once, and the other way round:

  ${world.shop.origin}/

The kiosk of that store (again an address that works once; "tbk open shopper" makes a new one):

  ${shopper}

How the till is doing, for IT ("tb open it" makes a new one):

  ${it}

Be a shopper at the till, from a second shell. ${customers[0].name} has put three products into her cart on the web.

  alias tb='${cliOf(world)}'
  alias tbk='${cliOf(kiosk)}'
${customers.map((c, i) => `  tb tap card${i + 1}          # ${c.name}, ${c.tier}`).join('\n')}
  tb tap --remove       # take the card away
  tb tap stranger       # a card that nobody knows
  tb tap bank           # a payment card
  tb scan ${world.products[3].ean13}   # ${world.products[3].name}
  tb scan https://loyal.example/m/${customers[1].member}   # the code of ${customers[1].name}
  tb scan OP:0000018    # the badge of a clerk, who signs on; once more: off
  tb scan H:…           # the code that the web shop shows after "Go on in a shop"

Pay at the till what is in the cart of who is there (begun on the web, say); the web shop shows both steps, and the clerk page's F5 is the first:

  tb cart               # what it comes to
  tb checkout claim     # it is being paid here
  tb checkout finish R-1 ${new Date().toISOString().slice(0, 10)} 4711   # it was paid: receipt, date, and the total without its point (47.11)

At the kiosk:

  tbk scan ${world.products[4].ean13}   # a product begins a cart of nobody's
  tbk scan https://loyal.example/m/${customers[0].member}   # which then joins hers

"Take it with you" at the kiosk shows a square for the phone: it says ${world.shop.origin}/h/ and the code that stands beside it. The shop listens
on this machine only, so open that address in a browser here: it asks first, then the cart goes on there.

See what the till knows (--json for scripts):

  tb status
  tb cart
  tb tail

Be the bad luck:

  kill -USR2 ${process.pid}        # the context store goes; once more: it comes back
  kill -KILL ${world.till.child.pid}        # the agent dies; it is started again

Stop with Ctrl-C.`;
}

async function played() {
  const port = await portOfThePage();
  world.shop_port = await presetOrFree(SHOP_PORT_PRESET);
  await world.start({ port });
  await world.startShop();
  await kiosk.start({ port: await presetOrFree(KIOSK_PORT_PRESET) });
  await webCart(world.customers[0]);
  const customers = await wallet();
  console.log(usage({ clerk: await world.pageUrl(), shopper: await kiosk.pageUrl('shopper'), it: await world.pageUrl('it') }, customers));
  let turn = Promise.resolve();
  process.on('SIGUSR2', () => { turn = turn.then(lineToggle).catch(fail); });
  tillWatch(world.page_port);
  await new Promise(() => {});
}

async function once() {
  await world.start();
  await new Story(world, { say: (line) => console.log(line) }).play();
  console.log('\nEvery step was right.');
}

// ---- the end ----

function lastWords() {
  const program = [...world.programs, ...kiosk.programs].find((one) => one.ended && one.ended.code !== 0);
  if (!program) return '';
  const lines = readFileSync(program.log, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN);
  return `\n${program.name} said:\n  ${lines.join('\n  ')}\n`;
}

function fail(error) {
  if (ending) return; // what a stop breaks off
  const rest = error instanceof Plain ? '' : `\n${lastWords()}\nThe programs' logs are in ${dir}.`;
  console.error(`\n${error.message}${rest}`);
  process.exitCode = 1;
  giveUp();
}

let giveUp;
const givenUp = new Promise((give) => { giveUp = give; });

async function run() {
  await folderOfOurOwn();
  await (alone ? once() : played());
}

const signalled = await Promise.race([run().catch(fail), givenUp, stopped.then(() => true)]);
ending = true;
if (signalled && alone) process.exitCode = 1; // a story that was stopped was not played
for (const { reason } of await Promise.allSettled([kiosk.stop(), world.stop()])) {
  if (!reason || signalled || process.exitCode) continue; // Ctrl-C reaches the programs, too, and ends them in its own way
  console.error(reason.message);
  process.exitCode = 1;
}
process.exit();

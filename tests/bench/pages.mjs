// The pages at the counter, with the real agent, context store and Chromium on one machine: how long a change on the web
// takes to the clerk's document, what fifty pages cost, how soon a page paints, and whether memory stays what it was over
// many visits.
//
//   --visits N   plays so many of them (10,000)
//   --only paint measures how soon the pages paint, and nothing else

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { launch } from '../e2e/lib/browser.mjs';
import { PageChannel } from '../e2e/lib/page_channel.mjs';
import { memberUri, Till } from '../e2e/lib/till.mjs';
import { run } from '../e2e/lib/program.mjs';
import { bench } from './lib/bench.mjs';
import { median, percentile, printDistributions, printFigure, Samples } from './lib/figures.mjs';

const CHANGES = 300; // a round
const WARM_CHANGES = 20;
const PAGES = 50;
const PAINTS = 20;
const VISITS = '10000'; // unless told otherwise
const QUANTITY = 1_000; // the first one that is looked for: no other number in the document is as large
const SHARES = 10; // of the visits, each followed by a look at the memory
const KIB = 1024;
const CUSTOMERS = 400;

const LIMITS = { change_ms: 50, crowd_ms: 100, page_kib: 64, paint_ms: 200, paint_cpu_ms: 100, visits_kib: 256, heap_kib: 256, visits_nodes: 0 };

const wallMs = () => performance.timeOrigin + performance.now();

// What a process has written, KiB: of pages that it only reads, it depends on others whether they count as its own. The agent keeps others out of its memory, figures included: only root may read them.
async function memoryOf(pid) {
  const path = `/proc/${pid}/smaps_rollup`;
  const text = process.getuid() === 0 ? readFileSync(path, 'utf8') : await run('sudo', ['-n', 'cat', path]);
  return [...text.matchAll(/^Private_Dirty: +(\d+) kB/gm)].reduce((sum, [, kib]) => sum + Number(kib), 0);
}

// The clerk page, noting when each quantity first stood in its document.
const WATCH = `(() => {
  globalThis.firstSeen = new Map();
  const look = () => {
    for (const one of document.querySelectorAll('#lines b.quantity')) {
      const quantity = Number(one.textContent);
      if (!globalThis.firstSeen.has(quantity)) globalThis.firstSeen.set(quantity, performance.timeOrigin + performance.now());
    }
  };
  new MutationObserver(look).observe(document.querySelector('#lines'), { subtree: true, childList: true, characterData: true });
  look();
})()`;

class Counter {
  constructor(world, browser) {
    Object.assign(this, { world, browser, quantity: QUANTITY });
  }

  async open() {
    const [customer] = this.world.customers;
    this.shop = await this.world.webShop(customer.id);
    const { decided } = this.shop.add(this.world.products[0].gtin, 1);
    await decided;
    this.clerk = await (await this.browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await this.clerk.goto(await this.world.pageUrl());
    await this.world.scan(memberUri(customer));
    await this.clerk.waitForSelector('#lines li');
    await this.clerk.evaluate(WATCH);
  }

  // One change after the other, each when the one before is on the screen; gives the milliseconds to the document.
  async change(pages = []) {
    const quantity = ++this.quantity;
    const line = this.shop.cart.lines.find(({ gtin }) => gtin === this.world.products[0].gtin);
    const crowd = pages.map((page) => page.sees('the change', (s) => s.cart.lines.some((one) => one.quantity === quantity)).then(wallMs));
    const began_ms = wallMs();
    this.shop.setQuantity(line.id, quantity);
    const arrived = await Promise.all(crowd);
    await this.clerk.waitForSelector(`#lines b.quantity:text-is("${quantity}")`);
    const seen_ms = await this.clerk.evaluate(`globalThis.firstSeen.get(${quantity})`);
    return { document_ms: seen_ms - began_ms, last_ms: arrived.length ? Math.max(...arrived) - began_ms : undefined };
  }

  async changes(count, samples, name, pages) {
    for (let i = 0; i < count; i++) {
      const { document_ms, last_ms } = await this.change(pages);
      samples?.add(`${name} 0 ${document_ms * 1000}`);
      if (last_ms !== undefined) samples?.add(`last 0 ${last_ms * 1000}`);
    }
  }
}

async function crowdOf(world, count) {
  const pages = [];
  while (pages.length < count) pages.push(await PageChannel.open(await world.pageUrl()));
  return pages;
}

// Notes the frame after the first one that was begun with words to read in the document. Animation frames come before the
// paint, so the one after that is the first to come later.
const WORDS_SEEN = `(() => {
  const look = () => {
    if (document.body?.innerText.trim()) requestAnimationFrame(() => { globalThis.wordsSeen = performance.now(); });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()`;

// To the first contentful paint, to the first words, and how long the page's thread ran by then, which a busy machine does not
// change much.
async function painted(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(WORDS_SEEN);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(url);
  const paint_ms = await page.evaluate(`new Promise((resolve) => {
    new PerformanceObserver((list, observer) => {
      const entry = list.getEntriesByName('first-contentful-paint')[0];
      if (entry) { observer.disconnect(); resolve(entry.startTime); }
    }).observe({ type: 'paint', buffered: true });
  })`);
  const { metrics } = await cdp.send('Performance.getMetrics');
  const words_ms = await (await page.waitForFunction('globalThis.wordsSeen')).jsonValue();
  await context.close();
  return { paint_ms, words_ms, cpu_ms: metrics.find(({ name }) => name === 'TaskDuration').value * 1000 };
}

// One word and nothing to load: what this browser takes for any page at this moment.
function bareServer() {
  const server = createServer((request, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>bare</title>word'));
  return new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(server)));
}

// Navigation, the one-use address and its redirect included, to the first contentful paint, each in a new context; in turns.
async function paints(world, browser) {
  const bare = await bareServer();
  const urls = {
    bare: () => `http://127.0.0.1:${bare.address().port}/`,
    clerk: () => world.pageUrl('clerk'), kiosk: () => world.pageUrl('shopper'), IT: () => world.pageUrl('it'),
  };
  const took = Object.fromEntries(Object.keys(urls).map((name) => [name, []]));
  for (let i = 0; i <= PAINTS; i++) {
    for (const [name, url] of Object.entries(urls)) {
      const one = await painted(browser, await url());
      if (i > 0) took[name].push(one); // the first one starts the browser's processes
    }
  }
  bare.closeAllConnections();
  bare.close();
  const rising = (list, member) => list.map((one) => one[member]).sort((a, b) => a - b);
  return Object.fromEntries(Object.entries(took).map(([name, list]) => [name, { paint_ms: rising(list, 'paint_ms'), words_ms: rising(list, 'words_ms'), cpu_ms: rising(list, 'cpu_ms') }]));
}

// What the page keeps once it has caught up. It is sent more visits a second than it can draw, and what it still has to do or to
// draw would count as memory. So something else happens last, which it must have shown, and two frames go by before garbage
// is collected.
async function heapOf(world, page, cdp) {
  await world.scan('no code of ours');
  await page.waitForSelector('body[data-kind=not_a_code]');
  await page.evaluate('new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))); })');
  for (let i = 0; i < 2; i++) await cdp.send('HeapProfiler.collectGarbage'); // what the first frees may keep more alive
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  const { nodes } = await cdp.send('Memory.getDOMCounters');
  return { heap: usedSize / KIB, nodes };
}

// Everybody comes and goes in turn, past a clerk page in Chromium and one that says done.
async function visits(world, clerk, count) {
  const page = await world.page();
  const cdp = await clerk.context().newCDPSession(clerk);
  const play = async (from, to) => {
    for (let i = from; i < to; i++) {
      await world.scan(memberUri(world.customers[i % world.customers.length]));
      await page.sees('a visit', (s) => s.visit);
      await page.clear();
      page.received = '';
      page.outcomes.length = 0;
    }
    return { agent: await memoryOf(world.till.child.pid), ...(await heapOf(world, clerk, cdp)) };
  };
  await page.clear();
  const seen = [];
  for (let share = 0; share < SHARES; share++) {
    seen.push(await play((share * count) / SHARES, ((share + 1) * count) / SHARES));
  }
  page.close();
  return seen;
}

// What leaks grows with every share; a buffer that comes and goes, or a cache that fills up once, does not.
const growth = (samples) => median(samples.slice(1).map((now, i) => now - samples[i]));

function printPaints({ bare, ...pages }) {
  const floor_ms = percentile(bare.paint_ms, 0.5);
  for (const [name, took] of Object.entries(pages)) {
    const paint_ms = percentile(took.paint_ms, 0.5);
    printFigure(`first paint of the ${name} page, p50 of ${PAINTS}`, paint_ms, 'ms', LIMITS.paint_ms);
    printFigure('  as a ratio to the bare page', paint_ms / floor_ms, '');
    printFigure('  the slowest', took.paint_ms.at(-1), 'ms');
    printFigure('  its first words, p50', percentile(took.words_ms, 0.5), 'ms', LIMITS.paint_ms);
    printFigure('  its thread ran until the paint, p50', percentile(took.cpu_ms, 0.5), 'ms', LIMITS.paint_cpu_ms);
  }
  printFigure('first paint of one word from a bare server, p50', floor_ms, 'ms');
  printFigure('  its first words, p50', percentile(bare.words_ms, 0.5), 'ms');
  printFigure('  its thread ran until the paint, p50', percentile(bare.cpu_ms, 0.5), 'ms');
}

function printChanges(samples, page_kib) {
  printDistributions('A change on the web to the clerk’s document', samples,
    { alone: 'one clerk page', crowd: `${PAGES} clerk pages`, last: '  the last of them' });
  const p99 = (name) => samples.distribution(name).p99 / 1000;
  console.log('\nPages at the counter; web client, context store, agent and Chromium on this machine');
  printFigure('change on the web to the clerk’s document, p99', p99('alone'), 'ms', LIMITS.change_ms);
  printFigure(`  with ${PAGES} clerk pages on the agent, p99`, p99('crowd'), 'ms', LIMITS.change_ms);
  printFigure('  to the last of them, p99', p99('last'), 'ms', LIMITS.crowd_ms);
  printFigure('memory of the agent for each further page', page_kib, 'KiB', LIMITS.page_kib);
}

const KEPT = [
  { name: 'memory of the agent', member: 'agent', unit: 'KiB', limit: LIMITS.visits_kib },
  { name: 'heap of the clerk page', member: 'heap', unit: 'KiB', limit: LIMITS.heap_kib },
  { name: 'nodes of the clerk page, detached ones too', member: 'nodes', unit: '', limit: LIMITS.visits_nodes },
];

function printVisits(seen, count) {
  for (const { name, member, unit, limit } of KEPT) {
    const samples = seen.map((one) => one[member]);
    printFigure(`${name} after ${count} visits`, samples.at(-1), unit);
    printFigure(`  grown with ${count / SHARES} visits, median of ${SHARES - 1}`, growth(samples), unit, limit);
    console.log(`    at each tenth: ${samples.map(Math.round).join(' ')}`);
  }
}

async function everything(world, browser, visit_count) {
  const samples = new Samples();
  const counter = new Counter(world, browser);
  let crowd = [];
  try {
    await counter.open();
    await counter.changes(WARM_CHANGES);
    await counter.changes(CHANGES, samples, 'alone');
    const before = await memoryOf(world.till.child.pid);
    crowd = await crowdOf(world, PAGES - 1);
    await counter.changes(CHANGES / 3, samples, 'crowd', crowd);
    const with_crowd = await memoryOf(world.till.child.pid);
    for (const page of crowd) page.close();
    const painted = await paints(world, browser);
    const visited = await visits(world, counter.clerk, visit_count);
    printChanges(samples, (with_crowd - before) / (PAGES - 1));
    printPaints(painted);
    printVisits(visited, visit_count);
  } finally {
    for (const page of crowd) page.close();
    await counter.shop?.close();
  }
}

await bench(async ({ dir, bin, options }) => {
  if (options.only !== undefined && options.only !== 'paint') throw new Error(`no part is named ${options.only}`);
  const world = new Till({ bin, dir, sizes: ['--customers', '1000', '--products', '200', '--carts', '50'], listed: CUSTOMERS });
  const browser = await launch();
  try {
    await world.start();
    if (options.only === 'paint') printPaints(await paints(world, browser));
    else await everything(world, browser, Number(options.visits));
  } finally {
    await browser.close();
    await world.stop();
  }
}, { visits: { type: 'string', default: VISITS }, only: { type: 'string' } });

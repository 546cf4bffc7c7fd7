// docs/pos.md: its commands, as they are printed there, at a running till.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Events } from './lib/events.mjs';
import { Till } from './lib/till.mjs';

const guide = readFileSync(new URL('../../docs/pos.md', import.meta.url), 'utf8');
const [script] = [...guide.matchAll(/^```js\n(.*?)^```$/gms)].map((m) => m[1]);
const blocks = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map((m) => m[1]);
const till = Till.make();
let page;
let shell;
let lines;

before(async () => {
  await till.start();
  page = await till.workingPage();
  const env = { ...process.env, PATH: `${till.bin}:${process.env.PATH}`, TILLBRIDGE_SOCKET: till.path('till', 'run', 'tillbridge.sock') };
  shell = spawn('bash', ['-seu', '-o', 'pipefail'], { cwd: mkdtempSync(join(till.dir, 'guide-')), env, stdio: ['pipe', 'pipe', 'inherit'] });
  lines = new Events('guide');
  let rest = '';
  shell.stdout.on('data', (data) => {
    const parts = (rest + data).split('\n');
    rest = parts.pop();
    for (const line of parts) lines.push(line);
  });
});
after(async () => {
  shell?.stdin.end();
  await till.end();
});

// Runs one block and resolves with what it printed.
async function run(block, changes = {}) {
  const text = Object.entries({ 7315: till.page_port, ...changes }).reduce((all, [from, to]) => all.replaceAll(from, to), block);
  const printed = [];
  shell.stdin.write(`${text}\necho guide-end\n`);
  for (;;) {
    const line = await lines.next('the end of a block', () => true);
    if (line === 'guide-end') return printed;
    printed.push(line);
  }
}

test('the commands do what the guide says', async () => {
  const [pair, finish, list, follow, serve, hand, pay, undo, ...others] = blocks;
  assert.deepEqual(others, []);
  const [rivera] = till.customers;
  await run(pair);
  const { code } = (await page.sees('a code', (s) => s.pairing?.code)).pairing;
  assert.deepEqual(await run(finish, { '042517': code }), ['["My POS",["customer","cart","checkout","identify","handover","device"]]']);
  assert.match((await run(list)).join('\n'), /My POS(.|\n)*\n[\w-]{43}\nRevoked/);
  await run(follow);
  const served = await run(serve, { MEMBER: rivera.member, '09521234567899': till.products[0].gtin });
  assert.equal(served[0], '"recognised"');
  assert.ok(Number(served[1]) > 0);
  assert.ok(served.slice(2).some((line) => line.startsWith(`["${till.products[0].gtin}",2,`)), served.join());
  assert.match((await run(hand)).join(), /^\["[A-Z0-9]{6}",\d+\],\{\}$/);
  const paid = await run(pay, { '2026-11-23': '2026-09-21' });
  assert.equal(paid.filter((line) => Number(line) > 0).length, 2, paid.join());
  await page.sees('the visit paid', (s) => s.visit === null && s.reason === 'checkout');
  const told = await run(undo, { '2026-11-23': '2026-09-21' });
  assert.ok([0, 1, 2].every((at) => Number(told[at]) > 0), told.join()); // points, and back, and the void
  // The stream may have begun before the customer came, or behind.
  assert.ok(told.includes('"method":"customer.identified"'), told.join());
  assert.equal(told.at(-1), '"method":"customer.left"');
});

test('the script says who is here', async () => {
  const console = await till.console();
  const { token } = await console.request('pos.grant', { name: 'In Node', scopes: ['customer'] });
  console.close();
  const path = join(mkdtempSync(join(till.dir, 'script-')), 'pos.mjs');
  writeFileSync(path, script.replace('7315', till.page_port));
  const child = spawn(process.execPath, [path], { env: { ...process.env, TOKEN: token }, stdio: ['ignore', 'pipe', 'inherit'] });
  const said = new Events('script');
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  const says = (text) => said.next(text, (line) => line === text);
  await says('I am In Node');
  await says('Nobody');
  const [, okafor] = till.customers;
  await till.serve(page, okafor);
  const { item_count } = page.shown.cart ?? { item_count: 0 };
  await says(`${okafor.name}, ${item_count} items`);
  await page.add(till.products[0].gtin, 3);
  await says(`${okafor.name}, ${item_count + 3} items`);
  await page.clear();
  await says('Nobody');
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.kill();
  await ended;
});

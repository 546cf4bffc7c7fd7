// A demo that is stopped at any time leaves nothing behind that runs.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Console } from './lib/console.mjs';
import { PageChannel } from './lib/page_channel.mjs';
import { Program, run } from './lib/program.mjs';

const BIN = process.env.TB_BIN;
const DEMO = fileURLToPath(new URL('demo.mjs', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'tb-demo-'));
const marks = join(dir, 'marks');
const bin = join(dir, 'bin');

// Our contextd says that it seeds; everything else is as it was built.
before(() => {
  mkdirSync(bin);
  mkdirSync(marks);
  for (const name of readdirSync(BIN)) if (name !== 'contextd') symlinkSync(join(BIN, name), join(bin, name));
  writeFileSync(join(bin, 'contextd'), `#!/bin/sh
[ "$1" != seed ] || : > ${join(marks, 'seeding')}
exec ${join(BIN, 'contextd')} "$@"
`);
  chmodSync(join(bin, 'contextd'), 0o755);
});

after(() => rmSync(dir, { recursive: true }));

// The command lines of everything that runs on the demo's folder.
function left() {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid)).map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return ''; // it has ended
    }
  }).filter((line) => line.includes(`${dir}/world`));
}

// A demo, and what is done with it; it is ended however that ends.
async function withDemo(signal, what, ...args) {
  const demo = new Program('demo', process.execPath, [DEMO, '--bin', bin, '--dir', `${dir}/world`, '--port', '0', ...args], { log: join(dir, 'demo.log') });
  try {
    await what(demo);
  } finally {
    await demo.stop(signal);
  }
  assert.deepEqual(left(), []);
}

async function seeding(demo) {
  const watcher = watch(marks);
  try {
    if (readdirSync(marks).length > 0) return; // it was quicker
    await Promise.race([once(watcher, 'change'), demo.exited.then(() => assert.fail(readFileSync(join(dir, 'demo.log'), 'utf8')))]);
  } finally {
    watcher.close();
  }
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} while it is seeded`, async () => {
    await withDemo(signal, seeding);
    rmSync(join(marks, 'seeding'));
  });
}

// A clerk's page of the demo's till.
async function clerkPage() {
  const console = await Console.open(join(dir, 'world', 'till', 'run', 'tillbridge.sock'));
  const { url } = await console.request('page.token', { scope: 'clerk' });
  console.close();
  return PageChannel.open(url);
}

test('it prints an address of every page, that opens it once, and commands that bring a cart of the web to its sale', () => withDemo('SIGINT', async (demo) => {
  const opened = async (url) => (await fetch(url, { redirect: 'manual' })).headers.get('location');
  for (const path of ['/clerk', '/kiosk', '/it']) {
    const url = (await demo.printed('/open?token=')).trim();
    assert.deepEqual([await opened(url), await opened(url)], [path, null]);
  }
  const [, tb] = /alias tb='(.+)'/.exec(await demo.printed('alias tb='));
  const types = async (command) => run('sh', ['-c', `tb() { ${tb} "$@"; }\n${await demo.printed(command)}`]);
  const page = await clerkPage();
  await types('tb tap card1');
  await page.sees('her cart', (s) => s.cart?.lines.length === 3); // a card takes a moment to be read
  page.close();
  assert.match(await types('tb cart'), /3 lines.*on the web[^]*Total/);
  for (const command of ['tb checkout claim', 'tb checkout finish']) assert.match(await types(command), /^Stored as change \d+; /); // a finish that is stored is the sale
}, '--sizes=--customers 60 --products 40 --carts 10'));

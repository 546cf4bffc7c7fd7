// A POS page that is loaded from the internet and calls the agent on loopback: Chromium turns it away by itself, and lets it
// through with the policy file of boards/linux/common; then the agent judges its Origin, as always.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { CHROMIUM } from './lib/clerk_stage.mjs';
import { fetchPage } from './lib/page_channel.mjs';
import { Till } from './lib/till.mjs';

const POLICY = fileURLToPath(new URL('../../boards/linux/common/local-network.json', import.meta.url));
const CONFIGURATION = '/etc/chromium'; // where Chromium looks for policies/managed

const till = Till.make();
let open; // the browser of the test that runs
let server;

// Another folder in the place of Chromium's configuration, for one process and those that it starts.
const apart = process.getuid() === 0 ? ['-m'] : ['-r', '-m'];
function mayMount() {
  try {
    execFileSync('unshare', [...apart, 'mount', '--bind', CONFIGURATION, CONFIGURATION], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

before(async () => {
  const { LoopbackNetworkAllowedForUrls: [origin] } = JSON.parse(readFileSync(POLICY));
  till.till_sections = `pos_origin = ${origin}\n`;
  await till.start();
  server = https.createServer({ key: readFileSync(till.path('store', 'server.key')), cert: readFileSync(till.path('store', 'server.crt')) },
    (request, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<title>POS</title>'));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
});

after(async () => {
  await open?.close();
  server?.closeAllConnections();
  server?.close();
  await till.end();
});

// A browser to which pos.example and evil.example are in the internet; policy: a file, or none.
async function browserWith(policy) {
  await open?.close(); // however the test before has ended
  const { port } = server.address();
  let { executablePath } = CHROMIUM;
  if (policy) {
    const folder = till.path('chromium');
    cpSync(CONFIGURATION, folder, { recursive: true });
    mkdirSync(`${folder}/policies/managed`, { recursive: true });
    cpSync(policy, `${folder}/policies/managed/local-network.json`);
    writeFileSync(till.path('browser'), `#!/bin/sh
exec unshare ${apart.join(' ')} sh -c 'mount --bind ${folder} ${CONFIGURATION} && exec ${executablePath} "$@"' sh "$@"
`);
    chmodSync(till.path('browser'), 0o755);
    executablePath = till.path('browser');
  }
  open = await chromium.launch({ ...CHROMIUM, executablePath, args: [...CHROMIUM.args, `--ip-address-space-overrides=127.0.0.1:${port}=public`,
    `--host-resolver-rules=MAP pos.example 127.0.0.1:${port}, MAP evil.example 127.0.0.1:${port}`] });
  return open;
}

// What a page of that name hears when it asks the agent: the stable code of an answer, or 'blocked'.
async function asks(browser, name) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(`https://${name}/`);
  const heard = await page.evaluate((port) => fetch(`http://127.0.0.1:${port}/pos/v1/rpc`, { method: 'POST', headers: { 'content-type': 'application/json' },
    body: '{"jsonrpc":"2.0","id":1,"method":"customer.current","params":{}}' })
    .then(async (answer) => (await answer.json()).error.data.code, () => 'blocked'), till.page_port);
  await context.close();
  return heard;
}

// How many requests the agent has refused for where they come from, since this was asked last. It tells of each in its turn:
// once it has told of one that is refused for its host, nothing is missing.
async function refusals() {
  assert.equal((await fetchPage(`http://127.0.0.1:${till.page_port}/clerk`, { Host: 'evil.example' })).status, 403);
  for (let count = 0; ; count++) {
    const line = await till.till.lines.next('a refusal', (one) => / pages refused /.test(one));
    if (!line.includes('code=origin_foreign')) return count;
  }
}

test('without the policy nothing of it reaches the agent', async () => {
  const browser = await browserWith();
  assert.equal(await asks(browser, 'pos.example'), 'blocked');
  assert.equal(await refusals(), 0);
});

test('with it the page that it names is heard, and no other', { skip: !mayMount() && 'may not mount: no policy can be put where Chromium looks' }, async () => {
  const browser = await browserWith(POLICY);
  assert.equal(await asks(browser, 'pos.example'), 'refused.unsupported'); // not paired yet: that is the agent's answer
  assert.equal(await asks(browser, 'evil.example'), 'blocked');
  assert.equal(await refusals(), 0);
});

test('who gets past the browser is judged by the agent all the same', { skip: !mayMount() && 'may not mount' }, async () => {
  writeFileSync(till.path('everybody.json'), JSON.stringify({ LoopbackNetworkAllowedForUrls: ['*'] }));
  const browser = await browserWith(till.path('everybody.json'));
  assert.equal(await asks(browser, 'evil.example'), 'blocked');
  assert.equal(await refusals(), 1);
  assert.equal(await asks(browser, 'pos.example'), 'refused.unsupported');
});

// tillbridge conformance: the real agent passes, an agent that lets everybody in does not; a POS that does as the guide
// says passes, one that does not is told why.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Events } from './lib/events.mjs';
import { Pos } from './lib/pos_channel.mjs';
import { memberUri, Till } from './lib/till.mjs';

const till = Till.make();
before(async () => {
  await till.start();
  (await till.workingPage()).close(); // it knows its customers
});
after(() => till.end());

// Runs it to its end: { code, text }; lines are handed on as they come.
function conformance(words, env = {}) {
  const child = spawn(join(till.bin, 'tillbridge'), ['conformance', ...words], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = new Events('conformance');
  const run = { lines, text: '', child };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (line) => { run.text += `${line}\n`; lines.push(line); });
  run.ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, text: run.text })));
  return run;
}

// ---- an agent is checked ----

test('the real agent does all that is written', async () => {
  const console = await till.console();
  const { token } = await console.request('pos.grant', { name: 'Conformance', scopes: ['customer', 'cart', 'checkout', 'identify', 'device'] });
  console.close();
  const url = `http://127.0.0.1:${till.page_port}`;
  const env = { TILLBRIDGE_POS_TOKEN: token };
  const words = await conformance(['--url', url, '--code', memberUri(till.customers[0])], env).ended;
  assert.equal(words.code, 0, words.text);
  assert.match(words.text, /^ok +another name of the machine is refused/m);
  assert.match(words.text, /^\d+ checks, 0 failed, 0 not looked at$/m);
  const tap = await conformance(['--url', url, '--tap'], env).ended;
  assert.match(tap.text, /^TAP version 13\n# [^\n]+\nok 1 - host: /);
  assert.match(tap.text, /^ok \d+ - serving: .* # SKIP /m);
  const json = await conformance(['--url', url, '--json']).ended;
  const report = JSON.parse(json.text.split('\n').find((line) => line.startsWith('{')));
  assert.deepEqual([report.failed, report.checks.find((check) => check.id === 'token').result], [0, 'skipped']);
});

test('an agent that lets everybody in fails, check by check', async () => {
  const open = createServer((request, answer) => answer.writeHead(200, { Connection: 'close', 'Content-Type': 'application/json' }).end('{"jsonrpc":"2.0","id":7,"result":{}}'));
  await new Promise((resolve) => { open.listen(0, '127.0.0.1', resolve); });
  const { code, text } = await conformance(['--url', `http://127.0.0.1:${open.address().port}`, '--tap']).ended;
  open.close();
  assert.equal(code, 1);
  for (const id of ['host', 'origin', 'token_wrong', 'events_token', 'type', 'unpaired', 'pair_params']) assert.match(text, new RegExp(`^not ok \\d+ - ${id}: `, 'm'));
});

test('who makes no sense, or finds nobody, is told', async () => {
  for (const words of [[], ['--url', 'https://elsewhere.example/'], ['--url', 'http://127.0.0.1:0'], ['--serve', 'x'], ['--url', 'http://127.0.0.1:1', '--serve', '1'], ['--colour']])
    assert.equal((await conformance(words).ended).code, 2, words.join(' '));
  assert.equal((await conformance(['--help']).ended).code, 0);
  assert.equal((await conformance(['--url', 'http://127.0.0.1:1']).ended).code, 3);
  assert.equal((await conformance(['--serve', String(till.page_port)]).ended).code, 3);
});

// ---- a POS is checked ----

async function host(words = []) {
  const run = conformance(['--serve', '0', ...words]);
  const line = await run.lines.next('where it is', (one) => one.includes('The API is at'));
  const [, port, code, token] = /:(\d+)\/pos\/v1\. Pair with the code (\d{6}), or take the token ([\w-]{43})/.exec(line);
  return { ...run, port: Number(port), code, token };
}

const linesOf = (cart) => cart.lines.map(({ id, gtin, quantity, unit_price }) => ({ line: id, gtin, quantity, unit_price }));

test('a POS that does as the guide says passes', async () => {
  const agent = await host();
  const pos = await Pos.pair(agent.port, 'A good POS', ['customer', 'checkout'], () => agent.code);
  await pos.follow();
  const { cart } = await pos.event('customer.identified');
  await pos.result('checkout.claim');
  const sale = { transaction: 'R-1', business_date: '2026-11-23', total: cart.total, lines: linesOf(cart) };
  pos.ask('checkout.finish', sale); // its answer gets lost
  await pos.closed;
  await pos.follow();
  await pos.event('ready');
  assert.ok((await pos.result('checkout.finish', sale)).seq > 0);
  assert.equal((await pos.event('customer.left')).reason, 'checkout');
  const { code, text } = await agent.ended;
  assert.equal(code, 0, text);
  assert.match(text, /^\d+ checks, 0 failed/m);
});

test('a POS that does not is told why', async () => {
  const agent = await host(['--tap']);
  const pos = new Pos(agent.port, agent.token);
  await pos.follow();
  const { cart } = await pos.event('customer.identified');
  await pos.code('customer.find', {});
  await pos.code('cart.add', { visit: '0'.repeat(32), gtin: cart.lines[0].gtin, quantity: 1 });
  for (let i = 0; i < 40; i++) await pos.code('customer.current');
  pos.ask('checkout.finish', { transaction: 'R-1', business_date: '2026-11-23', total: 1, lines: linesOf(cart).map((line) => ({ ...line, quantity: 9 })) });
  await pos.closed;
  await pos.follow();
  await pos.event('ready');
  await pos.code('checkout.finish', { transaction: 'R-2', business_date: '2026-11-23', total: 1, lines: linesOf(cart) });
  const { code, text } = await agent.ended;
  assert.equal(code, 1);
  for (const id of ['calls', 'claim', 'lines', 'total', 'repeat', 'poll', 'visit']) assert.match(text, new RegExp(`^not ok \\d+ - ${id}: `, 'm'), id);
  for (const id of ['in', 'follow', 'finish', 'back', 'left']) assert.match(text, new RegExp(`^ok \\d+ - ${id}: `, 'm'), id);
});

test('nobody comes, and it ends all the same', async () => {
  const agent = await host(['--seconds', '1', '--json']);
  const { code, text } = await agent.ended;
  assert.equal(code, 1);
  assert.equal(JSON.parse(text.split('\n').find((line) => line.startsWith('{'))).checks.find((check) => check.id === 'in').result, 'failed');
});

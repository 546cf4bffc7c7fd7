// What a person reads when a program cannot start or a command cannot be carried out: what happened, to which file or
// address, what to do, and a stable code. In each row: what is run, how it ends, and what must be said.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { setVersion } from './lib/sqlite_file.mjs';
import { Till } from './lib/till.mjs';
import { attempt } from './lib/program.mjs';

const till = Till.make();
const taken = createServer();
let taken_port;

const say = (program, args) => attempt(`${till.bin}/${program}`, args);

async function expect(rows) {
  for (const [program, args, status, words, code] of rows) {
    const { code: ended, err } = await say(program, args);
    const what = `${program} ${args.join(' ')}\n${err}`;
    assert.equal(ended, status, what);
    assert.match(err, words, what);
    assert.ok(err.includes(`(${code})`) || err.includes(`err=${code}`), `${what}\ndoes not say ${code}`);
  }
}

// The configuration of this world with some lines changed; its path.
let number = 0;
function changed(file, ...changes) {
  const path = till.path(`changed-${++number}.conf`);
  writeFileSync(path, changes.reduce((text, [from, to]) => {
    assert.match(text, from);
    return text.replace(from, to);
  }, readFileSync(file, 'utf8')));
  return path;
}

before(async () => {
  await till.certificates();
  await till.seed();
  await till.startStore();
  await till.store.stop();
  await till.configureTill();
  taken_port = await new Promise((resolve) => taken.listen(0, '127.0.0.1', () => resolve(taken.address().port)));
});

after(async () => {
  taken.close();
  await till.end();
});

test('files that commands need or make', async () => {
  const dir = till.path('store', 'ca');
  const csr = till.path('till', 'till.csr');
  const out = till.path('out.crt');
  const none = /: there is no such file, folder or thing: check the name/;
  const form = /: it does not have the form that is needed here: check that it is the right one/;
  const till_key = till.path('till', 'till.key');
  await expect([
    ['contextd', ['ca', 'issue', '--dir', '/nope', '--csr', csr, '--out', out, '--device', 'a'], 2, none, 'refused.not_found'],
    ['contextd', ['ca', 'issue', '--dir', dir, '--csr', '/nope', '--out', out, '--device', 'a'], 2, /--csr \/nope: there/, 'refused.not_found'],
    ['contextd', ['ca', 'issue', '--dir', dir, '--csr', csr, '--out', '/nope/x', '--device', 'a'], 2, /--out \/nope\/x: there/, 'refused.not_found'],
    ['contextd', ['ca', 'issue', '--dir', dir, '--csr', till_key, '--out', out, '--device', 'a'], 1, form, 'input.syntax'],
    ['contextd', ['ca', 'issue', '--dir', dir, '--csr', csr, '--out', out, '--device', 'other'], 1, /: it is there already/, 'refused.conflict'],
    ['contextd', ['ca', 'init', '--dir', dir, '--chain', 'demo'], 1, /: it is there already and was left as it is/, 'refused.conflict'],
    ['contextd', ['ca', 'request', '--name', 'a', '--key', '/nope/k', '--csr', out], 2, none, 'refused.not_found'],
    ['contextd', ['token', 'mint', '--key', '/nope', '--customer', till.customers[0].id], 2, none, 'refused.not_found'],
    ['contextd', ['token', 'mint', '--key', csr, '--customer', till.customers[0].id], 1, /owner and mode/, 'refused.denied'],
    ['contextd', ['token', 'key', '--key', '/nope/k', '--public', '/nope/p'], 2, none, 'refused.not_found'],
    ['contextd', ['seed', '--database', '/nope/x'], 1, /database \/nope\/x: there is no/, 'refused.not_found'],
    ['contextd', ['seed', '--database', till.path('store', 'context.db')], 1, /: it is there already/, 'refused.conflict'],
    ['contextd', ['customer', 'list', '--database', csr], 1, /till\.csr: it is damaged/, 'corrupt.data'],
    ['contextd', ['customer', 'show', '0'.repeat(32), '--database', till.path('store', 'context.db')], 1, none, 'refused.not_found'],
    ['contextd', ['serve', '--config', '/nope'], 2, /contextd: \/nope: there is no such file/, 'refused.not_found'],
    ['contextd', ['serve', '--config', '/'], 2, /contextd: \/: the file cannot be read/, 'local.config'],
    ['tillbridged', ['--config', '/nope'], 1, /tillbridged: \/nope: there is no such file/, 'refused.not_found'],
    ['tillbridged', ['csr', '--key', '/nope/k', '--device', 'urn:tillbridge:demo:device:a'], 1, none, 'refused.not_found'],
    ['tillbridged', ['csr', '--key', csr, '--device', 'urn:tillbridge:demo:device:a'], 1, /owner and mode/, 'refused.denied'],
    ['tillbridged', ['csr', '--key', till.path('k'), '--device', 'a'], 1, form, 'input.syntax'],
  ]);
});

test('a context store that cannot start says why', async () => {
  const conf = till.path('store', 'contextd.conf');
  const old = till.path('old.db');
  writeFileSync(old, readFileSync(till.path('store', 'context.db')));
  setVersion(old, 99);
  const serve = (...changes) => ['contextd', ['serve', '--config', changed(conf, ...changes)], 1];
  const [certificate, key] = [till.path('store', 'server.crt'), till.path('store', 'server.key')];
  await expect([
    [...serve([/listen = .*/, `listen = 127.0.0.1:${taken_port}`]),
      new RegExp(`at=127\\.0\\.0\\.1:${taken_port} .*another program uses it: end that one, or name another`), 'retry.busy'],
    [...serve([/listen = .*/, 'listen = 192.0.2.1:0']), /at=192\.0\.2\.1:0 .*there is no such/, 'refused.not_found'],
    [...serve([/listen = .*/, 'listen = here:0']), /at=here:0 .*not within what may be given/, 'input.range'],
    [...serve([/certificate = .*/, 'certificate = /nope.crt']), /at=\/nope\.crt .*there is no such file/, 'refused.not_found'],
    [...serve([/certificate = .*/, `certificate = ${key}`]), /at=\S*server\.key .*the form that is needed/, 'input.syntax'],
    [...serve([/key = .*server\.key/, `key = ${certificate}`]), /at=\S*server\.crt .*the form that is needed/, 'input.syntax'],
    [...serve([/key = .*server\.key/, `key = ${till.path('till', 'till.key')}`]), /at=\S*till\.key .*do not belong together/, 'input.signature'],
    [...serve([/ca = .*/, 'ca = /nope.crt']), /at=\/nope\.crt .*there is no such file/, 'refused.not_found'],
    [...serve([/token_key = .*/, 'token_key = /nope.pub']), /web\.token_key \/nope\.pub: there is no such/, 'refused.not_found'],
    [...serve([/ticket_keys = .*/, 'ticket_keys = /nope/keys']), /contextd\.ticket_keys \/nope\/keys: there is no such/, 'refused.not_found'],
    [...serve([/database = .*/, 'database = /nope/x.db']), /database \/nope\/x\.db: there is no such/, 'refused.not_found'],
    [...serve([/database = .*/, `database = ${old}`]), /old\.db: a newer version of this program made it/, 'refused.newer_version'],
    [...serve([/database = .*/, `database = ${certificate}`]), /server\.crt: it is damaged: put back a copy/, 'corrupt.data'],
  ]);
});

test('an agent that cannot start says why', async () => {
  const run = (...changes) => ['tillbridged', ['--config', changed(till.tillConfig, ...changes)], 1];
  await expect([
    [...run([/port = .*/, `port = ${taken_port}`]), new RegExp(`port=${taken_port} .*another program uses it`, 's'), 'retry.busy'],
    [...run([/certificate = .*/, 'certificate = /nope.crt']), /file=\/nope\.crt .*there is no such file/s, 'refused.not_found'],
    [...run([/certificate = .*/, `certificate = ${till.path('till', 'till.csr')}`]), /file=\S*till\.csr .*the form that is needed/s, 'input.syntax'],
    [...run([/key = .*/, `key = ${till.path('till', 'till.crt')}`]), /file=\S*till\.crt .*owner and mode/s, 'refused.denied'],
    [...run([/ca = .*/, 'ca = /nope.crt']), /file=\/nope\.crt .*there is no such file/s, 'refused.not_found'],
    [...run([/url = .*/, 'url = here']), /url=here .*the configuration does not allow it/s, 'local.config'],
    [...run([/state_dir = .*/, 'state_dir = /proc/nope']), /file=\/proc\/nope .*there is no such/s, 'refused.not_found'],
  ]);
});

test('a text as a QR code: modules for a page, blocks for a screen', async () => {
  const { size, rows } = JSON.parse(await till.tool('tillbridge', '--json', 'qr', 'H:QY5DN2'));
  assert.equal(rows.length, size);
  const lines = (await till.tool('tillbridge', 'qr', 'H:QY5DN2')).trimEnd().split('\n').map((line) => line.replaceAll(/\x1b\[[0-9;]*m/g, ''));
  const dark = (x, y) => (Number.parseInt(rows[y]?.[x >> 2] ?? '0', 16) >> (3 - (x & 3))) & 1;
  const block = (x, y) => ' ▄▀█'[2 * dark(x, y) + dark(x, y + 1)];
  assert.deepEqual(lines.slice(2, -2), Array.from({ length: Math.ceil(size / 2) }, (_, n) => `    ${Array.from({ length: size }, (__, x) => block(x, 2 * n)).join('')}    `));
  for (const text of ['', 'x'.repeat(201)]) {
    const { code, err } = await say('tillbridge', ['qr', text]);
    assert.equal(code, 2);
    assert.match(err, /takes 1 to 200 bytes/);
  }
});

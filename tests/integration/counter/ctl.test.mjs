// The control socket: its mode, its lines, its bounds.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { control, rawSocket, startServer } from './lib/server.mjs';

let server;

before(async () => {
  server = await startServer();
});
after(async () => {
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  assert.equal(existsSync(server.socketPath), false);
});

const open = () => rawSocket({ path: server.socketPath });
const lines = (raw, count) => raw.until((bytes) => {
  const got = bytes.toString().split('\n').slice(0, -1);
  return got.length >= count ? got : undefined;
});

test('is a socket for its owner and group only', () => {
  const mode = statSync(server.socketPath);
  assert.ok(mode.isSocket());
  assert.equal(mode.mode & 0o777, 0o660);
});

test('takes lines in pieces, several at once, and empty ones', async () => {
  const raw = open();
  raw.write('one');
  raw.write('\ntwo\n\nthr');
  raw.write('ee\n');
  assert.deepEqual(await lines(raw, 3), ['one', 'two', 'three']);
  raw.close();
});

test('takes a line of the largest size, and closes on a longer one', async () => {
  const raw = open();
  raw.write(`${'x'.repeat(16_382)}\n`);
  assert.equal((await lines(raw, 1))[0].length, 16_382);
  raw.write('x'.repeat(16_384));
  await raw.ends();
  await server.events.next((line) => line === 'ctl refused line_long');
});

test('drops a client that does not read', async () => {
  const raw = open();
  raw.socket.pause();
  raw.write('reply 16000 100\n');
  await server.events.next((line) => /^answered \d+ retry.full/.test(line));
  await server.events.next((line) => /^ctl closed \d+ client_slow/.test(line));
  raw.close();
  assert.equal(await control(server, 'alive'), 'alive');
});

test('sends a long answer to a client that reads', async () => {
  const raw = open();
  raw.write('reply 15000 15\n');
  assert.equal((await lines(raw, 15)).length, 15);
  raw.close();
});

test('serves 16 clients and turns away more', async () => {
  const crowd = [];
  for (let n = 0; n < 16; n++) {
    const raw = open();
    raw.write(`${n}\n`);
    assert.deepEqual(await lines(raw, 1), [String(n)]);
    crowd.push(raw);
  }
  const late = open();
  await late.ends();
  await server.events.next((line) => line === 'ctl refused clients_full');
  crowd[0].close();
  await server.events.next((line) => /^ctl closed \d+ closed/.test(line));
  let answer = '';
  while (answer !== 'room') answer = await control(server, 'room');
  for (const raw of crowd) raw.close();
});

test('replaces a socket that was left behind', async () => {
  const other = await startServer();
  const { socketPath, folder } = other;
  other.child.kill('SIGKILL');
  await other.ended;
  assert.ok(existsSync(socketPath));
  execFileSync('mv', [socketPath, server.socketPath + '.old']);
  execFileSync('rm', ['-r', folder, server.socketPath + '.old']);
});

// `tillbridge inspect --apdu`: recorded exchanges with cards and phones, played again offline.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

const program = path.join(process.env.TB_BIN, 'tillbridge');
const recording = (name) => new URL(`recordings/${name}.apdu`, import.meta.url);

// The published demo keys of tests/support/wallet_vectors.h.
const base64url = (hex) => Buffer.from(hex, 'hex').toString('base64url');
const keys = [
  { kind: 'smart_tap', id: '20180608', version: 1,
    value: base64url('826d17e50767b165b0e4d9e332f8d1d1e20224284fb4daf1e50a03246e70797d') },
  { kind: 'vas', id: 'pass.com.passkit.pksamples.nfcdemo', version: 1,
    value: base64url('3d1547f23cd78ad052a58860f1219e8fb791ec4dfe33769f5b9bfa627a656ca1') },
];
const passTime = 1688920558000;

let folder;
let keyFile;

const inspect = (...args) =>
  new Promise((resolve) => {
    execFile(program, ['inspect', ...args], (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });

const said = async (expectedCode, ...args) => {
  const answer = await inspect('--json', '--key', keyFile, ...args);
  assert.equal(answer.code, expectedCode, answer.stderr);
  return JSON.parse(answer.stdout);
};

// A recording with something in it changed.
const changed = async (name, change) => {
  const file = path.join(folder, `changed-${name}.apdu`);
  const text = await readFile(recording(name), 'utf8');
  assert.notEqual(change(text), text);
  await writeFile(file, change(text));
  return file;
};

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tb-inspect-apdu-'));
  keyFile = path.join(folder, 'keys.json');
  await writeFile(keyFile, JSON.stringify(keys));
});

after(() => rm(folder, { recursive: true, force: true }));

test('a Smart Tap session is played again byte for byte', async () => {
  const { verdict, reason, kind, value, assurance, steps, missing } = await said(0, '--apdu', recording('smart_tap').pathname);
  assert.deepEqual(
    { verdict, reason, kind, value, assurance },
    { verdict: 'accepted', reason: 'pass.smart_tap', kind: 'smart_tap', value: 'LOYAL-0001234567', assurance: 'medium' },
  );
  assert.deepEqual(steps.map((step) => step.command), ['SELECT OSE.VAS.01', 'NEGOTIATE', 'GET DATA', 'GET MORE DATA']);
  assert.ok(steps.every((step) => step.followed));
  assert.deepEqual(missing, ['time']);
});

test('a captured cryptogram is good in its time', async () => {
  const pass = await said(0, '--at', `${passTime + 1000}`, '--apdu', recording('vas').pathname);
  assert.equal(pass.kind, 'vas');
  assert.equal(pass.value, '6d1UlFpnOc50iVKRaboDOK');
  assert.equal(pass.once_until, '2023-07-09T16:37:58Z');
  const late = await said(1, '--at', `${passTime + 200000}`, '--apdu', recording('vas').pathname);
  assert.equal(late.reason, 'proof.expired');
});

test('what another terminal asked for is passed over, and the message of the tag counts', async () => {
  const tag = await said(0, '--apdu', recording('type4').pathname);
  assert.equal(tag.reason, 'member.link');
  assert.equal(tag.value, '0001234567');
  const { code, stdout } = await inspect('--apdu', recording('type4').pathname); // no key: no wallet is asked for
  assert.equal(code, 0);
  assert.match(stdout, /^command 1 +SELECT OSE.VAS.01\nstatus .*\nfollowed +no:/m);
});

test('a changed answer is refused for what is wrong with it', async () => {
  const flipped = await changed('smart_tap', (text) => text.replace(/4469000\n|04469000\n/, (end) => end.replace('446', '447')));
  assert.equal((await said(1, '--apdu', flipped)).reason, 'proof.wrong');
  const torn = await changed('smart_tap', (text) => text.replace(/(> 90c0000000\n)< .*/, '$1< -'));
  assert.equal((await said(1, '--apdu', torn)).reason, 'tag.torn');
  const locked = await changed('vas', (text) => text.replace(/< 7054.*/, '< 6287'));
  const again = await said(1, '--at', `${passTime}`, '--apdu', locked);
  assert.equal(again.reason, 'pass.locked');
  assert.match(again.why, /unlock/i);
  const malformed = await changed('vas', (text) => text.replace('< 7054', '< 7055'));
  assert.equal((await said(4, '--at', `${passTime}`, '--apdu', malformed)).verdict, 'malformed');
});

test('a recording of other random bytes has no answers', async () => {
  const other = await changed('smart_tap', (text) => text.replace('random 11', 'random 12'));
  const answer = await said(1, '--apdu', other);
  assert.equal(answer.verdict, 'undecided');
  const step = answer.steps.find((each) => each.instead);
  assert.equal(step.instead, 'NEGOTIATE');
  assert.match(step.instead_hex, /^9053/);
});

test('what makes no sense is said with its line', async () => {
  const cases = [
    ['> 00a4\n< 900\n', 2],
    ['< 9000\n', 1],
    ['# nothing\n', 1],
    ['> 00\n< 9000\n< 9000\n', 3],
    ['>\n', 1],
    ['random 1\n', 1],
    ['what 00\n', 1],
    [`> ${'00'.repeat(263)}\n`, 1],
  ];
  for (const [text, line] of cases) {
    const file = path.join(folder, 'wrong.apdu');
    await writeFile(file, text);
    const answer = await inspect('--apdu', file);
    assert.equal(answer.code, 2, text);
    assert.match(answer.stderr, new RegExp(`wrong[.]apdu:${line} `), text);
  }
  assert.equal((await inspect('--apdu', path.join(folder, 'none'))).code, 2);
  assert.equal((await inspect('--apdu', keyFile, '--text', 'a')).code, 2);
});

// `tillbridge inspect`: every example of docs/credentials.md is what the document says, with its keys and rules.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

const program = path.join(process.env.TB_BIN, 'tillbridge');
const document = await readFile(new URL('../../../docs/credentials.md', import.meta.url), 'utf8');
const exitCodes = { accepted: 0, refused: 1, malformed: 4 };
const at = ['--at', '1700000000000'];

let folder;
const files = {};

const block = (name) => document.match(new RegExp('```json ' + name + '\\n([^`]*)```'))[1];

const examples = (name) => {
  const table = document.match(new RegExp(`<!-- examples ${name} -->\\n([^]*?)<!-- end -->`))[1];
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) => {
    const [code, verdict, reason, kind, value, assurance] = row.slice(2, -2).split(' | ').map((s) => s.trim());
    return { code: code.slice(1, -1).replaceAll('␝', '\x1d'), verdict, reason: reason.slice(1, -1), kind, value, assurance };
  });
};

const inspect = (...args) =>
  new Promise((resolve) => {
    execFile(program, ['inspect', ...args], (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tb-inspect-'));
  for (const name of ['keys', 'rules', 'chain', 'sun-keys', 'sun']) {
    files[name] = path.join(folder, `${name}.json`);
    await writeFile(files[name], block(name));
  }
});

after(() => rm(folder, { recursive: true, force: true }));

const isTag = (code) => /^d[0-9a-f]{20,}$/.test(code);
const given = (code) => (isTag(code) ? ['--hex', code] : ['--text', code]);

const check = (name, rules, keys = 'keys') => async () => {
  const rows = examples(name);
  assert.ok(rows.length > 5);
  for (const row of rows) {
    const answer = await inspect('--json', ...at, '--key', files[keys], ...rules(), ...given(row.code));
    const said = JSON.parse(answer.stdout);
    const got = {
      code: row.code,
      verdict: said.verdict,
      reason: said.reason,
      kind: said.kind ?? '',
      value: said.value ?? said.gtin ?? said.handover ?? '',
      assurance: said.assurance ?? '',
    };
    assert.deepEqual(got, row);
    assert.equal(answer.code, exitCodes[row.verdict], row.code);
    assert.ok(said.why.length > 0 && said.why !== said.reason, row.reason);
  }
};

test('examples with the built-in rules', check('rules', () => []));
test('the rules that the document shows are the built-in ones', check('rules', () => ['--rules', files.rules]));
test('examples with the rules of a chain', check('chain', () => ['--rules', files.chain]));
test('examples of tags that sign', check('sun', () => ['--rules', files.sun], 'sun-keys'));

test('fields of a token are shown, true or not', async () => {
  const jws = examples('rules').find((row) => row.reason === 'token.jws').code;
  const forged = jws.slice(0, -4) + 'AAAA';
  const answer = await inspect('--json', ...at, '--key', files.keys, '--text', `T:${forged.replace(/^T:/, '')}`);
  const said = JSON.parse(answer.stdout);
  assert.equal(answer.code, 1);
  assert.equal(said.reason, 'proof.wrong');
  const claims = said.fields.find((field) => field.name === 'claims');
  assert.equal(JSON.parse(claims.value).aud, 'till');
});

test('a public key may be a PEM file', async () => {
  const { generateKeyPairSync, sign } = await import('node:crypto');
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const file = path.join(folder, 'shop-7.pem');
  await writeFile(file, publicKey.export({ type: 'spki', format: 'pem' }));
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'ES256', kid: 'shop-7' })}.${part({ aud: 'till', sub: 'p', iat: 1700000000, exp: 1700000060 })}`;
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const token = `${text}.${signature.toString('base64url')}`;
  const answer = await inspect('--json', ...at, '--key', file, '--text', token);
  assert.equal(JSON.parse(answer.stdout).reason, 'token.jws');
  assert.equal(answer.code, 0);
  const unknown = await inspect('--json', ...at, '--text', token);
  assert.equal(JSON.parse(unknown.stdout).reason, 'proof.no_key');
});

test('without a key the context store would be asked', async () => {
  const answer = await inspect(...at, '--text', 'R:0001234567:1700000000:824488');
  assert.equal(answer.code, 0);
  assert.match(answer.stdout, /^asks +R:0001234567:1700000000:824488$/m);
  assert.match(answer.stdout, /^made +2023-11-14T22:13:20Z$/m);
});

test('a code that is used once says until when', async () => {
  const answer = await inspect(...at, '--key', files.keys, '--text', 'R:0001234567:1700000000:824488');
  assert.match(answer.stdout, /^once_until +2023-11-14T22:15:30Z$/m);
});

test('an address with bytes that are no text is told in hex', async () => {
  const answer = await inspect('--json', '--hex', 'd1010c55047461702e646576 2f63cdff'.replaceAll(' ', ''));
  const address = JSON.parse(answer.stdout).fields.find((field) => field.name === 'address');
  assert.equal(address.value, Buffer.from('https://tap.dev/c\xcd\xff', 'latin1').toString('hex'));
});

test('nothing of a payment card is shown', async () => {
  for (const json of [[], ['--json']]) {
    const answer = await inspect(...json, '--text', '4111111111111111');
    assert.equal(answer.code, 1);
    assert.doesNotMatch(answer.stdout, /4111/);
  }
});

test('what makes no sense is said', async () => {
  for (const args of [[], ['--text', 'a', '--hex', 'd0'], ['--hex', 'd'], ['--hex', 'xx'], ['--hex', 'd0'.repeat(1025)],
    ['--text', 'a', '--key', path.join(folder, 'none')], ['--text', 'a', '--key', files.rules],
    ['--text', 'a', '--rules', files.keys], ['--text', 'a', '--at', 'now'], ['--text', 'a', 'b']]) {
    const answer = await inspect(...args);
    assert.equal(answer.code, 2, args.join(' '));
    assert.equal(answer.stdout, '');
    assert.match(answer.stderr, /^tillbridge: /);
  }
});

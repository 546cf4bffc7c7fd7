// `tillbridge inspect --apdu`, told and judged: a recorded exchange with every kind of card that the simulator knows. The head of each
// file says which card it was, and what comes of it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = path.join(process.env.TB_BIN, 'tillbridge');
const withWallets = process.env.TB_WALLETS === '1';
const recordings = fileURLToPath(new URL('recordings/cards/', import.meta.url));
const document = await readFile(new URL('../../../docs/credentials.md', import.meta.url), 'utf8');
const exitCodes = { accepted: 0, refused: 1, undecided: 1, malformed: 4 };

let folder;

const run = (file, args) =>
  new Promise((resolve) => {
    execFile(file, args, (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }));
  });

const inspect = (...args) => run(program, ['inspect', ...args]);

const saved = async (name, text) => {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
};

const judged = async (text, ...args) => {
  const answer = await inspect('--json', '--apdu', await saved('given.apdu', text), ...args);
  const said = JSON.parse(answer.stdout);
  assert.equal(answer.code, exitCodes[said.verdict]);
  return said;
};

const verdictOf = (said) =>
  [said.verdict, said.reason ?? '-', said.kind ?? '-', said.value ?? '-', said.assurance ?? '-'].join(' ');

const named = (name) => readFile(path.join(recordings, `${name}.apdu`), 'utf8');
const isWallet = (name) => /^(smart-tap|vas)/.test(name);
const names = (await readdir(recordings))
  .filter((name) => name.endsWith('.apdu'))
  .map((name) => path.basename(name, '.apdu'))
  .filter((name) => withWallets || !isWallet(name));

// The keys of wallets make a terminal ask for wallets, and without them it does not.
const keysOf = (name) => path.join(recordings, isWallet(name) ? 'keys-wallets.json' : 'keys.json');

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tb-apdu-'));
});

after(() => rm(folder, { recursive: true, force: true }));

test('every recording plays again, byte for byte, to its verdict', async () => {
  assert.ok(names.length >= 22);
  for (const name of names) {
    const text = await named(name);
    const said = await judged(text, '--key', keysOf(name));
    assert.equal(`# ${verdictOf(said)}`, text.split('\n')[1], name);
    assert.deepEqual(said.missing, [], name);
    assert.ok(said.steps.length > 0);
    for (const step of said.steps) {
      assert.equal(step.followed, true, name);
      assert.notEqual(step.command, 'not known', name);
    }
    assert.ok(said.why !== said.reason, said.reason);
  }
});

test('cards of the simulator that are recorded now come to the same verdicts', async () => {
  const recorder = path.join(process.env.TB_BIN, '../tests/record_card');
  for (const name of names) {
    const [card, verdict] = (await named(name)).split('\n');
    const recorded = await run(recorder, [keysOf(name), '1790000000000', card.slice('# card '.length)]);
    assert.equal(recorded.code, 0, name);
    assert.equal(`# ${verdictOf(await judged(recorded.stdout, '--key', keysOf(name)))}`, verdict, name);
  }
});

test('without what was drawn the exchange is told, and not judged', async () => {
  const drawing = names.filter((name) => /^(desfire|phone$|smart-tap)/.test(name));
  for (const name of drawing) {
    const text = (await named(name)).replaceAll(/^random .*\n/gm, '');
    const said = await judged(text, '--key', keysOf(name));
    assert.equal(said.verdict, 'undecided', name);
    assert.ok(said.missing.includes('random'), name);
    const at = said.steps.findIndex((step) => step.instead);
    assert.equal(said.steps[at].instead, said.steps[at].command, name);
    assert.ok(said.steps.slice(0, at).every((step) => step.followed));
  }
});

test('without keys the exchange is told, and the key that is missing named', async () => {
  const wanted = { desfire: 'a desfire key', phone: 'a token key', 'smart-tap': 'a smart_tap key', vas: 'a vas key' };
  for (const [name, missing] of Object.entries(wanted).filter(([name]) => names.includes(name))) {
    const said = await judged(await named(name));
    assert.equal(said.verdict, 'undecided');
    assert.ok(said.missing.includes(missing), name);
    assert.ok(said.steps.every((step) => step.command !== 'not known'));
  }
  const signed = await judged(await named('ntag424-plain')); // such a tag tells its UID without a key
  assert.equal(signed.reason, 'proof.unverified');
  assert.match(signed.asks, /^u=04782E21801D80/);
});

test('what this program would have sent instead is said', async () => {
  const said = await judged((await named('desfire')).replace('> 905a0000033042f500', '> 905a000003ffffff00'), '--key', keysOf('desfire'));
  const step = said.steps.find((each) => each.instead);
  assert.equal(said.verdict, 'undecided');
  assert.equal(step.instead, 'SelectApplication');
  assert.equal(step.instead_hex, '905a0000033042f500');
  assert.equal(step.followed, false);
});

test('a recording that ends early, and one that its reader went on with', async () => {
  const lines = (await named('desfire')).split('\n');
  const at = lines.findIndex((line) => line.startsWith('> 9071'));
  const cut = await judged(`${lines.slice(0, at).join('\n')}\n`, '--key', keysOf('desfire'));
  assert.equal(cut.verdict, 'undecided');
  assert.deepEqual(cut.missing, ['the rest of the exchange']);
  const tag = (await named('type4')).split('\n');
  const select = tag.findIndex((line) => line.startsWith('> 00a4040007d276'));
  const unread = await judged(`${tag.slice(0, select).join('\n')}\n`, '--key', keysOf('type4'));
  assert.deepEqual(unread.missing, ['the NDEF message']);
});

test('a byte of the card that is changed is a wrong proof', async () => {
  const text = await named('phone');
  const last = text.trimEnd().split('\n').at(-1);
  const forged = last.slice(0, 4) + (last[4] === '0' ? '1' : '0') + last.slice(5);
  const said = await judged(text.replace(last, forged), '--key', keysOf('phone'));
  assert.equal(said.reason, 'proof.wrong');
});

test('the time counts as recorded, or as told', async () => {
  const said = await judged(await named('phone'), '--key', keysOf('phone'), '--at', '1890000000000');
  assert.equal(said.reason, 'proof.expired');
  const timeless = (await named('phone')).replace(/^time .*\n/m, '');
  assert.deepEqual((await judged(timeless, '--key', keysOf('phone'))).missing, ['time']);
  assert.deepEqual((await judged(timeless, '--key', keysOf('phone'), '--at', '1790000000000')).missing, []);
});

test('nothing of a payment card is shown', async () => {
  const directory = '00a404000e325041592e5359532e444446303100';
  const text = `> ${directory}\n< 6f10840e325041592e5359532e44444630319000\n> 00b2010c00\n< 70084111111111111111119000\n`;
  for (const json of [[], ['--json']]) {
    const answer = await inspect(...json, '--apdu', await saved('payment.apdu', text));
    assert.equal(answer.code, 1);
    assert.doesNotMatch(answer.stdout, /4111/);
    assert.match(answer.stdout, /of a payment card: not shown/);
  }
});

test('the example of the document', async () => {
  const block = (name) => document.match(new RegExp('```text ' + name + '\\n([^`]*)```'))[1];
  const key = await saved('keys.json', document.match(/```json apdu-keys\n([^`]*)```/)[1]);
  const answer = await inspect('--key', key, '--apdu', await saved('card.apdu', block('apdu')));
  assert.equal(answer.code, 0);
  assert.equal(answer.stdout, block('inspect'));
});

test('what is no recording is said, with its line', async () => {
  const wrong = ['> 00a4\n< 9000\n< 9000\n', '< 9000\n', 'tine 1\n', '> 0\n', '> zz\n', 'time x\n', '> 00\ntime 1\n',
    `> ${'00'.repeat(263)}\n`, `# ${'x'.repeat(1600)}\n`, '> 00\n'.repeat(193), 'clock ahead\n', 'uid 0102030405060708090a0b\n'];
  for (const text of wrong) {
    const answer = await inspect('--apdu', await saved('wrong.apdu', text));
    assert.equal(answer.code, 2, text.slice(0, 20));
    assert.match(answer.stderr, /wrong[.]apdu:\d+ /);
    assert.equal(answer.stdout, '');
  }
  assert.equal((await inspect('--apdu', path.join(folder, 'none'))).code, 2);
  assert.equal((await inspect('--apdu', await saved('long.apdu', '#\n'.repeat(70000)))).code, 2);
  assert.equal((await inspect('--apdu', 'a', '--text', 'b')).code, 2);
});

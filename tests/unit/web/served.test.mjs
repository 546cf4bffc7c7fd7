// What becomes of a page's files on their way to a browser: one module, and the English words in the page.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { served } from '../../support/served.mjs';
import { agent, catalogue } from './web.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'served-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const PAGES = ['clerk', 'it', 'kiosk'];
const WORDS = '<script type="application/json" id="words"></script>';
let count = 0;

// An agent's folder of its own with these files.
function folderOf(files) {
  const root = path.join(folder, String(++count));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return root;
}

const refused = (files, why, name = 'web/a/app.js') => assert.throws(() => served(name, folderOf(files)), (error) => error.status === 1 && why.test(error.stderr.toString()), String(why));

async function run(bytes) {
  const file = path.join(folder, `${++count}.mjs`);
  writeFileSync(file, bytes);
  return import(pathToFileURL(file));
}

test('joined modules do what they do apart, each once and before those that import it', async () => {
  const root = folderOf({
    'web/a/app.js': "import { two as second, add } from './two.js';\nimport { one } from '../lib/one.js';\nglobalThis.joined.push(add(one, second));\n",
    'web/a/two.js': "import { one } from '../lib/one.js';\nglobalThis.joined.push('two');\nconst hidden = one;\nexport const two = hidden + 1;\nexport async function later() {}\nexport function add(a, b) {\n  return a + b;\n}\n",
    'web/lib/one.js': "(globalThis.joined ??= []).push('one');\nconst hidden = '\\\\';\nexport const one = hidden.length;\n",
  });
  await run(served('web/a/app.js', root));
  assert.deepEqual(globalThis.joined, ['one', 'two', 3]);
});

test('what cannot be joined stops the build', () => {
  refused({ 'web/a/app.js': "import one from './one.js';\n", 'web/a/one.js': '' }, /import one from/);
  refused({ 'web/a/app.js': "import './one.js';\n", 'web/a/one.js': '' }, /import '\.\/one/);
  refused({ 'web/a/app.js': "import { one } from 'one';\n" }, /imports one/);
  refused({ 'web/a/app.js': "import { one } from './one.js';\n" }, /one\.js cannot be read/);
  refused({ 'web/a/app.js': "import { one } from './one.js';\n", 'web/a/one.js': "import { b } from './app.js';\nexport const one = 1;\n" }, /imports itself/);
  for (const line of ['export default 1;', 'export { one };', 'export let one = 1;', 'export class One {}', 'export const { one } = two;', "export * from './one.js';"]) {
    refused({ 'web/a/app.js': `${line}\n` }, /export /);
  }
  refused({ 'words/en.json': '{}\n', 'web/a/index.html': '<p></p>\n' }, /0 elements for words/, 'web/a/index.html');
  refused({ 'words/en.json': '{}\n', 'web/a/index.html': `${WORDS}\n${WORDS}\n` }, /2 elements for words/, 'web/a/index.html');
});

test('words in a page read as they stand in the catalogue, and end nothing', () => {
  const words = { common: { 'a.b': '</script><!-- & <script> \\u003c "&" \\\\' } };
  const html = served('web/a/index.html', folderOf({ 'words/en.json': `${JSON.stringify(words, null, 2)}\n`, 'web/a/index.html': `<body>\n<b>1</b>${WORDS}<i>2</i>\n</body>\n` })).toString();
  const [, before, block, behind] = /^<body>\n([^]*)<script type="application\/json" id="words">([^<]*)<\/script>([^]*)\n<\/body>\n$/.exec(html);
  assert.deepEqual([before, behind, JSON.parse(block)], ['<b>1</b>', '<i>2</i>', words]);
});

for (const page of PAGES) {
  test(`the page as it is sent: ${page}`, () => {
    const html = served(`web/${page}/index.html`).toString();
    assert.deepEqual([...html.matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, to]) => to), [`/${page}/style.css`, `/${page}/app.js`]);
    assert.deepEqual(JSON.parse(/id="words">([^<]*)</.exec(html)[1]), catalogue('en'));
    const script = served(`web/${page}/app.js`).toString();
    assert.doesNotMatch(script, /^(import|export) /m);
    const file = path.join(folder, `${page}.mjs`);
    writeFileSync(file, script);
    execFileSync(process.execPath, ['--check', file]);
    const modules = new Set([...script.matchAll(/^const \$(\w+) = \(\(\) => \{$/gm)].map(([, name]) => name));
    const written = readdirSync(path.join(agent, 'web', page)).filter((name) => name.endsWith('.js') && name !== 'app.js').map((name) => `${page}_${name.slice(0, -3)}`);
    assert.deepEqual(written.filter((name) => !modules.has(name)), [], 'modules that nothing imports');
  });
}

// docs/asyncapi.json is a valid AsyncAPI 3.0 document, and says what the code says: names, limits, and every member of
// every message with its type and range, in both directions.
//   node --test asyncapi.test.mjs, with WIRETOOL=<program>

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { DOCUMENT, documentErrors, MESSAGES, ROOT, SCHEMAS, schemaFault } from './lib/document.mjs';
import { resolved, sample, variants } from './lib/samples.mjs';

const tool = (mode, input) => execFileSync(process.env.WIRETOOL, [mode], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
const tables = JSON.parse(tool('tables'));
const source = (path) => readFileSync(new URL(path, ROOT), 'utf8');
const same = (document, code, what) => assert.deepEqual([...new Set(document)].sort(), [...new Set(code)].sort(), what);
const variantsOf = (prefix) => Object.keys(SCHEMAS).filter((k) => k.startsWith(`${prefix}.`)).map((k) => k.slice(prefix.length + 1));

// Texts in the code of a folder that a pattern finds.
function found(folder, files, pattern) {
  return readdirSync(new URL(folder, ROOT)).filter((f) => files.test(f))
    .flatMap((f) => [...source(`${folder}/${f}`).matchAll(pattern)].map((m) => m[1]));
}

test('it is an AsyncAPI 3.0 document', () => {
  assert.deepEqual(documentErrors(), []);
});

describe('names are those of the code', () => {
  const properties = (name) => SCHEMAS[name].properties;

  test('of mutations and verdicts', () => {
    same(variantsOf('mutation'), tables.mutations);
    same(SCHEMAS.mutation.oneOf.map((r) => r.$ref.split('/mutation.')[1]), tables.mutations);
    same(variantsOf('verdict'), tables.verdicts);
    same(SCHEMAS.retry.enum, tables.retries);
  });

  test('of rows and scopes', () => {
    same(variantsOf('row'), tables.row_types);
    same(variantsOf('doc'), tables.row_types);
    same(SCHEMAS.row_op.enum, tables.row_ops);
    same(SCHEMAS.scope['x-names'], tables.scopes.map((s) => s.replace(/:.*/, ':')));
    for (const scope of tables.scopes) assert.equal(schemaFault('scope', scope), '');
  });

  test('of channels, stock, policies and reasons', () => {
    same(SCHEMAS.channel.enum, tables.channels);
    same(SCHEMAS.stock.enum, tables.stocks);
    same(properties('doc.policy').merge.enum, tables.merge_policies);
    same(properties('mutation.cart.merge').policy.enum, tables.merge_policies.filter((p) => p !== 'ask'));
    same(properties('mutation.credential.block').reason.enum, tables.block_reasons);
  });

  // What an engine rejects with is a table in core/cart, and texts where the other kinds are decided.
  test('of rejections and conflicts', () => {
    const engine = /^sqlite_.*\.[ch]$/;
    same(SCHEMAS.rejection.enum, [...tables.cart_codes, ...found('contextd/engine', engine, /sqlite_reject\(\w+, "(\w+)"\)/g),
      ...found('contextd/engine', engine, /#define CODE_\w+ "(\w+)"/g),
      ...found('core/sync', /^mutation_print\.h$/, /#define TB_VERDICT_CODE_\w+ "(\w+)"/g)]);
    same(SCHEMAS.conflict.enum, [...found('core/cart', /^checkout\.h$/, /#define TB_CHECKOUT_CONFLICT_\w+ "(\w+)"/g),
      ...found('contextd/engine', engine, /sqlite_conflict\(\w+, "(\w+)"\)/g)]);
  });

  test('of errors and of reasons to close', () => {
    const session = found('core/sync', /^server.*\.c$/, /"([a-z]+(?:_[a-z]+)+)"/g).filter((name) => name !== 'protocol_min');
    const own = (name) => SCHEMAS[name].enum.filter((code) => !tables.errors.includes(code));
    same([...own('error_code'), ...own('close_reason')], [...session, ...tables.retries]);
    same(SCHEMAS.error_code.enum.filter((code) => tables.errors.includes(code)), tables.errors);
    same(SCHEMAS.close_reason.enum.filter((code) => tables.errors.includes(code)), tables.errors);
    same(SCHEMAS.error_number.enum, [...source('core/wire/rpc.h').matchAll(/TB_RPC_\w+ = (-32\d+)/g)].map((m) => Number(m[1])));
  });

  test('of requests and notifications', () => {
    const handled = found('core/sync', /^server\.c$/, /tb_span_is\(rpc->method, "([\w.]+)"\)/g);
    same(Object.keys(MESSAGES).filter((n) => MESSAGES[n]['x-direction'] === 'client'), handled);
    const said = found('core/sync', /^server.*\.c$/, /tb_rpc_begin_notification\(session_out\(s\), "([\w.]+)"\)/g);
    same(Object.keys(MESSAGES).filter((n) => MESSAGES[n]['x-direction'] === 'store' && MESSAGES[n].payload.properties.method), said);
    same(Object.keys(DOCUMENT.operations), [...handled, ...said]);
  });
});

test('limits are those of the code', () => {
  const l = tables.limits;
  assert.equal(MESSAGES.mutate.payload.properties.params.properties.mutations.maxItems, l.mutations);
  assert.equal(MESSAGES.verdicts.payload.properties.params.properties.verdicts.maxItems, l.verdicts);
  assert.equal(SCHEMAS.rows.maxItems, l.rows);
  assert.equal(SCHEMAS.cloud_event.properties.data['x-json-bytes-max'], l.event_data_size);
  assert.equal(DOCUMENT.channels.sync.bindings.ws.headers.properties['Sec-WebSocket-Protocol'].const, tables.subprotocol);
  assert.equal(Number(DOCUMENT.info.version), l.protocol);
  const says = (text, ...numbers) => numbers.forEach((n) => assert.match(text, new RegExp(`\\b${n}\\b`)));
  says(DOCUMENT.info.description, l.message_size, l.depth, l.members);
  says(SCHEMAS.mutation.description, l.mutation_size);
  says(MESSAGES.mutate.summary, l.mutations, l.window_size);
  says(SCHEMAS.rows.description, l.rows_size);
});

// Each schema and what the code calls it. The rest has no reader of its own: a row's erasure holds a time alone.
const READ = {
  ...Object.fromEntries(variantsOf('mutation').map((k) => [`mutation.${k}`, 'mutation'])),
  ...Object.fromEntries(variantsOf('verdict').map((k) => [`verdict.${k}`, 'verdict'])),
  ...Object.fromEntries(variantsOf('row').map((k) => [`row.${k}`, 'row'])),
  ...Object.fromEntries(variantsOf('doc').filter((k) => k !== 'erasure').map((k) => [`doc.${k}`, `doc.${k}`])),
};
const PARAMS = ['hello', 'mutate', 'verdicts', 'feed.open', 'feed.ack', 'feed.rows', 'identify', 'customer.find', 'customer.open'];
const RESULTS = ['hello.result', 'feed.checksum.result', 'identify.result', 'product.find.result', 'customer.find.result', 'customer.open.result'];

function echoes(cases) {
  const lines = tool('echo', cases.map(({ reader, value }) => `${reader} ${JSON.stringify(value)}\n`).join('')).trimEnd().split('\n');
  assert.equal(lines.length, cases.length);
  return cases.map((c, i) => ({ ...c, said: lines[i] }));
}

describe('members are those of the code', () => {
  const readers = [
    ...Object.entries(READ).map(([name, reader]) => ({ name, reader, schema: SCHEMAS[name], besides: reader === 'row' ? ['doc'] : [] })),
    ...PARAMS.map((name) => ({ name, reader: name, schema: MESSAGES[name].payload.properties.params })),
    ...RESULTS.map((name) => ({ name, reader: name, schema: MESSAGES[name].payload.properties.result })),
  ];

  // What is read and written again has lost nothing: the code knows every member that the document has.
  test('which are read and written whole', () => {
    for (const { name, said, value } of echoes(readers.map((r) => ({ ...r, value: sample(r.schema) })))) {
      assert.match(said, /^ok /, `${name}: ${said}\n  ${JSON.stringify(value)}`);
      assert.deepEqual(JSON.parse(said.slice(3)), value, name);
    }
  });

  // Limits of what is in a batch are looked at one by one above; the batches themselves are looked at from outside.
  test('with the ranges that it says, and nothing beyond', () => {
    const cases = readers.flatMap((r) => [...variants(r.schema, r.besides)].map((v) => ({ ...r, ...v })));
    // What a client takes all the same: a verdict without its code, and no product for null.
    const lenient = ({ name, what }) => (name.startsWith('verdict.') && what === 'code left out') ||
      (name === 'product.find.result' && what === 'product left out');
    const wrong = echoes(cases).filter((c) => !lenient(c)).filter(({ said, good }) => said.startsWith('ok ') !== good)
      .map(({ name, what, said, good }) => `${name}: ${what.slice(0, 40)}: the document says ${good ? 'good' : 'bad'}, the code ${said.slice(0, 60)}`);
    assert.deepEqual(wrong, []);
    assert.ok(cases.length > 1500, `only ${cases.length} cases`);
  });

  test('and the document judges alike', () => {
    for (const name of Object.keys(READ))
      for (const { what, value, good } of variants(SCHEMAS[name]))
        assert.equal(schemaFault(name, value) === '', good, `${name}: ${what}: ${schemaFault(name, value)}`);
  });
});

test('every schema is used', () => {
  const used = new Set([...JSON.stringify(DOCUMENT).matchAll(/#\/components\/schemas\/([\w.]+)/g)].map((m) => m[1]));
  same(Object.keys(SCHEMAS).filter((name) => !used.has(name)), ['close_reason']);
  assert.ok(resolved({ $ref: '#/components/schemas/id' }).pattern);
});

// The documents of the local API for POS software are what they claim to be, and say what the code says: calls and their
// scopes, events, refusals, limits. What is really said is held to them by tests/e2e/lib/pos_channel.mjs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CALLS_DOCUMENT, documentErrors, EVENTS_DOCUMENT, MESSAGES, ROOT, schemaFault, SCHEMAS } from './lib/pos_document.mjs';

const source = (path) => readFileSync(new URL(path, ROOT), 'utf8');
const found = (path, pattern) => [...source(path).matchAll(pattern)].map((m) => m.slice(1));
const same = (document, code, what) => assert.deepEqual([...new Set(document)].sort(), [...new Set(code)].sort(), what);
const define = (path, name) => Number(new RegExp(`#define ${name} (\\d+)`).exec(source(path))[1]);

const granted = found('agent/app/pos/pos.c', /\{\{"([\w.]+)", \w+\}, (\w+)\}/g);
const pairing = found('agent/app/pos/pos.c', /^ {4}\{"([\w.]+)", \w+\},/gm).map(([name]) => name);
const scopeOf = (grant) => (grant === '0' ? '' : grant.replace('TB_POS_MAY_', '').toLowerCase());
const calls = Object.keys(SCHEMAS).filter((name) => name.startsWith('call.')).map((name) => name.slice(5));

test('the one is an AsyncAPI 3.0 document', () => {
  assert.deepEqual(documentErrors(), []);
});

test('the other is an OpenAPI 3.1 document of two paths', () => {
  assert.match(CALLS_DOCUMENT.openapi, /^3\.1\.\d+$/);
  assert.deepEqual(Object.keys(CALLS_DOCUMENT.paths), ['/pos/v1/rpc', '/pos/v1/events']);
  for (const path of Object.values(CALLS_DOCUMENT.paths))
    for (const operation of Object.values(path)) {
      assert.ok(operation.operationId && operation.summary);
      for (const answer of Object.values(operation.responses)) assert.ok(answer.description);
    }
});

test('every reference leads somewhere, and every schema is used', () => {
  for (const document of [CALLS_DOCUMENT, EVENTS_DOCUMENT]) {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((m) => m[1]);
    for (const path of references) assert.ok(path.split('/').reduce((at, name) => at?.[name], document) !== undefined, path);
  }
  const used = new Set([...JSON.stringify([CALLS_DOCUMENT, EVENTS_DOCUMENT]).matchAll(/#\/components\/schemas\/([\w.]+)/g)].map((m) => m[1]));
  same(Object.keys(SCHEMAS), used);
});

test('both share their schemas', () => {
  for (const [name, schema] of Object.entries(EVENTS_DOCUMENT.components.schemas)) assert.deepEqual(SCHEMAS[name], schema, name);
});

test('calls and their scopes are those of the code', () => {
  assert.ok(granted.length > 15);
  same(calls, [...granted.map(([name]) => name), ...pairing]);
  for (const [name, grant] of granted) {
    assert.equal(SCHEMAS[`call.${name}`]['x-scope'], scopeOf(grant), name);
    assert.equal(MESSAGES[name]['x-scope'], scopeOf(grant), name);
    assert.ok(MESSAGES[`${name}.result`] && EVENTS_DOCUMENT.operations[name], name);
  }
  for (const name of pairing) assert.ok(SCHEMAS[`call.${name}`]['x-scope'] === null && !MESSAGES[name], name);
  const names = /tb_pos_grant_names\[TB_POS_GRANT_COUNT\] = \{([^}]+)\}/.exec(source('agent/app/pos/pos.c'))[1];
  assert.deepEqual(SCHEMAS.scope.enum, [...names.matchAll(/"(\w+)"/g)].map((m) => m[1]));
});

test('events are those of the code', () => {
  const said = ['agent/app/pos/pos_events.c', 'agent/app/pos/upos.c']
    .flatMap((path) => found(path, /"((?:ready|terminal|state|operator|outcome|handovers)|(?:customer|cart|change|handover|upos)\.[a-z]+)"/g).map(([name]) => name));
  same(Object.keys(MESSAGES).filter((name) => name.startsWith('event.')).map((name) => name.slice(6)), said);
});

test('refusals are those of the code', () => {
  const gate = found('agent/counter/pos_gate.c', /\{(\d{3}), "(\w+)"\}/g);
  const transport = found('agent/counter/pos.c', /refuse\(c, (\d{3}), "(\w+)"\)/g);
  const either = [['403', 'origin_foreign'], ['401', 'token_refused']]; // one call of refuse() has both
  same(Object.values(CALLS_DOCUMENT.paths).flatMap((path) => Object.values(path)).flatMap((operation) => Object.entries(operation.responses))
    .flatMap(([status, { 'x-codes': codes = [] }]) => codes.map((code) => `${status} ${code}`)),
  [...gate, ...transport, ...either].map((pair) => pair.join(' ')));
  same(found('agent/counter/pos.c', /^ {4}\{"(\w+)", "[^"]+/gm).map(([code]) => code), [...gate, ...transport, ...either].map(([, code]) => code), 'each says what to do');
});

test('limits are those of the code', () => {
  assert.equal(SCHEMAS.client_name['x-bytes-max'], define('agent/cache/pos_clients.h', 'TB_POS_NAME_SIZE_MAX'));
  assert.equal(SCHEMAS.origin['x-bytes-max'], define('agent/cache/pos_clients.h', 'TB_POS_ORIGIN_SIZE_MAX'));
  assert.equal(SCHEMAS['call.identify.code'].properties.params.properties.code['x-bytes-max'], define('agent/app/pos/pos.c', 'CODE_TEXT_SIZE_MAX'));
  assert.equal(SCHEMAS.session.properties.api.const, define('agent/app/pos/pos.h', 'TB_POS_API_VERSION'));
  assert.equal(SCHEMAS.properties.properties.DataCount.maximum, define('agent/app/pos/upos.h', 'TB_UPOS_QUEUE_MAX'));
  assert.equal(SCHEMAS.options.maxLength, define('core/wire/names.h', 'TB_SHORT_SIZE_MAX'));
  assert.equal(SCHEMAS.paid_lines.maxItems, define('core/wire/mutation.h', 'TB_PAID_LINE_COUNT_MAX'));
  for (const name of ['TB_COUNTER_MESSAGE_MAX', 'TB_COUNTER_SEND_MAX'])
    for (const document of [CALLS_DOCUMENT, EVENTS_DOCUMENT])
      assert.match(document.info.description, new RegExp(`\\b${define('agent/counter/counter.h', name)}\\b`), name);
  assert.equal(SCHEMAS.scopes.maxItems, SCHEMAS.scope.enum.length);
  assert.equal(MESSAGES['event.handovers'].payload.properties.params.properties.open.maxItems, define('agent/app/handover/handover_desk.c', 'SHOWN_MAX'));
  const protocol = /TB_POS_GATE_PROTOCOL "([^"]+)"/.exec(source('agent/counter/pos_gate.h'))[1];
  assert.match(JSON.stringify(EVENTS_DOCUMENT.channels.pos.bindings.ws.headers), new RegExp(`${protocol.replace('.', '\\.')};`));
});

test('outcomes and errors are those of the code', () => {
  const names = [...source('core/identify/outcome.c').matchAll(/\[TB_OUTCOME_\w+\] = "(\w+)"/g)].map((m) => m[1]);
  same(SCHEMAS.outcome.enum, names);
  same(SCHEMAS.error.properties.code.enum, found('core/wire/rpc.h', /TB_RPC_\w+ = (-32\d+)/g).map(([n]) => Number(n)));
  const codes = Object.fromEntries(found('agent/app/pos/upos.c', /^ {4}(E_\w+) = (\d+)/gm));
  same(SCHEMAS.error_data.properties.ErrorCode.enum, Object.entries(codes).filter(([name]) => name !== 'E_FAILURE').map(([, n]) => Number(n)));
});

test('the guide tells of every call, every event, every scope and every status', () => {
  const guide = source('docs/pos.md');
  const events = Object.keys(MESSAGES).filter((name) => name.startsWith('event.')).map((name) => name.slice(6));
  const refusals = [...found('agent/counter/pos.c', /refuse\(c, \d+, "(\w+)"\)/g), ...found('agent/counter/pos_gate.c', /\{\d+, "(\w+)"\}/g)].map(([code]) => code);
  const scopes = granted.map(([, grant]) => scopeOf(grant)).filter(Boolean);
  assert.ok(refusals.length > 12 && scopes.length > 2);
  for (const name of [...calls, ...events, ...scopes, ...refusals]) assert.match(guide, new RegExp(`(?<![\\w.])${name.replaceAll('.', '\\.')}(?![\\w.]\\w)`), name);
});

test('a schema turns down what it should', () => {
  assert.equal(schemaFault('token', 'x'.repeat(43)), '');
  assert.notEqual(schemaFault('token', 'x'.repeat(42)), '');
  assert.notEqual(schemaFault('call.cart.add', { jsonrpc: '2.0', id: 1, method: 'cart.add', params: { gtin: '0'.repeat(14), quantity: 1 } }), '');
  assert.notEqual(schemaFault('failure', { jsonrpc: '2.0', id: 1, error: { code: -1, message: '', data: { code: 'x' } } }), '');
});

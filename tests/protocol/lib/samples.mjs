// Values made from a schema of docs/asyncapi.json: a whole one, and ones that break a single rule.

import { SCHEMAS } from './document.mjs';

const BY_PATTERN = [
  [/^\^\[0-9a-f\]\{32\}:/, `${'1'.repeat(32)}:x`],
  [/^\^\[0-9a-f\]\{(\d+)\}\$$/, (m) => '1'.repeat(m[1])],
  [/^\^\[0-9\]\{4\}-/, '2026-11-23'],
  [/^\^\[1-9\]/, '49'],
  [/^\^\[0-9\]\{(\d+)\}\$$/, (m) => '1'.repeat(m[1])],
  [/^\^\[A-Z\]\{(\d+)\}\$$/, (m) => 'E'.repeat(m[1])],
  [/^\^\[A-Za-z0-9_-\]\{(\d+)\}\$$/, (m) => 'A'.repeat(m[1])],
  [/^\^\[A-Za-z0-9_-\]\*\$$/, 'AAAA'],
  [/^\^#/, '#00ff00'],
  [/^\^\(erasures\|/, 'cohort:0a'],
];

export function resolved(schema) {
  if (schema.$ref) return resolved(SCHEMAS[schema.$ref.slice('#/components/schemas/'.length)]);
  if (!schema.allOf) return schema;
  const { allOf, ...more } = schema;
  return { ...resolved(allOf[0]), ...more };
}

function textOf(schema) {
  for (const [pattern, sample] of BY_PATTERN) {
    const m = schema.pattern?.match(pattern);
    if (m) return typeof sample === 'string' ? sample : sample(m);
  }
  return 'x';
}

// Every member that it may have; numbers and truths that are not left out when they are written.
export function sample(of) {
  const schema = resolved(of);
  if (schema.const !== undefined) return schema.const;
  if (schema.examples) return schema.examples[0];
  if (schema.enum) return schema.enum[0];
  if (schema.oneOf) return sample(schema.oneOf[0]);
  if (schema.type === 'object')
    return Object.fromEntries(Object.entries(schema.properties ?? { k: { const: 1 } }).map(([k, s]) => [k, sample(s)]));
  if (schema.type === 'array') return schema.maxItems === 0 ? [] : [sample(schema.items)];
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer') return Math.max(1, schema.minimum);
  if (schema.type === 'string') return textOf(schema);
  throw new Error(`no sample of ${JSON.stringify(of)}`);
}

const isToken = (schema) => /^\^\[A-Za-z0-9\._:-\]/.test(schema.pattern ?? '');

// Values of one leaf on both sides of each of its limits.
function edges(schema) {
  if (schema.enum && schema.type !== 'integer')
    return { good: schema.enum, bad: ['no such name', 7] };
  if (schema.type === 'integer')
    return { good: [schema.minimum, schema.maximum].filter((v) => v !== undefined), bad: [schema.minimum - 1, schema.maximum + 1, 1.5, 'x'] };
  if (schema.type === 'boolean') return { good: [true, false], bad: [0, 'true'] };
  if (schema.type !== 'string') return { good: [], bad: [] };
  if (isToken(schema) || schema['x-bytes-max']) {
    const max = schema.maxLength;
    const bad = ['x'.repeat(max + 1), 7, isToken(schema) ? 'a b' : 'a\u0001b'];
    if (schema['x-bytes-max']) bad.push('\u00e4'.repeat(max / 2) + 'x');
    return { good: ['x'.repeat(max)], bad };
  }
  return { good: [], bad: ['', `${textOf(schema)}%`, 7].filter((v) => !new RegExp(schema.pattern ?? '^$').test(v)) };
}

// may: it can be left out. Readers then take an empty text or 0 for absent as well.
function* leaves(of, path, may) {
  const schema = resolved(of);
  yield { schema, path, may };
  if (schema.type === 'array') yield* leaves(schema.items, [...path, 0], false);
  for (const [name, member] of Object.entries(schema.oneOf ? {} : schema.properties ?? {}))
    yield* leaves(member, [...path, name], !schema.required?.includes(name));
}

function changed(value, path, change) {
  const copy = structuredClone(value);
  change(path.slice(0, -1).reduce((at, key) => at[key], copy), path.at(-1));
  return copy;
}

// {what, value, good}: the whole sample with one thing changed, and whether a reader has to take it. Members named in
// `besides` are not looked into.
export function* variants(of, besides = []) {
  const whole = sample(of);
  for (const { schema, path, may } of leaves(of, [], false)) {
    if (besides.includes(path[0])) continue;
    const { good, bad } = path.length > 0 && schema.const === undefined ? edges(schema) : { good: [], bad: [] };
    const one = (v, is_good) =>
      ({ what: `${path.join('.')} = ${JSON.stringify(v)}`, good: is_good, value: changed(whole, path, (o, k) => { o[k] = v; }) });
    for (const v of good) yield one(v, true);
    for (const v of bad.filter((b) => !may || (b !== '' && b !== 0))) yield one(v, false);
    if (schema.type === 'array') yield one(Array(schema.maxItems + 1).fill(sample(schema.items)), false);
    if (schema.type !== 'object') continue;
    const needed = new Set([...schema.required ?? [], ...schema.then?.required ?? [], ...Object.values(schema.dependencies ?? {}).flat()]);
    for (const name of Object.keys(schema.properties ?? {}))
      yield { what: `${[...path, name].join('.')} left out`, good: !needed.has(name),
        value: changed(whole, [...path, name], (o, k) => { delete o[k]; }) };
  }
  yield { what: 'a member of later versions', good: true, value: { ...whole, later: { version: 2 } } };
}

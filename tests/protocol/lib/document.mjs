// docs/asyncapi.json: its schemas as validators, and a checker for both directions of a conversation.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../e2e/package.json', import.meta.url));
const Ajv = require('ajv');

export const ROOT = new URL('../../../', import.meta.url);
export const DOCUMENT = JSON.parse(readFileSync(new URL('docs/asyncapi.json', ROOT), 'utf8'));
export const SCHEMAS = DOCUMENT.components.schemas;
export const MESSAGES = DOCUMENT.components.messages;

// AsyncAPI's own schema. It brings the JSON schema of JSON schemas along, so Ajv's copy stays out.
export function documentErrors() {
  const ajv = new Ajv({ strict: false, meta: false, validateSchema: false, validateFormats: false, allErrors: true });
  const valid = ajv.compile(require('@asyncapi/specs/schemas/3.0.0.json'));
  return valid(DOCUMENT) ? [] : valid.errors.map(inWords);
}

const inWords = (e) => `${e.instancePath || '(all)'} ${e.message} ${JSON.stringify(e.params)}`;

// Nobody may send what is not in the document: every object that it describes is closed, but for those marked open.
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([k, v]) => [k, closed(v)]));
  if (copy.type === 'object' && copy.properties && !copy['x-open']) copy.additionalProperties = false;
  return copy;
}

function compiler(document) {
  const ajv = new Ajv({ strict: false, allErrors: false });
  ajv.addKeyword({ keyword: 'x-bytes-max', type: 'string', validate: (max, text) => Buffer.byteLength(text) <= max });
  ajv.addKeyword({ keyword: 'x-json-bytes-max', validate: (max, value) => Buffer.byteLength(JSON.stringify(value)) <= max });
  ajv.addSchema(document, 'document');
  const known = new Map();
  return (path) => {
    if (!known.has(path)) known.set(path, ajv.compile({ $ref: `document#/components/${path}` }));
    return known.get(path);
  };
}

const open = compiler(DOCUMENT);
const strict = compiler({ components: closed(DOCUMENT.components) });

// What is wrong with a value, '' when nothing is. Of variants that a member tells apart only the one meant is tried.
function fault(compiled, path, value) {
  const valid = compiled(path);
  return valid(value) ? '' : valid.errors.map(inWords).join('; ');
}

export const schemaFault = (name, value) => fault(open, `schemas/${name}`, value);

// "oneOf ten" says little: the variant that is meant says what is wrong.
function variantFault(compiled, prefix, tag, value) {
  const name = `${prefix}.${value?.[tag]}`;
  return SCHEMAS[name] ? fault(compiled, `schemas/${name}`, value) : `${prefix} of a ${tag} that is not in the document: ${value?.[tag]}`;
}

function partsFault(compiled, message) {
  const body = message.params ?? message.result ?? {};
  const parts = [
    ...(body.mutations ?? []).map((m) => variantFault(compiled, 'mutation', 'kind', m)),
    ...(body.verdicts ?? []).map((v) => variantFault(compiled, 'verdict', 'verdict', v)),
    ...(body.rows ?? []).map((r) => variantFault(compiled, 'row', 'type', r)),
  ];
  return parts.find((f) => f !== '') ?? '';
}

// One connection: knows which request an answer belongs to. Each call returns the message's name in the document, or throws.
export class Conversation {
  #asked = new Map();

  asks(message) {
    if (message.id !== undefined && message.method !== undefined) this.#asked.set(message.id, message.method);
  }

  // What a client sends may hold what later versions know.
  sent(message) {
    this.asks(message);
    return this.#check(open, message.method, message);
  }

  // What the store sends is in the document, every member of it.
  received(message) {
    if (message.method !== undefined) return this.#check(strict, message.method, message);
    const method = this.#asked.get(message.id);
    this.#asked.delete(message.id);
    if (message.error !== undefined) return this.#check(strict, 'error', message);
    if (method === undefined) throw new Error(`an answer that nobody asked for: ${JSON.stringify(message)}`);
    return this.#check(strict, `${method}.result`, message);
  }

  #check(compiled, name, message) {
    if (!MESSAGES[name]) throw new Error(`${name} is not in docs/asyncapi.json: ${JSON.stringify(message)}`);
    const wrong = partsFault(compiled, message) || fault(compiled, `messages/${name}/payload`, message);
    if (wrong) throw new Error(`${name} is not as in docs/asyncapi.json: ${wrong}\n  ${JSON.stringify(message)}`);
    return name;
  }
}

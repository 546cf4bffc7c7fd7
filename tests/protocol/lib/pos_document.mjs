// docs/pos-asyncapi.json and docs/pos-openapi.json as validators of what POS software and the agent say.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../e2e/package.json', import.meta.url));
const Ajv = require('ajv');

export const ROOT = new URL('../../../', import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(`docs/${name}`, ROOT), 'utf8'));
export const EVENTS_DOCUMENT = read('pos-asyncapi.json');
export const CALLS_DOCUMENT = read('pos-openapi.json');
export const MESSAGES = EVENTS_DOCUMENT.components.messages;
export const SCHEMAS = CALLS_DOCUMENT.components.schemas;

// Objects are closed, but for those marked open: they are as pages know them, and may grow.
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
  ajv.addSchema({ components: closed(document.components) }, 'document');
  const known = new Map();
  return (path, value) => {
    if (!known.has(path)) known.set(path, ajv.compile({ $ref: `document#/components/${path}` }));
    const valid = known.get(path);
    return valid(value) ? '' : valid.errors.map((e) => `${e.instancePath || '(all)'} ${e.message} ${JSON.stringify(e.params)}`).join('; ');
  };
}

const message = compiler(EVENTS_DOCUMENT);
const schema = compiler(CALLS_DOCUMENT);

/** What is wrong with a schema's value, '' when nothing is. */
export const schemaFault = (name, value) => schema(`schemas/${name}`, value);

/** With an event as the agent sends it. */
export const eventFault = (event) =>
  (MESSAGES[`event.${event.method}`] ? message(`messages/event.${event.method}/payload`, event) : `no such event: ${event.method}`);

/** With a call that was answered well, and with the answer. */
export function callFault(call, answer) {
  if (answer.error) return schemaFault('failure', answer);
  const before = SCHEMAS[`call.${call.method}`] ? schemaFault(`call.${call.method}`, call) : `no such call: ${call.method}`;
  return before || schemaFault(`result.${call.method}`, answer);
}

/** What AsyncAPI's own schema has against the document. */
export function documentErrors() {
  const ajv = new Ajv({ strict: false, meta: false, validateSchema: false, validateFormats: false, allErrors: true });
  const valid = ajv.compile(require('@asyncapi/specs/schemas/3.0.0.json'));
  return valid(EVENTS_DOCUMENT) ? [] : valid.errors.map((e) => `${e.instancePath} ${e.message}`);
}

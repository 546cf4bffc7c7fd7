// The shape of what the other end says. A context store is trusted with the customer's data and with nothing else: one that
// is older, newer, broken or not the right one at all may neither stop the page nor make it ask without end. What has
// another shape than docs/protocol.md says is thrown out (a message, with the connection) or passed over (a row); members
// and kinds that are not known are let be. Pure.

import { LINE_COUNT_MAX } from './tillbridge-cart.js';

export const MESSAGE_LENGTH_MAX = 64 * 1024; // of docs/protocol.md
const VERDICT_COUNT_MAX = 32;
const ROW_COUNT_MAX = 1_000; // in one message
const WINDOW_MS_MAX = 10 * 60_000;
const PING_MS_MIN = 5_000;
const PING_MS_MAX = 60 * 60_000;
const VERDICTS = new Set(['applied', 'duplicate', 'rejected', 'retry']);
const OPS = new Set(['put', 'drop', 'evict']);
const ID = /^[0-9a-f]{32}$/;
const TOKEN = /^[\w.:-]{1,96}$/;

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value, length_max = 4_096) => typeof value === 'string' && value.length <= length_max;
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isAbsentOr = (value, is) => value === undefined || value === null || is(value);
const within = (value, min, max) => Math.min(max, Math.max(min, value));

export class Malformed extends Error {}
const must = (good, what) => { if (!good) throw new Malformed(what); };

/** A stable code such as refused.denied; undefined for what is none. */
export const codeOf = (value) => (typeof value === 'string' && TOKEN.test(value) ? value : undefined);

/** One message: { method, params } or { id, result?, error? }. */
export function messageOf(data) {
  must(typeof data === 'string' && data.length <= MESSAGE_LENGTH_MAX, 'message');
  const message = JSON.parse(data);
  must(isObject(message) && isAbsentOr(message.method, isText), 'message');
  if (message.error === undefined || message.error === null) return message;
  must(isObject(message.error), 'error');
  return { ...message, error: { number: Number.isInteger(message.error.code) ? message.error.code : 0, code: codeOf(message.error.data?.code) ?? 'generic' } };
}

/** The answer to hello. Times are held within what makes sense: they say how soon and how often this page speaks. */
export function welcomeOf(result) {
  must(isObject(result) && isText(result.epoch, 64) && isCount(result.decided_seq) && isCount(result.server_time_ms), 'hello');
  must(isCount(result.reconnect_window_ms) && isCount(result.idle_ping_ms), 'hello');
  const { epoch, decided_seq, server_time_ms, reconnect_window_ms, idle_ping_ms } = result;
  return { epoch, decided_seq, server_time_ms, reconnect_window_ms: within(reconnect_window_ms, 0, WINDOW_MS_MAX), idle_ping_ms: within(idle_ping_ms, PING_MS_MIN, PING_MS_MAX) };
}

const isLine = (line) => isObject(line) && isText(line.id, 64) && isText(line.gtin, 14) && isCount(line.quantity) && Number.isSafeInteger(line.unit_price)
  && ['options', 'name', 'note', 'channel'].every((name) => isAbsentOr(line[name], isText));

const docs = {
  cart: (doc) => Array.isArray(doc.lines) && doc.lines.length <= LINE_COUNT_MAX && doc.lines.every(isLine) && isText(doc.currency, 3)
    && isAbsentOr(doc.note, isText) && isAbsentOr(doc.touched_by, isText) && isAbsentOr(doc.touched_ms, isCount) && isAbsentOr(doc.claim, isClaim),
  customer: (doc) => isText(doc.name) && isAbsentOr(doc.consents, (list) => Array.isArray(list) && list.every((one) => isObject(one) && isText(one.id))),
  handover: (doc) => isText(doc.state, 32) && isAbsentOr(doc.code, (code) => isText(code, 32)) && isAbsentOr(doc.cart, isText),
};

const isClaim = (claim) => isObject(claim) && isCount(claim.until_ms) && isAbsentOr(claim.by, isText);

function isRow(row) {
  if (!isText(row.type, 32) || !isText(row.id, 192) || !isCount(row.version) || !OPS.has(row.op)) return false;
  if (!isAbsentOr(row.customer, (id) => ID.test(id))) return false;
  if (row.op !== 'put') return true;
  return isObject(row.doc) && (!Object.hasOwn(docs, row.type) || docs[row.type](row.doc));
}

/** Those of them that are as the protocol has rows. */
export function rowsOf(rows) {
  must(Array.isArray(rows) && rows.length <= ROW_COUNT_MAX && rows.every(isObject), 'rows');
  return rows.filter(isRow);
}

export function verdictsOf(params) {
  must(isObject(params) && Array.isArray(params.verdicts) && params.verdicts.length <= VERDICT_COUNT_MAX, 'verdicts');
  const verdicts = params.verdicts.map((one) => {
    must(isObject(one) && isCount(one.seq) && VERDICTS.has(one.verdict), 'verdict');
    return { ...one, code: codeOf(one.code), conflict: codeOf(one.conflict) };
  });
  return { verdicts, rows: rowsOf(params.rows ?? []) };
}

export function feedOf(params) {
  must(isObject(params) && isText(params.scope, 96) && isText(params.cursor, 128), 'feed.rows');
  return { scope: params.scope, cursor: params.cursor, more: params.more === true, rows: rowsOf(params.rows) };
}

/** What a shop hands to Tillbridge.open(); the fault is the shop's, so that it is told at once. */
export function optionsCheck({ url, customer, token, socket }, env) {
  const { protocol, username, password, hash } = new URL(url);
  if (!['ws:', 'wss:'].includes(protocol) || username || password || hash) throw new TypeError('url is to be the address of a websocket, without a name or a secret in it');
  if (!ID.test(customer)) throw new TypeError('customer is to be an id: 32 hexadecimal digits, lower case');
  if (typeof token !== 'function') throw new TypeError('token is to be a function that gives a fresh token');
  if (!socket && !env.WebSocket) throw new TypeError('there is no WebSocket here: give socket: (url, protocols) => …');
}

// A web shop for the demo and its tests, beside them because it is neither installed nor shipped: what a shop takes of this
// project is include/web. Page, products, sign-in as one of the demo's customers, tokens for the web channel, and the
// websocket passed on to the context store over TLS, as a shop's reverse proxy does it (a browser does not know the demo's CA).

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { LANGUAGES } from '../../../agent/web/lib/words.js';
import { mintToken } from './token.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const TYPES = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml', json: 'application/json' };
const FILES = new Map([
  ['/', here('index.html')], ...['shop.css', 'shop.js', 'cart.js', 'question.js', 'words.js', 'icon.svg'].map((name) => [`/${name}`, here(name)]),
  // one way to draw a QR code, and one to speak languages
  ...['dom', 'qr', 'words', 'facts', 'colour', 'consent_words'].map((name) => [`/lib/${name}.js`, here(`../../../agent/web/lib/${name}.js`)]),
  ...Object.keys(LANGUAGES).map((language) => [`/words/${language}.json`, here(`words/${language}.json`)]),
  ...['', '-cart', '-line', '-outbox', '-shape', '-storage'].map((part) => [`/tillbridge${part}.js`, here(`../../../include/web/tillbridge${part}.js`)]),
]);
const consentTexts = (id) => Object.keys(LANGUAGES).map((language) => ({ language,
  text: JSON.parse(readFileSync(here(`../../../agent/words/${language}.json`), 'utf8')).clerk[`consent.${id}`] }));
const HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin', 'cache-control': 'no-store',
};
const COOKIE = 'shop_session';
const BODY_SIZE_MAX = 1_024;
const CODE = /^[2-9A-HJKMNP-Z]{6}$/;
const HANDED = /^\/h\/[2-9A-HJKMNP-Z]{6}$/i;

/**
 * port: to listen on, on loopback. store: { port, ca } of the context store's web listener. key: PEM of the key that signs tokens.
 * customers: [{ id, member, name, tier }] who may sign in. products: [{ gtin, name, unit_price }].
 * consents: what the chain asks, id -> version of the text, which is the one that clerks ask with.
 * qr: gives, or promises, the modules of a text's QR code, { size, rows: [hex] }.
 */
export class Shop {
  #sessions = new Map(); // cookie -> customer
  #sockets = new Set();

  constructor({ port, store, key, customers, products, consents = {}, qr, currency = 'EUR' }) {
    const asked = Object.entries(consents).map(([id, text_version]) => ({ id, text_version, texts: consentTexts(id) }));
    Object.assign(this, { port, store, key, customers, products, consents: asked, qr, currency, origin: `http://127.0.0.1:${port}`, passing: true });
  }

  async start() {
    this.server = http.createServer((request, answer) => this.#serve(request, answer).catch(() => this.#answer(answer, 400)));
    this.server.on('upgrade', (request, socket, head) => this.#pass(request, socket, head));
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise((listening, failed) => this.server.once('error', failed).listen(this.port, '127.0.0.1', listening));
    return this;
  }

  // The line between browsers and the context store is cut, or mended; the page itself is still served.
  cut(is_cut = true) {
    this.passing = !is_cut;
    if (is_cut) for (const socket of this.#sockets) if (socket.passes) socket.destroy();
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.server.close(closed));
  }

  // ---- pages and sign-in ----

  // What changes something, or opens a websocket, comes from the shop's own page: no other site acts with its cookie.
  #isOwn({ headers, method }, needs_origin = method !== 'GET') {
    return headers.host === `127.0.0.1:${this.port}` && (!needs_origin || headers.origin === this.origin);
  }

  #customer({ headers }) {
    const cookie = headers.cookie?.split('; ').find((one) => one.startsWith(`${COOKIE}=`));
    return this.#sessions.get(cookie?.slice(COOKIE.length + 1));
  }

  async #serve(request, answer) {
    if (!this.#isOwn(request)) return this.#answer(answer, 403);
    if (request.method === 'GET' && FILES.has(request.url)) return this.#file(answer, FILES.get(request.url));
    if (request.method === 'GET' && HANDED.test(request.url)) return this.#file(answer, FILES.get('/')); // from a kiosk's QR code
    const asked = `${request.method} ${request.url}`;
    const customer = this.#customer(request);
    if (asked === 'GET /catalogue') return this.#answer(answer, 200, { currency: this.currency, products: this.products, consents: this.consents });
    if (asked === 'GET /account') return this.#answer(answer, 200, { customer: customer ?? null, customers: this.customers });
    if (asked === 'POST /sign-in') return this.#signIn(answer, await bodyOf(request));
    if (asked === 'POST /sign-out') return this.#signOut(request, answer);
    if (asked === 'POST /token') return customer ? this.#answer(answer, 200, { token: mintToken(this.key, customer.id) }) : this.#answer(answer, 401);
    if (asked === 'POST /code') return customer ? this.#code(answer, await bodyOf(request)) : this.#answer(answer, 401);
    return this.#answer(answer, 404);
  }

  // A hand-over code as the QR code that a till's scanner reads; nothing else is drawn for anybody.
  async #code(answer, { code }) {
    if (!CODE.test(code)) return this.#answer(answer, 400);
    return this.#answer(answer, 200, await this.qr(`H:${code}`));
  }

  #signIn(answer, { member }) {
    const customer = this.customers.find((one) => one.member === member);
    if (!customer) return this.#answer(answer, 404);
    const cookie = randomBytes(32).toString('base64url');
    this.#sessions.set(cookie, customer);
    return this.#answer(answer, 200, { customer }, { 'set-cookie': `${COOKIE}=${cookie}; Path=/; HttpOnly; SameSite=Strict` });
  }

  #signOut({ headers }, answer) {
    const cookie = headers.cookie?.split('; ').find((one) => one.startsWith(`${COOKIE}=`));
    this.#sessions.delete(cookie?.slice(COOKIE.length + 1));
    return this.#answer(answer, 200, {}, { 'set-cookie': `${COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict` });
  }

  #file(answer, path) {
    answer.writeHead(200, { ...HEADERS, 'content-type': TYPES[path.split('.').at(-1)] }).end(readFileSync(path));
  }

  #answer(answer, status, value = {}, headers = {}) {
    answer.writeHead(status, { ...HEADERS, 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  }

  // ---- the websocket ----

  // Passed on as it came, Origin included, which the context store judges, but for the shop's own cookie.
  #pass(request, socket, head) {
    const refuse = () => socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    if (request.url !== '/context' || !this.passing || !this.#isOwn(request, true)) return void refuse();
    const lines = ['GET / HTTP/1.1', `Host: localhost:${this.store.port}`];
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      const [name, value] = request.rawHeaders.slice(i, i + 2);
      if (!['host', 'cookie'].includes(name.toLowerCase())) lines.push(`${name}: ${value}`);
    }
    const far = tls.connect({ host: '127.0.0.1', port: this.store.port, ca: this.store.ca, servername: 'localhost' }, () => {
      far.write(`${lines.join('\r\n')}\r\n\r\n`);
      far.write(head);
      far.pipe(socket).pipe(far);
    });
    socket.passes = true;
    for (const [one, other] of [[socket, far], [far, socket]]) one.on('error', () => {}).on('close', () => other.destroy());
    return undefined;
  }
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > BODY_SIZE_MAX) throw new Error('too long');
  }
  return JSON.parse(text);
}

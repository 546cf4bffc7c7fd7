// A bare tillbridge.v1 client and a context store of its own, for tests that look at single messages.

import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Events } from '../../e2e/lib/events.mjs';
import { Program, run } from '../../e2e/lib/program.mjs';
import { Conversation } from '../../protocol/lib/document.mjs';

const WebSocket = createRequire(new URL('../../e2e/package.json', import.meta.url))('ws');

export const ORIGIN = 'https://shop.example';
export const CHAIN = 'demo';
export const id = () => randomBytes(16).toString('hex');
export const urn = (device) => `urn:tillbridge:${CHAIN}:device:${device}`;

// contextd with certificates and few customers in a folder that is gone afterwards.
export class Store {
  // idle_ping_s: a client that does not answer for half as long once it was asked is dropped. A test that has to stand still
  // for a while, because its machine is busy, is not such a one.
  static async make(program, settings = '', { customers = 40, carts = 8, idle_ping_s = 20 } = {}) {
    const store = new Store();
    store.program = program;
    store.folder = mkdtempSync(join(tmpdir(), 'tb_gateway_'));
    await store.tool('ca', 'init', '--dir', store.file('ca'), '--chain', CHAIN);
    await store.certificate('server', '--dns', 'localhost', '--ip', '127.0.0.1');
    await store.tool('token', 'key', '--key', store.file('token.key'), '--public', store.file('token.pub'));
    await store.tool('seed', '--database', store.file('context.db'), '--customers', String(customers), '--products', '50', '--carts', String(carts));
    writeFileSync(store.file('contextd.conf'), `
[contextd]
database = ${store.file('context.db')}
ticket_keys = ${store.file('ticket.keys')}
idle_ping_s = ${idle_ping_s}
${settings}
[terminals]
listen = 127.0.0.1:0
certificate = ${store.file('server.crt')}
key = ${store.file('server.key')}
ca = ${store.file('ca/ca.crt')}
[web]
listen = 127.0.0.1:0
certificate = ${store.file('server.crt')}
key = ${store.file('server.key')}
origin = ${ORIGIN}
origin = https://app.example:8443
token_key = ${store.file('token.pub')}
`);
    store.ca = readFileSync(store.file('ca/ca.crt'));
    store.customers = JSON.parse(await store.tool('customer', 'list', '--database', store.file('context.db'), '--limit', String(customers), '--json'));
    store.products = JSON.parse(await store.tool('product', 'list', '--database', store.file('context.db'), '--json'));
    return store;
  }

  file(name) {
    return join(this.folder, name);
  }

  tool(...args) {
    return run(this.program, args);
  }

  // Key and request are made under `name`, the certificate is issued with the options.
  async certificate(name, ...options) {
    await this.tool('ca', 'request', '--name', name, '--key', this.file(`${name}.key`), '--csr', this.file(`${name}.csr`));
    await this.tool('ca', 'issue', '--dir', this.file('ca'), '--csr', this.file(`${name}.csr`),
      '--out', this.file(`${name}.crt`), ...options);
    return this.identity(name);
  }

  identity(name) {
    return { key: readFileSync(this.file(`${name}.key`)), cert: readFileSync(this.file(`${name}.crt`)) };
  }

  token(customer, ...options) {
    return this.tool('token', 'mint', '--key', this.file('token.key'), '--customer', customer, ...options)
      .then((text) => text.trim());
  }

  // launcher: a command that becomes the program, and its arguments.
  async start(launcher = []) {
    rmSync(this.file('ports.json'), { force: true });
    const [path, ...args] = [...launcher, this.program, 'serve', '--config', this.file('contextd.conf'),
      '--ports-file', this.file('ports.json')];
    this.server = new Program('contextd', path, args, { log: this.file('contextd.log') });
    await this.server.printed('contextd ready');
    this.ports = JSON.parse(readFileSync(this.file('ports.json')));
  }

  // Bytes that the program may write into a file, "1:" or "unlimited:" (the soft limit); past it writing fails, if it
  // was started with SIGXFSZ ignored.
  limit(bytes) {
    return run('prlimit', ['--pid', String(this.server.child.pid), `--fsize=${bytes}`]);
  }

  async stop(signal = 'SIGTERM') {
    const how = await this.server.stop(signal);
    this.server = undefined;
    return how;
  }

  async end() {
    const how = this.server && await this.stop();
    if (how?.code !== 0) console.error(readFileSync(this.file('contextd.log'), 'utf8').split('\n').slice(-80).join('\n'));
    rmSync(this.folder, { recursive: true, force: true });
    return how;
  }

  terminal(options = {}) {
    return Client.connect(`wss://127.0.0.1:${this.ports.terminals}/`, { ca: this.ca, servername: 'localhost', ...options });
  }

  web(options = {}) {
    return Client.connect(`wss://127.0.0.1:${this.ports.web}/`,
      { ca: this.ca, servername: 'localhost', origin: ORIGIN, ...options });
  }
}

export class Client {
  #calls = new Map();
  #call_id = 0;
  messages = new Events('client');
  conversation = new Conversation(); // what the store says is as documented, whatever the test is about

  // Resolves once the websocket is open; rejects with what kept it from opening.
  static connect(url, { protocol = 'tillbridge.v1', ...options }) {
    return new Promise((resolve, reject) => {
      const client = new Client();
      client.socket = new WebSocket(url, protocol ? [protocol] : [], options);
      client.socket.on('message', (data) => client.#receive(JSON.parse(data.toString())));
      client.closed = new Promise((done) =>
        client.socket.on('close', (code, reason) => done({ code, reason: reason.toString() })));
      client.closed.then((how) => client.#end(how));
      client.socket.once('open', () => resolve(client));
      client.socket.on('error', reject);
    });
  }

  get tls() {
    return this.socket._socket;
  }

  // What hello needs beside the defaults; answers the result.
  hello({ device, channel = 'till', incarnation = id(), next_seq = 1, ...more } = {}) {
    return this.call('hello', {
      protocol: 1, software: 'test', channel, incarnation, next_seq, epoch: '',
      ...(device && { device: urn(device) }), ...more,
    });
  }

  call(method, params) {
    const call = ++this.#call_id;
    const answer = new Promise((resolve, reject) => this.#calls.set(call, { resolve, reject }));
    answer.catch(() => {}); // of one that nobody waits for any more
    if (this.ended) this.#end(this.ended);
    const message = { jsonrpc: '2.0', id: call, method, params };
    this.conversation.asks(message);
    this.raw(JSON.stringify(message));
    return answer;
  }

  notify(method, params) {
    this.raw(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  raw(data) {
    this.socket.send(data);
  }

  // Opens a feed and reads it to its end; the rows that came.
  async feed(scope) {
    const rows = [];
    await this.call('feed.open', { scope, cursor: '' });
    for (let more = true; more;) {
      const { params } = await this.messages.next(`rows of ${scope}`, (m) => m.method === 'feed.rows' && m.params.scope === scope);
      rows.push(...params.rows);
      this.notify('feed.ack', { scope, cursor: params.cursor });
      more = params.more;
    }
    return rows;
  }

  // Sends one mutation; the verdict on it and the rows that came along.
  async mutate(mutation) {
    this.notify('mutate', { mutations: [{ made_ms: Date.now(), ...mutation }] });
    return this.verdict(mutation.seq);
  }

  async verdict(seq) {
    const { params } = await this.messages.next(`a verdict on ${seq}`,
      (m) => m.method === 'verdicts' && m.params.verdicts.some((v) => v.seq === seq));
    return { ...params.verdicts.find((v) => v.seq === seq), rows: params.rows };
  }

  changed(scope, what, matches) {
    return this.messages.next(what, (m) => m.method === 'feed.rows' && m.params.scope === scope && m.params.rows.some(matches))
      .then((m) => {
        this.notify('feed.ack', { scope, cursor: m.params.cursor });
        return m.params.rows.find(matches);
      });
  }

  drop() {
    this.socket.terminate();
  }

  // Nothing comes any more: who waits is told, and why.
  #end(how) {
    this.ended = how;
    const why = `the connection was closed: ${JSON.stringify(how)}`;
    for (const { reject } of this.#calls.values()) reject(new Error(why));
    this.#calls.clear();
    this.messages.end?.(why);
  }

  #receive(message) {
    this.conversation.received(message);
    const call = this.#calls.get(message.id);
    if (call === undefined) {
      this.messages.push(message);
      return;
    }
    this.#calls.delete(message.id);
    if (message.error) call.reject(Object.assign(new Error(message.error.message), message.error));
    else call.resolve(message.result);
  }
}

// POS software without a POS: calls over HTTP, events over server-sent events or a websocket. All that the agent says is
// held to the documents of the API.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import WebSocket from 'ws';
import { callFault, eventFault } from '../../protocol/lib/pos_document.mjs';
import { Events, ONE_BY_ONE } from './events.mjs';

const SUBPROTOCOL = 'tillbridge-pos.v1';

// One call over HTTP: { status, headers, result?, error? }.
export function call(port, method, params = {}, { token, headers = {}, id = 1 } = {}) {
  const asked = { jsonrpc: '2.0', ...(id === null ? {} : { id }), method, params };
  const all = { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers };
  return post(port, JSON.stringify(asked), all).then((answer) => {
    const { status, headers: _, ...message } = answer;
    if (status !== 204) assert.equal(callFault(asked, message), '', JSON.stringify(message));
    return answer;
  });
}

export function post(port, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const all = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers };
    const options = { host: '127.0.0.1', port, path: '/pos/v1/rpc', method: 'POST', headers: all, agent: false };
    request(options, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, ...(text ? JSON.parse(text) : {}) }));
    }).on('error', reject).end(body);
  });
}

export class Pos {
  #calls = new Map();
  #heard = new Map(); // what was told, by the name of the event
  #id = 0;

  constructor(port, token) {
    Object.assign(this, { port, token, received: '' });
  }

  // Asks a till to be paired; read() is the clerk who reads the code from the screen.
  static async pair(port, name, scopes, read, headers = {}) {
    const { result } = await call(port, 'pair.begin', { name, scopes }, { headers });
    const code = await read();
    return new Pos(port, (await call(port, 'pair.finish', { pairing: result.pairing, code }, { headers })).result.token);
  }

  async follow(headers = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${this.port}/pos/v1`, [SUBPROTOCOL], { ...ONE_BY_ONE, headers: { Authorization: `Bearer ${this.token}`, ...headers } });
    this.socket.on('message', (data) => this.#receive(data.toString()));
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    await new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject));
    return this;
  }

  // Server-sent events instead of the websocket.
  stream() {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, path: '/pos/v1/events', headers: { Authorization: `Bearer ${this.token}` }, agent: false };
      this.streaming = request(options, (answer) => {
        let rest = '';
        this.closed = new Promise((done) => answer.on('close', done));
        answer.on('error', () => {}).on('data', (chunk) => {
          const parts = (rest + chunk).split('\n\n');
          rest = parts.pop();
          for (const part of parts) this.#receive(part.replace(/^data: /, ''));
        });
        resolve(answer.statusCode);
      }).on('error', reject).end();
    });
  }

  // The first event of that name, from now or earlier, that matches; it and those of its name before it are used up. Those of
  // other names stay: events of one thing that happened have no order among one another.
  event(method, matches = () => true) {
    return this.#of(method).next(`a ${method}`, matches);
  }

  // What was told up to now is not waited for any more.
  async forget() {
    await this.result('ping');
    for (const events of this.#heard.values()) events.forget();
  }

  // Over the websocket.
  ask(method, params = {}) {
    const asked = { jsonrpc: '2.0', id: ++this.#id, method, params };
    this.socket.send(JSON.stringify(asked));
    return new Promise((answer) => this.#calls.set(asked.id, { asked, answer }));
  }

  async code(method, params) {
    return (await this.ask(method, params)).error?.data.code ?? '';
  }

  async result(method, params) {
    const { result, error } = await this.ask(method, params);
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  // Over HTTP.
  http(method, params, options = {}) {
    return call(this.port, method, params, { token: this.token, ...options });
  }

  close() {
    this.socket?.terminate();
    this.streaming?.destroy();
  }

  #of(method) {
    if (!this.#heard.has(method)) this.#heard.set(method, new Events('pos'));
    return this.#heard.get(method);
  }

  #receive(text) {
    const message = JSON.parse(text);
    this.received += text;
    if (message.method) {
      assert.equal(eventFault(message), '', text);
      return this.#of(message.method).push(message.params);
    }
    const { asked, answer } = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    assert.equal(callFault(asked, message), '', text);
    answer(message);
  }
}

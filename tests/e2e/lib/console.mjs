// The command line socket, spoken to directly: requests, and the events that a follower is told.

import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { Events } from './events.mjs';

export class Console {
  #calls = new Map();
  #call_id = 0;

  static async open(path) {
    const console = new Console();
    console.received = '';
    console.events = new Events('console');
    console.socket = createConnection(path);
    createInterface({ input: console.socket }).on('line', (line) => console.#receive(line));
    await new Promise((resolve, reject) => console.socket.once('connect', resolve).once('error', reject));
    return console;
  }

  request(method, params = {}) {
    const id = ++this.#call_id;
    this.say({ jsonrpc: '2.0', id, method, params });
    return new Promise((resolve, reject) => this.#calls.set(id, (message) =>
      message.error ? reject(new Error(`${method}: ${JSON.stringify(message.error)}`)) : resolve(message.result)));
  }

  // The stable code with which a request is turned down; "" when it is not.
  code(method, params = {}) {
    const id = ++this.#call_id;
    this.say({ jsonrpc: '2.0', id, method, params });
    return new Promise((resolve) => this.#calls.set(id, (message) => resolve(message.error?.data.code ?? '')));
  }

  say(message) {
    this.socket.write(`${JSON.stringify(message)}\n`);
  }

  close() {
    this.socket.destroy();
  }

  #receive(line) {
    const message = JSON.parse(line);
    this.received += line;
    if (message.id === undefined) return this.events.push(message.params);
    this.#calls.get(message.id)(message);
    this.#calls.delete(message.id);
  }
}

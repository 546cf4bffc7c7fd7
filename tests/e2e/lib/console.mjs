// The command line socket, spoken to directly: requests, and the events that a follower is told.

import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { Events } from './events.mjs';

export class Console {
  #calls = new Map();
  #call_id = 0;
  #lost = false;

  static async open(path) {
    const console = new Console();
    console.received = '';
    console.events = new Events('console');
    console.socket = createConnection(path);
    // It hands on the errors of its socket.
    createInterface({ input: console.socket }).on('line', (line) => console.#receive(line)).on('error', () => {});
    await new Promise((resolve, reject) => console.socket.once('connect', resolve).once('error', reject));
    console.socket.on('error', () => {}).on('close', () => console.#lose());
    return console;
  }

  // Resolves with the answer: { result } or { error }, or { lost } when the connection ended first.
  ask(method, params = {}) {
    const id = ++this.#call_id;
    if (this.#lost) return Promise.resolve({ lost: true });
    this.say({ jsonrpc: '2.0', id, method, params });
    return new Promise((answer) => this.#calls.set(id, answer));
  }

  async request(method, params) {
    const { result, error, lost } = await this.ask(method, params);
    if (error || lost) throw new Error(`${method}: ${lost ? 'the connection ended' : JSON.stringify(error)}`);
    return result;
  }

  // The stable code with which a request is turned down; "" when it is not.
  async code(method, params) {
    return (await this.ask(method, params)).error?.data.code ?? '';
  }

  say(message) {
    this.socket.write(`${JSON.stringify(message)}\n`);
  }

  close() {
    this.socket.destroy();
  }

  #lose() {
    this.#lost = true;
    for (const answer of this.#calls.values()) answer({ lost: true });
    this.#calls.clear();
  }

  #receive(line) {
    const message = JSON.parse(line);
    this.received += line;
    if (message.id === undefined) return this.events.push(message.params);
    this.#calls.get(message.id)(message);
    this.#calls.delete(message.id);
  }
}

// An agent that answers wrongly: all of a real one passes through, but what is spoilt on its way.

import { createServer, request } from 'node:http';
import WebSocket, { WebSocketServer } from 'ws';

const PROTOCOL = 'tillbridge-pos.v1';

export class PosLiar {
  // spoil(message, method) returns what is told instead of a message of the agent; null: nothing; of an event, a list of
  // what is told. method is what an answer is to, '' for an event.
  // hears(call) is told of each that goes on over the websocket.
  static async before(agent_port, spoil, hears = () => {}) {
    const liar = new PosLiar();
    Object.assign(liar, { agent_port, spoil, hears, followers: new WebSocketServer({ noServer: true, handleProtocols: () => PROTOCOL }) });
    liar.server = createServer((asked, answer) => liar.#pass(asked, answer)).on('upgrade', (asked, socket, head) => liar.#follow(asked, socket, head));
    await new Promise((listening) => { liar.server.listen(0, '127.0.0.1', listening); });
    liar.port = liar.server.address().port;
    return liar;
  }

  close() {
    for (const follower of this.followers.clients) follower.terminate();
    this.server.closeAllConnections();
    this.server.close();
  }

  // Under the agent's own name: another is refused by it.
  #headers(asked) {
    return { ...asked.headers, host: asked.headers.host.replace(`:${this.port}`, `:${this.agent_port}`) };
  }

  // The messages as they are told.
  #told(text, method) {
    if (!text) return [text];
    const told = this.spoil(JSON.parse(text), method);
    return [told].flat().filter(Boolean).map((message) => JSON.stringify(message));
  }

  async #pass(asked, answer) {
    const body = await new Promise((whole) => {
      let text = '';
      asked.on('data', (chunk) => { text += chunk; }).on('end', () => whole(text));
    });
    const { url: path, method } = asked;
    const onward = request({ host: '127.0.0.1', port: this.agent_port, path, method, headers: this.#headers(asked), agent: false }, (real) => {
      answer.useChunkedEncodingByDefault = false; // its end is the end of the connection, as the agent's is
      answer.writeHead(real.statusCode, { ...(real.headers['content-type'] && { 'Content-Type': real.headers['content-type'] }), Connection: 'close' });
      if (path.endsWith('/events')) return real.pipe(answer);
      let text = '';
      return real.on('data', (chunk) => { text += chunk; }).on('end', () => answer.end(this.#told(text, /"method":"([\w.]+)"/.exec(body)?.[1] ?? '')[0]));
    });
    answer.on('close', () => onward.destroy());
    onward.on('error', () => answer.destroy()).end(body);
  }

  #follow(asked, socket, head) {
    const methods = new Map();
    const real = new WebSocket(`ws://127.0.0.1:${this.agent_port}${asked.url}`, [PROTOCOL], { headers: { Authorization: asked.headers.authorization } });
    const early = [];
    real.on('message', (data) => early.push(data)).on('error', () => socket.destroy()).once('open', () => this.followers.handleUpgrade(asked, socket, head, (follower) => {
      const tell = (data) => {
        for (const told of this.#told(data.toString(), methods.get(JSON.parse(data).id) ?? '')) follower.send(told);
      };
      real.removeAllListeners('message').on('message', tell).on('close', () => follower.terminate());
      early.forEach(tell);
      follower.on('close', () => real.terminate()).on('message', (data) => {
        const call = JSON.parse(data);
        methods.set(call.id, call.method);
        this.hears(call);
        real.send(data.toString());
      });
    }));
  }
}

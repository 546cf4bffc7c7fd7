// The page's websocket to the agent: requests with answers, notifications, and coming back by itself.

export const PROTOCOL = 'tillbridge-page.v1';
const PING_MS = 5_000; // a page asks this often …
const SILENT_MS = 12_000; // … and takes the agent for lost when nothing came for this long
const REQUEST_MS = 5_000;
const RETRY_MS = [200, 400, 800, 1_600, 3_000];

/**
 * hooks: onMessage(method, params), onUp(), onDown(), onDenied(). Returns { request(method, params) },
 * a promise of the result that rejects with an Error carrying the stable `code`.
 */
export function connect(url, hooks, env = globalThis) {
  const link = { url, hooks, env, socket: null, waiting: new Map(), nextId: 1, tries: 0, heard: 0, probing: false };
  env.setInterval(() => beat(link), PING_MS);
  open(link);
  return { request: (method, params) => request(link, method, params) };
}

function open(link) {
  const socket = new link.env.WebSocket(link.url, PROTOCOL);
  link.socket = socket;
  socket.addEventListener('open', () => {
    link.tries = 0;
    link.heard = link.env.performance.now();
    link.hooks.onUp();
  });
  socket.addEventListener('message', (event) => receive(link, event.data));
  socket.addEventListener('close', () => closed(link, socket));
}

function receive(link, text) {
  link.heard = link.env.performance.now();
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return;
  }
  if (message.method) link.hooks.onMessage(message.method, message.params);
  else settle(link, message);
}

function settle(link, { id, result, error }) {
  const waiting = link.waiting.get(id);
  if (!waiting) return;
  link.waiting.delete(id);
  link.env.clearTimeout(waiting.timer);
  if (error) waiting.reject(codedError(error.data?.code ?? 'generic'));
  else waiting.resolve(result);
}

function codedError(code) {
  return Object.assign(new Error(code), { code });
}

function request(link, method, params) {
  if (link.socket?.readyState !== 1) return Promise.reject(codedError('link'));
  const id = link.nextId++;
  return new Promise((resolve, reject) => {
    const timer = link.env.setTimeout(() => settle(link, { id, error: { data: { code: 'link' } } }), REQUEST_MS);
    link.waiting.set(id, { resolve, reject, timer });
    link.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  });
}

function closed(link, socket) {
  if (link.socket !== socket) return;
  link.socket = null;
  for (const id of [...link.waiting.keys()]) settle(link, { id, error: { data: { code: 'link' } } });
  link.hooks.onDown();
  probe(link);
  const wait = RETRY_MS[Math.min(link.tries++, RETRY_MS.length - 1)];
  link.env.setTimeout(() => open(link), wait * (0.75 + Math.random() / 2));
}

// A browser does not say why a websocket was turned down; an ordinary request does.
async function probe(link) {
  if (link.probing) return;
  link.probing = true;
  try {
    const answer = await link.env.fetch(new URL(link.url).pathname, { cache: 'no-store' });
    if (answer.status === 403) link.hooks.onDenied();
  } catch {
    // The agent is not there: the next attempt will tell.
  } finally {
    link.probing = false;
  }
}

// A stopped agent keeps its socket open: only its silence gives it away.
function beat(link) {
  if (link.socket?.readyState !== 1) return;
  if (link.env.performance.now() - link.heard > SILENT_MS) {
    const { socket } = link;
    closed(link, socket);
    socket.close();
    return;
  }
  request(link, 'ping', {}).catch(() => {});
}

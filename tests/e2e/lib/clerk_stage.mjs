// A page without an agent: serves agent/web and agent/words as the agent does and plays the agent's websocket.
import http from 'node:http';
import paths from 'node:path';
import { WebSocketServer } from 'ws';
import { served } from '../../support/served.mjs';
import { PATIENCE_MS } from './events.mjs';

const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.json': 'application/json' };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

export const CHROMIUM = {
  executablePath: process.env.TB_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
};

/** path: of the page, /clerk or /kiosk. script(send, page): what the agent says to each page that connects; silent: it answers nothing; answer(request): what it answers, or a promise of it. */
export async function startStage(path = '/clerk') {
  const stage = { path, script: () => {}, accepts: true, signedIn: true, requests: [], pages: new Set(), unheard: new Set(), looks: new Set(), document: 0 };
  const server = http.createServer((request, answer) => serveFile(stage, request, answer));
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'tillbridge-page.v1' });
  server.on('upgrade', (request, socket, head) => {
    if (stage.deaf) stage.unheard.add(socket);
    else if (!stage.accepts || !stage.signedIn) socket.destroy();
    else sockets.handleUpgrade(request, socket, head, (page) => welcome(stage, page, documentOf(request)));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  stage.url = `http://127.0.0.1:${server.address().port}${path}`;
  stage.say = (method, params) => { for (const page of stage.pages) if (page.document === stage.document) page.send(notification(method, params)); };
  stage.drop = () => { for (const page of stage.pages) page.terminate(); };
  stage.heard = (what, is) => heard(stage, what, is);
  // Until a page that is loaded from now on has connected: the one before it may come back until it is gone.
  stage.opening = () => {
    const before = stage.document;
    return new Promise((resolve) => { stage.script = (send, page) => page.document > before && resolve(send); });
  };
  stage.stop = () => {
    stage.drop();
    for (const socket of stage.unheard) socket.destroy();
    server.closeAllConnections();
    return new Promise((resolve) => { server.close(resolve); });
  };
  return stage;
}

/** Until the page has asked what it should; a request is an event. */
function heard(stage, what, is) {
  return new Promise((resolve, reject) => {
    const end = (settle) => {
      stage.looks.delete(look);
      clearTimeout(timer);
      settle();
    };
    const look = () => is(stage.requests) && end(resolve);
    const timer = setTimeout(() => end(() => reject(new Error(`waited for ${what}; asked was ${JSON.stringify(stage.requests)}`))), PATIENCE_MS);
    stage.looks.add(look);
    look();
  });
}

/** A page's own time stands still from the beginning on, and goes on by clock.runFor alone: whatever takes long, nothing is late. */
export async function stopTime(page) {
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 3_600_000); // which it has not reached by then
}

const notification = (method, params) => JSON.stringify({ jsonrpc: '2.0', method, params });

// Each time that the page is loaded it has another number, by a cookie: to the one before it, which is still there for a
// while and may come back, nothing is said.
const documentOf = (request) => Number(/document=(\d+)/.exec(request.headers.cookie)?.[1]);

function welcome(stage, page, document) {
  page.document = document;
  stage.pages.add(page);
  page.on('close', () => stage.pages.delete(page));
  page.on('message', async (data) => {
    const request = JSON.parse(data);
    if (request.method !== 'ping') stage.requests.push(request);
    for (const look of [...stage.looks]) look();
    if (stage.silent) return;
    const outcome = await stage.answer?.(request) ?? { result: {} };
    page.send(JSON.stringify({ jsonrpc: '2.0', id: request.id, ...outcome }));
  });
  if (document === stage.document) stage.script((method, params) => page.send(notification(method, params)), page);
}

const FILES = /^\/((clerk|kiosk|it)(\/(app\.js|style\.css))?|words\/[a-z]+\.json)$/;
const read = new Map(); // files by their paths

function fileAt(path) {
  const name = path.startsWith('/words/') ? path.slice(1) : `web${path}${paths.extname(path) ? '' : '/index.html'}`;
  if (!read.has(path)) read.set(path, { type: TYPES[paths.extname(name)], bytes: served(name) });
  return read.get(path);
}

function serveFile(stage, request, answer) {
  const own = request.url.startsWith(stage.path);
  if (own && !stage.signedIn || !FILES.test(request.url)) {
    answer.writeHead(stage.signedIn ? 404 : 403).end();
    return;
  }
  const { type, bytes } = fileAt(request.url);
  const headers = { 'content-type': type, 'content-security-policy': POLICY, 'cache-control': 'no-store' };
  if (request.url === stage.path) headers['set-cookie'] = `document=${++stage.document}; HttpOnly`;
  answer.writeHead(200, headers);
  answer.end(bytes);
}

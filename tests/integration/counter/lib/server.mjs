// Starts the page server under test, and speaks to it in raw bytes.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { PATIENCE_MS } from '../../../e2e/lib/events.mjs';

const PROGRAM = process.env.COUNTER_SERVER;

export async function startServer(env = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'counter-'));
  const socketPath = path.join(folder, 'ctl.sock');
  const child = spawn(PROGRAM, [socketPath], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const events = eventLog(readline.createInterface({ input: child.stdout }));
  const ended = new Promise((resolve) => { child.once('exit', (code, signal) => resolve({ code, signal })); });
  const ready = await events.next((line) => line.startsWith('ready') || line.startsWith('failed'));
  const port = Number(ready.split(' ')[1]);
  const server = { child, events, ended, port, socketPath, folder };
  server.host = `127.0.0.1:${port}`;
  server.origin = `http://${server.host}`;
  server.stop = async () => {
    child.kill('SIGTERM');
    const how = await ended;
    rmSync(folder, { recursive: true, force: true });
    return how;
  };
  return server;
}

// Lines in the order they came; next() takes the first one that fits, now or when it comes.
function eventLog(lines) {
  const seen = [];
  const waiting = new Set();
  lines.on('line', (line) => {
    seen.push(line);
    for (const look of [...waiting]) look();
  });
  return {
    seen,
    count: (pattern) => seen.filter((line) => pattern.test(line)).length,
    next: (fits) => until(() => {
      const at = seen.findIndex(fits);
      return at < 0 ? undefined : seen.splice(at, 1)[0];
    }, waiting),
  };
}

export function until(find, waiting) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { waiting.delete(look); reject(new Error(`nothing came within ${PATIENCE_MS} ms`)); }, PATIENCE_MS);
    const look = () => {
      const found = find();
      if (found === undefined) return;
      clearTimeout(timer);
      waiting.delete(look);
      resolve(found);
    };
    waiting.add(look);
    look();
  });
}

/** A raw socket that collects what comes; ends() resolves with all of it when the server hangs up. */
export function rawSocket(target) {
  const socket = net.connect(target);
  const raw = { socket, bytes: Buffer.alloc(0), ended: false, waiting: new Set() };
  const look = () => { for (const one of [...raw.waiting]) one(); };
  socket.on('data', (data) => { raw.bytes = Buffer.concat([raw.bytes, data]); look(); });
  for (const event of ['end', 'close', 'error']) socket.on(event, () => { raw.ended = true; look(); });
  raw.ends = () => until(() => (raw.ended ? raw.bytes : undefined), raw.waiting);
  raw.until = (find) => until(() => find(raw.bytes) ?? (raw.ended ? null : undefined), raw.waiting);
  raw.write = (bytes) => { socket.write(bytes); };
  raw.close = () => socket.destroy();
  return raw;
}

export const connect = (server) => rawSocket({ host: '127.0.0.1', port: server.port });

/** Sends one request as it is and resolves with { status, head, body }; status 0 when nothing came. */
export async function exchange(server, text) {
  const raw = connect(server);
  raw.write(text);
  const bytes = await raw.ends();
  raw.close();
  return parseAnswer(bytes.toString('latin1'));
}

export function parseAnswer(text) {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  return { status, head, body: end < 0 ? '' : text.slice(end + 4) };
}

/** A request text; a header given as null is left out, as an array is repeated. */
export function requestText({ line, headers }) {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().filter((one) => one !== null).map((one) => `${name}: ${one}`));
  return `${[line, ...lines].join('\r\n')}\r\n\r\n`;
}

export async function control(server, line) {
  const raw = rawSocket({ path: server.socketPath });
  raw.write(`${line}\n`);
  const end = await raw.until((bytes) => { const at = bytes.indexOf(10); return at < 0 ? undefined : at; });
  const answer = raw.bytes.subarray(0, end ?? 0).toString();
  raw.close();
  return answer;
}

/** Trades a fresh token of a scope for a cookie: "name=value". */
export async function signIn(server, scope = 'clerk') {
  const url = new URL(await control(server, `token ${scope}`));
  const answer = await exchange(server, requestText({ line: `GET ${url.pathname}${url.search} HTTP/1.1`, headers: { Host: server.host } }));
  return { answer, cookie: /set-cookie: ([^;]+)/.exec(answer.head)?.[1] ?? '' };
}

export const upgradeHeaders = (server, cookie) => ({
  Host: server.host, Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Protocol': 'tillbridge-page.v1', Origin: server.origin, Cookie: cookie,
});

/** A frame from a client, masked; options break it on purpose. */
export function frame(payload, { opcode = 1, final = true, masked = true, length } = {}) {
  const body = Buffer.from(payload);
  const size = length ?? body.length;
  const head = [(final ? 0x80 : 0) | opcode];
  if (size < 126) head.push(size);
  else if (size < 65_536) head.push(126, size >> 8, size & 255);
  else head.push(127, 0, 0, 0, 0, (size >>> 24) & 255, (size >>> 16) & 255, (size >>> 8) & 255, size & 255);
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  head[1] |= 0x80;
  const mask = randomBytes(4);
  return Buffer.concat([Buffer.from(head), mask, body.map((byte, at) => byte ^ mask[at % 4])]);
}

/** Frames of the server in these bytes: [{ opcode, text }]; a part of one at the end is left out. */
export function framesOf(bytes) {
  const frames = [];
  let at = 0;
  while (bytes.length - at >= 2) {
    const short = bytes[at + 1] & 127;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length - at < head) break;
    const size = short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short;
    if (bytes.length - at < head + size) break;
    frames.push({ opcode: bytes[at] & 15, payload: bytes.subarray(at + head, at + head + size) });
    at += head + size;
  }
  return frames;
}

/** Opens a page's websocket by hand. frames() resolves when at least `count` frames have come. */
export async function openPage(server, cookie, extra = Buffer.alloc(0)) {
  const raw = connect(server);
  raw.write(Buffer.concat([Buffer.from(requestText({ line: 'GET /clerk HTTP/1.1', headers: upgradeHeaders(server, cookie) })), extra]));
  const start = await raw.until((bytes) => { const at = bytes.indexOf('\r\n\r\n'); return at < 0 ? undefined : at + 4; });
  const page = { raw, status: parseAnswer(raw.bytes.toString('latin1')).status, send: (bytes) => raw.write(bytes), close: () => raw.close() };
  page.frames = (count = 1) => raw.until((bytes) => { const got = framesOf(bytes.subarray(start)); return got.length >= count ? got : undefined; });
  page.closeCode = async () => {
    const found = await raw.until((bytes) => framesOf(bytes.subarray(start)).find((one) => one.opcode === 8));
    return found && found.payload.length >= 2 ? found.payload.readUInt16BE(0) : 0;
  };
  // A close frame, or the end of the connection without one.
  page.closed = () => raw.until((bytes) => (framesOf(bytes.subarray(start)).some((one) => one.opcode === 8) ? true : undefined));
  return page;
}

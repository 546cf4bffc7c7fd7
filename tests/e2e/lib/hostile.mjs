// A site that means harm, open in the same browser as the clerk page and the web shop: what its pages try, and what they got.

import http from 'node:http';

// ---- in the page: each way to try something; it ends in '' (nothing) or in what was had ----

let patience_ms = 2_000; // who gets nothing may hear nothing at all

function within(promise) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(resolve, patience_ms, ''))]);
}

function socket(url, protocols, first) {
  return within(new Promise((resolve) => {
    let one;
    try {
      one = new WebSocket(url, protocols);
    } catch {
      resolve('');
      return;
    }
    one.onopen = () => (first ? one.send(first) : resolve(`open ${url}`));
    one.onmessage = ({ data }) => resolve(`${url} said ${data}`);
    one.onclose = () => resolve('');
  }));
}

function read(url, options) {
  return within(fetch(url, { credentials: 'include', ...options })
    .then(async (answer) => (answer.type === 'opaque' || answer.status >= 400 ? '' : `${url}: ${answer.status} ${await answer.text()}`)).catch(() => ''));
}

function frame(url, make) {
  return within(new Promise((resolve) => {
    const one = document.createElement('iframe');
    one.name = `frame${Math.random()}`.replace('.', '');
    one.onload = () => {
      try {
        const text = one.contentDocument?.body.textContent ?? '';
        resolve(text === '' ? undefined : `${url}: ${text}`); // the empty frame that was there first is no answer
      } catch {
        resolve('');
      }
    };
    if (!make) one.src = url;
    document.body.append(one);
    make?.(one.name);
  })).then((got) => got ?? '');
}

function form(url, fields, enctype) {
  return frame(url, (target) => {
    const one = document.createElement('form');
    Object.assign(one, { action: url, method: 'post', target, enctype });
    for (const [name, value] of Object.entries(fields)) {
      const field = document.createElement('input');
      Object.assign(field, { type: 'hidden', name, value });
      one.append(field);
    }
    document.body.append(one);
    one.submit();
  });
}

function opened(url) {
  const other = window.open(url);
  let got = '';
  try {
    got = other?.document.body?.textContent.trim() ?? '';
  } catch {
    got = '';
  }
  other?.close();
  return got;
}

function events(url) {
  return within(new Promise((resolve) => {
    const source = new EventSource(url, { withCredentials: true });
    source.onopen = () => resolve(`open ${url}`);
    source.onerror = () => resolve(source.close() ?? '');
  }));
}

function script(url) {
  return within(new Promise((resolve) => {
    const before = Object.keys(globalThis).length;
    const one = document.createElement('script');
    one.onload = () => resolve(Object.keys(globalThis).length === before ? '' : `${url} left something`);
    one.onerror = () => resolve('');
    one.src = url;
    document.body.append(one);
  }));
}

// A worker of this site cannot be had on a page that is no secure context.
async function worker(url) {
  const registered = await navigator.serviceWorker?.register('/worker.js').catch(() => undefined);
  if (!registered) return '';
  await navigator.serviceWorker.ready;
  return within(new Promise((resolve) => {
    navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
    (registered.active ?? registered.waiting).postMessage(url);
  }));
}

function rpc(method, params = {}) {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
}

// ---- in the page: all that is tried ----

function agentTries(name) {
  const pairing = rpc('pair.begin', { name: 'evil', scopes: ['cart'] });
  const post = (type) => read(`http://${name}/pos/v1/rpc`, { method: 'POST', body: pairing, headers: { 'content-type': type } });
  const tries = {};
  for (const path of ['clerk', 'kiosk', 'it']) tries[`${name} socket ${path}`] = socket(`ws://${name}/${path}`, 'tillbridge-page.v1');
  tries[`${name} socket pos`] = socket(`ws://${name}/pos/v1`, 'tillbridge-pos.v1');
  tries[`${name} read page`] = read(`http://${name}/clerk`);
  tries[`${name} read file`] = read(`http://${name}/clerk/app.js`);
  tries[`${name} post text`] = post('text/plain');
  tries[`${name} post json`] = post('application/json');
  tries[`${name} events`] = events(`http://${name}/pos/v1/events`);
  tries[`${name} frame`] = frame(`http://${name}/clerk`);
  tries[`${name} window`] = opened(`http://${name}/clerk`);
  tries[`${name} form`] = form(`http://${name}/clerk`, { a: 'b' }, 'application/x-www-form-urlencoded');
  tries[`${name} form as JSON`] = form(`http://${name}/pos/v1/rpc`, { [rpc('cart.clear').slice(0, -1)]: '}' }, 'text/plain');
  tries[`${name} script`] = script(`http://${name}/clerk/app.js`);
  tries[`${name} worker`] = worker(`http://${name}/clerk`);
  tries[`${name} beacon`] = navigator.sendBeacon(`http://${name}/clerk`, rpc('visit.end')) ? '' : '';
  return tries;
}

function webTries({ store, shop, token }) {
  const hello = rpc('hello', { protocol: 1, software: 'evil', channel: 'web', token, incarnation: 'ab'.repeat(16), next_seq: 1, epoch: '' });
  return {
    'store socket': socket(`wss://127.0.0.1:${store}/`, 'tillbridge.v1', hello),
    'store read': read(`https://127.0.0.1:${store}/`),
    'store form': form(`https://127.0.0.1:${store}/`, { a: hello }, 'text/plain'),
    'shop socket': socket(`ws://127.0.0.1:${shop}/context`, 'tillbridge.v1', hello),
    'shop token': read(`http://127.0.0.1:${shop}/token`, { method: 'POST', body: '{}' }),
    'shop account': read(`http://127.0.0.1:${shop}/account`),
    'shop form': form(`http://127.0.0.1:${shop}/token`, {}, 'text/plain'),
    'shop frame': frame(`http://127.0.0.1:${shop}/`),
  };
}

// only: the names of what is waited for, as long as it takes.
async function attack(targets, only) {
  if (only) patience_ms = 60_000;
  const tries = {};
  for (const name of [`127.0.0.1:${targets.agent}`, `localhost:${targets.agent}`]) Object.assign(tries, agentTries(name));
  Object.assign(tries, webTries(targets));
  const got = {};
  for (const [name, one] of Object.entries(tries)) if (!only || only.includes(name)) got[name] = await one;
  return got;
}

const IN_PAGE = [within, socket, read, frame, form, opened, events, script, worker, rpc, agentTries, webTries, attack];

// ---- the site ----

const WORKER = `self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
self.addEventListener('message', async ({ data: url, source }) => {
  const read = (mode) => fetch(url, { mode, credentials: 'include' }).then((answer) => answer.text()).catch(() => '');
  source.postMessage((await read('cors')) + (await read('no-cors')));
});`;

export class HostileSite {
  static async start() {
    const site = new HostileSite();
    site.server = http.createServer((request, answer) => {
      const worker = request.url === '/worker.js';
      answer.writeHead(200, { 'content-type': worker ? 'text/javascript' : 'text/html' }).end(worker ? WORKER : '<title>evil</title><body>');
    });
    await new Promise((listening) => site.server.listen(0, '127.0.0.1', listening));
    site.port = site.server.address().port;
    return site;
  }

  // What its page, which must be loaded, gets out of everything that it tries; only what is not nothing.
  async attacks(page, targets, only) {
    const got = await page.evaluate(`(() => { let patience_ms = ${patience_ms};\n${IN_PAGE.join('\n')}\nreturn attack(${JSON.stringify(targets)}, ${JSON.stringify(only)}); })()`);
    return { count: Object.keys(got).length, got: Object.fromEntries(Object.entries(got).filter(([, what]) => what !== '')) };
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

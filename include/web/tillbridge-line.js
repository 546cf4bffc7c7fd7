// The line of the web channel: one connection after the other to the context store, and what is said on it. Sends an
// outbox's changes in order, hears verdicts and rows, comes back by itself. docs/protocol.md, "Context sync".

import { codeOf, feedOf, Malformed, messageOf, verdictsOf, welcomeOf } from './tillbridge-shape.js';

const SUBPROTOCOL = 'tillbridge.v1';
const WINDOW_COUNT = 32; // changes that may be undecided, and their bytes
const WINDOW_SIZE = 16 * 1024;
const SKIPPED_SIZE = 96;
const HELLO_MS = 10_000;
const REQUEST_MS = 10_000;
const PAUSE_MS = 1_000; // after "retry", doubling
const PAUSE_MAX_MS = 60_000;
const TOKEN_MS = 30_000; // for the shop to give one
const RENEW_MS = 30_000; // before a token ends
const RENEW_MS_MIN = 1_000; // after a welcome
const CALL_COUNT_MAX = 64; // without an answer
const TIMER_MS_MAX = 2 ** 31 - 1; // longer ones would be over at once
const HELD_MS = 10_000; // a connection that lasted less long counts as one that failed
const NO_PRODUCT = '00000000000000'; // asked for to hear whether the line is alive: browsers do not tell of pings

/** How long to wait before the next attempt: in the window after a connection that held, else with full jitter. */
export function delayMs({ held, denied, failures, window_ms }, random) {
  if (held) return random() * window_ms;
  if (denied) return PAUSE_MAX_MS / 2 + (random() * PAUSE_MAX_MS) / 2;
  return random() * Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** Math.min(failures, 16));
}

const coded = (code) => Object.assign(new Error(code), { code });

// When a token ends, in Unix ms; Infinity when it does not say so in a way we understand.
function tokenEnd(token) {
  try {
    const claims = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    return { exp_ms: claims.exp * 1000, iat_ms: claims.iat * 1000 };
  } catch {
    return { exp_ms: Infinity, iat_ms: Infinity };
  }
}

export class Line {
  #options;
  #outbox;
  #env;
  #hooks;
  #socket = null;
  #calls = new Map();
  #call_id = 0;
  #sent = []; // [{ first, last, size, entry? }] without a verdict, oldest first
  #sent_seq = 0;
  #effect_seq = 0; // decided at hello: rows of this connection hold the effects up to here
  #failures = 0;
  #pauses = 0;
  #live_ms; // since when, monotonic
  #heard_ms = 0;
  #clock; // { wall_ms, at_ms } of the context store at the last hello
  #timers = new Map(); // name -> timer
  #token;
  #attempt; // what #connect() is at; undefined when another one counts
  #feed = 'closed';

  // hooks: state, rows(rows), forget(), verdicts({ judged, rows }), cloned() -> another outbox, idle().
  constructor(options, outbox, env, hooks) {
    this.#options = options;
    this.#outbox = outbox;
    this.#env = env;
    this.#hooks = hooks;
    this.state = { state: 'connecting' };
    this.#onOnline = () => {
      this.#failures = 0; // an attempt that is under way may have begun before: should it fail, that is the first
      if (this.#timers.has('again')) this.#after('again', this.#env.Math.random() * PAUSE_MS, () => this.#connect());
    };
    env.addEventListener?.('online', this.#onOnline);
  }

  #onOnline;

  open() {
    this.#connect();
  }

  close() {
    this.#env.removeEventListener?.('online', this.#onOnline);
    this.#stateSet({ state: 'closed', cause: 'closed' });
    this.#end();
  }

  get serverTime() {
    return this.#clock && this.#clock.wall_ms + this.#now() - this.#clock.at_ms;
  }

  request(method, params) {
    if (this.state.state !== 'live') return Promise.reject(coded('offline'));
    if (this.#calls.size >= CALL_COUNT_MAX) return Promise.reject(coded('too_many_requests'));
    return new Promise((resolve, reject) => this.#ask(method, params, resolve, reject));
  }

  // ---- connections ----

  async #connect(cause) {
    if (this.state.state === 'closed') return;
    const attempt = {};
    this.#attempt = attempt;
    this.#attempting(cause);
    this.#after('token', TOKEN_MS, () => this.#lost('token', 'timeout'));
    let fault;
    const token = await this.#tokenAsk().catch((error) => { fault = error ?? {}; });
    if (this.#attempt !== attempt) return;
    this.#cancel('token');
    if (fault) {
      this.#lost('token', codeOf(fault.code));
      return;
    }
    this.#token = token;
    this.#socketOpen();
  }

  // She is told nothing new by an attempt: without a line she is until there is one.
  #attempting(cause) {
    const { state } = this.state;
    this.#stateSet(state === 'offline' ? { ...this.state, retry_ms: 0 } : { state: 'connecting', cause });
  }

  async #tokenAsk() {
    const token = await this.#options.token();
    if (typeof token !== 'string' || token === '') throw coded('no_token');
    return token;
  }

  #socketOpen() {
    let socket;
    try {
      socket = this.#options.socket ? this.#options.socket(this.#options.url, [SUBPROTOCOL]) : new this.#env.WebSocket(this.#options.url, [SUBPROTOCOL]);
    } catch {
      this.#lost('no_route'); // forbidden by a policy of the page, or of its own making
      return;
    }
    this.#socket = socket;
    const ours = (act) => (event) => { if (this.#socket === socket) act(event); };
    socket.addEventListener('open', ours(() => this.#greet()));
    socket.addEventListener('message', ours(({ data }) => this.#receive(data)));
    socket.addEventListener('close', ours(({ code, reason }) => this.#closed(code, reason)));
    socket.addEventListener('error', () => {}); // a close follows, and says as much
    this.#after('hello', HELLO_MS, () => this.#lost('silent'));
  }

  #greet() {
    const { incarnation, next_seq, head } = this.#outbox;
    this.#ask('hello', { protocol: 1, software: this.#options.software, channel: this.#options.channel,
      token: this.#token, incarnation, next_seq, epoch: head.epoch }, (welcome) => this.#welcomed(welcome), (error) => this.#refused(error));
  }

  #refused({ number, code }) {
    if (number === undefined) return; // the connection went first
    if (number === -32002) {
      this.#stateSet({ state: 'closed', cause: 'protocol', code });
      this.#end();
    } else if (number === -32003) {
      this.#end();
      this.#hooks.cloned().then((outbox) => {
        this.#outbox = outbox ?? this.#outbox;
        this.#lost('cloned', code);
      }, () => this.#lost('cloned', code));
    } else {
      this.#lost(number === -32001 ? 'denied' : 'busy', code);
    }
  }

  #welcomed(result) {
    const { epoch, decided_seq, server_time_ms, reconnect_window_ms, idle_ping_ms } = welcomeOf(result);
    const { head } = this.#outbox;
    this.#cancel('hello');
    this.#clock = { wall_ms: server_time_ms, at_ms: this.#now() };
    this.#live_ms = this.#now();
    this.#sent_seq = Math.min(decided_seq, head.decided_seq);
    this.#effect_seq = decided_seq;
    if (head.epoch !== '' && head.epoch !== epoch) this.#hooks.forget();
    Object.assign(head, { epoch, window_ms: reconnect_window_ms, decided_seq: this.#sent_seq });
    this.#outbox.saveHead().catch(() => {}); // known again at the next hello
    this.#stateSet({ state: 'live' });
    this.#renewLater();
    this.#listen(idle_ping_ms);
    this.pump();
    this.#feedOpen();
  }

  // A new token before the old one ends, so that nobody sees the connection change.
  #renewLater() {
    const { exp_ms, iat_ms } = tokenEnd(this.#token);
    const left_ms = exp_ms - this.serverTime;
    if (!(left_ms > 0 && left_ms < Infinity)) return; // a token that was over would not have been taken: then the clock is wrong
    this.#after('renew', Math.max(RENEW_MS_MIN, left_ms - RENEW_MS, Math.min(left_ms, exp_ms - iat_ms) / 2 || 0), () => {
      this.#end();
      this.#connect('renewal');
    });
  }

  #listen(idle_ms) {
    this.#after('idle', idle_ms, () => {
      const silent_ms = this.#now() - this.#heard_ms;
      if (silent_ms >= 2 * idle_ms) {
        this.#lost('silent');
        return;
      }
      if (silent_ms >= idle_ms / 2) this.#ask('product.find', { gtin: NO_PRODUCT }, () => {}, () => {});
      this.#listen(idle_ms);
    });
  }

  #closed(code, reason) {
    this.#lost(this.#live_ms === undefined && code === 1006 ? 'no_route' : 'closed', codeOf(reason));
  }

  #lost(cause, code) {
    if (this.state.state === 'closed') return;
    const held = this.#live_ms !== undefined && this.#now() - this.#live_ms >= HELD_MS;
    this.#end();
    // A token that is too old is no denial: the next one is fresh.
    const denied = cause === 'denied' && code !== 'refused.expired';
    if (held) this.#failures = 0;
    const wait_ms = delayMs({ held, denied, failures: this.#failures, window_ms: this.#outbox.head.window_ms }, () => this.#env.Math.random());
    if (!held) this.#failures += 1;
    this.#stateSet({ state: 'offline', cause, code, retry_ms: Math.round(wait_ms) });
    this.#after('again', wait_ms, () => this.#connect());
  }

  #end() {
    const socket = this.#socket;
    this.#socket = null;
    this.#attempt = undefined;
    this.#live_ms = undefined;
    this.#feed = 'closed';
    this.#sent = [];
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { failed } of calls) failed(coded('offline'));
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
    socket?.close();
  }

  #stateSet(state) {
    const same = ['state', 'cause', 'code', 'retry_ms'].every((name) => this.state[name] === state[name]);
    this.state = state;
    if (!same) this.#hooks.state(state);
  }

  // ---- what is said ----

  #say(message) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  // What follows from an answer follows at once: the next message may be there already.
  #ask(method, params, done, failed) {
    const id = ++this.#call_id;
    const name = `call ${id}`;
    this.#after(name, REQUEST_MS, () => this.#answer({ id, error: { code: 'timeout' } }));
    this.#calls.set(id, { done, failed, name });
    this.#say({ id, method, params });
  }

  #answer({ id, result, error }) {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    this.#cancel(call.name);
    if (error) call.failed(Object.assign(coded(error.code), { number: error.number }));
    else call.done(result);
  }

  #receive(data) {
    this.#heard_ms = this.#now();
    try {
      const message = messageOf(data);
      if (message.method === 'verdicts') this.#verdicts(verdictsOf(message.params));
      else if (message.method === 'feed.rows') this.#feedRows(feedOf(message.params));
      else if (message.method === undefined) this.#answer(message); // what else is said is for newer copies of this module
    } catch (error) {
      this.#lost('protocol', 'malformed');
      if (!(error instanceof Malformed) && !(error instanceof SyntaxError)) throw error; // a fault of ours
    }
  }

  // ---- the feed ----

  // Opened when every verdict on what is in its rows is known; until then they would show those changes twice.
  #feedOpen() {
    if (this.#feed !== 'closed' || this.state.state !== 'live' || this.#outbox.head.decided_seq < this.#effect_seq) return;
    this.#feed = 'opening';
    this.#ask('feed.open', { scope: this.#scope, cursor: '' }, () => { this.#feed = 'open'; }, ({ number }) => {
      if (this.state.state !== 'live') return;
      this.#feed = 'closed';
      if (number !== -32001) this.#after('feed', PAUSE_MS, () => this.#feedOpen());
    });
  }

  get #scope() {
    return `customer:${this.#options.customer}`;
  }

  #feedRows({ scope, rows, cursor, more }) {
    if (this.#feed === 'closed' || scope !== this.#scope) return;
    this.#hooks.rows(rows);
    this.#outbox.saveHead().catch(() => {}); // only shown until the next contact
    this.#say({ method: 'feed.ack', params: { scope, cursor } });
    if (!more && this.#outbox.count === 0) this.#hooks.idle();
  }

  // ---- the stream ----

  /** Sends what is kept and not sent yet, as far as the window has room. */
  pump() {
    if (this.state.state !== 'live' || this.#timers.has('pause')) return;
    const mutations = [];
    for (const entry of this.#outbox.pending) {
      const { seq } = entry.mutation;
      if (seq <= this.#sent_seq) continue;
      if (!entry.kept || !this.#skipTo(seq - 1, mutations) || !this.#room(entry.size)) break;
      this.#sent.push({ first: seq, last: seq, size: entry.size, entry });
      this.#sent_seq = seq;
      mutations.push(entry.mutation);
    }
    if (this.#sent_seq < this.#effect_seq && !this.#outbox.count) this.#skipTo(this.#effect_seq, mutations);
    if (mutations.length > 0) this.#say({ method: 'mutate', params: { mutations } });
  }

  #room(size) {
    return this.#sent.length < WINDOW_COUNT && this.#sent.reduce((sum, one) => sum + one.size, size) <= WINDOW_SIZE;
  }

  // Closes a gap: numbers whose change was never kept, or is not here any more. A record lies wholly in what was decided at
  // hello or wholly behind it. False when the window is full.
  #skipTo(last, mutations) {
    while (this.#sent_seq < last) {
      if (!this.#room(SKIPPED_SIZE)) return false;
      const first = this.#sent_seq + 1;
      const end = this.#sent_seq < this.#effect_seq && this.#effect_seq < last ? this.#effect_seq : last;
      this.#sent.push({ first, last: end, size: SKIPPED_SIZE });
      mutations.push({ seq: first, kind: 'skipped', count: end - first + 1 });
      this.#sent_seq = end;
    }
    return true;
  }

  #verdicts({ verdicts, rows }) {
    // All of them or none: what counts as decided is never sent again.
    if (verdicts.some(({ seq }, n) => this.#sent[n]?.first !== seq)) {
      this.#lost('protocol', 'verdict_out_of_order');
      return;
    }
    const judged = [];
    for (const verdict of verdicts) {
      const one = this.#sent[0];
      if (verdict.verdict === 'retry') {
        this.#rewind(one.first - 1);
        break;
      }
      this.#sent.shift();
      this.#pauses = 0;
      this.#outbox.head.decided_seq = Math.max(this.#outbox.head.decided_seq, one.last);
      judged.push({ verdict, entry: one.entry });
    }
    this.#hooks.verdicts({ judged, rows });
    this.pump();
    this.#feedOpen();
    if (this.#outbox.count === 0 && this.#feed === 'open') this.#hooks.idle();
  }

  #rewind(seq) {
    this.#sent = [];
    this.#sent_seq = seq;
    const whole_ms = Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** Math.min(this.#pauses++, 16));
    this.#after('pause', whole_ms / 2 + (this.#env.Math.random() * whole_ms) / 2, () => this.pump());
  }

  // ---- clocks ----

  #now() {
    return this.#env.performance.now();
  }

  #after(name, wait_ms, act) {
    this.#cancel(name);
    this.#timers.set(name, this.#env.setTimeout(() => {
      this.#timers.delete(name);
      act();
    }, Math.min(wait_ms, TIMER_MS_MAX)));
  }

  #cancel(name) {
    this.#env.clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

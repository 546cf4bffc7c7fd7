// One small world on one machine: a context store with seeded data, a till with its agent, a card reader and a barcode
// scanner on pseudo-terminals, and the certificates between them. Everything listens on loopback or on sockets
// in one folder, on ports chosen at run time.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Shop } from '../shop/server.mjs';
import { within } from './events.mjs';
import { Program, run } from './program.mjs';
import { command } from './simulator.mjs';
import { checkedSocket, Tillbridge, WebChannel } from './web_channel.mjs';

export const ORIGIN = 'https://shop.example';
const CHAIN = 'demo';
const SCOPES = ['device', 'cohort', 'catalogue']; // what a till holds of the store

export class World {
  // bin: the folder of the programs; dir: a folder of our own that may be filled; both absolute. readers: the till's
  // section of that name, the simulators when it is not given. policy: what `contextd policy set` is told. consents: what
  // customers are asked by tills and by the shop, id -> version of its text. listed: how many of the customers are in `customers`.
  constructor({ bin, dir, sizes = [], listed = 50, policy = [], consents = {}, window_ms = 0, readers, device = 'till-0421-4' }) {
    this.device = device;
    this.bin = bin;
    this.dir = dir;
    this.sizes = sizes;
    this.listed = listed;
    this.consents = consents;
    const asked = Object.entries(consents).map(([id, text_version]) => `${id}=${text_version}`);
    this.policy = [...policy, ...(asked.length > 0 ? ['--consents', asked.join(',')] : [])];
    this.window_ms = window_ms;
    this.readers = readers ?? `nfc = pn532_uart:${this.path('sim', 'nfc')}\nscanner = ${this.path('sim', 'scanner')}`;
    // An emulator cannot start a program of its machine by its path alone: there the agent is told what to start.
    if (process.env.TB_READERD) this.readers += `\nreaderd = ${process.env.TB_READERD}`;
    this.till_sections = ''; // more of the till's configuration
    this.till_env = {};
    this.programs = new Set();
    this.commands = new Set(); // processes of commands that run to their end
    this.stopped = false;
  }

  path(...parts) {
    return join(this.dir, ...parts);
  }

  tool(name, ...args) {
    if (this.stopped) throw new Error('the world has ended');
    return run(join(this.bin, name), args, { running: this.commands });
  }

  contextctl(...args) {
    return this.tool('contextd', ...args);
  }

  // Keys are made on each side; only requests and certificates travel.
  async certificates() {
    await mkdir(this.path('store'), { recursive: true });
    await mkdir(this.path('till', 'state'), { recursive: true, mode: 0o700 });
    const ca = ['--dir', this.path('store', 'ca')];
    await this.contextctl('ca', 'init', ...ca, '--chain', CHAIN);
    await this.contextctl('ca', 'request', '--name', 'localhost', '--key', this.path('store', 'server.key'),
      '--csr', this.path('store', 'server.csr'));
    await this.contextctl('ca', 'issue', ...ca, '--csr', this.path('store', 'server.csr'),
      '--out', this.path('store', 'server.crt'), ...this.store_names);
    const request = await this.tool('tillbridged', 'csr', '--key', this.path('till', 'till.key'),
      '--device', `urn:tillbridge:${CHAIN}:device:${this.device}`);
    await writeFile(this.path('till', 'till.csr'), request);
    await this.contextctl('ca', 'issue', ...ca, '--csr', this.path('till', 'till.csr'),
      '--out', this.path('till', 'till.crt'), '--device', this.device);
    await this.contextctl('token', 'key', '--key', this.path('store', 'token.key'),
      '--public', this.path('store', 'token.pub'));
    this.ca = readFileSync(this.path('store', 'ca', 'ca.crt'));
  }

  async seed() {
    await this.contextctl('seed', '--database', this.path('store', 'context.db'), '--chain', CHAIN, ...this.sizes);
    const policy = [...this.policy, ...await this.shopPolicy()];
    if (policy.length > 0) await this.contextctl('policy', 'set', '--database', this.path('store', 'context.db'), ...policy);
    const list = async (noun, ...args) => JSON.parse(
      await this.contextctl(noun, 'list', '--database', this.path('store', 'context.db'), '--json', ...args));
    this.customers = await list('customer', '--limit', String(this.listed));
    this.products = await list('product', '--limit', '80', '--store', this.device.split('-')[1]);
  }

  // The demo's shop answers phones that read the code of a kiosk's cart.
  async shopPolicy() {
    if (!this.shop_port) return [];
    const path = this.path('store', 'credentials.json');
    await writeFile(path, JSON.stringify({ handover_url: `http://127.0.0.1:${this.shop_port}/h/` }));
    return ['--credentials', path];
  }

  // Where web shops are served: the tests' own, and the demo's when it has a port, which is to be known before the store starts.
  get origins() {
    return this.shop_port ? [ORIGIN, `http://127.0.0.1:${this.shop_port}`] : [ORIGIN];
  }

  // The demo's web shop, for the first customers and products; shop.origin is its address.
  async startShop({ people = 6, products = 24 } = {}) {
    this.shop = await new Shop({ port: this.shop_port, store: { port: this.ports.web, ca: this.ca }, key: readFileSync(this.path('store', 'token.key')),
      customers: this.customers.slice(0, people), products: this.products.slice(0, products), consents: this.consents,
      qr: async (text) => JSON.parse(await this.tool('tillbridge', '--json', 'qr', text)) }).start();
  }

  // Ports are kept over restarts: a terminal has one address of its context store in its configuration.
  async startStore() {
    const listen = this.ports ? [this.ports.terminals, this.ports.web] : [0, 0];
    await writeFile(this.path('store', 'contextd.conf'), `[contextd]
database = ${this.path('store', 'context.db')}
ticket_keys = ${this.path('store', 'ticket.keys')}
reconnect_window_ms = ${this.window_ms}
[terminals]
listen = 127.0.0.1:${listen[0]}
certificate = ${this.path('store', 'server.crt')}
key = ${this.path('store', 'server.key')}
ca = ${this.path('store', 'ca', 'ca.crt')}
[web]
listen = 127.0.0.1:${listen[1]}
certificate = ${this.path('store', 'server.crt')}
key = ${this.path('store', 'server.key')}
${this.origins.map((origin) => `origin = ${origin}`).join('\n')}
token_key = ${this.path('store', 'token.pub')}
`);
    this.store = this.launch('contextd', ['serve', '--config', this.path('store', 'contextd.conf'),
      '--ports-file', this.path('store', 'ports')]);
    await this.store.printed('ready');
    this.ports = JSON.parse(await readFile(this.path('store', 'ports'), 'utf8'));
  }

  // nfc_line: how the simulated chip is reached, a pseudo-terminal or, for an emulated board, a socket.
  async startReaders(nfc_line = '--line') {
    await mkdir(this.path('sim'), { recursive: true });
    this.reader = this.launch('pn532d', [nfc_line, this.path('sim', 'nfc'), '--control', this.path('sim', 'pn532d.sock')]);
    this.scanner = this.launch('scannerd', ['--line', this.path('sim', 'scanner'),
      '--control', this.path('sim', 'scannerd.sock')]);
    await this.reader.printed('ready');
    await this.scanner.printed('ready');
  }

  // A line display on a pseudo-terminal, for a till that is started afterwards.
  async startDisplay(dialect = 'epson') {
    await mkdir(this.path('sim'), { recursive: true });
    this.display = this.launch('vfdd', ['--line', this.path('sim', 'display'), '--control', this.path('sim', 'vfdd.sock'), '--dialect', dialect]);
    await this.display.printed('ready');
    this.till_sections += `[display]\ndevice = ${this.path('sim', 'display')}\ndialect = ${dialect}\n`;
  }

  // Until the display shows these two lines; blanks at their ends count as nothing.
  async displayShows(upper, lower) {
    const line = await this.display.lines.next(`"${upper}" / "${lower}"`, (text) => {
      if (!text.startsWith('{')) return false;
      const shown = JSON.parse(text);
      return shown.upper.trimEnd() === upper && shown.lower.trimEnd() === lower;
    });
    return JSON.parse(line);
  }

  displayCommand(line) {
    return command(this.path('sim', 'vfdd.sock'), line);
  }

  // What the context store's certificate holds for, and where a till finds it.
  get store_names() {
    return ['--dns', 'localhost', '--ip', '127.0.0.1'];
  }

  get till_url() {
    return `wss://localhost:${this.ports.terminals}/`;
  }

  // As the agent names its files.
  get till_files() {
    return { state: this.path('till', 'state'), run: this.path('till', 'run'), ca: this.path('store', 'ca', 'ca.crt'),
      certificate: this.path('till', 'till.crt'), key: this.path('till', 'till.key') };
  }

  get tillConfig() {
    return this.path('till', 'tillbridged.conf');
  }

  async configureTill(port = 0) {
    const files = this.till_files;
    await writeFile(this.tillConfig, `[agent]
state_dir = ${files.state}
run_dir = ${files.run}
[readers]
${this.readers}
[store]
url = ${this.till_url}
ca = ${files.ca}
certificate = ${files.certificate}
key = ${files.key}
[counter]
port = ${port}
${this.till_sections}`);
  }

  async startTill({ port = 0 } = {}) {
    await this.configureTill(port);
    this.till = this.launch('tillbridged', ['--config', this.tillConfig], this.till_env);
    this.caught_up = Promise.all(SCOPES.map((scope) => this.till.lines.heard((line) => line.includes(`line caught_up scope=${scope}`))));
    const ready = await this.till.printed('agent ready');
    this.page_port = Number(/port=(\d+)/.exec(ready)[1]);
  }

  // A live line is there before the rows are: waits until the till that was started last holds what the store has.
  async tillCatchesUp() {
    await within('the till to hold what the store has', this.caught_up);
  }

  async start(options) {
    await this.certificates();
    await this.seed();
    await this.startStore();
    await this.startReaders();
    await this.startTill(options);
    await this.tillCatchesUp();
  }

  // Ends what runs, and nothing is started any more. A program that does not end well when asked, or that a sanitizer ended before, is a failure.
  async stop() {
    const badly = [];
    this.stopped = true;
    await this.shop?.stop();
    await Promise.all([...this.commands].map((child) => new Promise((ended) => {
      child.on('close', ended).kill();
    })));
    for (const program of [...this.programs].reverse()) {
      const { code, signal, message } = await program.stop().catch((hung) => hung);
      if (message) badly.push(message);
      else if (code !== 0 && signal !== 'SIGKILL') badly.push(`${program.name} ended with ${code ?? signal}`);
    }
    this.programs.clear();
    if (badly.length > 0) throw new Error(badly.join(', '));
  }

  cli(...args) {
    return this.tool('tillbridge', '--socket', this.path('till', 'run', 'tillbridge.sock'), '--sim', this.path('sim'), ...args);
  }

  async pageUrl(scope = 'clerk') {
    return JSON.parse(await this.cli('--json', 'open', scope)).url;
  }

  // A wallet of cards for the simulator, by name.
  async card(name, spec) {
    await command(this.path('sim', 'pn532d.sock'), `card ${name} ${spec}`);
  }

  tap(name, ...hold_ms) {
    return this.cli('tap', name, ...hold_ms.map(String));
  }

  takeAway() {
    return command(this.path('sim', 'pn532d.sock'), 'remove');
  }

  scan(code) {
    return this.cli('scan', code);
  }

  readerCommand(line) {
    return command(this.path('sim', 'pn532d.sock'), line);
  }

  scannerCommand(line) {
    return command(this.path('sim', 'scannerd.sock'), line);
  }

  // before: the channel that the new one goes on for.
  async webChannel(customer, before) {
    return WebChannel.open({ url: this.web_url, ca: this.ca, origin: ORIGIN, token: await this.token(customer), customer, before });
  }

  // A web shop's page in Node, as include/web/tillbridge.js has it: it comes back by itself.
  webShop(customer, options = {}) {
    return Tillbridge.open({ url: this.web_url, customer, token: () => this.token(customer),
      socket: checkedSocket({ ca: this.ca, origin: ORIGIN }), ...options });
  }

  get web_url() {
    return `wss://localhost:${this.ports.web}/`;
  }

  async token(customer, ...args) {
    return (await this.contextctl('token', 'mint', '--key', this.path('store', 'token.key'), '--customer', customer, ...args)).trim();
  }

  // Starts a program of ours, or another one at a path; it ends with the world.
  launch(name, args, env = {}, path = join(this.bin, name)) {
    if (this.stopped) throw new Error('the world has ended');
    const program = new Program(name, path, args, { log: this.path(`${name}.log`), env });
    this.programs.add(program);
    return program;
  }
}

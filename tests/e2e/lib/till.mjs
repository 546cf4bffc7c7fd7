// A world for one test file, and what its tests do with the till again and again.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Console } from './console.mjs';
import { PageChannel } from './page_channel.mjs';
import { attempt } from './program.mjs';
import { World } from './world.mjs';

const SIZES = ['--customers', '120', '--products', '80', '--carts', '20'];

// Ends them all, whether or not one of them ended badly.
export async function endAll(...tills) {
  const bad = (await Promise.allSettled(tills.map((till) => till.end()))).find(({ status }) => status === 'rejected');
  if (bad) throw bad.reason;
}

export const memberUri = (customer) => `https://loyal.example/m/${customer.member}`;

export class Till extends World {
  static make(options = {}) {
    return new this({ bin: process.env.TB_BIN, dir: mkdtempSync(join(tmpdir(), 'tb-till-')), sizes: SIZES, ...options });
  }

  console() {
    return Console.open(this.path('till', 'run', 'tillbridge.sock'));
  }

  async pageUrl(scope = 'clerk') {
    const console = await this.console();
    const { url } = await console.request('page.token', { scope });
    console.close();
    return url;
  }

  async page() {
    return PageChannel.open(await this.pageUrl());
  }

  async shopperPage() {
    return PageChannel.open(await this.pageUrl('shopper'));
  }

  // A page on a till whose readers work and whose line is live.
  async workingPage() {
    const page = await this.page();
    await page.readerIs('nfc', 'ready');
    await page.readerIs('scanner', 'ready');
    await page.sees('a live line', (s) => s.state.line.state === 'live' && s.terminal);
    return page;
  }

  // What the scanner reads, past the shell: codes are short and come as they are.
  scan(code) {
    return this.scannerCommand(`scan ${code}`);
  }

  raw(bytes) {
    return this.scannerCommand(`raw ${Buffer.from(bytes).toString('hex')}`);
  }

  tap(name) {
    return this.readerCommand(`tap ${name}`);
  }

  // A customer's code through the scanner, until the page shows that customer.
  async serve(page, customer) {
    await this.scan(memberUri(customer));
    await page.sees(customer.name, (s) => s.visit && s.view.customer.name === customer.name);
  }

  // The outcome of a code, whatever there was before it.
  async scanned(page, code, outcome) {
    page.outcomes.length = 0;
    await this.scan(code);
    return page.outcome(outcome);
  }

  // The card that was tapped brings this customer; then it is taken away, and the visit, which is returned, ends.
  async cardServes(page, customer) {
    await page.sees(customer.name, (s) => s.visit && s.view.customer.name === customer.name);
    const { visit } = page.shown;
    await this.takeAway();
    await page.clear(); // a card that is away may have ended it by then
    return visit;
  }

  // A card that is tapped brings nobody, for this reason, and is taken away.
  async cardRefused(page, name, outcome, code) {
    await this.tap(name);
    assert.equal((await page.outcome(outcome)).code, code);
    await this.takeAway();
  }

  stateFile(name) {
    return this.path('till', 'state', name);
  }

  // Starts the agent where it should refuse to start: how it ended and what it said.
  refusal(config = this.tillConfig, env = {}) {
    return attempt(join(this.bin, 'tillbridged'), ['--config', config], { env });
  }

  // Waits until the till has this key, which the operator gave it.
  async keyArrives(use, id) {
    for (;;) {
      const console = await this.console();
      const { keys } = await console.request('keys', {});
      console.close();
      if (keys.some((key) => key.use === use && key.id === id)) return;
      await this.till.lines.next(`the ${use} key`, (line) => / keys changed /.test(line));
    }
  }

  // Everything that any program wrote, by name of the program.
  logs() {
    return readdirSync(this.dir).filter((name) => name.endsWith('.log'))
      .map((name) => ({ name, text: readFileSync(this.path(name), 'utf8') }));
  }

  // Ends the world; its folder with the logs stays when TB_KEEP is set or a program ended in a wrong way.
  async end() {
    await this.stop();
    if (!process.env.TB_KEEP) rmSync(this.dir, { recursive: true });
  }
}

// The files of a till and of its context store, looked into while neither program runs: what they say (crash_ledger), and
// whether certain bytes are anywhere in them.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './program.mjs';

const IS_DATABASE = /\.db(-wal)?$/;

export class SideFiles {
  constructor(till) {
    this.till = till;
    this.device = `urn:tillbridge:demo:device:${till.device}`;
  }

  // What crash_ledger says of copies: opening a file changes it.
  async read() {
    const to = this.till.path('copy');
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to, { mode: 0o700 });
    for (const from of [this.till.path('till', 'state'), this.till.path('store')])
      for (const name of readdirSync(from))
        if (name === 'device.key' || IS_DATABASE.test(name)) copyFileSync(join(from, name), join(to, name));
    const [, store] = this.till.device.split('-');
    return JSON.parse(await run(process.env.TB_LEDGER, [to, join(to, 'context.db'), this.device, store]));
  }

  // Names of the files of the till's state in which one of these texts or bytes is.
  inTill(what) {
    return this.#having(this.till.path('till', 'state'), () => true, what);
  }

  // The same of the context store's database and its log.
  inStore(what) {
    return this.#having(this.till.path('store'), (name) => IS_DATABASE.test(name), what);
  }

  #having(dir, takes, what) {
    const names = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isFile() && takes(entry.name)).map((e) => e.name);
    return names.filter((name) => {
      const bytes = readFileSync(join(dir, name));
      return what.some((one) => bytes.includes(one));
    });
  }
}

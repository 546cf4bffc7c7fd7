// Another till of the same store, or its kiosk: its own readers, keys and files, the context store of the first.

import { mkdtempSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Till } from './till.mjs';

export class SecondTill extends Till {
  static beside(first, device, dir = mkdtempSync(join(tmpdir(), 'tb-till-'))) {
    const till = new this({ bin: first.bin, dir, device });
    till.first = first;
    return till;
  }

  async start(options) {
    const { ports, customers, products } = this.first;
    Object.assign(this, { ports, customers, products });
    await mkdir(this.path('till', 'state'), { recursive: true, mode: 0o700 });
    const request = await this.tool('tillbridged', 'csr', '--key', this.path('till', 'till.key'),
      '--device', `urn:tillbridge:demo:device:${this.device}`);
    await writeFile(this.path('till', 'till.csr'), request);
    await this.contextctl('ca', 'issue', '--dir', this.first.path('store', 'ca'), '--csr', this.path('till', 'till.csr'),
      '--out', this.path('till', 'till.crt'), '--device', this.device);
    await this.startReaders();
    await this.startTill(options);
    await this.tillCatchesUp();
  }

  get till_files() {
    return { ...super.till_files, ca: this.first.path('store', 'ca', 'ca.crt') };
  }
}

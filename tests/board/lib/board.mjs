// A till on an arm64 board, which is a virtual machine; its context store and the simulators run outside of it. The board
// has a card reader on a USB serial adapter, a reader head on another one, and a scanner that is a USB keyboard.
// The head is its firmware's image in an emulator of its own.

import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeadTill } from '../../e2e/lib/head_till.mjs';
import { Machine } from './machine.mjs';

const GATEWAY = '10.0.2.2'; // QEMU's user network: there, the loopback of the machine outside
const FILES = '/etc/tillbridge';

const READERS = `reader = libnfc:pn532_uart:/dev/ttyUSB0
reader = head:/dev/ttyUSB1
reader = keyboard:/dev/input/event0`;

// QEMU's USB devices; they are plugged in this order, which gives them their numbers.
export const DEVICES = {
  adapter: { driver: 'usb-serial', chardev: 'nfc', 'always-plugged': true },
  head: { driver: 'usb-serial', chardev: 'head', 'always-plugged': true },
  keyboard: { driver: 'usb-kbd' },
};

export class Board extends HeadTill {
  // image: the folder of what the board boots from; head: { machine, image } of the head. With a disk what the agent
  // stores outlives the machine.
  static make({ image, head, disk = false }) {
    const board = super.make({ board: head, readers: READERS });
    board.image = image;
    if (disk) copyFileSync(join(image, 'disk'), (board.disk = board.path('disk')));
    return board;
  }

  // On the board.
  get till_files() {
    return { state: '/var/lib/tillbridge', run: '/run/tillbridge', ca: `${FILES}/ca.crt`,
      certificate: `${FILES}/till.crt`, key: `${FILES}/till.key` };
  }

  get till_url() {
    return `wss://store.example:${this.ports.terminals}/`;
  }

  get store_names() {
    return [...super.store_names, '--dns', 'store.example'];
  }

  async startTill() {
    await this.configureTill();
    const text = (...path) => readFileSync(this.path(...path));
    this.machine = new Machine({
      image: this.image, dir: this.path('board'), usb: DEVICES, disk: this.disk,
      lines: [`serial,id=nfc,path=${this.path('sim', 'nfc2')}`, `serial,id=head,path=${this.headLine}`],
      files: {
        'etc/hosts': `127.0.0.1 localhost\n${GATEWAY} store.example\n`,
        'etc/tillbridge/tillbridged.conf': text('till', 'tillbridged.conf'), 'etc/tillbridge/ca.crt': this.ca,
        'etc/tillbridge/till.crt': text('till', 'till.crt'), 'etc/tillbridge/till.key': text('till', 'till.key'),
      },
    });
    this.programs.add(this.machine);
    await this.machine.start();
  }

  async cutPower() {
    await this.machine.stop('SIGKILL');
    this.programs.delete(this.machine);
  }

  // Does something, and waits for what the board's console says then, in any order.
  async causes(act, ...patterns) {
    const from = this.machine.transcript.lines.length;
    await act();
    for (const pattern of patterns) await this.machine.transcript.says(pattern, from);
  }

  async startAgent() {
    const agent = `echo $$ >/run/agent.pid; exec tillbridged --config ${FILES}/tillbridged.conf`;
    await this.machine.run(`(sh -c '${agent}'; echo "agent ended with $?") >/dev/console 2>&1 &`);
  }

  async stopAgent() {
    await this.machine.run('kill $(cat /run/agent.pid)');
  }

  cli(...args) {
    return this.machine.run(`tillbridge --socket /run/tillbridge/tillbridge.sock ${args.join(' ')}`);
  }

  async status() {
    return JSON.parse(await this.cli('--json', 'status'));
  }
}

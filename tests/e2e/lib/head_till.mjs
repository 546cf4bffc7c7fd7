// A till with a reader head: the firmware between the simulators and the agent. The head has a card reader and a scanner;
// beside it the till has a second card reader, through libnfc.

import { once } from 'node:events';
import { readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { createConnection } from 'node:net';
import { command } from './simulator.mjs';
import { Till } from './till.mjs';

export class HeadTill extends Till {
  static make(options = {}) {
    const till = super.make(options);
    till.board = options.board;
    const polling = options.polling ? ` polling=${options.polling}` : '';
    till.readers = options.readers ??
      `reader = head:${till.headLine}${polling}\nreader = libnfc:pn532_uart:${till.path('sim', 'nfc2')}${polling}`;
    return till;
  }

  get headLine() {
    return this.path('sim', 'head');
  }

  async startReaders() {
    await super.startReaders(this.board ? '--unix' : '--line');
    this.second_reader = this.launch('pn532d', ['--line', this.path('sim', 'nfc2'), '--control', this.path('sim', 'nfc2.sock')]);
    await this.second_reader.printed('ready');
    await this.startHead();
  }

  // The firmware: as a program of this machine, which says each change of its lights and its beeper, or as the image for a
  // board { machine, image }, in an emulator of the board.
  async startHead() {
    const [nfc, scanner] = [this.path('sim', 'nfc'), this.path('sim', 'scanner')];
    const words = ['--link', this.headLine, '--nfc', nfc, '--scanner', scanner];
    if (this.board) await this.#startBoard(this.board, nfc, scanner);
    else if (this.flash) this.head = this.launch('tillbridge-boot', [...words, '--flash', this.flash]);
    else this.head = this.launch('tillbridge-head', words);
  }

  async #startBoard({ machine, image }, nfc, scanner) {
    // QEMU's STM32 do not tell a line of the bit rate that they were set to: the chip's is a socket, which has none.
    const line = (id, kind) => ['-chardev', `${kind},id=${id}`, '-serial', `chardev:${id}`];
    this.head = this.launch('qemu-system-arm', ['-M', machine, '-display', 'none', '-kernel', image,
      '-monitor', `unix:${this.path('sim', 'monitor')},server=on,wait=off`,
      ...line('link', 'pty'), ...line('nfc', `socket,path=${nfc},server=off`), ...line('scanner', `serial,path=${scanner}`)],
    {}, 'qemu-system-arm');
    symlinkSync(/redirected to (\S+)/.exec(await this.head.printed('label link'))[1], this.headLine);
  }

  // The board's reset line: the firmware begins anew, its serial line stays.
  async resetBoard() {
    const monitor = createConnection(this.path('sim', 'monitor'));
    await once(monitor, 'data'); // its greeting
    monitor.write('system_reset\n');
    await this.till.printed('readers hello reader="Reader head"');
    monitor.destroy();
  }

  // Pulled out: its name goes first, because its number is soon another line's.
  async pullHead() {
    const line = readlinkSync(this.headLine);
    rmSync(this.headLine);
    const how = await this.head.stop('SIGKILL');
    return { line, how };
  }

  // The agent is killed, as by a power cut that only it has.
  async killTill() {
    await this.till.stop('SIGKILL');
  }

  // The last commands that the head's chip was given, oldest first, in hex.
  async chipCommands() {
    const log = await this.readerCommand('log cmd 100');
    return log.split(' | ').map((entry) => entry.split(' ').at(-1));
  }

  secondReader(line) {
    return command(this.path('sim', 'nfc2.sock'), line);
  }
}

// What a page shows of one reader: its state by the name and the kind.
export function part(page, name, kind) {
  return page.shown.state.readers.find((one) => one.name === name && one.kind === kind)?.state;
}

export function partIs(page, name, kind, state) {
  return page.sees(`${name} (${kind}) ${state}`, () => part(page, name, kind) === state);
}

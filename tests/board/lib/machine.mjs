// The virtual machine: an arm64 board with a network card and a USB controller. Devices are plugged and keys typed
// through QMP; it has a console that only speaks, and a shell. All three are Unix sockets on which this side listens
// before the machine starts, so that nothing is lost.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { Events, PATIENCE_MS } from '../../e2e/lib/events.mjs';
import { Program, run } from '../../e2e/lib/program.mjs';

const BOOT_MS = 120_000; // an emulated processor on a busy machine
const KEY_HELD_MS = 15; // of the machine's own time: a scanner that acts as a keyboard is about as fast
const KEYS = { '\n': ['ret'], '\t': ['tab'], '/': ['slash'], '.': ['dot'], ':': ['shift', 'semicolon'], '-': ['minus'] };

function keysOf(character) {
  if (/[a-z0-9]/.test(character)) return [character];
  if (/[A-Z]/.test(character)) return ['shift', character.toLowerCase()];
  if (KEYS[character]) return KEYS[character];
  throw new Error(`no key is known for ${JSON.stringify(character)}`);
}

// What was printed so far, and waiting for what will be; nothing is used up.
class Transcript {
  lines = [];
  #waiting = new Set();

  push(line) {
    this.lines.push(line);
    this.#look();
  }

  // Nothing comes any more; why.
  end(why) {
    this.ended = why;
    this.#look();
  }

  // The first line that matches, from that position on.
  says(pattern, from = 0, patience_ms = PATIENCE_MS) {
    return new Promise((resolve, reject) => {
      const settle = (how, value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        how(value);
      };
      const fail = (why) => settle(reject, new Error(`${why}, no ${pattern}; last:\n  ${this.lines.slice(-8).join('\n  ')}`));
      const look = () => {
        const line = this.lines.slice(from).find((l) => pattern.test(l));
        if (line !== undefined) settle(resolve, line);
        else if (this.ended) fail(this.ended);
      };
      const timer = setTimeout(fail, patience_ms, `waited ${patience_ms} ms`);
      this.#waiting.add(look);
      look();
    });
  }

  #look() {
    for (const look of this.#waiting) look();
  }
}

// A socket for the machine to connect to; lines is told each line that comes through it.
class Channel {
  static async listen(path, lines) {
    const channel = new Channel();
    channel.path = path;
    channel.lines = lines;
    channel.server = createServer((socket) => {
      channel.socket = socket;
      socket.on('error', () => {}); // the machine was ended; its exit tells
      createInterface({ input: socket }).on('line', (line) => lines.push(line));
    });
    await new Promise((resolve, reject) => channel.server.once('error', reject).listen(path, resolve));
    return channel;
  }

  say(line) {
    this.socket.write(`${line}\n`);
  }

  close() {
    this.socket?.destroy();
    this.server.close();
  }
}

// The image's archive and one of these files, text by path: the kernel unpacks one after the other.
async function initrdWrite(image, dir, files) {
  const root = join(dir, 'root');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode: 0o600 });
  }
  await run('sh', ['-c', 'cd "$1" && find . | sort | cpio --quiet -o -H newc -R 0:0 >../files.cpio', 'sh', root]);
  const archives = [join(image, 'root.cpio'), join(dir, 'files.cpio')];
  await writeFile(join(dir, 'initrd'), Buffer.concat(await Promise.all(archives.map((path) => readFile(path)))));
}

export class Machine {
  name = 'qemu';
  #command_id = 0;

  // image: folder of kernel and first file system; dir: a folder of our own; files: added to the file system; lines:
  // QEMU's chardevs behind USB devices; usb: the devices that are plugged at first, by id; disk: a file, or nothing.
  constructor({ image, dir, files, lines, usb, disk }) {
    Object.assign(this, { image, dir, files, lines, usb, disk });
    this.transcript = new Transcript();
  }

  async start() {
    await mkdir(this.dir, { recursive: true });
    await initrdWrite(this.image, this.dir, this.files);
    this.qmp = await Channel.listen(join(this.dir, 'qmp'), new Events('qmp'));
    this.shell = await Channel.listen(join(this.dir, 'shell'), new Events('shell'));
    this.console = await Channel.listen(join(this.dir, 'console'), this.transcript);
    this.program = new Program('qemu', 'qemu-system-aarch64', this.#hardware(), { log: join(this.dir, 'qemu.log') });
    this.program.exited.then((how) => this.transcript.end(`the machine ended: ${JSON.stringify(how)}`));
    await this.transcript.says(/^init: the board is up/, 0, BOOT_MS);
    await this.#qmp('qmp_capabilities');
  }

  #hardware() {
    return [
      '-M', 'virt', '-cpu', 'cortex-a53', '-m', '384', '-nodefaults', '-display', 'none', '-no-reboot',
      '-kernel', join(this.image, 'vmlinuz'), '-initrd', join(this.dir, 'initrd'),
      '-append', 'console=ttyAMA0 rdinit=/init quiet panic=-1',
      '-chardev', `socket,id=console,path=${this.console.path},logfile=${join(this.dir, 'console.log')},logappend=on`,
      '-serial', 'chardev:console', '-qmp', `unix:${this.qmp.path}`,
      '-netdev', 'user,id=net', '-device', 'virtio-net-pci,netdev=net,romfile=',
      '-chardev', `socket,id=shell,path=${this.shell.path}`,
      '-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=shell,name=shell',
      ...(this.disk ? ['-drive', `file=${this.disk},format=raw,if=none,id=disk`, '-device', 'virtio-blk-pci,drive=disk'] : []),
      ...this.lines.flatMap((line) => ['-chardev', line]),
      '-device', 'qemu-xhci,id=usb',
      ...Object.entries(this.usb).flatMap(([id, device]) => ['-device', JSON.stringify({ id, bus: 'usb.0', ...device })]),
    ];
  }

  plug(id, device) {
    return this.#qmp('device_add', { id, bus: 'usb.0', ...device });
  }

  unplug(id) {
    return this.#qmp('device_del', { id });
  }

  // The machine spaces the keys itself, by its own clock; it takes them faster than it types.
  async type(text) {
    for (const character of text) {
      const keys = keysOf(character).map((data) => ({ type: 'qcode', data }));
      await this.#qmp('send-key', { keys, 'hold-time': KEY_HELD_MS });
    }
  }

  // Runs a shell command in the machine to its end: what it wrote.
  async run(command) {
    const id = ++this.#command_id;
    this.shell.say(`${id} ${command}`);
    const line = await this.shell.lines.next(`the end of ${command}`, (l) => l.startsWith(`${id} `));
    const [, code, text = ''] = line.split(' ');
    const out = Buffer.from(text, 'base64').toString();
    if (code !== '0') throw new Error(`${command}: exit ${code}\n${out}`);
    return out;
  }

  async stop(signal) {
    const how = await this.program?.stop(signal) ?? { code: 0 };
    for (const channel of [this.qmp, this.shell, this.console]) channel?.close();
    return how;
  }

  // Answers come in the order of the commands, between events.
  async #qmp(execute, args) {
    this.qmp.say(JSON.stringify({ execute, arguments: args }));
    const line = await this.qmp.lines.next(`an answer to ${execute}`, (l) => /^\{"(return|error)"/.test(l));
    if (line.startsWith('{"error"')) throw new Error(`${execute}: ${line}`);
  }
}

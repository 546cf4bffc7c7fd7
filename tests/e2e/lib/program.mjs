// A program under test: started with its output kept, waited for by what it prints, ended by its process id.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { createWriteStream } from 'node:fs';
import { Events, PATIENCE } from './events.mjs';

const END_MS = 20_000 * PATIENCE; // a program that was told to end and is still there then has hung

export class Program {
  constructor(name, path, args, { log, env = {} } = {}) {
    Object.assign(this, { name, log });
    this.lines = new Events(name);
    this.child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    const file = createWriteStream(log, { flags: 'a' });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.pipe(file, { end: false });
      createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    }
    this.exited = new Promise((resolve) => {
      this.child.on('error', (error) => resolve({ error }));
      this.child.on('exit', (code, signal) => resolve({ code, signal }));
    });
    this.exited.then((how) => {
      this.ended = how;
      this.lines.push(`[${name} ended: ${JSON.stringify(how)}]`);
    });
  }

  async printed(text) {
    const line = await this.lines.next(`"${text}"`, (l) => l.includes(text) || l.startsWith(`[${this.name} ended`));
    if (line.startsWith(`[${this.name} ended`)) throw new Error(`${this.name} ended before it printed "${text}"`);
    return line;
  }

  // Stands still until goesOn(); what is sent to it waits.
  pause() {
    this.paused = this.child.kill('SIGSTOP');
  }

  goesOn() {
    this.paused = !this.child.kill('SIGCONT');
  }

  // How it ended. One that does not end is killed, and that is a failure.
  async stop(signal = 'SIGTERM') {
    if (!this.ended) this.child.kill(signal);
    if (this.paused) this.goesOn(); // what a test that failed did not come to
    let timer;
    const hung = new Promise((resolve) => { timer = setTimeout(resolve, END_MS, 'hung'); });
    const how = await Promise.race([this.exited, hung]);
    clearTimeout(timer);
    if (how !== 'hung') return how;
    this.child.kill('SIGKILL');
    await this.exited;
    throw new Error(`${this.name} had not ended ${END_MS} ms after ${signal}; what it said is in ${this.log}`);
  }
}

// Runs a command to its end, however it ends: { code, signal, out, err }. running: a set that has its process meanwhile.
export function attempt(path, args, { input, env = {}, running = new Set() } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    running.add(child);
    child.on('close', () => running.delete(child)).on('error', () => running.delete(child));
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, out, err }));
    child.stdin.on('error', () => {}); // a command may end without reading what it was given
    child.stdin.end(input ?? '');
  });
}

// Runs a command to its end; its standard output, or an error that holds everything it said.
export async function run(path, args, options) {
  const { code, signal, out, err } = await attempt(path, args, options);
  if (code === 0) return out;
  throw new Error(`${path} ${args.join(' ')}: exit ${code ?? signal}\n${out}${err}`);
}

// Ports for programs that are ended and started again on the same one: such as no connection gets by itself, which would
// keep it from its program as long as it lasts.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

const LEAST = 10_000;

function isFree(port) {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false)).listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

export async function lastingPort() {
  const [first_of_connections] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/).map(Number);
  for (;;) {
    const port = randomInt(LEAST, first_of_connections);
    if (await isFree(port)) return port;
  }
}

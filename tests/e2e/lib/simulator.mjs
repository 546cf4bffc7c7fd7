// The shopper's hands: the control sockets of the reader and scanner simulators, one command a line.

import { createConnection } from 'node:net';

export function command(socket_path, line) {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socket_path);
    let answer = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      answer += chunk;
      if (!answer.includes('\n')) return;
      socket.destroy();
      const first = answer.slice(0, answer.indexOf('\n'));
      if (first.startsWith('ok')) resolve(first.slice(2).trim());
      else reject(new Error(`${line}: ${first}`));
    });
    socket.write(`${line}\n`);
  });
}

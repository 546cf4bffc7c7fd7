// Freezes a conversation: plays the side that is written in a file of lines and writes the file again with what the other
// side said. What stood there of it before is dropped.
//   CONTEXTD=<program> node freeze.mjs v1/<name>.jsonl            the client is written (lib/scene.mjs)
//   CLIENTPLAY=<program> node freeze.mjs v1/client/<name>.jsonl   the store is written (lib/client_scene.mjs)

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClientScene } from './lib/client_scene.mjs';
import { lines, version, withScene } from './lib/frozen.mjs';

const path = resolve(process.argv[2]);
const folders = path.split('/').slice(0, -1);
const said = lines(path).filter((line) => !line.store && !line.closed && !line.act);
const out = [];

async function freezeStore() {
  await withScene(process.env.CONTEXTD, version(folders.at(-1)), async (scene) => {
    for (const line of said) {
      scene.speaks(line);
      await scene.play(line);
      out.push(line, ...await scene.heard());
    }
  });
}

async function freezeClient() {
  const scene = new ClientScene(process.env.CLIENTPLAY, version(folders.at(-2)));
  for (const line of said) {
    if (line.do) await scene.event(line);
    out.push(line, ...scene.frozen());
  }
  await scene.end();
}

await (folders.at(-1) === 'client' ? freezeClient() : freezeStore());
writeFileSync(path, out.map((line) => `${JSON.stringify(line)}\n`).join(''));

// Freezes a conversation: plays what the client does in a file of lines (lib/scene.mjs) against a context store and writes
// the file again with what the store said. What stood there of the store before is dropped.
//   CONTEXTD=<program> node freeze.mjs v1/<name>.jsonl

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { lines, version, withScene } from './lib/frozen.mjs';

const path = resolve(process.argv[2]);
const said = lines(path).filter((line) => !line.store && !line.closed);

await withScene(process.env.CONTEXTD, version(path.split('/').at(-2)), async (scene) => {
  const out = [];
  for (const line of said) {
    scene.speaks(line);
    await scene.play(line);
    out.push(line, ...await scene.heard());
  }
  writeFileSync(path, out.map((line) => `${JSON.stringify(line)}\n`).join(''));
});

// Every frozen conversation is served as it was when it was frozen, by the real contextd over TLS.
//   node --test frozen.test.mjs, with CONTEXTD=<program>

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sceneLines, scenes, version, versions, withScene } from './lib/frozen.mjs';

async function replay(folder, file) {
  await withScene(process.env.CONTEXTD, version(folder), async (scene) => {
    for (const [i, line] of sceneLines(folder, file).entries()) {
      try {
        await scene.play(line);
      } catch (error) {
        error.message = `${folder}/${file}:${i + 1}: ${error.message}`;
        throw error;
      }
    }
    assert.deepEqual(await scene.rest(), [], `${folder}/${file}: the store says more than it did`);
  });
}

for (const folder of versions()) {
  describe(folder, () => {
    for (const file of scenes(folder)) test(file, () => replay(folder, file));
  });
}

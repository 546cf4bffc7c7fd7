// Every frozen conversation of which the store's side is recorded is understood by the client machine of today.
//   node --test frozen_client.test.mjs, with CLIENTPLAY=<program>

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ClientScene } from './lib/client_scene.mjs';
import { sceneLines, scenes, version, versions } from './lib/frozen.mjs';

async function replay(folder, file) {
  const scene = new ClientScene(process.env.CLIENTPLAY, version(folder));
  for (const [i, line] of sceneLines(`${folder}/client`, file).entries()) {
    try {
      if (line.do) await scene.event(line);
      else if (line.act) scene.expect(line);
    } catch (error) {
      error.message = `${folder}/client/${file}:${i + 1}: ${error.message}`;
      throw error;
    }
  }
  assert.deepEqual(scene.rest(), [], `${folder}/client/${file}: it did more than it used to`);
  assert.equal(await scene.end(), 0);
}

for (const folder of versions()) {
  describe(folder, () => {
    for (const file of scenes(`${folder}/client`)) test(file, () => replay(folder, file));
  });
}

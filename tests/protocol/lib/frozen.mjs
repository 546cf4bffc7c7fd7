// The folders of frozen conversations, one per protocol version.

import { readdirSync, readFileSync } from 'node:fs';
import { Store } from '../../integration/contextd/client.mjs';
import { Scene } from './scene.mjs';

const HERE = new URL('../', import.meta.url);

export const versions = () => readdirSync(HERE).filter((name) => /^v\d+$/.test(name));
export const version = (name) => JSON.parse(readFileSync(new URL(`${name}/version.json`, HERE), 'utf8'));
export const scenes = (name) => readdirSync(new URL(`${name}/`, HERE)).filter((f) => f.endsWith('.jsonl'));

export function lines(path) {
  const text = readFileSync(path, 'utf8').split('\n').filter((line) => line.trim() !== '');
  return text.map((line, i) => {
    try {
      return JSON.parse(line);
    } catch (error) {
      throw new Error(`${path}:${i + 1}: ${error.message}`);
    }
  });
}

export const sceneLines = (folder, file) => lines(new URL(`${folder}/${file}`, HERE).pathname);

// A store and a scene in it; use(scene) is all that is done with them. What a conversation needs it makes itself, but for
// products, two customers and the terminals.
export async function withScene(program, known, use) {
  const store = await Store.make(program, '', { customers: 2, carts: 0 });
  const scene = new Scene(store, known);
  try {
    await store.start(['env', '--ignore-signal=XFSZ']);
    await scene.begin();
    await use(scene);
  } finally {
    await scene.end();
    await store.end();
  }
}

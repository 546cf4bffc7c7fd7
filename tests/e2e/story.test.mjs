// The acceptance story against the real programs, real libnfc and a real browser.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { PATIENCE } from './lib/events.mjs';
import { Story } from './lib/story.mjs';
import { World } from './lib/world.mjs';

test('a cart goes from the web to the till and back', { timeout: 150_000 * PATIENCE }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tillbridge-'));
  const pictures = resolve(process.env.TB_PICTURES ?? join(dir, 'pictures'));
  mkdirSync(pictures, { recursive: true });
  const sizes = process.env.TB_SEED_SIZES?.split(' ');
  const world = new World({ bin: process.env.TB_BIN, dir, sizes });
  try {
    await world.start();
    await new Story(world, { say: console.log, pictures }).play();
  } finally {
    await world.stop();
  }
  rmSync(dir, { recursive: true });
});

// Chance that can be played again: the same seed gives the same throws.

import { randomBytes } from 'node:crypto';

export class Dice {
  // The seed of the environment's TB_SEED, otherwise a new one.
  constructor(seed = Number(process.env.TB_SEED ?? randomBytes(4).readUInt32LE())) {
    this.seed = seed >>> 0;
    this.state = this.seed;
  }

  // A whole number from 0 up to, and without, count (mulberry32).
  below(count) {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let x = this.state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % count;
  }

  between(least, most) {
    return least + this.below(most - least + 1);
  }

  one(list) {
    return list[this.below(list.length)];
  }

  // True in so many of 100 throws.
  chance(percent) {
    return this.below(100) < percent;
  }
}

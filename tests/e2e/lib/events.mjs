// Waiting without sleeping: a queue of things that happened, and promises for the ones that are expected.

// What runs in an emulator is given TB_PATIENCE times as long.
export const PATIENCE = Number(process.env.TB_PATIENCE ?? 1);
export const PATIENCE_MS = 60_000 * PATIENCE; // generous: only a failing run ever waits this long

// For a socket of ws: each message is an event of its own, and who waited for one goes on before the next is looked at.
// Otherwise what was heard in one piece is all there at once, and a test sees the last state of it only.
export const ONE_BY_ONE = { allowSynchronousEvents: false };

// The promise, or an error when it is late.
export async function within(what, promise, patience_ms = PATIENCE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${patience_ms} ms for ${what}`)), patience_ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class Events {
  #seen = [];
  #waiting = [];
  #listening = new Set();

  constructor(name) {
    this.name = name;
  }

  push(event) {
    for (const listener of [...this.#listening]) listener(event);
    this.#seen.push(event);
    this.#settle();
  }

  // The first event, from now or earlier, that matches; it and everything before it is used up.
  next(what, matches, patience_ms = PATIENCE_MS) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((w) => w !== waiter);
        const last = this.#seen.slice(-5).map((e) => JSON.stringify(e)).join('\n  ');
        reject(new Error(`${this.name}: waited ${patience_ms} ms for ${what}; last seen:\n  ${last}`));
      }, patience_ms);
      const waiter = { what, matches, resolve, reject, timer };
      this.#waiting.push(waiter);
      this.#settle();
      if (this.ended) this.end(this.ended);
    });
  }

  // When it happens from now on, without using anything up; nobody's patience ends.
  heard(matches) {
    return new Promise((resolve) => {
      const listener = (event) => {
        if (!matches(event)) return;
        this.#listening.delete(listener);
        resolve(event);
      };
      this.#listening.add(listener);
    });
  }

  forget() {
    this.#seen = [];
  }

  // Nothing comes any more: who waits for what has not come is told why.
  end(why) {
    for (const { what, reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(new Error(`${this.name}: ${why}, while it waited for ${what}`));
    }
    this.ended = why;
  }

  #settle() {
    while (this.#waiting.length > 0) {
      const waiter = this.#waiting[0];
      const at = this.#seen.findIndex(waiter.matches);
      if (at < 0) return;
      const event = this.#seen[at];
      this.#seen.splice(0, at + 1);
      this.#waiting.shift();
      clearTimeout(waiter.timer);
      waiter.resolve(event);
    }
  }
}

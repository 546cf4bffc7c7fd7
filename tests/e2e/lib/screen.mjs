// A real browser on one page of a terminal, and what it shows, read out of the document as a person would.

import { chromium } from 'playwright-core';
import { PATIENCE_MS } from './events.mjs';

const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

// A subclass has a static read(), which runs in the page and returns what is on the screen.
export class Screen {
  static async open(url, { width = 1280, height = 800, ...options } = {}) {
    const screen = new this();
    screen.browser = await chromium.launch({ executablePath: BROWSER, args: QUIET });
    screen.page = await screen.browser.newPage({ viewport: { width, height }, ...options });
    screen.page.setDefaultTimeout(PATIENCE_MS);
    screen.faults = [];
    screen.page.on('pageerror', (error) => screen.faults.push(String(error)));
    await screen.page.goto(url);
    return screen;
  }

  look() {
    return this.page.evaluate(`(${this.constructor.read})()`);
  }

  // Waits until the screen shows what it should; otherwise fails with what it shows instead.
  async sees(what, matches) {
    // Evaluated as an expression: the page's policy lets nothing be evaluated from inside.
    const seen = await this.page.evaluate(`new Promise((resolve) => {
      const look = ${this.constructor.read};
      const matches = ${matches};
      const until = performance.now() + ${PATIENCE_MS};
      const tick = () => {
        const now = look();
        if (matches(now)) resolve(now);
        else if (performance.now() > until) resolve(null);
        else requestAnimationFrame(tick);
      };
      tick();
    })`);
    if (seen) return seen;
    throw new Error(`${this.constructor.name} does not see ${what}, but:\n${JSON.stringify(await this.look(), null, 1)}`);
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  screenshot(path) {
    return this.page.screenshot({ path });
  }

  // Everything that the document holds, shown or not.
  document() {
    return this.page.content();
  }

  async close() {
    await this.browser.close();
  }
}

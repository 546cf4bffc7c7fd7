// The clerk: a real browser on the clerk page, and what it shows, read out of the document as a person would.

import { chromium } from 'playwright-core';
import { PATIENCE_MS } from './events.mjs';

const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

// Runs in the page.
function screen() {
  const text = (selector) => {
    const element = document.querySelector(selector);
    return element && element.offsetParent !== null ? element.innerText.replace(/\s+/g, ' ').trim() : '';
  };
  const tier = document.querySelector('#customer .tier');
  return {
    till: text('#till'), store: text('#store'), line: text('#pill'), band: text('#band'), unsent: text('#unsent'),
    title: text('#stage h1'), detail: text('#stage p'), fact: text('#stage .fact'), strip: text('#strip'),
    name: text('#customer h1'), tier: text('#customer .tier b'), symbol: text('#customer .tier .symbol'),
    tierColor: tier && tier.offsetParent ? getComputedStyle(tier).backgroundColor : '',
    points: text('#customer .points'), touched: `${text('#cart-title')} ${text('#touched')}`.trim(), total: text('#total'), items: text('#items'),
    lines: [...document.querySelectorAll('#lines li')].filter((li) => li.offsetParent !== null)
      .map((li) => li.innerText.replace(/\s+/g, ' ').trim()),
    visit: document.querySelector('#visit')?.offsetParent != null,
  };
}

export class Clerk {
  static async open(url, { width = 1280, height = 800 } = {}) {
    const clerk = new Clerk();
    clerk.browser = await chromium.launch({ executablePath: BROWSER, args: QUIET });
    clerk.page = await clerk.browser.newPage({ viewport: { width, height } });
    clerk.faults = [];
    clerk.page.on('pageerror', (error) => clerk.faults.push(String(error)));
    await clerk.page.goto(url);
    return clerk;
  }

  look() {
    return this.page.evaluate(screen);
  }

  // Waits until the screen shows what it should; otherwise fails with what it shows instead.
  async sees(what, matches) {
    // Evaluated as an expression: the page's policy lets nothing be evaluated from inside.
    const seen = await this.page.evaluate(`new Promise((resolve) => {
      const look = ${screen};
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
    throw new Error(`the clerk does not see ${what}, but:\n${JSON.stringify(await this.look(), null, 1)}`);
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

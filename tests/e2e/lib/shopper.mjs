// The shopper at home: the demo's web shop in a browser context of its own.

import { PATIENCE_MS } from './events.mjs';

// Runs in each page before its own scripts: what it has told, since it was loaded. It takes that away after some seconds.
function keepNotices() {
  globalThis.told = [];
  const look = () => {
    const text = document.querySelector('#notice.on')?.firstElementChild.textContent;
    if (text && text !== globalThis.told.at(-1)) globalThis.told.push(text);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}

export class Shopper {
  // browser: of playwright; a context is what one person's browser is.
  static async open(browser, origin, { context, ...options } = {}) {
    const shopper = new Shopper();
    shopper.context = context ?? await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    shopper.page = await shopper.context.newPage();
    shopper.faults = [];
    shopper.page.setDefaultTimeout(PATIENCE_MS);
    shopper.page.on('pageerror', (error) => shopper.faults.push(String(error)));
    await shopper.page.addInitScript(keepNotices);
    await shopper.page.goto(origin);
    return shopper;
  }

  async signIn(name) {
    await this.page.click(`#people button:has-text("${name}")`);
    await this.isLive();
  }

  isLive() {
    return this.page.waitForSelector('#line[data-tone=good]');
  }

  isOffline() {
    return this.page.waitForSelector('#line[data-tone=bad]');
  }

  bandSays(pattern) {
    return this.page.locator('#band', { hasText: pattern }).waitFor();
  }

  // The line is there again and the browser has noticed.
  async isBack() {
    await this.page.evaluate(`dispatchEvent(new Event('online'))`);
    await this.isLive();
  }

  wasTold(words) {
    return this.page.waitForFunction((one) => globalThis.told.some((text) => text.includes(one)), words);
  }

  add(gtin) {
    return this.page.click(`#products li[data-gtin="${gtin}"] .add`);
  }

  // Waits until the cart has this many of a product.
  has(gtin, quantity) {
    const line = `#lines li[data-gtin="${gtin}"]`;
    return quantity === 0 ? this.page.waitForSelector(line, { state: 'detached' })
      : this.page.waitForSelector(`${line} output:text-is("${quantity}")`);
  }

  // The buttons of a line: less, more, remove.
  button(gtin, which) {
    return this.page.locator(`#lines li[data-gtin="${gtin}"] button`).nth(['less', 'more', 'remove'].indexOf(which));
  }

  // Everything is decided, also what is no line of the cart.
  async isSent() {
    await this.page.waitForSelector('#line[data-unsent="0"]', { state: 'attached' });
    await this.page.waitForSelector('#lines:not(:has([data-pending]))', { state: 'attached' });
  }

  // What was done here so far is in the browser's storage and outlives the page: a transaction waits for those before it.
  isKept() {
    return this.page.evaluate(`new Promise((resolve, reject) => {
      const opening = indexedDB.open('tillbridge');
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const transaction = opening.result.transaction('values', 'readwrite');
        transaction.objectStore('values').count();
        transaction.oncomplete = () => { opening.result.close(); resolve(); };
        transaction.onabort = () => reject(transaction.error);
      };
    })`);
  }

  async close() {
    await this.context.close();
  }
}

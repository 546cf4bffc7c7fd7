// The story that must work: from a cart on the web to the till and back, with the line cut and the agent killed on the way.
// Each step says what the clerk saw and what the web channel saw; the first one that is wrong ends it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Clerk } from './clerk.mjs';

const memberUri = (customer) => `https://loyal.example/m/${customer.member}`;
const euros = (cents) => (cents / 100).toFixed(2);

export class Story {
  // say(line) is called for each thing that was seen; pictures: a folder for screenshots, or undefined.
  constructor(world, { say = () => {}, pictures } = {}) {
    this.world = world;
    this.say = say;
    this.pictures = pictures;
  }

  async play() {
    const [rivera, okafor, lindqvist] = this.world.customers;
    Object.assign(this, { rivera, okafor, lindqvist });
    await this.#prepare();
    try {
      for (const step of [this.webCart, this.tap, this.clerkAdds, this.goneByItself, this.code, this.done, this.typeFour,
        this.outcomes, this.lineDown, this.killed, this.lineBack, this.screenCleared]) {
        await step.call(this);
      }
      assert.deepEqual(this.clerk.faults, [], 'the page reported errors');
    } finally {
      await this.clerk.close();
      this.web?.close();
    }
  }

  async #prepare() {
    const { world } = this;
    await world.card('rivera', `ntag213 uri=${memberUri(this.rivera)}`);
    await world.card('lindqvist', `type4 uri=${memberUri(this.lindqvist)}`);
    await world.card('stranger', 'ntag215 uri=https://loyal.example/m/9999999999');
    await world.card('torn', `type4 uri=${memberUri(this.rivera)} torn=4`);
    await world.card('bank', 'payment');
    this.clerk = await Clerk.open(await world.pageUrl());
    await this.clerk.sees('a till that is online and waits', '(s) => /Till 4/.test(s.till) && /live/i.test(s.line) && s.title');
    await this.#picture('idle');
  }

  async #step(title) {
    this.say(`\n${title}`);
  }

  async #saw(what, matches, picture) {
    const seen = await this.clerk.sees(what, matches);
    this.say(`  clerk sees  ${what}`);
    if (picture) await this.#picture(picture);
    return seen;
  }

  async #picture(name) {
    if (this.pictures) await this.clerk.screenshot(join(this.pictures, `${name}.png`));
  }

  async webCart() {
    await this.#step('Ms Rivera puts three products into her cart on the web.');
    this.web = await this.world.webChannel(this.rivera.id);
    for (const product of this.world.products.slice(0, 3)) {
      const { verdict } = await this.web.add(product.gtin);
      assert.equal(verdict.verdict, 'applied');
    }
    const cart = await this.web.cartWith('three lines', (doc) => doc.lines.length === 3);
    this.total = cart.doc.lines.reduce((sum, line) => sum + line.quantity * line.unit_price, 0);
    this.say(`  web sees    3 lines, ${euros(this.total)} ${cart.doc.currency}`);
  }

  async tap() {
    await this.#step('In the store she taps her NTAG213 card.');
    await this.world.tap('rivera');
    const seen = await this.#saw(`Ms Rivera, gold, her points, 3 lines, ${euros(this.total)}, last touched on the web`,
      `(s) => /Rivera/.test(s.name) && /gold/i.test(s.tier) && s.symbol !== '' && /2,480/.test(s.points) && s.lines.length === 3
        && s.total.includes('${euros(this.total)}') && /web/i.test(s.touched)`, 'recognised');
    assert.match(seen.tierColor, /^rgb/, 'the tier has a colour');
  }

  async clerkAdds() {
    await this.#step('The clerk adds a fourth product by scanning its EAN-13.');
    const eraser = this.world.products[3];
    await this.world.scan(eraser.ean13);
    const cart = await this.web.cartWith('the fourth line', (doc) => doc.lines.some((line) => line.gtin === eraser.gtin));
    assert.equal(cart.doc.lines.length, 4);
    assert.equal(cart.doc.touched_channel, 'till');
    this.total += eraser.unit_price;
    this.say(`  web sees    4 lines, the last one from ${cart.doc.touched_by ?? 'the till'}`);
    await this.#saw(`4 lines, ${euros(this.total)}, nothing unsent`,
      `(s) => s.lines.length === 4 && s.total.includes('${euros(this.total)}') && s.unsent === ''`);
  }

  async goneByItself() {
    await this.#step('She takes her card away; ten seconds later the screen is cleared.');
    await this.world.takeAway();
    await this.#saw('nobody', '(s) => !s.visit && s.name === "" && s.title !== ""');
    assert.ok(!(await this.clerk.document()).includes('Rivera'), 'the page still holds her name');
  }

  async code() {
    await this.#step('Another shopper shows a QR code with his member number.');
    await this.world.scan(memberUri(this.okafor));
    await this.#saw('Mr Okafor, silver', '(s) => /Okafor/.test(s.name) && /silver/i.test(s.tier)');
  }

  async done() {
    await this.#step('The clerk presses Done.');
    await this.clerk.press('Escape');
    await this.#saw('nobody', '(s) => !s.visit');
  }

  async typeFour() {
    await this.#step('A third shopper taps a Type 4 tag.');
    await this.world.tap('lindqvist');
    await this.#saw('Dr Lindqvist, platinum', '(s) => /Lindqvist/.test(s.name) && /platinum/i.test(s.tier)');
    await this.world.takeAway();
    await this.clerk.press('Escape');
    await this.#saw('nobody', '(s) => !s.visit');
  }

  async outcomes() {
    await this.#step('What is no customer has an outcome of its own.');
    const product = this.world.products[5];
    await this.#outcome('an unknown card', () => this.world.tap('stranger'), 'not a customer card', 'unknown');
    await this.#outcome('a torn read', () => this.world.tap('torn'), 'could not read', 'unreadable');
    await this.#outcome('a payment card', () => this.world.tap('bank'), 'payment card', 'payment');
    await this.#outcome(`a product without a customer: ${product.name}`, () => this.world.scan(product.ean13),
      product.name.replace(/[^\w, ]/g, '.'), 'product');
  }

  async #outcome(what, present, words, picture) {
    await present();
    await this.#saw(what, `(s) => /${words}/i.test(s.title + ' ' + s.fact + ' ' + s.detail)`, picture);
    await this.world.takeAway();
  }

  async lineDown() {
    await this.#step('The line is cut: the context store is killed.');
    this.web.close();
    await this.world.store.stop('SIGKILL');
    await this.#saw('a band that says so', '(s) => /offline/i.test(s.band + s.line)', 'offline-idle');
    await this.world.tap('rivera');
    await this.#saw('Ms Rivera and her cart all the same', `(s) => /Rivera/.test(s.name) && s.lines.length === 4 && s.band !== ''`,
      'offline');
    const pen = this.world.products[4];
    await this.world.scan(pen.ean13);
    this.total += pen.unit_price;
    await this.#saw(`a fifth line that waits to be sent, ${euros(this.total)}`,
      `(s) => s.lines.length === 5 && s.unsent !== '' && s.total.includes('${euros(this.total)}')`, 'offline-unsent');
  }

  async killed() {
    await this.#step('The agent is killed and started again.');
    await this.world.till.stop('SIGKILL');
    await this.world.takeAway();
    await this.clerk.close();
    await this.world.startTill();
    this.clerk = await Clerk.open(await this.world.pageUrl());
    await this.#saw('an idle till with one change still to be sent', '(s) => !s.visit && /1/.test(s.unsent)');
  }

  async lineBack() {
    await this.#step('The context store comes back.');
    await this.world.startStore();
    await this.#saw('a live line and nothing unsent', `(s) => /live|online/i.test(s.line) && s.unsent === ''`);
    this.web = await this.world.webChannel(this.rivera.id);
    const cart = await this.web.cartWith('the fifth line', (doc) => doc.lines.length === 5);
    assert.deepEqual(cart.doc.lines.map((line) => line.quantity), [1, 1, 1, 1, 1]);
    const total = cart.doc.lines.reduce((sum, line) => sum + line.quantity * line.unit_price, 0);
    assert.equal(total, this.total);
    this.say(`  web sees    5 lines, each once, ${euros(total)}`);
  }

  async screenCleared() {
    await this.#step('She taps once more; the clerk is done.');
    await this.world.tap('rivera');
    await this.#saw('Ms Rivera, five lines', '(s) => /Rivera/.test(s.name) && s.lines.length === 5');
    await this.clerk.press('Escape');
    await this.#saw('nobody', '(s) => !s.visit');
    assert.ok(!(await this.clerk.document()).includes('Rivera'), 'the page still holds her name');
    await this.world.takeAway();
  }
}

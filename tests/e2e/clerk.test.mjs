// What a clerk does for a customer, with the keyboard alone: the real page in a real browser, the agent, readers and the
// context store.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Clerk } from './lib/clerk.mjs';
import { memberUri, Till } from './lib/till.mjs';

const PHONE = '030 4127 9013';
const NEW = 'https://loyal.example/m/7700001234';
const NAME = 'Noor van Dijk';
const BADGE = 'OP:0004218'; // 000421 with its check digit
const CLUB = { id: 'club', text_version: '3', texts: [{ language: 'de', text: 'Im Club sein?' }, { language: 'en', text: 'May we <img src=x> greet you in our club?' }] };
const NOTE = 'Collects on Friday';

// With a clerk who has a badge.
class Counter extends Till {
  async seed() {
    await super.seed();
    await this.contextctl('operator', 'add', '--database', this.path('store', 'context.db'), '--id', 'op-7', '--name', 'Kim Berg', '--badge', '000421');
  }
}

const till = Counter.make({ policy: ['--phone-country', '49'] });
till.policy.push('--consent-texts', till.path('consents.json'));
writeFileSync(till.path('consents.json'), JSON.stringify({ consents: [CLUB, { id: 'profiling', text_version: '2026-1' }, { id: 'nobody_says_what', text_version: '1' }] }));
let clerk;
let rivera;
let pen;
let present; // a product that nothing else here is about

before(async () => {
  await till.start();
  [rivera] = till.customers;
  [pen] = till.products;
  present = till.products.at(-1);
  await till.card('new', `type4 uri=${NEW}`);
  clerk = await Clerk.open(await till.pageUrl(), { width: 1024, height: 600 });
  await clerk.sees('a live till with its readers', `(s) => s.till !== '' && /live/.test(s.line) && /Tap a card, hold a phone or scan/.test(s.title)`);
});

after(async () => {
  await clerk?.close();
  await till.end();
  assert.deepEqual(clerk?.faults ?? [], []);
});

const has = (selector) => clerk.page.waitForSelector(selector);
const gone = (selector) => clerk.page.waitForSelector(selector, { state: 'hidden' });
const dialog = (name) => has(`dialog[open][data-name=${name}]`);
const keys = async (...names) => { for (const name of names) await clerk.press(name); };
const type = (text) => clerk.page.keyboard.type(text, { delay: 50 });
const sees = (what, matches) => clerk.sees(what, matches);

// The screen is free for the next customer.
async function done() {
  await keys('Escape');
  await sees('nobody', `(s) => !s.visit`);
}

async function serve() {
  await till.scan(memberUri(rivera));
  await sees('her', `(s) => s.name.includes(${JSON.stringify(rivera.name)})`);
}

test('a badge says who the clerk is', async () => {
  await till.scan(BADGE);
  await has('#operator:has-text("Kim Berg")');
});

test('somebody without a card is found by her number, and opened', async () => {
  await keys('F3');
  await dialog('find');
  await type(rivera.member);
  assert.equal(await clerk.page.locator('input[name=by]:checked').getAttribute('value'), 'member');
  await keys('Enter');
  await has('dialog .note[data-tone=bad]:has-text("Say why")');
  await keys('F6');
  await has('dialog .rows li');
  const row = await clerk.page.textContent('dialog .rows li b');
  assert.ok(!row.includes(rivera.name.split(' ').at(-1)), `masked: ${row}`);
  await keys('1');
  await sees('her', `(s) => s.name.includes(${JSON.stringify(rivera.name)})`);
  await gone('dialog[open]');
  await done();
});

test('whom nobody knows can be signed up, and is found by her phone from then on', async () => {
  await keys('F3');
  await dialog('find');
  await type(PHONE);
  await keys('F5');
  await has('dialog h2:has-text("Nobody fits")');
  await keys('F4');
  await dialog('signup');
  const asked = await clerk.page.$$eval('dialog fieldset legend', (all) => all.map((one) => [one.textContent, one.lang, one.children.length]));
  assert.deepEqual(asked, [[CLUB.texts[1].text, 'en', 0], ['May we remember what you looked at, to suggest it here?', '', 0]]);
  await type(NAME);
  await keys('Tab', 'Tab');
  await type(PHONE);
  await keys('Enter');
  await has('dialog .note[data-tone=bad]:has-text("fill in")'); // the questions are not answered yet
  await keys('Space', 'Tab', 'ArrowRight', 'Enter');
  await sees('her', `(s) => s.name.includes(${JSON.stringify(NAME)})`);
  const page = await till.page();
  await page.add(pen.gtin);
  await page.sees('that it is decided, and so what was before it', () => page.lineOf(pen.gtin)?.pending === false);
  page.close();
  const database = ['--database', till.path('store', 'context.db')];
  const audit = (await till.contextctl('audit', 'list', '--json', ...database)).split('\n').filter((line) => line.includes('customer.create'));
  const { consents } = JSON.parse(await till.contextctl('export', '--customer', /"customer":"([0-9a-f]{32})"/.exec(audit)[1], ...database));
  assert.deepEqual(consents.map(({ consent, text_version }) => [consent, text_version]), [['club', '3'], ['profiling', '2026-1']]);
  await done();
  await keys('F3');
  await dialog('find');
  await type(`+49 ${PHONE.slice(1)}`);
  await keys('F5');
  await has('dialog .rows li');
  await keys('1');
  await sees('her again', `(s) => s.name.includes(${JSON.stringify(NAME)})`);
  await done();
});

test('a note is written, shown with its author, and taken away', async () => {
  await serve();
  await keys('F4');
  await dialog('more');
  await keys('1');
  await dialog('note');
  await type(NOTE);
  await keys('Enter');
  await has(`.notes li:has-text("${NOTE}"):has-text("Kim Berg")`);
  await keys('F4');
  await dialog('more');
  await keys('Delete');
  await has(`dialog[data-name=note] .rows li:has-text("${NOTE}") button:focus`);
  await keys('Enter');
  await gone('dialog[open]');
  await gone('.notes');
  await done();
});

test('the cart is brought to the till, let go, and the last change taken back', async () => {
  await serve();
  await till.scan(pen.gtin.replace(/^0/, ''));
  const { lines } = await sees('the product', `(s) => s.lines.some((line) => line.includes(${JSON.stringify(pen.name)}))`);
  await keys('F5');
  await has('#claim:has-text("Being paid here")');
  await keys('F5');
  await gone('#claim');
  await keys('F6');
  await sees('that it is gone', `(s) => s.lines.filter((line) => !line.includes('removed')).length === ${lines.length - 1}`);
  await done();
});

test('a line that was removed is taken back with what was chosen of the product', async () => {
  const web = await till.webChannel(rivera.id);
  await web.add(pen.gtin, 3, { options: 'colour:green' });
  web.close();
  await serve();
  const { lines } = await sees('the green ones', `(s) => s.lines.some((line) => line.includes('green'))`);
  const removed = `(s) => s.lines.some((line) => line.includes('green') && line.includes('removed'))`;
  for (let at = 0; at <= lines.findIndex((line) => line.includes('green')); at++) await keys('ArrowDown');
  await keys('Delete');
  await sees('that they are gone', removed);
  await keys('F6');
  await sees('that they are back', `(s) => s.lines.length === ${lines.length} && s.lines.some((line) => line.includes('green')) && !(${removed})(s)`);
  await done();
});

test('a gift that was taken off is a gift again, and may be offered again', async () => {
  const shop = await till.webChannel(rivera.id);
  const gift = async (quantity) => {
    const seq = shop.mutate('cart.add', { cart: shop.cart.id, line: randomBytes(16).toString('hex'), gtin: present.gtin, quantity, gift: true });
    return (await shop.events.next('the verdict on the gift', (e) => e.verdict?.seq === seq)).verdict;
  };
  const isGift = `(s) => s.lines.some((line) => line.includes('gift') && !line.includes('removed'))`;
  const isGone = `(s) => s.lines.some((line) => line.includes(${JSON.stringify(present.name)}) && line.includes('removed'))`;
  await shop.cartWith('her cart', () => true);
  assert.equal((await gift(1)).verdict, 'applied');
  await serve();
  const { lines } = await sees('the gift', isGift);
  for (let at = 0; at <= lines.findIndex((line) => line.includes('gift')); at++) await keys('ArrowDown');
  await keys('Delete');
  await sees('that it is gone', isGone);
  await shop.cartWith('the cart without it', ({ lines: open }) => !open.some((line) => line.gtin === present.gtin));
  await keys('F6');
  await shop.cartWith('that the store has it as a gift', ({ lines: open }) => open.some((line) => line.gtin === present.gtin && line.gift));
  await sees('that it is back', isGift);
  assert.equal((await gift(2)).verdict, 'applied');
  await shop.cartWith('that more is not declined', ({ lines: open }) => open.some((line) => line.gtin === present.gtin && line.quantity === 3));
  await done();
  shop.close();
});

test('a new card is linked by tapping it, brings her from then on, and is blocked', async () => {
  await serve();
  await keys('F4');
  await dialog('more');
  await keys('2');
  await has('dialog h2:has-text("Tap the new card now")');
  await till.tap('new');
  await has('dialog h2:has-text("It is linked")');
  await till.takeAway();
  await keys('Escape');
  await done();
  await till.scan(NEW); // what is on the card, as a code
  await sees('her', `(s) => s.name.includes(${JSON.stringify(rivera.name)})`);
  await keys('F3');
  await has('dialog[data-name=cards] .rows li');
  const last = clerk.page.locator('dialog .rows li').filter({ hasText: 'member number' }).last();
  await last.locator('[data-act="cards.block"]').focus();
  await keys('Enter');
  await has('dialog h2:has-text("Block it?")');
  await keys('F5');
  await has('#strip:has-text("is blocked")');
  await done();
});

test('a customer is handed over by a code, and taken back', async () => {
  await serve();
  await keys('F8');
  await dialog('handover');
  await keys('Enter');
  await has('dialog h2:has-text("others see it now")');
  assert.match(await clerk.page.textContent('dialog .code'), /^[A-Z0-9]{6}$/);
  await keys('F8');
  await has('#strip:has-text("nobody else sees it")');
  await done();
});

test('the code that a customer brings along is typed, and her cart is here', async () => {
  const web = await till.webChannel(till.customers[1].id);
  await web.add(pen.gtin, 2);
  const { code } = await web.shop.handOver().handover;
  await keys('F3');
  await dialog('find');
  await type(`${code.slice(0, 3)} ${code.slice(3)}`.toLowerCase());
  await keys('Enter');
  await sees('her cart', `(s) => s.visit && s.lines.some((line) => line.includes(${JSON.stringify(pen.name)}))`);
  await gone('dialog[open]');
  await keys('F2');
  await has('.details dd:has-text("a hand-over")');
  await done();
  web.close();
});

test('two keys sign the clerk off', async () => {
  await keys('F4');
  await has('dialog[data-name=more] li:nth-child(2):has-text("Kim Berg is signed on"):has-text("Sign off")');
  await keys('2');
  await gone('#operator');
  await gone('dialog[open]');
});

test('no log holds a number that was typed, a name or a note', async () => {
  await till.stop();
  for (const { name, text } of till.logs().filter((log) => /^(tillbridged|contextd)/.test(log.name))) {
    for (const word of ['41279013', '4127', NAME, NOTE, rivera.member, 'Kim Berg']) assert.ok(!text.includes(word), `${name} holds ${word}`);
  }
});

// A kiosk as the person before it sees it: the real page in a real browser, the agent, a reader, a scanner and the
// context store.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { KioskShopper } from './lib/kiosk_shopper.mjs';
import { memberUri, Till } from './lib/till.mjs';

const pictures = process.env.TB_PICTURES;
const kiosk = Till.make({ device: 'kiosk-0421-7', policy: ['--accent', '#e8bf00'] });
let shopper;
let pen, ink, book;
let rivera, okafor, osei;

before(async () => {
  if (pictures) mkdirSync(pictures, { recursive: true });
  await kiosk.start();
  [pen, ink, book] = kiosk.products;
  [rivera, okafor, osei] = kiosk.customers;
  await kiosk.card('bank', 'payment');
  await kiosk.card('hers', `type4 uri=${memberUri(rivera)}`);
  shopper = await KioskShopper.open(await kiosk.pageUrl('shopper'));
});

after(async () => {
  await shopper?.close();
  await kiosk.end();
});

const money = (cents) => (cents / 100).toFixed(2);
const scan = (product) => kiosk.scan(product.gtin.replace(/^0/, ''));
const picture = (name) => pictures && shopper.screenshot(join(pictures, `${name}.png`));
const sees = (what, matches) => shopper.sees(what, matches);
const linesAre = (...names) => sees(`the lines ${names}`, `(s) => s.kind === 'cart' && s.lines.length === ${names.length} && ${JSON.stringify(names)}.every((name, n) => s.lines[n].includes(name))`);

async function done() {
  await shopper.touch('done');
  await sees('good-bye', `(s) => s.kind === 'ended' || s.kind === 'idle'`);
}

// What she put into her cart on the web.
async function onTheWeb(...products) {
  const web = await kiosk.webChannel(rivera.id);
  for (const product of products) await web.add(product.gtin, 1);
  web.close();
}

test('idle says what to do, and what it says works', async () => {
  const { title, acts } = await sees('both readers at work', `(s) => s.title === 'Tap your card, hold your phone or scan your code'`);
  assert.ok(title);
  assert.deepEqual(acts, ['start', 'help']);
  assert.equal(await shopper.page.evaluate(() => getComputedStyle(document.querySelector('main')).backgroundColor), 'rgb(232, 191, 0)', 'the chain’s colour');
  await picture('idle');
});

test('a payment card is told in words, and nothing begins', async () => {
  await kiosk.tap('bank');
  const { all } = await sees('a payment card', `(s) => s.title === 'That was a payment card'`);
  assert.match(all, /nothing was read from your card/);
  await kiosk.takeAway();
});

test('a product that is scanned has its price, its stock here and their age', async () => {
  await scan(pen);
  const { title, lines, total } = await linesAre(pen.name);
  assert.equal(title, 'Your cart');
  assert.ok(lines[0].includes(money(pen.unit_price)) && total === money(pen.unit_price), lines[0]);
  assert.match(lines[0], /(In stock here|Only a few left here|Not in this shop), checked /);
});

test('fingers change quantities, remove, and put back', async () => {
  await scan(ink);
  await linesAre(pen.name, ink.name);
  await shopper.touch('plus', 1);
  await shopper.touch('plus', 1);
  await sees('three inks', `(s) => s.items === '4 items'`);
  await shopper.touch('minus', 1);
  await sees('two inks', `(s) => s.items === '3 items' && s.total === ${JSON.stringify(money(pen.unit_price + 2 * ink.unit_price))}`);
  await shopper.touch('remove', 1);
  await sees('the way back', `(s) => s.lines[1].startsWith('Removed:') && s.items === '1 item'`);
  await shopper.touch('undo', 1);
  await sees('two inks again', `(s) => !s.lines.some((line) => line.startsWith('Removed')) && s.items === '3 items'`);
  await picture('anonymous');
});

test('a card brings her name, and the question whether this is her cart', async () => {
  kiosk.till.pause(); // it hears of both at once, and may look at the card before it knows what is in her cart
  await onTheWeb(pen, book);
  await kiosk.tap('hers');
  kiosk.till.goesOn();
  const { rows } = await sees('the question', `(s) => s.kind === 'merge' && s.title === 'Is this your cart?' && s.rows.length === 3`);
  await kiosk.takeAway();
  assert.ok(rows.some((row) => row.startsWith(pen.name) && row.includes('in both: added up')), rows.join('\n'));
  assert.ok(rows.some((row) => row.startsWith(ink.name) && row.includes('scanned here just now')), rows.join('\n'));
  await picture('merge');
  await shopper.touch('tick'); // the last line that was scanned here
  await sees('that it stays out', `(s) => s.rows.some((row) => row.includes('you left it out'))`);
  await shopper.touch('merge_join');
  const { title, tier } = await sees('her cart', `(s) => s.kind === 'cart' && s.lines.length === 2`);
  assert.equal(title, `Welcome, ${rivera.name}`);
  assert.ok(tier);
  await sees('the way apart', `(s) => /Take apart again/.test(s.joined)`);
});

test('what joined is taken apart, and asked again', async () => {
  await shopper.touch('merge_undo');
  await sees('the question', `(s) => s.kind === 'merge'`);
  await shopper.touch('merge_apart');
  await sees('her cart alone', `(s) => s.kind === 'cart' && s.items === '2 items' && s.joined === ''`);
});

test('what is known of her is told', async () => {
  await shopper.touch('know');
  const { panel } = await sees('what is known', `(s) => s.dialog === 'know' && /Points/.test(s.panel)`);
  assert.ok(panel.includes(rivera.name));
  assert.match(panel, /You showed member number/);
  await picture('know');
});

test('"Forget me here" clears the screen and the document', async () => {
  await shopper.touch('forget');
  await shopper.touch('forget_yes');
  await sees('that she is forgotten', `(s) => s.kind === 'ended' && /has forgotten you/.test(s.all)`);
  assert.equal((await shopper.document()).includes(rivera.name), false);
});

test('"Not me" leaves what was scanned here to whoever scanned it', async () => {
  await shopper.touch('start');
  await sees('an empty cart', `(s) => /Your cart is empty/.test(s.all)`);
  await scan(book);
  await linesAre(book.name);
  await kiosk.scan(memberUri(rivera));
  await sees('the question', `(s) => s.kind === 'merge'`);
  await shopper.touch('merge_apart');
  await sees('her', `(s) => s.title === 'Welcome, ${rivera.name}'`);
  await shopper.touch('not_me');
  await shopper.touch('not_me_yes');
  await sees('the own cart', `(s) => s.title === 'Your cart'`);
  assert.equal((await shopper.document()).includes(rivera.name), false);
  await done();
});

test('a card that two people share asks who is shopping', async () => {
  const clerk = await kiosk.page();
  await kiosk.serve(clerk, rivera);
  const hers = async () => (await clerk.request('credential.list', { visit: clerk.shown.visit.id })).result.credentials.length;
  const had = await hers();
  await clerk.request('credential.capture', { visit: clerk.shown.visit.id, purpose: 'link', share: true });
  await kiosk.scan(memberUri(okafor));
  await clerk.outcome('captured');
  while (await hers() === had) await clerk.credentialsChanged(); // what the kiosk knows comes behind the verdict
  await clerk.add(ink.gtin); // decided after the link
  await clerk.sees('that both are decided', (s) => s.cart?.version > 0 && s.cart.unsent === 0 && clerk.lineOf(ink.gtin));
  await clerk.clear();
  clerk.close();
  await kiosk.scan(memberUri(okafor));
  const { people } = await sees('the question', `(s) => s.kind === 'choose' && s.title === 'Who is shopping?'`);
  assert.deepEqual([...people].sort(), ['Somebody else', okafor.name, rivera.name].sort());
  await picture('choose');
  await shopper.page.getByRole('button', { name: okafor.name }).tap();
  await sees('the one who was chosen', `(s) => s.title === ${JSON.stringify(`Welcome, ${okafor.name}`)}`);
  await done();
});

test('both questions leave the way to help and to "Not me"', async () => {
  const called = async () => {
    await shopper.touch('help');
    await sees('that somebody is called', `(s) => s.dialog === 'help' && /Waiting for/.test(s.panel)`);
    await shopper.touch('close');
    await sees('the call over the question', `(s) => s.dialog === '' && /We are calling somebody/.test(s.calling)`);
  };
  const whoIsIt = async () => {
    await kiosk.scan(memberUri(okafor));
    await sees('the question', `(s) => s.kind === 'choose' && s.acts.join() === 'help,not_me'`);
  };
  await whoIsIt();
  await shopper.touch('not_me');
  await sees('nobody', `(s) => s.kind === 'idle'`);
  await scan(book);
  await linesAre(book.name);
  await whoIsIt();
  await called();
  await shopper.page.getByRole('button', { name: 'Somebody else' }).tap();
  await sees('the own cart, and the call', `(s) => s.title === 'Your cart' && s.lines.length === 1 && /We are calling somebody/.test(s.calling)`);
  await done();
  await scan(book);
  await linesAre(book.name);
  await kiosk.scan(memberUri(rivera));
  await sees('whether it is hers', `(s) => s.kind === 'merge' && s.acts.join() === 'help,not_me'`);
  await called();
  await shopper.touch('not_me');
  await shopper.touch('not_me_yes');
  await sees('the own cart', `(s) => s.title === 'Your cart' && s.lines.length === 1 && s.lines[0].includes(${JSON.stringify(book.name)})`);
  assert.equal((await shopper.document()).includes(rivera.name), false);
  await done();
});

test('what was chosen of a product comes back with it', async () => {
  const web = await kiosk.webChannel(osei.id);
  for (const options of ['colour:green', 'colour:blue']) await web.add(pen.gtin, 2, { options });
  web.close();
  await kiosk.scan(memberUri(osei));
  const has = (colour) => `s.lines.some((line) => line.includes('colour ${colour}'))`;
  const { lines, items } = await sees('both colours', `(s) => s.kind === 'cart' && ${has('green')} && ${has('blue')}`);
  const green = lines.findIndex((line) => line.includes('colour green'));
  await shopper.touch('remove', green);
  await sees('the way back', `(s) => s.lines[${green}].startsWith('Removed:')`);
  await shopper.touch('undo', green);
  await sees('two green ones again', `(s) => s.lines.length === ${lines.length} && s.items === '${items}' && s.lines[${green}].includes('colour green') && !s.lines.some((line) => line.startsWith('Removed'))`);
  await done();
});

test('the line goes down: it is told, the cart goes on, and it comes back', async () => {
  await kiosk.store.stop();
  await sees('that it is offline', `(s) => /Working offline since/.test(s.band)`);
  await scan(pen);
  await linesAre(pen.name);
  await shopper.touch('plus', 0);
  await sees('two pens, kept here', `(s) => s.items === '2 items' && /Kept here, sent later/.test(s.lines[0])`);
  await picture('offline');
  await kiosk.startStore();
  await sees('a live line, and all of it sent', `(s) => s.band === '' && !/sent later/.test(s.lines[0])`);
  await done();
});

test('a page without its agent says so, and goes on when it is back', async () => {
  const port = kiosk.page_port;
  await kiosk.till.stop('SIGKILL');
  await sees('that it has lost its agent', `(s) => /has lost its connection/.test(s.all)`);
  await kiosk.startTill({ port });
  await sees('that it works again', `(s) => s.acts.includes('start')`);
});

test('the screen counts down and is cleared; a touch stops it', async () => {
  await kiosk.contextctl('policy', 'set', '--database', kiosk.path('store', 'context.db'), '--idle-ms', '12000');
  await scan(pen);
  await linesAre(pen.name);
  await sees('the count-down', `(s) => s.dialog === 'blank'`);
  await picture('blank');
  await shopper.touch('stay');
  await sees('the cart', `(s) => s.dialog === '' && s.kind === 'cart'`);
  await sees('that the screen was cleared', `(s) => s.kind === 'ended' && /The screen is cleared/.test(s.all)`);
  assert.deepEqual(shopper.faults, []);
});

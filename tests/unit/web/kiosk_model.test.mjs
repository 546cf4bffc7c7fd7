import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymous, cart, choose, code, known, line, lines, live, merge, offline, outcome, readers, states, terminal, view, visit, WALL } from '../../e2e/lib/kiosk_messages.mjs';
import { catalogue, load, wordsFor } from './web.mjs';

const { viewOf } = await load('kiosk/model.js');
const { initialState, reduce } = await load('kiosk/state.js');
const { qrPath } = await load('lib/qr.js');
const words = await wordsFor('en', 'Europe/Berlin');
const languages = [{ code: 'en', name: 'English' }, { code: 'ar', name: 'العربية' }];
const DAY = 86_400_000;

function shown(messages, { at = 0, scheme = 'light', events = [] } = {}) {
  const start = reduce(initialState(0), { type: 'open', at: 0 });
  const told = messages.filter(Array.isArray).reduce((state, [method, params]) => reduce(state, { type: 'message', method, params, at: 0 }), start);
  return viewOf(events.reduce(reduce, told), { at, words, scheme, languages });
}
const idle = [['terminal', terminal()], ['state', live()]];
const shopping = (change = {}) => [...idle, ['visit', visit(change)]];
const panel = (name, result, step = 'shown') => [{ type: 'panel', name, step: 'asking', at: 0 }, ...(step === 'asking' ? [] : [{ type: 'answer', name, result, at: 0 }])];
const acts = (list) => list.map((one) => one.act);

test('idle says what works here, and never promises a reader that does not', () => {
  const title = (nfc, scanner) => shown([['terminal', terminal()], ['state', live({ readers: readers(nfc, scanner) })]]).screen;
  assert.equal(title('ready', 'ready').title, 'Tap your card, hold your phone or scan your code');
  assert.deepEqual([title('ready', 'unplugged').title, title('ready', 'unplugged').more], ['Tap your card or hold your phone', '']);
  assert.deepEqual([title('hung', 'ready').title, title('hung', 'ready').attract], ['Scan your code', false]);
  assert.equal(title('hung', 'crashed').title, 'Cards and codes cannot be read just now');
  assert.equal(title('starting', 'starting').title, 'One moment, getting ready…');
  assert.deepEqual(acts(shown(idle).foot), ['start', 'help']);
});

test('the chain’s colour has readable text, and a chain without one has ours', () => {
  assert.deepEqual(shown([['terminal', terminal({ accent: '#e8bf00' })]]).accent.text, 'rgb(0 0 0)');
  assert.equal(shown(idle).accent.fill, 'rgb(11 87 208)');
});

test('a customer is welcomed by the chosen name, with the tier in a word', () => {
  const { screen, foot } = shown(shopping());
  assert.deepEqual([screen.who.title, screen.who.tier.word, screen.who.tier.symbol, screen.who.points, screen.who.next], ['Welcome, Maria', 'Gold', '★', '2,480 points', '520 to Platinum']);
  assert.deepEqual([screen.items, screen.total, screen.currency], ['4 items', '66.50', 'EUR']);
  assert.deepEqual(screen.lines.map((one) => [one.name, one.count, one.total, one.each]), [
    ['Fountain pen, blue', '1', '34.90', ''], ['Ink cartridges ×12', '2', '19.60', '9.80 each'], ['Notebook A5, dotted', '1', '12.00', '']]);
  assert.deepEqual(acts(foot), ['send', 'help', 'know', 'not_me', 'done']);
});

test('stock in this store is told with its age, and not when it is too old', () => {
  assert.deepEqual(shown(shopping()).screen.lines.map((one) => one.stock.text), ['In stock here, checked 20 min ago', 'Only a few left here, checked 50 min ago', 'Not in this shop, checked 20 min ago']);
  const old = shown(shopping({ cart: cart([line('Pen', 2, 100, { price_as_of: WALL - 3 * DAY })]) })).screen.lines[0];
  assert.deepEqual([old.stock.text, old.age, old.total], ['stock not current', 'price 3 days old', '2.00']);
  const long = shown(shopping({ view: view({ as_of: { profile_ms: WALL - 31 * DAY } }) })).screen.who;
  assert.deepEqual([long.points, long.next], ['Points: not current', '']);
});

test('a price that is too old is not shown, and neither is a total made of it', () => {
  const { screen } = shown(shopping({ cart: cart([line('Pen', 2, 100, { price_as_of: WALL - 9 * DAY })]) }));
  assert.deepEqual([screen.lines[0].total, screen.lines[0].each, screen.total, screen.currency], ['Price at the till', '', 'Price at the till', '']);
});

test('a screen reader hears what changed whatever else is on the page, and a band speaks for itself', () => {
  const off = [['terminal', terminal()], ['state', offline()], ['visit', visit()]];
  assert.equal(shown(off).live.what, shown(shopping()).live.what);
  assert.notEqual(shown([...off, ['cart', { cart: cart([lines[0]]) }]]).live.what, shown(off).live.what);
});

test('somebody without a card has a cart, and nothing that is about a person', () => {
  const { screen, foot } = shown([...idle, ['visit', anonymous([lines[0]])]]);
  assert.deepEqual([screen.who.title, screen.who.tier, screen.who.points], ['Your cart', null, '']);
  assert.deepEqual(acts(foot), ['send', 'help', 'done']);
  assert.deepEqual(acts(shown([...idle, ['visit', anonymous()]]).foot), ['help', 'done']);
  const gone = (begun) => shown([...idle, ['visit', begun], ['visit', { visit: null, reason: 'idle' }]]).screen.detail;
  assert.match(gone(visit()), /Your cart is kept/);
  assert.doesNotMatch(gone(anonymous([lines[0]])), /kept/);
});

test('what a weak proof does not open is asked for, not shown', () => {
  const { screen } = shown(states['recognised-hidden']);
  assert.equal(screen.who.title, 'Welcome');
  assert.match(screen.who.detail, /Show your card/);
  assert.equal(screen.empty, 'Your cart from elsewhere is not shown yet');
});

test('every outcome is said to a shopper, in the catalogue’s words', () => {
  const screen = (name, code, begin = idle) => shown([...begin, ['outcome', outcome(name, { code })]]).screen;
  assert.deepEqual([screen('payment_card', 'payment.chip').title, screen('payment_card', 'payment.chip').detail],
    ['That was a payment card', 'Please pay at the terminal; nothing was read from your card.']);
  assert.equal(screen('unknown', 'lookup.not_found').detail, 'We do not know this card yet. Do you have another one?');
  assert.match(screen('unknown', 'lookup.offline', [['terminal', terminal()], ['state', offline()]]).detail, /The line is down/);
  const back = [['terminal', terminal()], ['state', offline()], ['outcome', outcome('unknown', { code: 'handover.offline' })], ['state', live()]];
  assert.deepEqual([shown(back).screen.title, shown(back).screen.detail], ['The line is back', 'Please tap or scan once more.']);
  assert.doesNotMatch(screen('unknown', 'handover.offline', [['terminal', terminal()], ['state', offline()]]).detail, /new card/);
  assert.equal(screen('unreadable', 'pass.choose').title, 'Choose a pass and tap again');
  assert.equal(screen('of_the_future', 'of.the.future').title, 'That did not work');
  assert.equal(screen('operator', 'operator.on').kind, 'idle');
  for (const name of ['unknown', 'unreadable', 'wrong_key', 'expired', 'replayed', 'payment_card', 'two_cards', 'not_a_code']) assert.ok(words.has(`kiosk.outcome.${name}`), name);
});

test('a shopper who was recognised too late, or without a proof, is told', () => {
  const strip = (code) => shown([...idle, ['outcome', outcome('recognised', { code })], ['visit', visit()]]).strip?.text;
  assert.equal(strip('proof.unverified'), 'Welcome. Some benefits need the line, which is down.');
  for (const code of ['found.cache', 'found.store', 'a.reason.of.tomorrow']) assert.equal(strip(code), undefined, code);
  const late = ['outcome', outcome('recognised', { code: 'found.late' })];
  assert.equal(shown([...shopping(), late]).strip.text, 'Somebody else came first. Please tap or scan once more.');
  const { screen } = shown([...idle, late]);
  assert.deepEqual([screen.kind, screen.title, screen.detail], ['outcome', 'Somebody else came first', 'Please tap or scan once more.']);
  assert.equal(shown([...idle, ['outcome', outcome('recognised', { code: 'proof.unverified' })]]).screen.kind, 'idle'); // the visit is about to come
});

test('in a visit an outcome is a strip, and goes again', () => {
  const messages = [...shopping(), ['outcome', outcome('payment_card', { code: 'payment.chip' })]];
  assert.equal(shown(messages).strip.text, 'That was a payment card. Please pay at the terminal; nothing was read from your card.');
  assert.equal(shown(messages, { at: 6_000 }).strip, null);
  assert.equal(shown([...shopping(), ['outcome', outcome('product', { product_name: 'Eraser' })]]).strip.text, 'Added: Eraser');
});

test('the merge preview has a row for each product, with its reason', () => {
  const { screen } = shown([...shopping(), ['merge', merge()]]);
  assert.deepEqual(screen.rows.map((row) => [row.name, row.there, row.here, row.becomes, row.reason]), [
    ['Fountain pen, blue', '1', '–', '1', 'was in your cart already'], ['Ink cartridges ×12', '2', '1', '3', 'in both: added up'],
    ['Notebook A5, dotted', '1', '–', '1', 'was in your cart already'], ['Eraser, soft', '–', '2', '2', 'scanned here just now']]);
  assert.deepEqual([screen.join.detail, screen.rows.filter((row) => row.line).length], ['7 items, 78.70 EUR', 2]);
});

test('what is unticked stays out, of the row and of the sum', () => {
  const { screen } = shown([...shopping(), ['merge', merge()]], { events: [{ type: 'tick_line', line: '1'.repeat(32), at: 0 }, { type: 'tick_line', line: '2'.repeat(32), at: 0 }] });
  assert.deepEqual(screen.rows.map((row) => [row.becomes, row.taken]), [['1', true], ['2', false], ['1', true], ['stays out', false]]);
  assert.equal(screen.join.detail, '4 items, 66.50 EUR');
});

test('who shares a card is asked for by name, and may be somebody else', () => {
  const { screen } = shown([...idle, ['choose', choose]]);
  assert.deepEqual([screen.kind, screen.people.map((one) => one.name), screen.none], ['choose', ['Maria', 'Jonas', 'Anneliese von Hohenstein'], 'Somebody else']);
});

test('both questions leave the way to help and to "Not me"', () => {
  for (const asked of [[...shopping(), ['merge', merge()]], [...idle, ['choose', choose]]]) {
    const calling = shown([...asked, ['help', { help: { state: 'waiting', since_ms: WALL, declined: 0 } }]], { events: [{ type: 'panel', name: 'help', at: 0 }] });
    assert.deepEqual([acts(calling.foot), calling.screen.help.text, acts(calling.dialog.actions)], [['help', 'not_me'], 'We are calling somebody', ['close', 'help_cancel']]);
    assert.deepEqual([calling.dialog.actions[0].text, calling.dialog.detail], ['Close', 'Please stay here. You can scan products meanwhile.']);
    assert.equal(shown(asked).screen.help, null);
    assert.deepEqual(shown(asked, { events: [{ type: 'lost', at: 0, tried: true }] }).foot, []);
  }
});

test('a code to take along: asked for, shown, run out, refused', () => {
  const dialog = (options) => shown(shopping(), options).dialog;
  assert.equal(dialog({ events: panel('send', null, 'asking') }).busy, true);
  const here = dialog({ events: panel('send', code) });
  assert.deepEqual([here.groups, here.until, here.qr.size], [['7KM', '4QX'], 'The code is good until 09:51, once.', 29]);
  assert.equal(here.ways[1][0], 'On your phone');
  assert.equal(dialog({ events: panel('send', { ...code, text: 'H:7KM4QX' }) }).ways[1][0], 'Take a picture');
  const over = dialog({ events: panel('send', code), at: 600_000 });
  assert.deepEqual([over.detail, acts(over.actions)], ['This code has run out.', ['again', 'close']]);
  const refused = dialog({ events: [{ type: 'panel', name: 'send', step: 'asking', at: 0 }, { type: 'failed', name: 'send', code: 'retry.offline', at: 0 }] });
  assert.deepEqual([refused.detail, acts(refused.actions)], ['That needs the line, which is down. Please ask at a till.', ['again', 'close']]);
  const busy = dialog({ events: [{ type: 'panel', name: 'send', step: 'asking', at: 0 }, { type: 'failed', name: 'send', code: 'refused.handover_limit', at: 0 }] });
  assert.match(busy.detail, /^Many codes were given out here .* try again in a while, or pay at a till\.$/);
});

test('a call for help tells how long it waits, who comes, and stays in sight when its panel is closed', () => {
  const help = (state, change = {}) => [...shopping(), ['help', { help: { state, since_ms: WALL - 42_000, declined: 0, ...change } }]];
  const open = { events: [{ type: 'panel', name: 'help', at: 0 }] };
  const waiting = shown(help('waiting'), open).dialog;
  assert.deepEqual([waiting.since, waiting.declined, acts(waiting.actions)], ['Waiting for 42 seconds', '', ['close', 'help_cancel']]);
  assert.equal(shown(help('waiting', { since_ms: WALL - 130_000 }), open).dialog.since, 'Waiting for 2 minutes');
  assert.match(shown(help('waiting', { declined: 1 }), open).dialog.declined, /busy/);
  assert.equal(shown(help('accepted', { by: 'Till 4' }), open).dialog.title, 'Till 4 is coming');
  assert.equal(shown(help('waiting')).screen.help.detail, 'Waiting for 42 seconds');
  const again = shown(help('waiting', { back_by: 'Till 4', declined: 1 }), open);
  assert.deepEqual([again.dialog.title, again.dialog.declined, again.dialog.since], ['We are calling again', 'Till 4 cannot come after all.', 'Waiting for 42 seconds']);
  assert.deepEqual([again.screen.help.text, again.screen.help.detail], ['We are calling again', 'Till 4 cannot come after all.']);
});

test('what failed in a panel is not said to be about the cart', () => {
  const failed = (code) => shown(shopping(), { events: [{ type: 'panel', name: 'know', step: 'asking', at: 0 }, { type: 'failed', name: 'know', code, at: 0 }] }).dialog.detail;
  for (const code of ['local.io', 'refused.conflict']) assert.doesNotMatch(failed(code), /cart/i, code);
  assert.equal(failed('retry.timeout'), 'No answer came in time. Please try again.');
  assert.match(shown(shopping(), { events: [{ type: 'failed', code: 'local.io', at: 0 }] }).strip.text, /Your cart is as before/);
});

test('what is known is told with source and age', () => {
  const { dialog } = shown(shopping(), { events: panel('know', known) });
  assert.deepEqual(dialog.groups.map((group) => group.title), ['You', 'Your answers', 'Where you were', 'Your cart', 'Your cards', 'This visit']);
  const [you, answers, journey, own, , here] = dialog.groups.map((group) => group.facts);
  assert.deepEqual(you[1], { name: 'Language', value: 'Spanish', from: 'from the central system, 12 min ago' });
  assert.equal(you[2].value, 'Gold');
  assert.deepEqual(you.at(-1), { name: 'A note by staff', value: 'Left-handed: show the left-handed pens', from: 'from the central system, 12 days ago' });
  assert.deepEqual(answers.map((fact) => fact.value), ['May we remember what you looked at, to suggest it here? – Yes', 'May we send you news and offers by e-mail? – No', 'Your consent to “club”: Yes']);
  assert.deepEqual(answers[0], { name: 'What we asked you', value: answers[0].value, from: 'from the central system, 12 min ago' });
  const ownWords = [{ id: 'club', text_version: '3', texts: [{ language: 'fr', text: 'Entrer au club ?' }, { language: 'en', text: 'Join the club?' }] }];
  const asked = shown([['terminal', terminal({ consents: ownWords })], idle[1], ['visit', visit()]], { events: panel('know', known) }).dialog;
  assert.equal(asked.groups[1].facts[2].value, 'Join the club? – Yes');
  assert.deepEqual(journey.map((fact) => fact.value), ['on the web: Cart changed', 'at a till: Was in the store']);
  assert.deepEqual(own.map((fact) => [fact.value, fact.from]), [['1 × Fountain pen, blue', 'from the central system, 12 min ago'], ['2 × Ink cartridges ×12', 'from this kiosk, 12 min ago']]);
  assert.deepEqual(here.map((fact) => fact.value), ['today 09:41', 'member number', 'anybody could have copied it']);
  assert.deepEqual([acts(dialog.actions), dialog.more], [['close', 'forget'], '']);
  assert.match(shown(shopping(), { events: panel('know', { ...known, hidden: ['show_cart'] }) }).dialog.more, /proves too little/);
  assert.equal(shown(shopping(), { events: panel('know', { groups: [] }) }).dialog.detail, 'Nothing is known about you here.');
});

test('whose cart a till has taken is told which, and for long enough to read it', () => {
  const handed = [...idle, ['visit', anonymous([lines[0]])], ['visit', { visit: null, reason: 'handover', by: 'Till 4' }]];
  const after = (at) => shown(handed, { at, events: [{ type: 'tick', at, still: true }] }).screen;
  assert.deepEqual([after(0).title, after(0).detail], ['Your cart is at Till 4 now', 'Please go there to go on with it. Nothing of it stays on this screen.']);
  assert.deepEqual([after(14_999).kind, after(15_000).kind], ['ended', 'idle']);
  assert.equal(JSON.stringify(shown(handed)).includes('Fountain'), false);
  assert.equal(shown([...handed.slice(0, -1), ['visit', { visit: null, reason: 'handover' }]]).screen.title, 'Your cart is on your phone now');
});

test('help can be called from every screen that somebody stands in front of', () => {
  const unknown = [...idle, ['outcome', outcome('unknown', { code: 'lookup.not_found' })]];
  for (const messages of [idle, unknown, [...idle, ['reading', { reader: 'front' }]], [...shopping(), ['visit', { visit: null, reason: 'done' }]], [...idle, ['visit', anonymous()]], shopping()])
    assert.ok(acts(shown(messages).foot).includes('help'));
  const called = shown([...idle, ['visit', anonymous()], ['help', { help: { state: 'waiting', since_ms: WALL } }]], { events: [{ type: 'panel', name: 'help', at: 0 }] }).dialog;
  assert.deepEqual([called.detail, called.actions[0].text], ['Please stay here. You can scan products meanwhile.', 'Close']);
});

test('who showed nothing is told how she was found', () => {
  const told = (value) => shown(shopping(), { events: panel('know', { groups: [{ group: 'visit', facts: [{ fact: 'found_by', value, source: 'here' }] }] }) }).dialog.groups[0].facts[0];
  assert.deepEqual([told('found').name, told('found').value], ['You were found by', 'a search by our staff']);
  assert.deepEqual(['created', 'handover'].map((source) => told(source).value), ['signing up here', 'a hand-over from another screen']);
});

test('carts that were put together can be taken apart', () => {
  assert.equal(shown([...shopping(), ['merge', { merge: null, undo: true }]]).screen.joined.undo, 'Take apart again');
  assert.equal(shown([...shopping(), ['merge', { merge: null }]]).screen.joined, null);
});

test('the count-down goes over everything in its last ten seconds', () => {
  const messages = [...shopping(), ['blank', { in_ms: 12_000 }]];
  const open = { events: [{ type: 'panel', name: 'language', at: 0 }] };
  assert.equal(shown(messages, { ...open, at: 1_000 }).dialog.kind, 'language');
  const { dialog } = shown(messages, { ...open, at: 2_500 });
  assert.deepEqual([dialog.kind, dialog.seconds, dialog.told], ['blank', '10', 'The screen is cleared in 10 seconds']);
  assert.equal(shown(messages, { at: 11_500 }).dialog.seconds, '1');
});

test('outages are told in a shopper’s words', () => {
  const band = (change, more = {}) => shown([['terminal', terminal()], ['state', { ...offline(), ...change }], ['visit', visit(more)]]).band;
  const text = (told) => [told.title, ...told.parts].join(' ');
  assert.equal(text(band({})), 'Working offline since 09:12. The central system does not answer. You can be recognised and change your cart. '
    + 'Nobody can be called from here, and your cart cannot be sent to a till. Prices may have changed. Everything is sent when the line is back.');
  assert.match(text(band({ readers: readers('unplugged', 'ready'), line: live().line })), /^Card reader unplugged\. Scanning codes works\. Cards and phones are not read\. It comes back/);
  assert.equal(shown(shopping()).band, null);
  const lost = [{ type: 'lost', tried: true, at: 0 }];
  assert.equal(shown(shopping(), { events: lost }).band.tone, 'bad');
  assert.equal(shown(idle, { events: lost }).screen.kind, 'lost');
  assert.deepEqual(shown(idle, { events: lost }).foot, []);
});

test('no word is missing in any state', () => {
  const missing = new Set();
  const seen = new Set();
  const watched = { ...words, t: (key, values) => { note(key); return words.t(key, values); }, plural: (key, n, values) => { note(key); return words.plural(key, n, values); } };
  function note(key) { seen.add(key); if (!words.has(key)) missing.add(key); }
  for (const messages of Object.values(states)) {
    const start = reduce(initialState(0), { type: 'open', at: 0 });
    const told = messages.filter(Array.isArray).reduce((state, [method, params]) => reduce(state, { type: 'message', method, params, at: 0 }), start);
    for (const name of [null, 'language', 'send', 'help', 'know', 'forget', 'not_me']) {
      const results = { send: code, know: known };
      const opened = name ? reduce(reduce(told, { type: 'panel', name, at: 0, step: 'asking' }), { type: 'answer', name, result: results[name], at: 0 }) : told;
      viewOf(opened, { at: 0, words: watched, scheme: 'dark', languages });
    }
  }
  assert.deepEqual([...missing], []);
  assert.ok(Object.keys(catalogue('en').kiosk).every((key) => key.startsWith('kiosk.')));
  assert.ok(seen.size > 80, `${seen.size} words were said`);
});

test('a matrix is drawn as runs of dark modules, and what is none as nothing', () => {
  assert.equal(qrPath({ size: 5, rows: ['f8', '88', 'a8', '00', 'd8'] }), 'M0 0h5v1h-5zM0 1h1v1h-1zM4 1h1v1h-1zM0 2h1v1h-1zM2 2h1v1h-1zM4 2h1v1h-1zM0 4h2v1h-2zM3 4h2v1h-2z');
  for (const wrong of [{ size: 5, rows: ['f8'] }, { size: 0, rows: [] }, { size: 178, rows: Array(178).fill('00') }, { size: '5', rows: [] }, { size: 2, rows: null }]) assert.equal(qrPath(wrong), '');
});

test('whose cart was paid at a till is told at which, as long', () => {
  const paid = (by) => [...idle, ['visit', anonymous([lines[0]])], ['visit', { visit: null, reason: 'checkout', ...by }]];
  const after = (at, by = { by: 'Till 4' }) => shown(paid(by), { at, events: [{ type: 'tick', at, still: true }] }).screen;
  assert.deepEqual([after(0).title, after(0).detail], ['It was paid at Till 4', 'Thank you for shopping with us.']);
  assert.deepEqual([after(14_999).kind, after(15_000).kind], ['ended', 'idle']);
  assert.deepEqual([after(0, {}).title, after(6_000, {}).kind], ['Good-bye!', 'idle']);
});

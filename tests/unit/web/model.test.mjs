import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cart, claim, line, lines, live, notice, offline, outcome, readers, states, terminal, tiers, told, view, visit, WALL } from '../../e2e/lib/clerk_messages.mjs';
import { requests } from '../../e2e/lib/clerk_dialogs.mjs';
import { load, wordsFor } from './web.mjs';

const { viewOf } = await load('clerk/model.js');
const { initialState, reduce } = await load('clerk/state.js');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const words = await wordsFor('en', 'Europe/Berlin');

function shown(messages, { at = 0, scheme = 'light', events = [] } = {}) {
  const start = reduce(initialState(0), { type: 'open', at: 0 });
  const told = messages.filter((one) => Array.isArray(one)).reduce((state, [method, params]) => reduce(state, { type: 'message', method, params, at: 0 }), start);
  return viewOf(events.reduce(reduce, told), { at, words, scheme });
}
const idle = [['terminal', terminal()], ['state', live()]];
const recognised = (change = {}) => [...idle, ['visit', visit(change)]];

test('the customer in one glance', () => {
  const { customer, cart: shownCart, stage, bar, keys } = shown(recognised());
  assert.equal(stage, null);
  assert.equal(customer.name, 'Ms Rivera');
  assert.deepEqual([customer.tier.word, customer.tier.symbol], ['Gold', '★']);
  assert.deepEqual([customer.points.text, customer.points.next, customer.points.note], ['2,480 points', '520 to Platinum', '']);
  assert.equal(customer.since, 'since 2023');
  assert.deepEqual(customer.benefits, ['10 % on stationery today', 'Free gift wrap', 'Parking ticket is free']);
  assert.equal(customer.journey, 'web yesterday 21:05 → app today 08:55 → here');
  assert.deepEqual([shownCart.title, shownCart.touched], ['Cart started on the web', 'changed 12 min ago']);
  assert.deepEqual([shownCart.items, shownCart.total, shownCart.currency], ['4 items', '66.50', 'EUR']);
  assert.deepEqual(shownCart.lines.map((one) => [one.name, one.quantity, one.total, one.each]), [
    ['Fountain pen, blue', 1, '34.90', ''], ['Ink cartridges ×12', 2, '19.60', '2 × 9.80'], ['Notebook A5, dotted', 1, '12.00', '']]);
  assert.deepEqual([bar.till, bar.store, bar.pill.text, bar.time], ['Till 4', 'Harbour Street (0421)', 'Online · live', '09:41']);
  assert.deepEqual(keys.map((key) => key.act), ['details', 'cards', 'more', 'handover', 'done']);
  assert.deepEqual(shownCart.tools.map((key) => key.act), ['till', 'undo', 'minus', 'plus', 'remove']);
});

test('what was done elsewhere is masked until the clerk asks for it', () => {
  assert.equal(JSON.stringify(shown(recognised())).includes('Looked at fountain pens'), false);
  const { customer } = shown(recognised(), { events: [{ type: 'details', visit: visit().visit.id, shown: true, at: 0 }] });
  assert.equal(customer.details.journey[0].what, 'Looked at fountain pens');
  assert.deepEqual(customer.details.facts, [['Language', 'Spanish'], ['Recognised by', 'member number, card reader'], ['Facts from', 'this till’s memory'], ['Profile', '12 min ago']]);
});

test('what the context store notes of a journey is put into words', () => {
  const journey = ['cart.changed', 'product.viewed', 'Asked for a refill'].map((what) => ({ at_ms: WALL, channel: 'till', what }));
  const { customer } = shown(recognised({ view: view({ journey }) }), { events: [{ type: 'details', visit: visit().visit.id, shown: true, at: 0 }] });
  assert.deepEqual(customer.details.journey.map((step) => step.what), ['Cart changed', 'Looked at a product', 'Asked for a refill']);
});

test('where the cart was touched last is told when it is another place', () => {
  const touched = (change) => shown(recognised({ cart: cart(lines, change) })).cart.touched;
  assert.equal(touched({ touched_channel: 'app' }), 'changed in the app · 12 min ago');
  assert.equal(touched({ touched_channel: 'till', touched_by: 'Till 2' }), 'changed at Till 2 · 12 min ago');
  assert.equal(touched({ touched_ms: 0 }), '');
  assert.equal(touched({ touched_ms: WALL + 60_000 }), 'changed just now');
});

test('who pays the cart is told as long as the lease runs, with what still works', () => {
  const paying = (change, more = {}) => shown(recognised({ cart: cart(lines, { claim: claim(change) }) }), more).cart.claim;
  assert.deepEqual(paying({}), { tone: 'other', title: 'Being paid at Till 2 since 09:40.', detail: 'Changes here are kept, but are not part of that payment.' });
  assert.equal(paying({ by: undefined }).title, 'Being paid elsewhere since 09:40.');
  assert.equal(paying({ mine: true }).title, 'Being paid here since 09:40.');
  assert.equal(paying({}, { at: 59_999 }).tone, 'other');
  assert.equal(paying({}, { at: 60_000 }), null);
  assert.equal(shown(recognised()).cart.claim, null);
  const off = shown([['terminal', terminal()], ['state', offline()], ['visit', visit({ cart: cart(lines, { claim: claim() }) })]]);
  assert.match(off.cart.claim.detail, /^Changes here are kept\. Offline/);
});

test('options, notes, gifts and what became of a price are told of each line', () => {
  const view = shown(recognised({ cart: cart(told, { note: 'Invoice to the company' }) })).cart;
  assert.equal(view.note, 'Note: Invoice to the company');
  assert.deepEqual(view.lines.map((one) => [one.options, one.price, one.note, one.badges.map((badge) => badge.kind)]), [
    ['size m', 'price fell by 2.00 since yesterday', '', []],
    ['', 'price rose by 0.50 since Feb 27', 'Only the black ones', []],
    ['', '', '', ['gift']]]);
  assert.equal(view.lines[0].label, 'T-shirt, organic cotton size m, 2, 39.80, in stock, price fell by 2.00 since yesterday');
  const today = line('Pen', 1, 100, { price_change: { by: 1, since_ms: WALL - HOUR } });
  assert.equal(shown(recognised({ cart: cart([today]) })).cart.lines[0].price, 'price rose by 0.01 since 08:41');
  const old = line('Pen', 1, 100, { price_as_of: WALL - 9 * DAY, price_change: { by: 1, since_ms: WALL - 10 * DAY } });
  assert.equal(shown(recognised({ cart: cart([old]) })).cart.lines[0].price, '', 'of a price that is hidden nothing is told');
});

test('ages go on by themselves, whatever the browser’s clock says', () => {
  assert.equal(shown(recognised(), { at: 5 * 60_000 }).cart.touched, 'changed 17 min ago');
  assert.equal(shown(recognised(), { at: 60_000 }).bar.time, '09:42');
});

test('what is too old is not shown as if it were current', () => {
  const old = line('Old', 2, 500, { price_as_of: WALL - 8 * DAY });
  const { cart: shownCart } = shown(recognised({ cart: cart([...lines, old]) }));
  const hidden = shownCart.lines.at(-1);
  assert.deepEqual([hidden.total, hidden.each, hidden.stock.text], ['not current', '', 'stock not current']);
  assert.deepEqual([shownCart.total, shownCart.currency, shownCart.totalHidden], ['not current', '', true]);
  const { customer } = shown(recognised({ view: view({ as_of: { profile_ms: WALL - 31 * DAY, journey_ms: WALL } }) }));
  assert.deepEqual([customer.points.text, customer.points.hidden], ['not current', true]);
});

test('a screen reader hears what changed in the cart while somebody else waits for help', () => {
  const waits = [...recognised(), ['handovers', { open: requests, own: null }]];
  const changed = shown([...waits, ['cart', { cart: cart([lines[0]]) }]]).live;
  assert.match(shown(waits).live.help, /Help is wanted/);
  assert.deepEqual([changed.help, changed.what === shown(waits).live.what], [shown(waits).live.help, false]);
});

test('a limit of zero shows a fact at any age', () => {
  const messages = [['terminal', terminal({ max_age_show_ms: { price: 0, stock: 0, points: 0 } })], ['state', live()], ['visit', visit({ cart: cart([line('Old', 1, 500, { price_as_of: WALL - 900 * DAY })]) })]];
  const { cart: shownCart } = shown(messages);
  assert.equal(shownCart.lines[0].total, '5.00');
  assert.equal(shownCart.lines[0].age, 'price 900 days old');
});

test('ages of prices are told after a day, offline after an hour', () => {
  const own = (age) => ['visit', visit({ cart: cart([line('Pen', 1, 100, { price_as_of: WALL - age })]) })];
  const age = (state, ms) => shown([['terminal', terminal()], ['state', state], own(ms)]).cart.lines[0].age;
  assert.equal(age(live(), 23 * HOUR), '');
  assert.equal(age(live(), 25 * HOUR), 'price 1 day old');
  assert.equal(age(offline(), 2 * HOUR), 'price 2 hours old');
  assert.equal(age(offline(), 30 * 60_000), '');
});

test('offline says cause, what works, what does not, what comes later', () => {
  const band = (cause) => shown([['terminal', terminal()], ['state', offline(cause)]]).band;
  assert.equal([band('no_route').title, ...band('no_route').parts].join(' '), 'Working offline since 09:12. There is no network. Recognising customers and changing carts works. Searching for customers and handing over do not. Prices may be older than shown: see age. Everything is sent when the line is back.');
  const causes = ['no_route', 'refused', 'tls', 'clock', 'denied', 'closed'].map((cause) => band(cause).parts[0]);
  assert.equal(new Set(causes).size, 6);
  assert.equal(band('something new').parts.length, 3);
});

test('every outcome has its own screen', () => {
  const names = ['unknown', 'unreadable', 'wrong_key', 'expired', 'replayed', 'payment_card', 'product', 'two_cards', 'not_a_code'];
  const stages = names.map((name) => shown([...idle, ['outcome', outcome(name)]]).stage);
  assert.equal(new Set(stages.map((stage) => stage.title)).size, names.length);
  for (const stage of stages) assert.ok(stage.title && stage.detail && stage.icon, stage.kind);
  assert.equal(shown([...idle, ['outcome', outcome('something_new')]]).stage.kind, 'idle');
  assert.equal(shown([...idle, ['outcome', outcome('unknown')]], { at: 20_000 }).stage.kind, 'idle');
});

test('an unknown card while offline says why it may be unknown', () => {
  assert.match(shown([['terminal', terminal()], ['state', offline()], ['outcome', outcome('unknown')]]).stage.detail, /cannot ask the central system/);
});

test('a cart that could not be fetched by its code is not called a card', () => {
  const stage = (code, first) => shown([['terminal', terminal()], ['state', first], ['outcome', outcome('unknown', { code })]]).stage;
  assert.deepEqual([stage('handover.gone', live()).title, stage('handover.gone', live()).detail],
    ['No cart waits under this code', 'It was used already, or has run out.']);
  assert.doesNotMatch(stage('handover.offline', offline()).detail, /card/);
});

test('what could not be looked up without the line can be when it is back, and the page says so', () => {
  const { stage } = shown([['terminal', terminal()], ['state', offline()], ['outcome', outcome('unknown', { code: 'lookup.offline' })], ['state', live()]]);
  assert.deepEqual([stage.title, stage.detail], ['The line is back', 'What was not found can be looked up again: tap or scan it once more.']);
});

test('a product without a customer shows what is known of it', () => {
  const fact = (change) => shown([...idle, ['outcome', outcome('product', change)]]).stage.fact;
  assert.deepEqual(fact({ product_name: 'Eraser', unit_price: 120, currency: 'EUR', price_as_of: WALL - 3 * DAY }), { name: 'Eraser', price: '1.20 EUR', note: 'price 3 days old' });
  assert.deepEqual(fact({ product_name: 'Eraser', unit_price: 120, currency: 'EUR', price_as_of: WALL - 8 * DAY }), { name: 'Eraser', price: '', note: 'not current' });
  assert.deepEqual(fact({ gtin: '04006381333931' }), { name: 'Product 4006381333931', price: '', note: '' });
});

test('the idle screen asks only for what can be read', () => {
  const title = (list) => shown([['terminal', terminal()], ['state', live({ readers: list })]]).stage.title;
  assert.equal(title(readers()), 'Tap a card, hold a phone or scan a code');
  assert.equal(title(readers('unplugged')), 'Scan a code');
  assert.equal(title(readers('ready', 'hung')), 'Tap a card or hold a phone');
  assert.equal(title(readers('crashed', 'hung')), 'No reader is ready');
  assert.equal(title(readers('starting', 'hung')), 'Getting ready…');
  assert.equal(title([]), 'No reader is ready');
});

test('the most important notice comes first, the others are named', () => {
  const { band } = shown([['terminal', terminal()], ['state', offline('refused', { readers: readers('unplugged'), notices: [{ code: 'certificate_expiring', since_ms: WALL }, { code: 'disk_full', since_ms: WALL }] })]]);
  assert.equal(band.title, 'This terminal’s disk is full.');
  assert.deepEqual(band.also, ['Card reader unplugged', 'Working offline since 09:12', '1 more notice']);
  const unknown = shown([['terminal', terminal()], ['state', notice('brand_new')]]).band;
  assert.equal(unknown.title, 'Please tell IT: brand_new.');
});

test('why something was not accepted is told to the clerk, and what to say to the shopper', () => {
  const told = (name, code) => shown([...idle, ['outcome', outcome(name, { code })]]).stage;
  assert.equal(told('unreadable', 'pass.choose').title, 'Choose a pass and tap again');
  assert.match(told('unreadable', 'pass.choose').say, /choose a pass on your phone/);
  assert.equal(told('expired', 'credential.blocked').title, 'This card is blocked');
  assert.equal(told('replayed', 'proof.replayed').title, 'This code was already used');
  assert.match(told('replayed', 'proof.replayed').detail, /good once/);
  assert.equal(told('unknown', 'a.reason.of.tomorrow').say, '');
  assert.match(told('unknown', 'a.reason.of.tomorrow').detail, /Ask for another card/);
});

test('a recognition that came too late or proves nothing is told, one as it should be is not', () => {
  const strip = (code, at = 0) => shown([...idle, ['outcome', outcome('recognised', { code })], ['visit', visit()]], { at }).strip?.text;
  assert.equal(strip('proof.unverified'), 'The central system could not be asked: it shows who it is, and proves nothing.');
  assert.equal(strip('proof.unverified', 6_000), undefined);
  for (const code of ['found.cache', 'found.store', 'a.reason.of.tomorrow']) assert.equal(strip(code), undefined, code);
  const late = ['outcome', outcome('recognised', { code: 'found.late' })];
  assert.equal(shown([...recognised(), late]).strip.text, 'Another customer has begun meanwhile. Tap or scan again.');
  const alone = shown([...idle, late]).stage;
  assert.deepEqual([alone.title, alone.detail, alone.say], ['Somebody else came first', 'Another customer has begun meanwhile. Tap or scan again.', words.t('say.quote', { text: words.t('say.found.late') })]);
  const begins = (...codes) => shown([...idle, ...codes.map((code) => ['outcome', outcome('recognised', { code })])]).stage.kind;
  assert.deepEqual([begins('proof.unverified'), begins('found.store'), begins('found.late', 'found.store')], ['idle', 'idle', 'idle']); // the visit is about to come
  assert.equal(shown([...idle, ['outcome', outcome('unknown')], ['visit', visit()]]).strip, null, 'of what was before the visit nothing is said in it');
});

test('what is not proven is said, and a stronger proof opens it', () => {
  const hidden = ['show_name', 'show_cart', 'redeem'];
  const told = visit({ visit: { ...visit().visit, assurance: 'low', hidden }, view: { ...view(), customer: { name: '', language: 'en' } }, cart: null });
  const { customer, cart: shownCart } = shown([...idle, ['visit', told]]);
  assert.equal(customer.name, 'Customer');
  assert.match(customer.unproven, /Not proven yet/);
  assert.equal(shownCart.empty.title, 'Cart not shown');
  const opened = shown([...idle, ['visit', told], ['visit', visit({ visit: { ...visit().visit, assurance: 'high', hidden: [] } })]]);
  assert.notEqual(opened.customer.name, 'Customer');
  assert.equal(opened.cart.empty, null);
});

test('each reader trouble is told in words', () => {
  const band = (nfc, scanner) => shown([['terminal', terminal()], ['state', live({ readers: readers(nfc, scanner) })]]).band;
  assert.equal(band('unplugged').title, 'Card reader unplugged.');
  assert.match(band('unplugged').parts.join(' '), /^Scanning codes works\. Cards and phones are not read\./);
  assert.equal(band('ready', 'crashed').title, 'Scanner stopped.');
  assert.equal(band('hung').title, 'Card reader does not answer.');
  assert.equal(band('unsupported').title, 'Card reader cannot be used.');
  assert.equal(band('starting'), null);
});

test('of a visit in which nothing was shown the details say how it was known who', () => {
  const facts = (source) => Object.fromEntries(shown(recognised({ visit: { ...visit().visit, source, credential_kind: 'none', reader: '' } }),
    { events: [{ type: 'details', visit: visit().visit.id, shown: true, at: 0 }] }).customer.details.facts);
  for (const [source, text] of [['found', 'a search at this till'], ['created', 'signing up at this till'], ['handover', 'a hand-over']]) {
    assert.equal(facts(source)['Recognised by'], text);
    assert.equal(Object.hasOwn(facts(source), 'Facts from'), false);
    assert.equal(facts(source).Proof, 'nothing was shown that proves it');
  }
});

test('readers of one kind are told apart by their names, and a head by what it reads with', () => {
  const head = (kind, state) => ({ name: 'Reader head', kind, state, since_ms: WALL });
  const several = [...readers('unplugged'), head('nfc', 'hung'), head('scanner', 'ready')];
  const { band, customer } = shown([['terminal', terminal()], ['state', live({ readers: several })], ['visit', visit({ visit: { ...visit().visit, reader: 'Reader head' } })]],
    { events: [{ type: 'details', visit: visit().visit.id, shown: true, at: 0 }] });
  assert.equal(band.title, 'front unplugged.');
  assert.deepEqual(band.also, ['Reader head does not answer']);
  assert.deepEqual(customer.details.facts[1], ['Recognised by', 'member number, reader head']);
  const strange = [head('head', 'unsupported')];
  assert.equal(shown([['terminal', terminal()], ['state', live({ readers: strange })]]).band.title, 'Reader head cannot be used.');
});

test('a page that lost its agent says so, and what that means', () => {
  const lost = { type: 'lost', at: 0 };
  const { band, bar, stage, keys } = shown(idle, { events: [lost] });
  assert.equal(bar.pill.text, 'Page not connected');
  assert.equal([band.title, ...band.parts].join(' '), 'This page has lost the till’s service. Nothing that was saved is lost. Customers cannot be recognised on this screen until it is back. It connects again by itself; trying since 09:41.');
  assert.equal(stage.kind, 'lost');
  assert.deepEqual(keys, []);
  assert.deepEqual(shown(recognised(), { events: [lost] }).keys, []);
  const denied = shown(idle, { events: [{ type: 'denied', at: 0 }] }).stage;
  assert.deepEqual([denied.title, /recognised on this screen.*from its icon/.test(denied.detail)], ['This page is no longer signed in', true]);
  const first = (at) => viewOf(initialState(0), { at, words, scheme: 'light' }).stage;
  assert.deepEqual([first(0).title, first(0).detail, /call IT/.test(first(2_000).detail)], ['Connecting to the till’s service…', '', true]);
});

test('a terminal that was never connected promises nothing that it cannot do', () => {
  const { band } = shown([['state', offline('no_route')]]);
  assert.equal([band.title, ...band.parts].join(' '), 'This terminal has never been connected. There is no network. Selling at the till goes on. Nobody can be recognised and no product is known here yet. '
    + 'What is needed comes by itself with the first connection. If this lasts, please call IT.');
});

test('connecting to the central system is told when it lasts', () => {
  const band = (ago) => shown([['terminal', terminal()], ['state', live({ line: { state: 'connecting', since_ms: WALL - ago } })]]).band;
  assert.equal(band(1_000), null);
  assert.match([band(5_000).title, ...band(5_000).parts].join(' '), /^Connecting to the central system… Recognising .* works\. Searching .* do not\. .*takes a few seconds/);
});

test('the end of a visit is told and then forgotten', () => {
  const ended = (reason, at = 0) => shown([...recognised(), ['visit', { visit: null, reason }]], { at }).stage;
  for (const reason of ['done', 'removed', 'idle', 'restart', 'checkout', 'other']) assert.equal(ended(reason).title, 'Screen cleared', reason);
  assert.equal(ended('something new').detail, ended('other').detail);
  assert.equal(ended('done', 4_000).kind, 'idle');
  assert.equal(shown([...idle, ['visit', { visit: null, reason: 'restart' }]]).stage.kind, 'idle');
});

test('new, changed, removed and unsent lines carry a word', () => {
  const own = [line('Pen', 1, 100), line('Ink', 3, 100), line('Pad', 1, 100)];
  const added = line('Eraser', 1, 120, { new: true, pending: true });
  const { cart: shownCart } = shown([...recognised({ cart: cart(own) }), ['cart', { cart: cart([own[0], { ...own[1], quantity: 1 }, added]) }]]);
  assert.deepEqual(shownCart.lines.map((one) => one.badges.map((badge) => badge.text)), [[], ['−2 less'], ['removed'], ['NEW', 'not sent yet']]);
  assert.deepEqual(shownCart.lines.map((one) => [one.changed, one.gone]), [[false, false], [true, false], [false, true], [true, false]]);
  assert.equal(shownCart.unsent, '1 change not sent yet');
});

test('keys act on the chosen line only', () => {
  const keys = (events) => Object.fromEntries(shown(recognised(), { events }).cart.tools.map((key) => [key.act, key.off]));
  assert.deepEqual([keys([]).plus, keys([]).minus, keys([]).remove], [true, true, true]);
  const select = (n) => keys([{ type: 'select', line: lines[n].id, at: 0 }]);
  assert.deepEqual([select(1).plus, select(1).minus, select(1).remove], [false, false, false]);
  assert.deepEqual([select(0).plus, select(0).minus, select(0).remove], [false, true, false]);
});

test('a visit without a profile, a tier or a cart still shows', () => {
  const { customer, cart: shownCart } = shown([...idle, ['visit', { visit: visit().visit, view: null, cart: null }]]);
  assert.equal(customer.name, 'Customer');
  assert.equal(customer.tier, null);
  assert.equal(customer.points, null);
  assert.equal(shownCart.empty.title, 'No open cart');
  const unknownTier = shown(recognised({ view: view({ tier: 'diamond' }) })).customer.tier;
  assert.equal(unknownTier.word, 'diamond');
  assert.equal(shown(recognised({ cart: cart(lines, { total: null }) })).cart.total, 'not current');
});

test('the highest tier has nothing to reach', () => {
  assert.equal(shown(recognised({ view: view({ tier: 'platinum', points: 9_000 }) })).customer.points.next, '');
  assert.equal(tiers.length, 4);
});

test('a refused change is told', () => {
  const strip = (code) => shown(recognised(), { events: [{ type: 'failed', code, cart: true, at: 0 }] }).strip.text;
  assert.equal(strip('retry.full'), 'Not stored: there is no room now. The cart is as before.');
  assert.equal(strip('anything.else'), 'That change was not made. Please try again.');
});

test('what was taken back is said with its reason, for as long as it takes to read it', () => {
  const back = (change, code, more = {}) => ['taken_back', { visit: visit().visit.id, seq: 9, change, code, gtin: '04006381333931', product_name: 'Eraser', ...more }];
  const strip = (...messages) => shown([...recognised(), ...messages]).strip?.text;
  assert.equal(strip(back('cart.add', 'product_unknown', { product_name: undefined })), 'Taken back: Product 4006381333931 was not added. The central system does not know this product.');
  assert.equal(strip(back('cart.remove', 'line_closed')), 'Taken back: Eraser is in the cart again. That line was removed meanwhile.');
  assert.equal(strip(back('cart.set_quantity', 'brand_new')), 'Taken back: Eraser has the quantity it had before. The central system turned it down (brand_new). Please tell IT.');
  assert.equal(strip(back('checkout.claim', 'cart_claimed', { gtin: undefined, product_name: undefined })), 'This till cannot pay the cart now. The cart is being paid at another till.');
  assert.equal(strip(back('cart.note', 'line_closed')), 'A change was taken back. That line was removed meanwhile.');
  assert.match(strip(back('cart.add', 'line_limit'), back('cart.add', 'line_limit'), back('cart.add', 'line_limit')), /for more lines\. So were 2 more changes\.$/);
  assert.equal(strip(back('cart.add', 'line_limit', { visit: 'another' })), undefined);
  assert.equal(shown([...recognised(), back('cart.add', 'line_limit')], { at: 15_000 }).strip, null);
  assert.equal(shown([...recognised(), back('cart.add', 'line_limit'), ['visit', { visit: null, reason: 'done' }]]).strip, null);
});

test('every state of the pictures is drawn without a hole', () => {
  for (const [name, messages] of Object.entries(states)) {
    const text = JSON.stringify(shown(messages));
    for (const hole of ['undefined', 'NaN', '[object', 'Invalid Date', '{time}', '{n}']) assert.equal(text.includes(hole), false, `${name}: ${hole}`);
  }
});

test('who is asked to pair software reads what it may do', () => {
  const pairing = { name: 'Harbour POS', code: '204817', until_ms: WALL + 60_000, scopes: ['customer', 'help'] };
  const view = shown([...idle, ['pairing', { pairing }]]).pairing;
  assert.deepEqual([view.title, view.may, view.code], ['Harbour POS wants to work with this till.', 'May use: customer, calls.', '204817']);
  assert.deepEqual([view.refuse.act, view.refuse.key, view.refuse.text], ['pairing.refuse', 'F10', 'Refuse']);
  assert.equal(shown([...idle, ['pairing', { pairing: { ...pairing, until_ms: WALL - 1 } }]]).pairing, null);
});

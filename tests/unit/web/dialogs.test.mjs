// The clerk page's dialogs: when they open and go, and what they show.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TAILS } from './tails.mjs';
import { load, wordsFor } from './web.mjs';
import { WALL, cart, lines, live, terminal, view, visit } from '../../e2e/lib/clerk_messages.mjs';
import { choice, consents, credentials, held, matches, merge, notes, requests, suggestions } from '../../e2e/lib/clerk_dialogs.mjs';

const { initialState, reduce } = await load('clerk/state.js');
const { viewOf } = await load('clerk/model.js');
const { guessBy } = await load('clerk/dialog_model.js');
const { LANGUAGES } = await load('lib/words.js');
const { isAboutCart } = await load('clerk/errors.js');
const { newCustomer } = await load('clerk/actions.js');
const words = await wordsFor('en', 'Europe/Berlin');

const say = (method, params) => ({ type: 'message', method, params });
const begin = [{ type: 'open' }, say('terminal', terminal({ consents })), say('state', live())];
const here = [...begin, say('visit', visit({ view: view({ notes, suggestions }) }))];
const open = (name, values) => ({ type: 'dialog_open', name, values });
const step = (name, patch) => ({ type: 'dialog_step', name, patch });
const run = (events, at = 0) => events.reduce((state, event) => reduce(state, { at, ...event }), initialState(at));
const shown = (events, at = 0) => viewOf(run(events, at), { at, words, scheme: 'light' });
const rows = (events) => shown(events).dialog.rows.map((row) => [row.title, row.detail]);

test('what is about a visit goes with it, a search goes when somebody comes, requests stay', () => {
  const name = (events) => run(events).dialog?.name;
  const over = say('visit', { visit: null, reason: 'done' });
  for (const one of ['more', 'note', 'cards', 'handover', 'suggestions']) {
    assert.equal(name([...here, open(one)]), one);
    assert.equal(name([...here, open(one), over]), undefined, one);
  }
  assert.equal(name([...begin, open('note')]), undefined); // of nobody
  for (const one of ['find', 'signup']) assert.equal(name([...begin, open(one), here.at(-1)]), undefined, one);
  assert.equal(name([...here, open('requests'), over]), 'requests');
  assert.equal(name([...here, open('note'), here.at(-1)]), 'note'); // the same visit, told again
});

test('a search that nobody finishes does not stay on the screen', () => {
  const tick = (quiet_ms) => ({ type: 'tick', still: true, quiet_ms });
  assert.equal(run([...begin, open('find'), tick(59_000)]).dialog.name, 'find');
  assert.equal(run([...begin, open('find'), tick(60_000)]).dialog, null);
});

test('where the chain wants a badge it is asked for, until somebody signs on', () => {
  const on = say('operator', { operator: { id: 'ana', name: 'Ana Duarte' } });
  const off = say('operator', { operator: null });
  const wanted = say('terminal', terminal({ operator_required: true }));
  const idle = [{ type: 'open' }, wanted, say('state', live()), say('visit', { visit: null, reason: 'restart' })];
  assert.equal(shown(idle).stage.title, 'Show your badge first');
  assert.deepEqual(shown(idle).bar.operator, { text: 'Badge?', label: 'Show your badge first' });
  assert.equal(shown([...idle, on]).stage.title, 'Tap a card, hold a phone or scan a code');
  assert.equal(shown([...idle, on, off]).stage.title, 'Show your badge first');
  assert.equal(shown([...begin, say('visit', { visit: null, reason: 'restart' })]).stage.title, 'Tap a card, hold a phone or scan a code'); // no chain that does not
  const asked = [...idle, open('operator', { badge: true })];
  assert.equal(shown(asked).dialog.title, 'Show your badge first');
  assert.equal(run([...asked, on]).dialog, null);
  assert.equal(shown([...idle, on, open('operator', { badge: false })]).dialog.title, 'Ana Duarte is signed on');
});

test('what was turned down for a badge is said, and not any more when somebody signed on', () => {
  const refused = [...here, open('note'), step('note', { code: 'refused.operator' })];
  assert.deepEqual(shown(refused).dialog.note, { tone: 'bad', text: 'Show your badge first, then once more.' });
  const after = run([...refused, say('operator', { operator: { id: 'ana', name: 'Ana Duarte' } })]).dialog;
  assert.deepEqual([after.name, after.code], ['note', '']);
});

test('details are covered again when the clerk goes, where somebody has to be signed on', () => {
  const { id } = visit().visit;
  const looked = (params) => [...here, say('terminal', terminal(params)), say('operator', { operator: { id: 'ana', name: 'Ana Duarte' } }), { type: 'details', visit: id, shown: true }, say('operator', { operator: null })];
  assert.equal(run(looked({ operator_required: true })).details, false);
  assert.equal(run(looked({})).details, true);
});

test('a question opens by itself, waits for another dialog, and goes when it is answered elsewhere', () => {
  const asked = say('choose', choice);
  assert.equal(run([...begin, asked]).dialog.name, 'choose');
  assert.equal(run([...begin, open('requests'), asked]).dialog.name, 'requests');
  assert.equal(run([...begin, open('requests'), asked, { type: 'dialog_close' }]).dialog.name, 'choose');
  assert.equal(run([...begin, asked, say('choose', { choice: null })]).dialog, null);
  assert.equal(run([...begin, asked, { type: 'dialog_close' }]).dialog, null);
  assert.deepEqual(rows([...begin, say('state', { ...live(), wall_ms: WALL }), asked]).map(([name]) => name), ['Maria Rivera', 'Tomás Rivera']);
  assert.match(shown([...begin, asked]).dialog.lead, /25 seconds/);
});

test('what others see already can be taken back before its answer came', () => {
  const own = { id: 'e'.repeat(32), state: 'waiting', since_ms: WALL, code: 'K7M2PX', declined_count: 0 };
  const asked = [...here, open('handover'), step('handover', { busy: true })];
  assert.equal(run(asked).dialog.busy, true);
  assert.equal(run([...asked, say('handovers', { open: [], own })]).dialog.busy, false);
  const cancelled = [...asked, say('handovers', { open: [], own }), step('handover', { busy: true })];
  assert.equal(run([...cancelled, say('handovers', { open: [], own: { ...own, declined_count: 1 } })]).dialog.busy, true);
});

test('a request keeps its place when another is over, and says so itself', () => {
  const dialog = shown([...begin, say('handovers', { open: requests }), open('requests'), say('handovers', { open: requests.slice(1) })]).dialog;
  assert.deepEqual(dialog.rows.map((row) => [row.title, row.gone, row.actions.length]), [['Kiosk 2', true, 0], ['Till 2', false, 2]]);
  assert.deepEqual(rows([...begin, say('handovers', { open: requests }), open('requests')]), [
    ['Kiosk 2', 'nobody known · 3 items · 58.70 EUR · waits 3 minutes · 1 cannot come'], ['Till 2', 'Mr Okafor · 1 item · 99.00 EUR · just now']]);
});

test('what was handed over here shows its code until somebody takes it', () => {
  const own = (change) => say('handovers', { open: [], own: { id: 'a', since_ms: WALL, declined_count: 1, ...change } });
  const dialog = (change) => shown([...here, open('handover'), own(change)]).dialog;
  const waiting = dialog({ state: 'waiting', code: 'K7M2PX' });
  assert.deepEqual([waiting.code, waiting.also.map((one) => one.act), waiting.fields.length], ['K7M2PX', ['handover.cancel'], 0]);
  assert.match(waiting.lead, /1 cannot come/);
  assert.deepEqual([dialog({ state: 'accepted', by: 'Till 2' }).title, dialog({ state: 'accepted', by: 'Till 2' }).also], ['Till 2 goes on with it', []]);
  assert.equal(dialog({ state: 'over' }).submit, 'handover.send'); // it may be asked for again
});

test('a row’s second act has a key of its own', () => {
  const keys = (events) => shown(events).dialog.rows.map((row) => row.actions.map((one) => [one.act, one.key]));
  assert.deepEqual(keys([...here, open('more')])[0], [['note', undefined], ['note.which', 'Del']]);
  assert.deepEqual(keys([...begin, say('visit', visit()), open('more')])[0], [['note', undefined]]); // there is none that could go
  assert.deepEqual(keys([...begin, say('handovers', { open: requests }), open('requests')])[1], [['request.accept', undefined], ['request.decline', 'Del']]);
  assert.deepEqual(keys([...here, open('cards'), step('cards', { list: credentials })]), [...Array(2).fill([['cards.replace', undefined], ['cards.block', 'Del']]), []]);
});

test('what this till turned down waits in the list, not in the bar', () => {
  const [first, second] = requests;
  const declined = [...begin, say('handovers', { open: [{ ...first, declined: true }, second] }), open('requests')];
  assert.equal(shown(declined).bar.help.text, 'Help 1');
  assert.deepEqual(shown(declined).dialog.rows.map((row) => row.actions.map((one) => one.act)), [['request.accept'], ['request.accept', 'request.decline']]);
});

test('how many wait is in the bar, and nobody is told of without the agent', () => {
  const waiting = [...begin, say('handovers', { open: requests })];
  assert.equal(shown(waiting).bar.help.text, 'Help 2');
  assert.equal(shown(begin).bar.help, null);
  assert.equal(shown([...waiting, { type: 'lost' }]).bar.help, null);
});

test('what was taken over and waits says until when, and what went back says so once', () => {
  const told = (params) => say('handovers', { open: [], held: [], wall_ms: WALL, ...params });
  const [request] = requests;
  const taken = [...begin, told({ held })];
  assert.deepEqual(shown(taken).bar.help, { text: 'Taken 1', label: 'Taken over and not begun: when this customer is done', from: '' });
  const [row] = shown([...taken, open('requests')]).dialog.rows;
  assert.deepEqual([row.title, row.note, row.actions], [held[0].from, `You took it: it opens when this customer is done, or goes back at ${words.time(held[0].until_ms)}.`, []]);
  const accepted = [...begin, told({ open: [request] }), open('requests'), told({ held: [{ ...held[0], id: request.id }] })]; // in the dialog that was open
  assert.match(shown(accepted).dialog.rows[0].note, /^You took it/);
  const back = told({ open: [request], back: { id: request.id, from: request.from, at_ms: WALL - 1_000 } });
  const strip = (events, at = 0) => shown(events, at).strip?.text ?? '';
  assert.match(strip([...taken, back]), /^Kiosk 2: you took it and could not begin\. All are called again\.$/);
  assert.equal(strip([...taken, { ...back, at: 0 }, back], 20_000), ''); // told again: no news
  assert.equal(strip([...begin, told({ back: { id: request.id, from: 'Kiosk 2', at_ms: WALL - 61_000 } })]), ''); // no news any more
  assert.match(shown([...taken, back, open('requests')]).dialog.rows[0].note, /could not begin: it went back at/);
});

test('no reason of a search is there before somebody says it', () => {
  const find = shown([...begin, open('find')]).dialog;
  const [reason] = find.fields.filter((field) => field.name === 'reason');
  assert.deepEqual([reason.kind, reason.act, 'value' in reason], ['send', 'find.send', false]);
  assert.deepEqual(reason.options.map((one) => [one.key, one.value]), [['F5', 'no_card'], ['F6', 'unreadable'], ['F7', 'return'], ['F8', 'service']]);
  assert.match(shown([...begin, open('find'), step('find', { code: 'unsaid' })]).dialog.note.text, /^Say why: .* F5 to F8\.$/);
});

test('whom a search found is told masked, and none is an offer to sign up', () => {
  const found = (list) => [...begin, open('find'), step('find', { step: 'matches', matches: list })];
  assert.deepEqual(rows(found(matches)), [['M… R…', '\u2066…41 27\u2069'], ['M… Ri…', '\u2066…90 13\u2069']]);
  const none = shown(found([])).dialog;
  assert.equal(none.title, 'Nobody fits');
  assert.deepEqual(none.also.map((one) => one.act), ['find.again', 'signup']);
  const refused = (code) => shown([...begin, open('find'), step('find', { code })]).dialog.note.text;
  assert.match(refused('refused.find_limit'), /too often/);
  assert.match(refused('some.code'), /did not work/);
});

test('who hands over too often is told that it is that', () => {
  const refused = shown([...here, open('handover'), step('handover', { code: 'refused.handover_limit' })]).dialog.note.text;
  assert.match(refused, /^Many have been handed over here .* try again in a while\.$/);
});

const DIALOGS = ['more', 'find', 'signup', 'cards', 'note', 'suggestions', 'handover', 'requests', 'choose', 'merge', 'operator'];
const CARTS = { en: 'cart', de: 'warenkorb', fr: 'panier', es: 'carrito', ar: 'السلة' };

test('what is turned down in a dialog speaks of the cart only where the dialog is about it', async () => {
  const asked = { choose: say('choose', choice), merge: say('merge', merge) };
  const codes = TAILS.error.tails.filter((code) => /^\w+\.\w+$/.test(code)); // tb_err_name()
  assert.ok(codes.length > 25);
  assert.deepEqual(Object.keys(CARTS).sort(), Object.keys(LANGUAGES).sort());
  for (const [language, cartWord] of Object.entries(CARTS)) {
    const spoken = await wordsFor(language, 'Europe/Berlin');
    for (const name of DIALOGS) for (const code of codes) {
      const state = run([...here, ...(asked[name] ? [asked[name]] : []), open(name), step(name, { code })]);
      const { text } = viewOf(state, { at: 0, words: spoken, scheme: 'light' }).dialog.note;
      if (['suggestions', 'merge'].includes(name)) {
        assert.equal(text, spoken.has(`error.${code}`) ? spoken.t(`error.${code}`) : spoken.t('dialog.failed'), `${name} ${code}`);
        continue;
      }
      assert.ok(!text.toLowerCase().includes(cartWord), `${language} ${name} ${code}: ${text}`);
      assert.ok(code !== 'refused.not_found' || text !== spoken.t('error.refused.not_found'), name); // of a line
    }
    assert.ok(spoken.t('error.retry.full').toLowerCase().includes(cartWord), language);
  }
});

test('what failed beside the cart does not speak of it', () => {
  const strip = (event) => shown([...here, { type: 'failed', at: 0, ...event }]).strip.text;
  assert.match(strip({ code: 'local.io', cart: true }), /cart is as before/);
  assert.equal(strip({ code: 'local.io', cart: false }), words.t('dialog.error.local.io'));
  assert.deepEqual(['cart.add', 'merge.undo', 'checkout.claim', 'details.shown', 'visit.end', 'pairing.refuse'].map(isAboutCart), [true, true, true, false, false, false]);
});

test('by what somebody is looked for is told from what is typed', () => {
  for (const [text, by] of [['+49 30 123', 'phone'], ['030/1234567', 'phone'], ['a@', 'email'], ['0049 30 123456', 'phone'], ['40000000017', 'member'], ['0000000001', 'member'], ['40', ''], ['Rivera', ''],
    ['7KM4QX', 'code'], ['7km 4qx', 'code'], ['7KM-4QX', 'code'], ['7KM4Q', ''], ['7KM4Q0', ''], ['234567', 'member']]) assert.equal(guessBy(text), by, text);
});

test('a sign-up sends what was filled in, and each answer with the text that was read out', () => {
  const fields = { name: ' Maria Rivera ', language: 'es', phone: '', email: ' m@r.example', 'consent newsletter 2026-1': 'no', 'consent profiling 2026-1': 'yes', 'consent receipts 1': '' };
  assert.deepEqual(newCustomer(fields), { name: 'Maria Rivera', language: 'es', email: 'm@r.example',
    consents: [{ consent: 'newsletter', granted: false, text_version: '2026-1' }, { consent: 'profiling', granted: true, text_version: '2026-1' }] });
  const asked = shown([...begin, open('signup')]).dialog.fields.filter((field) => field.kind === 'choice');
  assert.deepEqual(asked.map((field) => [field.label, field.value]), [['May we send you news and offers by e-mail?', ''], ['May we remember what you looked at, to suggest it here?', '']]);
});

test('a sign-up offers every language that there is a catalogue of', () => {
  const { options } = shown([...begin, open('signup')]).dialog.fields.find((field) => field.name === 'language');
  assert.deepEqual(options.map((one) => one.value), Object.keys(LANGUAGES));
  assert.equal(options.find((one) => one.value === 'es').text, 'Spanish');
});

test('consents are asked in the chain’s words of the version that is recorded, and never without any', async () => {
  const asked = [
    { id: 'newsletter', text_version: '2026-2', texts: [{ language: 'de', text: 'Post von uns?' }, { language: 'en', text: '<b>Mail</b> from us?' }] },
    { id: 'profiling', text_version: '2026-1' },
    { id: 'club', text_version: '3', texts: [{ language: 'fr-CH', text: 'Entrer au club ?' }] },
    { id: 'unheard', text_version: '1' }, { id: 'yes', text_version: '1' }, { id: '__proto__', text_version: '1', texts: 'x' }, { id: 'empty', text_version: '1', texts: [{ language: 'en', text: '' }, null, 7] },
  ];
  const { consentsAsked, consentField } = await load('clerk/consents.js');
  const texts = async (language, store) => consentsAsked({ consents: asked, language: store }, await wordsFor(language, 'Europe/Berlin')).map((one) => [one.id, one.text_version, one.text, one.language]);
  const profiling = { en: 'May we remember what you looked at, to suggest it here?', de: (await wordsFor('de', 'Europe/Berlin')).t('consent.profiling') };
  assert.deepEqual(await texts('en', 'de'), [['newsletter', '2026-2', '<b>Mail</b> from us?', 'en'], ['profiling', '2026-1', profiling.en, ''], ['club', '3', 'Entrer au club ?', 'fr-CH']]);
  assert.deepEqual((await texts('de', 'de'))[0], ['newsletter', '2026-2', 'Post von uns?', 'de']);
  assert.deepEqual((await texts('es', 'de-AT'))[0][2], 'Post von uns?'); // the store's language
  assert.deepEqual(consentsAsked(null, words), []);
  const fields = shown([...begin, say('terminal', terminal({ consents: asked })), open('signup')]).dialog.fields.filter((field) => field.kind === 'choice');
  assert.deepEqual(fields.map((field) => field.name), ['consent newsletter 2026-2', 'consent profiling 2026-1', 'consent club 3']);
  assert.equal(consentField({ id: 'a.b', text_version: 'c' }), 'consent a.b c');
});

test('cards are listed by kind, a blocked one for reading only, and what became of a new one is told', () => {
  const listed = shown([...here, open('cards'), step('cards', { list: credentials })]).dialog.rows;
  assert.deepEqual(listed.map((row) => [row.title, row.detail, row.actions.length]), [['member number', '', 2], ['card with a chip', '', 2], ['signed pass', 'blocked', 0]]);
  const captured = (message) => shown([...here, open('cards'), step('cards', { step: 'capture', purpose: 'link' }), say('captured', { purpose: 'link', ...message })]).dialog;
  assert.equal(captured({ outcome: 'linked' }).title, 'It is linked');
  assert.deepEqual([captured({ outcome: 'deciding' }).title, captured({ outcome: 'deciding' }).busy], ['Tap the new card now', true]);
  assert.deepEqual([captured({ outcome: 'kept' }).title, captured({ outcome: 'kept' }).also], ['It is kept', []]);
  const taken = captured({ outcome: 'refused', code: 'credential_taken' });
  assert.deepEqual([taken.lead, taken.also.map((one) => one.act)], ['It belongs to another customer.', ['cards.share', 'cards.retry']]);
  assert.equal(run([...here, say('captured', { purpose: 'link', outcome: 'linked' })]).dialog, null); // nobody waited here
});

test('the clerk who is signed on is signed off by one key more than opens what has no key of its own', () => {
  const acts = (events) => shown([...events, open('more')]).dialog.rows.map((row) => [row.id, row.actions[0].act]);
  const on = say('operator', { operator: { id: 'ana', name: 'Ana Duarte' } });
  assert.deepEqual(acts(begin), [['signup', 'signup'], ['operator', 'operator']]);
  assert.deepEqual(acts([...begin, on]), [['signup', 'signup'], ['operator', 'operator.leave']]);
  assert.deepEqual(acts([...here, on]).map(([, act]) => act), ['note', 'link', 'operator.leave']);
});

test('notes are read where one is written; which one goes is asked', () => {
  const note = (events, values) => shown([...events, { ...open('note'), ...values }]).dialog;
  const written = note(here);
  assert.deepEqual([written.rows.map((row) => row.actions.length), written.also.map((one) => one.act)], [[0, 0, 0], ['note.which']]);
  assert.deepEqual(note([...begin, say('visit', visit())]).also, []);
  const asked = note(here, { step: 'which' });
  assert.deepEqual([asked.title, asked.fields.length, asked.rows.map((row) => row.actions[0].act)], ['Which note goes?', 0, Array(3).fill('note.remove')]);
  const one = [...begin, say('visit', visit({ view: view({ notes: notes.slice(0, 1) }) }))];
  assert.equal(note(one, { step: 'which' }).title, 'Remove this note?');
});

test('the key that finds who nobody knows opens the cards of whom everybody knows', () => {
  const key = (events) => shown(events).keys.find((one) => one.key === 'F3').act;
  const nobody = say('visit', { visit: { ...visit().visit, anonymous: true }, view: null, cart: cart(lines) });
  assert.deepEqual([key(begin), key([...begin, nobody]), key(here)], ['find', 'find', 'cards']);
});

test('notes, suggestions and two carts in words', () => {
  assert.deepEqual(rows([...here, open('note')])[0], ['Prefers the fine nib; asked for the green ink', 'Ana · 3 days ago']);
  assert.deepEqual(rows([...here, open('suggestions')])[0], ['Desk lamp, brass', '49.00 EUR · in stock · seen 46 min ago']);
  const together = shown([...here, say('merge', merge)]).dialog;
  assert.deepEqual(together.rows.map((row) => [row.title, row.detail, row.value]), [
    ['Eraser, soft', 'here 1 · scanned here just now', 'becomes 1'],
    ['Ink cartridges ×12', 'own cart 2 · here 1 · in both: added up', 'becomes 3'],
    ['Fountain pen, blue', 'own cart 1 · was in the customer’s cart already', 'becomes 1'],
    ['Gift box · colour green', 'here 1 · the customer did not want this gift before', 'stays out']]);
  assert.equal(together.note.text, 'Together: 65.50 EUR');
  const later = [...here, say('merge', merge), { type: 'dialog_close' }];
  assert.equal(run([...later, say('merge', merge)]).dialog, null); // put away, it waits behind a key
  assert.equal(shown([...later, open('more')]).dialog.rows.at(-1).title, 'Two carts'); // the others keep their numbers
  const tool = (events) => shown(events).cart.tools.find((one) => one.act === 'merge');
  assert.deepEqual([tool(later).key, tool(later).off, tool(here), tool([...later, say('merge', { merge: null })])], ['F1', false, undefined, undefined]);
  assert.equal(run([...here, say('merge', merge), say('visit', { visit: null, reason: 'done' })]).dialog, null);
  assert.equal(shown([...here, say('merge', { merge: null, undo: true })]).cart.tools.find((one) => one.act === 'undo').off, false);
});

test('what is in stock by a figure that is too old is not suggested', () => {
  const DAY = 24 * 3_600_000;
  const seen = (ages) => [...begin, say('visit', visit({ view: view({ suggestions: suggestions.map((one, n) => ({ ...one, price_as_of: WALL - ages[n] * DAY })) }) }))];
  const told = (ages) => [shown(seen(ages)).cart.suggestions?.name, ...rows([...seen(ages), open('suggestions')]).map(([, detail]) => detail)];
  assert.deepEqual(told([1.5, 1]), ['Desk lamp, brass', '49.00 EUR · price 1 day old · in stock · seen 46 min ago', '3.50 EUR · price 1 day old · few left · seen 14 hours ago']);
  assert.deepEqual(told([2.1, 1]), ['Blotting paper', '3.50 EUR · price 1 day old · few left · seen 14 hours ago']);
  assert.deepEqual(told([2.1, 3]), [undefined]);
  assert.equal(shown([...seen([2.1, 3]), open('suggestions')]).dialog.empty, 'Nothing that is known to be here.');
  const anyAge = say('terminal', terminal({ max_age_show_ms: { price: 0, stock: 0, points: 0 } }));
  assert.equal(shown([...seen([2.1, 3]), anyAge]).cart.suggestions.name, 'Desk lamp, brass');
});

test('an anonymous visit has a cart, and asks who it is', () => {
  const nobody = say('visit', { visit: { ...visit().visit, anonymous: true }, view: null, cart: cart(lines) });
  const { customer, keys, cart: own } = shown([...begin, nobody]);
  assert.equal(customer.anonymous.title, 'Nobody known yet');
  assert.deepEqual(keys.map((key) => key.act), ['find', 'more', 'handover', 'done']);
  assert.equal(own.items, '4 items');
});

test('undo takes back what was done here, and says when there is nothing', () => {
  const tool = (events) => shown(events).cart.tools.find((one) => one.act === 'undo');
  assert.equal(tool(here).off, true);
  const change = { line: lines[0].id, gtin: lines[0].gtin, name: lines[0].name, from: 1, to: 2 };
  const done = [...here, { type: 'changed', visit: visit().visit.id, change }];
  assert.deepEqual([tool(done).off, tool(done).label], [false, 'Fountain pen, blue']);
  assert.equal(tool([...here, { type: 'changed', visit: 'b'.repeat(32), change }]).off, true); // of another visit
  assert.equal(tool([...done, { type: 'undone', index: 0 }]).off, true);
});

test('at most three benefits, the newest note, and how fresh each part is', () => {
  const benefits = ['a', 'b', 'c', 'd'].map((text) => ({ text }));
  const { customer, cart: own } = shown([...begin, say('visit', visit({ view: view({ notes, benefits, as_of: { profile_ms: WALL - 60_000, journey_ms: WALL - 7_200_000 } }) }))]);
  assert.deepEqual(customer.benefits, ['a', 'b', 'c']);
  assert.deepEqual(customer.note, { text: 'Prefers the fine nib; asked for the green ink', from: 'Ana · 3 days ago' });
  assert.equal(customer.fresh, 'Profile 1 min ago · journey 2 hours ago');
  assert.equal(own.fresh, 'as of 12 min ago');
});

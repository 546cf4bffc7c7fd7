import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymous, cart, choose, ID, lines, live, merge, outcome, terminal, view, visit, WALL } from '../../e2e/lib/kiosk_messages.mjs';
import { load } from './web.mjs';

const { initialState, languageOf, reduce, UNDO_MS } = await load('kiosk/state.js');
const { LOST_VISIT_MS } = await load('lib/known.js');

const say = (state, method, params, at = 0) => reduce(state, { type: 'message', method, params, at });
const open = () => reduce(initialState(0), { type: 'open', at: 0 });
const ready = () => say(say(open(), 'terminal', terminal({ language: 'de' })), 'state', live());
const shopping = (change = {}) => say(ready(), 'visit', visit(change));
const act = (state, type, more = {}) => reduce(state, { type, at: 0, ...more });

test('a visit that ends leaves nothing of the customer', () => {
  const busy = [['merge', merge()], ['help', { help: { state: 'waiting', since_ms: WALL } }], ['blank', { in_ms: 9_000 }], ['choose', choose]].reduce((state, [method, params]) => say(state, method, params), shopping());
  const ended = say(act(busy, 'panel', { name: 'know' }), 'visit', { visit: null, reason: 'forget' }, 10);
  assert.equal(JSON.stringify({ ...ended, spoken: null }).match(/Maria|Fountain|2480/), null);
  assert.deepEqual([ended.merge, ended.help, ended.blank, ended.choose, ended.panel, ended.lines], [null, null, null, null, null, []]);
  assert.deepEqual(ended.ended, { reason: 'forget', at: 10, anonymous: false });
});

test('the language follows the customer, and a choice by hand goes before', () => {
  assert.equal(languageOf(ready()), 'de');
  const spanish = shopping({ view: view({ customer: { name: 'Maria', language: 'es' } }) });
  assert.equal(languageOf(spanish), 'es');
  const chosen = act(spanish, 'language', { language: 'fr' });
  assert.equal(languageOf(chosen), 'fr');
  assert.equal(languageOf(say(ready(), 'visit', anonymous())), 'de');
  assert.equal(languageOf(shopping({ view: view({ customer: { name: 'Bo', language: 'sv' } }) })), 'de', 'there are no words of it');
});

test('the good-bye keeps the language, the next customer does not', () => {
  const gone = say(act(shopping({ view: view({ customer: { name: 'Maria', language: 'es' } }) }), 'language', { language: 'fr' }), 'visit', { visit: null, reason: 'done' }, 0);
  assert.equal(languageOf(gone), 'fr');
  assert.equal(languageOf(reduce(gone, { type: 'tick', at: 6_000, still: true })), 'de');
});

test('a language that somebody picked and left is forgotten', () => {
  const picked = act(act(ready(), 'touch', { at: 1_000 }), 'language', { language: 'fr' });
  assert.equal(languageOf(reduce(picked, { type: 'tick', at: 60_999, still: true })), 'fr');
  assert.equal(languageOf(reduce(picked, { type: 'tick', at: 61_000, still: true })), 'de');
});

test('what is told while a call for help is asked for does not take its panel away; that it is over does', () => {
  const asking = act(shopping(), 'panel', { name: 'help', step: 'asking' });
  assert.equal(say(asking, 'help', { help: null }).panel.name, 'help');
  const called = say(act(asking, 'answer', { name: 'help', result: {} }), 'help', { help: { state: 'waiting', since_ms: WALL } });
  assert.equal(called.panel.name, 'help');
  assert.equal(say(called, 'help', { help: null }).panel, null);
});

test('a visit that begins with a call for help leaves the call on the screen; a tap before it does not', () => {
  const calling = act(ready(), 'panel', { name: 'help', step: 'asking' });
  assert.equal(say(calling, 'visit', anonymous()).panel.name, 'help');
  const failed = act(calling, 'failed', { name: 'help', code: 'retry.offline' });
  assert.equal(say(failed, 'visit', visit()).panel, null);
  assert.equal(say(act(shopping(), 'panel', { name: 'help', step: 'asking' }), 'visit', anonymous([], { visit: { ...anonymous().visit, id: 'c'.repeat(32) } })).panel, null);
});

test('choosing a language comes back to what it covered, with the answer that came meanwhile', () => {
  const asking = act(shopping(), 'panel', { name: 'send', step: 'asking' });
  const over = act(act(asking, 'panel', { name: 'language' }), 'panel', { name: 'language' });
  const answered = act(over, 'answer', { name: 'send', result: { code: 'ABC' } });
  assert.equal(answered.panel.name, 'language');
  const back = act(answered, 'language', { language: 'en' });
  assert.deepEqual([back.panel.name, back.panel.step, back.panel.result], ['send', 'shown', { code: 'ABC' }]);
  assert.equal(act(act(over, 'close'), 'close').panel, null);
});

test('an answer to a panel that was closed changes nothing, a failure is told otherwise', () => {
  const closed = act(act(shopping(), 'panel', { name: 'know', step: 'asking' }), 'close');
  assert.equal(act(closed, 'answer', { name: 'know', result: {} }), closed);
  assert.deepEqual(act(closed, 'failed', { name: 'know', code: 'retry.offline' }).failed, { code: 'retry.offline', at: 0 });
  const open = act(act(shopping(), 'panel', { name: 'know', step: 'asking' }), 'failed', { name: 'know', code: 'retry.offline' });
  assert.deepEqual([open.panel.step, open.panel.code, open.failed], ['failed', 'retry.offline', null]);
});

test('a removed line offers its way back for a while, and is not moved under a hand', () => {
  const gone = say(shopping(), 'cart', { cart: cart([lines[0], lines[2]]) }, 1_000);
  const count = (state) => state.lines.length;
  assert.equal(count(reduce(gone, { type: 'tick', at: 1_000 + UNDO_MS - 1, still: true })), 3);
  assert.equal(count(reduce(gone, { type: 'tick', at: 1_000 + UNDO_MS, still: false })), 3);
  assert.equal(count(reduce(gone, { type: 'tick', at: 1_000 + UNDO_MS, still: true })), 2);
});

test('the lines of another cart are not those of the one before', () => {
  const own = say(say(ready(), 'visit', anonymous([lines[1]])), 'visit', visit({ cart: cart([lines[0]], { id: 'd'.repeat(32) }) }), 5);
  assert.deepEqual(own.lines.map((line) => [line.id, line.goneAt, line.changedAt]), [[lines[0].id, null, null]]);
});

test('a merge preview opens alone, and what was unticked there is forgotten with it', () => {
  const shown = say(act(shopping(), 'panel', { name: 'send' }), 'merge', merge());
  assert.equal(shown.panel, null);
  const out = act(act(shown, 'tick_line', { line: 'x' }), 'tick_line', { line: 'y' });
  assert.deepEqual(act(out, 'tick_line', { line: 'x' }).left_out, ['y']);
  assert.deepEqual(say(out, 'merge', merge()).left_out, ['x', 'y']);
  assert.equal(say(act(out, 'panel', { name: 'not_me' }), 'merge', merge()).panel.name, 'not_me'); // asked again, it takes nothing away
  const over = say(out, 'merge', { merge: null });
  assert.deepEqual([over.merge, over.left_out], [null, []]);
});

test('a touch stops the count-down at once', () => {
  const counting = say(shopping(), 'blank', { in_ms: 10_000 }, 500);
  assert.deepEqual(counting.blank, { until: 10_500 });
  assert.equal(act(counting, 'touch', { at: 600 }).blank, null);
  assert.equal(say(counting, 'blank', { in_ms: null }).blank, null);
});

test('a call for help lives until it is over, and that is told once', () => {
  const calling = say(shopping(), 'help', { help: { state: 'waiting', since_ms: WALL, declined: 0 } }, 5);
  assert.equal(calling.help.state, 'waiting');
  const over = say(calling, 'help', { help: { state: 'over', since_ms: WALL } }, 100);
  assert.equal(over.help.state, 'over');
  assert.equal(reduce(over, { type: 'tick', at: 8_100, still: false }).help, null);
  assert.equal(say(shopping(), 'help', { help: { state: 'over', since_ms: WALL } }).help, null);
  assert.equal(say(calling, 'help', { help: null }).help, null);
});

test('who shares an account is asked, and an answer closes the question', () => {
  const asked = say(ready(), 'choose', choose);
  assert.equal(asked.choose.people.length, 3);
  assert.equal(say(asked, 'choose', { choice: null }).choose, null);
  assert.equal(say(asked, 'visit', visit()).choose, null);
});

test('a page that lost its agent clears the customer after a moment', () => {
  const lost = act(shopping(), 'lost', { at: 1_000, tried: true });
  assert.equal(reduce(lost, { type: 'tick', at: 1_000 + LOST_VISIT_MS - 1, still: true }).visit.id, ID);
  const cleared = reduce(lost, { type: 'tick', at: 1_000 + LOST_VISIT_MS, still: true });
  assert.deepEqual([cleared.visit, cleared.ended.reason], [null, 'lost']);
});

test('what was opened without a visit closes by itself', () => {
  const picking = act(act(ready(), 'touch', { at: 0 }), 'panel', { name: 'language' });
  assert.equal(reduce(picking, { type: 'tick', at: 29_999, still: true }).panel.name, 'language');
  assert.equal(reduce(picking, { type: 'tick', at: 30_000, still: true }).panel, null);
});

test('unknown events and messages change nothing but the clock', () => {
  const state = ready();
  assert.equal(reduce(state, { type: 'toString', at: 0 }), state);
  assert.equal(say(state, 'constructor', {}), state);
  assert.equal(say(state, 'cart', { cart: cart() }), state);
  assert.equal(say(state, 'outcome', outcome('unknown'), 7).outcome.at, 7);
});

// What the clerk page asks of the agent, and when: what is pressed early waits for the answer before it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './web.mjs';
import { WALL, cart, lines, live, terminal, view, visit } from '../../e2e/lib/clerk_messages.mjs';

const { initialState, reduce } = await load('clerk/state.js');
const { createActions } = await load('clerk/actions.js');
const { inTurn } = await load('lib/turns.js');

const say = (method, params) => ({ type: 'message', method, params });
const settled = () => new Promise((resolve) => { setImmediate(resolve); });

// A clerk's page of which an agent holds back its answers.
function stage(first) {
  let state = initialState(0);
  const asked = [];
  const page = {
    state: () => state,
    dispatch: (event) => { state = reduce(state, { at: 0, ...event }); },
    request: (method, params) => new Promise((resolve, reject) => { asked.push({ method, params, resolve, reject }); }),
    wall: () => WALL,
    focusLine: () => {},
  };
  const shows = (...now) => page.dispatch(say('cart', { cart: cart(now) }));
  for (const event of [{ type: 'open' }, say('terminal', terminal()), say('state', live()), say('visit', visit({ cart: cart([first]) }))]) page.dispatch(event);
  page.dispatch({ type: 'select', line: first.id });
  return { page, asked, shows, press: createActions(page) };
}

test('less and less again ends at one, however late the answer is', async () => {
  const line = { ...lines[0], quantity: 2 };
  const { asked, shows, press } = stage(line);
  press('minus');
  press('minus');
  assert.deepEqual(asked.map(({ params }) => [params.from, params.to]), [[2, 1]]);
  shows({ ...line, quantity: 1 });
  asked[0].resolve({});
  await settled();
  assert.equal(asked.length, 1);
});

test('what is not answered yet is taken back once it is, and only once', async () => {
  const line = { ...lines[0], quantity: 2 };
  const { page, asked, shows, press } = stage(line);
  press('remove');
  shows();
  press('undo');
  press('undo');
  assert.deepEqual(asked.map(({ method }) => method), ['cart.remove']);
  asked[0].resolve({});
  await settled();
  assert.deepEqual(asked.map(({ method }) => method), ['cart.remove', 'cart.add']);
  assert.equal(asked[1].params.quantity, 2);
  asked[1].resolve({});
  await settled();
  assert.equal(asked.length, 2);
  assert.deepEqual(page.state().done, []);
});

test('what waits behind a change that was refused is not done', async () => {
  const { page, asked, press } = stage({ ...lines[0], quantity: 2 });
  press('plus');
  press('plus');
  asked[0].reject(Object.assign(new Error('full'), { code: 'full' }));
  await settled();
  assert.equal(asked.length, 1);
  assert.equal(page.state().failed.code, 'full');
  press('plus');
  assert.equal(asked.length, 2);
});

test('what waits is not done in the visit of somebody else', async () => {
  const line = { ...lines[0], quantity: 2 };
  const { page, asked, press } = stage(line);
  press('plus');
  press('plus');
  page.dispatch(say('visit', { visit: null, reason: 'done' }));
  const other = visit({ cart: cart([line]) });
  page.dispatch(say('visit', { ...other, visit: { ...other.visit, id: 'f'.repeat(32) } }));
  asked[0].resolve({});
  await settled();
  assert.equal(asked.length, 1);
});

test('acts that ask for nothing hold up nobody', async () => {
  const turn = inTurn();
  const done = [];
  let answer;
  turn(() => new Promise((resolve) => { answer = resolve; }));
  turn(() => { done.push('first'); });
  turn(() => { done.push('second'); });
  assert.deepEqual(done, []);
  answer(true);
  await settled();
  assert.deepEqual(done, ['first', 'second']);
});

test('cards on show are listed anew when they are not what they were', async () => {
  const { page, asked, press } = stage(lines[0]);
  const { id } = visit().visit;
  press('cards.changed', { visit: id });
  assert.equal(asked.length, 0); // nobody looks at them
  press('cards');
  asked[0].resolve({ credentials: [{ id: 'a' }] });
  await settled();
  press('cards.changed', { visit: 'f'.repeat(32) });
  assert.equal(asked.length, 1); // somebody else's
  press('cards.changed', { visit: id });
  asked[1].resolve({ credentials: [{ id: 'a' }, { id: 'b' }] });
  await settled();
  assert.deepEqual(page.state().dialog.list.map((one) => one.id), ['a', 'b']);
});

test('suggestions that are too old open nothing', () => {
  const opens = (price_as_of) => {
    const { page, press } = stage(lines[0]);
    page.dispatch(say('terminal', terminal({ max_age_show_ms: { stock: 60_000 } })));
    page.dispatch(say('visit', visit({ view: view({ suggestions: [{ gtin: '1', name: 'Pen', seen_ms: WALL, price_as_of }] }) })));
    press('suggestions');
    return page.state().dialog?.name;
  };
  assert.equal(opens(WALL - 30_000), 'suggestions');
  assert.equal(opens(WALL - 90_000), undefined);
});

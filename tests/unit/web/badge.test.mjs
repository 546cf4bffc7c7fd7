// The clerk page where the chain wants a badge: what is asked for before anything is sent, and what after.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './web.mjs';
import { live, terminal, visit } from '../../e2e/lib/clerk_messages.mjs';

const { initialState, reduce } = await load('clerk/state.js');
const { createActions } = await load('clerk/actions.js');

const say = (method, params) => ({ type: 'message', method, params });
const ON = say('operator', { operator: { id: 'ana', name: 'Ana Duarte' } });

// A page without a document; the agent answers with what is given, or {}.
function page({ code } = {}) {
  const made = { sent: [], state: initialState(0) };
  made.dispatch = (event) => { made.state = reduce(made.state, { at: 0, ...event }); };
  for (const event of [{ type: 'open' }, say('terminal', terminal({ operator_required: true })), say('state', live()), say('visit', visit())]) made.dispatch(event);
  const request = (method) => { made.sent.push(method); return code ? Promise.reject({ code }) : Promise.resolve({}); };
  made.act = createActions({ state: () => made.state, dispatch: made.dispatch, request, wall: () => 0, focusLine: () => {} });
  return made;
}

test('what only a clerk can do asks for the badge and sends nothing', () => {
  for (const act of ['find', 'signup', 'note', 'note.which', 'cards', 'link', 'handover']) {
    const one = page();
    one.act(act);
    assert.deepEqual([one.state.dialog?.name, one.state.dialog?.badge, one.sent], ['operator', true, []], act);
    one.dispatch(ON);
    assert.equal(one.state.dialog, null);
    one.act(act);
    assert.equal(one.state.dialog?.name, { link: 'cards', 'note.which': 'note' }[act] ?? act);
  }
});

test('what the agent turns down for it asks for the badge, too', async () => {
  for (const [act, method] of [['details', 'details.shown'], ['till', 'checkout.claim']]) {
    const one = page({ code: 'refused.operator' });
    one.act(act);
    await Promise.resolve();
    await Promise.resolve();
    assert.deepEqual([one.sent, one.state.dialog?.name, one.state.dialog?.badge, one.state.failed], [[method], 'operator', true, null], act);
  }
});

test('who is served goes on without', () => {
  const one = page();
  one.act('done');
  assert.deepEqual([one.sent, one.state.dialog], [['visit.end'], null]);
});

// What a clerk can do: each act is a request to the agent, a dialog that is opened, or both. Nothing here touches the
// document. page: { state(), dispatch(event), request(method, params), focusLine(id) }.
import { badgeIsMissing, NOBODY } from './badge.js';
import { consentsAnswered } from './consents.js';
import { suggestedOf } from './dialog_model.js';
import { isAboutCart } from './errors.js';
import { claimIsMine } from './keys_model.js';
import { inTurn } from '../lib/turns.js';
import { undoOf } from './undo.js';

export function createActions(page) {
  const acts = { ...pageActs(page), ...cartActs(page), ...dialogActs(page), ...peopleActs(page), ...requestActs(page) };
  /** Does it when it can be done now; what: the row that was pressed, or what stands in a dialog's fields. */
  return (name, what) => { if (Object.hasOwn(acts, name)) acts[name](what); };
}

const open = (page, name, values) => page.dispatch({ type: 'dialog_open', name, values });
const askForBadge = (page) => open(page, 'operator', { badge: true });
/** Whether it was done: a promise. */
const ask = (page, method, params, then) => page.request(method, params).then((result) => { then?.(result); return true; }, (error) => {
  if (error.code === NOBODY) askForBadge(page);
  else page.dispatch({ type: 'failed', code: error.code, cart: isAboutCart(method) });
  return false;
});
// What only somebody who is signed on can do is not begun by anybody else.
const attended = (page, then) => () => (badgeIsMissing(page.state()) ? askForBadge(page) : then());
const visitOf = (page) => page.state().visit?.id;

/** Asks for something in the open dialog, which waits for the answer and says when it was turned down. */
function askIn(page, method, params, then, codeOf = (code) => code) {
  const name = page.state().dialog?.name;
  if (!name || page.state().dialog.busy) return;
  const step = (patch) => page.dispatch({ type: 'dialog_step', name, patch });
  step({ busy: true, code: '' });
  page.request(method, params).then((result) => { step({ busy: false }); then?.(result ?? {}, step); },
    (error) => step({ busy: false, code: codeOf(error.code) }));
}

const closeAnd = (page, key, values) => () => {
  page.dispatch({ type: 'dialog_close' });
  page.dispatch({ type: 'told', key, values });
};

function pageActs(page) {
  return {
    'pairing.refuse': () => { if (page.state().pairing) ask(page, 'pairing.refuse', {}); },
    // Details are shown once the look at them is on record.
    details: () => {
      const visit = visitOf(page);
      if (!visit) return;
      if (page.state().details) page.dispatch({ type: 'details', visit });
      else ask(page, 'details.shown', { visit }, () => page.dispatch({ type: 'details', visit, shown: true }));
    },
    done: () => { if (visitOf(page)) ask(page, 'visit.end', { visit: visitOf(page) }); },
    till: () => {
      if (!page.state().cart || !visitOf(page)) return;
      ask(page, claimIsMine(page.state().cart, page.wall()) ? 'checkout.release' : 'checkout.claim', { visit: visitOf(page) });
    },
  };
}

// ---- the cart ----

function cartActs(page) {
  const turn = inTurn();
  const inVisit = (act) => {
    const visit = visitOf(page);
    turn(() => (visit && visitOf(page) === visit ? act(visit) : undefined));
  };
  const change = (method, params, visit, line, to) => {
    const { id, gtin, name, options, gift, quantity: from } = line;
    return ask(page, method, { line: id, from, ...params }, () => page.dispatch({ type: 'changed', visit, change: { line: id, gtin, name, options, gift, from, to } }));
  };
  const setQuantity = (visit, line, to) => change('cart.set_quantity', { to }, visit, line, to);
  // The line that is selected now, as it is when its turn comes.
  const selected = (act) => () => {
    const id = page.state().selected;
    inVisit((visit) => {
      const line = page.state().lines.find((one) => one.id === id && one.goneAt === null);
      return line ? act(visit, line) : undefined;
    });
  };
  return {
    plus: selected((visit, line) => setQuantity(visit, line, line.quantity + 1)),
    minus: selected((visit, line) => (line.quantity > 1 ? setQuantity(visit, line, line.quantity - 1) : undefined)),
    remove: selected((visit, line) => change('cart.remove', {}, visit, line, 0)),
    undo: () => inVisit((visit) => {
      const undo = undoOf(page.state().done, page.state().lines, visit);
      if (undo) return ask(page, undo.method, undo.params, () => {
        page.dispatch({ type: 'undone', index: undo.index });
        page.dispatch({ type: 'told', key: 'told.undone', values: { name: undo.name } });
      });
      return page.state().joined ? ask(page, 'merge.undo', { visit }) : undefined;
    }),
    up: () => moveSelection(page, -1),
    down: () => moveSelection(page, 1),
    suggestions: () => { if (suggestedOf(page.state(), { wall: page.wall() }).length > 0) open(page, 'suggestions'); },
    suggest: ({ row }) => {
      const one = page.state().view?.suggestions?.find((product) => product.gtin === row);
      const visit = visitOf(page);
      if (!one || !visit) return;
      askIn(page, 'cart.add', { visit, gtin: one.gtin, quantity: 1 }, (result, step) => {
        step({ added: [...(page.state().dialog?.added ?? []), one.gtin] });
        page.dispatch({ type: 'changed', visit, change: { line: null, gtin: one.gtin, name: one.name, from: 0, to: 1 } });
      });
    },
    merge: () => { if (page.state().merge) open(page, 'merge'); },
    'merge.join': () => decide(page, 'join'),
    'merge.apart': () => decide(page, 'apart'),
  };
}

const decide = (page, answer) => askIn(page, 'merge.decide', { visit: visitOf(page), answer }, () => page.dispatch({ type: 'dialog_close' }));

function moveSelection(page, by) {
  const lines = page.state().lines.filter((line) => line.goneAt === null);
  if (lines.length === 0) return;
  const at = lines.findIndex((line) => line.id === page.state().selected);
  const next = at < 0 ? (by > 0 ? 0 : lines.length - 1) : Math.min(lines.length - 1, Math.max(0, at + by));
  page.dispatch({ type: 'select', line: lines[next].id });
  page.focusLine(lines[next].id);
}

// ---- dialogs ----

function dialogActs(page) {
  return {
    close: () => {
      const { dialog } = page.state();
      if (dialog?.name === 'cards' && dialog.step === 'capture') page.request('credential.capture_end', {}).catch(() => {});
      page.dispatch({ type: 'dialog_close' });
    },
    invalid: ({ code }) => page.dispatch({ type: 'dialog_step', name: page.state().dialog?.name, patch: { code } }),
    find: attended(page, () => open(page, 'find')),
    more: () => open(page, 'more'),
    signup: attended(page, () => open(page, 'signup')),
    operator: () => open(page, 'operator', { badge: badgeIsMissing(page.state()) }),
    requests: () => open(page, 'requests'),
    handover: attended(page, () => open(page, 'handover')),
    note: attended(page, () => { if (page.state().view) open(page, 'note'); }),
    'note.which': attended(page, () => { if (page.state().view) page.dispatch({ type: 'dialog_open', name: 'note', step: 'which' }); }),
    cards: attended(page, () => {
      if (!page.state().view) return;
      open(page, 'cards');
      askIn(page, 'credential.list', { visit: visitOf(page) }, (result, step) => step({ list: result.credentials ?? [] }));
    }),
    'cards.changed': ({ visit }) => {
      if (page.state().dialog?.name !== 'cards' || visitOf(page) !== visit) return;
      page.request('credential.list', { visit }).then(({ credentials = [] }) => page.dispatch({ type: 'dialog_step', name: 'cards', patch: { list: credentials } }), () => {});
    },
    link: attended(page, () => {
      open(page, 'cards');
      capture(page, { purpose: 'link' });
    }),
  };
}

function capture(page, params) {
  askIn(page, 'credential.capture', { visit: visitOf(page), ...params }, (result, step) => step({ step: 'capture', purpose: params.purpose, asked: params }));
}

// ---- who it is ----

// Why a cart could not be fetched is said in other words than why nobody was found.
const NOT_FETCHED = { 'input.syntax': 'code.wrong', 'input.checksum': 'code.wrong', 'input.too_long': 'code.wrong', 'refused.not_found': 'code.unknown', 'retry.offline': 'code.offline', 'retry.busy': 'code.busy' };

function fetchCart(page, typed) {
  askIn(page, 'handover.fetch', { code: typed.replace(/[\s-]/g, '') }, () => page.dispatch({ type: 'dialog_close' }), (code) => NOT_FETCHED[code] ?? code);
}

function peopleActs(page) {
  return {
    'find.send': ({ fields }) => (fields.by === 'code' ? fetchCart(page, fields.value) : askIn(page, 'customer.find', { by: fields.by, value: fields.value.trim(), reason: fields.reason },
      (result, step) => step({ step: 'matches', by: fields.by, matches: result.matches ?? [] }))),
    'find.again': () => page.dispatch({ type: 'dialog_step', name: 'find', patch: { step: 'first', code: '' } }),
    'find.open': ({ row }) => askIn(page, 'customer.open', { customer: row }, () => page.dispatch({ type: 'dialog_close' })),
    'signup.send': ({ fields }) => askIn(page, 'customer.create', newCustomer(fields), () => page.dispatch({ type: 'dialog_close' })),
    'cards.replace': ({ row }) => capture(page, { purpose: 'replace', credential: row }),
    'cards.link': () => capture(page, { purpose: 'link' }),
    'cards.share': () => capture(page, { purpose: 'link', share: true }),
    'cards.retry': () => capture(page, page.state().dialog.asked),
    'cards.block': ({ row }) => page.dispatch({ type: 'dialog_step', name: 'cards', patch: { step: 'block', credential: row, code: '' } }),
    'cards.block.send': ({ fields }) => askIn(page, 'credential.block',
      { visit: visitOf(page), credential: page.state().dialog.credential, reason: fields.reason }, closeAnd(page, 'told.blocked')),
    'note.send': ({ fields }) => askIn(page, 'note.add', { visit: visitOf(page), text: fields.text.trim() }, closeAnd(page, 'told.noted')),
    'note.remove': ({ row }) => askIn(page, 'note.remove', { visit: visitOf(page), note: row }, closeAnd(page, 'told.note_removed')),
    'choose.person': ({ row }) => askIn(page, 'visit.choose', { choice: page.state().choose?.choice, customer: row }, () => page.dispatch({ type: 'dialog_close' })),
    'operator.leave': () => askIn(page, 'operator.leave', {}, () => page.dispatch({ type: 'dialog_close' })),
  };
}

/** What is sent of the sign-up's fields: only what was filled in and answered. */
export function newCustomer(fields) {
  const filled = (name) => (fields[name]?.trim() ? { [name]: fields[name].trim() } : {});
  return { name: fields.name.trim(), language: fields.language, ...filled('phone'), ...filled('email'), consents: consentsAnswered(fields) };
}

// ---- hand-over ----

function requestActs(page) {
  return {
    'handover.send': ({ fields }) => askIn(page, 'handover.request',
      { visit: visitOf(page), to: fields.to, ...(fields.note.trim() ? { note: fields.note.trim() } : {}) }),
    'handover.cancel': () => askIn(page, 'handover.cancel', { visit: visitOf(page) }, closeAnd(page, 'told.kept')),
    'request.accept': ({ row }) => askIn(page, 'handover.accept', { handover: row },
      ({ later }) => (later ? closeAnd(page, 'told.later')() : page.dispatch({ type: 'dialog_close' }))),
    'request.decline': ({ row }) => askIn(page, 'handover.decline', { handover: row }),
  };
}

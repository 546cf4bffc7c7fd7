// What the open dialog shows: pure functions from state to one form for all of them, which dialog_screen.js puts on
// screen. A dialog with another `key` is built anew; one with the same key keeps its fields and what is typed in them.
import { ageNote, ageOf, isPast } from '../lib/facts.js';
import { mergeRows } from '../lib/merge.js';
import { LANGUAGES } from '../lib/words.js';
import { badgeIsMissing } from './badge.js';
import { consentField, consentsAsked } from './consents.js';
import { errorText } from './errors.js';
import { shownTier } from './tier.js';

const TEXT_MAX = 120; // characters of a note: 160 bytes in any language that is written with Latin letters
const OF_CART = ['suggestions', 'merge']; // what is asked for in these is about the cart
const REASONS = ['no_card', 'unreadable', 'return', 'service'];
const BLOCK_REASONS = ['lost', 'stolen', 'other'];

/** null when none is open. */
export function dialogOf(state, env, clock) {
  const { dialog } = state;
  if (!dialog || !Object.hasOwn(dialogs, dialog.name)) return null;
  const w = env.words;
  const view = dialogs[dialog.name](state, { w, clock, scheme: env.scheme });
  if (!view) return null;
  return { name: dialog.name, key: `${dialog.name}.${dialog.step}`, lead: '', code: '', fields: [], rows: [], empty: '', picture: '', byItself: Boolean(dialog.byItself),
    submit: '', ...view, rows: (view.rows ?? []).map(withKeys), note: noteOf(dialog, view, w), busy: dialog.busy, close: { act: 'close', key: 'Esc', text: view.closing ?? w.t('act.cancel') } };
}

// The number of a row does its first act, Del the second one of the row that is chosen.
const withKeys = (row) => ({ ...row, actions: row.actions.map((action, at) => (at === 1 ? { ...action, key: 'Del' } : action)) });

// What is going on: asking, or why it was turned down.
function noteOf(dialog, view, w) {
  if (dialog.busy) return { tone: 'busy', text: view.waiting ?? w.t('dialog.asking') };
  if (!dialog.code) return view.note ?? null;
  return { tone: 'bad', text: errorText(dialog.code, { dialog: dialog.name, cart: OF_CART.includes(dialog.name) }, w) };
}

const dialogs = {
  more: moreDialog, find: findDialog, signup: signupDialog, cards: cardsDialog, note: noteDialog, suggestions: suggestionsDialog,
  handover: handoverDialog, requests: requestsDialog, choose: chooseDialog, merge: mergeDialog, operator: operatorDialog,
};

const options = (w, prefix, values) => values.map((value) => ({ value, text: w.t(`${prefix}.${value}`) }));

// Why something is done: none of them is there before it is said, and the key that says it sends.
const reasonsOf = (act, label, reasons) => ({ kind: 'send', name: 'reason', label, act, options: reasons.map((one, at) => ({ ...one, key: `F${5 + at}` })) });

// ---- everything that has no key of its own ----

function moreDialog(state, { w }) {
  const known = Boolean(state.view);
  const acts = [...(known ? ['note', 'link'] : ['signup']), ...(state.operator ? [] : ['operator'])];
  const second = known && state.view.notes?.length > 0 ? { note: { act: 'note.which', text: w.t('note.remove') } } : {};
  const leave = (operator) => ({ id: 'operator', title: w.t('operator.title', { name: operator.name }), detail: w.t('operator.lead'), actions: [{ act: 'operator.leave', text: w.t('operator.leave') }] });
  const merge = { id: 'merge', title: w.t('merge.title'), detail: w.t('merge.lead'), actions: [{ act: 'merge', text: w.t('act.open') }] };
  return { title: w.t('more.title'), closing: w.t('act.close'),
    rows: [...acts.map((act) => ({ id: act, title: w.t(`more.${act}`), detail: w.t(`more.${act}.detail`), actions: [{ act, text: w.t('act.open') }, second[act]].filter(Boolean) })),
      ...(state.operator ? [leave(state.operator)] : []), ...(state.merge ? [merge] : [])] }; // the question comes last: the others keep their numbers
}

// ---- who it is ----

const CODE = /^(?=.*[a-z])([2-9a-hj-km-np-z]{3})[ -]?([2-9a-hj-km-np-z]{3})$/i; // as a kiosk shows it; one of digits alone may be a member number

/** By what somebody is looked for, from what was typed so far; '' until it can be told. No phone number has three zeros in front. */
export function guessBy(text) {
  const value = text.trim();
  if (value.includes('@')) return 'email';
  if (CODE.test(value)) return 'code';
  if (/^(\+|00?[1-9])[\d\s./()-]{4,}$/.test(value)) return 'phone';
  return /^\d{6,}$/.test(value) ? 'member' : '';
}

function findDialog(state, context) {
  const { w } = context;
  if (state.dialog.step === 'matches') return matchesDialog(state, context);
  const offline = state.line?.state === 'offline';
  return {
    title: w.t('find.title'), lead: w.t('find.lead'), submit: 'find.send', strong: w.t('find.send'), waiting: w.t('find.waiting'),
    note: offline ? { tone: 'warn', text: w.t('find.offline') } : null,
    fields: [
      { kind: 'text', name: 'value', label: w.t('find.value'), required: true, max: 96, guess: 'by' },
      { kind: 'choice', name: 'by', label: w.t('find.by'), options: options(w, 'find.by', ['phone', 'email', 'member', 'code']), value: 'phone' },
      reasonsOf('find.send', w.t('find.reason'), options(w, 'find.reason', REASONS)),
    ],
    also: [{ act: 'signup', key: 'F4', text: w.t('find.signup') }],
  };
}

function matchesDialog(state, { w, scheme }) {
  const { matches } = state.dialog;
  return {
    title: matches.length > 0 ? w.plural('find.matches', matches.length) : w.t('find.none'),
    lead: w.t(matches.length > 0 ? 'find.matches.lead' : 'find.none.lead'),
    rows: matches.map((one) => ({ id: one.customer, title: one.name, detail: one.hint ? `\u2066${one.hint}\u2069` : '', // the digits stay in their order where words are read from the right
      tier: shownTier(state, one.tier, scheme),
      actions: [{ act: 'find.open', text: w.t('find.open'), strong: true }] })),
    also: [{ act: 'find.again', key: 'F3', text: w.t('find.again') }, ...(matches.length === 0 ? [{ act: 'signup', key: 'F4', text: w.t('find.signup'), strong: true }] : [])],
  };
}

function signupDialog(state, { w }) {
  const asked = consentsAsked(state.terminal, w).map((one) => ({
    kind: 'choice', name: consentField(one), label: one.text, language: one.language, wide: true, required: true,
    options: [{ value: 'yes', text: w.t('consent.yes') }, { value: 'no', text: w.t('consent.no') }], value: '' }));
  return {
    title: w.t('signup.title'), lead: w.t('signup.lead'), submit: 'signup.send', strong: w.t('signup.send'), waiting: w.t('signup.waiting'),
    fields: [
      { kind: 'text', name: 'name', label: w.t('signup.name'), required: true, max: 80 },
      { kind: 'select', name: 'language', label: w.t('signup.language'), value: (state.terminal?.language ?? 'en').split('-')[0],
        options: Object.keys(LANGUAGES).map((one) => ({ value: one, text: w.languageName(one) })) },
      { kind: 'tel', name: 'phone', label: w.t('signup.phone'), max: 32 },
      { kind: 'email', name: 'email', label: w.t('signup.email'), max: 96 },
      ...asked,
    ],
  };
}

function chooseDialog(state, { w, clock }) {
  if (!state.choose) return null;
  const left = clock.wall === null ? null : Math.max(0, Math.ceil((state.choose.until_ms - clock.wall) / 1_000));
  return { title: w.t('choose.title'), lead: left === null ? w.t('choose.lead') : w.plural('choose.until', left), closing: w.t('choose.none'),
    rows: state.choose.people.map((one) => ({ id: one.customer, title: one.name || w.t('customer.nameless'), detail: '', actions: [{ act: 'choose.person', text: w.t('choose.this'), strong: true }] })) };
}

function operatorDialog(state, { w }) {
  if (badgeIsMissing(state)) return { key: 'operator.badge', title: w.t('operator.badge'), lead: w.t('operator.badge.lead'), picture: 'tap' };
  if (!state.operator) return { title: w.t('operator.none'), lead: w.t('operator.none.lead'), closing: w.t('act.close') };
  return { title: w.t('operator.title', { name: state.operator.name }), lead: w.t('operator.lead'), closing: w.t('act.close'),
    also: [{ act: 'operator.leave', key: 'F7', text: w.t('operator.leave'), strong: true }] };
}

// ---- cards and codes of the customer ----

function cardsDialog(state, context) {
  const { dialog } = state;
  const { w } = context;
  if (dialog.step === 'capture') {
    return { title: w.t(`cards.capture.${dialog.purpose}`), lead: w.t('cards.capture.lead'), picture: 'tap', closing: w.t('act.cancel') };
  }
  if (dialog.step === 'captured') return capturedDialog(dialog, w);
  if (dialog.step === 'block') {
    return { title: w.t('cards.block.title'), lead: w.t('cards.block.lead'), fields: [reasonsOf('cards.block.send', w.t('cards.block.reason'), options(w, 'cards.block', BLOCK_REASONS))] };
  }
  const list = dialog.list ?? [];
  return { title: w.t('cards.title'), lead: w.t('cards.lead'), closing: w.t('act.close'), empty: dialog.list ? w.t('cards.none') : '',
    rows: list.map((one) => ({ id: one.credential, title: w.t(w.has(`credential.${one.kind}`) ? `credential.${one.kind}` : 'credential.other', { kind: one.kind }),
      detail: one.blocked ? w.t('cards.blocked') : '', gone: Boolean(one.blocked),
      actions: one.blocked ? [] : [{ act: 'cards.replace', text: w.t('cards.replace') }, { act: 'cards.block', text: w.t('cards.block') }] })),
    also: [{ act: 'cards.link', key: 'F7', text: w.t('cards.link'), strong: true }] };
}

function capturedDialog(dialog, w) {
  const outcome = w.has(`cards.captured.${dialog.outcome}`) ? dialog.outcome : 'refused';
  const linked = outcome === 'linked' || outcome === 'kept';
  const taken = outcome === 'refused' && dialog.purpose === 'link' && dialog.why === 'credential_taken';
  const why = w.has(`taken.code.${dialog.why}`) ? w.t(`taken.code.${dialog.why}`) : '';
  return { title: w.t(`cards.captured.${outcome}`), lead: why || w.t(`cards.captured.${outcome}.lead`), picture: linked ? 'check' : 'question', closing: w.t('act.close'),
    also: linked ? [] : [...(taken ? [{ act: 'cards.share', key: 'F8', text: w.t('cards.share') }] : []), { act: 'cards.retry', key: 'F7', text: w.t('cards.retry'), strong: true }] };
}

// ---- notes, suggestions ----

// To read and to write; which one is to go is a question of its own, whose answer is the confirmation.
function noteDialog(state, { w, clock }) {
  const notes = state.view?.notes ?? [];
  const rowsWith = (actions) => notes.map((note) => ({ id: note.id, title: note.text, detail: noteFrom(note, w, clock), actions }));
  if (state.dialog.step === 'which') {
    return { title: w.plural('note.which', notes.length), lead: w.t('note.which.lead'), empty: w.t('note.none'),
      rows: rowsWith([{ act: 'note.remove', text: w.t('note.remove') }]) };
  }
  return {
    title: w.t('note.title'), lead: w.t('note.lead'), submit: 'note.send', strong: w.t('note.send'),
    fields: [{ kind: 'text', name: 'text', label: w.t('note.text'), required: true, max: TEXT_MAX }],
    rows: rowsWith([]),
    also: notes.length > 0 ? [{ act: 'note.which', key: 'F7', text: w.t('note.remove') }] : [],
  };
}

/** Who wrote a note, and when. */
export function noteFrom(note, w, clock) {
  const age = clock.wall === null ? '' : w.ago(Math.max(0, clock.wall - note.at_ms));
  return [note.by, age].filter(Boolean).join(' · ');
}

function suggestionsDialog(state, { w, clock }) {
  const added = new Set(state.dialog.added ?? []);
  return {
    title: w.t('suggest.title'), lead: w.t('suggest.lead'), closing: w.t('act.close'),
    empty: w.t('suggest.none'),
    rows: suggestedOf(state, clock).map((one) => ({
      id: one.gtin, title: one.name, detail: [priceOf(one, state, w, clock), priceAge(one, state, w, clock), stockWord(one, w), w.t('suggest.seen', { when: w.ago(Math.max(0, (clock.wall ?? one.seen_ms) - one.seen_ms)) })].filter(Boolean).join(' · '),
      note: added.has(one.gtin) ? w.t('suggest.added') : '', actions: [{ act: 'suggest', text: w.t('suggest.add') }] })),
  };
}

/** What is in stock here as far as anybody knows: a figure that is too old to be shown says nothing about now. */
export function suggestedOf(state, clock) {
  return (state.view?.suggestions ?? []).filter((one) => !isPast(ageOf(one.price_as_of, clock), state.terminal?.max_age_show_ms?.stock));
}

const priceAge = (one, state, w, clock) => (priceOf(one, state, w, clock) ? ageNote('price.age', ageOf(one.price_as_of, clock), state, w) : '');
const stockWord = (one, w) => (w.has(`stock.${one.stock}`) ? w.t(`stock.${one.stock}`) : '');

/** A price that is too old to be shown is none. */
export function priceOf(product, state, w, clock) {
  const old = isPast(ageOf(product.price_as_of, clock), state.terminal?.max_age_show_ms?.price);
  if (!Number.isFinite(product.unit_price) || old) return '';
  return `${w.money(product.unit_price, product.currency)} ${product.currency}`;
}

// ---- two carts, hand-over ----

function mergeDialog(state, { w }) {
  if (!state.merge) return null;
  const { lines = [], currency = state.terminal?.currency ?? '' } = state.merge;
  const side = (where, line) => (line ? w.t('merge.side', { where: w.t(`merge.${where}`), n: w.number(line.quantity) }) : '');
  return {
    title: w.t('merge.title'), lead: w.t('merge.lead'),
    rows: mergeRows(lines, [], w).map((row) => ({ id: row.key, title: [row.name, row.options].filter(Boolean).join(' · '), actions: [],
      detail: [side('online', row.there), side('kiosk', row.here), row.reason].filter(Boolean).join(' · '),
      value: row.count > 0 ? w.t('merge.becomes', { n: w.number(row.count) }) : w.t('merge.out') })),
    note: Number.isFinite(state.merge.total_after) ? { tone: 'info', text: w.t('merge.total', { money: `${w.money(state.merge.total_after, currency)} ${currency}` }) } : null,
    also: [{ act: 'merge.apart', key: 'F8', text: w.t('merge.apart') }, { act: 'merge.join', key: 'F5', text: w.t('merge.join'), strong: true }],
  };
}

// Asked for already: how it stands, and the way back as long as nobody took it.
function ownDialog({ state: stage, code, by, declined_count: declined }, { w }) {
  const open = stage === 'asking' || stage === 'waiting';
  return {
    key: `handover.own.${stage}`, title: w.t(`handover.own.${stage}`, { by: by ?? '' }), closing: w.t('act.close'), code: open ? code ?? '' : '',
    lead: open ? [w.t('handover.own.lead'), declined > 0 ? w.plural('requests.declined', declined) : ''].filter(Boolean).join(' ') : '',
    also: open ? [{ act: 'handover.cancel', key: 'F8', text: w.t('handover.cancel') }] : [],
  };
}

function handoverDialog(state, context) {
  const { w } = context;
  if (state.own && state.own.state !== 'over') return ownDialog(state.own, context);
  return {
    title: w.t('handover.title'), lead: w.t('handover.lead'), submit: 'handover.send', strong: w.t('handover.send'),
    fields: [
      { kind: 'choice', name: 'to', label: w.t('handover.to'), value: state.terminal?.store ?? 'any',
        options: [{ value: state.terminal?.store ?? 'any', text: w.t('handover.to.store') }, { value: 'any', text: w.t('handover.to.any') }] },
      { kind: 'text', name: 'note', label: w.t('handover.note'), max: TEXT_MAX },
    ],
  };
}

function requestsDialog(state, { w, clock, scheme }) {
  const { rows } = state.dialog;
  const held = new Map(state.held.map((one) => [one.id, one]));
  const heldRow = (one) => ({ id: one.id, title: one.from, note: w.t('requests.held', { time: w.time(one.until_ms) }), actions: [] });
  const offline = state.line?.state === 'offline';
  return {
    title: w.t('requests.title'), closing: w.t('act.close'), empty: w.t('requests.none'),
    note: offline ? { tone: 'warn', text: w.t('requests.offline') } : null,
    rows: [...rows.map((one) => (held.has(one.id) ? heldRow(held.get(one.id)) : {
      id: one.id, title: one.from, tier: shownTier(state, one.tier, scheme), gone: one.gone,
      detail: requestFacts(one, w, clock).join(' · '),
      note: one.gone ? w.t('requests.gone') : [one.note, one.id === state.back?.id ? w.t('requests.back', { time: w.time(state.back.at_ms) }) : '', one.declined ? w.t('requests.refused') : ''].filter(Boolean).join(' · '),
      actions: one.gone ? [] : [{ act: 'request.accept', text: w.t('requests.accept'), strong: !one.declined }, ...(one.declined ? [] : [{ act: 'request.decline', text: w.t('requests.decline') }])] })),
    ...state.held.filter((one) => !rows.some((row) => row.id === one.id)).map(heldRow)], // at the end: the others keep their numbers
  };
}

function requestFacts(one, w, clock) {
  return [
    one.name || (one.anonymous ? w.t('requests.nobody') : ''),
    one.item_count > 0 ? w.plural('cart.items', one.item_count) : '',
    one.item_count > 0 && Number.isFinite(one.total) && one.currency ? `${w.money(one.total, one.currency)} ${one.currency}` : '',
    clock.wall === null ? '' : waits(clock.wall - one.at_ms, w),
    one.declined_count > 0 ? w.plural('requests.declined', one.declined_count) : '',
  ].filter(Boolean);
}

const waits = (ms, w) => (ms < 60_000 ? w.t('requests.new') : w.plural('requests.waits', Math.floor(ms / 60_000)));

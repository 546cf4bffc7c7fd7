// Puts the open dialog on screen, in the browser's own modal <dialog>: it keeps the focus, makes the page behind it inert
// and gives the focus back. What changes while it is open changes in place; fields are never built anew under a hand.
import { h, icon, setText } from '../lib/dom.js';
import { button } from './button.js';

const GUARD_MS = 600; // what opens by itself takes no press before this long: it was meant for what was there before

/** act(name, { row, fields }) */
export function createDialog(element, act) {
  const part = (name) => element.querySelector(name);
  const screen = { element, act, key: '', view: null, openedAt: 0, rows: new Map(), first: null,
    parts: { title: part('h2'), lead: part('.lead'), picture: part('.picture'), fields: part('.fields'), rows: part('.rows'), empty: part('.none'), code: part('.code'), note: part('.note'), actions: part('.actions') } };
  element.addEventListener('cancel', (event) => { event.preventDefault(); if (!isGuarded(screen)) act('close'); });
  element.addEventListener('close', () => { if (screen.view && !element.open) act('close'); }); // a browser may insist
  element.addEventListener('click', (event) => press(screen, event));
  element.addEventListener('submit', (event) => { event.preventDefault(); submit(screen); });
  element.addEventListener('input', (event) => guess(screen, event.target));
  return { show: (view, guessBy) => show(screen, view, guessBy), key: (event) => key(screen, event), isOpen: () => element.open };
}

function show(screen, view, guessBy) {
  const { element } = screen;
  screen.guessBy = guessBy;
  const fresh = screen.key !== (view?.key ?? '');
  screen.view = view;
  if (!view) {
    if (element.open) element.close();
    clear(screen);
    return;
  }
  if (fresh) build(screen, view);
  const awaited = screen.rows.size === 0 && document.activeElement === screen.first; // nobody has moved on while they were fetched
  fill(screen, view);
  if (!element.open) {
    screen.openedAt = performance.now();
    element.showModal();
  }
  if (fresh || (awaited && screen.rows.size > 0)) focusFirst(screen);
}

// Nothing of a customer stays in the document.
function clear(screen) {
  const { parts, rows } = screen;
  screen.key = '';
  rows.clear();
  delete parts.actions.dataset.acts;
  for (const name of ['title', 'lead', 'picture', 'fields', 'rows', 'empty', 'code', 'note', 'actions']) parts[name].replaceChildren();
}

function build(screen, view) {
  const { parts } = screen;
  clear(screen);
  screen.key = view.key;
  screen.element.dataset.name = view.name;
  parts.fields.replaceChildren(...view.fields.map(fieldOf));
  if (view.picture) parts.picture.replaceChildren(h('i'), h('i'), icon(view.picture));
  parts.picture.hidden = !view.picture;
  parts.picture.dataset.icon = view.picture;
}

function fill(screen, view) {
  const { parts } = screen;
  setText(parts.title, view.title);
  setText(parts.lead, view.lead);
  showRows(screen, view);
  setText(parts.code, view.code);
  setText(parts.empty, view.rows.length === 0 ? view.empty : '');
  setText(parts.note, view.note?.text ?? '');
  parts.note.dataset.tone = view.note?.tone ?? '';
  showActions(parts.actions, view);
  for (const one of parts.fields.querySelectorAll('.send button')) one.setAttribute('aria-disabled', String(view.busy));
}

// ---- fields ----

function fieldOf(field) {
  if (field.kind === 'choice') return choiceOf(field);
  if (field.kind === 'send') return sendOf(field);
  const input = field.kind === 'select' ? selectOf(field) : h('input');
  if (field.kind !== 'select') {
    input.type = field.kind === 'text' ? 'text' : field.kind;
    input.maxLength = field.max;
    input.dir = 'auto'; // a number stays one in a language that is read from right to left
    input.autocomplete = 'off';
    input.spellcheck = false;
  }
  input.name = field.name;
  input.required = Boolean(field.required);
  if (field.guess) input.dataset.guess = field.guess;
  return h('label.field', h('span', field.label), input);
}

function selectOf(field) {
  return h('select', ...field.options.map(({ value, text }) => {
    const option = h('option', text);
    option.value = value;
    option.selected = value === field.value;
    return option;
  }));
}

function choiceOf(field) {
  const legend = h('legend', field.label);
  if (field.language) Object.assign(legend, { lang: field.language, dir: 'auto' });
  const group = h(field.wide ? 'fieldset.wide' : 'fieldset', legend);
  const radios = field.options.map(({ value, text }) => {
    const radio = h('input');
    Object.assign(radio, { type: 'radio', name: field.name, value, checked: value === field.value, required: Boolean(field.required) });
    return h('label', radio, h('span', text));
  });
  group.append(h('div.choices', ...radios));
  return group;
}

// What is sent goes with one of these: its button, or its key, is the answer and sends.
function sendOf(field) {
  const buttons = field.options.map(({ value, text, key }) => Object.assign(button({ act: field.act, key, text }), { name: field.name, value }));
  return h('fieldset.send', h('legend', field.label), h('div.keys', ...buttons));
}

// What is typed says by what it is looked for, until a hand has said it.
function guess(screen, target) {
  if (target.type === 'radio') target.closest('fieldset').dataset.chosen = 'yes';
  const name = target.dataset.guess;
  const radios = name ? [...screen.parts.fields.querySelectorAll(`input[name="${name}"]`)] : [];
  if (radios.length === 0 || radios[0].closest('fieldset').dataset.chosen) return;
  const value = screen.guessBy(target.value);
  const found = radios.find((radio) => radio.value === value);
  if (found) found.checked = true;
}

// ---- rows ----

function showRows(screen, view) {
  const { rows, parts } = screen;
  const wanted = new Set(view.rows.map((row) => row.id));
  for (const [id, row] of rows) {
    if (wanted.has(id)) continue;
    const focused = row.element.contains(document.activeElement);
    row.element.remove();
    rows.delete(id);
    if (focused) focusFirst(screen);
  }
  view.rows.forEach((row, at) => {
    if (!rows.has(row.id)) {
      rows.set(row.id, rowOf(row));
      parts.rows.append(rows.get(row.id).element);
    }
    fillRow(rows.get(row.id), row, at, view.busy);
  });
  parts.rows.hidden = view.rows.length === 0;
}

function rowOf(row) {
  const parts = { number: h('kbd'), title: h('b'), tier: h('span.badge'), detail: h('span.detail'), note: h('span.remark'), value: h('span.value'), actions: h('div.acts') };
  parts.number.setAttribute('aria-hidden', 'true');
  parts.element = h('li', parts.number, h('div.what', h('div', parts.title, parts.tier), parts.detail, parts.note), parts.value, parts.actions);
  parts.element.dataset.row = row.id;
  return parts;
}

function fillRow(parts, row, at, busy) {
  const numbered = row.actions.length > 0 && at < 9;
  setText(parts.number, numbered ? String(at + 1) : '');
  setText(parts.title, row.title);
  setText(parts.detail, row.detail ?? '');
  setText(parts.note, row.note ?? '');
  setText(parts.value, row.value ?? '');
  setText(parts.tier, row.tier ? `${row.tier.symbol} ${row.tier.word}`.trim() : '');
  if (row.tier) {
    parts.tier.style.setProperty('--tier', row.tier.paint.fill);
    parts.tier.style.setProperty('--on-tier', row.tier.paint.text);
    parts.tier.style.setProperty('--tier-edge', row.tier.paint.edge);
  }
  parts.element.classList.toggle('gone', Boolean(row.gone));
  const acts = row.actions.map((action) => action.act).join();
  if (parts.actions.dataset.acts !== acts) {
    parts.actions.dataset.acts = acts;
    const chosen = parts.actions.contains(document.activeElement);
    parts.actions.replaceChildren(...row.actions.map((action) => button({ ...action, label: `${[action.key, action.text].filter(Boolean).join(' ')}: ${row.title}` })));
    if (chosen) parts.actions.querySelector('button')?.focus();
  }
  for (const one of parts.actions.children) one.setAttribute('aria-disabled', String(busy));
}

// ---- actions ----

function showActions(element, view) {
  const wanted = [view.close, ...(view.also ?? []), ...(view.submit ? [{ act: view.submit, key: '⏎', text: view.strong, strong: true, submit: true }] : [])];
  const now = wanted.map((one) => `${one.act} ${one.text}`).join();
  if (element.dataset.acts !== now) {
    element.dataset.acts = now;
    element.replaceChildren(...wanted.map((one) => {
      const made = button(one);
      if (one.submit) made.type = 'submit';
      return made;
    }));
  }
  for (const one of element.children) one.setAttribute('aria-disabled', String(view.busy && one.dataset.act !== 'close'));
}

// What one does most likely: type, or take the first row; else the strong action, or the way out.
function focusFirst(screen) {
  const { parts, element } = screen;
  screen.first = parts.fields.querySelector('input, select') ?? parts.rows.querySelector('button') ?? parts.actions.querySelector('.strong') ?? parts.actions.querySelector('button');
  (screen.first ?? element).focus();
}

const isGuarded = (screen) => Boolean(screen.view?.byItself) && performance.now() - screen.openedAt < GUARD_MS;

function press(screen, event) {
  const pressed = event.target.closest('button');
  if (!pressed || pressed.type === 'submit' || pressed.getAttribute('aria-disabled') === 'true' || isGuarded(screen)) return;
  if (pressed.closest('.send')) send(screen, pressed.dataset.act, { [pressed.name]: pressed.value });
  else screen.act(pressed.dataset.act, { row: pressed.closest('[data-row]')?.dataset.row });
}

function submit(screen) {
  const { view } = screen;
  if (!view?.submit || view.busy) return;
  if (sendsOf(screen).length === 0) send(screen, view.submit, {});
  else if (!isMissing(screen)) screen.act('invalid', { code: 'unsaid' });
}

// Those that are on the screen: what goes without a reason hides them.
const sendsOf = ({ parts }) => [...parts.fields.querySelectorAll('.send button')].filter((one) => getComputedStyle(one).visibility === 'visible');

function isMissing({ parts, act }) {
  const missing = parts.fields.querySelector('input:invalid, select:invalid');
  missing?.focus();
  if (missing) act('invalid', { code: 'input.missing' });
  return Boolean(missing);
}

function send(screen, name, said) {
  if (!isMissing(screen)) screen.act(name, { fields: { ...Object.fromEntries(new FormData(screen.element.querySelector('form'))), ...said } });
}

// ---- keys ----

/** A key that was pressed in the dialog. True: it was used. */
function key(screen, event) {
  if (isGuarded(screen)) return event.key !== 'Tab';
  const typing = event.target.matches?.('input:not([type=radio]), select');
  if (/^F\d+$/.test(event.key)) return pressKey(screen, event.key);
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') return !event.target.matches?.('input, select') && moveRow(screen, event.key === 'ArrowDown' ? 1 : -1);
  if (typing) return false;
  if (event.key === 'Delete') return !event.repeat && pressSecond(screen);
  if (!/^[1-9]$/.test(event.key) || !event.target.closest?.('.rows')) return false;
  const row = [...screen.rows.values()][Number(event.key) - 1];
  row?.actions.querySelector('button')?.click();
  return Boolean(row);
}

function pressKey(screen, name) {
  const wanted = [screen.view.close, ...(screen.view.also ?? [])].find((one) => one.key === name);
  if (wanted) screen.parts.actions.querySelector(`[data-act="${wanted.act}"]`)?.click();
  else sendsOf(screen).find((one) => one.querySelector('kbd').textContent === name)?.click();
  return true;
}

// Of the row that is chosen, which has the focus.
function pressSecond(screen) {
  const chosen = [...screen.rows.values()].find((row) => row.element.contains(document.activeElement));
  const second = chosen?.actions.children[1];
  second?.click();
  return Boolean(second);
}

function moveRow(screen, by) {
  const buttons = [...screen.rows.values()].map((row) => row.actions.querySelector('button')).filter(Boolean);
  if (buttons.length === 0) return false;
  const at = buttons.findIndex((one) => one.closest('li').contains(document.activeElement));
  buttons[Math.min(buttons.length - 1, Math.max(0, at + by))].focus();
  return true;
}

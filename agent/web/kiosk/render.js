// Puts a view model on screen. No decisions here: text, order and tones come from model.js and panels.js.
import { h, icon, morph } from '../lib/dom.js';
import { qrPicture } from '../lib/qr.js';

/** on(act, data): what a hand did. Returns show(view). */
export function createScreen(on) {
  const $ = (id) => document.getElementById(id);
  const parts = { bar: $('bar'), band: $('band'), main: $('screen'), stage: $('stage'), attract: $('attract'), strip: $('strip'), foot: $('foot'), panel: $('panel'),
    who: $('live-who'), what: $('live-what'), body: document.body };
  const seen = new Map();
  document.addEventListener('click', (event) => press(event, on));
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape' && !parts.panel.hidden) on('close', {}); });
  return (view) => show(parts, seen, view);
}

function press(event, on) {
  const button = event.target.closest('[data-act]');
  if (button && button.getAttribute('aria-disabled') !== 'true') on(button.dataset.act, { ...button.dataset });
}

function show(parts, seen, view) {
  const kindBefore = seen.get('kind');
  const dialogBefore = seen.get('dialogKind');
  seen.set('kind', view.screen.kind);
  seen.set('dialogKind', view.dialog?.kind);
  parts.body.dataset.kind = view.screen.kind;
  if (document.title !== view.title) document.title = view.title;
  const changed = (name, value, draw) => {
    const text = JSON.stringify(value);
    if (seen.get(name) === text) return;
    seen.set(name, text);
    draw(value);
  };
  changed('accent', view.accent, (accent) => paint(parts.body, accent));
  changed('bar', view.bar, (bar) => morph(parts.bar, barParts(bar)));
  changed('band', view.band, (band) => showBand(parts.band, band));
  changed('screen', view.screen, (screen) => showScreen(parts, screen));
  changed('strip', view.strip, (strip) => showStrip(parts.strip, strip));
  changed('foot', view.foot, (foot) => showFoot(parts.foot, foot));
  changed('dialog', view.dialog, (dialog) => showDialog(parts, dialog));
  if (parts.who.textContent !== view.live.who) parts.who.textContent = view.live.who;
  if (parts.what.textContent !== view.live.what) parts.what.textContent = view.live.what;
  if (view.dialog?.kind !== dialogBefore) focusDialog(parts, seen, view.dialog, dialogBefore);
  else if (!view.dialog && kindBefore && kindBefore !== view.screen.kind) parts.stage.querySelector('h1')?.focus({ preventScroll: true });
}

function paint(body, accent) {
  body.style.setProperty('--accent', accent.fill);
  body.style.setProperty('--on-accent', accent.text);
  body.style.setProperty('--accent-edge', accent.edge);
}

// What is open has the focus; when it closes, the focus is where it was.
function focusDialog(parts, seen, dialog, before) {
  if (dialog) {
    if (!before) seen.set('focus', document.activeElement);
    parts.panel.querySelector('h2')?.focus({ preventScroll: true });
    return;
  }
  const back = seen.get('focus');
  seen.delete('focus');
  if (back?.isConnected && back !== document.body) back.focus({ preventScroll: true });
  else parts.stage.querySelector('h1')?.focus({ preventScroll: true });
}

function barParts(bar) {
  const language = h('button.language', { type: 'button', 'data-act': 'language' }, icon('globe'), h('span.sr', `${bar.label}: `), h('span', bar.language));
  return [h('b.store', bar.store), h('time', bar.time), language];
}

function showBand(element, band) {
  element.hidden = !band;
  element.dataset.tone = band?.tone ?? '';
  morph(element, band ? [icon(band.icon), h('p', h('strong', band.title), ...band.parts.map((part) => h('span', ` ${part}`)))] : []);
}

function showStrip(element, strip) {
  element.hidden = !strip;
  element.dataset.tone = strip?.tone ?? '';
  morph(element, strip ? [icon(strip.icon), h('span', strip.text)] : []);
}

function button(act, key, ...children) {
  return h('button.key', { type: 'button', 'data-act': act, 'data-key': act, class: key.class }, ...children);
}

function showFoot(element, foot) {
  element.hidden = foot.length === 0;
  morph(element, foot.map((key) => button(key.act, { class: `key${key.primary ? ' primary' : ''}${key.small ? ' small' : ''}` },
    icon(FOOT_ICONS[key.act]), h('span', h('b', key.text), key.detail ? h('small', key.detail) : null))));
}

const FOOT_ICONS = { start: 'cart', send: 'send', help: 'help', know: 'info', not_me: 'person', done: 'check' };

// ---- screens ----

function showScreen(parts, screen) {
  parts.attract.toggleAttribute('hidden', !screen.attract);
  parts.main.dataset.tone = screen.tone ?? '';
  morph(parts.stage, (screens[screen.kind] ?? plainParts)(screen));
}

const title = (text) => h('h1', { tabindex: '-1' }, text);

function plainParts(screen) {
  const picture = screen.attract ? null : h('div.picture', h('i'), h('i'), icon(screen.icon));
  return [picture, title(screen.title), screen.detail ? h('p', screen.detail) : null, screen.more ? h('p.more', screen.more) : null];
}

const screens = { choose: chooseParts, merge: mergeParts, cart: cartParts };

function chooseParts(screen) {
  const choice = (customer, name, kind) => h(`button.person${kind}`, { type: 'button', 'data-act': 'choose', 'data-key': customer || 'none', 'data-customer': customer }, icon('person'), h('span', name));
  return [title(screen.title), h('p', screen.detail), helpPart(screen.help),
    h('div.people', screen.people.map((one) => choice(one.customer, one.name, '')), choice('', screen.none, '.none'))];
}

function mergeParts(screen) {
  const head = h('tr', screen.heads.map((text, n) => h(n === 0 ? 'th.what' : 'th', { scope: 'col' }, text)));
  const answer = (act, one, kind) => h(`button.answer${kind}`, { type: 'button', 'data-act': act, 'data-key': act }, h('b', one.text), h('small', one.detail));
  return [title(screen.title), h('p', screen.detail), helpPart(screen.help),
    h('div.scroll', { tabindex: '0', role: 'group', 'aria-label': screen.title }, h('table', h('thead', head), h('tbody', screen.rows.map(mergeRow)))),
    h('div.answers', answer('merge_join', screen.join, '.yes'), answer('merge_apart', screen.apart, '.no'))];
}

function mergeRow(row) {
  const what = h('th.what', { scope: 'row' }, h('span.name', row.name), row.options ? h('span.options', row.options) : null, h('span.reason', row.reason));
  const here = row.line ? h('button.take', { type: 'button', role: 'checkbox', 'aria-checked': String(row.taken), 'aria-label': `${row.label}, ${row.here}`, 'data-act': 'tick', 'data-line': row.line },
    h('span.box', row.taken ? icon('tick') : null), h('span', row.here)) : row.here;
  return h(`tr${row.taken ? '' : '.out'}`, { 'data-key': row.key }, what, h('td', row.there), h('td', here), h('td.becomes', row.becomes));
}

// ---- the cart ----

function cartParts(screen) {
  return [whoPart(screen.who), helpPart(screen.help), joinedPart(screen.joined), cartPart(screen)];
}

function whoPart(who) {
  const tier = who.tier ? h('p.tier', h('span.symbol', { 'aria-hidden': 'true' }, who.tier.symbol), h('b', who.tier.word)) : null;
  if (tier) {
    tier.style.setProperty('--tier', who.tier.paint.fill);
    tier.style.setProperty('--on-tier', who.tier.paint.text);
    tier.style.setProperty('--tier-edge', who.tier.paint.edge);
  }
  const points = who.points ? h('p.points', h('b', who.points), who.next ? ` · ${who.next}` : '') : null;
  return h('section.who', { 'data-key': 'who' }, h('div', title(who.title), who.detail ? h('p.detail', who.detail) : null, points), tier);
}

function helpPart(help) {
  if (!help) return null;
  return h('button.calling', { type: 'button', 'data-act': 'help', 'data-key': 'calling', 'data-tone': help.tone }, icon('help'), h('b', help.text), h('span', help.detail));
}

function joinedPart(joined) {
  if (!joined) return null;
  return h('div.joined', { 'data-key': 'joined' }, h('span', joined.text), h('button.undo', { type: 'button', 'data-act': 'merge_undo' }, icon('undo'), h('span', joined.undo)));
}

function cartPart(screen) {
  const scan = h(`p.scan${screen.scan.ready ? '' : '.off'}`, icon('code'), h('span', screen.scan.text));
  const list = screen.empty ? h('div.empty', icon('cart'), h('p', screen.empty))
    : h('div.scroll', { 'data-key': 'lines' }, h('ul', screen.lines.map((line) => (line.gone ? ghostPart(line) : linePart(line)))));
  const sum = h('p.sum', h('span', screen.items), h('span', h('span', `${screen.totalLabel} `), h(screen.unpriced ? 'b.muted' : 'b', screen.total), h('small', screen.currency)));
  return h('section.cart', { 'data-key': 'cart' }, screen.claim ? h('p.claim', icon('payment'), h('span', screen.claim)) : null, list, scan, screen.empty ? null : sum);
}

function linePart(line) {
  const { labels } = line;
  const step = (act, label, off) => h('button.step', { type: 'button', 'data-act': act, 'data-line': line.id, 'aria-label': label, 'aria-disabled': off ? 'true' : null }, icon(act));
  const stepper = h('div.stepper', { role: 'group', 'aria-label': labels.quantity }, step('minus', labels.minus, line.quantity < 2), h('b', line.count), step('plus', labels.plus, false));
  const remove = h('button.remove', { type: 'button', 'data-act': 'remove', 'data-line': line.id, 'aria-label': labels.removeOf }, icon('bin'));
  return h(`li${line.changed ? '.changed' : ''}`, { 'data-key': line.id },
    h('div.what', h('span.name', line.name), h('span.marks', marksOf(line))), stepper,
    h('div.money', h(line.hidden ? 'span.total.muted' : 'span.total', line.total), line.each ? h('span.each', line.each) : null), remove);
}

function marksOf(line) {
  return [line.options ? h('span.options', line.options) : null, ...line.badges.map((badge) => h(`span.badge.${badge.kind}`, badge.text)),
    line.stock ? h(`span.stock.${line.stock.tone}`, line.stock.text) : null, line.age ? h('span.muted', line.age) : null];
}

// A removed line keeps its place with the way back.
function ghostPart(line) {
  return h('li.gone', { 'data-key': line.id }, h('span.name', line.labels.removed),
    h('button.undo', { type: 'button', 'data-act': 'undo', 'data-line': line.id, 'aria-label': line.labels.undoOf }, icon('undo'), h('span', line.labels.undo)));
}

// ---- what is open over the screen ----

function showDialog(parts, dialog) {
  parts.panel.hidden = !dialog;
  for (const part of [parts.main, parts.foot]) part.inert = Boolean(dialog);
  parts.panel.dataset.kind = dialog?.kind ?? '';
  if (!dialog) {
    morph(parts.panel);
    return;
  }
  parts.panel.setAttribute('role', dialog.kind === 'blank' ? 'alertdialog' : 'dialog');
  const body = Object.hasOwn(bodies, dialog.kind) ? bodies[dialog.kind](dialog) : [];
  const keys = dialog.actions.map((one) => button(one.act, { class: `key${one.strong ? ' strong' : ''}${one.danger ? ' danger' : ''}` }, h('span', one.text)));
  morph(parts.panel, h('div.card', { 'data-key': dialog.kind }, h('h2', { id: 'panel-title', tabindex: '-1' }, dialog.title),
    dialog.detail ? h('p.detail', { id: 'panel-detail' }, dialog.detail) : null, dialog.busy ? busyPart() : null, ...body, h('div.keys', keys)));
}

const busyPart = () => h('div.busy', { 'aria-hidden': 'true' }, h('i'), h('i'), h('i'));

const bodies = {
  language: (dialog) => [h('div.languages', dialog.options.map((one) => h('button.option', { type: 'button', lang: one.code, 'data-act': 'pick', 'data-code': one.code, 'data-key': one.code,
    'aria-pressed': String(one.current) }, one.name)))],
  send: sendBody,
  help: (dialog) => (dialog.tone ? [h('div.wave', { 'data-tone': dialog.tone, 'aria-hidden': 'true' }, h('i'), h('i'), icon('help')), dialog.since ? h('p.since', dialog.since) : null,
    dialog.declined ? h('p.declined', dialog.declined) : null] : []),
  know: (dialog) => (dialog.groups?.length > 0 || dialog.more ? [h('div.facts', { tabindex: '0', role: 'group', 'aria-labelledby': 'panel-title' }, dialog.groups.map(factsPart)), dialog.more ? h('p.more', dialog.more) : null] : []),
  forget: (dialog) => (dialog.more ? [h('p.more', dialog.more)] : []),
  blank: (dialog) => [h('p.seconds', { role: 'timer', 'aria-label': dialog.told }, dialog.seconds)],
};

function sendBody(dialog) {
  if (!dialog.code) return [];
  const [till, phone] = dialog.ways;
  const code = h('p.code', h('span.sr', [...dialog.code].join(' ')), dialog.groups.map((group) => h('span', { 'aria-hidden': 'true' }, group)));
  const way = ([name, detail], ...rest) => h('section.way', h('h3', name), h('p', detail), ...rest);
  return [h('div.ways', way(till, code), dialog.qr ? way(phone, qrPicture(dialog.qr, dialog.label)) : null), h('p.until', dialog.until)];
}

function factsPart(group) {
  return h('section', h('h3', group.title), h('dl', group.facts.map((fact) => h('div', h('dt', fact.name), h('dd', h('span', fact.value), fact.from ? h('small', fact.from) : null)))));
}

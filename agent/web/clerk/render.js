// Puts a view model on screen. No decisions here: text, order and tones come from model.js.
import { h, icon, setText } from '../lib/dom.js';
import { button } from './button.js';
import { createDialog } from './dialog_screen.js';

export function createScreen(handlers) {
  const $ = (id) => document.getElementById(id);
  const parts = { till: $('till'), store: $('store'), pill: $('pill'), unsent: $('unsent'), time: $('time'), band: $('band'),
    stage: $('stage'), visit: $('visit'), customer: $('customer'), lines: $('lines'), strip: $('strip'), keys: $('keys'),
    cartTitle: $('cart-title'), touched: $('touched'), cartNote: $('cart-note'), claim: $('claim'), empty: $('empty'), items: $('items'), cartUnsent: $('cart-unsent'),
    totalLabel: $('total-label'), sum: $('sum'), total: $('total'), who: $('live-who'), what: $('live-what'), waits: $('live-help'), body: document.body,
    operator: $('operator'), help: $('help'), pairing: $('pairing'), tools: $('tools'), suggest: $('suggest'), fresh: $('cart-fresh') };
  const screen = { handlers, parts, rows: new Map(), seen: new Map(), band: null, claim: null, pairing: null, suggestions: null,
    dialog: createDialog($('dialog'), handlers.act) };
  for (const part of [parts.keys, parts.tools, parts.suggest, parts.operator, parts.help, parts.pairing]) part.addEventListener('click', (event) => press(event, handlers));
  new ResizeObserver(() => makeReachable(parts.customer)).observe(parts.customer);
  return {
    dialog: screen.dialog,
    show: (view, still) => show(screen, view, still),
    focusLine: (id) => focusLine(screen, id),
  };
}

function press(event, handlers) {
  const act = event.target.closest('button')?.dataset.act;
  if (act) handlers.act(act);
}

function focusLine(screen, id) {
  const row = screen.rows.get(id);
  row?.element.focus({ preventScroll: true });
  row?.element.scrollIntoView({ block: 'nearest' });
}

function show(screen, view, still) {
  const { parts } = screen;
  showBar(parts, view.bar);
  // Both take room from what is below: they come and go only when no hand is on the page.
  if (still || !view.customer) {
    screen.band = view.band;
    screen.claim = view.cart?.claim ?? null;
    screen.pairing = view.pairing;
    screen.suggestions = view.cart?.suggestions ?? null;
  }
  changed(screen, 'band', screen.band, (band) => showBand(screen, band));
  changed(screen, 'claim', screen.claim, (claim) => showClaim(screen, claim));
  parts.visit.hidden = !view.customer;
  changed(screen, 'stage', view.stage, (stage) => showStage(screen, stage));
  changed(screen, 'customer', view.customer, (customer) => showCustomer(screen, customer));
  changed(screen, 'cart', view.cart, (cart) => showCart(screen, cart, still));
  changed(screen, 'strip', view.strip, (strip) => showStrip(screen, strip));
  changed(screen, 'pairing', screen.pairing, (pairing) => showPairing(parts, pairing));
  changed(screen, 'suggestions', view.cart ? screen.suggestions : null, (suggestions) => showSuggestions(parts, suggestions));
  changed(screen, 'keys', view.keys, (keys) => showKeys(parts.keys, keys));
  changed(screen, 'tools', view.cart?.tools ?? [], (tools) => showKeys(parts.tools, tools));
  changed(screen, 'dialog', view.dialog, (dialog) => screen.dialog.show(dialog, screen.handlers.guessBy));
  if (document.title !== view.title) document.title = view.title;
  setText(parts.who, view.live.who);
  setText(parts.what, view.live.what);
  setText(parts.waits, view.live.help);
}

// Draws a part only when its view has changed.
function changed(screen, name, value, draw) {
  const text = JSON.stringify(value);
  if (screen.seen.get(name) === text) return;
  screen.seen.set(name, text);
  draw(value);
}

function showBar(parts, bar) {
  setText(parts.till, bar.till);
  setText(parts.store, bar.store);
  setText(parts.pill.lastElementChild, bar.pill.text);
  parts.pill.dataset.tone = bar.pill.tone;
  setText(parts.unsent, bar.unsent);
  setText(parts.time, bar.time);
  showBarButton(parts.operator, bar.operator, '');
  showBarButton(parts.help, bar.help, 'F9');
}

// Buttons of the bar come and go with what they are for; they stay the same element, so that a finger meets no other.
function showBarButton(element, wanted, key) {
  element.hidden = !wanted;
  if (!wanted) {
    element.replaceChildren();
    return;
  }
  const text = wanted.text + key;
  element.setAttribute('aria-description', wanted.label);
  if (element.textContent === text) return;
  element.replaceChildren(h('span', wanted.text), ...(key ? [h('kbd', key)] : []));
}

function showPairing(parts, pairing) {
  parts.pairing.hidden = !pairing;
  parts.pairing.replaceChildren(...(pairing ? [icon('plug'), h('p', h('strong', pairing.title), ' ', h('span.may', pairing.may), ' ', h('span.detail', pairing.detail)), h('b.code', pairing.code), h('div.keys', button(pairing.refuse))] : []));
}

function showSuggestions(parts, one) {
  parts.suggest.hidden = !one;
  parts.suggest.replaceChildren(...(one ? [suggestionOf(one)] : []));
}

function suggestionOf(one) {
  const element = button({ act: one.act, key: one.key, text: '' });
  element.replaceChildren(h('kbd', one.key), h('span.what', h('span.muted', `${one.title} `), h('b', one.name)), h('span', one.price), h('span.muted', one.more));
  return element;
}

function showBand(screen, band) {
  const { parts } = screen;
  parts.band.hidden = !band;
  if (!band) {
    parts.band.replaceChildren();
    return;
  }
  parts.band.dataset.tone = band.tone;
  const text = h('p', h('strong', band.title), ...band.parts.map((part) => h('span', ` ${part}`)));
  parts.band.replaceChildren(icon(band.icon), text, ...band.also.map((also) => h('span.also', also)));
}

function showStage(screen, stage) {
  const { parts } = screen;
  parts.stage.hidden = !stage;
  parts.body.dataset.kind = stage ? stage.kind : 'visit';
  if (!stage) {
    parts.stage.replaceChildren();
    return;
  }
  parts.stage.dataset.kind = stage.kind;
  parts.stage.dataset.tone = stage.tone;
  const fact = stage.fact ? h('div.fact', h('b', stage.fact.name), h('span.price', stage.fact.price), h('span.muted', stage.fact.note)) : null;
  const picture = h('div.picture', h('i'), h('i'), icon(stage.icon));
  parts.stage.replaceChildren(picture, h('h1', stage.title), ...(fact ? [fact] : []), h('p', stage.detail), ...(stage.say ? [h('p.say', stage.say)] : []));
}

// ---- the customer ----

function showCustomer(screen, customer) {
  const { parts } = screen;
  if (!customer) {
    parts.customer.replaceChildren();
    parts.customer.removeAttribute('style');
    return;
  }
  const paint = customer.tier?.paint ?? { fill: 'transparent', text: 'inherit', edge: 'transparent' };
  parts.customer.style.setProperty('--tier', paint.fill);
  parts.customer.style.setProperty('--on-tier', paint.text);
  parts.customer.style.setProperty('--tier-edge', paint.edge);
  if (customer.anonymous) {
    parts.customer.replaceChildren(h('div.nobody', icon('question'), h('h1', customer.anonymous.title), h('p', customer.anonymous.detail)));
    return;
  }
  const body = customer.details ? detailsBody(customer) : factsBody(customer);
  parts.customer.replaceChildren(tierBand(customer), h(customer.name.length > 24 ? 'h1.long' : 'h1', customer.name),
    pointsLine(customer.points), ...(customer.unproven ? [h('p.unproven', icon('lock'), customer.unproven)] : []), body, h('p.fresh', customer.fresh));
  makeReachable(parts.customer);
}

// What scrolls can be scrolled by its keys; whether it does depends on the room that there is.
function makeReachable(customer) {
  const body = customer.querySelector('.facts');
  if (body && body.scrollHeight > body.clientHeight + 1) body.tabIndex = 0;
  else body?.removeAttribute('tabindex');
}

function tierBand(customer) {
  const band = h('div.tier');
  if (customer.tier) {
    const symbol = h('span.symbol', customer.tier.symbol);
    symbol.setAttribute('aria-hidden', 'true');
    band.append(symbol, h('b', customer.tier.word));
  } else {
    band.classList.add('none');
  }
  band.append(h('span.since', customer.since));
  return band;
}

function pointsLine(points) {
  if (!points) return h('p.points');
  const main = h(points.hidden ? 'span.muted' : 'b', points.text);
  return h('p.points', main, points.next ? h('span', ` · ${points.next}`) : '', points.note ? h('span.muted', ` · ${points.note}`) : '');
}

function factsBody(customer) {
  const { labels } = customer;
  const body = h('div.facts');
  if (customer.open.length > 0) body.append(group('open', labels.open, customer.open));
  const benefits = customer.benefits.length > 0 ? customer.benefits : [labels.quiet].filter(Boolean);
  if (benefits.length > 0) body.append(group('benefits', labels.till, benefits));
  if (customer.ask.length > 0) body.append(group('ask', labels.ask, customer.ask));
  if (customer.note) body.append(noteGroup(customer));
  if (customer.journey) body.append(group('journey', labels.journey, [customer.journey]));
  return body;
}

function noteGroup({ note, labels }) {
  return h('section.notes', h('h2', labels.notes), h('ul', h('li', h('span.text', note.text), note.from ? h('span.muted', ` ${note.from}`) : '')));
}

function group(kind, label, items) {
  return h(`section.${kind}`, h('h2', label), h('ul', ...items.map((item) => h('li', item))));
}

function detailsBody(customer) {
  const { facts, journey, none, journeyTitle } = customer.details;
  const list = h('dl', ...facts.flatMap(([name, value]) => [h('dt', name), h('dd', value)]));
  const steps = journey.length === 0 ? [h('li', none)] : journey.map((step) => h('li', h('span.muted', step.when), h('span', step.what)));
  return h('div.facts', h('section.details', list),
    h('section.steps', h('h2', journeyTitle), h('ol', ...steps)));
}

// ---- the cart ----

function showClaim(screen, claim) {
  const { parts } = screen;
  parts.claim.hidden = !claim;
  parts.claim.dataset.tone = claim?.tone ?? '';
  parts.claim.replaceChildren(...(claim ? [icon('paying'), h('p', h('b', claim.title), ` ${claim.detail}`)] : []));
}

function showCart(screen, cart, still) {
  const { parts, rows } = screen;
  if (!cart) {
    rows.clear();
    for (const part of [parts.lines, parts.cartTitle, parts.touched, parts.cartNote, parts.empty, parts.items, parts.cartUnsent, parts.totalLabel, parts.total, parts.fresh]) part.replaceChildren();
    return;
  }
  setText(parts.cartTitle, cart.title);
  setText(parts.touched, cart.touched);
  setText(parts.cartNote, cart.note);
  parts.empty.hidden = !cart.empty;
  parts.sum.hidden = Boolean(cart.empty);
  parts.empty.replaceChildren(...(cart.empty ? [icon('cart'), h('b', cart.empty.title), h('p', cart.empty.detail)] : []));
  showLines(screen, cart.lines, still);
  setText(parts.items, cart.items);
  setText(parts.cartUnsent, cart.unsent);
  setText(parts.fresh, cart.fresh);
  setText(parts.totalLabel, cart.totalLabel);
  parts.total.classList.toggle('muted', cart.totalHidden);
  parts.total.replaceChildren(cart.total, ...(cart.currency ? [' ', h('small', cart.currency)] : []));
}

function showLines(screen, lines, still) {
  const { rows, parts } = screen;
  const wanted = new Set(lines.map((line) => line.id));
  for (const [id, row] of rows) {
    if (wanted.has(id)) continue;
    row.element.remove();
    rows.delete(id);
  }
  let newest = null;
  for (const line of lines) {
    if (!rows.has(line.id)) {
      rows.set(line.id, createRow(screen, line.id));
      parts.lines.append(rows.get(line.id).element);
      newest = line.id;
    }
    showRow(rows.get(line.id), line);
  }
  // A line that was just added is brought into sight, unless a hand is over the page.
  if (newest && still && rows.size > 1 && lines.at(-1).changed) rows.get(newest).element.scrollIntoView({ block: 'nearest' });
}

function createRow(screen, id) {
  const part = (name) => h(name);
  const row = { name: part('span.name'), marks: part('span.marks'), quantity: part('b.quantity'), each: part('span.each'), total: part('span.sum') };
  row.element = h('li', h('div.what', row.name, row.marks), row.quantity, h('div.money', row.total, row.each));
  row.element.dataset.line = id;
  row.element.tabIndex = 0;
  row.element.addEventListener('focus', () => screen.handlers.select(id));
  return row;
}

function showRow(row, line) {
  const { element } = row;
  element.classList.toggle('changed', line.changed);
  element.classList.toggle('gone', line.gone);
  element.classList.toggle('selected', line.selected);
  element.setAttribute('aria-label', line.label);
  if (line.selected) element.setAttribute('aria-current', 'true');
  else element.removeAttribute('aria-current');
  setText(row.name, line.name);
  setText(row.quantity, String(line.quantity));
  setText(row.each, line.each);
  setText(row.total, line.total);
  row.total.classList.toggle('muted', line.hidden);
  row.marks.replaceChildren(...marksOf(line));
}

function marksOf(line) {
  const marks = line.options ? [h('span.options', line.options)] : [];
  marks.push(...line.badges.map((badge) => h(`span.badge.${badge.kind}`, badge.text)));
  if (line.stock?.text) marks.push(h(`span.stock.${line.stock.tone}`, line.stock.text));
  if (line.price) marks.push(h('span.price', line.price));
  if (line.age) marks.push(h('span.muted', line.age));
  if (line.note) marks.push(h('span.note', line.note));
  return marks;
}

// ---- strip and keys ----

function showStrip(screen, strip) {
  const { parts } = screen;
  parts.strip.hidden = !strip;
  parts.strip.dataset.tone = strip?.tone ?? '';
  parts.strip.replaceChildren(...(strip ? [icon(strip.icon), h('span', strip.text)] : []));
}

// What a button says begins with what stands on it; where there are words on it, the rest describes them.
function describe(element, { key, text, label }) {
  element.removeAttribute('aria-description');
  element.removeAttribute('aria-label');
  if (label && text) element.setAttribute('aria-description', label);
  else if (label) element.setAttribute('aria-label', `${key} ${label}`);
}

// Keys that can be pressed on the screen are buttons that stay the same element, so focus stays too.
function showKeys(place, keys) {
  const wanted = keys.map((key) => {
    const element = place.querySelector(`[data-act="${key.act}"]`) ?? button(key);
    element.classList.toggle('strong', Boolean(key.strong));
    element.disabled = Boolean(key.off);
    describe(element, key);
    element.replaceChildren(h('kbd', key.key), ...(key.text ? [h('span', key.text)] : []));
    return element;
  });
  const same = wanted.length === place.children.length && wanted.every((element, at) => place.children[at] === element);
  if (!same) place.replaceChildren(...wanted);
}

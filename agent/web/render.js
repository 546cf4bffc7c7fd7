// Puts a view model on screen. No decisions here: text, order and tones come from model.js.
const SVG = 'http://www.w3.org/2000/svg';

export function createScreen(document, handlers) {
  const $ = (id) => document.getElementById(id);
  const parts = { till: $('till'), store: $('store'), pill: $('pill'), unsent: $('unsent'), time: $('time'), band: $('band'),
    stage: $('stage'), visit: $('visit'), customer: $('customer'), lines: $('lines'), strip: $('strip'), keys: $('keys'),
    cartTitle: $('cart-title'), touched: $('touched'), empty: $('empty'), items: $('items'), cartUnsent: $('cart-unsent'),
    totalLabel: $('total-label'), total: $('total'), who: $('live-who'), what: $('live-what'), body: document.body };
  const screen = { document, handlers, parts, rows: new Map(), seen: new Map(), band: null };
  parts.keys.addEventListener('click', (event) => press(event, handlers));
  parts.lines.addEventListener('click', (event) => pressLine(event, handlers));
  return {
    show: (view, still) => show(screen, view, still),
    focusLine: (id) => focusLine(screen, id),
  };
}

function press(event, handlers) {
  const act = event.target.closest('button')?.dataset.act;
  if (act) handlers.act(act);
}

function pressLine(event, handlers) {
  const row = event.target.closest('li');
  if (!row) return;
  const act = event.target.closest('button')?.dataset.act;
  handlers.select(row.dataset.line);
  if (act) handlers.act(act, row.dataset.line);
}

function focusLine(screen, id) {
  const row = screen.rows.get(id);
  row?.element.focus({ preventScroll: true });
  row?.element.scrollIntoView({ block: 'nearest' });
}

function show(screen, view, still) {
  const { parts } = screen;
  showBar(parts, view.bar);
  // The band takes room from what is below: it comes and goes only when no hand is on the page.
  if (still || !view.customer) screen.band = view.band;
  changed(screen, 'band', screen.band, (band) => showBand(screen, band));
  parts.visit.hidden = !view.customer;
  changed(screen, 'stage', view.stage, (stage) => showStage(screen, stage));
  changed(screen, 'customer', view.customer, (customer) => showCustomer(screen, customer));
  changed(screen, 'cart', view.cart, (cart) => showCart(screen, cart, still));
  changed(screen, 'strip', view.strip, (strip) => showStrip(screen, strip));
  changed(screen, 'keys', view.keys, (keys) => showKeys(screen, keys));
  setText(parts.who, view.live.who);
  setText(parts.what, view.live.what);
}

// Draws a part only when its view has changed.
function changed(screen, name, value, draw) {
  const text = JSON.stringify(value);
  if (screen.seen.get(name) === text) return;
  screen.seen.set(name, text);
  draw(value);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** h('p.note', 'text', child …): an element with classes, text and children; nothing is parsed as HTML. */
function h(screen, name, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = screen.document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(' ');
  element.append(...children.filter((child) => child !== null && child !== ''));
  return element;
}

function icon(screen, name) {
  const svg = screen.document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = screen.document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

function showBar(parts, bar) {
  setText(parts.till, bar.till);
  setText(parts.store, bar.store);
  setText(parts.pill.lastElementChild, bar.pill.text);
  parts.pill.dataset.tone = bar.pill.tone;
  setText(parts.unsent, bar.unsent);
  setText(parts.time, bar.time);
}

function showBand(screen, band) {
  const { parts } = screen;
  parts.band.hidden = !band;
  if (!band) {
    parts.band.replaceChildren();
    return;
  }
  parts.band.dataset.tone = band.tone;
  const text = h(screen, 'p', h(screen, 'strong', band.title), ...band.parts.map((part) => h(screen, 'span', ` ${part}`)));
  parts.band.replaceChildren(icon(screen, band.icon), text, ...band.also.map((also) => h(screen, 'span.also', also)));
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
  const fact = stage.fact ? h(screen, 'div.fact', h(screen, 'b', stage.fact.name), h(screen, 'span.price', stage.fact.price), h(screen, 'span.muted', stage.fact.note)) : null;
  const picture = h(screen, 'div.picture', h(screen, 'i'), h(screen, 'i'), icon(screen, stage.icon));
  parts.stage.replaceChildren(picture, h(screen, 'h1', stage.title), ...(fact ? [fact] : []), h(screen, 'p', stage.detail));
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
  const body = customer.details ? detailsBody(screen, customer) : factsBody(screen, customer);
  parts.customer.replaceChildren(tierBand(screen, customer), h(screen, 'h1', customer.name), pointsLine(screen, customer.points), body);
}

function tierBand(screen, customer) {
  const band = h(screen, 'div.tier');
  if (customer.tier) {
    const symbol = h(screen, 'span.symbol', customer.tier.symbol);
    symbol.setAttribute('aria-hidden', 'true');
    band.append(symbol, h(screen, 'b', customer.tier.word));
  } else {
    band.classList.add('none');
  }
  band.append(h(screen, 'span.since', customer.since));
  return band;
}

function pointsLine(screen, points) {
  if (!points) return h(screen, 'p.points');
  const main = h(screen, points.hidden ? 'span.muted' : 'b', points.text);
  return h(screen, 'p.points', main, points.next ? h(screen, 'span', ` · ${points.next}`) : '', points.note ? h(screen, 'span.muted', ` · ${points.note}`) : '');
}

function factsBody(screen, customer) {
  const { labels } = customer;
  const body = h(screen, 'div.facts');
  if (customer.open.length > 0) body.append(group(screen, 'open', labels.open, customer.open));
  body.append(group(screen, 'benefits', labels.till, customer.benefits.length > 0 ? customer.benefits : [labels.quiet]));
  if (customer.ask.length > 0) body.append(group(screen, 'ask', labels.ask, customer.ask));
  if (customer.journey) body.append(group(screen, 'journey', labels.journey, [customer.journey]));
  return body;
}

function group(screen, kind, label, items) {
  return h(screen, `section.${kind}`, h(screen, 'h2', label), h(screen, 'ul', ...items.map((item) => h(screen, 'li', item))));
}

function detailsBody(screen, customer) {
  const { facts, journey, none, journeyTitle } = customer.details;
  const list = h(screen, 'dl', ...facts.flatMap(([name, value]) => [h(screen, 'dt', name), h(screen, 'dd', value)]));
  const steps = journey.length === 0 ? [h(screen, 'li', none)] : journey.map((step) => h(screen, 'li', h(screen, 'span.muted', step.when), h(screen, 'span', step.what)));
  return h(screen, 'div.facts', h(screen, 'section.details', h(screen, 'h2', customer.labels.details), list),
    h(screen, 'section.steps', h(screen, 'h2', journeyTitle), h(screen, 'ol', ...steps)));
}

// ---- the cart ----

function showCart(screen, cart, still) {
  const { parts, rows } = screen;
  if (!cart) {
    rows.clear();
    for (const part of [parts.lines, parts.cartTitle, parts.touched, parts.empty, parts.items, parts.cartUnsent, parts.totalLabel, parts.total]) part.replaceChildren();
    return;
  }
  setText(parts.cartTitle, cart.title);
  setText(parts.touched, cart.touched);
  parts.empty.hidden = !cart.empty;
  parts.empty.replaceChildren(...(cart.empty ? [icon(screen, 'cart'), h(screen, 'b', cart.empty.title), h(screen, 'p', cart.empty.detail)] : []));
  showLines(screen, cart.lines, still);
  setText(parts.items, cart.items);
  setText(parts.cartUnsent, cart.unsent);
  setText(parts.totalLabel, cart.totalLabel);
  parts.total.classList.toggle('muted', cart.totalHidden);
  parts.total.replaceChildren(cart.total, h(screen, 'small', cart.currency));
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
    showRow(screen, rows.get(line.id), line);
  }
  // A line that was just added is brought into sight, unless a hand is over the page.
  if (newest && still && rows.size > 1 && lines.at(-1).changed) rows.get(newest).element.scrollIntoView({ block: 'nearest' });
}

function createRow(screen, id) {
  const part = (name) => h(screen, name);
  const row = { name: part('span.name'), marks: part('span.marks'), quantity: part('b.quantity'), each: part('span.each'), total: part('span.sum'),
    minus: stepper(screen, 'minus', '−'), plus: stepper(screen, 'plus', '+'), remove: stepper(screen, 'remove', '') };
  row.remove.append(icon(screen, 'bin'));
  const what = h(screen, 'div.what', row.name, row.marks);
  const steps = h(screen, 'div.steps', row.remove, row.minus, row.quantity, row.plus);
  row.element = h(screen, 'li', what, steps, h(screen, 'div.money', row.total, row.each));
  row.element.dataset.line = id;
  row.element.tabIndex = 0;
  row.element.addEventListener('focus', () => screen.handlers.select(id));
  return row;
}

function stepper(screen, act, text) {
  const button = h(screen, `button.${act}`, text);
  button.type = 'button';
  button.dataset.act = act;
  button.tabIndex = -1;
  return button;
}

function showRow(screen, row, line) {
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
  row.minus.disabled = line.quantity < 2;
  for (const act of ['plus', 'minus', 'remove']) row[act].setAttribute('aria-label', line.act[act]);
  row.marks.replaceChildren(...marksOf(screen, line));
}

function marksOf(screen, line) {
  const marks = line.badges.map((badge) => h(screen, `span.badge.${badge.kind}`, badge.text));
  if (line.stock?.text) marks.push(h(screen, `span.stock.${line.stock.tone}`, line.stock.text));
  if (line.age) marks.push(h(screen, 'span.muted', line.age));
  return marks;
}

// ---- strip and keys ----

function showStrip(screen, strip) {
  const { parts } = screen;
  parts.body.classList.toggle('stripped', Boolean(strip));
  parts.strip.hidden = !strip;
  parts.strip.dataset.tone = strip?.tone ?? '';
  parts.strip.replaceChildren(...(strip ? [icon(screen, strip.icon), h(screen, 'span', strip.text)] : []));
}

// Keys that can be pressed on the screen are buttons that stay the same element, so focus stays too.
function showKeys(screen, keys) {
  const { parts } = screen;
  const wanted = keys.map((key) => {
    const found = parts.keys.querySelector(`[data-act="${key.act}"]`);
    const element = found ?? h(screen, key.button ? 'button' : 'span');
    element.dataset.act = key.act;
    if (key.button) element.type = 'button';
    element.classList.toggle('strong', Boolean(key.strong));
    element.replaceChildren(h(screen, 'kbd', key.key), h(screen, 'span', key.text));
    return element;
  });
  const same = wanted.length === parts.keys.children.length && wanted.every((element, at) => parts.keys.children[at] === element);
  if (!same) parts.keys.replaceChildren(...wanted);
}

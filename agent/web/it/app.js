// Ties the page for IT together: what the agent tells, asked for anew every few seconds, put on the page.
import { h, morph } from '../lib/dom.js';
import { connect } from '../lib/link.js';
import { firstWords, loadWords, rememberLanguage } from '../lib/words.js';
import { viewOf } from './model.js';

const ASK_MS = 3_000;

const $ = (id) => document.getElementById(id);
const now = () => performance.now();
const told = { link: { state: 'first', since: now() }, terminal: null, state: null, status: null, metrics: null, readers: null };
let offset = null; // agent's wall clock minus the page's clock, ms
let words = await firstWords();
let shown = '';

const link = connect(`ws://${location.host}/it`, {
  onUp: () => { become('up'); ask(); },
  onDown: () => { if (told.link.state !== 'denied') become('lost'); },
  onDenied: () => become('denied'),
  onMessage: (method, params) => {
    take(params);
    if (method === 'terminal') speak(params.language);
    if (method === 'terminal' || method === 'state') told[method] = params;
    paint();
  },
});

function become(state) {
  if (state !== told.link.state) told.link = { state, since: now() };
  paint();
}

function take(params) {
  if (Number.isFinite(params?.wall_ms)) offset = params.wall_ms - now();
}

function ask() {
  link.request('status', {}).then((status) => { take(status); told.status = status; paint(); }, () => {});
  link.request('reader.list', {}).then(({ readers }) => { told.readers = readers; paint(); }, () => {});
  link.request('metrics', {}).then(({ lines }) => { told.metrics = lines; paint(); }, () => {});
}

function speak(language) {
  rememberLanguage(language);
  if (!language || language === words.tag) return;
  loadWords(language).then((loaded) => { words = loaded; paint(); }, () => {});
}

function paint() {
  const view = viewOf(told, { at: now(), wall: offset === null ? null : now() + offset }, words);
  document.body.dataset.kind = told.link.state;
  document.documentElement.lang = words.tag;
  document.documentElement.dir = words.direction;
  document.title = [view.where, words.t('page.it')].filter(Boolean).join(' – ');
  $('where').textContent = view.where;
  $('link').textContent = view.link.text;
  $('link').dataset.tone = view.link.tone;
  $('parts-title').textContent = words.t('it.parts');
  $('measures-title').textContent = words.t('it.measures');
  $('outcomes-title').textContent = words.t('it.outcomes');
  morph($('parts'), view.parts.map(partElement));
  morph($('measures'), tableElement(['it.measure', 'it.channel', 'it.value'], view.measures.map(({ name, channel, value }) => [name, channel, value])));
  morph($('outcomes'), tableElement(['it.when', 'it.what', 'it.reader', 'it.took'], view.outcomes.map(({ when, what, code, reader, took }) => [when, `${what} (${code})`, reader, took])));
  for (const table of [$('measures'), $('outcomes')]) makeReachable(table);
  announce(view.parts.filter(({ tone }) => tone === 'warn' || tone === 'bad').map(({ name, state }) => `${name}: ${state}`).join('. '));
}

// A table that is wider than its room is scrolled by keys: the keyboard stops at it while it is.
function makeReachable(table) {
  if (table.scrollWidth > table.clientWidth + 1) table.tabIndex = 0;
  else table.removeAttribute('tabindex');
}

const partElement = ({ key, name, tone, state, details }) => h('li.part', { 'data-key': key, 'data-tone': tone },
  h('h3', name), h('p.state', state), ...details.map((detail) => h('p', detail)));

function tableElement(heads, rows) {
  if (rows.length === 0) return h('p', words.t('it.nothing'));
  return h('table', h('thead', h('tr', ...heads.map((head) => h('th', { scope: 'col' }, words.t(head))))),
    h('tbody', ...rows.map((cells) => h('tr', ...cells.map((cell) => h('td', cell))))));
}

function announce(text) {
  if (text === shown) return;
  shown = text;
  $('live').textContent = text;
}

const room = new ResizeObserver((tables) => tables.forEach(({ target }) => makeReachable(target)));
for (const table of [$('measures'), $('outcomes')]) room.observe(table);
setInterval(() => (told.link.state === 'up' ? ask() : paint()), ASK_MS);
paint();

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, wordsFor } from './web.mjs';

const { measuresOf, sampleOf, viewOf } = await load('it/model.js');
const w = await wordsFor('en', 'UTC');
const NOW = Date.UTC(2026, 2, 2, 8, 41);
const told = (change = {}) => ({
  link: { state: 'up', since: 0 },
  terminal: { till: '4', store: '0421', store_name: 'Harbour Street', role: 'till' },
  state: { line: { state: 'live', since_ms: NOW - 60_000 }, readers: [{ name: 'Card reader', kind: 'nfc', state: 'ready', since_ms: NOW }], unsent: 0, notices: [] },
  status: { software: 'tillbridged 0.1.0', started_ms: NOW - 3_600_000, certificate_until_ms: NOW + 86_400_000, disk: { free_bytes: 5e9, size_bytes: 8e9 }, cache: { customers: 1200, products: 80 },
    outcomes: [{ at_ms: NOW - 1000, outcome: 'unreadable', code: 'tag.torn', reader: 'Card reader', took_ms: 31 }] },
  metrics: null,
  ...change,
});
const view = (change) => viewOf(told(change), { at: 0, wall: NOW }, w);
const part = (shown, key) => shown.parts.find((one) => one.key === key);

test('a terminal that is well says so part by part', () => {
  const shown = view();
  assert.equal(shown.where, 'Till 4 · Harbour Street (0421)');
  assert.deepEqual([...new Set(shown.parts.map(({ tone }) => tone))], ['ok']);
  assert.equal(part(shown, 'line').state, 'Online · live');
  assert.equal(part(shown, 'disk').state, '5,000 MB of 8,000 MB are free');
  assert.equal(part(shown, 'cache').state, '1,200 customers, 80 products');
  assert.equal(part(shown, 'certificate').state, 'Valid until March 3, 2026');
  assert.deepEqual(part(shown, 'version').details, ['since today 07:41']);
  assert.equal(part(shown, 'display'), undefined);
  assert.deepEqual(shown.outcomes[0], { when: 'today 08:40', what: 'Could not read it. Hold it longer', code: 'tag.torn', reader: 'Card reader', took: '31 ms' });
});

test('a reader says which program of which version it runs, and how often that began', () => {
  const { details } = part(view({ readers: [{ name: 'Card reader', software: '0.1.0', board: 'mps2-an385', starts: 3 }] }), 'reader:Card reader:nfc');
  assert.deepEqual(details, ['since today 08:41', 'Version 0.1.0 on mps2-an385', 'Started 3 times']);
  assert.deepEqual(part(view({ readers: [{ name: 'Card reader', starts: 1 }] }), 'reader:Card reader:nfc').details, ['since today 08:41']);
});

test('what is wrong says what it is and what to do', () => {
  const state = { ...told().state, line: { state: 'offline', since_ms: NOW - 600_000, cause: 'tls' }, display: { state: 'unplugged', since_ms: NOW - 1000 }, unsent: 3,
    readers: [{ name: 'Scanner', kind: 'scanner', state: 'unplugged', since_ms: NOW }],
    notices: [{ code: 'disk_full', since_ms: NOW }, { code: 'changes_not_stored', since_ms: NOW }, { code: 'outbox_damaged', since_ms: NOW }, { code: 'news', since_ms: NOW }] };
  const shown = view({ state });
  assert.deepEqual(part(shown, 'line').details, ['The central system could not prove who it is.', w.t('offline.works'), w.t('offline.not'), w.t('offline.later.tls'), w.t('it.do.tls')]);
  assert.deepEqual([part(shown, 'disk').tone, part(shown, 'storage').tone, part(shown, 'display').tone, part(shown, 'reader:Scanner:scanner').tone], ['bad', 'bad', 'warn', 'warn']);
  assert.equal(part(shown, 'disk').details.at(-1), '5,000 MB of 8,000 MB are free');
  assert.match(part(shown, 'storage').details.at(-1), /^Stored changes were damaged\./);
  assert.equal(part(shown, 'unsent').state, '3 not sent yet');
  assert.equal(part(shown, 'notice:news').state, 'Please tell IT: news');
  assert.equal(part(view({ status: { ...told().status, disk: { free_bytes: 1e8, size_bytes: 8e9 } } }), 'disk').tone, 'warn');
});

test('a file of measures is a part where there is one', () => {
  assert.equal(part(view(), 'metrics'), undefined);
  const at = (metrics_file) => part(view({ status: { ...told().status, metrics_file } }), 'metrics');
  assert.deepEqual(at({ state: 'written', since_ms: NOW }), { key: 'metrics', name: 'Measures file', tone: 'ok', state: 'Is written', details: ['since today 08:41'] });
  const old = at({ state: 'unwritten', code: 'refused.denied', since_ms: NOW });
  assert.deepEqual([old.tone, old.state], ['warn', 'Cannot be written']);
  assert.match(old.details[0], /who may write to it \(refused\.denied\)/);
});

test('before anything is known nothing is claimed', () => {
  const shown = viewOf({ link: { state: 'first', since: 0 }, terminal: null, state: null, status: null, metrics: null }, { at: 0, wall: null }, w);
  assert.deepEqual([shown.parts, shown.measures, shown.outcomes], [[], [], []]);
  assert.deepEqual(shown.link, { tone: 'none', text: 'Connecting to the till’s service…' });
});

test('measures are read from OpenMetrics text', () => {
  assert.deepEqual(sampleOf('tillbridge_outcomes_total{channel="till",outcome="recognised"} 3'), { name: 'tillbridge_outcomes_total', labels: { channel: 'till', outcome: 'recognised' }, value: 3 });
  assert.deepEqual(sampleOf('tillbridge_line{state="live",cause="",text="a \\"b\\" {c}"} 1').labels, { state: 'live', cause: '', text: 'a \\"b\\" {c}' });
  assert.equal(sampleOf('# EOF'), null);
  assert.equal(sampleOf('nonsense'), null);
  const rows = measuresOf(['tillbridge_visits_recognised_total{channel="till"} 3', 'tillbridge_visits_total{channel="till"} 4',
    'tillbridge_outcomes_total{channel="till",outcome="recognised"} 1', 'tillbridge_outcomes_total{channel="till",outcome="unknown"} 9',
    'tillbridge_identify_seconds_sum{channel="till"} 0.06', 'tillbridge_identify_seconds_count{channel="till"} 3',
    'tillbridge_tap_seconds_sum{channel="till"} 0.0084', 'tillbridge_tap_seconds_count{channel="till"} 4'], w);
  assert.deepEqual(rows.map(({ name, channel, value }) => [name, channel, value]), [['Visits of somebody who was recognised', 'till', '75 % of 4'], ['Visits', 'till', '4'],
    ['From a tap or scan to the customer', 'till', '20 ms on average of 3'], ['From a reader to the pages', 'till', '2.1 ms on average of 4']]);
  assert.deepEqual(measuresOf(['tillbridge_visits_recognised_total{channel="till"} 0', 'tillbridge_visits_total{channel="till"} 0'], w).map(({ name }) => name), ['Visits']);
});

// What IT sees of a terminal: each part with its state in words and what to do. Pure.
// clock: { at, wall }: now by the page's own clock and by the agent's (null before it is known). w: words (lib/words.js).
import { asSentence, lineContract, noticeContract, pageContract, readerContract } from '../lib/outage.js';

const MB = 1_000_000;
const ROOM_LOW = 200 * MB; // below this much room on the disk it is worth a look
const STORAGE = ['storage_newer', 'changes_not_stored', 'changes_in_memory', 'changes_dropped', 'outbox_damaged', 'cache_rebuilt'];
const DISK = ['disk_full', 'disk_failing', 'disk_read_only'];
const GRAVE = new Set(['disk_full', 'disk_failing', 'disk_read_only', 'storage_newer', 'changes_not_stored', 'outbox_damaged', 'clock_wrong', 'quarantined']);

/** told: { link: { state, since }, terminal, state, status, metrics, readers }, all but link null before they came. */
export function viewOf(told, clock, w) {
  return {
    where: whereOf(told, w),
    link: linkOf(told.link, clock, w),
    parts: told.state ? partsOf(told, clock, w) : [],
    measures: told.metrics ? measuresOf(told.metrics, w) : [],
    outcomes: (told.status?.outcomes ?? []).map((one) => outcomeOf(one, clock, w)),
  };
}

function linkOf(link, clock, w) {
  const contract = pageContract(link, clock, w, 'it');
  if (contract) return { tone: link.state === 'first' ? 'none' : 'bad', text: [asSentence(contract.title), ...contract.parts].join(' ') };
  return { tone: 'ok', text: clock.wall === null ? '' : w.t('it.as_of', { time: w.time(clock.wall) }) };
}

function whereOf({ terminal }, w) {
  if (!terminal) return w.t('it.unnamed');
  const name = w.t(terminal.role === 'kiosk' ? 'bar.kiosk' : 'bar.till', { till: terminal.till });
  return `${name} · ${w.t('bar.store', { name: terminal.store_name ?? '', store: terminal.store }).trim()}`;
}

function partsOf(told, clock, w) {
  const notices = told.state.notices ?? [];
  return [
    lineOf(told, clock, w),
    ...(told.state.readers ?? []).map((reader) => readerOf(reader, told, clock, w)),
    ...displayOf(told.state.display, clock, w),
    noticedOf('clock', notices, ['clock_wrong'], clock, w, clock.wall === null ? '' : w.moment(clock.wall, clock.wall)),
    diskOf(told.status?.disk, notices, clock, w),
    noticedOf('storage', notices, STORAGE, clock, w, w.t('it.storage.ok')),
    unsentOf(told.state.unsent ?? 0, w),
    noticedOf('certificate', notices, ['certificate_expiring', 'quarantined'], clock, w, certificateOf(told.status, clock, w)),
    ...cacheOf(told.status, w),
    ...metricsFileOf(told.status?.metrics_file, clock, w),
    ...versionOf(told.status, clock, w),
    ...notices.filter(({ code }) => !w.has(`notice.${code}.title`)).map((notice) => otherOf(notice, clock, w)),
  ];
}

const part = (key, name, tone, state, ...details) => ({ key, name, tone, state, details: details.filter(Boolean) });
const sinceOf = (ms, clock, w) => (ms > 0 && clock.wall !== null ? w.t('it.since', { time: w.moment(ms, clock.wall) }) : '');

function lineOf({ state: { line }, terminal }, clock, w) {
  const name = w.t('it.line');
  if (line.state === 'live') return part('line', name, 'ok', w.t('line.live'), sinceOf(line.since_ms, clock, w));
  const contract = lineContract(line, clock.wall, w, { known: Boolean(terminal) });
  if (line.state === 'connecting') return part('line', name, 'none', w.t('line.connecting'), ...(contract?.parts ?? []));
  return part('line', name, 'warn', w.t('line.offline', { time: w.since(line.since_ms, clock.wall ?? line.since_ms) }), terminal ? '' : contract.title, ...contract.parts, w.has(`it.do.${line.cause}`) ? w.t(`it.do.${line.cause}`) : '');
}

function readerOf(reader, told, clock, w) {
  const key = `reader:${reader.name}:${reader.kind}`;
  const contract = readerContract(reader, told.state.readers, w);
  const more = [sinceOf(reader.since_ms, clock, w), ...helloOf((told.readers ?? []).find(({ name }) => name === reader.name), w)];
  if (!contract) return part(key, reader.name, 'ok', w.t('it.ready'), ...more);
  return part(key, reader.name, reader.state === 'starting' ? 'none' : 'warn', contract.title, ...contract.parts, ...more);
}

// What a reader said of itself, or the last one of this name: the version of its program, on what it runs, and how often it began anew.
function helloOf(info, w) {
  if (!info?.software) return [];
  return [w.t('it.reader.version', { version: info.software, board: info.board }), w.plural('it.reader.starts', info.starts)];
}

function displayOf(display, clock, w) {
  if (!display) return [];
  const there = display.state === 'ready';
  return [part('display', w.t('it.display'), there ? 'ok' : 'warn', w.t(there ? 'it.ready' : 'it.display.away'), there ? '' : w.t('it.display.away.detail'), sinceOf(display.since_ms, clock, w))];
}

// A part that is well unless one of these notices is on.
function noticedOf(key, notices, codes, clock, w, well) {
  const on = notices.filter(({ code }) => codes.includes(code));
  const name = w.t(`it.${key}`);
  if (on.length === 0) return part(key, name, 'ok', well || w.t('it.ready'));
  const [first, ...rest] = on.map((notice) => noticeContract(notice, w));
  return part(key, name, on.some(({ code }) => GRAVE.has(code)) ? 'bad' : 'warn', first.title, ...first.parts, sinceOf(on[0].since_ms, clock, w),
    ...rest.map(({ title, parts }) => [asSentence(title), ...parts].join(' ')));
}

function otherOf(notice, clock, w) {
  const { title, parts } = noticeContract(notice, w);
  return part(`notice:${notice.code}`, w.t('it.notice'), 'warn', title, ...parts, sinceOf(notice.since_ms, clock, w));
}

function diskOf(disk, notices, clock, w) {
  const room = disk ? w.t('it.disk.room', { free: w.number(Math.floor(disk.free_bytes / MB)), size: w.number(Math.floor(disk.size_bytes / MB)) }) : '';
  const shown = noticedOf('disk', notices, DISK, clock, w, room);
  if (shown.tone !== 'ok') return { ...shown, details: [...shown.details, room].filter(Boolean) };
  return disk && disk.free_bytes < ROOM_LOW ? { ...shown, tone: 'warn', details: [w.t('it.disk.low')] } : shown;
}

function unsentOf(unsent, w) {
  const name = w.t('it.unsent');
  return unsent === 0 ? part('unsent', name, 'ok', w.t('it.unsent.none')) : part('unsent', name, 'none', w.plural('unsent', unsent), w.t('it.unsent.detail'));
}

function certificateOf(status, clock, w) {
  const until = status?.certificate_until_ms;
  return until ? w.t('it.certificate.until', { date: w.day(until) }) : '';
}

function cacheOf(status, w) {
  if (!status?.cache) return [];
  return [part('cache', w.t('it.cache'), 'ok', w.t('it.cache.count', { customers: w.number(status.cache.customers), products: w.number(status.cache.products) }))];
}

function metricsFileOf(file, clock, w) {
  if (!file) return [];
  const written = file.state === 'written';
  return [part('metrics', w.t('it.metrics'), written ? 'ok' : 'warn', w.t(written ? 'it.metrics.written' : 'it.metrics.unwritten'), written ? '' : w.t('it.metrics.unwritten.detail', { code: file.code }), sinceOf(file.since_ms, clock, w))];
}

function versionOf(status, clock, w) {
  return status ? [part('version', w.t('it.version'), 'ok', status.software, sinceOf(status.started_ms, clock, w))] : [];
}

function outcomeOf(one, clock, w) {
  const title = [`title.${one.code}`, `outcome.${one.outcome}.title`, `outcome.${one.outcome}`].find((key) => w.has(key));
  return { when: clock.wall === null ? '' : w.moment(one.at_ms, clock.wall), what: title ? w.t(title) : one.outcome, code: one.code, reader: one.reader, took: w.t('it.ms', { n: w.number(one.took_ms) }) };
}

// ---- measures ----

/** One line of OpenMetrics text as { name, labels, value }; null for comments. */
export function sampleOf(line) {
  const found = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/i.exec(line);
  if (!found || line.startsWith('#')) return null;
  const labels = Object.fromEntries([...(found[2] ?? '').matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/gi)].map(([, name, value]) => [name, value]));
  return { name: found[1], labels, value: Number(found[3]) };
}

const SHOWN = [
  { key: 'visits', name: 'tillbridge_visits_total' },
  { key: 'resumed', name: 'tillbridge_resumed_carts_total' },
  { key: 'mutations', name: 'tillbridge_mutations_total' },
  { key: 'rejected', name: 'tillbridge_rejected_total' },
  { key: 'conflicts', name: 'tillbridge_conflicts_total' },
];
const TIMED = [
  { key: 'identify', name: 'tillbridge_identify_seconds' },
  { key: 'tap', name: 'tillbridge_tap_seconds' },
  { key: 'wait', name: 'tillbridge_wait_seconds' },
  { key: 'handle', name: 'tillbridge_handle_seconds' },
  { key: 'finish', name: 'tillbridge_finish_seconds' },
];

/** Rows { key, name, channel, value } of what this terminal measured since it was started. */
export function measuresOf(lines, w) {
  const samples = lines.map(sampleOf).filter(Boolean);
  const rows = [...recognisedOf(samples, w)];
  for (const { key, name } of SHOWN) {
    for (const one of samples.filter((sample) => sample.name === name)) rows.push(rowOf(key, one.labels.channel, w.number(one.value), w));
  }
  for (const { key, name } of TIMED) {
    for (const count of samples.filter((sample) => sample.name === `${name}_count` && sample.value > 0)) {
      const sum = samples.find((sample) => sample.name === `${name}_sum` && sample.labels.channel === count.labels.channel);
      rows.push(rowOf(key, count.labels.channel, w.t('it.mean', { time: timeOf((sum?.value ?? 0) / count.value, w), n: w.number(count.value) }), w));
    }
  }
  return rows;
}

const rowOf = (key, channel, value, w) => ({ key: `${key}:${channel ?? ''}`, name: w.t(`it.measure.${key}`), channel: channel && w.has(`channel.${channel}`) ? w.t(`channel.${channel}`) : '', value });

// The recognised share as docs/measures.md has it: the visits that had, or got, a customer, of all visits.
function recognisedOf(samples, w) {
  const recognised = samples.filter(({ name }) => name === 'tillbridge_visits_recognised_total');
  return recognised.flatMap(({ labels, value }) => {
    const visits = samples.find((one) => one.name === 'tillbridge_visits_total' && one.labels.channel === labels.channel)?.value ?? 0;
    return visits === 0 ? [] : [rowOf('recognised', labels.channel, w.t('it.share', { percent: w.number(Math.round(100 * value / visits)), n: w.number(visits) }), w)];
  });
}

function timeOf(seconds, w) {
  if (seconds < 1) return w.t('it.ms', { n: w.number(Math.round(seconds * 10_000) / 10) });
  return w.t('it.s', { n: w.number(Math.round(seconds * 10) / 10) });
}

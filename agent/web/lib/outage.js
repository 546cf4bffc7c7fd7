// What people are told of what is not as it should be: what it is, what works, what does not, what happens later. The words are
// the catalogue's section `outage`; the agent says the same in its log and its metrics (agent/app/status/outage.c). Pure.
//
// audience: 'staff', 'it' at its own page, or 'shopper': who are told the same in words of their own where those of the staff do not fit.
// A contract is { title, parts }: the parts in the order above, those that there are no words of left out.

const CONNECTING_MS = 3_000; // connecting is told of when it takes longer
const FIRST_MS = 2_000; // … and so is a page that has not found the agent

const wordsOf = (w, audience) => (...keys) => {
  const key = keys.flatMap((one) => (audience === 'staff' ? [one] : [`${one}.${audience}`, one])).find((one) => w.has(one));
  return key ?? '';
};

const contract = (title, w, ...keys) => ({ title, parts: keys.filter(Boolean).map((key) => w.t(key)) });

/** A title as a sentence of its own, before others. */
export const asSentence = (title) => title.replace(/[^.…?!]$/, '$&.');

/**
 * Of the line to the context store; null when it is live, or only connecting since a moment. known: it was connected at least
 * once, so that this terminal knows which it is, and customers.
 */
export function lineContract(line, wall, w, { audience = 'staff', known = true } = {}) {
  const key = wordsOf(w, audience);
  const since = line?.since_ms;
  if (line?.state === 'connecting') {
    const told = wall !== null && wall - since >= CONNECTING_MS;
    const parts = known ? [key('offline.works'), key('offline.not'), key('connecting.later')] : neverOf(key);
    return told ? contract(w.t('connecting.title'), w, ...parts) : null;
  }
  if (line?.state !== 'offline') return null;
  const cause = key(`offline.cause.${line.cause}`);
  if (!known) return contract(w.t('never.title'), w, cause, ...neverOf(key));
  const later = audience === 'shopper' ? key('offline.later') : key(`offline.later.${line.cause}`, 'offline.later');
  return contract(w.t('offline.title', { time: w.time(since) }), w, cause, key('offline.works'), key('offline.not'), later);
}

const neverOf = (key) => ['works', 'not', 'later'].map((part) => key(`never.${part}`));

/** Of one of these readers; null when it is ready. */
export function readerContract(reader, readers, w, audience = 'staff') {
  if (!w.has(`reader.${reader.state}.title`)) return null;
  const key = wordsOf(w, audience);
  const ready = (kind) => readers.some((other) => other.kind === kind && other.state === 'ready');
  const works = ['nfc', 'scanner'].filter(ready).map((kind) => key(`reader.works.${kind}`));
  const not = ready(reader.kind) ? key('reader.not.alike') : key(`reader.not.${reader.kind}`);
  const later = audience === 'shopper' ? key('reader.later') : key(`reader.${reader.state}.later`);
  return contract(w.t(`reader.${reader.state}.title`, { reader: readerName(reader, readers, w) }), w, ...(works.length > 0 ? works : [key('reader.works.none')]), not, later);
}

/** What a reader is called: readers of one kind are told apart by their names. */
export function readerName(reader, readers, w) {
  const alike = readers.filter((other) => other.kind === reader.kind).length > 1;
  return alike ? reader.name : w.t(`reader.${reader.kind}`);
}

/** Of a notice of the agent, whether or not there are words of it. */
export function noticeContract({ code }, w) {
  if (!w.has(`notice.${code}.title`)) return contract(w.t('notice.other.title', { code }), w, 'notice.other.works');
  const key = (part) => [`notice.${code}.${part}`, `notice.${part}`].find((one) => w.has(one)) ?? '';
  return contract(w.t(`notice.${code}.title`), w, key('works'), key('not'), key('later'));
}

/** Of the page itself, { state: 'first' | 'lost' | 'denied', since }; null when it is connected. */
export function pageContract(link, clock, w, audience = 'staff') {
  const key = wordsOf(w, audience);
  if (link.state === 'up') return null;
  if (link.state === 'denied') return contract(w.t(key('page.denied.title')), w, key('page.works'), key('page.not'), key('page.denied.later'));
  if (link.state === 'first') {
    const parts = clock.at - link.since >= FIRST_MS ? [key('page.works'), key('page.not'), key('page.first.later')] : [];
    return contract(w.t(key('page.first')), w, ...parts);
  }
  const since = clock.wall === null ? null : link.since + (clock.wall - clock.at);
  const { title, parts } = contract(w.t(key('page.title')), w, key('page.works'), key('page.not'));
  return { title, parts: [...parts, since === null ? w.t('page.later.now') : w.t('page.later', { time: w.time(since) })] };
}

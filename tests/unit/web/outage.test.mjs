// What people are told of an outage: whole, in every language, to clerks and to shoppers, and by the agent as by its pages.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { catalogue, load, wordsFor } from './web.mjs';

const { LANGUAGES } = await load('lib/words.js');
const { asSentence, lineContract, noticeContract, pageContract, readerContract } = await load('lib/outage.js');
const WALL = Date.UTC(2026, 2, 2, 8, 41);
const CLOCK = { at: 60_000, wall: WALL };
const CAUSES = ['no_route', 'refused', 'tls', 'clock', 'denied', 'closed'];
const TROUBLES = ['starting', 'unplugged', 'crashed', 'hung', 'unsupported'];
const KINDS = ['nfc', 'scanner', 'head'];
const codes = Object.keys(catalogue('en').outage).map((key) => /^notice\.(\w+)\.title$/.exec(key)?.[1]).filter((code) => code && code !== 'other');

const offline = (cause) => ({ state: 'offline', since_ms: WALL - 60_000, cause });
const connecting = { state: 'connecting', since_ms: WALL - 60_000 };
const pair = (kind, state, beside) => [{ name: 'Front', kind, state, since_ms: 0 }, { name: 'Back', kind: beside, state: 'ready', since_ms: 0 }];
const alone = (kind, state) => [{ name: 'Front', kind, state, since_ms: 0 }];

// Every state there is, each with its contract for these people.
function contracts(w, audience) {
  const all = { connecting: lineContract(connecting, WALL, w, { audience }), 'never connecting': lineContract(connecting, WALL, w, { audience, known: false }) };
  for (const cause of CAUSES) {
    all[`offline ${cause}`] = lineContract(offline(cause), WALL, w, { audience });
    all[`offline never ${cause}`] = lineContract(offline(cause), WALL, w, { audience, known: false });
  }
  for (const state of ['first', 'lost', 'denied']) all[`page ${state}`] = pageContract({ state, since: 0 }, CLOCK, w, audience);
  for (const kind of KINDS) {
    for (const state of TROUBLES) {
      all[`reader ${kind} ${state}`] = readerContract(alone(kind, state)[0], alone(kind, state), w, audience);
      for (const beside of KINDS) all[`reader ${kind} ${state} beside ${beside}`] = readerContract(pair(kind, state, beside)[0], pair(kind, state, beside), w, audience);
    }
  }
  if (audience !== 'shopper') for (const code of codes) all[`notice ${code}`] = noticeContract({ code }, w); // no shopper is told
  return all;
}

for (const language of Object.keys(LANGUAGES)) {
  test(`every state says what it is, what works, what does not and what happens later: ${language}`, async () => {
    const w = await wordsFor(language, 'UTC');
    for (const audience of ['staff', 'it', 'shopper']) {
      for (const [name, { title, parts }] of Object.entries(contracts(w, audience))) {
        const causes = name.startsWith('offline') ? 1 : 0;
        assert.ok(title.length > 3, `${name}: no title`);
        assert.ok(parts.length >= 3 + causes, `${audience} ${name}: ${parts.join(' | ')}`);
        assert.equal(new Set(parts).size, parts.length, `${audience} ${name}: ${parts.join(' | ')}`);
        for (const part of [title, ...parts]) assert.doesNotMatch(part, /\{\w+\}|^[a-z]+\.[a-z]/, `${audience} ${name}`);
      }
    }
  });

  test(`the agent says in its log and metrics what the pages say: ${language}`, async () => {
    const w = await wordsFor(language, 'UTC');
    const told = execFileSync(process.env.TB_OUTAGE_WORDS, [language], { encoding: 'utf8' }).trim().split('\n').map((one) => JSON.parse(one));
    assert.equal(told.filter(({ of }) => of === 'notice').length, codes.length);
    for (const line of ['line', 'never']) assert.equal(told.filter(({ of }) => of === line).length, CAUSES.length + 2);
    assert.equal(told.filter(({ of }) => of === 'reader').length, KINDS.length * KINDS.length * (TROUBLES.length + 1));
    for (const one of told) assert.equal(one.text, said(one, w), JSON.stringify(one));
  });
}

// As a page says it, in one text. Since when the line is down stands beside the agent's.
function said({ of, name, other, beside }, w) {
  if (of === 'notice') return sentence(noticeContract({ code: name }, w));
  if (of === 'reader') return other === 'ready' ? '' : sentence(readerContract(pair(name, other, beside)[0], pair(name, other, beside), w));
  if (name === 'live') return w.t('line.live');
  const known = of === 'line';
  if (name === 'connecting') return sentence(lineContract(connecting, WALL, w, { known }));
  const contract = lineContract(offline(other), WALL, w, { known });
  return known ? contract.parts.join(' ') : sentence(contract);
}

const sentence = ({ title, parts }) => [asSentence(title), ...parts].join(' ');

test('no word of the section is left over', async () => {
  const w = await wordsFor('en', 'UTC');
  const used = new Set();
  const watched = { ...w, t: (key, values) => { used.add(key); return w.t(key, values); } };
  for (const audience of ['staff', 'it', 'shopper']) contracts(watched, audience);
  noticeContract({ code: 'of_the_future' }, watched);
  pageContract({ state: 'lost', since: 0 }, { at: 0, wall: null }, watched);
  for (const key of ['line.live', 'line.connecting', 'line.offline', 'line.page', 'notice.more']) used.add(key); // short words of the clerk page's bar
  assert.deepEqual(Object.keys(catalogue('en').outage).filter((key) => !used.has(key)), []);
});

test('a shopper is never sent to IT, to a cable or to a key', async () => {
  const w = await wordsFor('en', 'UTC');
  for (const [name, { title, parts }] of Object.entries(contracts(w, 'shopper'))) assert.doesNotMatch([title, ...parts].join(' '), /\bIT\b|cable|F3|till’s service/, name);
});

test('what lasts a moment is not told', async () => {
  const w = await wordsFor('en', 'UTC');
  assert.equal(lineContract({ state: 'connecting', since_ms: WALL - 2_999 }, WALL, w), null);
  assert.equal(lineContract({ state: 'connecting', since_ms: 0 }, null, w), null);
  assert.deepEqual(pageContract({ state: 'first', since: 0 }, { at: 1_999, wall: null }, w).parts, []);
  assert.equal(lineContract({ state: 'live', since_ms: 0 }, WALL, w), null);
  assert.equal(pageContract({ state: 'up', since: 0 }, CLOCK, w), null);
});

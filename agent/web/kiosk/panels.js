// What is open over the screen, one thing at a time: the codes of a cart, help, what is known, questions, the language,
// and the count-down before the screen is cleared. Pure; see model.js.
import { consentWords } from '../lib/consent_words.js';
import { ageOf, assuranceText } from '../lib/facts.js';
import { errorText, helpLine, nameOf, waited } from './said.js';
import { BLANK_MS } from './state.js';

/** The dialog of this state, null when none is open: { kind, title, detail, actions, … }. */
export function dialogOf(state, env, clock) {
  const blank = blankDialog(state, env.words, clock);
  if (blank) return blank;
  const { panel } = state;
  if (!panel || !Object.hasOwn(panels, panel.name)) return null;
  return panels[panel.name](state, env, clock);
}

const panels = { language: languageDialog, send: sendDialog, help: helpDialog, know: knowDialog, forget: forgetDialog, not_me: notMeDialog };

const dialog = (kind, title, detail, actions, more = {}) => ({ kind, title, detail, actions, busy: false, ...more });
const action = (act, text, change = {}) => ({ act, text, ...change });

function blankDialog({ blank, visit }, w, clock) {
  const left = blank ? blank.until - clock.at : null;
  if (!visit || left === null || left > BLANK_MS) return null;
  const seconds = Math.max(0, Math.ceil(left / 1_000));
  return dialog('blank', w.t('kiosk.blank.title'), w.t(visit.anonymous ? 'kiosk.blank.detail.anonymous' : 'kiosk.blank.detail'), [action('stay', w.t('kiosk.blank.stay'), { strong: true })],
    { seconds: w.number(seconds), told: w.plural('kiosk.blank.seconds', seconds), part: Math.min(1, Math.max(0, left / BLANK_MS)) });
}

// What waits for an answer, and what got none; null when the answer is here.
function unanswered(kind, title, state, w, wait) {
  const close = action('close', w.t('kiosk.act.close'));
  if (state.panel.step === 'asking') return dialog(kind, title, wait, [close], { busy: true });
  if (state.panel.step === 'failed') return dialog(kind, title, errorText(state.panel.code, w, { panel: true }), [action('again', w.t('kiosk.act.again'), { strong: true }), close], { failed: true });
  return null;
}

function languageDialog(state, { words: w, languages }) {
  const options = languages.map((one) => ({ ...one, current: one.code === w.language }));
  return dialog('language', w.t('kiosk.language.title'), '', [action('close', w.t('kiosk.act.close'))], { options });
}

function sendDialog(state, { words: w }, clock) {
  const title = w.t('kiosk.send.title');
  const waiting = unanswered('send', title, state, w, w.t('kiosk.send.wait'));
  if (waiting) return waiting;
  const { code, until_ms, text, qr } = state.panel.result;
  const square = /^https?:/.test(text) ? 'phone' : 'photo'; // a phone opens web addresses alone
  const back = action('close', w.t('kiosk.act.back'));
  if (clock.wall !== null && clock.wall >= until_ms) return dialog('send', title, w.t('kiosk.send.over'), [action('again', w.t('kiosk.send.new'), { strong: true }), back]);
  return dialog('send', title, '', [back], { until: w.t('kiosk.send.until', { time: w.time(until_ms) }), qr: qr ?? null,
    code: String(code), groups: String(code).match(/.{1,3}/g) ?? [],
    ways: [[w.t('kiosk.send.till'), w.t('kiosk.send.till.detail')], [w.t(`kiosk.send.${square}`), w.t(`kiosk.send.${square}.detail`)]], label: w.t('kiosk.send.qr') });
}

function helpDialog(state, { words: w }, clock) {
  const title = w.t('kiosk.help.title');
  if (!state.help) {
    const waiting = unanswered('help', title, state, w, w.t('kiosk.help.asking'));
    return waiting ?? dialog('help', title, w.t('kiosk.help.asking'), [action('close', w.t('kiosk.act.close'))], { busy: true });
  }
  const line = helpLine(state, w, clock);
  const filled = !state.merge && !state.choose && state.lines.some((one) => one.goneAt === null); // her cart is what is under it
  const back = action('close', w.t(filled ? 'kiosk.act.back' : 'kiosk.act.close'), { strong: true });
  const of = filled ? 'cart' : 'detail';
  const words = (key) => w.t(`kiosk.help.${key}.${of}`);
  if (state.help.state === 'over') return dialog('help', line.text, w.t('kiosk.help.over.detail'), [back], { tone: 'quiet' });
  if (state.help.state === 'accepted') return dialog('help', line.text, words('accepted'), [back], { tone: 'good' });
  return dialog('help', line.text, words('wait'), [back, action('help_cancel', w.t('kiosk.help.cancel'))],
    { tone: 'busy', since: waited(state.help, w, clock), declined: state.help.back_by ? line.detail : state.help.declined > 0 ? w.t('kiosk.help.declined') : '' });
}

function knowDialog(state, { words: w }, clock) {
  const title = w.t('kiosk.know.title');
  const waiting = unanswered('know', title, state, w, w.t('kiosk.know.wait'));
  if (waiting) return waiting;
  const groups = (state.panel.result?.groups ?? []).map((one) => groupOf(one, state, w, clock)).filter((one) => one.facts.length > 0);
  return dialog('know', title, w.t(groups.length > 0 ? 'kiosk.know.detail' : 'kiosk.know.none'),
    [action('close', w.t('kiosk.act.back'), { strong: true }), action('forget', w.t('kiosk.forget.act'))],
    { groups, more: (state.panel.result?.hidden ?? []).some((benefit) => benefit.startsWith('show_')) ? w.t('kiosk.know.hidden') : '' });
}

function groupOf({ group, facts }, state, w, clock) {
  const title = w.has(`kiosk.know.group.${group}`) ? w.t(`kiosk.know.group.${group}`) : group;
  return { title, facts: (facts ?? []).map((one) => factOf(one, state, w, clock)) };
}

function factOf(one, state, w, clock) {
  const age = ageOf(one.as_of, clock);
  const from = w.has(`kiosk.know.source.${one.source}`) ? w.t(`kiosk.know.source.${one.source}`) : '';
  const ago = age === null ? '' : w.ago(age);
  return { name: w.has(`kiosk.know.fact.${one.fact}`) ? w.t(`kiosk.know.fact.${one.fact}`) : one.fact, value: valueOf(one, state, w, clock),
    from: from && ago ? w.t('kiosk.know.from', { source: from, age: ago }) : from || ago };
}

// What is not a plain text or number has a way of its own to be said.
const values = {
  tier: ({ value }, state) => (state.terminal?.tiers ?? []).find((tier) => tier.id === value)?.name ?? value,
  language: ({ value }, state, w) => w.languageName(value),
  began_ms: ({ value }, state, w, clock) => w.moment(value, clock.wall ?? value),
  credential_kind: ({ value }, state, w) => (w.has(`credential.${value}`) ? w.t(`credential.${value}`) : value),
  found_by: ({ value }, state, w) => (w.has(`kiosk.know.by.${value}`) ? w.t(`kiosk.know.by.${value}`) : value),
  assurance: ({ value }, state, w) => assuranceText({ assurance: value, credential_kind: state.visit?.credential_kind }, w) || value,
  consent: ({ value, granted }, state, w) => consentAnswer(value, w.t(granted === true ? 'consent.yes' : 'consent.no'), state, w),
  cart_line: ({ value, quantity }, state, w) => w.t('kiosk.know.line', { n: w.number(quantity), name: value }),
  touchpoint: ({ value, channel }, state, w) => [w.has(`channel.on.${channel}`) ? w.t(`channel.on.${channel}`) : '', w.has(`journey.${value}`) ? w.t(`journey.${value}`) : value].filter(Boolean).join(': '),
};

// The question as it is asked today; of one that nobody has words for what the chain calls it.
function consentAnswer(id, answer, { terminal }, w) {
  const asked = (terminal?.consents ?? []).find((one) => one.id === id) ?? { id };
  const question = consentWords(asked, terminal, w)?.text;
  return question ? w.t('kiosk.know.consent', { question, answer }) : w.t('kiosk.know.consent.unnamed', { name: String(id).replace(/[._:-]+/g, ' ').trim() || String(id), answer });
}

function valueOf(one, state, w, clock) {
  if (Object.hasOwn(values, one.fact)) return values[one.fact](one, state, w, clock);
  return Number.isFinite(one.value) ? w.number(one.value) : String(one.value);
}

function forgetDialog(state, { words: w }) {
  const title = w.t('kiosk.forget.title');
  return unanswered('forget', title, state, w, w.t('kiosk.forget.wait')) ?? dialog('forget', title, w.t('kiosk.forget.detail'),
    [action('forget_yes', w.t('kiosk.forget.yes'), { danger: true }), action('close', w.t('kiosk.forget.no'))], { more: w.t('kiosk.forget.stays') });
}

function notMeDialog(state, { words: w }) {
  const title = w.t('kiosk.not_me.title');
  const name = nameOf(state);
  return unanswered('not_me', title, state, w, w.t('kiosk.not_me.wait')) ?? dialog('not_me', title, w.t(name ? 'kiosk.not_me.detail' : 'kiosk.not_me.detail.nameless', { name }),
    [action('not_me_yes', w.t('kiosk.not_me.yes'), { strong: true }), action('close', w.t('kiosk.not_me.no'))]);
}

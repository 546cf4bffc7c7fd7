// What a hand asks for on the kiosk's page and what comes of it: asking, failed, over; and how a visit ended. States like
// those of kiosk_messages.mjs; each answer is what the agent would say.
import { answers, anonymous, code, known, line, live, press, terminal, visit, wait, WALL } from './kiosk_messages.mjs';

const MIN = 60_000;
const begin = [['terminal', terminal()], ['state', live()]];
const shown = [...begin, ['visit', visit()]];
const failed = wait('#panel [data-act=again]');
const strip = wait('#strip:not([hidden])');
const deaf = (page, stage) => { stage.silent = true; };
const ended = (reason, by) => [...shown, ['visit', { visit: null, reason, ...(by ? { by } : {}) }]];

const refusal = (name) => ({ error: { code: -32000, message: 'no', data: { code: name } } });
// What can be refused of a change, and what is said of it.
const REFUSALS = ['refused.denied', 'link', 'retry.offline', 'retry.busy', 'retry.timeout', 'retry.full', 'local.io', 'refused.conflict', 'refused.not_found', 'refused.assurance', 'refused.unsupported'];
const nameOf = (refused) => `failed-${refused.replace(/\W/g, '-')}`;

const closed = { hidden: ['show_name', 'show_cart'], groups: known.groups.filter(({ group }) => ['credentials', 'visit'].includes(group)) };
const sent = { ...code, text: 'H:7KM4QX' };

/** Answers of single states by method; the others are those of kiosk_messages.mjs. */
const answersIn = {
  'send-photo': { 'send.code': { result: sent } },
  'send-over': { 'send.code': { result: { ...sent, until_ms: WALL - MIN } } },
  'send-failed': { 'send.code': refusal('refused.assurance') },
  'send-limit': { 'send.code': refusal('refused.handover_limit') },
  'know-hidden': { 'visit.know': { result: closed } },
  'know-none': { 'visit.know': { result: { groups: [], hidden: [] } } },
  'know-failed': { 'visit.know': refusal('local.io') },
  'forget-failed': { 'visit.forget': refusal('retry.full') },
  'not-me-failed': { 'visit.not_me': refusal('refused.not_found') },
  'help-failed': { 'help.call': refusal('retry.timeout') },
  ...Object.fromEntries(REFUSALS.map((refused) => [nameOf(refused), { 'cart.set_quantity': refusal(refused) }])),
};
export const answerIn = (name, method) => answersIn[name]?.[method] ?? { result: answers[method] ?? {} };

export const turns = {
  'send-photo': [...shown, press('send'), wait('.code')],
  'send-over': [...shown, press('send'), wait('#panel [data-act=again]')],
  'send-failed': [...shown, press('send'), failed],
  'send-limit': [...shown, press('send'), failed],
  'know-asking': [...shown, press('know'), wait('.busy')],
  'know-failed': [...shown, press('know'), failed],
  'know-hidden': [...begin, ['visit', visit({ visit: { ...visit().visit, assurance: 'low', hidden: ['show_name', 'show_cart', 'redeem'] }, view: { audience: 'shopper', customer: { name: '', language: 'en' }, as_of: {} }, cart: null })], press('know'), wait('.more')],
  'know-none': [...shown, press('know'), wait('#panel[data-kind=know] [data-act=forget]')],
  'forget-waiting': [...shown, press('know'), wait('.facts'), press('forget'), deaf, press('forget_yes'), wait('.busy')],
  'forget-failed': [...shown, press('know'), wait('.facts'), press('forget'), press('forget_yes'), failed],
  'not-me-asking': [...shown, press('not_me'), press('not_me_yes'), wait('.busy')],
  'not-me-failed': [...shown, press('not_me'), press('not_me_yes'), failed],
  'help-failed': [...shown, press('help'), failed],
  'blank-nobody': [...begin, ['visit', anonymous([line('Eraser, soft', 1, 120, { channel: 'kiosk' })])], ['blank', { in_ms: 9_400 }], wait('.seconds')],
  ...Object.fromEntries(REFUSALS.map((refused) => [nameOf(refused), [...shown, press('plus'), strip]])),
  'ended-idle': ended('idle'),
  'ended-removed': ended('removed'),
  'ended-checkout': ended('checkout'),
  'ended-paid': ended('checkout', 'Till 4'),
  'ended-restart': ended('restart'),
  'ended-not-me': ended('not_me'),
  'ended-phone': ended('handover'),
  'ended-other': ended('other'),
  'ended-nobody': [...begin, ['visit', anonymous()], ['visit', { visit: null, reason: 'done' }]],
};

/** Those that are another state but for a sentence. */
export const alike = new Set([...REFUSALS.slice(1).map(nameOf), 'ended-removed', 'ended-checkout', 'ended-paid', 'help-again', 'ended-restart', 'ended-not-me', 'ended-other', 'ended-nobody', 'not-me-failed', 'help-failed', 'send-failed', 'forget-failed']);

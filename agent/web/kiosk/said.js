// What is said in the same words in several places of the kiosk's page. Pure; w are the words of the locale.

/** What became of a tap or scan, as it is said to a shopper. */
export function outcomeWords(state, w) {
  const { outcome, code, again } = state.outcome;
  if (again) return { title: w.t('again.title'), detail: w.t('again.say') };
  const titles = [`title.${code}`, ...(outcome === 'recognised' ? [] : [`kiosk.outcome.${outcome}`, 'kiosk.outcome.other'])]; // of whom is known there is no other
  const says = [`say.${code}`, `say.${String(code).split('.')[0]}`];
  const say = says.find((key) => w.has(key));
  const offline = outcome === 'unknown' && state.line?.state === 'offline' && !/^handover\./.test(code) ? w.t('kiosk.outcome.offline') : '';
  const title = titles.find((key) => w.has(key));
  return { title: title ? w.t(title) : '', detail: [say ? w.t(say) : '', offline].filter(Boolean).join(' ') };
}

/** The name that the customer chose, '' when it is not known or not proven. */
export const nameOf = (state) => state.view?.customer?.name || state.view?.name || '';

/** The call for help in one line; null without one. */
export function helpLine({ help }, w, clock) {
  if (!help) return null;
  if (help.state === 'over') return { tone: 'quiet', text: w.t('kiosk.help.over'), detail: '' };
  if (help.state === 'accepted') return { tone: 'good', text: help.by ? w.t('kiosk.help.accepted.by', { by: help.by }) : w.t('kiosk.help.accepted'), detail: '' };
  if (help.back_by) return { tone: 'busy', text: w.t('kiosk.help.again'), detail: w.t('kiosk.help.back', { by: help.back_by }) };
  return { tone: 'busy', text: w.t('kiosk.help.wait'), detail: waited(help, w, clock) };
}

const JUST_MS = 5_000;

/** How long a call waits already; nothing when it was only just made. */
export function waited(help, w, clock) {
  if (clock.wall === null || !Number.isFinite(help.since_ms)) return '';
  const seconds = Math.max(0, Math.floor((clock.wall - help.since_ms) / 1_000));
  if (seconds < JUST_MS / 1_000) return '';
  const age = seconds < 60 ? w.plural('kiosk.help.seconds', seconds) : w.plural('kiosk.help.minutes', Math.floor(seconds / 60));
  return w.t('kiosk.help.since', { age });
}

/** Why something was not done, for a shopper. panel: what was asked for there is not about the cart. */
export function errorText(code, w, { panel = false } = {}) {
  const keys = [...(panel ? [`kiosk.panel.error.${code}`] : []), `kiosk.error.${code}`];
  return w.t(keys.find((key) => w.has(key)) ?? 'kiosk.error.generic');
}

// What is open over the page: one dialog at a time, each with a step. Events in, the dialog after them out; null is none.
// What is typed stays in the fields and is gone with them. Pure; times are the page's own, in ms.

export const DIALOG_QUIET_MS = 60_000; // without a hand, what was typed and found is not left on the screen longer
const OF_VISIT = ['more', 'cards', 'note', 'handover', 'suggestions', 'merge'];
const BEFORE_VISIT = ['find', 'signup'];

export const handlers = {
  open: (state, { name, step = 'first', values = {} }) => open(state, name, step, values),
  // A question that waited for another dialog has its turn; one that is put away does not come again.
  close: (state) => {
    const waits = (name) => (state.dialog?.name === name ? null : state[name]);
    return { ...state, dialog: state.dialog?.byItself ? null : dialogOfQuestion(dialogOfQuestion(null, 'merge', waits('merge')), 'choose', waits('choose')) };
  },
  // A later step of the same dialog, or what has come for it; something for one that was closed meanwhile is dropped.
  step: (state, { name, patch }) => (state.dialog?.name === name ? { ...state, dialog: { ...state.dialog, ...patch } } : state),
};

function open(state, name, step, values) {
  if (OF_VISIT.includes(name) && name !== 'more' && !state.visit) return state;
  const rows = name === 'requests' ? state.requests.map((one) => ({ ...one, gone: false })) : [];
  return { ...state, failed: null, dialog: { name, step, ...values, rows, busy: false, code: '', visit: OF_VISIT.includes(name) ? state.visit?.id ?? null : null } };
}

/** Somebody else is here, or nobody: what was about the visit before goes, and so does the search for who this is. */
export function dialogOfVisit(dialog, before, now) {
  if (!dialog || before === now) return dialog;
  if (dialog.name === 'merge' || (dialog.visit && dialog.visit !== now)) return null;
  return now && BEFORE_VISIT.includes(dialog.name) ? null : dialog;
}

/** The open requests have changed: those that are shown keep their place, and say so when they are over. */
export function dialogOfRequests(dialog, requests) {
  if (dialog?.name !== 'requests') return dialog;
  const now = new Map(requests.map((one) => [one.id, one]));
  const kept = dialog.rows.map((row) => ({ ...(now.get(row.id) ?? row), gone: !now.has(row.id) }));
  const shown = new Set(kept.map((row) => row.id));
  return { ...dialog, rows: [...kept, ...requests.filter((one) => !shown.has(one.id)).map((one) => ({ ...one, gone: false }))] };
}

/** A question of the agent's opens by itself and goes with its end; it waits for a dialog in which somebody types. */
export function dialogOfQuestion(dialog, name, asked) {
  if (asked) return dialog && dialog.name !== name ? dialog : { name, step: 'first', rows: [], busy: false, code: '', visit: null, byItself: true };
  return dialog?.name === name ? null : dialog;
}

/** What others see already was taken down: its answer, which comes after the news, is not waited for. */
export const dialogOfOwn = (dialog, before, own) => (dialog?.name === 'handover' && dialog.busy && own && !before ? { ...dialog, busy: false } : dialog);

/** What became of the card or code that was asked for. */
export function dialogOfCaptured(dialog, { outcome, code }) {
  if (dialog?.name !== 'cards' || dialog.step !== 'capture') return dialog;
  if (outcome === 'deciding') return { ...dialog, busy: true };
  return { ...dialog, step: 'captured', busy: false, outcome, why: code ?? '' };
}

export const dialogAfterQuiet = (dialog, quiet_ms) => (dialog && quiet_ms >= DIALOG_QUIET_MS && !dialog.byItself ? null : dialog);

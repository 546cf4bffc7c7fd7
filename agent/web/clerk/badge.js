// The badge: where the chain's policy asks for it, a clerk signs on before what is recorded under a name. Pure.

/** The agent refuses with this what needs somebody who is signed on. */
export const NOBODY = 'refused.operator';

/** Nobody is signed on here, and somebody has to be. */
export const badgeIsMissing = (state) => state.link.state === 'up' && Boolean(state.terminal?.operator_required) && !state.operator;

/** Somebody signed on: what asked for it goes, and what was turned down for it can be done now. */
export function dialogOfOperator(dialog, operator) {
  if (!dialog || !operator) return dialog;
  if (dialog.name === 'operator' && dialog.badge) return null;
  return dialog.code === NOBODY ? { ...dialog, code: '' } : dialog;
}

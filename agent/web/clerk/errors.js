// Why something was not done, in words. What was about the cart is told with how the cart is now; nothing else speaks of it.

const ABOUT_CART = /^(cart|merge|checkout)\./;

/** Whether a request is about the cart. */
export const isAboutCart = (method) => ABOUT_CART.test(method);

/** cart: whether what was asked for is about the cart; dialog: in which, whose own words come first. */
export function errorText(code, { cart, dialog }, w) {
  const keys = [...(dialog ? [`${dialog}.error.${code}`] : []), ...(cart ? [] : [`dialog.error.${code}`]), `error.${code}`];
  return w.t(keys.find((key) => w.has(key)) ?? (cart && !dialog ? 'error.generic' : 'dialog.failed'));
}

// The same messages at a terminal and of a customer of another language.

/** Steps of a state as `language` hears them; what is no message stays as it is. */
export const spoken = (steps, language) => steps.map((step) => {
  if (!Array.isArray(step)) return step;
  const [method, params] = step;
  if (method === 'terminal') return [method, { ...params, language }];
  if (method === 'visit' && params?.view?.customer) return [method, { ...params, view: { ...params.view, customer: { ...params.view.customer, language } } }];
  return step;
});

/** Until the page speaks it. */
export const speaks = (page, language) => page.waitForFunction((wanted) => document.documentElement.lang.split('-')[0] === wanted, language);

/** TB_LANGUAGES=de,ar: those instead of English. */
export const LANGUAGES = (process.env.TB_LANGUAGES ?? 'en').split(',');

/** A page that was never told its terminal does not know its language: such a state is one of English alone. */
export const isSpoken = (steps, language) => language === 'en' || steps.some((step) => step[0] === 'terminal');

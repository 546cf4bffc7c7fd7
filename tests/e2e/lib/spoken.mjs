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

/** A page that is not told its terminal in these steps is in the language that it was told last, in an earlier life. */
export async function remembers(page, stage, steps, language) {
  if (steps.some((step) => step[0] === 'terminal')) return;
  await page.goto(new URL('/words/en.json', stage.url).href); // of the same place, and nothing runs there
  await page.evaluate((told) => localStorage.setItem('terminal_language', told), language);
}

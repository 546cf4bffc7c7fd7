// Which consents a new customer is asked for, and in which words: the chain's own, of exactly the version that is recorded
// with her answer, else those that this page has. One that nobody has words for is not asked: "Do you agree to X?" informs
// nobody. Pure.

const HAS_WORDS = new Set(['newsletter', 'profiling', 'marketing', 'receipts']); // consent.* of the catalogue

const base = (language) => String(language ?? '').toLowerCase().split('-')[0];

// In the page's language, else the store's, else whatever there is. What was not sent as text is none.
function ownWords({ texts }, languages) {
  const known = (Array.isArray(texts) ? texts : []).filter((one) => typeof one?.text === 'string' && one.text !== '' && typeof one.language === 'string');
  for (const language of languages) {
    const same = known.find((one) => one.language.toLowerCase() === String(language ?? '').toLowerCase()) ?? known.find((one) => base(one.language) === base(language));
    if (same) return same;
  }
  return known[0];
}

/** [{ id, text_version, text, language }] of the terminal's consents; language: of the text, '' for the page's own. */
export function consentsAsked(terminal, w) {
  return (terminal?.consents ?? []).flatMap((one) => {
    const own = ownWords(one, [w.language, terminal.language]);
    if (own) return [{ id: one.id, text_version: one.text_version, text: own.text, language: own.language }];
    return HAS_WORDS.has(one.id) ? [{ id: one.id, text_version: one.text_version, text: w.t(`consent.${one.id}`), language: '' }] : [];
  });
}

/** The field of one that is asked. It has the version with it: the policy may change while the question is on the screen. */
export const consentField = ({ id, text_version }) => `consent ${id} ${text_version}`;

/** What was answered in such fields. */
export function consentsAnswered(fields) {
  return Object.entries(fields).filter(([name, value]) => name.startsWith('consent ') && value)
    .map(([name, value]) => ({ name: name.split(' '), value })).map(({ name: [, consent, text_version], value }) => ({ consent, granted: value === 'yes', text_version }));
}

// In which words a consent is asked for: the chain's own where it sent some, else those that the pages have. Pure.

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

/** { text, language } of a consent of the policy, null when nobody has words for it; language: of the text, '' for the page's own. */
export function consentWords(one, terminal, w) {
  const own = ownWords(one, [w.language, terminal?.language]);
  if (own) return { text: own.text, language: own.language };
  return HAS_WORDS.has(one.id) ? { text: w.t(`consent.${one.id}`), language: '' } : null;
}

// Which consents a new customer is asked for, and in which words: the chain's own, of exactly the version that is recorded
// with her answer, else those that this page has. One that nobody has words for is not asked: "Do you agree to X?" informs
// nobody. Pure.
import { consentWords } from '../lib/consent_words.js';

/** [{ id, text_version, text, language }] of the terminal's consents; language: of the text, '' for the page's own. */
export function consentsAsked(terminal, w) {
  return (terminal?.consents ?? []).flatMap((one) => {
    const words = consentWords(one, terminal, w);
    return words ? [{ id: one.id, text_version: one.text_version, ...words }] : [];
  });
}

/** The field of one that is asked. It has the version with it: the policy may change while the question is on the screen. */
export const consentField = ({ id, text_version }) => `consent ${id} ${text_version}`;

/** What was answered in such fields. */
export function consentsAnswered(fields) {
  return Object.entries(fields).filter(([name, value]) => name.startsWith('consent ') && value)
    .map(([name, value]) => ({ name: name.split(' '), value })).map(({ name: [, consent, text_version], value }) => ({ consent, granted: value === 'yes', text_version }));
}

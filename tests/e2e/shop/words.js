// What the shop says: its own catalogues, words/<language>.json, with the mechanism of the agent's pages. The language is the first
// of the browser's that there are words of, until another one is picked, which the browser keeps.

import { LANGUAGES, loadWords } from './lib/words.js';

const PICKED = 'language'; // in the browser's storage: nothing of anybody
const catalogues = new Map();
const listeners = new Set();
let words;

const base = (tag) => String(tag).toLowerCase().split('-')[0];

function firstLanguage() {
  const picked = localStorage.getItem(PICKED);
  return Object.hasOwn(LANGUAGES, picked ?? '') ? picked : navigator.languages.find((tag) => Object.hasOwn(LANGUAGES, base(tag))) ?? 'en';
}

async function read(language) {
  if (!catalogues.has(language)) catalogues.set(language, await (await fetch(`/words/${language}.json`)).json());
  return catalogues.get(language);
}

async function speak(locale) {
  words = await loadWords(locale, { read });
  document.documentElement.lang = words.tag;
  document.documentElement.dir = words.direction;
  for (const element of document.querySelectorAll('[data-word]')) element.textContent = words.t(element.dataset.word);
  for (const listener of listeners) listener();
}

/** The words of now (agent/web/lib/words.js). */
export const said = () => words;

/** Calls listener whenever another language is spoken; gives a function that ends that. */
export function onSpoken(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Text of an amount in minor units. */
export function moneyOf(currency) {
  const format = new Intl.NumberFormat(words.tag, { style: 'currency', currency: currency || 'EUR' });
  const { maximumFractionDigits } = format.resolvedOptions();
  return (minor) => format.format(minor / 10 ** maximumFractionDigits);
}

/** Fills the switch and speaks the first language. */
export async function begin(select) {
  for (const [language, name] of Object.entries(LANGUAGES)) select.append(Object.assign(new Option(name, language), { lang: language }));
  select.onchange = () => {
    localStorage.setItem(PICKED, select.value);
    return speak(select.value);
  };
  await speak(firstLanguage());
  select.value = words.language;
}

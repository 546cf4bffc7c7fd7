// What a page says, and the formats that depend on the language: plurals, money, times and ages. The words are in
// agent/words/<language>.json, one catalogue per language in sections. Nothing here reads a clock: times are handed in.
import { DAY, HOUR } from './facts.js';

/** The languages that there is a catalogue of, each in its own words. */
export const LANGUAGES = { ar: 'العربية', de: 'Deutsch', en: 'English', es: 'Español', fr: 'Français' };
const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur'];

const MINUTE = 60_000;

const languageOf = (locale) => {
  const language = String(locale || 'en').split('-')[0];
  return Object.hasOwn(LANGUAGES, language) ? language : 'en';
};

/**
 * Words and formats of one locale, and for what is missing in its language those of English. read(language) is a promise
 * of a catalogue; a page came with the English one and fetches the others from the agent.
 */
export async function loadWords(locale, { timeZone, read = readCatalogue } = {}) {
  const language = languageOf(locale);
  const [english, own] = await Promise.all([read('en'), language === 'en' ? {} : read(language)]);
  return wordsFrom(language, locale, { ...flat(english), ...flat(own) }, timeZone);
}

const TERMINAL_LANGUAGE = 'terminal_language'; // in the browser's storage: nothing of anybody

/** The first words of a page, before the agent tells the terminal's language: in the one that it told last, or else in English. */
export async function firstWords() {
  try {
    return await loadWords(localStorage.getItem(TERMINAL_LANGUAGE));
  } catch {
    return loadWords('en'); // no storage, or no words of it any more
  }
}

/** What firstWords() will begin with. */
export function rememberLanguage(language) {
  try {
    if (language) localStorage.setItem(TERMINAL_LANGUAGE, language);
  } catch {
    // A browser without storage begins in English.
  }
}

let came; // the English words of the page

async function readCatalogue(language) {
  if (language === 'en') return (came ??= takeWords(document.getElementById('words')));
  const answer = await fetch(`/words/${language}.json`);
  if (!answer.ok) throw new Error(`no words of ${language}: ${answer.status}`);
  return answer.json();
}

function takeWords(element) {
  element.remove();
  return JSON.parse(element.textContent);
}

const flat = (catalogue) => Object.assign({}, ...Object.values(catalogue));

// Made when first needed: a browser takes longer for its first number format than for everything else until a page's first
// words.
function once(make) {
  let made;
  return () => (made ??= make());
}

// place: whose numbers, times of day and money these are, when not the locale's own.
function wordsFrom(language, locale, catalogue, timeZone, place = '') {
  const tag = safeTag(String(locale || language), language);
  const figures = safeTag(place || tag, tag);
  const plurals = once(() => new Intl.PluralRules(language));
  const integers = once(() => new Intl.NumberFormat(figures));
  const signs = once(() => new Intl.NumberFormat(figures, { signDisplay: 'exceptZero' }));
  const dates = (options, of = tag) => once(() => new Intl.DateTimeFormat(of, { timeZone, ...options }));
  const clock = dates({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, figures);
  const weekday = dates({ weekday: 'short' });
  const date = dates({ day: 'numeric', month: 'short' });
  const wholeDate = dates({ dateStyle: 'long' });
  const keys = once(() => new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }));
  const dayKey = (ms) => keys().format(ms);

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
  const has = (key) => Object.hasOwn(catalogue, key);
  const t = (key, values = {}) => {
    if (!has(key)) return key;
    return fill(catalogue[key], values);
  };
  const plural = (key, n, values = {}) => {
    if (!has(key)) return key;
    const forms = catalogue[key];
    return fill(forms[plurals().select(n)] ?? forms.other, { n: integers().format(n), ...values });
  };
  const time = (ms) => clock().format(ms);
  // How long ago, in words; prefix 'age' reads "12 min ago", 'old' reads "2 days old".
  const span = (prefix, ms) => {
    if (ms < MINUTE) return t('age.now');
    if (ms < HOUR) return plural(`${prefix}.min`, Math.floor(ms / MINUTE));
    if (ms < DAY) return plural(`${prefix}.hour`, Math.floor(ms / HOUR));
    return plural(`${prefix}.day`, Math.floor(ms / DAY));
  };
  const moment = (ms, now) => {
    const day = dayKey(ms);
    if (day === dayKey(now)) return t('day.today', { time: time(ms) });
    if (day === dayKey(now - DAY)) return t('day.yesterday', { time: time(ms) });
    if (now - ms < 6 * DAY) return `${weekday().format(ms)} ${time(ms)}`;
    return date().format(ms);
  };
  // A time that something has held since: the day, and on the same day the time.
  const since = (ms, now) => {
    const day = dayKey(ms);
    if (day === dayKey(now)) return time(ms);
    return day === dayKey(now - DAY) ? t('since.yesterday') : date().format(ms);
  };
  return {
    day: (ms) => wholeDate().format(ms),
    language, tag, direction: RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr', has, t, plural, time, moment, since,
    number: (n) => integers().format(n),
    signed: (n) => signs().format(n).replace('-', '−'), // a sign stands before its number in every direction of writing
    ago: (ms) => span('age', ms),
    old: (ms) => span('old', ms),
    money: (minor, currency) => moneyFormat(figures, currency).format(minor),
    /** The same words with the figures of a store: what is said is the reader's, what is counted and paid the store's. */
    of: (store) => wordsFrom(language, locale, catalogue, timeZone, store),
    languageName: (code) => languageName(tag, code),
  };
}

function safeTag(wanted, fallback) {
  try {
    return Intl.getCanonicalLocales(wanted)[0] ?? fallback;
  } catch {
    return fallback;
  }
}

function languageName(tag, code) {
  try {
    return new Intl.DisplayNames([tag], { type: 'language' }).of(code);
  } catch {
    return code;
  }
}

const moneyFormats = new Map();

// Minor units to text without the currency's sign; how many digits follow ISO 4217.
function moneyFormat(tag, currency) {
  const key = `${tag} ${currency}`;
  if (!moneyFormats.has(key)) moneyFormats.set(key, makeMoneyFormat(tag, currency));
  return moneyFormats.get(key);
}

function makeMoneyFormat(tag, currency) {
  let digits = 2;
  try {
    digits = new Intl.NumberFormat(tag, { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
  } catch {
    // An unknown currency code is shown with two digits, as most have.
  }
  const format = new Intl.NumberFormat(tag, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return { format: (minor) => format.format(minor / 10 ** digits) };
}

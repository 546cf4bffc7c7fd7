// The pages' modules and words.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const agent = fileURLToPath(new URL('../../../agent/', import.meta.url));
export const load = (name) => import(pathToFileURL(path.join(agent, 'web', name)));
export const catalogue = (language) => JSON.parse(readFileSync(path.join(agent, 'words', `${language}.json`), 'utf8'));

const { loadWords } = await load('lib/words.js');
/** The words of a locale, as a page has them. */
export const wordsFor = (locale, timeZone) => loadWords(locale, { timeZone, read: async (language) => catalogue(language) });

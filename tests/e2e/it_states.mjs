// Every state of the page for IT (lib/every_state.mjs).

import { everyState, settle } from './lib/every_state.mjs';
import { answersOf, states } from './lib/it_messages.mjs';
import { mend } from './lib/link_states.mjs';

const SIGHTS = [[1280, 900, 'light'], [800, 480, 'dark']];
const JUDGED = ['well', 'readers-gone', 'disk-full', 'lost']; // by axe-core in every language; in English all are

async function play(page, stage, name, messages) {
  const answers = answersOf(states[name]);
  const opened = stage.opening();
  stage.answer = ({ method }) => ({ result: answers[method] ?? {} });
  await mend(page, stage, messages);
  await page.goto(stage.url);
  if (!stage.deaf) await opened;
  for (const step of messages) {
    if (typeof step !== 'function') {
      stage.say(...step);
      continue;
    }
    if (!stage.deaf) await page.waitForSelector('#parts > li');
    await step(page, stage);
  }
  if (!messages.some((step) => typeof step === 'function')) await page.waitForSelector('[data-key=version]'); // everything is answered
  await settle(page);
}

everyState('/it', Object.keys(states), {
  play,
  messages: (name) => states[name].messages,
  sights: (name, language) => (language === 'en' ? SIGHTS : SIGHTS.slice(0, 1)),
  judged: (name, language, n, count) => n === count - 1 && (language === 'en' || JUDGED.includes(name)),
  rules: { scrolling: '#measures, #outcomes', long: true },
  fullPage: true,
});
